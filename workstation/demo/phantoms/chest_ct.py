"""Draws a chest CT: Hounsfield values, slice by slice from the lung apices to the upper abdomen."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from workstation.demo.phantoms.canvas import Canvas, Grain, Plane, curve, grid, soft, waves
from workstation.demo.phantoms.vessels import Ball, crossing, lung_vessels

SIZE = 512
SPACING = 0.7422
LENGTH = 288.0
"""Millimetres from the first slice to the last."""

_AIR, _LUNG, _FAT, _MUSCLE, _BLOOD, _LIVER, _MARROW, _CORTEX = -1000, -868, -102, 58, 185, 112, 210, 820
_SPINE_Y = 60.0


class Build(NamedTuple):
    """What tells two patients apart.

    Attributes:
        seed: Of everything random.
        width: 1 for an average body.
        nodule: Radius in millimetres of a nodule in the right upper lobe; 0: none.
    """

    seed: int
    width: float = 1.0
    nodule: float = 0.0


class Chest:
    """The thorax of one patient."""

    def __init__(self, build: Build) -> None:
        self._build = build
        self._x, self._y = grid(SIZE, SPACING), grid(SIZE, SPACING, 14.0)
        self._vessels = lung_vessels(build.seed)
        table = Canvas(self._x, self._y, _AIR)
        _table(table)
        self._empty = table.values
        self._grain = Grain(SIZE, build.seed, 2)

    def slice(self, depth: float) -> Plane:
        """Hounsfield values ``depth`` millimetres below the first slice, as if scanned with contrast."""
        x, y = self._x, self._y[:, None]
        canvas = Canvas(x, self._y)
        canvas.values[:] = self._empty
        cage = self._cage(depth)
        self._body(canvas, depth, cage[0])
        _cavity(canvas, depth, cage[0], self._vessels)
        _mediastinum(canvas, depth)
        self._ribs(canvas, depth, cage)
        _shoulder(canvas, depth)
        _spine(canvas, depth)
        _sternum(canvas, depth)
        if self._build.nodule:
            inside = self._build.nodule**2 - (depth - 92.0) ** 2
            canvas.ellipse((-78, 8), (max(inside, 0) ** 0.5,) * 2, 35, edge=1.5)
        body = np.float32(1.25) - np.hypot(x / 260, y / 200).astype(np.float32)
        canvas.values += self._grain.of(depth) * body * 12
        return canvas.values

    def _body(self, canvas: Canvas, depth: float, outside: Plane) -> None:
        x, y = self._x / np.float32(self._build.width), self._y
        wide = curve(depth, [(0, 138), (35, 160), (100, 166), (180, 161), (288, 158)])
        deep = curve(depth, [(0, 92), (60, 105), (150, 113), (288, 115)])
        inside = (1 - _rounded(x / wide, (y - 3) / deep, 2.6)) * np.float32(deep)
        canvas.mix(soft(inside, 1.0), 25)
        canvas.mix(soft(inside - 2.2, 1.0), _FAT)
        wobble = waves(x, y, 60, self._build.seed, depth=depth * 0.3)
        flank = 6 * (np.abs(x) / 160) ** 2
        canvas.mix(soft(inside - 9 - 2.2 * wobble - flank, 1.2), _MUSCLE)
        streaks = waves(x, y * 1.6, 26, self._build.seed + 1, depth=depth)
        layer = soft(outside - 5, 1.5) * soft(streaks - 1.0, 1.2) * soft(inside - 12, 2)
        canvas.mix(layer * np.float32(0.65), _FAT)  # between the muscles

    def _cage(self, depth: float) -> tuple[Plane, Plane, Plane]:
        """How far outside the ribs' middle line each pixel is, and its place on the ribs' ellipse."""
        wide = self._build.width * curve(depth, [(0, 58), (25, 92), (60, 116), (130, 131), (288, 133)])
        deep = curve(depth, [(0, 44), (40, 68), (100, 84), (180, 90), (288, 92)])
        across, along = self._x / np.float32(wide), (self._y - 2) / np.float32(deep)
        return (_rounded(across, along, 2.25) - 1) * np.float32((wide + deep) / 2), across, along

    def _ribs(self, canvas: Canvas, depth: float, cage: tuple[Plane, Plane, Plane]) -> None:
        """Each rib falls from the spine to its front: a slice cuts several, obliquely."""
        rows, columns = np.nonzero(np.abs(cage[0]) < 6)
        outside = cage[0][rows, columns]
        turn = np.arctan2(np.abs(cage[1][columns]), cage[2][rows]) / np.pi
        values = canvas.values[rows, columns]
        for number in range(12):
            end = 0.82 if number < 7 else 0.82 - 0.11 * (number - 6)
            height = 4 + 23 * number + 78 * turn**0.9
            distance = np.hypot(outside / 3.6, (depth - height) / 6.5)
            shown = np.clip((end - turn) * 60, 0, 1) * np.clip((turn - 0.05) * 60, 0, 1)
            bone = np.clip((1 - distance) * 4, 0, 1) * shown
            values += bone * (np.where(distance > 0.62, 640, _MARROW) - values)
            if number < 7:
                gristle = np.clip((1 - distance) * 4, 0, 1) * np.clip((turn - end) * 60, 0, 1)
                values += gristle * (105 - values)
        canvas.values[rows, columns] = values


def _rounded(across: Plane, along: Plane, power: float) -> Plane:
    """The radius of each pixel in units of an ellipse that is a little square (1: on its outline)."""
    total = (np.abs(across) ** power) + (np.abs(along) ** power)[:, None]
    radius: Plane = total ** np.float32(1 / power)
    return radius


@lru_cache(maxsize=2)
def chest(build: Build) -> Chest:
    """The thorax of a build, kept for its next slices."""
    return Chest(build)


def _table(canvas: Canvas) -> None:
    depth = canvas.y[:, None] - (121 - canvas.x**2 / 900)
    across = 176 - np.abs(canvas.x)
    for top, bottom, value in ((0, 3, -640), (3, 15, -930), (15, 18, -640)):
        canvas.mix(soft(np.minimum(depth - top, bottom - depth), 0.8) * soft(across, 3), value)


def _cavity(canvas: Canvas, depth: float, outside: Plane, vessels: tuple[Ball, ...]) -> None:
    x, y = canvas.x, canvas.y[:, None]
    inside = -outside - 5.5
    canvas.mix(soft(inside, 1.2), -70)
    apart = np.abs(x - 3) - curve(y, [(-85, 7), (-45, 24), (0, 30), (45, 24), (70, 21)])
    apart = apart + 3.5 * waves(x, canvas.y, 60, 3, depth=depth * 0.6)
    right = 172 + 62 * ((x + 70) / 62) ** 2 + 70 * ((y + 12) / 72) ** 2
    left = 190 + 62 * ((x - 70) / 62) ** 2 + 70 * ((y + 12) / 72) ** 2
    floor = np.where(x < 3, right, left) - np.float32(depth)
    _abdomen(canvas, depth, soft(-floor, 8) * soft(inside, 1.2) if depth > 160 else None)
    lung = soft(np.minimum(inside - 1.5, apart), 1.2) * soft(floor, 6)
    canvas.mix(lung, _LUNG + 28 * (y / 80) + 9 * waves(x, canvas.y, 18, 5, depth=depth))
    for at_x, at_y, radius in crossing(vessels, depth):
        row, column = np.searchsorted(canvas.y, at_y), np.searchsorted(canvas.x, at_x)
        if row < SIZE and column < SIZE and lung[row, column] > 0.5:
            canvas.ellipse((at_x, at_y), (radius, radius), 70, edge=1.1)


def _abdomen(canvas: Canvas, depth: float, mask: Plane | None) -> None:
    if mask is None:
        return
    below = Canvas(canvas.x, canvas.y, _FAT + 6)
    x, y = canvas.x, canvas.y[:, None]
    lobes = waves(x, canvas.y, 70, 11, depth=depth)
    below.mix(soft(34 - x - np.abs(y + 30) * 0.45 + 5 * lobes, 1.5), _LIVER)
    spots = waves(x, canvas.y, 21, 12, depth=depth * 1.2)
    below.mix(soft(spots - 1.75, 0.25) * soft(20 - x - np.abs(y + 20) * 0.4, 4), 168)
    below.ellipse((94, 42), (24 + depth / 30, 40), 128, angle=-28, edge=1.5)
    below.ellipse((66, -34), (46, 34), 62, angle=20, edge=1.5)
    below.ellipse((66, -34), (41, 29), 18, angle=20, edge=1.2)
    below.ellipse((64, -49), (29, 12), -960, angle=4, edge=1.2)
    canvas.mix(mask, below.values)


def _bell(depth: float, middle: float, half: float) -> float:
    return float(max(0.0, 1 - ((depth - middle) / half) ** 2) ** 0.5)


def _mediastinum(canvas: Canvas, depth: float) -> None:
    heart = _bell(depth, 172, 52)
    if heart:
        canvas.ellipse((26, -24), (66 * heart, 50 * heart), -80, angle=28)
        canvas.ellipse((26, -24), (62 * heart, 46 * heart), 92, angle=28, edge=1.5)
        canvas.ellipse((46, -16), (33 * heart, 19 * heart), _BLOOD + 18, angle=38, edge=2)
        canvas.ellipse((12, -46), (33 * heart, 15 * heart), _BLOOD - 8, angle=22, edge=2)
        canvas.ellipse((-14, -20), (20 * heart, 22 * heart), _BLOOD - 14, edge=2)
        canvas.ellipse((16, 9), (27 * _bell(depth, 150, 34), 14 * heart), _BLOOD + 4, edge=2)
    _airways(canvas, depth)
    _vessels(canvas, depth)
    canvas.ring((10, 33), (7.5, 5.5), 2.6, 55, -300 if int(depth) % 40 < 16 else 30)


def _airways(canvas: Canvas, depth: float) -> None:
    """The windpipe, then the two main bronchi."""
    if depth < 108:
        canvas.ring((-2, 8 + depth * 0.12), (10.5, 9.5), 1.7, 40, -995)
    else:
        spread = (depth - 104) * 0.75
        for side in (-1, 1):
            shrink = max(0.0, 1 - (depth - 104) / 55)
            canvas.ring((side * (7 + spread) - 2, 20 + spread * 0.2), (9 * shrink, 7 * shrink), 1.4, 40, -990)


def _vessels(canvas: Canvas, depth: float) -> None:
    """The aorta: its arch, then its ascending and descending parts; great veins, the lung's artery."""
    if 66 < depth < 88:
        canvas.ellipse((14, 8), (44, 12.5), _BLOOD + 6, angle=58, edge=1.5)
    if depth >= 84:
        canvas.ellipse((26 - depth * 0.03, 47), (12.5, 12.5), _BLOOD + 6, edge=1.4)
    if 84 <= depth < 150:
        canvas.ellipse((-6 + (depth - 84) * 0.1, -24), (16, 15), _BLOOD + 6, edge=1.4)
    if depth < 66:
        for where, size in (((12, -6), 6.5), ((-13, -14), 7.5), ((24, 12), 5), ((-30, -12), 8)):
            canvas.ellipse(where, (size, size), _BLOOD, edge=1.3)
    if 40 < depth < 140:
        canvas.ellipse((-23, -12), (8.5, 10), _BLOOD + 50, edge=1.4)
    trunk = _bell(depth, 122, 17)
    canvas.ellipse((22, -20), (15 * trunk, 20 * trunk), _BLOOD, angle=-35, edge=1.5)
    canvas.ellipse((-8, 2), (32 * trunk, 9 * trunk), _BLOOD, angle=12, edge=1.5)
    if depth > 190:
        canvas.ellipse((-20, 22), (14, 11), _BLOOD - 25, edge=1.6)


