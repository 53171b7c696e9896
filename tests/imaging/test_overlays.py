"""Overlay planes of objects made here: placed, counted, cut; never at the cost of the picture."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from tests.imaging.made import ITEM, ITEMS_END, compressed, image, run_length, saved
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


@pytest.mark.parametrize("size", [2, 3, 6])
def test_too_few_bits_draw_what_there_is_and_are_marked(make: Make, size: int) -> None:
    bits = some()
    picture = shown(make(plane(bits, bytes=size)))
    wanted = bits[0].copy()
    wanted.reshape(-1)[8 * size :] = False
    np.testing.assert_array_equal(picture.overlay, wanted)
    assert [mark.incomplete for mark in picture.marks] == [True]


def test_an_overlay_without_data_is_marked(make: Make) -> None:
    picture = shown(make(plane(some(), bytes=0)))
    assert picture.overlay is None
    assert [str(mark.reason) for mark in picture.marks] == ["An overlay cannot be drawn: it has no data."]


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


def encapsulated(bits: np.ndarray, *, table: bool, pieces: int = 1) -> bytes:
    """The data of an overlay in items, which PS3.5 A.4 forbids."""
    data = np.packbits(bits.reshape(-1).astype(np.uint8), bitorder="little").tobytes()
    step = -(-len(data) // pieces // 2) * 2
    parts = [data[n : n + step] for n in range(0, len(data), step)]
    items = (b"" if table else None, *parts)
    return b"".join(ITEM + struct.pack("<I", len(one)) + one for one in items if one is not None)


@pytest.mark.parametrize("vr", ["OW", "OB"])
@pytest.mark.parametrize("table", [True, False])
@pytest.mark.parametrize("pieces", [1, 3])
@pytest.mark.parametrize("undefined", [True, False])
def test_an_encapsulated_overlay(make: Make, vr: str, table: bool, pieces: int, undefined: bool) -> None:
    bits = some()

    def add(dataset: Dataset) -> None:
        plane(bits, vr=vr)(dataset)
        dataset[0x6000, 0x3000].value = encapsulated(bits, table=table, pieces=pieces)

    path = make(add)
    if undefined:
        whole = path.read_bytes()
        head = struct.pack("<HH", 0x6000, 0x3000) + vr.encode() + b"\0\0"
        at = whole.index(head) + len(head)
        (length,) = struct.unpack_from("<I", whole, at)
        content = whole[at + 4 : at + 4 + length]
        path.write_bytes(whole[:at] + b"\xff" * 4 + content + ITEMS_END + whole[at + 4 + length :])
    np.testing.assert_array_equal(shown(path).overlay, bits[0])


@pytest.mark.parametrize(("vr", "big"), [("OW", False), ("OB", False), ("OW", True)])
def test_an_odd_length(make: Make, vr: str, big: bool) -> None:
    """Nine by nine bits take eleven bytes."""
    bits = some(9, 9)

    def add(dataset: Dataset) -> None:
        plane(bits, vr=vr)(dataset)
        if not big:
            dataset[0x6000, 0x3000].value = dataset[0x6000, 0x3000].value[:11]

    picture = shown(make(add, big=big))
    assert picture.overlay is not None
    np.testing.assert_array_equal(picture.overlay[:, :9], bits[0, :ROWS])
    assert picture.marks == ()


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless, JPEGLSLossless])
@pytest.mark.parametrize("bit", [12, 15])
def test_a_bit_of_compressed_pixels(tmp_path: Path, syntax: str, bit: int) -> None:
    bits = some()[0]
    pixels = (np.full((ROWS, COLUMNS), 7) | bits.astype(int) << bit).astype("<u2")
    pixels[0, 0] |= 1 << 14  # the encoder takes whole cells
    made = image(pixels, BitsStored=12)
    made.add_new((0x6000, 0x0010), "US", ROWS)
    made.add_new((0x6000, 0x0011), "US", COLUMNS)
    made.add_new((0x6000, 0x0050), "SS", [1, 1])
    made.add_new((0x6000, 0x0100), "US", 16)
    made.add_new((0x6000, 0x0102), "US", bit)
    if syntax == RLELossless:
        stream = run_length((pixels >> 8).astype(np.uint8), pixels.astype(np.uint8))
    elif syntax == JPEGLSLossless:
        stream = imagecodecs.jpegls_encode(pixels | (1 << 13))
    else:
        stream = imagecodecs.jpeg2k_encode(
            pixels, codecformat="j2k", level=0, reversible=True, bitspersample=16
        )
    path = saved(tmp_path / "a", compressed(made, syntax, stream))
    np.testing.assert_array_equal(shown(path).overlay, bits)


def test_a_bit_below_the_picture(tmp_path: Path) -> None:
    """Stored in the upper twelve of sixteen bits, the overlay in the lowest."""
    bits = some()[0]
    made = image((np.full((ROWS, COLUMNS), 7 << 4) | bits).astype("<u2"), BitsStored=12, HighBit=15)
    for element, vr, value in (
        (0x10, "US", ROWS),
        (0x11, "US", COLUMNS),
        (0x50, "SS", [1, 1]),
        (0x102, "US", 0),
    ):
        made.add_new((0x6000, element), vr, value)
    np.testing.assert_array_equal(shown(saved(tmp_path / "a", made)).overlay, bits)


@pytest.mark.parametrize("there", [0.5, 1])
def test_a_bit_of_pixels_that_break_off(tmp_path: Path, there: float) -> None:
    bits = np.ones((ROWS, COLUMNS), bool)
    made = image((np.full((ROWS, COLUMNS), 7) | bits.astype(int) << 13).astype("<u2"), BitsStored=12)
    for element, vr, value in (
        (0x10, "US", ROWS),
        (0x11, "US", COLUMNS),
        (0x50, "SS", [1, 1]),
        (0x102, "US", 13),
    ):
        made.add_new((0x6000, element), vr, value)
    made.PixelData = made.PixelData[: int(2 * ROWS * COLUMNS * there)]
    picture = open_instance(saved(tmp_path / "a", made)).picture(0)
    assert isinstance(picture, Picture)
    assert picture.overlay is not None
    assert picture.overlay.sum() == ROWS * COLUMNS * there
    assert picture.complete == (there == 1)
