"""Defines what a frame is decoded to: a picture, or a card with the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workstation.dicom.transfer_syntaxes import EXPLICIT_LE
from workstation.errors import UserMessage
from workstation.imaging.cine import Timing
from workstation.imaging.orientation import Sides

if TYPE_CHECKING:
    from workstation.imaging.arrays import Array
    from workstation.imaging.grey_mapping import Grey, Voi

MAX_FRAME_BYTES = 512 * 1024 * 1024
"""No frame that decodes to more is decoded (refused before anything is allocated)."""

MAX_FRAMES = 100_000
"""Frames of one object; what claims more is shown up to here."""


class Undecodable(Exception):
    """A frame that cannot be decoded. ``reason`` is a message for the user."""

    def __init__(self, template: str, **facts: object) -> None:
        self.reason = UserMessage(template, **facts)
        super().__init__(template, facts)

    def __str__(self) -> str:
        return str(self.reason)


@dataclass(frozen=True, slots=True)
class Mark:
    """What was wrong with something that is drawn all the same.

    Attributes:
        reason: In a message.
        incomplete: Part of it is missing; else what is drawn may not be what was meant.
    """

    reason: str
    incomplete: bool = False


def incomplete(template: str, **facts: object) -> Mark:
    """Part of a picture is missing, and why."""
    return Mark(UserMessage(template, **facts), True)


def doubtful(template: str, **facts: object) -> Mark:
    """A picture may not be what was meant, and why."""
    return Mark(UserMessage(template, **facts))


@dataclass(frozen=True, slots=True)
class Segment:
    """What a frame or a mask of a segmentation shows (PS3.3 C.8.20.2).

    Attributes:
        colour: The recommended one, red, green and blue of 0 to 255; None if there is none.
    """

    number: int
    label: str
    colour: tuple[int, int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelSpec:
    """The Image Pixel module (PS3.3 C.7.6.3) of one instance, checked.

    Attributes:
        bits: Bits Allocated, 1, 8, 16, 32 or 64.
        stored: Bits Stored, 1 to ``bits``.
        high: High Bit, below ``bits``.
        floating: Float or Double Float Pixel Data.
        swapped: Words of the file are big endian; with 8 bits or 1: samples share a word (OW).
    """

    rows: int
    columns: int
    samples: int = 1
    bits: int = 16
    stored: int = 16
    high: int = 15
    signed: bool = False
    photometric: str = "MONOCHROME2"
    planar: bool = False
    frames: int = 1
    syntax: str = EXPLICIT_LE
    floating: bool = False
    swapped: bool = False

    @property
    def frame_bits(self) -> int:
        """Bits one uncompressed frame occupies in the file; 4:2:2 has two samples a pixel (C.7.6.3.1.2)."""
        samples = 2 if self.subsampled else self.samples
        return self.rows * self.columns * samples * self.bits

    @property
    def subsampled(self) -> bool:
        """Two pixels in a row share their chrominance, where pixels are not compressed."""
        return self.photometric in ("YBR_FULL_422", "YBR_PARTIAL_422") and self.samples == 3

    @property
    def unit(self) -> int:
        """Bits that are read together: bytes of big endian words stand crosswise (PS3.5 8.1.1)."""
        return 16 if self.swapped and self.bits <= 8 else 8

    @property
    def decoded_bytes(self) -> int:
        """Bytes of one decoded frame."""
        return self.rows * self.columns * self.samples * max(1, self.bits // 8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """What identifies the picture to its reader; texts as the object has them, decoded."""

    name: str = ""
    patient_id: str = ""
    birth_date: str = ""
    study_date: str = ""
    study_description: str = ""
    series_description: str = ""
    modality: str = ""
    number: int | None = None
    sex: str = ""
    series_number: int | None = None
    syntax: str = ""
    lossy: bool = False


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Picture:
    """A decoded frame.

    Attributes:
        pixels: Rows × columns: stored values if ``grey``, else ready RGB32.
        grey: How stored values become grey; None for colour.
        aspect: Height of a pixel divided by its width.
        marks: What was wrong with it; what is missing is black.
        sides: Which side is which side of the patient.
        timing: How long the frames of its clip are shown.
        voi: The window or table it is shown in at first; None for colour.
        halves: Of a big picture, the same pixels at half the size, a quarter, and so on.
        location: Where along its normal it lies, such as "H 12.5 mm".
        overlay: Where overlay planes draw, rows × columns of truth; None: nowhere.
        segments: Whose mask it is, or, of a label map, those that occur in it; empty: no segmentation.
        frames: How many frames its object holds, whatever its header says.
    """

    pixels: Array
    grey: Grey | None
    caption: Caption = field(default_factory=Caption)
    aspect: float = 1.0
    marks: tuple[Mark, ...] = ()
    sides: Sides = field(default_factory=Sides)
    timing: Timing = field(default_factory=Timing)
    voi: Voi | None = None
    halves: tuple[Array, ...] = ()
    location: str = ""
    overlay: Array | None = None
    segments: tuple[Segment, ...] = ()
    frames: int = 1

    @property
    def complete(self) -> bool:
        """Nothing of it is missing."""
        return not any(mark.incomplete for mark in self.marks)

    @property
    def levels(self) -> tuple[Array, ...]:
        """``pixels``, then their ``halves``."""
        return self.pixels, *self.halves

    @property
    def bytes(self) -> int:
        """Memory it takes."""
        overlay = self.overlay.nbytes if self.overlay is not None else 0
        return int(self.pixels.nbytes + sum(half.nbytes for half in self.halves) + overlay)


@dataclass(frozen=True, slots=True)
class Card:
    """Instead of a picture: what the object is, and why it is not drawn.

    Attributes:
        sheet: Lines of plain text to read: the content of a report.
        document: Name extension of the document inside that another program can show, such as "pdf".
        again: The decoding process ended, or the file could not be read: the user may try again.
    """

    title: str
    text: str
    caption: Caption = field(default_factory=Caption)
    sheet: tuple[str, ...] = ()
    document: str = ""
    again: bool = False

    @property
    def bytes(self) -> int:
        """Memory it takes, about."""
        return 1000 + 200 * len(self.sheet)


def not_shown(reason: UserMessage, caption: Caption | None = None, *, again: bool = False) -> Card:
    """The card of an image that cannot be drawn."""
    words = reason
    if caption is not None and caption.syntax:
        words = UserMessage.joined("\n", (reason, UserMessage("Stored {syntax}.", syntax=caption.syntax)))
    return Card(UserMessage("This image cannot be shown"), words, caption or Caption(), again=again)
