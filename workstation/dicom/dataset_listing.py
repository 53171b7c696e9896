"""Format a data set as aligned lines of text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from pydicom.datadict import keyword_for_tag

from workstation.dicom.display import plain
from workstation.dicom.lenient_dataset import Element
from workstation.dicom.masking import MASK, is_masked

_MAX_WIDTH = 40
_MAX_BYTES = 16
_INDENT = "  "


def dataset_lines(elements: Iterable[Element], indent: str = "", *, masked: bool = False) -> Iterator[str]:
    """Yield a line for each element: tag, keyword, value; sequence items are indented.

    ``masked``: what may be a patient's is not shown, see :mod:`workstation.dicom.masking`.
    """
    named = [(_keyword(element.tag), element) for element in elements]
    width = min(_MAX_WIDTH, max((len(name) for name, _ in named), default=0))
    for name, element in named:
        head = f"{indent}({element.tag >> 16:04X},{element.tag & 0xFFFF:04X}) {name:{width}} "
        if not element.valid:
            yield f"{head} [not valid {plain(element.vr)}]"
        elif element.vr == "SQ":
            yield head.rstrip()
            for number, item in enumerate(element.values, 1):
                yield f"{indent}{_INDENT}item {number}"
                if isinstance(item, tuple):
                    yield from dataset_lines(item, indent + 2 * _INDENT, masked=masked)
        else:
            yield f"{head} {MASK if masked and is_masked(element) else value_text(element)}".rstrip()


@lru_cache(maxsize=4096)
def _keyword(tag: int) -> str:
    return keyword_for_tag(tag)


def value_text(element: Element) -> str:
    """The values of an element that is no sequence, on one line."""
    parts = []
    for value in element.values:
        if isinstance(value, bytes):
            more = f" … {len(value)} bytes" if len(value) > _MAX_BYTES else ""
            parts.append(value[:_MAX_BYTES].hex(" ") + more)
        else:
            parts.append(plain(str(value), None))
    return "\\".join(parts)
