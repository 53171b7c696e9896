"""Paints shapes with soft edges onto a plane of values, in millimetres."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[Any]
"""Rows × columns, or coordinates of either; float32 (numpy's types lose that in most operations)."""

_ONE_THREAD = 2**17
"""Multiplications up to which OpenBLAS starts no threads; on a busy computer those wait for each other."""


def grid(size: int, spacing: float, centre: float = 0.0) -> Plane:
    """The coordinates of the middles of ``size`` pixels, in millimetres."""
    return ((np.arange(size) - (size - 1) / 2) * spacing + centre).astype(np.float32)


def curve(at: Any, points: Sequence[tuple[float, float]]) -> Any:
    """The height at ``at`` of a polyline through ``points``."""
    places, heights = zip(*points, strict=True)
    return (
        np.interp(at, places, heights).astype(np.float32)
        if isinstance(at, np.ndarray)
        else float(np.interp(at, places, heights))
    )


def soft(distance: Plane, edge: float) -> Plane:
    """A mask from the distance to an outline, positive inside: 0 to 1 over ``edge`` millimetres."""
    return np.clip(distance / np.float32(edge) + np.float32(0.5), 0, 1)


def blurred(plane: Plane, times: int = 1) -> Plane:
    """Each value mixed with its neighbours (1-2-1 in both directions)."""
    for _ in range(times):
        for axis in (0, 1):
            padded = np.pad(plane, [(1, 1) if each == axis else (0, 0) for each in (0, 1)], "edge")
            low, mid, high = (
                padded[
                    tuple(slice(n, n + plane.shape[axis]) if each == axis else slice(None) for each in (0, 1))
                ]
                for n in range(3)
            )
            plane = (low + high) * np.float32(0.25) + mid * np.float32(0.5)
    return plane


def doubled(plane: Plane) -> Plane:
    """Twice the rows and columns, values between the old ones interpolated."""
    for axis in (0, 1):
        padded = np.pad(plane, [(1, 1) if each == axis else (0, 0) for each in (0, 1)], "edge")
        count = plane.shape[axis]
        before, here, after = (np.take(padded, range(n, n + count), axis) for n in range(3))
        pair = (
            before * np.float32(0.25) + here * np.float32(0.75),
            after * np.float32(0.25) + here * np.float32(0.75),
        )
        shape = (plane.shape[0] * 2, plane.shape[1]) if axis == 0 else (plane.shape[0], plane.shape[1] * 2)
        plane = np.stack(pair, axis + 1).reshape(shape)
    return plane


def waves(x: Plane, y: Plane, wavelength: float, seed: int, *, depth: float = 0.0, terms: int = 8) -> Plane:
    """A smooth random field over rows × columns; roughly normal, standard deviation 1.

    Args:
        x: Coordinates of the columns.
        y: Coordinates of the rows.
        wavelength: Of its ripples, in millimetres.
        seed: Another one, another field.
        depth: The third coordinate, the same for all pixels: neighbouring planes look alike.
        terms: How many plane waves it is the sum of.
    """
    random = np.random.default_rng(seed)
    ways = random.normal(size=(3, terms))
    ways *= random.uniform(0.8, 1.25, terms) * 2 * np.pi / wavelength / np.linalg.norm(ways, axis=0)
    across = np.outer(x, ways[0])
    down = np.outer(y, ways[1]) + depth * ways[2] + random.uniform(0, 2 * np.pi, terms)
    # sin(a + b) as a product of matrices: a plane wave costs two additions a pixel
    rows = np.hstack([np.sin(down), np.cos(down)]).astype(np.float32)
    columns = np.hstack([np.cos(across), np.sin(across)]).astype(np.float32)
    columns = np.ascontiguousarray(columns.T) * np.float32((2 / terms) ** 0.5)
    field: Plane = np.empty((y.size, x.size), np.float32)
    block = max(1, _ONE_THREAD // columns.size)
    for top in range(0, y.size, block):
        np.matmul(rows[top : top + block], columns, out=field[top : top + block])
    return field


class Grain:
    """Correlated noise, cheap per picture: one field, shifted and turned differently for each."""

    def __init__(self, size: int, seed: int, smooth: int = 1) -> None:
        self._seed = seed
        field = blurred(np.random.default_rng(seed).standard_normal((size, size), np.float32), smooth)
        self._field = field / field.std()

    def of(self, place: float) -> Plane:
        """Noise of standard deviation 1, always the same for the picture at a place."""
        random = np.random.default_rng((self._seed, int(place * 1000) % 2**32))
        rows, columns = random.integers(0, self._field.shape)
        field: Plane = np.roll(self._field, (rows, columns), (0, 1))
        return field if random.random() < 0.5 else field.T


class _Ruler:
    """Evenly spaced coordinates, and which of them lie around a place."""

    def __init__(self, axis: Plane) -> None:
        self._first = float(axis[0])
        self.step = float(axis[1] - axis[0])

    def around(self, centre: float, reach: float) -> slice:
        middle, reach = (centre - self._first) / self.step, reach / self.step + 2
        return slice(max(0, int(middle - reach)), max(0, int(middle + reach) + 1))


class Canvas:
    """Values over a plane; each shape covers what was there.

    Attributes:
        x: Coordinates of the columns, ascending and evenly spaced.
        y: Coordinates of the rows, likewise.
        values: Rows × columns.
    """

    def __init__(self, x: Plane, y: Plane, value: float = 0.0) -> None:
        self.x, self.y = x, y
        self.values: Plane = np.full((y.size, x.size), value, np.float32)
        self._columns, self._rows = _Ruler(x), _Ruler(y)
        self._pixel = self._columns.step

    def mix(self, mask: Plane, value: Plane | float) -> None:
        """Paint ``value`` where the mask is 1, in part where it is less."""
        self.values += mask * (value - self.values)

    def ellipse(
        self,
        centre: tuple[float, float],
        radii: tuple[float, float],
        value: float,
        *,
        angle: float = 0.0,
        edge: float = 0.0,
        opacity: float = 1.0,
        add: bool = False,
    ) -> None:
        """Paint an ellipse.

        Args:
            centre: Where, in millimetres.
            radii: Half its axes; nothing is painted if one is not positive.
            value: With what.
            angle: Degrees by which its first axis turns from x towards y.
            edge: Width of its soft border; at least a pixel.
            opacity: How much of what was there is covered.
            add: Add the value to what is there instead.
        """
        a, b = radii
        if a <= 0 or b <= 0:
            return
        edge = max(edge, self._pixel)
        cos, sin = float(np.cos(np.radians(angle))), float(np.sin(np.radians(angle)))
        grown = 1 + edge / 2 / min(radii)
        reach = np.hypot(a * cos, b * sin) * grown, np.hypot(a * sin, b * cos) * grown
        columns, rows = self._columns.around(centre[0], reach[0]), self._rows.around(centre[1], reach[1])
        x, y = self.x[columns] - np.float32(centre[0]), self.y[rows, None] - np.float32(centre[1])
        across, along = (x * cos + y * sin) / np.float32(a), (y * cos - x * sin) / np.float32(b)
        distance = (1 - np.sqrt(across * across + along * along)) * np.float32(min(a, b))
        mask = soft(distance, edge) * np.float32(opacity)
        patch = self.values[rows, columns]
        patch += mask * value if add else mask * (value - patch)

    def ring(
        self,
        centre: tuple[float, float],
        radii: tuple[float, float],
        wall: float,
        shell: float,
        core: float,
        angle: float = 0.0,
    ) -> None:
        """Paint an ellipse with a wall: bone around marrow, a vessel around blood."""
        self.ellipse(centre, radii, shell, angle=angle)
        self.ellipse(centre, (radii[0] - wall, radii[1] - wall), core, angle=angle)
