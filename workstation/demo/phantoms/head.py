"""Models a head in three dimensions and cuts it along any plane, for CT and MR."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, auto
from typing import Any, NamedTuple

import numpy as np

from workstation.demo.phantoms.canvas import Plane, curve, soft, waves


class Tissue(IntEnum):
    """What a head is made of."""

    AIR = 0
    SKIN = auto()
    FAT = auto()
    MUSCLE = auto()
    BONE = auto()
    MARROW = auto()
    CSF = auto()
    GREY = auto()
    WHITE = auto()
    EYE = auto()
    BLOOD = auto()
    OEDEMA = auto()


Signals = dict[Tissue, float]
"""What a scanner measures in each tissue."""


class Bleed(NamedTuple):
    """A haemorrhage: where, in millimetres, and how large."""

    x: float = 30.0
    y: float = 8.0
    z: float = 14.0
    radius: float = 13.0


@dataclass(frozen=True)
class Head:
    """The head of one patient; the origin lies between the ventricles, x left, y back, z up.

    Attributes:
        seed: Of the folds of the brain.
        scale: 1 for an average head.
        ventricles: Their width; 1.4 in old age.
        bleed: A haemorrhage, or None.
    """

    seed: int
    scale: float = 1.0
    ventricles: float = 1.0
    bleed: Bleed | None = None

    def axial(self, x: Plane, y: Plane, z: float, signals: Signals) -> Plane:
        """Rows along y, columns along x."""
        folds = waves(x, y, 17, self.seed, depth=z), waves(x, y, 31, self.seed + 1, depth=z)
        return self._cut(x[None, :], y[:, None], np.float32(z), folds, signals)

    def sagittal(self, y: Plane, z: Plane, x: float, signals: Signals) -> Plane:
        """Rows along z, columns along y."""
        folds = waves(y, z, 17, self.seed + 2, depth=x), waves(y, z, 31, self.seed + 3, depth=x)
        return self._cut(np.float32(x), y[None, :], z[:, None], folds, signals)

    def _cut(self, x: Any, y: Any, z: Any, folds: tuple[Plane, Plane], signals: Signals) -> Plane:
        x, y, z = x / self.scale, y / self.scale, z / self.scale
        picture = _Picture(np.broadcast_shapes(np.shape(x), np.shape(y), np.shape(z)), signals)
        _face(picture, x, y, z)
        skull = _ball(x, y, z, (0, 0, 12), (70, 89, 74))
        picture.put(skull, Tissue.BONE)
        picture.put(np.minimum(skull - 1.5, 3.6 - skull), Tissue.MARROW)
        brain = skull - 5.0
        _inside(picture, x, y, z, brain, folds, self.ventricles)
        _eyes(picture, x, y, z)
        if self.bleed is not None:
            place = self.bleed
            ripple = 2.2 * folds[0]
            distance = _ball(x, y, z, (place.x, place.y, place.z), (place.radius,) * 3) + ripple
            picture.put(np.minimum(distance + 6, brain - 3), Tissue.OEDEMA, 4)
            picture.put(distance, Tissue.BLOOD, 2)
        return picture.values


class _Picture:
    def __init__(self, shape: tuple[int, ...], signals: Signals) -> None:
        self._signals = signals
        self.values: Plane = np.full(shape, signals[Tissue.AIR], np.float32)

    def put(self, distance: Any, tissue: Tissue, edge: float = 1.2, amount: float = 1.0) -> None:
        """Paint a tissue where the distance to its border is positive."""
        self.values += soft(distance, edge) * np.float32(amount) * (self._signals[tissue] - self.values)


def _ball(
    x: Any, y: Any, z: Any, centre: tuple[float, float, float], radii: tuple[float, float, float]
) -> Any:
    """About the distance to an ellipsoid's surface in millimetres, positive inside."""
    parts = [
        ((place - middle) / radius) ** 2
        for place, middle, radius in zip((x, y, z), centre, radii, strict=True)
    ]
    return (1 - np.sqrt(parts[0] + parts[1] + parts[2])) * np.float32(min(radii))


