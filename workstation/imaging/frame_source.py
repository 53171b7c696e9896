"""Finds the frames of an opened file, also where its header is wrong about how they are stored.

What the bytes begin with decides, and how many there are; then the header.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pydicom import uid

from workstation.dicom.transfer_syntaxes import (
    DEFLATED_FRAME,
    EXPLICIT_LE,
    NATIVE,
    RLE,
    UNCOMPRESSED_FRAGMENTS,
)
from workstation.imaging import image_header
from workstation.imaging.frames import ITEM, UNDEFINED, FrameSource, begins_stream, find_frames, read_at
from workstation.imaging.picture import MAX_FRAMES, Mark, PixelSpec, doubtful
from workstation.imaging.reading import Header, PixelElement
from workstation.imaging.run_length import is_run_length

_HEAD = 64
_BY_STREAM = uid.JPEGBaseline8Bit
"""Of a stream that says itself what it is, JPEG 2000 as well."""
_NO_STREAMS = NATIVE | {RLE, DEFLATED_FRAME, UNCOMPRESSED_FRAGMENTS}


def frame_source(read: Header, pixels: PixelElement, path: Path) -> FrameSource:
    """Where the frames of an opened file are, what its header says of them, and what was wrong with that.

    Raises:
        Undecodable: There are none, or the header gives no size.
    """
    spec = image_header.pixel_spec(read.dataset, pixels.keyword, swapped=not read.little_endian)
    if spec.bits <= 8 and pixels.vr == b"OB":
        spec = replace(spec, swapped=False)
    undefined = pixels.length == UNDEFINED
    there = read.size - pixels.start
    length = there if undefined else min(pixels.length, there)
    head = read_at(read.body, (pixels.start, min(length, _HEAD)))
    if head[:4] == ITEM and (undefined or spec.syntax not in NATIVE):
        return _encapsulated(read, pixels, path, spec)
    native = -(-spec.frames * spec.frame_bits // 8)
    source_path = None if read.held else path
    longer = spec.syntax not in NATIVE and pixels.length > native + 1
    if begins_stream(head) and (undefined or longer or pixels.length < native):
        spec, marks = _as_they_begin(head, length, spec)
        marks = (*pixels.marks, doubtful("Its compressed data are not in fragments."), *marks)
        return FrameSource(
            spec=spec, path=source_path, held=read.held, frames=(((pixels.start, length),),), marks=marks
        )
    marks = pixels.marks
    if undefined:
        marks = (
            *marks,
            doubtful("Its pixel data tell no length, and are not in fragments."),
        )
        length = min(length, native)
    if spec.syntax not in NATIVE:
        marks = (*marks, _not_as_told(spec.syntax))
        spec = replace(spec, syntax=EXPLICIT_LE)
    spec, remarks = _subsampling(spec, length if undefined else pixels.length, spec.frames)
    if not undefined:
        spec, others = _further_frames(spec, length)
        remarks = (*remarks, *others)
    return FrameSource(
        spec=spec,
        path=source_path,
        held=read.held,
        start=pixels.start,
        length=length,
        marks=(*marks, *remarks),
    )


def _further_frames(spec: PixelSpec, length: int) -> tuple[PixelSpec, tuple[Mark, ...]]:
    """Whole frames that follow those the header tells of; an even length may be padding."""
    held, rest = divmod(8 * length, spec.frame_bits)
    if held <= spec.frames or length <= -(-spec.frames * spec.frame_bits // 8) + 1:
        return spec, ()
    whole = rest <= 8 and held <= MAX_FRAMES
    mark = doubtful("Its pixel data hold more than its header says.")
    return replace(spec, frames=held) if whole else spec, (mark,)


def _encapsulated(read: Header, pixels: PixelElement, path: Path, spec: PixelSpec) -> FrameSource:
    end, marks = None, pixels.marks
    if pixels.length != UNDEFINED:
        end = min(read.size, pixels.start + pixels.length)
        marks = (
            *marks,
            doubtful("Its compressed data tell a length, which they must not."),
        )
    read.body.seek(pixels.start)
    size = -(-spec.frame_bits // 8) if spec.syntax in {*NATIVE, UNCOMPRESSED_FRAGMENTS} else 0
    extended = image_header.extended_offsets(read.dataset)
    frames, remarks = find_frames(read.body, spec.frames, extended, end, size)
    first = frames[0]
    head = read_at(read.body, (first[0][0], min(first[0][1], _HEAD)))
    spec, others = _as_they_begin(head, sum(length for _, length in first), spec)
    source_path = None if read.held else path
    return FrameSource(
        spec=spec, path=source_path, held=read.held, frames=frames, marks=(*marks, *remarks, *others)
    )


def _as_they_begin(head: bytes, length: int, spec: PixelSpec) -> tuple[PixelSpec, tuple[Mark, ...]]:
    """What a header says of a frame of so many bytes, with the transfer syntax it seems to be in."""
    fills = 0 <= length - -(-spec.frame_bits // 8) <= 1
    syntax = spec.syntax
    if is_run_length(head):
        found = syntax if syntax == UNCOMPRESSED_FRAGMENTS and fills else RLE
    elif begins_stream(head):
        found = (
            _BY_STREAM
            if syntax in _NO_STREAMS and not (syntax == UNCOMPRESSED_FRAGMENTS and fills)
            else syntax
        )
    else:
        found = (
            UNCOMPRESSED_FRAGMENTS if syntax in NATIVE or (fills and syntax not in _NO_STREAMS) else syntax
        )
    marks = () if found == syntax else (_not_as_told(syntax),)
    spec = replace(spec, syntax=found)
    if found != UNCOMPRESSED_FRAGMENTS:
        return spec, marks
    spec, remarks = _subsampling(replace(spec, swapped=spec.swapped and syntax in NATIVE), length, 1)
    return spec, (*marks, *remarks)


def _not_as_told(syntax: str) -> Mark:
    return doubtful(
        "Its pixel data are not stored as its header says ({syntax}).", syntax=uid.UID(syntax).name
    )


def _subsampling(spec: PixelSpec, length: int, frames: int) -> tuple[PixelSpec, tuple[Mark, ...]]:
    """4:2:2 takes two bytes a pixel, else it is none; and three where there is only room for two."""
    every = spec.rows * spec.columns * spec.samples * spec.bits // 8 * frames
    mark = doubtful("Its pixel data do not have the length that {model} has.", model=spec.photometric)
    if spec.subsampled and length >= every:
        return replace(spec, photometric=spec.photometric[: -len("_422")]), (mark,)
    if spec.photometric in ("YBR_FULL", "YBR_PARTIAL") and spec.samples == 3 and not spec.planar:
        packed = replace(spec, photometric=f"{spec.photometric}_422")
        if 0 <= length - packed.frame_bits // 8 * frames <= 1 and length < every:
            return packed, (mark,)
    return spec, ()
