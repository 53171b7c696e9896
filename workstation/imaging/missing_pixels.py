"""Makes pixels black that the file does not hold, in every window."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from workstation.imaging.arrays import Array, Rgb32
from workstation.imaging.grey_mapping import Grey

_BLACK = 0xFF000000
_WIDER = {"u1": "u2", "i1": "i2", "u2": "u4", "i2": "i4", "u4": "u8", "i4": "i8"}


def blackened(colours: Rgb32, present: int) -> Rgb32:
    """``colours`` with all but the first so many black."""
    black = colours.copy()
    black.reshape(-1)[present:] = _BLACK
    return black


def as_padding(pixels: Array, grey: Grey, present: int) -> tuple[Array, Grey]:
    """All but the first so many pixels become padding: a value that no other pixel has."""
    value = grey.padding[0] if grey.padding is not None else None
    if value is None or not _holds(pixels, value):
        value = _unused(pixels.reshape(-1)[:present])
        if value is None:
            pixels = pixels.astype(_WIDER[pixels.dtype.str[1:]])
            value = int(np.iinfo(pixels.dtype).max)
        grey = replace(grey, padding=(value, value))
    pixels = pixels.copy()
    pixels.reshape(-1)[present:] = value
    return pixels, grey


def _holds(pixels: Array, value: float) -> bool:
    """Whether a pixel can have a value."""
    if pixels.dtype.kind == "f":
        return True
    info = np.iinfo(pixels.dtype)
    return bool(info.min <= value <= info.max)


def _unused(values: Array) -> float | None:
    """A number of their type that is none of ``values``; None: each is."""
    if values.dtype.kind == "f":
        known = values[np.isfinite(values)]
        lowest = float(known.min()) if known.size else 0.0
        return lowest - max(1.0, abs(lowest))
    info, used = np.iinfo(values.dtype), np.unique(values)
    if not used.size or used[-1] < info.max:
        return int(info.max)
    if used[0] > info.min:
        return int(info.min)
    gaps = np.flatnonzero(used[1:] != used[:-1] + 1)
    return int(used[gaps[0]]) + 1 if gaps.size else None
