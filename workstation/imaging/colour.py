"""Converts colour samples or palette indices to RGB32."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workstation.imaging.arrays import Array, Rgb32
from workstation.imaging.decoded_frame import Decoded
from workstation.imaging.picture import Mark, PixelSpec, Undecodable

_OPAQUE = np.uint32(0xFF000000)


@dataclass(frozen=True, slots=True, eq=False)
class Palette:
    """Red, green, blue lookup tables (PS3.3 C.7.6.3.1.5), brought to eight bits each."""

    first: int
    rgb: npt.NDArray[np.uint8]
    marks: tuple[Mark, ...] = ()

    def apply(self, indices: Array) -> Rgb32:
        """The colour of each index; outside the table its first or last one."""
        packed = pack(self.rgb[:, None, :])[:, 0]
        return packed[np.clip(indices.astype(np.int64) - self.first, 0, len(packed) - 1)]


def pack(rgb: Array) -> Rgb32:
    """Rows × columns × 3 bytes as Qt's RGB32."""
    out = np.empty((*rgb.shape[:2], 4), np.uint8)
    out[..., 0], out[..., 1], out[..., 2], out[..., 3] = rgb[..., 2], rgb[..., 1], rgb[..., 0], 255
    return out.view("<u4")[..., 0].astype(np.uint32, copy=False) | _OPAQUE


def to_rgb32(decoded: Decoded, spec: PixelSpec) -> Rgb32:
    """Colours of a decoded frame with three samples.

    Raises:
        Undecodable: A colour model that is not supported.
    """
    samples = decoded.pixels
    if samples.ndim != 3 or samples.shape[2] < 3:
        raise Undecodable(
            "{model} with {samples} samples is not drawn.", model=decoded.photometric, samples=spec.samples
        )
    samples = _eight_bits(samples[..., :3], decoded.stored)
    if decoded.photometric.startswith("YBR"):
        return pack(_from_ybr(samples, partial=decoded.photometric.startswith("YBR_PARTIAL")))
    if decoded.photometric != "RGB":
        raise Undecodable("The colour model {model} is not drawn.", model=decoded.photometric or "?")
    return pack(samples)


def _eight_bits(samples: Array, stored: int) -> Array:
    """Samples of so many bits as 0 to 255; eight bits stay, and what says fewer, but holds more."""
    if stored > 8:
        return np.asarray(np.minimum(samples >> stored - 8, 255).astype(np.uint8))
    top = (1 << stored) - 1
    if top < 255 and samples.max() <= top:
        return np.asarray(np.rint(samples * (255 / top)).astype(np.uint8))
    return np.asarray(samples.astype(np.uint8))


def _from_ybr(ybr: Array, *, partial: bool) -> Array:
    """PS3.3 C.7.6.3.1.2: full range; the retired partial range has black at 16."""
    y, cb, cr = (ybr[..., n].astype(np.float32) for n in range(3))
    if partial:
        y, cb, cr = (y - 16) * (255 / 219), (cb - 128) * (255 / 224), (cr - 128) * (255 / 224)
    else:
        cb, cr = cb - 128, cr - 128
    rgb = np.stack((y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb), -1)
    return np.asarray(np.clip(np.rint(rgb), 0, 255).astype(np.uint8))
