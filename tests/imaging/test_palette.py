"""Palettes against pydicom's apply_color_lut (PS3.3 C.7.6.3.1.5, C.7.9.2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom import uid
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.pixels import apply_color_lut

from tests.imaging.made import image, reasons, saved
from workstation.imaging.instance import open_instance
from workstation.imaging.picture import Picture
from workstation.imaging.segmented_palette import expanded


def sample(name: str) -> Path:
    return Path(str(get_testdata_file(name, download=False)))


def colours(path: Path) -> np.ndarray:
    content = open_instance(path).picture(0)
    assert isinstance(content, Picture)
    words = content.pixels
    return np.stack((words >> 16 & 255, words >> 8 & 255, words & 255), -1)


def words(values: Iterable[int]) -> bytes:
    return np.array(list(values), "<u2").tobytes()


@pytest.fixture
def segmented(tmp_path: Path) -> Path:
    dataset = pydicom.dcmread(sample("examples_palette.dcm"))
    red = [0, 2, 0, 65535, 1, 254, 0]
    green = [0, 1, 0, 1, 127, 65535, 1, 128, 0]
    blue = [0, 4, 100, 200, 300, 400, 1, 252, 65000]
    for colour, words in (("Red", red), ("Green", green), ("Blue", blue)):
        del dataset[f"{colour}PaletteColorLookupTableData"]
        setattr(dataset, f"{colour}PaletteColorLookupTableDescriptor", [256, 0, 16])
        data = np.array(words, "<u2").tobytes()
        setattr(dataset, f"Segmented{colour}PaletteColorLookupTableData", data)
    path = tmp_path / "segmented.dcm"
    dataset.save_as(path)
    return path


def test_a_plain_palette() -> None:
    dataset = pydicom.dcmread(sample("examples_palette.dcm"))
    wanted = apply_color_lut(dataset.pixel_array, dataset)
    np.testing.assert_array_equal(colours(sample("examples_palette.dcm")), wanted >> 8)


def test_a_segmented_palette(segmented: Path) -> None:
    dataset = pydicom.dcmread(segmented)
    wanted = apply_color_lut(dataset.pixel_array, dataset)
    assert np.abs(colours(segmented) - (wanted.astype(int) >> 8)).max() <= 1


def test_indirect_segments_repeat_earlier_ones() -> None:
    words = [0, 2, 5, 9, 1, 2, 13, 2, 2, 0, 0]
    assert expanded(words, 100).tolist() == [5, 9, 11, 13, 5, 9, 11, 13]
    assert expanded(words, 6).tolist() == [5, 9, 11, 13, 5, 9]


@pytest.mark.parametrize(
    "words", [[], [7], [1, 5, 9], [9, 9, 9], [2, 1, 0, 0], [0, 9, 1], [2, 60000, 0, 0] * 9]
)
def test_broken_segments_end_the_table(words: list[int]) -> None:
    assert len(expanded(words, 256)) <= 9


def described(
    made: Dataset, counts: Sequence[int], data: Sequence[bytes], depth: int, first: int = 0
) -> Dataset:
    for colour, count, content in zip(("Red", "Green", "Blue"), counts, data, strict=True):
        name = f"{colour}PaletteColorLookupTable"
        setattr(made, f"{name}Descriptor", [count, first & 0xFFFF, depth])
        made[f"{name}Descriptor"].VR = "US"
        setattr(made, f"{name}Data", content)
        made[f"{name}Data"].VR = "OW"
    return made


INDICES = np.arange(256, dtype=np.uint8).reshape(16, 16)


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("dim", ["Green", "Blue", "both", "none"])
def test_eight_or_sixteen_bits_for_all_three_colours(tmp_path: Path, depth: int, dim: str) -> None:
    """A colour that stays below 256 is dim where another one does not."""
    red = np.arange(256) * 257
    green = np.arange(256) if dim in ("Green", "both") else red[::-1]
    blue = np.arange(256) // 2 if dim in ("Blue", "both") else red
    made = described(
        image(INDICES, "PALETTE COLOR"), [256] * 3, [words(one) for one in (red, green, blue)], depth
    )
    wanted = np.stack([one >> 8 for one in (red, green, blue)], -1).reshape(16, 16, 3)
    np.testing.assert_array_equal(colours(saved(tmp_path / "a", made)), wanted)


def test_sixteen_bits_that_hold_eight(tmp_path: Path) -> None:
    curves = [np.arange(256), np.arange(256)[::-1], np.arange(256) // 2]
    made = described(image(INDICES, "PALETTE COLOR"), [256] * 3, [words(one) for one in curves], 16)
    np.testing.assert_array_equal(
        colours(saved(tmp_path / "a", made)), np.stack(curves, -1).reshape(16, 16, 3)
    )


@pytest.mark.parametrize("big", [False, True])
def test_eight_bits_packed(tmp_path: Path, big: bool) -> None:
    curves = [np.arange(256), np.arange(256)[::-1], np.arange(256) // 2]
    data = [one.astype(np.uint8).tobytes() for one in curves]
    if big:
        data = [np.frombuffer(one, "<u2").byteswap().tobytes() for one in data]
    made = described(image(INDICES, "PALETTE COLOR"), [256] * 3, data, 8)
    if big:
        made.file_meta.TransferSyntaxUID = uid.ExplicitVRBigEndian
    path = saved(tmp_path / "a", made)
    np.testing.assert_array_equal(colours(path), np.stack(curves, -1).reshape(16, 16, 3))
    assert reasons(path) == []


@pytest.mark.parametrize(("signed", "first"), [(1, -128), (0, 40000)])
def test_the_first_index_has_the_sign_of_the_pixels(tmp_path: Path, signed: int, first: int) -> None:
    pixels = (INDICES.astype(int) + first).astype("<i2" if signed else "<u2")
    made = described(image(pixels, "PALETTE COLOR"), [256] * 3, [words(range(0, 65536, 257))] * 3, 16, first)
    np.testing.assert_array_equal(colours(saved(tmp_path / "a", made))[..., 1], INDICES)


def test_a_palette_that_is_too_short_is_marked(tmp_path: Path) -> None:
    made = described(image(INDICES, "PALETTE COLOR"), [256] * 3, [words(range(0, 65536, 257))[:400]] * 3, 16)
    made.GreenPaletteColorLookupTableData = words(range(0, 65536, 257))
    path = saved(tmp_path / "a", made)
    assert reasons(path) == ["Its colour palette holds fewer colours than it tells."]


def test_a_palette_of_words_that_is_cut_off_is_not_taken_for_bytes(tmp_path: Path) -> None:
    made = described(image(INDICES, "PALETTE COLOR"), [256] * 3, [words(range(0, 65536, 257))[:400]] * 3, 16)
    path = saved(tmp_path / "a", made)
    assert reasons(path) == ["Its colour palette holds fewer colours than it tells."]
    np.testing.assert_array_equal(colours(path)[..., 0], np.minimum(INDICES, 199))


@pytest.mark.parametrize("depth", [10, 12])
def test_a_palette_of_other_depths_than_8_and_16(tmp_path: Path, depth: int) -> None:
    """What is not allowed, but is clear (PS3.3 C.7.6.3.1.5)."""
    curve = words(n << depth - 8 for n in range(256))
    path = saved(tmp_path / "a", described(image(INDICES, "PALETTE COLOR"), [256] * 3, [curve] * 3, depth))
    np.testing.assert_array_equal(colours(path)[..., 0], INDICES)
