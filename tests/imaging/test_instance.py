"""Our decoding against pydicom's own, over pydicom's test files."""

from __future__ import annotations

import contextlib
import struct
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom import uid
from pydicom.data import get_testdata_file
from pydicom.encaps import encapsulate

from workstation.imaging.arrays import Array
from workstation.imaging.instance import open_instance
from workstation.imaging.picture import Card, Picture, Undecodable

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # pydicom remarks on its own broken files


def sample(name: str) -> Path:
    found = get_testdata_file(name, download=False)
    assert isinstance(found, str)
    return Path(found)


def picture(path: Path, frame: int = 0) -> Picture:
    content = open_instance(path).picture(frame)
    assert isinstance(content, Picture)
    return content


def rgb(content: Picture) -> Array:
    assert content.grey is None
    words = content.pixels
    return np.stack((words >> 16 & 255, words >> 8 & 255, words & 255), -1).astype(np.uint8)


GREY = [
    "CT_small.dcm",
    "MR_small.dcm",
    "MR_small_RLE.dcm",
    "MR_small_bigendian.dcm",
    "MR_small_expb.dcm",
    "MR_small_implicit.dcm",
    "MR_small_padded.dcm",
    "examples_overlay.dcm",
    "image_dfl.dcm",
    "liver_1frame.dcm",
    "liver_expb_1frame.dcm",
    "rtdose.dcm",
    "rtdose_1frame.dcm",
    "rtdose_expb.dcm",
    "rtdose_rle.dcm",
]


@pytest.mark.parametrize("name", GREY)
def test_grey_equals_pydicom(name: str) -> None:
    expected = pydicom.dcmread(sample(name)).pixel_array
    expected = expected[None] if expected.ndim == 2 else expected
    opened = open_instance(sample(name))
    assert opened.frames == len(expected)
    for frame in {0, len(expected) // 2, len(expected) - 1}:
        content = opened.picture(frame)
        assert isinstance(content, Picture)
        np.testing.assert_array_equal(content.pixels, expected[frame])
        assert content.grey is not None
        assert content.complete


@pytest.mark.parametrize("name", ["MR_small_jp2klossless.dcm", "MR_small_jpeg_ls_lossless.dcm"])
def test_lossless_streams_equal_the_uncompressed_twin(name: str) -> None:
    np.testing.assert_array_equal(picture(sample(name)).pixels, picture(sample("MR_small.dcm")).pixels)


def test_the_sign_of_jpeg_2000_where_header_and_stream_disagree() -> None:
    pixels = picture(sample("J2K_pixelrep_mismatch.dcm")).pixels
    assert (int(pixels.min()), int(pixels.max())) == (-2000, 1896)


@pytest.mark.parametrize("name", ["JPEG-lossy.dcm", "JPGExtended.dcm", "JPEG2000.dcm"])
def test_one_picture_in_three_lossy_syntaxes(name: str) -> None:
    pixels = picture(sample(name)).pixels
    assert pixels.shape == (1024, 256)
    assert 0 < int(pixels.max()) < 4096


COLOUR = [
    "SC_rgb_rle.dcm",
    "SC_rgb_rle_2frame.dcm",
    "SC_rgb_small_odd.dcm",
    "SC_rgb_small_odd_big_endian.dcm",
    "examples_rgb_color.dcm",
    "ExplVR_BigEnd.dcm",
]


@pytest.mark.parametrize("name", COLOUR)
def test_colour_equals_pydicom(name: str) -> None:
    expected = pydicom.dcmread(sample(name)).pixel_array
    expected = expected[0] if expected.ndim == 4 else expected
    np.testing.assert_array_equal(rgb(picture(sample(name))), expected)


@pytest.mark.parametrize(
    ("name", "shift"),
    [("SC_rgb_rle_16bit.dcm", 8), ("SC_rgb_rle_32bit.dcm", 24)],
)
def test_deep_colour_is_shown_by_its_upper_bits(name: str, shift: int) -> None:
    expected = pydicom.dcmread(sample(name)).pixel_array >> shift
    np.testing.assert_array_equal(rgb(picture(sample(name))), expected)


BARS = [
    "SC_rgb_dcmtk_+eb+cr.dcm",
    "SC_rgb_dcmtk_+eb+cy+n1.dcm",
    "SC_rgb_dcmtk_+eb+cy+n2.dcm",
    "SC_rgb_dcmtk_+eb+cy+np.dcm",
    "SC_rgb_dcmtk_+eb+cy+s2.dcm",
    "SC_rgb_dcmtk_+eb+cy+s4.dcm",
    "SC_rgb_gdcm_KY.dcm",
    "SC_rgb_jls_lossy_line.dcm",
    "SC_rgb_jls_lossy_sample.dcm",
    "SC_rgb_jpeg_dcmtk.dcm",
    "SC_rgb_jpeg_gdcm.dcm",
    "SC_rgb_jpeg_lossy_gdcm.dcm",
    "SC_ybr_full_422_uncompressed.dcm",
]


@pytest.mark.parametrize("name", BARS)
def test_colour_bars_look_the_same_in_every_syntax(name: str) -> None:
    """Each file holds the same ten bars; lossy coding may err at their edges, not in their middles."""
    expected = rgb(picture(sample("SC_rgb_rle.dcm"))).astype(int)
    got = rgb(picture(sample(name))).astype(int)
    assert np.abs(got - expected)[5::10, 50].max() <= 5


def test_a_palette_is_applied() -> None:
    from pydicom.pixels import apply_color_lut

    dataset = pydicom.dcmread(sample("examples_palette.dcm"))
    expected = apply_color_lut(dataset.pixel_array, dataset) >> 8
    np.testing.assert_array_equal(rgb(picture(sample("examples_palette.dcm"))), expected)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("reportsi.dcm", "structured report"),
        ("waveform_ecg.dcm", "waveform"),
        ("rtplan.dcm", "radiotherapy plan"),
        ("rtstruct.dcm", "structure set"),
        ("test-SR.dcm", "structured report"),
    ],
)
def test_no_image_gives_a_card(name: str, says: str) -> None:
    card = open_instance(sample(name)).picture(0)
    assert isinstance(card, Card)
    assert says in str(card.text)
    assert "UID" not in str(card.title)


