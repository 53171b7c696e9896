"""Draws scans of the head: Hounsfield values, T1 and T2 weighted signals."""

from __future__ import annotations

import numpy as np

from workstation.demo.phantoms.canvas import Grain, Plane, blurred, doubled, grid
from workstation.demo.phantoms.head import Head, Signals, Tissue

CT_SIZE, CT_SPACING = 512, 0.45
MR_SIZE, MR_SPACING = 256, 0.94

_HOUNSFIELD: Signals = {
    Tissue.AIR: -1000,
    Tissue.SKIN: 30,
    Tissue.FAT: -92,
    Tissue.MUSCLE: 56,
    Tissue.BONE: 1250,
    Tissue.MARROW: 620,
    Tissue.CSF: 6,
    Tissue.GREY: 40,
    Tissue.WHITE: 28,
    Tissue.EYE: 10,
    Tissue.BLOOD: 72,
    Tissue.OEDEMA: 19,
}
_T1: Signals = {
    Tissue.AIR: 6,
    Tissue.SKIN: 330,
    Tissue.FAT: 940,
    Tissue.MUSCLE: 360,
    Tissue.BONE: 40,
    Tissue.MARROW: 600,
    Tissue.CSF: 120,
    Tissue.GREY: 430,
    Tissue.WHITE: 640,
    Tissue.EYE: 150,
    Tissue.BLOOD: 700,
    Tissue.OEDEMA: 350,
}
_T2: Signals = {
    Tissue.AIR: 6,
    Tissue.SKIN: 300,
    Tissue.FAT: 560,
    Tissue.MUSCLE: 220,
    Tissue.BONE: 30,
    Tissue.MARROW: 260,
    Tissue.CSF: 1150,
    Tissue.GREY: 520,
    Tissue.WHITE: 350,
    Tissue.EYE: 1080,
    Tissue.BLOOD: 240,
    Tissue.OEDEMA: 820,
}


class HeadCT:
    """Axial slices without contrast."""

    def __init__(self, head: Head) -> None:
        self._head = head
        self._x, self._y = grid(CT_SIZE // 2, CT_SPACING * 2), grid(CT_SIZE // 2, CT_SPACING * 2, 2.0)
        self._grain = Grain(CT_SIZE, head.seed, 2)

    def slice(self, z: float) -> Plane:
        """Hounsfield values of the plane at ``z``."""
        values = self._head.axial(self._x, self._y, z, _HOUNSFIELD)
        shell = np.abs(self._y[:, None] - (113 - self._x**2 / 700))
        values += np.clip(2.2 - shell, 0, 1) * (values < -900) * (np.abs(self._x) < 84) * np.float32(560)
        values = blurred(doubled(values))
        return values + self._grain.of(z) * 3.4


class HeadMR:
    """Slices with the coil's shading and with noise as magnitudes have it."""

    def __init__(self, head: Head, *, t2: bool) -> None:
        self._head = head
        self._signals = _T2 if t2 else _T1
        self._across = grid(MR_SIZE, MR_SPACING)
        self._real, self._imaginary = Grain(MR_SIZE, head.seed + 10, 0), Grain(MR_SIZE, head.seed + 11, 0)
        self._tissue = Grain(MR_SIZE, head.seed + 12, 2)

    def axial(self, z: float) -> Plane:
        """Rows towards the back, columns towards the left."""
        return self._seen(self._head.axial(self._across, self._across, z, self._signals), z)

    def sagittal(self, x: float) -> Plane:
        """Rows downwards, columns towards the back."""
        down = grid(MR_SIZE, MR_SPACING, 16.0)
        upright = self._head.sagittal(self._across, down, x, self._signals)[::-1]
        return self._seen(upright, x)

    def _seen(self, signal: Plane, place: float) -> Plane:
        across = self._across / 120
        coil = 1.06 - 0.16 * np.hypot(across, across[:, None] + 0.15) ** 2
        signal = blurred(signal) * coil * (1 + 0.025 * self._tissue.of(place))
        seen: Plane = np.hypot(signal + 11 * self._real.of(place), 11 * self._imaginary.of(place))
        return seen
