"""Paint a picture into a box: fitted, then zoomed and moved by its view, and only as much as is in sight."""

from __future__ import annotations

from math import ceil, floor
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QPainter

from workstation.imaging.view import View
from workstation.widgets.picture_image import PictureImage

if TYPE_CHECKING:
    from workstation.imaging.picture import Picture

_BESIDE = 2
"""Rows of the picture painted above and below those inside the box."""


class PicturePainter:
    """Knows the image of the picture on show.

    Attributes:
        image: To be cleared when another picture or window is shown.
    """

    def __init__(self) -> None:
        self.image = PictureImage()

    def target(self, picture: Picture, view: View, box: QRectF) -> QRectF:
        """Return the rectangle of the whole picture."""
        rows, columns = picture.pixels.shape
        size = QSizeF(columns, rows * picture.aspect)
        size.scale(box.size(), Qt.AspectRatioMode.KeepAspectRatio)
        size *= view.zoom
        found = QRectF(QPointF(), size)
        found.moveCenter(box.center() + QPointF(*view.offset))
        return found

    def paint(
        self, painter: QPainter, picture: Picture, view: View, box: QRectF, *, ratio: float, smooth: bool
    ) -> None:
        """Paint it and its overlay planes, on black where it does not cover the box.

        ``ratio``: device pixels for each pixel of the box.
        """
        target = self.target(picture, view, box)
        if not target.contains(box):
            painter.fillRect(box, Qt.GlobalColor.black)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        level = _fitting_level(picture, target.width() * ratio)
        rows = _rows_in_sight(len(picture.levels[level]), target, box)
        painter.drawImage(target, self.image.image(picture, view, level, rows))
        overlay = self.image.overlay(picture) if view.overlays else None
        if overlay is not None:
            painter.drawImage(target, overlay)


def _fitting_level(picture: Picture, columns: float) -> int:
    """Return the smallest downscaled level that has a column for each device pixel; 0: full size."""
    fitting = [n for n, half in enumerate(picture.halves, 1) if half.shape[1] >= columns]
    return fitting[-1] if fitting else 0


def _rows_in_sight(rows: int, target: QRectF, box: QRectF) -> range:
    """Return the rows of the picture that are visible, with a margin that smoothing reads."""
    seen = target & box
    if seen.isEmpty():
        return range(0)
    each = rows / target.height()
    first, last = floor((seen.top() - target.top()) * each), ceil((seen.bottom() - target.top()) * each)
    return range(max(0, first - _BESIDE), min(rows, last + _BESIDE))
