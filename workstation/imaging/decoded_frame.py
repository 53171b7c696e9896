"""Defines the result of decoding a frame: its stored values, and what was wrong."""

from __future__ import annotations

from dataclasses import dataclass

from workstation.imaging.arrays import Array
from workstation.imaging.picture import Mark, PixelSpec


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """Stored values, rows × columns (× samples, interleaved), and how their colours are meant now.

    Attributes:
        stored: Bits of a value.
        present: So many pixels, in reading order, are there; None: all. The others are zero.
        marks: What was wrong.
    """

    pixels: Array
    photometric: str
    stored: int
    present: int | None = None
    marks: tuple[Mark, ...] = ()

    @property
    def complete(self) -> bool:
        """Nothing of it is missing."""
        return not any(mark.incomplete for mark in self.marks)


def stored_values(
    pixels: Array, spec: PixelSpec, *, high: int | None = None, signed: bool | None = None
) -> Array:
    """Keep Bits Stored below High Bit and extend the sign: garbage and overlays above go."""
    if spec.floating:
        return pixels
    bits = pixels.dtype.itemsize * 8
    signed = spec.signed if signed is None else signed
    high = spec.high if high is None else high
    up, down = bits - 1 - high, bits - min(spec.stored, bits)
    unsigned = pixels.view(f"u{bits // 8}")
    if up > 0:
        unsigned = unsigned << up
    kind = f"{'i' if signed else 'u'}{bits // 8}"
    return unsigned.view(kind) >> down if down > 0 else unsigned.view(kind)
