"""A data set as aligned lines of text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pydicom.datadict import keyword_for_tag

from workstation.cli.output import printable
from workstation.dicom.values import Element, elements

if TYPE_CHECKING:
    from pydicom import Dataset

_MAX_WIDTH = 40
_MAX_BYTES = 16
_INDENT = "  "


def listing(data_set: Dataset, fallback: str = "") -> Iterator[str]:
    """A line for each element: tag, keyword, value decoded by the data set's own character set.

    Args:
        data_set: As the parser left it.
        fallback: Specific Character Set assumed when it names none.
    """
    return _lines(list(elements(data_set, fallback)), "")


def _lines(found: Iterable[Element], indent: str) -> Iterator[str]:
    named = [(keyword_for_tag(element.tag) or "", element) for element in found]
    width = min(_MAX_WIDTH, max((len(name) for name, _ in named), default=0))
    for name, element in named:
        head = f"{indent}({element.tag >> 16:04X},{element.tag & 0xFFFF:04X}) {name:{width}} "
        if not element.valid:
            yield f"{head} [not valid {printable(element.vr)}]"
        elif element.vr == "SQ":
            yield head.rstrip()
            for number, item in enumerate(element.values, 1):
                yield f"{indent}{_INDENT}item {number}"
                if isinstance(item, tuple):
                    yield from _lines(item, indent + 2 * _INDENT)
        else:
            yield f"{head} {_text(element)}".rstrip()


def _text(element: Element) -> str:
    parts = []
    for value in element.values:
        if isinstance(value, bytes):
            more = f" … {len(value)} bytes" if len(value) > _MAX_BYTES else ""
            parts.append(value[:_MAX_BYTES].hex(" ") + more)
        else:
            parts.append(printable(str(value)))
    return "\\".join(parts)
