"""Read from an answer the values of further keys, which no field of its match is for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from workstation.dicom.lenient_dataset import Element
from workstation.dicom.matches import ImageMatch, Match, PatientMatch, SeriesMatch, StudyMatch
from workstation.dicom.nodes import Node
from workstation.dicom.other_keys import OtherKey
from workstation.network.find import FindResponse

M = TypeVar("M", bound=Match)


def with_told(match: M, found: FindResponse, node: Node, keys: Iterable[OtherKey]) -> M:
    """A study or series with the values that its answer tells of ``keys``; any other match as it is."""
    if isinstance(match, PatientMatch | ImageMatch) or not keys:
        return match
    from workstation.dicom.lenient_dataset import read  # it needs pydicom

    elements, _ = read(found.data, found.transfer_syntax, node.charset)
    told = tuple((key.path, value) for key in keys for value in _values(elements, key.path.split(".")))
    return _put(match, told)


def _put(match: M, told: tuple[tuple[str, str], ...]) -> M:
    assert isinstance(match, StudyMatch | SeriesMatch)
    return replace(match, told=told)


def _values(elements: Iterable[Element], path: list[str]) -> Iterable[str]:
    """The values at a path, in every item of its sequences."""
    step, *below = path
    wanted = _tag(step)
    for element in elements:
        if element.tag != wanted:
            continue
        for value in element.values:
            if below and isinstance(value, tuple):
                yield from _values(value, below)
            elif not below and not isinstance(value, tuple | bytes) and str(value).strip():
                yield str(value).strip()


def _tag(step: str) -> int:
    from pydicom.datadict import tag_for_keyword

    tag = tag_for_keyword(step)
    return int(step.replace(",", ""), 16) if tag is None else tag
