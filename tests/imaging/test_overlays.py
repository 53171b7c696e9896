"""Overlay planes of objects made here: placed, counted, cut; never at the cost of the picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian

from workstation.imaging.instance import open_instance
from workstation.imaging.picture import Picture

ROWS, COLUMNS = 6, 10
Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def made(
        *change: Callable[[Dataset], None],
        frames: int = 1,
        pixels: np.ndarray | None = None,
        big: bool = False,
    ) -> Path:
        base = "MR_small_bigendian.dcm" if big else "CT_small.dcm"
        dataset = pydicom.dcmread(str(get_testdata_file(base, download=False)))
        stored = np.full((frames, ROWS, COLUMNS), 7, np.uint16) if pixels is None else pixels
        dataset.Rows, dataset.Columns, dataset.NumberOfFrames = ROWS, COLUMNS, frames
        dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 12, 11, 0
        dataset.PixelData = stored.astype(">u2" if big else "<u2").tobytes()
        for one in change:
            one(dataset)
        path = tmp_path / "overlay.dcm"
        dataset.save_as(path)
        return path

    return made


def plane(
    bits: np.ndarray, *, group: int = 0x6000, origin: tuple[int, int] = (1, 1), vr: str = "OW", **more: int
) -> Callable[[Dataset], None]:
    """An overlay of ``bits``, frames × rows × columns."""

    def add(dataset: Dataset) -> None:
        data = np.packbits(bits.reshape(-1).astype(np.uint8), bitorder="little").tobytes()
        data += b"\0" * (len(data) % 2)
        if dataset.file_meta.TransferSyntaxUID == ExplicitVRBigEndian:
            data = np.frombuffer(data, "<u2").byteswap().tobytes()
        dataset.add_new((group, 0x0010), "US", bits.shape[1])
        dataset.add_new((group, 0x0011), "US", bits.shape[2])
        dataset.add_new((group, 0x0040), "CS", "G")
        dataset.add_new((group, 0x0050), "SS", list(origin))
        for name, element, kind in (("count", 0x0015, "IS"), ("first", 0x0051, "US")):
            if name in more:
                dataset.add_new((group, element), kind, more[name])
        dataset.add_new((group, 0x0100), "US", 1)
        dataset.add_new((group, 0x0102), "US", 0)
        dataset.add_new((group, 0x3000), vr, data[: more.get("bytes", len(data))])

    return add


def shown(path: Path, frame: int = 0) -> Picture:
    picture = open_instance(path).picture(frame)
    assert isinstance(picture, Picture)
    assert (picture.pixels == 7).all()
    return picture


def some(rows: int = ROWS, columns: int = COLUMNS, frames: int = 1, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2, (frames, rows, columns)).astype(bool)


@pytest.mark.parametrize("vr", ["OW", "OB"])
def test_a_plane_of_the_size_of_the_picture(make: Make, vr: str) -> None:
    bits = some()
    np.testing.assert_array_equal(shown(make(plane(bits, vr=vr))).overlay, bits[0])


def test_words_of_big_endian_files_are_turned(make: Make) -> None:
    bits = some()
    np.testing.assert_array_equal(shown(make(plane(bits), big=True)).overlay, bits[0])


@pytest.mark.parametrize("origin", [(3, 4), (-1, -2), (0, 0), (6, 10), (-3, 9)])
def test_a_plane_elsewhere_is_cut_at_the_edges(make: Make, origin: tuple[int, int]) -> None:
    bits = np.ones((1, 5, 7), bool)
    expected = np.zeros((ROWS, COLUMNS), bool)
    for row in range(5):
        for column in range(7):
            down, right = row + origin[0] - 1, column + origin[1] - 1
            if 0 <= down < ROWS and 0 <= right < COLUMNS:
                expected[down, right] = True
    np.testing.assert_array_equal(shown(make(plane(bits, origin=origin))).overlay, expected)


def test_a_plane_outside_the_picture_draws_nothing(make: Make) -> None:
    drawn = shown(make(plane(np.ones((1, 2, 2), bool), origin=(50, 50)))).overlay
    assert drawn is None or not drawn.any()


def test_planes_lie_over_each_other(make: Make) -> None:
    one, other = some(seed=1), some(seed=2)
    path = make(plane(one), plane(other, group=0x601E))
    np.testing.assert_array_equal(shown(path).overlay, (one | other)[0])


def test_one_plane_for_all_frames(make: Make) -> None:
    bits = some()
    path = make(plane(bits), frames=3)
    for frame in range(3):
        np.testing.assert_array_equal(shown(path, frame).overlay, bits[0])


def test_frames_of_a_plane_begin_where_they_say(make: Make) -> None:
    bits = some(frames=2)
    path = make(plane(bits, count=2, first=2), frames=4)
    assert shown(path, 0).overlay is None
    np.testing.assert_array_equal(shown(path, 1).overlay, bits[0])
    np.testing.assert_array_equal(shown(path, 2).overlay, bits[1])
    assert shown(path, 3).overlay is None


@pytest.mark.parametrize("bit", [12, 15])
@pytest.mark.parametrize("big", [False, True])
def test_bits_above_those_of_the_picture(make: Make, bit: int, big: bool) -> None:
    bits = some()
    pixels = np.full((1, ROWS, COLUMNS), 7, np.uint16) | (bits.astype(np.uint16) << bit)

    def add(dataset: Dataset) -> None:
        plane(bits)(dataset)
        del dataset[0x6000, 0x3000]
        dataset[0x6000, 0x0102].value, dataset[0x6000, 0x0100].value = bit, 16

    np.testing.assert_array_equal(shown(make(add, pixels=pixels, big=big)).overlay, bits[0])


def test_a_bit_of_the_picture_itself_is_no_overlay(make: Make) -> None:
    def add(dataset: Dataset) -> None:
        plane(some())(dataset)
        del dataset[0x6000, 0x3000]
        dataset[0x6000, 0x0102].value = 2

    assert shown(make(add)).overlay is None


@pytest.mark.parametrize("size", [0, 2, 6])
def test_too_few_bits_draw_nothing(make: Make, size: int) -> None:
    assert shown(make(plane(some(), bytes=size))).overlay is None


@pytest.mark.parametrize(("rows", "columns"), [(0, COLUMNS), (65535, 65535)])
def test_an_impossible_size_draws_nothing(make: Make, rows: int, columns: int) -> None:
    def add(dataset: Dataset) -> None:
        plane(some())(dataset)
        dataset[0x6000, 0x0010].value, dataset[0x6000, 0x0011].value = rows, columns

    assert shown(make(add)).overlay is None


def test_a_sample_of_pydicoms_draws_as_pydicom_says() -> None:
    path = Path(str(get_testdata_file("examples_overlay.dcm", download=False)))
    picture = open_instance(path).picture(0)
    assert isinstance(picture, Picture)
    assert pydicom.dcmread(path).file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    np.testing.assert_array_equal(picture.overlay, pydicom.dcmread(path).overlay_array(0x6000).astype(bool))
