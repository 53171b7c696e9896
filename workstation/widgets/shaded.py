"""A picture as Qt draws it."""

from __future__ import annotations

from PySide6.QtGui import QImage

from workstation.imaging.grey import Grey, Voi, render
from workstation.imaging.picture import Array, Picture, Rgb32
from workstation.imaging.view import View

_INVERSE = 0x00FFFFFF
_OVERLAY = 0xFF5AD1E8
"""Seen on black, on grey and on white."""


class Shaded:
    """Makes the image of a picture in its window, each row once until :meth:`clear`."""

    def __init__(self) -> None:
        self._own: Rgb32 | None = None
        self._painted: Rgb32 | None = None
        self._image = QImage()
        self._level = -1
        self._rows = range(0)
        self._voi: tuple[Picture, Voi | None] | None = None
        self._drawn: tuple[Picture, Rgb32, QImage] | None = None

    def clear(self) -> None:
        """Picture, window or inversion have changed."""
        self._level = -1
        self._voi = None

    def voi(self, picture: Picture, view: View) -> Voi | None:
        """The window or table ``picture`` is shaded with; None for colour."""
        if self._voi is None or self._voi[0] is not picture:
            self._voi = picture, view.voi(picture)
        return self._voi[1]

    def image(self, picture: Picture, view: View, level: int, rows: range | None = None) -> QImage:
        """The image of ``picture``, or of its half number ``level``; valid until the next call.

        Only ``rows`` are to be looked at, None: all; the others may hold anything.
        """
        pixels = picture.levels[level]
        voi = self.voi(picture, view)
        if level != self._level:
            self._level, self._rows = level, range(0)
            self._image = self._empty(pixels) if voi is not None else self._coloured(pixels, view)
        if picture.grey is not None and voi is not None:
            self._shade(
                pixels, picture.grey, voi, view.inverted, range(len(pixels)) if rows is None else rows
            )
        return self._image

    def _empty(self, pixels: Array) -> QImage:
        """An image for shades, of the memory of the last one if it fits."""
        import numpy as np  # late: the window is there before the first picture

        if self._own is None or self._own.shape != pixels.shape:
            self._own = np.empty(pixels.shape, np.uint32)
        return self._over(self._own)

    def _coloured(self, pixels: Rgb32, view: View) -> QImage:
        import numpy as np

        return self._over(pixels ^ np.uint32(_INVERSE) if view.inverted else np.ascontiguousarray(pixels))

    def _over(self, shades: Rgb32) -> QImage:
        """``shades`` as an image, which does not own its pixels: both live in this object."""
        self._painted = shades
        rows, columns = shades.shape
        return QImage(shades.data, columns, rows, 4 * columns, QImage.Format.Format_RGB32)

    def _shade(self, pixels: Array, grey: Grey, voi: Voi, inverted: bool, rows: range) -> None:
        """Shade what of ``rows``, and of the rows up to those that are shaded, is not yet."""
        assert self._own is not None
        if not rows:
            return
        done = self._rows or range(rows.start, rows.start)
        self._rows = range(min(rows.start, done.start), max(rows.stop, done.stop))
        for part in (range(self._rows.start, done.start), range(done.stop, self._rows.stop)):
            if part:
                where = slice(part.start, part.stop)
                render(pixels[where], grey, voi, self._own[where], invert=inverted)

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
