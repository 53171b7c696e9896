"""The choice of modalities."""

from __future__ import annotations

from itertools import pairwise

from pytestqt.qtbot import QtBot

from workstation.dicom.modalities import MODALITIES
from workstation.widgets.modality_box import ModalityBox


def test_its_columns_are_equal(qtbot: QtBot) -> None:
    box = ModalityBox()
    qtbot.addWidget(box)
    lefts = [box.boxes[code] for code in MODALITIES[:4]]
    menu = box.menu()
    menu.popup(box.mapToGlobal(box.rect().bottomLeft()))
    qtbot.waitExposed(menu)
    places = [check.geometry().x() for check in lefts]
    menu.close()
    steps = {right - left for left, right in pairwise(places)}
    assert len(steps) == 1
