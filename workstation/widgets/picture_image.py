"""Convert composed pictures to QImage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QImage

from workstation.imaging.arrays import Rgb32
from workstation.imaging.composition import Composed
from workstation.imaging.grey_mapping import Voi
from workstation.imaging.view import View

if TYPE_CHECKING:
    from workstation.imaging.picture import Picture

_Seen = tuple[Rgb32, QImage]
"""Pixels, and the QImage over them, which does not own them."""


class PictureImage:
    """Renders a picture with its window, each row once until :meth:`clear`."""

    def __init__(self) -> None:
        self._composed = Composed()
        self._image: _Seen | None = None
        self._overlay: _Seen | None = None

    def clear(self) -> None:
        """Discard the image: picture, window or inversion changed."""
        self._composed.clear()

    def voi(self, picture: Picture, view: View) -> Voi | None:
        """The window or lookup table applied to ``picture``; None for colour."""
        return self._composed.voi(picture, view)

    def image(self, picture: Picture, view: View, level: int, rows: range | None = None) -> QImage:
        """The image of ``picture``, or of its downscaled level; valid until the next call.

        Only ``rows`` are to be looked at, None: all; the others may hold anything.
        """
        colours = self._composed.colours(picture, view, level, rows)
        self._image = _seen(self._image, colours, QImage.Format.Format_RGB32)
        return self._image[1]

    def overlay(self, picture: Picture) -> QImage | None:
        """The overlay planes of ``picture`` on a transparent image; valid until the next call."""
        colours = self._composed.overlay(picture)
        if colours is None:
            return None
        self._overlay = _seen(self._overlay, colours, QImage.Format.Format_ARGB32_Premultiplied)
        return self._overlay[1]


def _seen(last: _Seen | None, colours: Rgb32, kind: QImage.Format) -> _Seen:
    """An image over ``colours``; the last one if it has the same pixels."""
    if last is not None and last[0] is colours:
        return last
    rows, columns = colours.shape
    return colours, QImage(colours.data, columns, rows, 4 * columns, kind)
