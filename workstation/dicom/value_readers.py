"""Read values as they come from files and archives: one lenient reader for each VR (PS3.5 6.2).

Whoever needs the number of an IS or DS, the day of a DA or the time of a TM asks here, so that the index, the
rows, the picture and ``find --json`` agree. Nothing raises: what cannot be read is None, or an empty text.
Texts by character set are read by :func:`workstation.dicom.text.decode`; the parts of a PN are read here.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache

_PADDING = b" \0\t\r\n\v\f"
_MAX_DIGITS = 400
"""Of a number; more than the largest float has."""
_MANY = 1 << 63
_SHORT = 64
"""Bytes of a value that is remembered; no time and no date is longer."""
_THOUSANDS = re.compile(rb"[+-]?[0-9]{1,3},[0-9]{3}")
_DATE = re.compile(r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})(?P<rest>.*)", re.DOTALL)
_DATE_PARTED = re.compile(
    r"(?P<year>[0-9]{4})(?P<mark>[-./: ])(?P<month>[0-9]{1,2})(?:(?P=mark)(?P<day>[0-9]{1,2})(?P<rest>.*))?",
    re.DOTALL,
)
_YEAR = re.compile(r"(?P<year>[0-9]{4})(?P<month>)(?P<day>)(?P<rest>)")
_ZONE = re.compile(r"(?:Z|[+-][0-9]{2}:?[0-9]{2})$")
_TIME = re.compile(r"([0-9]{2})(?:([0-9]{2})(?:([0-9]{2})[.,]?([0-9]*))?)?")
_TIME_PARTED = re.compile(r"([0-9]{1,2}):([0-9]{1,2})(?::([0-9]{1,2})(?:[.,:]([0-9]+))?)?")
_CUT_ZERO = re.compile(r"[0-9]{5}(?:[.,][0-9]*)?")


def read_plain(value: bytes) -> str:
    """A text of the default repertoire (AE, AS, CS and the like) without padding."""
    return value.decode("ascii", "replace").strip(" \0")


def read_uid(value: bytes) -> str:
    """A UI value without padding, as it was sent: bytes that cannot stand in it are not made alike."""
    return value.decode("latin_1").strip(" \0")


def name_groups(name: str) -> tuple[str, ...]:
    """The component groups of a decoded PN (PS3.5 6.2.1): alphabetic, ideographic, phonetic, if present."""
    return tuple(name.split("="))


def name_components(group: str) -> list[str]:
    """Family name complex, given, middle, prefix, suffix, as many as there are, stripped."""
    return [part.strip() for part in group.split("^")]


def read_integer(value: bytes | str) -> int | None:
    """The first number of an IS or DS if it is whole: ``7``, ``+7``, ``007``, ``7.0``, ``7e0``, ``7,0``.

    None beyond the 32 bits of an IS.
    """
    return _integer(value) if len(value) <= _SHORT else _integer.__wrapped__(value)


@lru_cache(maxsize=8192)
def _integer(value: bytes | str) -> int | None:
    number = read_int64(value)
    return number if number is not None and -(2**31) <= number < 2**31 else None


def read_int64(value: bytes | str) -> int | None:
    """The same to 64 bits. ``1,000`` is none: it may be one, or a thousand."""
    first = _bytes(value).split(b"\\")[0].strip(_PADDING)
    if first[first[:1] in (b"+", b"-") :].isdigit() and len(first) <= _MAX_DIGITS:
        exact = int(first)
        return exact if -_MANY <= exact < _MANY else None
    number = None if _THOUSANDS.fullmatch(first) else _number(first)
    return int(number) if number is not None and number == int(number) and abs(number) < _MANY else None


def read_count(value: bytes | str) -> int | None:
    """A number of things; None if it is none or below zero: unknown is never 0."""
    number = read_integer(value)
    return number if number is not None and number >= 0 else None


def read_decimal(value: bytes | str) -> float | None:
    """The first number of a DS or IS, if it is finite."""
    return _decimal(value) if len(value) <= _SHORT else _decimal.__wrapped__(value)


@lru_cache(maxsize=8192)
def _decimal(value: bytes | str) -> float | None:
    return _number(_bytes(value).split(b"\\")[0])


def read_decimals(value: bytes | str) -> tuple[float, ...]:
    """All numbers of a DS or IS; none of them if one is none, or not finite."""
    raw = _bytes(value)
    parts = raw.strip(b" \0").split(b"\\")
    if b"_" not in raw:
        try:  # nearly always that is it
            numbers = tuple(map(float, parts))
        except ValueError:
            pass
        else:
            return numbers if all(map(math.isfinite, numbers)) else ()
    found = [number for part in parts if (number := _number(part)) is not None]
    return tuple(found) if len(found) == len(parts) else ()


def _bytes(value: bytes | str) -> bytes:
    return value.encode("ascii", "replace") if isinstance(value, str) else value


def _number(text: bytes) -> float | None:
    """A comma for the point is a locale's, a NUL ends the text as in C."""
    text = text.strip(_PADDING).split(b"\0")[0].rstrip()
    if len(text) > _MAX_DIGITS or b"_" in text:  # Python reads 1_0 as 10
        return None
    if text.count(b",") == 1 and b"." not in text:
        text = text.replace(b",", b".")
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def read_date(value: bytes | str) -> str:
    """The day of a DA, or of a DT, as eight digits; 00 for a day or month that is not given.

    ``19971003``, ``1997.10.03`` (ACR-NEMA), ``1997-10-03``, ``1997.10``, ``19970000`` and ``1997`` are taken;
    empty for what is no date or a range of them, or whose century or order is anybody's guess.
    """
    return _date(value[:_SHORT])


