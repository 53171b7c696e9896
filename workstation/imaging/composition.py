"""Renders a picture: its pixels through the window, and the overlay planes over them.

Used by the preview pane and ``workstation picture``. numpy is imported by the functions that use it, since
the window is built before the first picture.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Final

from workstation.imaging.arrays import Array, Rgb32
from workstation.imaging.grey_mapping import Grey, Voi, render
from workstation.imaging.view import View

if TYPE_CHECKING:
    from workstation.imaging.picture import Picture

_INVERSE: Final = 0x00FFFFFF
_OVERLAY: Final = 0xFF5AD1E8
"""Seen on black, on grey and on white."""
_FAST: Final = 3
"""Of the levels of zlib: a script draws many pictures, and keeps few."""


class Composed:
    """The colours of a picture in its window, each row made once until :meth:`clear`."""

    def __init__(self) -> None:
        self._own: Rgb32 | None = None
        self._colours: Rgb32 | None = None
        self._level = -1
        self._rows = range(0)
        self._voi: tuple[Picture, Voi | None] | None = None
        self._drawn: tuple[Picture, Rgb32] | None = None

    def clear(self) -> None:
        """Picture, window or inversion have changed."""
        self._level = -1
        self._voi = None

    def voi(self, picture: Picture, view: View) -> Voi | None:
        """The window or table ``picture`` is shown in; None for colour."""
        if self._voi is None or self._voi[0] is not picture:
            self._voi = picture, view.voi(picture)
        return self._voi[1]

    def colours(self, picture: Picture, view: View, level: int = 0, rows: range | None = None) -> Rgb32:
        """RGB32 of ``picture``, or of its half number ``level``; valid until the next call.

        Only ``rows`` are to be looked at, None: all; the others may hold anything.
        """
        pixels = picture.levels[level]
        voi = self.voi(picture, view)
        if level != self._level or self._colours is None:
            self._level, self._rows = level, range(0)
            self._colours = self._empty(pixels) if voi is not None else _coloured(pixels, view)
        if picture.grey is not None and voi is not None:
            wanted = range(len(pixels)) if rows is None else rows
            self._shade(self._colours, pixels, picture.grey, voi, view.inverted, wanted)
        return self._colours

    def overlay(self, picture: Picture) -> Rgb32 | None:
        """What its overlay planes draw, premultiplied ARGB32, nothing elsewhere; None: they draw nothing."""
        if picture.overlay is None:
            return None
        if self._drawn is None or self._drawn[0] is not picture:
            import numpy as np

            self._drawn = picture, picture.overlay * np.uint32(_OVERLAY)
        return self._drawn[1]

    def _empty(self, pixels: Array) -> Rgb32:
        """Room for colours, in the memory of the last ones if it fits."""
        import numpy as np

        if self._own is None or self._own.shape != pixels.shape:
            self._own = np.empty(pixels.shape, np.uint32)
        return self._own

    def _shade(
        self, colours: Rgb32, pixels: Array, grey: Grey, voi: Voi, inverted: bool, rows: range
    ) -> None:
        """Shade what of ``rows``, and of the rows up to those that are shaded, is not yet."""
        if not rows:
            return
        done = self._rows or range(rows.start, rows.start)
        self._rows = range(min(rows.start, done.start), max(rows.stop, done.stop))
        for part in (range(self._rows.start, done.start), range(done.stop, self._rows.stop)):
            if part:
                where = slice(part.start, part.stop)
                render(pixels[where], grey, voi, colours[where], invert=inverted)


def composed(picture: Picture, view: View, most: int | None = None) -> Rgb32:
    """All of ``picture`` as RGB32, one pixel for each of its own; of at most ``most`` rows and columns."""
    import numpy as np

    from workstation.imaging.downscaling import shrunk

    layers = Composed()
    whole = layers.colours(picture, view)
    drawn = layers.overlay(picture) if view.overlays else None
    if drawn is not None:
        whole = np.where(drawn, drawn, whole)
    return whole if most is None or max(whole.shape) <= most else shrunk(whole, most)


def as_png(colours: Rgb32) -> bytes:
    """RGB32 as a PNG file of 8 bits for red, green and blue (ISO/IEC 15948)."""
    import numpy as np

    rows, columns = colours.shape
    blue_green_red = np.ascontiguousarray(colours, "<u4").view(np.uint8).reshape(rows, columns, 4)[..., :3]
    lines = np.zeros((rows, 1 + 3 * columns), np.uint8)  # each begins with its filter: none
    lines[:, 1:] = blue_green_red[..., ::-1].reshape(rows, -1)
    head = struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, 0)
    chunks = (b"IHDR", head), (b"IDAT", zlib.compress(lines.data, _FAST)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def _coloured(pixels: Rgb32, view: View) -> Rgb32:
    import numpy as np

    return pixels ^ np.uint32(_INVERSE) if view.inverted else np.ascontiguousarray(pixels)
