"""Write person names (VR PN, PS3.5 6.2.1) with their components and groups in the order the user chose."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from workstation.dicom.display import plain
from workstation.dicom.value_readers import name_components, name_groups


class NameOrder(StrEnum):
    """The order of the components of a name, and what stands between them."""

    FAMILY_COMMA = "family, given"
    FAMILY_FIRST = "family given"
    GIVEN_FIRST = "given family"
    STORED = "stored"


class NameGroup(StrEnum):
    """A component group of a PN value, in the order in which they stand there."""

    ALPHABETIC = "alphabetic"
    IDEOGRAPHIC = "ideographic"
    PHONETIC = "phonetic"


@dataclass(frozen=True, slots=True)
class NameStyle:
    """How names are written.

    Attributes:
        order: Of the components of alphabetic names; ideographic ones always begin with the family name.
        first: The component group that is written first; another one follows in brackets.
    """

    order: NameOrder = NameOrder.FAMILY_COMMA
    first: NameGroup = NameGroup.IDEOGRAPHIC


USUAL_STYLE: Final = NameStyle()

_PREFERRED: Final = (NameGroup.IDEOGRAPHIC, NameGroup.ALPHABETIC, NameGroup.PHONETIC)
"""What is written where a name lacks the group that is to be first, and in brackets."""


@lru_cache(maxsize=2048)
def person_name(name: str, style: NameStyle = USUAL_STYLE) -> str:
    """Write a decoded PN value on one line, at most :data:`workstation.dicom.display.LONGEST` characters.

    "Yamada^Tarou=山田^太郎" becomes "山田 太郎 (Yamada, Tarou)". Prefix and suffix stand where one says them:
    "Adams^John^Q^Rev.^B.A." becomes "Adams, Rev. John Q, B.A.", or "Rev. John Q Adams, B.A.".
    """
    name = plain(name)
    if style.order is NameOrder.STORED:
        return name
    groups = component_groups(name)
    written = [
        _written(groups[kind], style.order)
        for kind in dict.fromkeys((style.first, *_PREFERRED))
        if kind in groups
    ]
    first, *others = [*filter(None, written), ""]
    return f"{first} ({others[0]})" if others and others[0] else first


def sort_name(name: str, style: NameStyle = USUAL_STYLE) -> str:
    """Return what a name is sorted by: family name, then given name, of the group that is written first."""
    groups = component_groups(plain(name))
    for kind in dict.fromkeys((style.first, *_PREFERRED)):
        if parts := [part for part in name_components(groups.get(kind, "")) if part]:
            return ", ".join(parts).casefold()
    return ""


def component_groups(name: str) -> dict[NameGroup, str]:
    """Return the component groups of a name that say something, in the order in which they stand there.

    Where all behind the first "=" is ASCII there are no ideographs: "=" is then part of an alphabetic name,
    whoever gave it.
    """
    parts = name_groups(name)
    if all(part.isascii() for part in parts[1:]):
        parts = (name.rstrip("= "),)
    named = zip(NameGroup, parts, strict=False)
    return {kind: part for kind, part in named if part.strip(" ^")}


def _written(group: str, order: NameOrder) -> str:
    """Write family name complex, given, middle, prefix and suffix of one group."""
    parts = [*name_components(group), "", "", "", "", ""]
    family, given, middle, prefix = parts[:4]
    suffix = _joined(" ", *parts[4:])  # and what stands beyond the five components
    if is_ideographic(group):
        return _joined(" ", family, given, middle, prefix, suffix)
    spoken = _joined(" ", prefix, given, middle)
    if order is NameOrder.GIVEN_FIRST:
        return _joined(", ", _joined(" ", spoken, family), suffix)
    if order is NameOrder.FAMILY_FIRST:
        return _joined(" ", family, spoken, suffix)
    return _joined(", ", family, spoken, suffix)


def is_ideographic(text: str) -> bool:
    """Whether a text is in Chinese, Japanese or Korean script, whatever group it stands in.

    There the family name comes first, without a comma.
    """
    if text.isascii():
        return False
    return any(
        unicodedata.east_asian_width(mark) in ("W", "H") and unicodedata.category(mark) in ("Lo", "Lm")
        for mark in text
    )


def _joined(between: str, *parts: str) -> str:
    return between.join(filter(None, parts))
