"""Parse a list as it is pasted or stands in a file: lines, or a table in CSV; which column is what.

What the columns are is said by the user. It is suggested only where the list itself says it: by a header, or
because all of its values are UIDs.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from workstation.dicom.uids import is_uid
from workstation.errors import BadInput, UserMessage

MAX_BYTES: Final = 10 * 1024 * 1024
"""Of a list, encoded in UTF-8."""
MAX_ENTRIES: Final = 20_000
MAX_COLUMNS: Final = 50
_MAX_LINE: Final = 65_536
_LOOKED_AT: Final = 200
"""Rows that decide about separator and header."""

SEPARATORS: Final = ("\t", ";", ",")
"""From the one that occurs in values most seldom on. An empty one: each line is one value."""

_INVISIBLE: Final = "\ufeff\u200b\u200e\u200f\u2060"
_QUOTED: Final = re.compile(r'"((?:[^"]|"")+)"')
_TOLD_SEPARATOR: Final = re.compile(r'\ufeff?"?sep=([\t;,])"?\r?\n')
"""A first line by which spreadsheets are told the separator; it is no entry."""
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_EXCEL_TEXT: Final = re.compile(r'="(.*)"')
"""What spreadsheets are made to keep leading zeros by."""


class ColumnUse(StrEnum):
    """What a column is; the value is the keyword of the attribute."""

    IGNORED = "ignored"
    STUDY_UID = "StudyInstanceUID"
    ACCESSION = "AccessionNumber"
    PATIENT_ID = "PatientID"
    BIRTH_DATE = "PatientBirthDate"
    NAME = "PatientName"


KEYS: Final = (ColumnUse.STUDY_UID, ColumnUse.ACCESSION, ColumnUse.PATIENT_ID)
"""What archives can be asked by, the narrowest first: of several it is the key, the others are checks."""

Uses = tuple[ColumnUse | None, ...]
"""What each column is; None: nobody has said so."""

_HEADERS: Final = {
    ColumnUse.STUDY_UID: ("studyinstanceuid", "studyuid", "studyinstance"),
    ColumnUse.ACCESSION: (
        *("accessionnumber", "accession", "accessionno", "accessionnr", "accno", "accnr", "acc"),
    ),
    ColumnUse.PATIENT_ID: ("patientid", "patientsid", "pid", "mrn", "patid", "patientnumber"),
    ColumnUse.BIRTH_DATE: ("patientbirthdate", "patientsbirthdate", "birthdate", "dateofbirth", "dob"),
    ColumnUse.NAME: ("patientname", "patientsname", "name"),
}
_BY_HEADER: Final = {name: use for use, names in _HEADERS.items() for name in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class PastedTable:
    """The lines of a list.

    Attributes:
        rows: Their cells, without blanks around them; lines that are empty are left out.
        lines: The number of each row among all that were pasted, from 1.
        empty: How many lines were empty.
        separator: What parts the cells; empty: nothing.
        header: The first row looks like titles.
    """

    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    empty: int = 0
    separator: str = ""
    header: bool = False

    @property
    def width(self) -> int:
        """How many columns there are."""
        return max(map(len, self.rows), default=0)

    def column(self, position: int, *, header: bool) -> Iterator[str]:
        """The cells of a column without its title; empty where a row is shorter."""
        for row in self.rows[header:]:
            yield row[position] if position < len(row) else ""

    def title(self, position: int, *, header: bool) -> str:
        """The title of a column; empty: it has none."""
        first = self.rows[0] if header and self.rows else ()
        return first[position] if position < len(first) else ""


def decoded(raw: bytes) -> str:
    """The text of a file: by its byte order mark, else UTF-8, else Windows-1252.

    The last is what spreadsheets save CSV in; it is only taken for what has no control characters, as every
    workbook and image has.

    Raises:
        BadInput: It is too long, or no such text.
    """
    _check_size(len(raw))
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = ["utf-16"]
    elif raw.startswith(b"\xef\xbb\xbf") or _CONTROL.search(raw):
        encodings = ["utf-8-sig"]
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            pass
    raise BadInput("list", "", "save it as text in UTF-8 or UTF-16.")


def read_table(text: str, separator: str | None = None) -> PastedTable:
    """Take a list apart.

    Args:
        text: As it was pasted.
        separator: What parts the cells; None: what seems to.

    Raises:
        BadInput: It has too many characters, entries or columns.
    """
    _check_size(len(text))
    if max(map(len, text.splitlines()), default=0) > _MAX_LINE:
        raise BadInput("list", "", "it has a line of more than 65,536 characters.")
    told = _TOLD_SEPARATOR.match(text)
    parted = separator if separator is not None else told[1] if told else _separator(text)
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    empty = 0
    body, first = (text[told.end() :], 2) if told else (text, 1)
    for number, cells in enumerate(_cells(body, parted), first):
        row = tuple(map(_clean, cells))
        if not any(row):
            empty += 1
            continue
        if len(row) > MAX_COLUMNS:
            advice = "it has a line of more than {n} columns. Entries stand each on a line of their own."
            raise BadInput("list", "", UserMessage(advice, n=MAX_COLUMNS))
        if len(rows) > MAX_ENTRIES:  # one may be the header
            raise BadInput("list", "", _too_many())
        rows.append(row)
        lines.append(number)
    header = _has_header(rows)
    if len(rows) - header > MAX_ENTRIES:
        raise BadInput("list", "", _too_many())
    return PastedTable(rows=tuple(rows), lines=tuple(lines), empty=empty, separator=parted, header=header)


def _too_many() -> UserMessage:
    return UserMessage("it has more than {n} entries. Search for it in parts.", n=f"{MAX_ENTRIES:,}")


def _check_size(size: int) -> None:
    if size > MAX_BYTES:
        raise BadInput("list", "", "it has more than 10 MB. Leave out columns that are not needed.")


def _cells(text: str, separator: str) -> Iterator[Sequence[str]]:
    """The cells of each line. An open quote is a letter: it would swallow the lines behind it."""
    if not separator:
        yield from ([_unquoted(line)] for line in text.splitlines())
        return
    if _is_quoted_well(text, separator):
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        return
    for line in text.splitlines():
        quoted_well = _is_quoted_well(line, separator)
        yield next(csv.reader([line], delimiter=separator), []) if quoted_well else line.split(separator)


def _unquoted(line: str) -> str:
    """A line that is one value in quotes, as spreadsheets write them."""
    found = _QUOTED.fullmatch(line.strip().strip(_INVISIBLE).strip())
    return found[1].replace('""', '"') if found else line


def _is_quoted_well(text: str, separator: str) -> bool:
    try:
        for _ in csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True):
            pass
    except csv.Error:
        return False
    return True


def _clean(cell: str) -> str:
    cell = cell.strip().strip(_INVISIBLE).strip()
    if not cell.isprintable():
        return cell
    found = _EXCEL_TEXT.fullmatch(cell)
    return found[1].strip() if found else cell


def _separator(text: str) -> str:
    """The separator that parts most of the first lines, if it parts them into equally many cells."""
    lines = [line for line in text[: _LOOKED_AT * 500].splitlines() if line.strip()][:_LOOKED_AT]
    for separator in SEPARATORS:
        widths = [len(row) for row in _cells("\n".join(lines), separator)]
        usual = max(set(widths), key=widths.count, default=1)
        if usual > 1 and 2 * widths.count(usual) > len(widths):
            return separator
    return ""


def is_one_line_of_many(table: PastedTable) -> bool:
    """Whether all is on one line that seems to hold several values: perhaps each was meant as an entry."""
    return len(table.rows) == 1 and (table.width > 1 or len(table.rows[0][0].split()) > 1)


# --- Header and columns ----------------------------------------------------------------------------------


def use_named(title: str) -> ColumnUse | None:
    """What a column with this title is; None: the title does not say so."""
    return _BY_HEADER.get(re.sub(r"[^a-z0-9]", "", title.casefold()))


def _has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names a column, or has words where all rows below it have numbers."""
    if len(rows) < 2:
        return False
    first, *others = rows[:_LOOKED_AT]
    if any(use_named(cell) for cell in first):
        return True
    for position, cell in enumerate(first):
        below = [row[position] for row in others if position < len(row) and row[position]]
        if cell and below and not _has_digit(cell) and all(map(_has_digit, below)):
            return True
    return False


def _has_digit(text: str) -> bool:
    return any(map(str.isdigit, text))


def suggested_uses(table: PastedTable, *, header: bool) -> Uses:
    """What the list itself says of its columns; each is suggested once."""
    found: list[ColumnUse | None] = []
    for position in range(table.width):
        use = use_named(table.title(position, header=header))
        if use is None and _are_uids(table.column(position, header=header)):
            use = ColumnUse.STUDY_UID
        found.append(None if use in found else use)
    keyed = any(use in KEYS for use in found)
    return tuple(ColumnUse.IGNORED if use is None and keyed else use for use in found)


def _are_uids(cells: Iterable[str]) -> bool:
    """Whether all are UIDs that can be nothing else: of four components or more."""
    values = [cell for cell in cells if cell]
    return bool(values) and all(is_uid(value) and value.count(".") >= 3 for value in values)
