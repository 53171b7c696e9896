"""Make the entries of a list: the values archives are asked for, and what their answers are compared with."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from workstation.dicom.matches import SOUND
from workstation.dicom.pasted_list import KEYS, ColumnUse, PastedTable, Uses
from workstation.dicom.uids import fault_of_uid
from workstation.dicom.value_readers import read_date
from workstation.errors import BadInput, UserMessage

MAX_LENGTH: Final = 64
"""Characters of a value (PS3.5 6.2, LO); accession numbers of more than their 16 do occur."""

_NUMBERS: Final = re.compile(r"([0-9]{1,2})([./-])([0-9]{1,2})\2([0-9]{4})")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListEntry:
    """One entry.

    Attributes:
        line: The number of its line, from 1.
        value: As it stands in the list, without blanks around it.
        checks: What the list says besides; a birth date as eight digits, else as it stands there.
        fault: Why it cannot be asked for, as a message; empty: it can.
    """

    line: int
    value: str
    checks: tuple[tuple[ColumnUse, str], ...] = ()
    fault: UserMessage = SOUND


@dataclass(frozen=True, slots=True, kw_only=True)
class ListEntries:
    """The entries of a list in their order, each once.

    Attributes:
        key: What the values are.
        checked: What the answers are compared with.
        duplicates: How many more times entries stood in the list.
        empty: How many lines had no entry.
    """

    key: ColumnUse
    entries: tuple[ListEntry, ...] = ()
    checked: tuple[ColumnUse, ...] = ()
    duplicates: int = 0
    empty: int = 0
    faulty: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "faulty", sum(bool(entry.fault) for entry in self.entries))

    @property
    def values(self) -> list[str]:
        """What is to be asked for, each value once."""
        return list(dict.fromkeys(entry.value for entry in self.entries if not entry.fault))


def list_entries(table: PastedTable, uses: Uses, *, header: bool) -> ListEntries:
    """The entries of a list.

    Args:
        table: The list.
        uses: What each column is.
        header: The first row is titles.

    Raises:
        BadInput: A column is not decided, none can be asked for, or two are the same.
    """
    key = key_of(uses)
    positions = {use: position for position, use in enumerate(uses) if use is not None}
    checked = tuple(use for use in positions if use not in (key, ColumnUse.IGNORED))
    dates = _Dates()
    if ColumnUse.BIRTH_DATE in checked:
        dates = _Dates(table.column(positions[ColumnUse.BIRTH_DATE], header=header))
    found: dict[tuple[str, tuple[tuple[ColumnUse, str], ...]], ListEntry] = {}
    duplicates, empty = 0, table.empty
    for line, row in zip(table.lines[header:], table.rows[header:], strict=True):
        cells = {use: row[position] if position < len(row) else "" for use, position in positions.items()}
        value = cells[key]
        if not value:
            empty += 1
            continue
        checks = tuple(
            (use, dates.read(cells[use]) if use is ColumnUse.BIRTH_DATE else cells[use]) for use in checked
        )
        if (value, checks) in found:
            duplicates += 1
        else:
            fault = fault_of(key, value)
            found[value, checks] = ListEntry(line=line, value=value, checks=checks, fault=fault)
    return ListEntries(
        key=key,
        entries=tuple(found.values()),
        checked=checked,
        duplicates=duplicates,
        empty=empty,
    )


def key_of(uses: Uses) -> ColumnUse:
    """The column that archives are asked by.

    Raises:
        BadInput: As :func:`list_entries`.
    """
    if None in uses:
        raise BadInput("column", "", "say what each column is, or that it is ignored.")
    told = [use for use in uses if use is not ColumnUse.IGNORED]
    if len(told) != len(set(told)):
        raise BadInput("column", "", "only one column can be each of them.")
    key = next((use for use in KEYS if use in told), None)
    if key is None:
        advice = "one column must be the patient ID, the accession number or the Study UID."
        raise BadInput("column", "", advice)
    return key


def fault_of(key: ColumnUse, value: str) -> UserMessage:
    """Why a value is not asked for; empty: it is. Wild cards would match others (PS3.4 C.2.2.2.4)."""
    if not value.isprintable():
        return UserMessage("it holds a line break or a control character")
    if set(value) & set("*?"):
        return UserMessage("it holds a wildcard, * or ?, and would match others")
    if "\\" in value:
        return UserMessage("it holds a backslash, which parts values")
    if len(value) > MAX_LENGTH:
        return UserMessage("it is longer than 64 characters")
    if key is ColumnUse.STUDY_UID and (fault := fault_of_uid(value)) is not None:
        return UserMessage("it is no UID: it {fault}", fault=fault)
    return SOUND


class _Dates:
    """Reads a column of dates: others of it tell whether 03/04/1970 is of March or of April, if any does."""

    def __init__(self, cells: Iterable[str] = ()) -> None:
        found = [match for cell in cells if (match := _NUMBERS.fullmatch(cell)) and match[2] != "."]
        day_first = any(int(match[1]) > 12 for match in found)
        month_first = any(int(match[3]) > 12 for match in found)
        self._orders = (day_first or not month_first, month_first or not day_first)

    def read(self, cell: str) -> str:
        """Eight digits; what cannot be read for certain stays as it is."""
        match = _NUMBERS.fullmatch(cell)
        if match is None:
            return read_date(cell) or cell
        first, mark, second, year = match.groups()
        day_first, month_first = (True, False) if mark == "." else self._orders
        read = {_day(year, second, first)} if day_first else set()
        read |= {_day(year, first, second)} if month_first else set()
        read.discard("")
        return read.pop() if len(read) == 1 else cell


def _day(year: str, month: str, day: str) -> str:
    return read_date(f"{year}{month:0>2}{day:0>2}")