def _face(picture: _Picture, x: Any, y: Any, z: Any) -> None:
    """Scalp, face and neck with what lies in them."""
    scalp = _ball(x, y, z, (0, 0, 12), (75.5, 94.5, 79.5))
    jaw = _ball(x, y, z, (0, -38, -56), (62, 59, 66))
    neck = np.minimum(54 - np.hypot(x, (y - 20) * 0.9), -14 - z - np.maximum(y - 24, 0) * 0.9)
    nose = _ball(x, y, z, (0, -90, -46), (13, 17, 17)) - np.maximum(z + 46, 0) * 0.15
    chin = _ball(x, y, z, (0, -72, -104), (30, 22, 20))
    whole = np.maximum(np.maximum(scalp, jaw), np.maximum(neck, np.maximum(nose, chin)))
    picture.put(whole, Tissue.SKIN)
    picture.put(whole - 2, Tissue.FAT)
    picture.put(np.maximum(jaw - 9, neck - 8), Tissue.MUSCLE, 3)
    picture.put(_ball(x, y, z, (0, -52, -70), (36, 34, 12)), Tissue.FAT, 4)
    picture.put(_ball(x, y, z, (0, -50, -84), (27, 33, 17)), Tissue.MUSCLE, 4)  # tongue
    for side in (-1, 1):  # cheekbones and jaw
        picture.put(_ball(x, y, z, (side * 50, -42, -36), (9, 27, 9)), Tissue.BONE)
        picture.put(_ball(x, y, z, (side * 47, -38, -84), (6, 34, 26)), Tissue.BONE)
    picture.put(_ball(x, y, z, (0, -82, -100), (22, 8, 12)), Tissue.BONE)
    picture.put(_ball(x, y, z, (0, -64, -66), (30, 22, 5)), Tissue.BONE)
    # air: nose, sinuses, throat
    picture.put(np.minimum(_ball(x, y, z, (0, -72, -46), (17, 27, 17)), np.abs(x) - 1.5), Tissue.AIR)
    for side in (-1, 1):
        picture.put(_ball(x, y, z, (side * 32, -60, -48), (15, 17, 16)), Tissue.AIR)
        picture.put(_ball(x, y, z, (side * 5, -60, -27), (5, 15, 8)), Tissue.AIR)
        picture.put(_ball(x, y, z, (side * 58, 28, -40), (9, 11, 14)) - 0.8, Tissue.AIR, 6, 0.7)
    picture.put(_ball(x, y, z, (0, -18, -84), (12, 7, 42)), Tissue.AIR)
    # the upper spine, its discs and its canal
    beads = 3 * np.cos((z + 4) * np.float32(2 * np.pi / 19))
    spine = np.minimum(13 + 0 * beads - np.hypot(x, y - 6), -52 - z)
    picture.put(spine, Tissue.BONE)
    picture.put(np.minimum(spine - 1.5, beads + 1.2), Tissue.MARROW)
    arches = np.minimum(np.minimum(4 - np.abs(x), 14 - np.abs(y - 44)), np.minimum(beads, -58 - z))
    picture.put(arches, Tissue.BONE)


def _inside(
    picture: _Picture, x: Any, y: Any, z: Any, brain: Any, folds: tuple[Plane, Plane], ventricles: float
) -> None:
    """Brain, its folds, ventricles and deep nuclei; below it cerebellum and stem."""
    fold, bend = folds
    side = np.abs(x)
    base = z - _floor(side, y) + 1.2 * bend
    picture.put(brain, Tissue.CSF)
    picture.put(np.minimum(np.minimum(brain + 3, -1 - base), 3 - y), Tissue.BONE, 3)  # the skull's base
    picture.put(np.minimum(np.minimum(brain + 1, -6 - base), -1 - y), Tissue.MARROW, 4)
    picture.put(_ball(x, y, z, (0, -30, -34), (14, 15, 10)), Tissue.AIR)
    # the hemispheres: their inner faces have folds too, above the bridge between them
    bridge = (np.hypot((y + 2) / 44, (z - 7) / 25) - 1) * 25
    cleft = np.maximum(side - 0.9 - 0.3 * bend, -bridge)
    depth = np.minimum(np.minimum(brain - 2.0, base - 1.5), cleft)
    sulcus = np.abs(fold + 0.35 * bend)
    picture.put(np.minimum(depth, sulcus * 7 + depth * 0.2 - 1.9), Tissue.GREY)
    picture.put(np.minimum(depth - 3.6, sulcus * 7 + depth * 0.26 - 6.0) - 0.4 * bend, Tissue.WHITE, 1.6)
    picture.put(np.minimum(np.minimum(-bridge, 7 + bridge), np.minimum(15 - side, z - 2)), Tissue.WHITE, 1.6)
    _hindbrain(picture, x, y, z, brain, base)
    for way in (-1, 1):  # the lateral fissures
        picture.put(_ball(x, y, z, (way * 54, -10, 2), (9, 15, 2.0)) + 0.6 * bend, Tissue.CSF)
    _deep(picture, x, y, z, ventricles)


