"""Defines the rows of the tag list: the elements of a file, one level at a time."""

from __future__ import annotations

from dataclasses import dataclass

ElementPath = tuple[int, ...]
"""The way to a level: the tag of a sequence, the number of an item in it (from 0), a tag, and so on."""


@dataclass(frozen=True, slots=True)
class Element:
    """An element or an item.

    Attributes:
        tag: Group and element; None for an item, and for a remark.
        children: How many items a sequence has, or an item elements; 0: nothing below it.
        broken: Its value is not what its VR says, and ``value`` says so.
    """

    tag: int | None
    name: str
    vr: str = ""
    value: str = ""
    children: int = 0
    broken: bool = False