def _spine(canvas: Canvas, depth: float) -> None:
    phase = depth % 25.0
    disc = phase < 6.0
    y = _SPINE_Y - curve(depth, [(0, 18), (80, 2), (288, 4)])
    canvas.ellipse((0, y + 27), (29, 19), 62, edge=3)  # the muscles beside it
    canvas.ellipse((-31, y + 29), (20, 12), 60, edge=2, angle=-14)
    canvas.ellipse((31, y + 29), (20, 12), 60, edge=2, angle=14)
    canvas.ellipse((0, y - 2), (19, 16.5), 90 if disc else _CORTEX - 260, edge=1.2)
    if not disc:
        canvas.ellipse((0, y - 2), (17.3, 14.8), _MARROW, edge=1.6)
        for side in (-1, 1):
            canvas.ring((side * 13.5, y + 16), (4.5, 9), 1.8, _CORTEX, 320, angle=side * -14)
            canvas.ring((side * 30, y + 27), (19, 5), 1.7, _CORTEX - 150, 300, angle=side * 16)
    for side in (-1, 1):
        canvas.ring((side * 9, y + 29), (12, 3.6), 1.4, _CORTEX - 100, 340, angle=side * -28)
    canvas.ring((0, y + 39), (3.4, 11), 1.5, _CORTEX - 150, 320)
    canvas.ellipse((0, y + 19), (10, 8.8), 5, edge=1)
    canvas.ellipse((0, y + 19), (5.5, 4.5), 42, edge=1.2)


def _sternum(canvas: Canvas, depth: float) -> None:
    if 48 < depth < 205:
        y = -curve(depth, [(0, 52), (48, 70), (110, 87), (205, 93)])
        wide = 25 if depth < 85 else 15
        canvas.ring((0, y), (wide, 6.5), 1.6, 520, 150)


def _shoulder(canvas: Canvas, depth: float) -> None:
    for side in (-1, 1):
        if depth < 34:  # collar bones
            canvas.ring(
                (side * (28 + depth * 1.6), -58 + depth * 0.1), (27, 6.5), 2.3, _CORTEX, 260, angle=side * -20
            )
        if depth < 150:  # shoulder blades
            lean = 1 - depth / 190
            canvas.ring(
                (side * (104 + 10 * lean), 58 - 12 * lean),
                (34 * lean + 7, 4.4),
                1.7,
                620,
                240,
                angle=side * -46,
            )
            place = (side * (112 + 8 * lean), 40 - 12 * lean)
            if depth < 90:
                canvas.ellipse(place, (26 * lean + 5, 9), 62, angle=side * -50, edge=2)
