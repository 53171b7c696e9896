"""One file as the viewer needs it: header read once, frames found, nothing decoded yet."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from pydicom import uid

from workstation.errors import Sentence
from workstation.imaging import header
from workstation.imaging.cards import card_for
from workstation.imaging.cine import Timing
from workstation.imaging.codecs import NATIVE, decode
from workstation.imaging.colour import Palette, to_rgb32
from workstation.imaging.frames import UNDEFINED, FrameSource, find_frames
from workstation.imaging.groups import Groups
from workstation.imaging.overlays import Plane, drawing, planes
from workstation.imaging.picture import Array, Caption, Card, Picture, Undecodable
from workstation.imaging.reading import Header, PixelElement, read_header
from workstation.imaging.reduce import halves


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
        read = read_header(file, path)
        dataset, pixels = read.dataset, read.pixels
        if not (dataset.preamble or "SOPClassUID" in dataset or "Rows" in dataset):
            raise Undecodable("It is not a DICOM file.")
        caption = header.caption(dataset)
        whole = read.broken_off is None
        card = card_for(dataset, caption, read.size, has_pixels=pixels is not None, whole=whole)
        if card is not None or pixels is None:
            return Instance(caption, card=card)
        source = frame_source(read, pixels, path)
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


def frame_source(read: Header, pixels: PixelElement, path: Path) -> FrameSource:
    """Where the frames of an opened file are, and what its header says of them.

    Raises:
        Undecodable: It contradicts itself.
    """
    spec = header.pixel_spec(read.dataset, pixels.keyword, swapped=not read.little_endian)
    place = None if read.held else path
    if spec.bits == 8 and pixels.vr == b"OB":
        spec = replace(spec, swapped=False)
    if pixels.length != UNDEFINED:
        length = min(pixels.length, read.size - pixels.start)
        if spec.syntax not in NATIVE:
            spec = replace(spec, syntax=uid.ExplicitVRLittleEndian)  # what is not encapsulated is native
        return FrameSource(spec, place, read.held, pixels.start, length)
    if spec.syntax in NATIVE:
        spec = replace(spec, syntax=uid.JPEGBaseline8Bit)  # the stream itself says what it is
    read.body.seek(pixels.start)
    frames = find_frames(read.body, spec.frames, header.extended_offsets(read.dataset))
    return FrameSource(spec, place, read.held, frames=frames)
