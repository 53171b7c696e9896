"""What a decoder is told of a frame of eight bits, and a frame to decode."""

from __future__ import annotations

import numpy as np
from pydicom import uid

from workstation.imaging.picture import PixelSpec

GREY = np.arange(256, dtype=np.uint8).reshape(16, 16)


def spec(
    rows: int,
    columns: int,
    syntax: str = uid.JPEGLSLossless,
    samples: int = 1,
    photometric: str = "MONOCHROME2",
) -> PixelSpec:
    values = {"bits": 8, "stored": 8, "high": 7}
    return PixelSpec(
        rows=rows, columns=columns, samples=samples, photometric=photometric, syntax=syntax, **values
    )
