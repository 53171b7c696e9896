"""Scales pictures down: halves for drawing without aliasing, and thumbnails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from workstation.imaging.arrays import Array, Rgb32
from workstation.imaging.grey_mapping import Grey, render
from workstation.imaging.picture import Picture

HALVED_ABOVE = 1024
"""Pictures with more rows or columns get halves of themselves, down to this size."""
THUMBNAIL = 128
"""Rows or columns of a thumbnail, at most."""
_SAMPLES = 4
"""A cell of a thumbnail is the mean of at most so many rows and columns of the picture."""


def halves(pixels: Array, grey: Grey | None) -> tuple[Array, ...]:
    """Halves of ``pixels``, the biggest first.

    Each pixel is made of four: of RGB32 the mean of each colour; of labels the highest, so that no line of a
    mask gets lost; else the mean, without padding unless most of the four are padding.

    Args:
        pixels: Stored values, or RGB32.
        grey: How stored values are meant; None for RGB32.
    """
    found = []
    while max(pixels.shape) > HALVED_ABOVE and min(pixels.shape) >= 2:
        pixels = _halved(pixels, grey)
        found.append(pixels)
    return tuple(found)


def _halved(pixels: Array, grey: Grey | None) -> Array:
    rows, columns = pixels.shape[0] // 2 * 2, pixels.shape[1] // 2 * 2
    even = pixels[:rows, :columns]
    if grey is None:
        even = np.ascontiguousarray(even).view(np.uint8).reshape(rows, columns, 4)
    corners = even[0::2, 0::2], even[1::2, 0::2], even[0::2, 1::2], even[1::2, 1::2]
    if grey is not None and grey.labels is not None:
        highest: Array = np.maximum(np.maximum(*corners[:2]), np.maximum(*corners[2:]))
        return highest
    if grey is not None and grey.padding is not None:
        return _without_padding(corners, grey.padding)
    total: Array
    if even.dtype.kind in "iu" and even.dtype.itemsize <= 2:
        total = corners[0].astype(np.int32)
        for corner in corners[1:]:
            total += corner
        total >>= 2
    else:
        total = np.mean([corner.astype(np.float64) for corner in corners], 0)
    small = np.ascontiguousarray(total.astype(even.dtype))
    return small.view(np.uint32).reshape(rows // 2, columns // 2) if grey is None else small


def _without_padding(corners: Sequence[Array], padding: tuple[float, float]) -> Array:
    """The mean of those of four pixels that are no padding; padding where most of them are."""
    small = corners[0].dtype.kind in "iu" and corners[0].dtype.itemsize <= 2
    total = np.zeros(corners[0].shape, np.int32 if small else np.float64)
    count = np.zeros(corners[0].shape, np.uint8)
    value: Array | None = None
    for corner in corners:
        empty = _within(corner, padding)
        if value is None and empty.any():
            value = corner[empty][:1]
        np.add(total, corner, out=total, where=~empty, casting="unsafe")
        count += ~empty
    divisor = np.maximum(count, 1)
    mean: Array = (total // divisor if small else total / divisor).astype(corners[0].dtype)
    if (between := _within(mean, padding)).any():  # of values on both sides of the padding: one of them
        for corner in corners:
            np.copyto(mean, corner, where=between & ~_within(corner, padding))
    if value is not None:
        np.copyto(mean, value, where=count < 2)
    return mean


def _within(pixels: Array, padding: tuple[float, float]) -> Array:
    low, high = padding
    return pixels == low if low == high else (pixels >= low) & (pixels <= high)


def thumbnail(picture: Picture) -> Picture:
    """``picture`` as RGB32 of at most :data:`THUMBNAIL` rows and columns, in its default window."""
    if picture.grey is None:
        ready: Rgb32 = picture.pixels
    else:
        reduced = _sparse if picture.grey.labels is None else _highest
        sparse = np.ascontiguousarray(reduced(picture.pixels))
        voi = picture.voi or picture.grey.default(picture.pixels)
        ready = np.empty(sparse.shape, np.uint32)
        render(sparse, picture.grey, voi, ready)
    return replace(
        picture, pixels=shrunk(_sparse(ready), THUMBNAIL), grey=None, voi=None, halves=(), overlay=None
    )


def _sparse(pixels: Array) -> Array:
    """Every n-th row and column, leaving enough for the mean."""
    return pixels[:: _step(pixels), :: _step(pixels)]


def _highest(labels: Array) -> Array:
    """The highest label of each n rows and columns, so that no line of a mask gets lost."""
    step = _step(labels)
    for axis, length in enumerate(labels.shape):
        labels = np.maximum.reduceat(labels, np.arange(0, length, step), axis)
    return labels


def _step(pixels: Array) -> int:
    return max(1, int(max(pixels.shape)) // (THUMBNAIL * _SAMPLES))


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