def _floor(side: Any, y: Any) -> Any:
    """The height on which the cerebrum rests: frontal and middle fossa, then the tentorium."""
    outer = curve(y, [(-90, -12), (-52, -15), (-42, -38), (0, -41), (16, -32), (30, -14), (85, -22)])
    inner = curve(y, [(-90, -12), (-48, -15), (-8, -15), (12, -9), (26, -8), (85, -22)])
    return inner + (outer - inner) * np.clip((side - 14) / 10, 0, 1)


def _hindbrain(picture: _Picture, x: Any, y: Any, z: Any, brain: Any, base: Any) -> None:
    back = np.minimum(_ball(x, y, z, (0, 44, -38), (54, 40, 31)), np.minimum(brain - 1.5, -2 - base))
    leaves = np.sin((z - 0.55 * y) * np.float32(2 * np.pi / 5.5))
    picture.put(back, Tissue.GREY)
    picture.put(back - 8 + 4.5 * leaves, Tissue.WHITE, 4, 0.75)
    cord = np.minimum(np.minimum(7 - np.hypot(x, y - 22 + (z + 50) * 0.05), -z - 40), z + 150)
    stem = np.maximum(
        _ball(x, y, z, (0, 6, -32), (15, 13, 22)), np.maximum(cord, _ball(x, y, z, (0, 9, -8), (13, 9, 10)))
    )
    low = np.minimum(cord + 4, -z - 52)
    picture.put(np.maximum(np.minimum(stem + 3, np.minimum(brain, 10 - z)), low), Tissue.CSF)
    picture.put(stem, Tissue.WHITE, 1.6)


def _deep(picture: _Picture, x: Any, y: Any, z: Any, ventricles: float) -> None:
    side = np.abs(x)
    picture.put(_ball(side, y, z, (11, 10, 6), (9.5, 15, 10)), Tissue.GREY, 2, 0.8)  # thalamus
    picture.put(_ball(side, y, z, (27, -7, 5), (6.5, 18, 11)), Tissue.GREY, 2, 0.9)  # putamen
    picture.put(_ball(side, y, z, (13, -22, 11), (5, 9, 9)), Tissue.GREY, 2, 0.9)  # caudate
    wide = ventricles
    arch = 17 - ((y + 4) / 16) ** 2  # the ventricles lie under an arch
    taper = np.sqrt(np.clip(1 - ((y + 1) / 38) ** 2, 0, 1))
    across = np.abs(side - 7.0 - (np.abs(y) / 17) ** 2)
    picture.put(np.minimum(4.6 * wide * taper - across, 5.2 * wide * taper - np.abs(z - arch)), Tissue.CSF)
    picture.put(_ball(side, y, z, (22, 42, 6), (5.5 * wide, 19, 7 * wide)), Tissue.CSF)
    picture.put(_ball(side, y, z, (33, 3, -18), (3.5 * wide, 17, 3.5 * wide)), Tissue.CSF)
    picture.put(_ball(x, y, z, (0, 4, 0), (2.4 * wide, 15, 11)), Tissue.CSF)
    picture.put(_ball(x, y, z, (0, 25, -38), (7, 5.5, 9)), Tissue.CSF)
    picture.put(_ball(x, y, z, (0, -12, -24), (12, 10, 5)), Tissue.CSF)


def _eyes(picture: _Picture, x: Any, y: Any, z: Any) -> None:
    side = np.abs(x)
    socket = _ball(side, y, z, (31, -56, -27), (19, 24, 17))
    picture.put(np.minimum(socket + 2.5, -44 - y), Tissue.BONE)
    picture.put(socket, Tissue.FAT)
    eye = _ball(side, y, z, (31, -68, -27), (12.2, 12.2, 12.2))
    picture.put(eye, Tissue.MUSCLE)
    picture.put(eye - 1.4, Tissue.EYE)
    picture.put(_ball(side, y, z, (31, -77.5, -27), (4.5, 2.2, 4.5)), Tissue.MUSCLE)
    for offset, thick in ((0, 2.2), (-9, 2.6), (9, 2.6)):  # the nerve between two muscles
        strand = thick - np.hypot(
            side - 31 - (y + 56) * 0.42 - offset * np.clip(-(y + 32) / 30, 0, 1), z + 27
        )
        picture.put(np.minimum(np.minimum(strand, -34 - y), y + 64), Tissue.MUSCLE)
