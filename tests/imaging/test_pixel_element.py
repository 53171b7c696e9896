"""Where pixel data lie, also where the header is wrong: the bytes decide, and the picture is marked."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from pydicom import uid

from tests.imaging.made import (
    compressed,
    fragments,
    image,
    noise,
    picture,
    reasons,
    rendered,
    saved,
    shown,
    smooth,
    to_ybr,
    with_pixel_element,
)
from workstation.imaging.grey_mapping import Window
from workstation.imaging.instance import open_instance

OPEN = b"\xff\xff\xff\xff"
GREY = noise(8, 10)
JPEG2000 = imagecodecs.jpeg2k_encode(GREY, codecformat="j2k", level=0, reversible=True)
ENCAPSULATED = "1.2.840.10008.1.2.1.98"


def long(vr: bytes, length: int) -> bytes:
    return vr + b"\0\0" + struct.pack("<I", length)


@pytest.mark.parametrize("vr", [b"OX", b"XX", b"US", b"LO", b"SQ", b"??", b"  ", b"--", b"\0\0", b"ow"])
def test_an_unknown_vr_is_not_an_absent_one(tmp_path: Path, vr: bytes) -> None:
    path = with_pixel_element(tmp_path / "a", image(GREY), long(vr, GREY.nbytes), GREY.tobytes())
    np.testing.assert_array_equal(picture(path).pixels, GREY)
    assert len(reasons(path)) == 1


@pytest.mark.parametrize("vr", [b"OB", b"OW", b"UN", b"OL", b"OV"])
def test_a_vr_that_holds_bytes_is_not_marked(tmp_path: Path, vr: bytes) -> None:
    path = with_pixel_element(tmp_path / "a", image(GREY), long(vr, GREY.nbytes), GREY.tobytes())
    np.testing.assert_array_equal(picture(path).pixels, GREY)
    assert reasons(path) == []


def test_a_short_vr_has_a_short_length(tmp_path: Path) -> None:
    head = b"US" + struct.pack("<H", GREY.nbytes)
    path = with_pixel_element(tmp_path / "a", image(GREY), head, GREY.tobytes())
    np.testing.assert_array_equal(picture(path).pixels, GREY)
    assert len(reasons(path)) == 1


@pytest.mark.parametrize("first", [0, 1, 255])
def test_an_element_without_vr_in_an_explicit_file(tmp_path: Path, first: int) -> None:
    pixels = GREY.copy()
    pixels.reshape(-1)[:8] = first
    head = struct.pack("<I", pixels.nbytes)
    path = with_pixel_element(tmp_path / "a", image(pixels), head, pixels.tobytes())
    np.testing.assert_array_equal(picture(path).pixels, pixels)


@pytest.mark.parametrize("rows", [1, 257])
def test_an_implicit_length_that_looks_like_a_vr(tmp_path: Path, rows: int) -> None:
    """0x2020 bytes: two blanks."""
    pixels = noise(0x2020 // 8, 8) if rows > 1 else noise(1, 0x2020)
    dataset = image(pixels)
    dataset.file_meta.TransferSyntaxUID = uid.ImplicitVRLittleEndian
    path = saved(tmp_path / "a", dataset)
    np.testing.assert_array_equal(picture(path).pixels, pixels)
    assert reasons(path) == []


@pytest.mark.parametrize("frames", [1, 3])
def test_encapsulated_uncompressed(tmp_path: Path, frames: int) -> None:
    pixels = noise(frames, 8, 10, most=4096, kind="<u2")
    dataset = image(pixels if frames > 1 else pixels[0], BitsStored=12, WindowCenter=2048, WindowWidth=4096)
    path = saved(tmp_path / "a", compressed(dataset, ENCAPSULATED, *(one.tobytes() for one in pixels)))
    for number in range(frames):
        np.testing.assert_array_equal(picture(path, number).pixels, pixels[number])
    assert reasons(path) == []


@pytest.mark.parametrize("bits", [1, 8])
def test_encapsulated_uncompressed_masks_and_colours(tmp_path: Path, bits: int) -> None:
    if bits == 1:
        mask = noise(2, 7, 9, most=2)
        dataset = image(mask, BitsAllocated=1, BitsStored=1)
        packed = [np.packbits(one.reshape(-1), bitorder="little").tobytes() for one in mask]
        path = saved(tmp_path / "a", compressed(dataset, ENCAPSULATED, *packed))
        np.testing.assert_array_equal(picture(path, 1).pixels, mask[1])
    else:
        rgb = noise(6, 8, 3)
        dataset = image(rgb, "RGB")
        path = saved(tmp_path / "a", compressed(dataset, ENCAPSULATED, rgb.tobytes()))
        np.testing.assert_array_equal(shown(path), rgb)
    assert reasons(path) == []


@pytest.mark.parametrize("told", [2, 3])
def test_uncompressed_frames_in_several_fragments(tmp_path: Path, told: int) -> None:
    pixels = noise(2, 8, 10)
    parts = [frame.tobytes()[n : n + 32] for frame in pixels for n in (0, 32, 64)]
    dataset = image(pixels, NumberOfFrames=told)
    dataset.file_meta.TransferSyntaxUID = uid.UID(ENCAPSULATED)
    path = with_pixel_element(tmp_path / "a", dataset, b"OB\0\0" + OPEN, fragments(*parts))
    assert open_instance(path).frames == 2
    for number, frame in enumerate(pixels):
        np.testing.assert_array_equal(picture(path, number).pixels, frame)
    assert bool(reasons(path)) == (told == 3)


def test_no_length_and_no_items(tmp_path: Path) -> None:
    content = GREY.tobytes() + b"\xfe\xff\xdd\xe0\0\0\0\0"
    path = with_pixel_element(tmp_path / "a", image(GREY), b"OB\0\0" + OPEN, content)
    np.testing.assert_array_equal(picture(path).pixels, GREY)
    assert reasons(path) == ["Its pixel data tell no length, and are not in fragments."]


@pytest.mark.parametrize("stream", [JPEG2000, GREY.tobytes()])
def test_items_under_a_plain_syntax(tmp_path: Path, stream: bytes) -> None:
    path = with_pixel_element(tmp_path / "a", image(GREY), b"OB\0\0" + OPEN, fragments(stream))
    np.testing.assert_array_equal(picture(path).pixels, GREY)
    assert len(reasons(path)) == 1


@pytest.mark.parametrize("ended", [True, False])
def test_items_within_a_length(tmp_path: Path, ended: bool) -> None:
    dataset = image(GREY)
    dataset.file_meta.TransferSyntaxUID = uid.JPEG2000Lossless
    items = fragments(JPEG2000 + b"\0" * (len(JPEG2000) % 2))[: None if ended else -8]
    path = with_pixel_element(tmp_path / "a", dataset, long(b"OB", len(items)), items + b"\xff" * 20)
    np.testing.assert_array_equal(picture(path).pixels, GREY)
    assert reasons(path) == ["Its compressed data tell a length, which they must not."]


@pytest.mark.parametrize("syntax", [uid.JPEG2000Lossless, uid.RLELossless, uid.ExplicitVRLittleEndian])
def test_a_stream_without_items(tmp_path: Path, syntax: str) -> None:
    black = np.zeros((64, 64), np.uint8)
    stream = imagecodecs.jpeg2k_encode(black, codecformat="j2k", level=0, reversible=True)
    if syntax == uid.RLELossless:
        stream = struct.pack("<16I", 1, 64, *(0,) * 14) + b"\x81\0" * 32
    dataset = image(black)
    dataset.file_meta.TransferSyntaxUID = uid.UID(syntax)
    path = with_pixel_element(tmp_path / "a", dataset, long(b"OB", len(stream)), stream)
    np.testing.assert_array_equal(picture(path).pixels, black)
    assert "Its compressed data are not in fragments." in reasons(path)


def test_plain_pixels_under_a_compressed_syntax(tmp_path: Path) -> None:
    dataset = image(GREY)
    dataset.file_meta.TransferSyntaxUID = uid.JPEGBaseline8Bit
    path = with_pixel_element(tmp_path / "a", dataset, long(b"OW", GREY.nbytes), GREY.tobytes())
    np.testing.assert_array_equal(picture(path).pixels, GREY)
    name = "JPEG Baseline (Process 1)"
    assert reasons(path) == [f"Its pixel data are not stored as its header says ({name})."]


@pytest.mark.parametrize(
    ("told", "held"),
    [
        (uid.RLELossless, "j2k"),
        (uid.JPEG2000Lossless, "rle"),
        (uid.JPEG2000Lossless, "plain"),
        (ENCAPSULATED, "j2k"),
    ],
)
def test_the_stream_before_the_transfer_syntax(tmp_path: Path, told: str, held: str) -> None:
    plane = b"".join(b"\x07" + part.tobytes() for part in GREY.reshape(-1, 8))
    contents = {
        "j2k": JPEG2000,
        "plain": GREY.tobytes(),
        "rle": struct.pack("<16I", 1, 64, *(0,) * 14) + plane,
    }
    path = saved(tmp_path / "a", compressed(image(GREY), told, contents[held]))
    np.testing.assert_array_equal(picture(path).pixels, GREY)
    assert len(reasons(path)) == 1


@pytest.mark.parametrize("planar", [0, 1])
@pytest.mark.parametrize("frames", [1, 2])
@pytest.mark.parametrize("told", ["YBR_FULL_422", "YBR_PARTIAL_422"])
def test_three_bytes_a_pixel_are_not_subsampled(tmp_path: Path, planar: int, frames: int, told: str) -> None:
    rgb = [smooth(), smooth()[::-1]][:frames]
    ybr = np.stack([to_ybr(one) for one in rgb])
    if told == "YBR_PARTIAL_422":
        ybr = partial(ybr)
    dataset = image(ybr if frames > 1 else ybr[0], told, PlanarConfiguration=planar)
    if planar:
        dataset.PixelData = np.ascontiguousarray(np.moveaxis(ybr, -1, 1)).tobytes()
    path = saved(tmp_path / "a", dataset)
    for number in range(frames):
        assert np.abs(shown(path, number).astype(int) - rgb[number]).max() <= 3
    assert reasons(path) == [f"Its pixel data do not have the length that {told} has."]


def partial(full: np.ndarray) -> np.ndarray:
    """Full range made black at 16."""
    scale = np.array([219, 224, 224]) / 255
    return (
        ((full.astype(float) - (0, 128, 128)) * scale + (16, 128, 128)).round().clip(0, 255).astype(np.uint8)
    )


@pytest.mark.parametrize("told", ["YBR_FULL_422", "YBR_PARTIAL_422", "YBR_FULL", "YBR_PARTIAL"])
def test_two_bytes_a_pixel_are_subsampled(tmp_path: Path, told: str) -> None:
    rgb = np.repeat(smooth()[:, ::2], 2, 1)
    ybr = partial(to_ybr(rgb)) if told.startswith("YBR_PARTIAL") else to_ybr(rgb)
    dataset = image(ybr, told)
    pairs = ybr.reshape(-1, 2, 3)
    packed = np.stack((pairs[:, 0, 0], pairs[:, 1, 0], pairs[:, 0, 1], pairs[:, 0, 2]), -1)
    dataset.PixelData = packed.astype(np.uint8).tobytes()
    path = saved(tmp_path / "a", dataset)
    assert np.abs(shown(path).astype(int) - rgb).max() <= 3
    assert bool(reasons(path)) == (not told.endswith("_422"))


def test_more_than_the_header_says_is_marked(tmp_path: Path) -> None:
    path = saved(tmp_path / "a", image(noise(3, 8, 10), NumberOfFrames=2))
    assert reasons(path) == ["Its pixel data hold more than its header says."]


def test_padding_of_a_tiny_image_is_no_second_one(tmp_path: Path) -> None:
    one = image(noise(1, 1))
    one.PixelData = bytes(one.PixelData)[:1] + b"\0"
    assert reasons(saved(tmp_path / "a", one)) == []


@pytest.mark.parametrize("kind", ["<u1", "<u2", "<i2"])
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("padded", [False, True])
def test_missing_rows_are_black_in_any_window(
    tmp_path: Path, kind: str, photometric: str, padded: bool
) -> None:
    pixels = np.arange(256).reshape(16, 16).astype(kind)
    dataset = image(pixels, photometric, WindowCenter=100, WindowWidth=50)
    if padded:
        dataset.add_new("PixelPaddingValue", "SS" if kind == "<i2" else "US", 3)
    dataset.PixelData = pixels.tobytes()[: pixels.nbytes // 2]
    path = saved(tmp_path / "a", dataset)
    for content in (picture(path), replace(picture(path), voi=Window(0, 100_000))):
        levels = rendered(content)
        assert not levels[8:].any()
        assert (levels[7] == levels[7, 0]).all() or levels[7].any()
    assert shown(path)[2, 2] == (255 if photometric == "MONOCHROME1" else 0)
    assert [mark.incomplete for mark in picture(path).marks] == [True]
    assert reasons(path) == ["Its pixel data end after 8 of 16 rows."]


def test_missing_rows_are_black_where_every_value_is_there(tmp_path: Path) -> None:
    pixels = np.arange(512).reshape(32, 16).astype(np.uint8)
    dataset = image(pixels, "MONOCHROME1")
    dataset.PixelData = pixels.tobytes()[:256]
    levels = shown(saved(tmp_path / "a", dataset))
    np.testing.assert_array_equal(levels[:16], 255 - pixels[:16])
    assert not levels[16:].any()


@pytest.mark.parametrize("photometric", ["RGB", "YBR_FULL", "YBR_FULL_422", "PALETTE COLOR", "float"])
def test_missing_rows_are_black_in_colour_too(tmp_path: Path, photometric: str) -> None:
    if photometric == "float":
        dataset = image(noise(16, 16, kind="<u2"), "MONOCHROME1")
        dataset.FloatPixelData = np.linspace(1, 2, 128).astype("<f4").tobytes()
        del dataset.PixelData
    elif photometric == "PALETTE COLOR":
        dataset = image(noise(16, 16), photometric)
        for colour in ("Red", "Green", "Blue"):
            setattr(dataset, f"{colour}PaletteColorLookupTableDescriptor", [256, 0, 8])
            setattr(dataset, f"{colour}PaletteColorLookupTableData", bytes([200]) * 256)
        dataset.PixelData = dataset.PixelData[:128]
    else:
        dataset = image(noise(16, 16, 3), photometric)
        half = 16 * 16 * (2 if photometric.endswith("_422") else 3) // 2
        dataset.PixelData = dataset.PixelData[:half]
    path = saved(tmp_path / "a", dataset)
    levels = shown(path)
    assert levels[:8].any()
    assert not levels[8:].any()
    assert [mark.incomplete for mark in picture(path).marks] == [True]


def test_a_frame_that_is_not_there_at_all_is_black_and_marked(tmp_path: Path) -> None:
    dataset = image(noise(2, 8, 10), NumberOfFrames=3)
    path = saved(tmp_path / "a", dataset)
    assert open_instance(path).frames == 3
    assert not shown(path, 2).any()
    assert reasons(path, 2) == ["Its pixel data end after 0 of 8 rows."]
    assert reasons(path, 1) == []
