"""A whole search as one line of words, and the line of a search: ``doe j ct last 2w``, ``acc:A123``.

What a word is, is said by what stands before its colon (:data:`WORDS`, or any key as in
:mod:`workstation.dicom.other_keys`), else by its form: a modality, a period, hours, a UID. Numbers may be an
ID or an accession number: that is asked, not guessed. All others are the patient's name. Quotes keep
blanks; behind a colon ``""`` within them is a quotation mark: ``desc:"a ""b"" c"`` is ``a "b" c``.

Two questions about time are kept apart. ``8-12`` and ``time:8-12`` are hours of each day of the period.
``last 4h``, ``since yesterday 18:00`` and ``2024-01-01T18:00..2024-01-02T08:00`` are one span from moment to
moment (:mod:`workstation.dicom.date_span`). On a single day both are the same, and asked in the same way.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from workstation.dicom.criteria import Criteria
from workstation.dicom.date_periods import date_span, period_length
from workstation.dicom.date_span import ANY_DATE, DateSpan
from workstation.dicom.modalities import MODALITIES
from workstation.dicom.other_keys import OtherKey, clock_range, other_key
from workstation.dicom.uids import is_uid
from workstation.errors import BadInput

FIELDS = {"name": "name", "id": "patient_id", "acc": "accession", "desc": "description"}
"""Fields of :class:`Criteria` by their words."""

WORDS = {
    "born": "PatientBirthDate",
    "sex": "PatientSex",
    "ref": "ReferringPhysicianName",
    "perf": "PerformingPhysicianName",
    "inst": "InstitutionName",
    "series": "SeriesDescription",
    "body": "BodyPartExamined",
    "station": "StationName",
    "protocol": "ProtocolName",
    "time": "StudyTime",
    "uid": "StudyInstanceUID",
    "seriesuid": "SeriesInstanceUID",
}
"""Keys by their words."""

_WORD_OF = {path: word for word, path in WORDS.items()}
_LABEL = r"[A-Za-z][A-Za-z0-9,.\[\]]*|[0-9a-fA-F]{4},[0-9a-fA-F]{4}[A-Za-z0-9,.\[\]]*"
_TOKEN = re.compile(rf"""({_LABEL}):(""[^"]+""|"(?:[^"]|"")*"|\S*)|("[^"]*")|(\S+)""")
_UNIT_APART = re.compile(
    r"\blast\s+([0-9]{1,4})\s+(?=(?:min|hour|h|day|d|week|w|month|m|year|y)s?(?!\S))", re.IGNORECASE
)
_CLOCKS = re.compile(r"[0-9]{1,2}(:[0-9]{2})?-[0-9]{1,2}(:[0-9]{2})?")
_TWICE = "another one stands there already; only one can be asked for."
_NUMBER = re.compile(r"(?=[^\s]*[0-9])[A-Za-z0-9./_*?-]+")


@dataclass(frozen=True, slots=True)
class SearchLine:
    """What a line says.

    Attributes:
        criteria: The search, without the numbers.
        numbers: What may be a patient ID or an accession number: at most two.
        period: The words that say the period, relative to now or not; empty: none do.
    """

    criteria: Criteria = field(default_factory=Criteria)
    numbers: tuple[str, ...] = ()
    period: str = field(default="", compare=False)

    def as_ids(self, field: str) -> Criteria:
        """The criteria where the first number is the ``patient_id`` or ``accession``, a second the other."""
        first, second = (*self.numbers, "", "")[:2]
        if field == "accession":
            first, second = second, first
        found = self.criteria
        return replace(found, patient_id=first or found.patient_id, accession=second or found.accession)


class _Reader:
    """Collects the words of a line."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self.names: list[str] = []
        self.numbers: list[str] = []
        self.modalities: list[str] = []
        self.texts: dict[str, str] = {}
        self.span = ANY_DATE
        self.period = ""
        self.keys: dict[str, OtherKey] = {}

    def words(self, words: Sequence[str]) -> int:
        """Take the first of words without a colon, and those that belong to it; how many that were."""
        if count := period_length(words):
            self._say_period(" ".join(words[:count]))
            return count
        word = words[0]
        small = word.lower()
        if word.upper() in MODALITIES:
            self.modalities.append(word.upper())
        elif _CLOCKS.fullmatch(small) and clock_range(small):
            self._key("StudyTime", small)
        elif word.count(".") > 2 and all(map(is_uid, word.split("\\"))):
            self._key("StudyInstanceUID", word)
        elif _NUMBER.fullmatch(word):
            self.numbers.append(word)
        else:
            self.names.append(word)
        return 1

    def labelled(self, label: str, value: str) -> None:
        """Take a value with what stood before its colon."""
        small = label.lower()
        if small in FIELDS:
            if not value:
                raise BadInput("search", f"{label}:", "write the value directly behind the colon.")
            if small == "name":
                self.names.append(value)
            else:
                _check_once(self.texts, FIELDS[small], value)
                self.texts[FIELDS[small]] = value
        elif small == "mod":
            codes = [code.strip().upper() for code in value.split(",") if code.strip()]
            if unknown := [code for code in codes if code not in MODALITIES]:
                raise BadInput("modality", unknown[0], "take one of those that the form offers.")
            self.modalities += codes
        elif small == "date":
            words = value.split()
            if not words or period_length(words) != len(words):
                DateSpan.of(value)  # says what is wrong with it
            self._say_period(value)
        else:
            self._key(WORDS.get(small, label), value)

    def _key(self, path: str, value: str) -> None:
        key = other_key(path, value)
        _check_once(self.keys, key.path, value)
        self.keys[key.path] = key

    def _say_period(self, words: str) -> None:
        if self.period:
            raise BadInput("period", words, _TWICE)
        self.period, self.span = words, date_span(words, self._now)


def _check_once(said: Mapping[str, object], name: str, value: str) -> None:
    """Raise where a criterion that is said already is said again: only one of the two could be asked for."""
    if name in said:
        raise BadInput("search", value, _TWICE)


def search_line(typed: str, now: datetime) -> SearchLine:
    """What a line says, at this moment.

    Raises:
        BadInput: A word cannot be understood, or more than two numbers stand there.
    """
    reader = _Reader(now)
    tokens = list(_TOKEN.finditer(_UNIT_APART.sub(r"last \1", typed)))
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token[1]:
            reader.labelled(token[1], _unquoted(token[2]))
        elif token[3]:
            reader.names.append(token[3])
        else:
            at += reader.words([following[0] for following in tokens[at : at + 3]]) - 1
        at += 1
    if len(reader.numbers) > 2:
        raise BadInput("search", reader.numbers[2], "write id: or acc: before a number.")
    texts = reader.texts
    return SearchLine(
        Criteria(
            name=" ".join(reader.names),
            patient_id=texts.get("patient_id", ""),
            accession=texts.get("accession", ""),
            description=texts.get("description", ""),
            modalities=tuple(dict.fromkeys(reader.modalities)),
            span=reader.span,
            others=tuple(reader.keys.values()),
        ),
        tuple(reader.numbers),
        reader.period,
    )


def line_of(criteria: Criteria, period: str | None = None) -> str:
    """The line that says these criteria; ``period``: in these words, in place of its days."""
    words = []
    for word, name in FIELDS.items():
        value = str(getattr(criteria, name)).strip()
        if word == "name" and re.fullmatch('"[^"]+"', value):
            words.append(value)  # a name as it stands
        elif value:
            words.append(f"{word}:{_quoted(value)}")
    if criteria.modalities:
        words.append(f"mod:{','.join(criteria.modalities)}")
    if period is None and (written := str(criteria.span)):
        words.append(f"date:{written}")
    elif period:
        words.append(period)
    words += [f"{_WORD_OF.get(key.path, key.path)}:{_quoted(key.value)}" for key in criteria.others]
    return " ".join(words)


def _quoted(value: str) -> str:
    """A value as it is written behind a colon; a quotation mark inside of quotes is doubled.

    One that is quoted itself, to be taken as it stands, gets quotes of its own: ``id:""12*""``.
    """
    if re.fullmatch(r'"[^"]+"', value):
        return f'"{value}"'
    doubled = value.replace('"', '""')
    return f'"{doubled}"' if re.search(r'[\s"]', value) else value


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] == '"'
    return (value[1:-1].replace('""', '"') if quoted else value).strip()
