"""Palettes against pydicom's apply_color_lut (PS3.3 C.7.6.3.1.5, C.7.9.2)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.pixels import apply_color_lut

from workstation.imaging.instance import open_instance
from workstation.imaging.picture import Picture
from workstation.imaging.segments import expanded


def sample(name: str) -> Path:
    return Path(str(get_testdata_file(name, download=False)))


def colours(path: Path) -> np.ndarray:
    content = open_instance(path).picture(0)
    assert isinstance(content, Picture)
    words = content.pixels
    return np.stack((words >> 16 & 255, words >> 8 & 255, words & 255), -1)


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
