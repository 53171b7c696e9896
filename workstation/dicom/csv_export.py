"""Write tables as CSV that spreadsheets open without executing anything in them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

Cell = str | int | None
"""A text, a number, or None: unknown."""

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


def csv_rows(fields: Sequence[str], records: Iterable[Mapping[str, Cell]]) -> str:
    """Rows as in RFC 4180, without a header; what a record lacks is empty."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for one in records:
        writer.writerow([harmless(one.get(name)) for name in fields])
    return text.getvalue()


def csv_file(fields: Sequence[str], records: Iterable[Mapping[str, Cell]]) -> bytes:
    """The same with a header, in UTF-8 with the mark that spreadsheets look for."""
    header = csv_rows(fields, [{name: name for name in fields}])
    return (header + csv_rows(fields, records)).encode("utf-8-sig", "replace")


def harmless(value: Cell) -> str:
    """A cell that no spreadsheet executes: a text that would be a formula gets an apostrophe before it."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) and not isinstance(value, int) else text
