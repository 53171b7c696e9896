"""One file as the viewer needs it: header read once, frames found, nothing decoded yet."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

import pydicom
from pydicom import uid
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset, FileDataset
from pydicom.errors import InvalidDicomError
from pydicom.sequence import Sequence as Items
from pydicom.tag import BaseTag

from workstation.errors import Sentence
from workstation.imaging import header
from workstation.imaging.cards import card_for
from workstation.imaging.cine import Timing
from workstation.imaging.codecs import NATIVE, decode
from workstation.imaging.colour import Palette, to_rgb32
from workstation.imaging.frames import UNDEFINED, FrameSource, find_frames
from workstation.imaging.groups import Groups
from workstation.imaging.overlays import Plane, drawing, planes
from workstation.imaging.picture import MAX_FRAME_BYTES, Array, Caption, Card, Picture, Undecodable
from workstation.imaging.reduce import halves

_DEFER = 1 << 20
_META = 4096
_PIECE = 1 << 20
_ALWAYS_INFLATED, _MOST_INFLATED = 64 * 1024 * 1024, 20
"""Bytes that are inflated in any case; above them, how many for each byte read so far."""
MAX_DEPTH = 64
"""Sequences inside each other."""
_PIXEL_ELEMENTS = (b"\x08\x00", b"\x09\x00", b"\x10\x00")
_TOO_DEEP = "Its sequences are nested too deeply."
_LONG_FORMS = (b"OB", b"OW", b"OF", b"OD", b"UN", b"OL", b"OV")


@dataclass(frozen=True)
class Instance:
    """The opened file: either its frames, or the card that stands for it."""

    caption: Caption
    source: FrameSource | None = None
    card: Card | None = None
    groups: Groups | None = None
    palette: Palette | None = None
    timing: Timing = field(default_factory=Timing)
    planes: tuple[Plane, ...] = ()

    @property
    def frames(self) -> int:
        """How many pictures it has; a card counts as one."""
        return self.source.count if self.source is not None else 1

    @property
    def held(self) -> int:
        """Bytes of file content kept in memory."""
        return len(self.source.held) if self.source is not None else 0

    def picture(self, frame: int) -> Picture | Card:
        """Read and decode a frame, counted from 0 in the order one looks at them.

        Raises:
            Undecodable: With the reason.
            OSError: The file cannot be read.
        """
        if self.source is None or self.groups is None:
            return self.card or Card(Sentence("No image"), "", self.caption)
        spec = self.source.spec
        if 0 <= frame < len(self.groups.order):
            frame = self.groups.order[frame]
        meaning = self.groups.of(frame)
        content = self.source.read(frame)
        decoded = decode(content, spec, self.source.bit_offset(frame))
        grey = None
        if self.palette is not None and decoded.pixels.ndim == 2:
            pixels: Array = self.palette.apply(decoded.pixels)
        elif spec.samples > 1:
            pixels = to_rgb32(decoded, spec)
        else:
            pixels, grey = decoded.pixels, meaning.grey
        averaged = grey is None or grey.padding is None  # the mean of padding and tissue is neither
        return Picture(
            pixels,
            grey,
            self.caption,
            meaning.aspect,
            decoded.complete,
            meaning.sides,
            self.timing,
            grey.default(pixels) if grey is not None else None,
            halves(pixels, colour=grey is None) if averaged else (),
            meaning.location,
            drawing(self.planes, frame, spec, content) if self.planes else None,
        )


def open_instance(path: Path) -> Instance:
    """Open ``path``.

    Raises:
        Undecodable: It is no DICOM object, or its header contradicts itself.
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        dataset, body, held = _parsed(file, path)
        if "SOPClassUID" not in dataset and not dataset.preamble:
            raise Undecodable("It is not a DICOM file.")
        caption = header.caption(dataset)
        found = _pixel_element(body, little=dataset.original_encoding[1] is not False)
        size = body.seek(0, io.SEEK_END)
        whole = found is not None or ends_early(dataset, size) is None
        card = card_for(dataset, caption, size, has_pixels=found is not None, whole=whole)
        if card is not None or found is None:
            return Instance(caption, card=card)
        source = _source(dataset, body, found, path=None if held else path, held=held)
        palette = header.palette(dataset) if source.spec.photometric == "PALETTE COLOR" else None
        return Instance(
            caption,
            source,
            None,
            Groups(dataset, source.spec, source.count),
            palette,
            header.clip_timing(dataset),
            planes(dataset),
        )


