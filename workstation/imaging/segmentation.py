"""Reads the segments of a segmentation: numbers, labels, recommended colours (PS3.3 C.8.20.2)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydicom.dataset import Dataset

from workstation.imaging.image_header import integer, items, number, numbers, text
from workstation.imaging.picture import PixelSpec, Segment

_LABEL_MAP = "1.2.840.10008.5.1.4.1.1.66.7"
MAX_SEGMENTS = 65_536
_WHITE = (0.9642, 1.0, 0.8249)
"""D50, to which CIELab values refer (PS3.3 C.10.7.1.1)."""
_TO_RGB = np.array(
    [
        [3.1338561, -1.6168667, -0.4906146],
        [-0.9787684, 1.9161415, 0.0334540],
        [0.0719453, -0.2289914, 1.4052427],
    ]
)
"""From XYZ under D50 to linear sRGB, which refers to D65 (Bradford)."""


def segments_of(dataset: Dataset) -> dict[int, Segment]:
    """Each segment by its number; none if the object is no segmentation."""
    found: dict[int, Segment] = {}
    for item, _ in zip(items(dataset, "SegmentSequence"), range(MAX_SEGMENTS), strict=False):
        segment = integer(item, "SegmentNumber")
        if segment is not None:
            colour = _colour(numbers(item, "RecommendedDisplayCIELabValue"))
            found[segment] = Segment(segment, text(item, "SegmentLabel"), colour)
    return found


def is_label_map(dataset: Dataset) -> bool:
    """Whether each pixel names the segment it belongs to."""
    kind = text(dataset, "SegmentationType")
    return kind == "LABELMAP" or (not kind and text(dataset, "SOPClassUID") == _LABEL_MAP)


def full_range(dataset: Dataset, spec: PixelSpec) -> tuple[float, float] | None:
    """The stored values that its pixels may have, where these are few enough to show them all; else None."""
    if spec.signed or spec.floating or spec.stored > 8:
        return None
    if text(dataset, "SegmentationType") == "FRACTIONAL":
        return 0, number(dataset, "MaximumFractionalValue") or 255
    return 0, (1 << spec.stored) - 1


def _colour(lab: Sequence[float]) -> tuple[int, int, int] | None:
    """Red, green, blue of CIELab values, which are scaled to 16 bits."""
    if len(lab) != 3:
        return None
    light, a, b = lab[0] * 100 / 65535, lab[1] * 255 / 65535 - 128, lab[2] * 255 / 65535 - 128
    y = (light + 16) / 116
    xyz = [_uncurved(one) * white for one, white in zip((y + a / 500, y, y - b / 200), _WHITE, strict=True)]
    linear = np.clip(_TO_RGB @ np.array(xyz), 0, 1)
    curved = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    red, green, blue = (int(one) for one in np.rint(255 * curved))
    return red, green, blue


def _uncurved(value: float) -> float:
    return value**3 if value > 6 / 29 else (value - 4 / 29) * 3 * (6 / 29) ** 2
