"""Checks that a picture from a decoding process can be drawn: a broken process may send anything."""

from __future__ import annotations

import math

import numpy as np

from workstation.imaging.arrays import Array
from workstation.imaging.grey_mapping import Function, Grey, Lut, Voi, Window
from workstation.imaging.picture import Picture

_MOST_HALVES = 32
_LEAST_ASPECT, _MOST_ASPECT = 0.01, 100.0


def is_drawable(picture: Picture) -> bool:
    """Whether its arrays and numbers can be drawn, timed and dragged."""
    return (
        _are_pixels(picture)
        and _LEAST_ASPECT <= picture.aspect <= _MOST_ASPECT
        and not any(map(math.isnan, picture.timing.frame_ms))
        and (picture.voi is None or _is_voi(picture.voi))
        and (picture.grey is None or _is_grey(picture.grey))
        and all(_is_colour(one.colour) for one in picture.segments)
    )


def _are_pixels(picture: Picture) -> bool:
    pixels, overlay = picture.pixels, picture.overlay
    if pixels.ndim != 2 or not pixels.size or pixels.dtype == np.bool_:
        return False
    if picture.grey is None and pixels.dtype != np.uint32:
        return False
    if overlay is not None and (overlay.dtype != np.bool_ or overlay.shape != pixels.shape):
        return False
    if len(picture.halves) > _MOST_HALVES:
        return False
    return all(half.ndim == 2 and half.size and half.dtype == pixels.dtype for half in picture.halves)


def _is_grey(grey: Grey) -> bool:
    numbers = (grey.slope, grey.intercept, *(grey.padding or ()), *(grey.full or ()))
    tables = (*grey.voi, *(() if grey.modality is None else (grey.modality,)))
    return all(map(math.isfinite, numbers)) and all(map(_is_voi, tables))


def _is_colour(colour: tuple[int, int, int] | None) -> bool:
    return colour is None or all(0 <= part <= 255 for part in colour)


def _is_voi(voi: Voi) -> bool:
    if isinstance(voi, Window):
        step = voi.width == 0 and voi.function is not Function.SIGMOID
        return math.isfinite(voi.centre) and math.isfinite(voi.width) and (voi.width > 0 or step)
    return _is_table(voi)


def _is_table(table: Lut) -> bool:
    entries: Array = table.entries
    sound = entries.ndim == 1 and entries.size and entries.dtype == np.float32 and abs(table.first) <= 1 << 31
    return bool(sound) and math.isfinite(table.top) and table.top > 0
