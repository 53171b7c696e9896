"""Draws an echocardiogram: four chambers from the apex, with colour Doppler and an ECG."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.demo.phantoms.canvas import Plane, blurred, soft

ROWS, COLUMNS = 480, 640
_DEPTHS, _BEAMS = 420, 288
_REACH = 16.0
"""Centimetres from the probe to the lowest echo."""

_HALF_ANGLE = 0.76
_TOP, _SCALE = 34, 25.6
CENTIMETRES_PER_PIXEL = 1 / _SCALE

Picture = NDArray[np.uint8]


class HeartEcho:
    """A clip of one or more heart beats.

    Attributes:
        frames: How many pictures a beat has.
    """

    def __init__(self, seed: int, frames: int = 30, size: float = 1.0) -> None:
        self.frames = frames
        self._size = size
        random = np.random.default_rng(seed)
        self._depth = np.linspace(0.02, _REACH, _DEPTHS, dtype=np.float32)[:, None]
        self._angle = np.linspace(-_HALF_ANGLE, _HALF_ANGLE, _BEAMS, dtype=np.float32)
        self._u, self._v = self._depth * np.sin(self._angle), self._depth * np.cos(self._angle)
        parts = [blurred(random.standard_normal((_DEPTHS, _BEAMS), np.float32), n) for n in (2, 2, 9)]
        self._swirl = parts[2] / parts[2].std()
        self._speckle = np.hypot(parts[0], parts[1]) / parts[0].std() + 0.2 * parts[2] / parts[2].std()
        self._seed = seed
        rows, columns = np.mgrid[0:ROWS, 0:COLUMNS].astype(np.float32)
        across, down = (columns - COLUMNS / 2) / _SCALE, (rows - _TOP) / _SCALE
        radius, angle = np.hypot(across, down), np.arctan2(across, down)
        self._inside = (radius > 0.5) & (radius < _REACH) & (np.abs(angle) < _HALF_ANGLE) & (down > 0)
        self._rows = np.clip(radius / _REACH * _DEPTHS, 0, _DEPTHS - 1).astype(int)[self._inside]
        self._columns = np.clip((angle / _HALF_ANGLE + 1) / 2 * _BEAMS, 0, _BEAMS - 1).astype(int)[
            self._inside
        ]

    def frame(self, number: int) -> Picture:
        """One picture, rows × columns × RGB."""
        beat = number / self.frames % 1.0
        systole = float(np.clip(np.sin(np.pi * beat / 0.42), 0, 1)) if beat < 0.42 else 0.0
        opening = float(np.clip(np.sin(np.pi * (beat - 0.45) / 0.5), 0, 1)) ** 0.5 if beat > 0.45 else 0.0
        grey, flow = self._echo(number, systole, opening), self._flow(systole, opening)
        picture = np.zeros((ROWS, COLUMNS, 3), np.uint8)
        shades = np.repeat(grey[self._rows, self._columns][:, None], 3, 1)
        moving = flow[self._rows, self._columns]
        fast = np.abs(moving) > 0.14
        strength = np.clip(np.abs(moving[fast]), 0, 1)[:, None]
        warm = np.where(moving[fast, None] > 0, (255, 60, 0), (20, 90, 255)) + strength * (0, 120, 0)
        shades[fast] = np.clip(warm * (0.35 + 0.65 * strength), 0, 255)
        picture[self._inside] = shades
        _furniture(picture, number / self.frames)
        return picture

    def _echo(self, number: int, systole: float, opening: float) -> Plane:
        """The received echoes, 0 to 255 after compression, depth × beam."""
        u, v = self._u / self._size, self._v / self._size
        pump, fill = 1 - 0.24 * systole, 1 + 0.13 * systole
        drop = 0.7 * systole  # the valves' plane moves towards the apex
        left = _oval(u, v, (1.55, 6.2 - drop / 2), (1.75 * pump, 3.7 - drop * 0.6), 6)
        right = _oval(u, v, (-1.9, 6.5 - drop / 2), (1.35 * pump, 3.0 - drop * 0.6), -9)
        atria = np.maximum(
            _oval(u, v, (1.85, 12.1 - drop / 3), (1.95 * fill, 2.0 * fill), 0),
            _oval(u, v, (-2.0, 12.0 - drop / 3), (1.85 * fill, 1.9 * fill), 0),
        )
        cavity = np.maximum(np.maximum(left, right), atria)
        wall = np.maximum(np.maximum(left + 1.0, right + 0.55), atria + 0.32)
        sac = _oval(u, v, (0.0, 8.8), (4.7, 6.9), 0)
        strength = 0.055 + 0.03 * np.sin(v * 2.1 + u)
        strength = _mix(strength, soft(sac, 0.3), 0.15)
        strength = _mix(strength, soft(0.24 - np.abs(sac - 0.1), 0.3), 0.95)
        strength = _mix(strength, soft(wall, 0.25), 0.30)
        ring = 9.55 - drop
        for middle, reach in ((1.8, 1.4), (-1.95, 1.25)):  # the openings the valves close
            gap = np.minimum(reach * pump - np.abs(u - middle), 1.2 - np.abs(v - ring - 0.2))
            cavity = np.maximum(cavity, gap)
        strength = _mix(strength, soft(cavity, 0.22), 0.008)
        for middle, reach, tips in ((1.8, 1.55, 2.0), (-1.95, 1.4, 1.6)):
            for side in (-1, 1):
                along = (u - middle) * side / reach
                rise = opening * (1 - along) * tips
                leaf = 0.10 - np.abs(v - (ring - rise - 0.25 * (1 - along)))
                there = np.minimum(1.02 - along, along - 0.4 * opening) * reach
                strength = _mix(strength, soft(np.minimum(leaf, there), 0.1), 0.8)
        near = 0.5 * np.exp(-v / 0.6)
        speckle = np.roll(self._speckle, int(-systole * 9), 0)
        random = np.random.default_rng((self._seed, number))
        flicker = 0.12 * random.standard_normal(speckle.shape, np.float32)
        amplitude = (strength + near) * np.abs(speckle + flicker) * np.exp(-0.035 * v)
        echo: Plane = np.clip((20 * np.log10(amplitude + 1e-4) + 36) / 42, 0, 1) * np.float32(255)
        return echo

    def _flow(self, systole: float, opening: float) -> Plane:
        """Velocities from -1 (away from the probe) to 1."""
        u, v = self._u / self._size, self._v / self._size
        inflow = opening * np.clip(1 - ((u - 1.8) / 1.0) ** 2 - ((v - 8.0) / 2.6) ** 2, 0, 1)
        outflow = systole * np.clip(1 - ((u - 0.9) / 0.7) ** 2 - ((v - 7.9) / 1.9) ** 2, 0, 1)
        ripple = 0.8 + 0.3 * self._swirl + 0.1 * self._speckle
        flow: Plane = (inflow - outflow) * ripple
        return flow


def _oval(u: Plane, v: Plane, centre: tuple[float, float], radii: tuple[float, float], angle: float) -> Plane:
    cos, sin = np.float32(np.cos(np.radians(angle))), np.float32(np.sin(np.radians(angle)))
    across, down = u - np.float32(centre[0]), v - np.float32(centre[1])
    a, b = (across * cos + down * sin) / radii[0], (down * cos - across * sin) / radii[1]
    distance: Plane = (1 - np.hypot(a, b)) * np.float32(min(radii))
    return distance


def _mix(below: Plane, mask: Plane, value: float) -> Plane:
    return below + mask * (np.float32(value) - below)


def _furniture(picture: Picture, beats: float) -> None:
    """What the machine draws around: depth marks, colour and grey bars, the ECG."""
    for centimetre in range(17):
        row = int(_TOP + centimetre * _SCALE)
        if row < ROWS - 40:
            picture[row : row + 2, 606 : 620 if centimetre % 5 == 0 else 613] = 200
    ramp: Any = np.linspace(255, 0, 120)[:, None]
    picture[50:170, 18:30] = ramp[..., None].astype(np.uint8)
    picture[190:250, 18:30] = np.stack([ramp[::2], ramp[::2] * 0.6, ramp[::2] * 0], -1).astype(np.uint8)
    picture[250:310, 18:30] = np.stack([ramp[::-2] * 0, ramp[::-2] * 0.5, ramp[::-2]], -1).astype(np.uint8)
    columns = np.arange(110, 530)
    phase = (columns - 110) / 140 % 1.0
    trace = 4 * np.exp(-(((phase - 0.78) / 0.035) ** 2)) - 3 * np.exp(-(((phase - 0.95) / 0.008) ** 2))
    trace = (
        trace + 24 * np.exp(-(((phase - 0.975) / 0.010) ** 2)) - 6 * np.exp(-(((phase - 0.998) / 0.008) ** 2))
    )
    trace = trace + 6 * np.exp(-(((phase - 0.3) / 0.06) ** 2))
    rows = (462 - trace).astype(int)
    for column, row, before in zip(columns, rows, np.roll(rows, 1), strict=True):
        low, high = sorted((row, before if column > 110 else row))
        picture[low : high + 2, column] = (70, 220, 90)
    now = 110 + int((beats * 140) % 420)
    picture[432:474, now : now + 2] = (240, 240, 120)
