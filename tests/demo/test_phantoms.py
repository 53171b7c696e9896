"""What is drawn: plausible values in the right places, the same each time."""

from __future__ import annotations

import numpy as np
import pytest

from workstation.demo.phantoms.canvas import Canvas, blurred, curve, doubled, grid, waves
from workstation.demo.phantoms.chest_ct import SPACING, Build, Chest
from workstation.demo.phantoms.chest_film import COLUMNS, ROWS, chest_film
from workstation.demo.phantoms.head import Bleed, Head
from workstation.demo.phantoms.head_scans import CT_SIZE, CT_SPACING, MR_SIZE, HeadCT, HeadMR
from workstation.demo.phantoms.heart_echo import HeartEcho


@pytest.fixture(scope="module")
def chest() -> Chest:
    return Chest(Build(1, nodule=6.0))


def at(plane: np.ndarray, x: float, y: float, spacing: float, centre: float = 0.0, reach: int = 3) -> float:
    """The mean around a place in millimetres."""
    column = round(x / spacing + (plane.shape[1] - 1) / 2)
    row = round((y - centre) / spacing + (plane.shape[0] - 1) / 2)
    return float(plane[row - reach : row + reach + 1, column - reach : column + reach + 1].mean())


def test_a_chest_has_the_densities_of_one(chest: Chest) -> None:
    plane = chest.slice(150.0)
    assert at(plane, -185, -100, SPACING, 14) == pytest.approx(-1000, abs=12)
    assert -930 < at(plane, -100, -10, SPACING, 14) < -780  # lung
    assert 130 < at(plane, 40, -16, SPACING, 14) < 230  # heart with contrast
    assert plane.max() > 600  # bone
    deep = chest.slice(270.0)
    assert at(deep, -70, -10, SPACING, 14) == pytest.approx(112, abs=15)  # liver
    assert at(deep, 64, -49, SPACING, 14) < -850  # the stomach's air


def test_a_nodule_is_only_where_it_belongs(chest: Chest) -> None:
    assert at(chest.slice(92.0), -78, 8, SPACING, 14) > -20
    assert at(chest.slice(110.0), -78, 8, SPACING, 14) < -600
    assert at(Chest(Build(1)).slice(92.0), -78, 8, SPACING, 14) < -600


def test_a_slice_is_the_same_again_whatever_came_between(chest: Chest) -> None:
    first = chest.slice(120.0)
    chest.slice(40.0)
    assert np.array_equal(first, chest.slice(120.0))
    assert np.array_equal(first, Chest(Build(1, nodule=6.0)).slice(120.0))


def test_neighbouring_slices_resemble_each_other(chest: Chest) -> None:
    here, next_one, far = chest.slice(150.0), chest.slice(154.0), chest.slice(250.0)
    assert np.abs(here - next_one).mean() * 3 < np.abs(here - far).mean()


def test_a_bleeding_stands_out_in_the_brain() -> None:
    bleed = Bleed(30, 8, 14, 13)
    plane = HeadCT(Head(3, bleed=bleed)).slice(14.0)
    assert plane.shape == (CT_SIZE, CT_SIZE)
    assert at(plane, bleed.x, bleed.y, CT_SPACING, 2.0) == pytest.approx(72, abs=6)
    assert 15 < at(plane, -40, 30, CT_SPACING, 2.0) < 48
    healthy = HeadCT(Head(3)).slice(14.0)
    assert at(healthy, bleed.x, bleed.y, CT_SPACING, 2.0) < 48
    assert healthy.max() > 700
    assert healthy[4:20, 4:20].mean() == pytest.approx(-1000, abs=5)


def test_fluid_is_dark_in_t1_and_bright_in_t2() -> None:
    head = Head(4, ventricles=1.3)
    t1, t2 = HeadMR(head, t2=False).axial(12.0), HeadMR(head, t2=True).axial(12.0)
    assert t1.shape == (MR_SIZE, MR_SIZE)
    ventricle, white = (8.0, 0.0), (28.0, 30.0)
    assert at(t1, *ventricle, 0.94, reach=1) < at(t1, *white, 0.94) / 2
    assert at(t2, *ventricle, 0.94, reach=1) > at(t2, *white, 0.94) * 2


def test_a_sagittal_slice_stands_upright() -> None:
    plane = HeadMR(Head(4), t2=False).sagittal(30.0)
    top, bottom = plane[:128].mean(), plane[236:].mean()
    assert top > 150
    assert plane[:14].mean() < 60  # air above the vertex
    assert bottom > 100  # the neck goes on below


@pytest.fixture(scope="module")
def film() -> np.ndarray:
    return chest_film(5)


def test_a_film_is_dark_in_the_lungs_and_bright_at_the_heart(film: np.ndarray) -> None:
    assert film.shape == (ROWS, COLUMNS)
    assert 0 <= film.min() <= film.max() <= 1
    rows, lung, heart = slice(1000, 1400), slice(400, 560), slice(1060, 1300)
    assert film[rows, lung].mean() + 0.3 < film[rows, heart].mean()


def test_fluid_hides_the_base_of_a_lung(film: np.ndarray) -> None:
    base = (slice(1450, 1560), slice(400, 700))
    assert chest_film(5, effusion=40)[base].mean() > film[base].mean() + 0.1


def test_the_heart_beats_in_colour() -> None:
    echo = HeartEcho(2)
    resting, beating, again = echo.frame(0), echo.frame(6), echo.frame(echo.frames)
    moved = np.abs(resting.astype(int) - beating)[40:420].mean()
    assert moved > np.abs(resting.astype(int) - again)[40:420].mean() * 1.5
    colour = beating[100:350, 200:450].astype(int)
    assert ((colour[..., 2] - colour[..., 0]) > 60).sum() > 400  # blue: away from the probe
    assert np.array_equal(beating, HeartEcho(2).frame(6))


def test_an_ellipse_covers_its_own_area_and_nothing_else() -> None:
    canvas = Canvas(grid(200, 1.0), grid(200, 1.0))
    canvas.ellipse((20, -10), (30, 15), 1.0, angle=30)
    assert canvas.values.sum() == pytest.approx(np.pi * 30 * 15, rel=0.02)
    before = canvas.values.copy()
    canvas.ellipse((0, 0), (0, 15), 5.0)
    canvas.ellipse((900, 900), (5, 5), 5.0)
    assert np.array_equal(canvas.values, before)


def test_fields_are_smooth_and_of_unit_size() -> None:
    x, y = grid(300, 1.0), grid(200, 1.0)
    field = waves(x, y, 20, 7)
    assert field.shape == (200, 300)
    assert field.std() == pytest.approx(1, abs=0.35)
    assert np.abs(np.diff(field, axis=1)).max() < 1
    assert np.array_equal(field, waves(x, y, 20, 7))
    assert not np.array_equal(field, waves(x, y, 20, 8))


def test_doubling_and_blurring_keep_the_mean() -> None:
    plane = np.random.default_rng(1).random((40, 60), np.float32)
    assert doubled(plane).shape == (80, 120)
    assert doubled(plane).mean() == pytest.approx(plane.mean(), rel=0.01)
    assert blurred(plane).mean() == pytest.approx(plane.mean(), rel=0.01)
    assert curve(1.5, [(1, 10), (2, 20)]) == 15
