"""A picture to show."""

from __future__ import annotations

import numpy as np

from workstation.imaging.grey_mapping import Function, Grey, Lut, Window
from workstation.imaging.picture import Caption, Picture

WINDOW = Window(127.5, 255, Function.LINEAR_EXACT)


def picture(modality: str = "CT", *voi: Window | Lut) -> Picture:
    """One of 16 by 16 pixels of a known patient."""
    pixels = np.arange(256, dtype=np.int16).reshape(16, 16)
    return Picture(
        pixels=pixels, grey=Grey(voi=voi or (WINDOW,)), caption=Caption(name="Doe^John", modality=modality)
    )