@lru_cache(maxsize=4096)
def _date(value: bytes | str) -> str:
    text = _first(value)
    found = _DATE.fullmatch(text) or _DATE_PARTED.fullmatch(text) or _YEAR.fullmatch(text)
    if found is None:
        return ""
    year, month, day, rest = found.group("year", "month", "day", "rest")
    if rest and not read_time(_ZONE.sub("", rest.lstrip("T "))):
        return ""
    months, days = int(month or 0), int(day or 0)
    if int(year) == 0 or months > 12 or days > 31 or (days and not months):
        return ""
    if not days and not 1800 <= int(year) < 2200:  # four digits may be anything
        return ""
    return f"{year}{months:02}{days:02}"


def read_time(value: bytes | str) -> str:
    """The time of a TM as ``HHMMSS.FFFFFF``, as far as it is given, from two digits on; empty for none.

    ``102030.5``, ``10:20:30.5`` (ACR-NEMA), ``10:20``, ``1020``, ``10`` are taken, and ``93015``, which has
    lost its first zero.
    """
    return _time(value[:_SHORT])


@lru_cache(maxsize=4096)
def _time(value: bytes | str) -> str:
    text = _first(value)
    if _CUT_ZERO.fullmatch(text):
        text = "0" + text
    found = _TIME.fullmatch(text) or _TIME_PARTED.fullmatch(text)
    if found is None:
        return ""
    hour, minute, second, fraction = found.groups()
    if int(hour) > 23 or int(minute or 0) > 59 or int(second or 0) > 60:  # 60: a leap second
        return ""
    digits = "".join(part.zfill(2) for part in (hour, minute, second) if part)
    return f"{digits}.{fraction[:6]}" if fraction else digits


def _first(value: bytes | str) -> str:
    text = value if isinstance(value, str) else value.decode("ascii", "replace")
    return text.partition("\\")[0].strip(" \0\t\r\n\v\f")


def kept_date(value: bytes | str) -> str:
    """The day as :func:`read_date` gives it, or the text as it was sent."""
    return read_date(value) or (value if isinstance(value, str) else read_plain(value))


def kept_time(value: bytes) -> str:
    """The time as :func:`read_time` gives it, or the text as it was sent."""
    return read_time(value) or read_plain(value)
