"""Which fragment belongs to which frame, where Number of Frames or the table of offsets is wrong."""

from __future__ import annotations

import struct
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from pydicom import uid

from tests.imaging.made import fragments, image, noise, picture, reasons, run_length, with_pixel_element
from workstation.imaging.instance import open_instance

FRAMES = noise(4, 12, 16)


def even(stream: bytes) -> bytes:
    return stream + b"\0" * (len(stream) % 2)


STREAMS = {
    uid.JPEGLSLossless: [even(imagecodecs.jpegls_encode(one)) for one in FRAMES],
    uid.JPEG2000Lossless: [
        even(imagecodecs.jpeg2k_encode(one, codecformat="j2k", level=0, reversible=True)) for one in FRAMES
    ],
    uid.RLELossless: [even(run_length(one)) for one in FRAMES],
}


def halved(stream: bytes) -> tuple[bytes, bytes]:
    half = len(stream) // 4 * 2
    return stream[:half], stream[half:]


def offsets(*parts: bytes) -> list[int]:
    """Where each of these fragments begins."""
    return [sum(8 + len(one) for one in parts[:n]) for n in range(len(parts))]


def written(
    path: Path, syntax: str, *parts: bytes, told: int | None = 4, table: list[int] | None = None
) -> Path:
    dataset = image(FRAMES)
    dataset.file_meta.TransferSyntaxUID = uid.UID(syntax)
    if told is None:
        del dataset.NumberOfFrames
    else:
        dataset.NumberOfFrames = told
    raw = struct.pack(f"<{len(table)}I", *table) if table else b""
    return with_pixel_element(path, dataset, b"OB\0\0\xff\xff\xff\xff", fragments(*parts, table=raw))


@pytest.mark.parametrize("syntax", STREAMS)
@pytest.mark.parametrize("told", [1, 2, 3, 4, 5, None])
def test_each_stream_is_a_frame_however_many_are_told(tmp_path: Path, syntax: str, told: int | None) -> None:
    path = written(tmp_path / "a", syntax, *STREAMS[syntax], told=told)
    assert open_instance(path).frames == 4
    for number, frame in enumerate(FRAMES):
        np.testing.assert_array_equal(picture(path, number).pixels, frame)
    assert len(reasons(path)) == (told != 4)


@pytest.mark.parametrize("syntax", [uid.JPEGLSLossless, uid.JPEG2000Lossless])
@pytest.mark.parametrize(
    "table", ["none", "right", "zeros", "repeated", "off", "short", "long", "falling", "far"]
)
def test_frames_in_two_fragments(tmp_path: Path, syntax: str, table: str) -> None:
    parts = [part for stream in STREAMS[syntax] for part in halved(stream)]
    right = offsets(*parts)[::2]
    tables = {
        "none": [],
        "right": right,
        "zeros": [0, 0, 0, 0],
        "repeated": [0, right[1], right[1], right[3]],
        "off": [one + 8 for one in right],
        "short": right[:3],
        "long": [*right, right[3] + 20],
        "falling": [0, right[2], right[1], right[3]],
        "far": [0, 4_000_000_000, 4_100_000_000, 4_200_000_000],
    }
    path = written(tmp_path / "a", syntax, *parts, table=tables[table])
    assert open_instance(path).frames == 4
    for number, frame in enumerate(FRAMES):
        np.testing.assert_array_equal(picture(path, number).pixels, frame)


@pytest.mark.parametrize("syntax", STREAMS)
@pytest.mark.parametrize("split", [True, False])
def test_a_table_that_leaves_out_as_many_frames_as_the_header(
    tmp_path: Path, syntax: str, split: bool
) -> None:
    streams = STREAMS[syntax]
    parts = [part for stream in streams for part in (halved(stream) if split else (stream,))]
    table = offsets(*parts)[:: 1 + split][:2]
    path = written(tmp_path / "a", syntax, *parts, told=2, table=table)
    assert reasons(path) == ["Its header says 2 frames, it holds 4."]
    for number, frame in enumerate(FRAMES):
        np.testing.assert_array_equal(picture(path, number).pixels, frame)


@pytest.mark.parametrize("told", [2, 4, 5])
@pytest.mark.parametrize("listed", [True, False])
def test_a_file_that_breaks_off_shows_the_frames_it_has(tmp_path: Path, told: int, listed: bool) -> None:
    streams = STREAMS[uid.JPEG2000Lossless]
    parts = [part for stream in (*streams, streams[0])[:told] for part in halved(stream)]
    table = offsets(*parts)[::2] if listed else []
    path = written(tmp_path / "a", uid.JPEG2000Lossless, *parts, told=told, table=table)
    whole = path.read_bytes()
    first = whole.index(streams[0][:40])
    path.write_bytes(whole[: first + len(parts[0]) + 8 + len(parts[1])])
    assert open_instance(path).frames == 1
    np.testing.assert_array_equal(picture(path, 0).pixels, FRAMES[0])
    assert reasons(path)


def test_an_extended_table(tmp_path: Path) -> None:
    parts = [part for stream in STREAMS[uid.JPEGLSLossless] for part in halved(stream)]
    dataset = image(FRAMES)
    dataset.file_meta.TransferSyntaxUID = uid.JPEGLSLossless
    dataset.ExtendedOffsetTable = struct.pack("<4Q", *offsets(*parts)[::2])
    path = with_pixel_element(tmp_path / "a", dataset, b"OB\0\0\xff\xff\xff\xff", fragments(*parts))
    for number, frame in enumerate(FRAMES):
        np.testing.assert_array_equal(picture(path, number).pixels, frame)
    assert reasons(path) == []
