"""The table against pydicom's slow functions and against the formulas of PS3.3 C.11."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.pixels import apply_voi_lut

from workstation.imaging.grey_mapping import Function, Grey, Lut, Window, automatic, render, table

SIGNED = np.dtype(np.int16)
UNSIGNED = np.dtype(np.uint16)


def shades(
    grey: Grey, window: Window | Lut, kind: np.dtype[np.generic], *, invert: bool = False
) -> np.ndarray:
    return table(grey, window, kind, invert=invert) & 0xFF


def slow(value: float, window: Window) -> float:
    """PS3.3 C.11.2.1.2.1, C.11.2.1.3.1, C.11.2.1.3.2, word by word, for 0..1."""
    c, w = window.centre, window.width
    if window.function is Function.SIGMOID:
        return 1 / (1 + math.exp(min(700.0, -4 * (value - c) / w)))
    if window.function is Function.LINEAR_EXACT or w < 1:
        if value <= c - w / 2:
            return 0
        return 1 if value > c + w / 2 else (value - c) / w + 0.5
    if value <= c - 0.5 - (w - 1) / 2:
        return 0
    if value > c - 0.5 + (w - 1) / 2:
        return 1
    return (value - (c - 0.5)) / (w - 1) + 0.5


@pytest.mark.parametrize("function", list(Function))
@pytest.mark.parametrize(("centre", "width"), [(40, 400), (0, 1), (0.25, 0.5), (-600, 1500), (3000, 65536)])
@pytest.mark.parametrize(("slope", "intercept"), [(1, -1024), (-1, 4095), (0.01, 0), (3.77, -19595)])
def test_every_entry_follows_the_formula(
    function: Function, centre: float, width: float, slope: float, intercept: float
) -> None:
    window = Window(centre, width, function)
    got = shades(Grey(slope=slope, intercept=intercept), window, SIGNED)
    for stored in range(-32768, 32768, 97):
        wanted = 255 * slow(stored * slope + intercept, window)
        assert abs(int(got[stored & 0xFFFF]) - wanted) <= 0.52 or _at_a_step(
            stored * slope + intercept, window
        )


def _at_a_step(value: float, window: Window) -> bool:
    """Where the function jumps, single precision may fall to either side."""
    return window.width <= 1 and abs(value - window.centre) <= 0.51 and value != window.centre


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_ct_agrees_with_pydicom(function: str) -> None:
    dataset = Dataset()
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsStored, dataset.PixelRepresentation = 16, 1
    dataset.WindowCenter, dataset.WindowWidth, dataset.VOILUTFunction = 40, 400, function
    values = np.arange(-2000, 4000, dtype=np.int16)
    expected = apply_voi_lut(values, dataset)
    low, high = -32768, 32767  # pydicom's output range follows Bits Stored
    expected = np.rint((expected - low) / (high - low) * 255)
    got = shades(Grey(), Window(40, 400, Function(function)), SIGNED)[values.view(np.uint16)]
    assert np.abs(got.astype(int) - expected).max() <= 1


def test_monochrome1_is_white_at_the_lowest_and_a_second_inversion_undoes_it() -> None:
    window = Window(128, 256, Function.LINEAR_EXACT)
    plain = shades(Grey(), window, UNSIGNED)
    assert (plain[0], plain[256]) == (0, 255)
    inverse = shades(Grey(invert=True), window, UNSIGNED)
    assert (inverse[0], inverse[256]) == (255, 0)
    np.testing.assert_array_equal(shades(Grey(invert=True), window, UNSIGNED, invert=True), plain)


def test_padding_is_black_even_inverted() -> None:
    got = shades(Grey(padding=(-2000, -1990), invert=True), Window(0, 100), SIGNED)
    assert got[-2000 & 0xFFFF] == got[-1990 & 0xFFFF] == 0
    assert got[-1989 & 0xFFFF] == 255


def test_lookup_tables_clamp_and_are_unsigned() -> None:
    lut = Lut(-2048, np.array([0, 40_000, 65_535], np.float32), 65535)
    got = shades(Grey(), lut, SIGNED)
    assert [int(got[value & 0xFFFF]) for value in (-5000, -2048, -2047, -2046, 99)] == [0, 0, 156, 255, 255]
    modality = Grey(modality=Lut(0, np.array([1000, 0], np.float32), 65535))
    assert modality.to_modality(np.array([0, 1, 2], np.uint16)).tolist() == [1000, 0, 0]


@pytest.mark.parametrize("kind", ["i1", "u1", "i2", "u2", "i4", "u4", "f4"])
@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (300, 257)])
def test_rendering_is_the_table_pixel_by_pixel(kind: str, shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(7)
    low = -100 if kind[0] != "u" else 0
    pixels = noise.integers(low, 120, shape).astype(kind)
    grey, window = Grey(slope=2, intercept=-10), Window(40, 200)
    out = np.zeros(shape, np.uint32)
    render(pixels, grey, window, out)
    wanted = np.rint(window.apply(grey.to_modality(pixels)) * 255).astype(np.uint32)
    np.testing.assert_array_equal(out & 0xFF, wanted)
    assert (out >> 24 == 255).all()
    assert ((out >> 16 & 255) == (out & 255)).all()


@pytest.mark.parametrize("kind", ["i1", "u1", "i2", "u2"])
def test_the_least_and_the_greatest_stored_value_have_their_own_entries(kind: str) -> None:
    limits = np.iinfo(kind)
    pixels = np.array([[limits.min, 0, 1, limits.max]], kind)
    for grey in (Grey(), Grey(slope=-1, intercept=1), Grey()):  # what is kept of one is not taken for another
        window = Window(0, 2.0 * limits.max, Function.LINEAR_EXACT)
        out = np.zeros(pixels.shape, np.uint32)
        render(pixels, grey, window, out)
        wanted = np.rint(window.apply(grey.to_modality(pixels)) * 255)
        np.testing.assert_array_equal(out & 0xFF, wanted)


def test_what_is_not_a_number_is_the_lowest_value() -> None:
    pixels = np.array([[math.nan, -math.inf, 0, math.inf]], np.float32)
    out = np.zeros(pixels.shape, np.uint32)
    for invert, wanted in ((False, [0, 0, 128, 255]), (True, [255, 255, 128, 0])):
        render(pixels, Grey(), Window(0, 100, Function.LINEAR_EXACT), out, invert=invert)
        np.testing.assert_array_equal(out & 0xFF, [wanted])


def test_the_automatic_window_leaves_padding_and_outliers_aside() -> None:
    pixels = np.full((100, 100), -2000, np.int16)
    pixels[10:90, 10:90] = np.linspace(0, 1000, 6400).astype(np.int16).reshape(80, 80)
    pixels[50, 50] = 30_000
    window = automatic(Grey(padding=(-2000, -2000)), pixels)
    assert window.centre == pytest.approx(500, abs=10)
    assert window.width == pytest.approx(1000, abs=20)


def test_a_flat_or_empty_picture_has_a_window_too() -> None:
    assert automatic(Grey(), np.full((4, 4), 7, np.int16)).width == 1
    assert automatic(Grey(), np.full((4, 4), np.nan, np.float32)).width > 0
    assert automatic(Grey(), np.zeros((4, 4), np.uint8)).width == 255
