"""Grows the vessels of the lungs: trees that branch from each hilum."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_STEP = 2.2
_THINNEST = 0.56
_THIN = 1.2
THICKEST = 5.2


class Ball(NamedTuple):
    """A piece of a vessel; millimetres, ``depth`` from the lungs' tips downwards."""

    x: float
    y: float
    depth: float
    radius: float


@lru_cache(maxsize=4)
def lung_vessels(seed: int) -> tuple[Ball, ...]:
    """The vessels of both lungs from top to bottom; they may reach beyond them."""
    random = np.random.default_rng(seed)
    balls: list[Ball] = []
    for side in (-1.0, 1.0):
        hilum = np.array([side * 34.0, 10.0, 118.0])
        for _ in range(21):
            way = random.normal(size=3) * (0.7, 0.8, 1.1) + (side * 0.9, 0.0, 0.25)
            _grow(
                balls, random, hilum + random.normal(size=3) * (2, 5, 12), way, random.uniform(3.0, THICKEST)
            )
    return tuple(sorted(balls, key=_by_depth))


def crossing(vessels: tuple[Ball, ...], depth: float) -> Iterator[tuple[float, float, float]]:
    """The sections of vessels in the plane at ``depth``: x, y and radius."""
    first = bisect_left(vessels, depth - THICKEST, key=_by_depth)
    last = bisect_right(vessels, depth + THICKEST, key=_by_depth)
    for ball in vessels[first:last]:
        square = ball.radius**2 - (ball.depth - depth) ** 2
        if square > 0:
            yield ball.x, ball.y, square**0.5


def _by_depth(ball: Ball) -> float:
    return ball.depth


def _grow(
    balls: list[Ball],
    random: np.random.Generator,
    at: NDArray[np.float64],
    way: NDArray[np.float64],
    radius: float,
) -> None:
    if radius < _THINNEST:
        return
    way = way / np.linalg.norm(way)
    step = _STEP if radius > _THIN else _STEP * 0.6  # or thin ones look like strings of pearls
    for _ in range(int(random.uniform(11, 22) / step)):
        way = way + random.normal(size=3) * 0.08
        way = way / np.linalg.norm(way)
        at = at + way * step
        balls.append(Ball(float(at[0]), float(at[1]), float(at[2]), radius))
    turn = random.normal(size=3)
    turn = turn - way * (turn @ way)
    turn = turn / np.linalg.norm(turn) * random.uniform(0.35, 0.75)
    _grow(balls, random, at, way + turn, radius * random.uniform(0.72, 0.86))
    _grow(balls, random, at, way - turn, radius * random.uniform(0.58, 0.78))
