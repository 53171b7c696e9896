"""Draws ``workstation.ico`` from the SVG icon, in the sizes that Windows asks for."""

from __future__ import annotations

import os
import struct
from pathlib import Path

SIZES = (16, 20, 24, 32, 40, 48, 64, 256)
_HEADER = struct.Struct("<HHH")
_ENTRY = struct.Struct("<BBBBHHII")
_BITMAP = struct.Struct("<IiiHHIIiiII")


def icon(drawing: Path) -> bytes:
    """The icon file: a bitmap of each size, the largest as PNG."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    images = [_png(drawing, size) if size == 256 else _bitmap(drawing, size) for size in SIZES]
    place = _HEADER.size + _ENTRY.size * len(images)
    entries = b""
    for size, image in zip(SIZES, images, strict=True):
        entries += _ENTRY.pack(size % 256, size % 256, 0, 0, 1, 32, len(image), place)
        place += len(image)
    return _HEADER.pack(0, 1, len(images)) + entries + b"".join(images)


def _draw(drawing: Path, size: int):  # type: ignore[no-untyped-def] # Qt is imported where it is used
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QImage, QPainter  # noqa: TID251 - nothing is shown
    from PySide6.QtSvg import QSvgRenderer

    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(str(drawing)).render(painter)
    painter.end()
    return image


def _png(drawing: Path, size: int) -> bytes:
    from PySide6.QtCore import QBuffer, QIODevice

    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    _draw(drawing, size).save(buffer, "PNG")
    return bytes(buffer.data().data())


def _bitmap(drawing: Path, size: int) -> bytes:
    """From the lowest row up; then the old mask, which nobody looks at where there is alpha."""
    image = _draw(drawing, size)  # its bits end with it
    pixels = bytes(image.constBits())
    rows = [pixels[4 * size * row : 4 * size * (row + 1)] for row in reversed(range(size))]
    mask = bytes((size + 31) // 32 * 4 * size)
    return (
        _BITMAP.pack(40, size, 2 * size, 1, 32, 0, 4 * size * size + len(mask), 0, 0, 0, 0)
        + b"".join(rows)
        + mask
    )