def test_every_file_of_pydicom_costs_at_most_itself() -> None:
    for path in sorted(sample("CT_small.dcm").parent.glob("*.dcm")):
        with contextlib.suppress(Undecodable):
            opened = open_instance(path)
            assert isinstance(opened.picture(opened.frames - 1), Picture | Card)


def test_a_truncated_file_is_shown_and_marked() -> None:
    content = picture(sample("MR_truncated.dcm"))
    whole = picture(sample("MR_small.dcm"))
    assert not content.complete
    assert content.pixels.shape == whole.pixels.shape


def test_a_stream_that_lies_about_its_size_is_refused() -> None:
    with pytest.raises(Undecodable, match="header says"):
        picture(sample("JPEG2000-embedded-sequence-delimiter.dcm"))


def changed(tmp_path: Path, name: str, **values: object) -> Path:
    dataset = pydicom.dcmread(sample(name))
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    path = tmp_path / "changed.dcm"
    dataset.save_as(path)
    return path


@pytest.mark.parametrize(
    "values",
    [
        {"Rows": 65535, "Columns": 65535, "BitsAllocated": 64},
        {"Rows": 0},
        {"BitsAllocated": 12},
        {"SamplesPerPixel": 7},
        {"SamplesPerPixel": 3},
    ],
)
def test_an_impossible_header_is_refused_before_anything_is_allocated(
    tmp_path: Path, values: dict[str, object]
) -> None:
    with pytest.raises(Undecodable):
        picture(changed(tmp_path, "CT_small.dcm", **values))


def test_a_frame_count_that_lies_gives_what_exists(tmp_path: Path) -> None:
    path = changed(tmp_path, "CT_small.dcm", NumberOfFrames=3)
    opened = open_instance(path)
    assert opened.frames == 3
    late = opened.picture(2)
    assert isinstance(late, Picture)
    assert not late.complete
    with pytest.raises(Undecodable):
        opened.picture(3)


def test_bits_outside_bits_stored_are_cleared(tmp_path: Path) -> None:
    dirty = struct.pack("<4H", 0xF123, 0x8FFF, 0x0800, 0x0000)
    path = changed(
        tmp_path,
        "CT_small.dcm",
        Rows=2,
        Columns=2,
        BitsStored=12,
        HighBit=11,
        PixelRepresentation=1,
        PixelData=dirty,
    )
    assert picture(path).pixels.ravel().tolist() == [0x123, -1, -2048, 0]
    path = changed(
        tmp_path,
        "CT_small.dcm",
        Rows=2,
        Columns=2,
        BitsStored=12,
        HighBit=15,
        PixelRepresentation=0,
        PixelData=dirty,
    )
    assert picture(path).pixels.ravel().tolist() == [0xF12, 0x8FF, 0x080, 0]


@pytest.mark.parametrize("table", [True, False])
def test_one_frame_of_many_with_and_without_an_offset_table(tmp_path: Path, table: bool) -> None:
    dataset = pydicom.dcmread(sample("examples_ybr_color.dcm"))
    frames = list(pydicom.encaps.generate_frames(dataset.PixelData, number_of_frames=30))
    dataset.PixelData = encapsulate(frames, fragments_per_frame=2, has_bot=table)
    path = tmp_path / "many.dcm"
    dataset.save_as(path)
    for frame in (0, 7, 29):
        np.testing.assert_array_equal(
            picture(path, frame).pixels, picture(sample("examples_ybr_color.dcm"), frame).pixels
        )


def test_a_wrong_transfer_syntax_is_seen_through(tmp_path: Path) -> None:
    dataset = pydicom.dcmread(sample("MR_small_jp2klossless.dcm"))
    dataset.file_meta.TransferSyntaxUID = uid.JPEGBaseline8Bit
    path = tmp_path / "lies.dcm"
    dataset.save_as(path)
    np.testing.assert_array_equal(picture(path).pixels, picture(sample("MR_small.dcm")).pixels)


@pytest.mark.parametrize("size", [0, 10, 131, 200, 1000])
def test_a_file_cut_anywhere_is_a_reason_or_a_card(tmp_path: Path, size: int) -> None:
    path = tmp_path / "cut.dcm"
    path.write_bytes(sample("CT_small.dcm").read_bytes()[:size])
    with contextlib.suppress(Undecodable):
        assert isinstance(open_instance(path).picture(0), Card)
