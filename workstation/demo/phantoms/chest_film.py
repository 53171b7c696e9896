"""Draws a PA chest film: the absorption of tissue, bone and air along the rays."""

from __future__ import annotations

import numpy as np

from workstation.demo.phantoms.canvas import Canvas, Plane, curve, doubled, soft, waves
from workstation.demo.phantoms.vessels import lung_vessels

ROWS, COLUMNS = 2500, 2048
SPACING = 0.171
"""Millimetres between two pixels of the detector."""

_LUNG_TOP = 46.0


def chest_film(seed: int, *, width: float = 1.0, effusion: float = 0.0) -> Plane:
    """Absorption, 0 for air to about 1 for bone over the heart; rows downwards, columns to the left.

    Args:
        seed: Of everything random.
        width: 1 for an average body.
        effusion: Fluid in the right side of the chest, millimetres above the diaphragm.
    """
    x = ((np.arange(COLUMNS // 2) - (COLUMNS // 2 - 1) / 2) * SPACING * 2 / width).astype(np.float32)
    z = (np.arange(ROWS // 2) * SPACING * 2).astype(np.float32)
    canvas = Canvas(x, z)
    lungs = _lungs(x, z, effusion)
    canvas.values += _trunk(x, z) - 14.5 * lungs
    _heart(canvas)
    _bones(canvas)
    for ball in lung_vessels(seed):
        if ball.radius > 1.2:
            at = (ball.x, ball.depth + _LUNG_TOP)
            canvas.ellipse(
                at, (ball.radius, ball.radius), 0.13 * ball.radius**0.7, edge=ball.radius, add=True
            )
    mottle = waves(x, z, 9, seed, terms=12) + waves(x, z, 23, seed + 1, terms=12)
    canvas.values += 0.09 * mottle * (canvas.values > 1)
    ray = np.maximum(canvas.values, 0)
    seen = (1 - np.exp(-((ray / 15) ** np.float32(1.5)))) * np.float32(1.04)
    film = doubled(seen)
    random = np.random.default_rng(seed)
    film += random.standard_normal(film.shape, np.float32) * (0.004 + 0.010 * film)
    _marker(film)
    return np.clip(film, 0, 1)


def _round(z: Plane, points: list[tuple[float, float]]) -> Plane:
    """A curve without corners."""
    line = np.pad(curve(z, points), 24, "edge")
    weights = np.hanning(49)
    rounded: Plane = np.convolve(line, weights / weights.sum(), "valid").astype(np.float32)
    return rounded


def _trunk(x: Plane, z: Plane) -> Plane:
    """Soft tissue in centimetres."""
    half = _round(
        z, [(0, 58), (30, 66), (44, 100), (56, 165), (80, 196), (160, 186), (260, 174), (430, 178)]
    )[:, None]
    thick = curve(z, [(0, 11), (40, 12), (90, 18), (200, 21), (430, 23)])[:, None]
    q = np.clip(1 - (np.abs(x) / half) ** 2.6, 0, 1)
    trunk: Plane = thick * np.sqrt(q)
    breast = np.clip(1 - np.hypot((np.abs(x) - 82) / 62, (z[:, None] - 235) / 52), 0, 1)
    trunk += 1.4 * np.sqrt(breast)
    return trunk


def _lungs(x: Plane, z: Plane, effusion: float) -> Plane:
    """How much of the thickness is air: 0 to 1."""
    y = z[:, None]
    down = y - _LUNG_TOP
    outer = _round(z, [(46, 30), (60, 66), (90, 100), (150, 124), (230, 136), (320, 138)])[:, None]
    inner = np.where(
        x < 0,
        _round(z, [(46, 20), (120, 27), (160, 33), (215, 47), (250, 52), (300, 44)])[:, None],
        _round(
            z,
            [
                (46, 20),
                (96, 26),
                (112, 43),
                (124, 41),
                (138, 33),
                (165, 47),
                (215, 88),
                (262, 106),
                (300, 100),
            ],
        )[:, None],
    )
    side = np.abs(x)
    dome = np.where(x < 0, 272 - effusion, 284) + 34 * ((side - 72) / 62) ** 2
    edge = np.minimum(np.minimum(side - inner, outer - side), dome - y)
    hidden = np.minimum(outer - side, np.minimum(side - 24, 318 - effusion * (x < 0) - y))
    across = np.clip((side - inner) / (outer - inner), 0, 1)
    fill = (1 - 0.62 * np.abs(2 * across - 1) ** 3) * np.clip(down / 60, 0, 1) ** 0.6
    # behind heart and dome lies lung too, but less
    air: Plane = soft(edge, 3.5) * fill * 0.86 + soft(hidden, 16) * fill * 0.14
    return air


def _heart(canvas: Canvas) -> None:
    """Heart, great vessels, windpipe, and the stomach's air."""
    x, y = canvas.x, canvas.y[:, None]
    for centre, radii, tilt, amount in (
        ((22, 226), (78, 54), 26, 3.6),
        ((-10, 196), (42, 44), 0, 1.6),
        ((26, 116), (17, 16), 0, 2.0),
        ((40, 160), (20, 17), 0, 1.3),
        ((-45, 168), (14, 18), 20, 1.0),
        ((52, 166), (13, 18), -20, 1.0),
    ):
        canvas.ellipse(centre, radii, amount, angle=tilt, edge=14, add=True)
    aorta = soft(10 - np.abs(x - 27 + (y - 120) * 0.05), 6) * soft(np.minimum(y - 118, 320 - y), 8)
    windpipe = soft(8.5 - np.abs(x + 2), 3) * soft(147 - y, 8)
    fork = np.maximum(*(soft(7.5 - np.abs(x + 2 - way * (y - 142) * 0.8), 4) for way in (-1, 1)))
    canvas.values += aorta * 0.9 - windpipe * 1.9 - fork * soft(np.minimum(y - 144, 190 - y), 6) * 1.5
    canvas.ellipse((66, 310), (30, 17), -4.0, angle=-8, edge=7, add=True)


def _bones(canvas: Canvas) -> None:
    x, y = canvas.x, canvas.y[:, None]
    beat = (y - 12) % 25
    body = soft(19 - np.abs(x) + 1.6 * np.cos(beat * np.float32(2 * np.pi / 25)), 3)
    canvas.values += body * (2.4 - 0.9 * soft(2.4 - np.abs(beat - 4), 2)) * soft(y - 2, 8)
    canvas.values += soft(3.2 - np.abs(x), 2) * soft(9 - np.abs(beat - 15), 3) * 0.9
    for number in range(11):
        for side in (-1, 1):
            _rib(canvas, number, side)
    for side in (-1, 1):
        places = np.linspace(0, 1, 90)
        path = [(side * (17 + 122 * t), 78 - 34 * t**0.7 + 5 * np.sin(6.3 * t)) for t in places]
        _tube(canvas, path, [5.6 + 2.6 * abs(t - 0.5) for t in places], 1.7)
        canvas.ellipse((side * 138, 118), (34, 58), 0.9, angle=side * 14, edge=9, add=True)
        canvas.ellipse((side * 162, 66), (22, 22), 3.0, edge=6, add=True)


def _rib(canvas: Canvas, number: int, side: int) -> None:
    """From the spine down and around; the front, farther from the detector, is fainter."""
    end = 0.8 if number < 7 else 0.8 - 0.09 * (number - 6)
    turns = np.linspace(0.06, end, 130)
    heights = 36 + 23.5 * number + 86 * turns**1.15 - 14 * np.sin(np.pi * turns)
    wide = curve(
        heights.astype(np.float32), [(30, 44), (60, 84), (100, 112), (160, 131), (250, 142), (400, 142)]
    )
    path = [(side * w * np.sin(np.pi * t), h) for w, t, h in zip(wide, turns, heights, strict=True)]
    _tube(canvas, path, [5.4] * len(path), 1.7, fades=[1.0 if t < 0.5 else 0.62 for t in turns])


def _tube(
    canvas: Canvas,
    path: list[tuple[float, float]],
    radii: list[float],
    amount: float,
    fades: list[float] | None = None,
) -> None:
    """A bone along a path: its walls absorb more than its marrow."""
    layer = np.zeros_like(canvas.values)
    pixel = float(canvas.x[1] - canvas.x[0])
    for (px, py), radius, fade in zip(path, radii, fades or [1.0] * len(path), strict=True):
        left, right = np.searchsorted(canvas.x, (px - radius, px + radius))
        top, bottom = np.searchsorted(canvas.y, (py - radius, py + radius))
        patch = layer[top:bottom, left:right]
        if patch.size:
            far = np.hypot(canvas.x[left:right] - px, canvas.y[top:bottom, None] - py) / radius
            np.maximum(patch, soft(radius * (1 - far), 2 * pixel) * fade, out=patch)
    walls = np.clip(layer * (1 - layer) * 4, 0, 1)
    canvas.values += (layer + 0.25 * walls) * np.float32(amount)


def _marker(film: Plane) -> None:
    """A lead letter L at the patient's left."""
    film[170:330, 1850:1878] = 0.97
    film[302:330, 1850:1938] = 0.97
