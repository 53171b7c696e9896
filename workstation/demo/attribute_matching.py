"""Matches attributes as an archive does (PS3.4 C.2.2.2), value by value."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from workstation.dicom.text_folding import fold
from workstation.dicom.wildcards import wildcard_pattern

_WILD = frozenset({"AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"})
_RANGES = frozenset({"DA", "DT", "TM"})


def matches(vr: str, values: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether any of an attribute's values fits any of the wanted ones; none wanted fits everything.

    Args:
        vr: Value representation of the attribute.
        values: What the entity has.
        wanted: The key's values.
    """
    keys = [key for key in (each.strip(" \0") for each in wanted) if key]
    if not keys or all(key == "*" and vr in _WILD for key in keys):
        return True
    fits = _rule(vr)
    return any(fits(value, key) for key in keys for value in values)


def _rule(vr: str) -> Callable[[str, str], bool]:
    if vr == "PN":
        return _name
    if vr in _RANGES:
        return _range
    if vr in _WILD:
        return lambda value, key: bool(wildcard_pattern(key).fullmatch(value))
    if vr in ("IS", "DS"):
        return lambda value, key: value.strip() == key
    return str.__eq__


def _name(value: str, key: str) -> bool:
    """Without regard to case and accents (C.2.2.2.1.1), in any of the component groups."""
    pattern = wildcard_pattern(fold(key).rstrip("^="))
    return any(pattern.fullmatch(fold(group).rstrip("^=")) for group in (value, *value.split("=")))


def _range(value: str, key: str) -> bool:
    """Dates and times; a short bound stands for all that begins with it."""
    value, key = value.replace(".", "").replace(":", ""), key.replace(".", "").replace(":", "")
    if "-" not in key:
        return value.startswith(key) if value else False
    low, _, high = key.partition("-")
    return bool(value) and (not low or value >= low) and (not high or value[: len(high)] <= high)
