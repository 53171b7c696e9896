"""A whole search as one line of words, and the line of a search: ``doe j ct last 2w``, ``acc:A123``.

What a word is, is said by what stands before its colon (:data:`WORDS`, or any key as in
:mod:`workstation.dicom.other_keys`), else by its form: a modality, a day, a time, a UID. Numbers may be an ID
or an accession number: that is asked, not guessed. All others are the patient's name. Quotes keep blanks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from workstation.dicom.criteria import Criteria
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
_TOKEN = re.compile(rf"""({_LABEL}):(""[^"]+""|"[^"]*"|\S*)|("[^"]*")|(\S+)""")
_UNIT_APART = re.compile(r"\blast\s+([0-9]{1,4})\s+(?=(?:min|hour|day|week|month|year)s?\b)", re.IGNORECASE)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_COUNT = re.compile(r"([0-9]{1,4})?(min|hour|h|day|d|week|w|month|m|year|y)s?")
_CLOCKS = re.compile(r"[0-9]{1,2}(:[0-9]{2})?-[0-9]{1,2}(:[0-9]{2})?")
_DAYS = {"d": 1, "w": 7, "m": 31, "y": 366}
_NUMBER = re.compile(r"(?=[^\s]*[0-9])[A-Za-z0-9./_*?-]+")


@dataclass(frozen=True, slots=True)
class SearchLine:
    """What a line says.

    Attributes:
        criteria: The search, without the numbers.
        numbers: What may be a patient ID or an accession number: at most two.
    """

    criteria: Criteria = field(default_factory=Criteria)
    numbers: tuple[str, ...] = ()

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
        self.days: tuple[date | None, date | None] = (None, None)
        self.keys: dict[str, OtherKey] = {}

    def word(self, word: str, following: str) -> bool:
        """Take a word without a colon; True: the following one belonged to it."""
        small = word.lower()
        if word.upper() in MODALITIES:
            self.modalities.append(word.upper())
        elif small == "last" and (count := _COUNT.fullmatch(following.lower())):
            self._last(int(count[1] or 1), count[2])
            return True
        elif small in ("today", "yesterday"):
            day = self._now.date() - timedelta(days=small == "yesterday")
            self.days = day, day
        elif _DAY.match(small) or (".." in small and _DAY.search(small)):
            self.days = _span(word)
        elif _CLOCKS.fullmatch(small) and clock_range(small):
            self._key("StudyTime", small)
        elif is_uid(word) and word.count(".") > 2:
            self._key("StudyInstanceUID", word)
        elif _NUMBER.fullmatch(word):
            self.numbers.append(word)
        else:
            self.names.append(word)
        return False

    def labelled(self, label: str, value: str) -> None:
        """Take a value with what stood before its colon."""
        small = label.lower()
        if small in FIELDS:
            if not value:
                raise BadInput("search", f"{label}:", "write the value directly behind the colon.")
            self.texts[FIELDS[small]] = value
        elif small == "mod":
            codes = [code.strip().upper() for code in value.split(",") if code.strip()]
            if unknown := [code for code in codes if code not in MODALITIES]:
                raise BadInput("modality", unknown[0], "take one of those that the form offers.")
            self.modalities += codes
        elif small == "date":
            self.days = _span(value)
        else:
            self._key(WORDS.get(small, label), value)

    def _key(self, path: str, value: str) -> None:
        key = other_key(path, value)
        self.keys[key.path] = key

    def _last(self, count: int, unit: str) -> None:
        try:
            self._last_of(count, unit)
        except OverflowError:
            raise BadInput("period", f"last {count}{unit}", "it begins before the calendar.") from None

    def _last_of(self, count: int, unit: str) -> None:
        now, today = self._now, self._now.date()
        if unit in ("min", "h", "hour"):
            begin = now - timedelta(minutes=count * (1 if unit == "min" else 60))
            self.days = begin.date(), today
            if begin.date() == today:  # a time is matched on every day alike
                self._key("StudyTime", f"{begin:%H:%M}-")
            return
        self.days = today - timedelta(days=count * _DAYS[unit[0]]), None


def search_line(typed: str, now: datetime) -> SearchLine:
    """What a line says, at this moment.

    Raises:
        BadInput: A word cannot be understood, or more than two numbers stand there.
    """
    reader = _Reader(now)
    tokens = list(_TOKEN.finditer(_UNIT_APART.sub(r"last \1", typed)))
    skip = False
    for at, token in enumerate(tokens):
        after = tokens[at + 1][0] if at + 1 < len(tokens) else ""
        if skip:
            skip = False
        elif token[1]:
            reader.labelled(token[1], _unquoted(token[2]))
        elif token[3]:
            reader.names.append(token[3])
        else:
            skip = reader.word(token[4], after)
    if len(reader.numbers) > 2:
        raise BadInput("search", reader.numbers[2], "write id: or acc: before a number.")
    texts = dict(reader.texts)
    if reader.names:
        texts["name"] = " ".join([*filter(None, [texts.get("name")]), *reader.names])
    first, last = reader.days
    return SearchLine(
        Criteria(
            name=texts.get("name", ""),
            patient_id=texts.get("patient_id", ""),
            accession=texts.get("accession", ""),
            description=texts.get("description", ""),
            modalities=tuple(dict.fromkeys(reader.modalities)),
            date_from=first,
            date_to=last,
            others=tuple(reader.keys.values()),
        ),
        tuple(reader.numbers),
    )


def line_of(criteria: Criteria) -> str:
    """The line that says these criteria."""
    words = []
    for word, name in FIELDS.items():
        value = str(getattr(criteria, name)).strip()
        if word == "name" and len(value) > 1 and value[0] == value[-1] == '"':
            words.append(value)  # a name as it stands
        elif value:
            words.append(f"{word}:{_quoted(value)}")
    if criteria.modalities:
        words.append(f"mod:{','.join(criteria.modalities)}")
    first, last = criteria.date_from, criteria.date_to
    if first is not None and first == last:
        words.append(f"date:{first}")
    elif first is not None or last is not None:
        words.append(f"date:{first or ''}..{last or ''}")
    words += [f"{_WORD_OF.get(key.path, key.path)}:{_quoted(key.value)}" for key in criteria.others]
    return " ".join(words)


def _quoted(value: str) -> str:
    """A value as it is written behind a colon; a quotation mark inside becomes any character.

    One that is quoted itself, to be taken as it stands, gets quotes of its own: ``id:""12*""``.
    """
    if re.fullmatch(r'"[^"]+"', value):
        return f'"{value}"'
    value = value.replace('"', "?")
    return f'"{value}"' if re.search(r"\s", value) else value


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] == '"'
    return (value[1:-1] if quoted else value).strip()


def _span(typed: str) -> tuple[date | None, date | None]:
    first, between, last = typed.partition("..")
    try:
        low = date.fromisoformat(first) if first else None
        high = date.fromisoformat(last) if last else None
    except ValueError:
        low = high = None
    if (low is None and high is None) or (low is not None and high is not None and low > high):
        raise BadInput("date", typed, "write 2024-01-31, or 2024-01-01..2024-01-31.")
    return (low, high) if between else (low, low)
