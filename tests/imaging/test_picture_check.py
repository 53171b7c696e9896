"""What a decoding process may not say, because drawing it would raise, or never end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydicom.data import get_testdata_file

from workstation.imaging.cine import Timing
from workstation.imaging.grey_mapping import Function, Grey, Lut, Window
from workstation.imaging.instance import open_instance
from workstation.imaging.picture import Picture, Segment
from workstation.imaging.picture_check import is_drawable

NAN, INFINITE = float("nan"), float("inf")
SOUND = Picture(pixels=np.zeros((4, 3), np.uint16), grey=Grey(), voi=Window(1, 2))
TABLE = Lut(0, np.arange(4, dtype=np.float32), 3.0)


@pytest.mark.parametrize(
    "unsound",
    [
        {"pixels": np.zeros((4, 3, 3), np.uint16)},
        {"pixels": np.zeros((0, 3), np.uint16)},
        {"pixels": np.zeros((4, 3), np.bool_)},
        {"grey": None},
        {"overlay": np.zeros((3, 4), np.bool_)},
        {"halves": (np.zeros((2, 1), np.uint8),)},
        {"halves": (np.zeros((2, 1), np.uint16),) * 100},
        *({"aspect": aspect} for aspect in (0.0, -1.0, NAN, INFINITE, 1e308, 1e-300)),
        {"timing": Timing((40.0, NAN))},
        *({"voi": Window(1, width)} for width in (NAN, INFINITE, -1.0)),
        {"voi": Window(NAN, 1)},
        {"voi": Window(1, 0, Function.SIGMOID)},
        {"grey": Grey(voi=(Window(1, 2), Window(1, NAN)))},
        {"grey": Grey(slope=NAN)},
        {"grey": Grey(full=(0.0, INFINITE))},
        {"segments": (Segment(1, "Liver", (256, 0, 0)),)},
        {"grey": Grey(modality=replace(TABLE, entries=np.zeros(0, np.float32)))},
        *({"voi": replace(TABLE, top=top)} for top in (0.0, -1.0, NAN)),
        {"voi": replace(TABLE, first=1 << 62)},
        {"voi": replace(TABLE, entries=np.zeros((2, 2), np.float32))},
        {"voi": replace(TABLE, entries=np.zeros(4, np.uint8))},
    ],
)
def test_what_cannot_be_drawn(unsound: dict[str, object]) -> None:
    assert is_drawable(SOUND)
    assert not is_drawable(replace(SOUND, **unsound))  # type: ignore[arg-type]


def test_what_can() -> None:
    for sound in (
        replace(SOUND, voi=TABLE),
        replace(SOUND, grey=Grey(modality=TABLE, voi=(TABLE, Window(1, 1e-300, Function.SIGMOID)))),
        replace(SOUND, timing=Timing((INFINITE,))),
        replace(SOUND, pixels=np.full((4, 3), 1e20), voi=None),
        replace(SOUND, pixels=np.full((4, 3), 1e20), voi=Grey().default(np.full((4, 3), 1e20))),
        Picture(pixels=np.zeros((4, 3), np.uint32), grey=None),
    ):
        assert is_drawable(sound)
    folder = Path(str(get_testdata_file("CT_small.dcm", download=False))).parent
    shown = 0
    for path in sorted(folder.glob("*.dcm")):
        try:
            picture = open_instance(path).picture(0)
        except Exception:  # noqa: BLE001 - what cannot be read is tested elsewhere
            continue
        assert not isinstance(picture, Picture) or is_drawable(picture), path.name
        shown += isinstance(picture, Picture)
    assert shown > 50
