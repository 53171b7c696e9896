"""Maps stored values to grey: modality, window or lookup table, inversion, as one table (PS3.3 C.11).

For pixels of 8 and 16 bits any transfer function is a table of at most 65,536 RGB32 entries, applied in
blocks that stay in the cache. Wider and floating pixels go through the same function directly.

numpy is imported by the functions that use it: the window is built from the values here before any picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from workstation.imaging.arrays import Array, Rgb32

BLOCK = 32_768
"""Pixels looked up at a time: numpy makes an 8-byte index of each, which must stay in the cache."""

Values: TypeAlias = "npt.NDArray[np.float32]"


class Function(StrEnum):
    """VOI LUT Function (PS3.3 C.11.2.1.3)."""

    LINEAR = "LINEAR"
    LINEAR_EXACT = "LINEAR_EXACT"
    SIGMOID = "SIGMOID"


@dataclass(frozen=True, slots=True)
class Window:
    """Window centre and width in modality units."""

    centre: float
    width: float
    function: Function = Function.LINEAR
    name: str = ""

    def apply(self, values: Values) -> Values:
        """Map modality values to 0..1 (PS3.3 C.11.2.1.2.1 and C.11.2.1.3)."""
        import numpy as np

        if self.function is Function.SIGMOID:
            steep = np.float32(-4 / self.width)
            with np.errstate(over="ignore"):
                curve: Values = 1 / (1 + np.exp((values - np.float32(self.centre)) * steep))
            return curve
        exact = self.function is Function.LINEAR_EXACT or self.width < 1
        centre, width = (self.centre, self.width) if exact else (self.centre - 0.5, self.width - 1)
        if width <= 0:  # width 1 is a step: at or below the centre is black
            return (values > centre).astype(np.float32)
        line: Values = values - np.float32(centre)
        line *= np.float32(1 / width)
        line += np.float32(0.5)
        np.clip(line, 0, 1, out=line)
        return line


@dataclass(frozen=True, slots=True, eq=False)
class Lut:
    """A lookup table of a Modality or VOI LUT Sequence (PS3.3 C.11.1.1): unsigned entries."""

    first: int
    entries: npt.NDArray[np.float32]
    top: float
    name: str = ""

    def look_up(self, values: Values) -> Values:
        """The entry of each value; outside the table its first or last one."""
        import numpy as np

        index = np.clip(np.rint(values) - self.first, 0, len(self.entries) - 1).astype(np.int64)
        found: Values = self.entries[index]
        return found

    def apply(self, values: Values) -> Values:
        """Map modality values to 0..1."""
        import numpy as np

        return (self.look_up(values) / np.float32(self.top)).astype(np.float32)

    @property
    def span(self) -> Window:
        """The window over its inputs, from which dragging goes on."""
        return Window(self.first + len(self.entries) / 2, float(len(self.entries)), Function.LINEAR_EXACT)


Voi = Window | Lut


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Grey:
    """How one frame's stored values are meant.

    Attributes:
        voi: The windows and tables the object brings, its default first; empty: choose by the pixels.
        padding: Stored values, from and to, that are no image (PS3.3 C.7.5.1.1.2).
        invert: Lowest value white (MONOCHROME1).
        full: The stored values, from and to, that are shown at first where nothing else is said; None: what
            the pixels have.
        labels: The values are names, not measurements: of these things, and others; None: they are not.
    """

    slope: float = 1.0
    intercept: float = 0.0
    modality: Lut | None = None
    voi: tuple[Voi, ...] = ()
    padding: tuple[float, float] | None = None
    invert: bool = False
    full: tuple[float, float] | None = None
    labels: tuple[int, ...] | None = None

    def to_modality(self, stored: Array) -> Values:
        """Stored values in modality units, Hounsfield for CT."""
        import numpy as np

        if self.modality is not None:
            return self.modality.look_up(stored.astype(np.float32))
        return (stored * np.float64(self.slope) + np.float64(self.intercept)).astype(np.float32)

    def default(self, pixels: Array) -> Voi:
        """The first window or table of the object, else one chosen by the pixels."""
        return self.voi[0] if self.voi else automatic(self, pixels)


def automatic(grey: Grey, pixels: Array) -> Voi:
    """The full range of few bits, else from the 0.1 to the 99.9 percentile without padding.

    Labels have a level each; a constant picture is black.
    """
    import numpy as np

    if grey.labels is not None and grey.full is None:
        return _levels(grey.labels, grey.padding, pixels)
    if grey.modality is None and (grey.slope, grey.intercept) == (1, 0):
        full = (0, 255) if grey.full is None and pixels.dtype == np.uint8 else grey.full
        if full is not None:
            low, high = full
            return Window((low + high) / 2, max(1, high - low), Function.LINEAR_EXACT)
    step = max(1, max(pixels.shape) // 256)
    sample = pixels[::step, ::step].ravel()
    if grey.padding is not None:
        kept = sample[(sample < grey.padding[0]) | (sample > grey.padding[1])]
        sample = kept if kept.size else sample
    values = grey.to_modality(sample)
    values = values[np.isfinite(values)]
    if not values.size:
        return Window(0.5, 1, Function.LINEAR_EXACT)
    low, high = (float(bound) for bound in np.percentile(values, (0.1, 99.9)))
    if high <= low:
        high = low + 1
    return Window((low + high) / 2, high - low, Function.LINEAR_EXACT)


def _levels(declared: tuple[int, ...], padding: tuple[float, float] | None, pixels: Array) -> Voi:
    """A level for each label, the absent ones that are declared as well, evenly from black to white."""
    import numpy as np

    held = np.unique(pixels)
    if padding is not None:
        held = held[(held < padding[0]) | (held > padding[1])]
    known = np.union1d(held.astype(np.float64), np.array((0, *declared), np.float64))
    if known[0] < 0 or known[-1] >= 1 << 16:
        return Window(float(known[0] + known[-1]) / 2, float(known[-1] - known[0]), Function.LINEAR_EXACT)
    ranks = np.searchsorted(known, np.arange(int(known[-1]) + 1), "right") - 1
    return Lut(0, ranks.astype(np.float32), float(max(1, len(known) - 1)))


def table(grey: Grey, voi: Voi, kind: np.dtype[np.generic], *, invert: bool = False) -> Rgb32:
    """The RGB32 entry of each value of an 8- or 16-bit pixel, in the order of its unsigned bits."""
    stored, values = _all_values(grey, kind)
    return _shade(grey, voi, stored, values, invert=invert)


@lru_cache(maxsize=4)
def _all_values(grey: Grey, kind: np.dtype[np.generic]) -> tuple[Array, Values]:
    """All stored values of a kind, in the order of their unsigned bits, and in modality units.

    Kept: dragging the window of a picture asks for them at each step.
    """
    import numpy as np

    stored = np.arange(1 << kind.itemsize * 8, dtype=f"u{kind.itemsize}").view(kind)
    values = grey.to_modality(stored)
    values.flags.writeable = False
    return stored, values


def render(pixels: Array, grey: Grey, voi: Voi, out: Rgb32, *, invert: bool = False) -> None:
    """Fill ``out``, C-contiguous and of the shape of ``pixels``, with RGB32."""
    import numpy as np

    flat, target = np.ascontiguousarray(pixels).reshape(-1), out.reshape(-1)
    if pixels.dtype.kind in "iu" and pixels.dtype.itemsize <= 2:
        shades = table(grey, voi, pixels.dtype, invert=invert)
        flat = flat.view(f"u{pixels.dtype.itemsize}")
        for start in range(0, flat.size, BLOCK):
            # Every index is inside the table, so any mode gives the same; numpy's "wrap" is the fastest.
            shades.take(flat[start : start + BLOCK], mode="wrap", out=target[start : start + BLOCK])
        return
    for start in range(0, flat.size, BLOCK):
        stored = flat[start : start + BLOCK]
        target[start : start + BLOCK] = _shade(grey, voi, stored, grey.to_modality(stored), invert=invert)


def _shade(grey: Grey, voi: Voi, stored: Array, values: Values, *, invert: bool) -> Rgb32:
    """The RGB32 of stored values, which are ``values`` in modality units."""
    import numpy as np

    share = voi.apply(values)
    np.copyto(share, 0, where=np.isnan(share))
    np.clip(share, 0, 1, out=share)
    if grey.invert != invert:
        np.subtract(1, share, out=share)
    share *= 255
    level = np.rint(share, out=share).astype(np.uint32)
    if grey.padding is not None:
        level[(stored >= grey.padding[0]) & (stored <= grey.padding[1])] = 0
    level *= np.uint32(0x010101)
    level |= np.uint32(0xFF000000)
    return level
