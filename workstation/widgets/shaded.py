"""A picture as Qt draws it."""

from __future__ import annotations

from PySide6.QtGui import QImage

from workstation.imaging.grey import render
from workstation.imaging.picture import Array, Picture, Rgb32
from workstation.imaging.view import View

_INVERSE = 0x00FFFFFF
_OVERLAY = 0xFF5AD1E8
"""Seen on black, on grey and on white."""


class Shaded:
    """Makes the image of a picture in its window, once until :meth:`clear`."""

    def __init__(self) -> None:
        self._own: Rgb32 | None = None
        self._painted: Rgb32 | None = None
        self._image = QImage()
        self._level = -1
        self._drawn: tuple[Picture, Rgb32, QImage] | None = None

    def clear(self) -> None:
        """Picture, window or inversion have changed."""
        self._level = -1

    def image(self, picture: Picture, view: View, level: int) -> QImage:
        """The image of ``picture``, or of its half number ``level``; valid until the next call."""
        if level == self._level:
            return self._image
        import numpy as np  # late: the window is there before the first picture

        self._level = level
        pixels: Array = (picture.pixels, *picture.halves)[level]
        rows, columns = pixels.shape
        shaded: Rgb32
        voi = view.voi(picture)
        if picture.grey is None or voi is None:
            shaded = pixels ^ np.uint32(_INVERSE) if view.inverted else np.ascontiguousarray(pixels)
        else:
            if self._own is None or self._own.shape != (rows, columns):
                self._own = np.empty((rows, columns), np.uint32)
            shaded = self._own
            render(pixels, picture.grey, voi, shaded, invert=view.inverted)
        self._painted = shaded  # the image does not own its pixels: both live in this object
        self._image = QImage(shaded.data, columns, rows, 4 * columns, QImage.Format.Format_RGB32)
        return self._image

    def overlay(self, picture: Picture) -> QImage | None:
        """The overlay planes of ``picture``, transparent beside what is drawn; valid until the next call."""
        if picture.overlay is None:
            return None
        if self._drawn is None or self._drawn[0] is not picture:
            import numpy as np

            rows, columns = picture.overlay.shape
            colours = picture.overlay * np.uint32(_OVERLAY)
            image = QImage(
                colours.data, columns, rows, 4 * columns, QImage.Format.Format_ARGB32_Premultiplied
            )
            self._drawn = picture, colours, image
        return self._drawn[2]
