"""Defines what JPEG, JPEG-LS and JPEG 2000 headers have in common: size, precision, colour, process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from workstation.imaging.picture import Undecodable


class UnknownStream(Undecodable):
    """Bytes that begin as no stream does that is known here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A code stream whose markers have been looked at.

    Attributes:
        precision: Bits of a sample.
        signed: Samples are signed (JPEG 2000 only).
        ycc: The colours are luminance and chrominance; None: the stream does not say.
        process: The SOF marker of a JPEG stream; 0 for JPEG 2000.
        high_throughput: JPEG 2000 with the block coder of ISO/IEC 15444-15.
        transformed: A transform of the colours is undone by decoding (JPEG 2000 only).
        lossy: Information was lost: values may overshoot.
        complete: It goes on to its end marker.
    """

    rows: int
    columns: int
    samples: int
    precision: int
    signed: bool = False
    ycc: bool | None = None
    process: int = 0
    high_throughput: bool = False
    transformed: bool = False
    lossy: bool = False
    complete: bool = True


Size: TypeAlias = tuple[int, int, int]
"""Rows, columns, samples of a pixel."""


def same_size(held: Size, declared: Size | None) -> None:
    """Compare what a stream holds with what the header of its object says, if that is known.

    Raises:
        Undecodable: They differ.
    """
    if declared is not None and held != declared:
        raise Undecodable(
            "Its compressed data hold {held} samples, its header says {declared}.",
            held=" × ".join(map(str, held)),
            declared=" × ".join(map(str, declared)),
        )


def need(sound: bool, codec: str, marker: str) -> None:
    """Go on only if what a marker segment says is ``sound``.

    Raises:
        Undecodable: With the name of the marker.
    """
    if not sound:
        raise Undecodable("Its {codec} data are broken ({marker}).", codec=codec, marker=marker)