def open_header(path: Path) -> tuple[Dataset, PixelElement | None, BaseTag | None]:
    """The elements of ``path`` before its pixel data, what these are, and the element in which it breaks off.

    Raises:
        Undecodable: It is no DICOM file.
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        dataset, body, _ = _parsed(file, path)
        if not len(dataset):
            raise Undecodable("It is not a DICOM file.")
        found = _pixel_element(body, little=dataset.original_encoding[1] is not False)
        cut = ends_early(dataset, body.seek(0, io.SEEK_END)) if found is None else None
        return dataset, found, cut


def _parsed(file: BinaryIO, path: Path) -> tuple[FileDataset, BinaryIO, bytes]:
    """The header, a file that stands at the pixel data, and the inflated bytes behind it, if deflated."""
    try:
        if _deflated(file):
            parsed = _inflated(file, path)
        else:
            dataset = pydicom.dcmread(file, stop_before_pixels=True, force=True, defer_size=_DEFER)
            parsed = dataset, file, b""
    except (InvalidDicomError, EOFError, struct.error) as broken:
        raise Undecodable("It is not a DICOM file.") from broken
    except OSError as trouble:
        if trouble.errno is not None:
            raise
        raise Undecodable("The file breaks off in the middle of an element.") from trouble  # so says pydicom
    except RecursionError as deep:
        raise Undecodable(_TOO_DEEP) from deep
    except header.BROKEN as broken:
        raise Undecodable("Its header is broken.") from broken
    if _depth(parsed[0]) > MAX_DEPTH:
        raise Undecodable(_TOO_DEEP)
    return parsed


def _depth(dataset: Dataset) -> int:
    """How deep the sequences are nested that were parsed already: those of undefined length."""
    deepest, pending = 0, [(dataset, 0)]
    while pending and deepest <= MAX_DEPTH:
        above, depth = pending.pop()
        deepest = max(deepest, depth)
        for element in above.values():  # as they are: any other way parses and loads them
            if isinstance(element, DataElement) and isinstance(element.value, Items):
                pending += [(item, depth + 1) for item in element.value]
    return deepest


def ends_early(dataset: Dataset, size: int) -> BaseTag | None:
    """The last element, if it claims more bytes than a file of ``size`` bytes has; else None."""
    raw = max(dataset.items(), key=lambda item: item[0], default=(None, None))[1]
    if not isinstance(raw, RawDataElement) or raw.length == UNDEFINED:
        return None
    return raw.tag if raw.value_tell + raw.length > size else None


def _deflated(file: BinaryIO) -> bool:
    start = file.read(_META)
    file.seek(0)
    if start[128:132] != b"DICM" or start[132:136] != b"\x02\x00\x00\x00":
        return False
    return uid.DeflatedExplicitVRLittleEndian.encode() in start[144 : _end_of_meta(start)]


def _inflated(file: BinaryIO, path: Path) -> tuple[FileDataset, BinaryIO, bytes]:
    """Inflate with a bound, which pydicom has not, and read the result as the plain syntax (PS3.5 A.5)."""
    meta = pydicom.filereader.read_file_meta_info(path)
    file.seek(_end_of_meta(file.read(_META)))
    whole = _inflated_bytes(file)
    meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
    plain = pydicom.filereader.read_dataset(
        whole,
        is_implicit_VR=False,
        is_little_endian=True,
        stop_when=lambda tag, vr, length: tag >> 16 == 0x7FE0,
    )
    dataset = FileDataset("", plain, file_meta=meta, is_implicit_VR=False, is_little_endian=True)
    return dataset, whole, whole.getvalue()


def _inflated_bytes(file: BinaryIO) -> io.BytesIO:
    """All that ``file`` inflates to from where it stands, piece by piece until it is too much."""
    inflater, whole, taken = zlib.decompressobj(-zlib.MAX_WBITS), io.BytesIO(), 0
    try:
        while piece := inflater.unconsumed_tail or file.read(_PIECE):
            taken += 0 if inflater.unconsumed_tail else len(piece)
            whole.write(inflater.decompress(piece, _PIECE))
            if whole.tell() > min(MAX_FRAME_BYTES, max(_ALWAYS_INFLATED, _MOST_INFLATED * taken)):
                raise Undecodable("It inflates to more than is drawn.")
        whole.write(inflater.flush())
    except zlib.error as broken:
        raise Undecodable("Its deflated data are broken.") from broken
    whole.seek(0)
    return whole


def _end_of_meta(raw: bytes) -> int:
    """Group 0002 is Explicit VR Little Endian, its length stands first (PS3.10 7.1)."""
    if raw[132:136] != b"\x02\x00\x00\x00":
        raise Undecodable("Its file meta information has no length.")
    return 144 + int(struct.unpack_from("<I", raw, 140)[0])


@dataclass(frozen=True, slots=True)
class PixelElement:
    """Where the pixel data stand in the file."""

    start: int
    length: int
    keyword: str
    vr: bytes


def _pixel_element(file: BinaryIO, *, little: bool) -> PixelElement | None:
    """The pixel data element ``file`` stands at, if it does (PS3.5 7.1)."""
    head = file.read(12)
    group, element = (head[:2], head[2:4]) if little else (head[1::-1], head[3:1:-1])
    if len(head) < 8 or group != b"\xe0\x7f" or element not in _PIXEL_ELEMENTS:
        return None
    order = "<" if little else ">"
    keyword = {8: "FloatPixelData", 9: "DoubleFloatPixelData"}.get(element[0], "PixelData")
    if head[4:6] in _LONG_FORMS and len(head) == 12:
        return PixelElement(file.tell(), int(struct.unpack_from(f"{order}I", head, 8)[0]), keyword, head[4:6])
    length = int(struct.unpack_from(f"{order}I", head, 4)[0])
    return PixelElement(file.seek(file.tell() - len(head) + 8), length, keyword, b"OW")


def _source(
    dataset: FileDataset, body: BinaryIO, found: PixelElement, *, path: Path | None, held: bytes
) -> FrameSource:
    little = dataset.original_encoding[1] is not False
    spec = header.pixel_spec(dataset, found.keyword, swapped=not little)
    if spec.bits == 8 and found.vr == b"OB":
        spec = replace(spec, swapped=False)
    if found.length != UNDEFINED:
        size = body.seek(0, io.SEEK_END)
        length = min(found.length, size - found.start)
        if spec.syntax not in NATIVE:
            spec = replace(spec, syntax=uid.ExplicitVRLittleEndian)  # what is not encapsulated is native
        return FrameSource(spec, path, held, found.start, length)
    if spec.syntax in NATIVE:
        spec = replace(spec, syntax=uid.JPEGBaseline8Bit)  # the stream itself says what it is
    body.seek(found.start)
    frames = find_frames(body, spec.frames, header.extended_offsets(dataset))
    return FrameSource(spec, path, held, frames=frames)
