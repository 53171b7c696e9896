"""Smaller pictures: halves, so that drawing them small does not alias, and thumbnails."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from workstation.imaging.grey import render
from workstation.imaging.picture import Array, Picture, Rgb32

HALVED_ABOVE = 1024
"""Pictures with more rows or columns get halves of themselves, down to this size."""
THUMBNAIL = 128
"""Rows or columns of a thumbnail, at most."""
_SAMPLES = 4
"""A cell of a thumbnail is the mean of at most so many rows and columns of the picture."""


def halves(pixels: Array, *, colour: bool) -> tuple[Array, ...]:
    """Halves of ``pixels``, the biggest first; each pixel the mean of four.

    Args:
        pixels: Stored values, or RGB32 if ``colour``.
        colour: Take the mean of each colour by itself.
    """
    found = []
    while max(pixels.shape) > HALVED_ABOVE and min(pixels.shape) >= 2:
        pixels = _halved(pixels, colour=colour)
        found.append(pixels)
    return tuple(found)


def _halved(pixels: Array, *, colour: bool) -> Array:
    rows, columns = pixels.shape[0] // 2 * 2, pixels.shape[1] // 2 * 2
    even = pixels[:rows, :columns]
    if colour:
        even = np.ascontiguousarray(even).view(np.uint8).reshape(rows, columns, 4)
    corners = even[0::2, 0::2], even[1::2, 0::2], even[0::2, 1::2], even[1::2, 1::2]
    total: Array
    if even.dtype.kind in "iu" and even.dtype.itemsize <= 2:
        total = corners[0].astype(np.int32)
        for corner in corners[1:]:
            total += corner
        total >>= 2
    else:
        total = np.mean([corner.astype(np.float64) for corner in corners], 0)
    small = np.ascontiguousarray(total.astype(even.dtype))
    return small.view(np.uint32).reshape(rows // 2, columns // 2) if colour else small


def thumbnail(picture: Picture) -> Picture:
    """``picture`` as RGB32 of at most :data:`THUMBNAIL` rows and columns, in its default window."""
    if picture.grey is None:
        ready: Rgb32 = picture.pixels
    else:
        sparse = np.ascontiguousarray(_sparse(picture.pixels))
        voi = picture.voi or picture.grey.default(picture.pixels)
        ready = np.empty(sparse.shape, np.uint32)
        render(sparse, picture.grey, voi, ready)
    return replace(
        picture, pixels=shrunk(_sparse(ready), THUMBNAIL), grey=None, voi=None, halves=(), overlay=None
    )


def _sparse(pixels: Array) -> Array:
    """Every n-th row and column, leaving enough for the mean."""
    step = max(1, max(pixels.shape) // (THUMBNAIL * _SAMPLES))
    return pixels[::step, ::step]


def shrunk(colours: Rgb32, most: int) -> Rgb32:
    """RGB32 of at most ``most`` rows and columns: each the mean of as many rows and columns."""
    size = -(-max(colours.shape) // most)
    rows, columns = max(1, colours.shape[0] // size), max(1, colours.shape[1] // size)
    cut = np.ascontiguousarray(colours[: rows * size, : columns * size])
    size_down, size_right = cut.shape[0] // rows, cut.shape[1] // columns
    parts = cut.view(np.uint8).reshape(rows, size_down, columns, size_right, 4)
    mean = np.ascontiguousarray(parts.mean((1, 3)).astype(np.uint8))
    small: Rgb32 = mean.view(np.uint32).reshape(rows, columns) | np.uint32(0xFF000000)
    return small
