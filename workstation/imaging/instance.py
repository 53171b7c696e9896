"""Opens a file for viewing: reads its header once and finds its frames; decodes nothing yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from workstation.errors import UserMessage
from workstation.imaging import image_header
from workstation.imaging.arrays import Array, Rgb32
from workstation.imaging.cards import card_for
from workstation.imaging.cine import Timing
from workstation.imaging.codecs import decode
from workstation.imaging.colour import Palette, to_rgb32
from workstation.imaging.decoded_frame import Decoded
from workstation.imaging.downscaling import halves
from workstation.imaging.frame_source import frame_source
from workstation.imaging.frames import FrameSource
from workstation.imaging.functional_groups import FunctionalGroups
from workstation.imaging.grey_mapping import Grey
from workstation.imaging.lookup_tables import palette
from workstation.imaging.missing_pixels import as_padding, blackened
from workstation.imaging.native_pixels import UNUSED_BITS
from workstation.imaging.overlays import Plane, drawing, planes
from workstation.imaging.picture import Caption, Card, Mark, Picture, PixelSpec, Undecodable
from workstation.imaging.reading import read_header


@dataclass(frozen=True, kw_only=True)
class Instance:
    """The opened file: either its frames, or the card that stands for it."""

    caption: Caption
    source: FrameSource | None = None
    card: Card | None = None
    groups: FunctionalGroups | None = None
    palette: Palette | None = None
    timing: Timing = field(default_factory=Timing)
    planes: tuple[Plane, ...] = ()
    marks: tuple[Mark, ...] = ()

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
            return self.card or Card(UserMessage("No image"), "", self.caption)
        if 0 <= frame < len(self.groups.order):
            frame = self.groups.order[frame]
        meaning = self.groups.of(frame)
        decoded, content = self._decoded(self.source, frame)
        pixels, grey = self._meant(decoded, self.source.spec, meaning.grey)
        if any(not plane.data for plane in self.planes):  # they are in those bits
            decoded = replace(decoded, marks=tuple(one for one in decoded.marks if one is not UNUSED_BITS))
        overlay, remarks = drawing(self.planes, frame, self.source.spec, content)
        return Picture(
            pixels=pixels,
            grey=grey,
            caption=self.caption,
            aspect=meaning.aspect,
            marks=tuple(
                dict.fromkeys((*decoded.marks, *self.marks, *self.groups.marks, *meaning.marks, *remarks))
            ),
            sides=meaning.sides,
            timing=self.timing,
            voi=grey.default(pixels) if grey is not None else None,
            halves=halves(pixels, grey),
            location=meaning.location,
            overlay=overlay,
            segments=self.groups.segments(meaning, decoded.pixels),
            frames=self.frames,
        )

    def _decoded(self, source: FrameSource, frame: int) -> tuple[Decoded, Callable[[], Array]]:
        """A frame, and what gives its pixels with all the bits that stand in the file."""
        data, offset = source.read(frame), source.bit_offset(frame)
        bits = source.spec.bits
        every_bit = replace(source.spec, stored=bits, high=bits - 1, signed=False)

        def cells() -> Array:
            pixels = decode(data, every_bit, offset).pixels
            return pixels.view(f"u{pixels.dtype.itemsize}")

        return decode(data, source.spec, offset), cells

    def _meant(self, decoded: Decoded, spec: PixelSpec, grey: Grey) -> tuple[Array, Grey | None]:
        """RGB32, or stored values and how they become grey; what is missing is black."""
        colours: Rgb32 | None = None
        if self.palette is not None and decoded.pixels.ndim == 2:
            colours = self.palette.apply(decoded.pixels)
        elif spec.samples > 1:
            colours = to_rgb32(decoded, spec)
        if colours is not None:
            return colours if decoded.present is None else blackened(colours, decoded.present), None
        if decoded.stored != spec.stored and grey.full is not None:
            grey = replace(grey, full=None)  # of bits that are not those
        if decoded.present is None:
            return decoded.pixels, grey
        return as_padding(decoded.pixels, grey, decoded.present)


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
        caption = image_header.caption(dataset)
        whole = read.broken_off is None
        card = card_for(dataset, caption, read.size, has_pixels=pixels is not None, whole=whole)
        if card is not None or pixels is None:
            return Instance(caption=caption, card=card)
        source = frame_source(read, pixels, path)
        spec = source.spec
        colours = palette(dataset, spec) if spec.photometric == "PALETTE COLOR" else None
        overlays, remarks = planes(dataset, spec)
        return Instance(
            caption=caption,
            source=source,
            card=None,
            groups=FunctionalGroups(dataset, spec, source.count),
            palette=colours,
            timing=image_header.clip_timing(dataset),
            planes=overlays,
            marks=(*source.marks, *(colours.marks if colours is not None else ()), *remarks),
        )
