"""Read from an answer the values of further keys, which no field of its match is for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from workstation.dicom.lenient_dataset import Element
from workstation.dicom.matches import Told
from workstation.dicom.other_keys import OtherKey
from workstation.network.find import FindResponse
from workstation.operations.identifier_values import IdentifierValues

_NEEDED = frozenset({0x00080005, 0x00280103})
"""By which texts and numbers are read: Specific Character Set, Pixel Representation."""


def told_values(values: IdentifierValues, found: FindResponse, keys: Sequence[OtherKey]) -> Told:
    """The values that an answer tells of ``keys``, by their paths.

    Args:
        values: What was read of the answer, the keys at its top among it.
        found: The answer; read again only for what stands in sequences, or has a VR that it alone tells.
        keys: The further keys.
    """
    if not keys:
        return ()
    from workstation.dicom.lenient_dataset import element_values, read  # it needs pydicom

    items: tuple[Element, ...] = ()
    if nested := [key for key in keys if not _is_plain(key)]:
        tags = {tag_of(step) for key in nested for step in key.path.split(".")}
        items, _ = read(found.data, found.transfer_syntax, values.fallback, frozenset(tags | _NEEDED))
    told: list[tuple[str, str]] = []
    for key in keys:
        if key in nested:
            told += ((key.path, value) for value in _in_items(items, key.path.split(".")))
        elif raw := values.value(tag_of(key.path)):
            read_values = element_values(key.vr, raw, values.charset, values.fallback)
            told += ((key.path, text) for value in read_values if (text := _text(value)))
    return tuple(told)


def plain_tags(keys: Iterable[OtherKey]) -> frozenset[int]:
    """The tags of those keys that :class:`IdentifierValues` can read."""
    return frozenset(tag_of(key.path) for key in keys if _is_plain(key))


def _is_plain(key: OtherKey) -> bool:
    return "." not in key.path and key.vr != "UN"


def tag_of(step: str) -> int:
    """The tag of a step of a path."""
    from pydicom.datadict import tag_for_keyword

    tag = tag_for_keyword(step)
    return int(step.replace(",", ""), 16) if tag is None else tag


def _in_items(elements: Iterable[Element], path: list[str]) -> Iterable[str]:
    """The values at a path, in every item of its sequences."""
    step, *below = path
    wanted = tag_of(step)
    for element in elements:
        if element.tag != wanted:
            continue
        for value in element.values:
            if below and isinstance(value, tuple):
                yield from _in_items(value, below)
            elif not below and (text := _text(value)):
                yield text


def _text(value: object) -> str:
    return "" if isinstance(value, tuple | bytes) else str(value).strip()
