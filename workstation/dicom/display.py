"""Format values for display: a peer's texts, dates, counts and sizes; one line each, bounded."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from workstation.dicom.value_readers import read_date, read_time

LONGEST = 300
_SHORT_LINE = 70
"""Characters of a line in a tool tip that is not broken."""
ABSENT = "—"
"""Shown for a count that is not known."""
_ISOLATES = dict.fromkeys(map(ord, "\u2066\u2067\u2068\u2069"))
_BREAKS = "\r\n\t\f\v\x85\u2028\u2029"


def plain(text: str, longest: int | None = LONGEST) -> str:
    """Put ``text`` on one line of at most ``longest`` characters, without control and override marks."""
    text = text[:longest]
    if text.isascii() and text.isprintable():  # nearly every text, thousands of times
        return text.strip()
    return _plain(text)


def is_one_line(text: str) -> bool:
    """Whether a text has no line breaks, control or override marks: the ones that :func:`plain` takes out.

    Blanks of any width and the marks without width that Persian and Hebrew are written with are none.
    """
    return not any(mark in _BREAKS or _hidden(mark) for mark in text)


@lru_cache(maxsize=2048)
def _plain(text: str) -> str:
    marks = (" " if mark in _BREAKS else mark for mark in text)
    return "".join(mark for mark in marks if mark == " " or not _hidden(mark)).strip()


def _hidden(mark: str) -> bool:
    return unicodedata.category(mark) in ("Cc", "Cs") or unicodedata.bidirectional(mark) in (
        *("LRE", "RLE", "LRO", "RLO", "PDF"),
        *("LRI", "RLI", "FSI", "PDI"),
    )


def isolated(text: str) -> str:
    """Isolate a text that is written from right to left from the line it stands in.

    Without this the dates and numbers beside an Arabic name are read backwards (Unicode UAX 9, FSI and PDI).
    """
    turned = not text.isascii() and any(unicodedata.bidirectional(mark) in ("R", "AL") for mark in text)
    return f"\u2068{text}\u2069" if turned else text


def unisolated(text: str) -> str:
    """Return a text without the marks of :func:`isolated`: as it is typed, and for other programs."""
    return text.translate(_ISOLATES)


def tool_tip(text: str) -> str:
    """Escape ``text`` for a tool tip, which would take it for HTML where it looks like it.

    A short line stays one: Qt makes a column of few words of it.
    """
    if not text:
        return ""
    short = all(len(line) <= _SHORT_LINE for line in text.split("\n"))
    for mark, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\n", "<br>")):
        text = text.replace(mark, written)
    return f'<qt><p style="white-space:pre; margin:0">{text}</p></qt>' if short else f"<qt>{text}</qt>"


def day(value: str) -> str:
    """Format a DA value as year-month-day, as far as it goes; what is no date is shown as it came."""
    digits = read_date(value)
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}".replace("-00", "") if digits else plain(value)


def moment(value: str, time: str) -> str:
    """Format a DA and a TM value, to the minute; what is no time is shown as it came."""
    digits = read_time(time)
    clock = f"{digits[:2]}:{digits[2:4]}" if len(digits) >= 4 else "" if digits else plain(time)
    return " ".join(part for part in (day(value), clock) if part)


def count(value: int | None) -> str:
    """Format a count; an unknown one is a dash, never 0."""
    return ABSENT if value is None else str(value)


def counted(n: int, one: str, many: str) -> str:
    """Choose ``one`` or ``many`` by a number, and fill it in for ``{n}``."""
    return (one if n == 1 else many).format(n=n)


def size(value: int) -> str:
    """Format a number of bytes, with a unit of thousands."""
    if value < 1000:
        return f"{value} B"
    amount = float(value)
    for unit in ("kB", "MB", "GB", "TB"):
        amount /= 1000
        if amount < 999.5 or unit == "TB":
            return f"{amount:.0f} {unit}" if amount >= 100 else f"{amount:.1f} {unit}"
    return ""


def duration(seconds: float) -> str:
    """Format seconds as minutes and seconds, from an hour on as hours and minutes."""
    whole = max(0, round(seconds))
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d}"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
