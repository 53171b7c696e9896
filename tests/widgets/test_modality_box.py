"""The choice of modalities."""

from __future__ import annotations

from itertools import pairwise

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from workstation.dicom.modalities import MEANINGS, MODALITIES
from workstation.widgets.modality_box import ModalityBox
from workstation.widgets.modality_panel import ModalityPanel


def opened(box: ModalityBox, qtbot: QtBot) -> ModalityPanel:
    """The panel of the box's open menu."""
    box.show()
    box.menu().popup(box.mapToGlobal(box.rect().bottomLeft()))
    qtbot.waitExposed(box.menu())
    return box.panel


def listed(panel: ModalityPanel) -> list[str]:
    """The codes in the list, in their order."""
    rows = (panel.others.item(row) for row in range(panel.others.count()))
    return [row.text().partition("  ·  ")[0] for row in rows]


def test_its_columns_are_equal(qtbot: QtBot) -> None:
    box = ModalityBox()
    qtbot.addWidget(box)
    lefts = [box.panel.boxes[code] for code in MODALITIES[:4]]
    menu = box.menu()
    menu.popup(box.mapToGlobal(box.rect().bottomLeft()))
    qtbot.waitExposed(menu)
    places = [check.geometry().x() for check in lefts]
    menu.close()
    steps = {right - left for left, right in pairwise(places)}
    assert len(steps) == 1


def test_another_modality_is_found_by_its_code_or_meaning(qtbot: QtBot) -> None:
    box = ModalityBox()
    qtbot.addWidget(box)
    panel = opened(box, qtbot)
    assert set(listed(panel)) == set(MEANINGS) - set(MODALITIES)
    for letter in "px":  # typed in a box, it goes to the field
        qtbot.keyClicks(QApplication.focusWidget(), letter)
    assert panel.field.text() == "px"
    assert listed(panel)[0] == "PX"
    qtbot.keyClick(panel.field, Qt.Key.Key_Return)
    assert (box.chosen, panel.field.text(), box.menu().isVisible()) == (("PX",), "", True)
    assert listed(panel)[0] == "PX"
    assert panel.others.item(0).checkState() is Qt.CheckState.Checked
    qtbot.keyClicks(panel.field, "intra-oral")
    assert listed(panel) == ["IO"]
    qtbot.keyClick(panel.field, Qt.Key.Key_Down)
    qtbot.keyClick(panel.others, Qt.Key.Key_Space)
    assert box.chosen == ("PX", "IO")
    panel.boxes["MR"].click()
    assert (box.chosen, box.text()) == (("MR", "PX", "IO"), "MR PX IO")
    qtbot.keyClick(panel.others, Qt.Key.Key_Space)
    assert box.chosen == ("MR", "PX")
    qtbot.keyClick(panel.field, Qt.Key.Key_Escape)
    assert not box.menu().isVisible()


@pytest.mark.parametrize(
    ("typed", "codes"), [("acme 3d", ("ACME 3D",)), ("ct", ("CT",)), ("x-9", ()), ("seventeen letters", ())]
)
def test_what_is_no_known_code_can_be_asked_for(qtbot: QtBot, typed: str, codes: tuple[str, ...]) -> None:
    box = ModalityBox()
    qtbot.addWidget(box)
    panel = opened(box, qtbot)
    qtbot.keyClicks(panel.field, typed)
    qtbot.keyClick(panel.field, Qt.Key.Key_Return)
    assert box.chosen == codes
    if not codes:
        assert listed(panel) == ["A code has letters, digits, blanks and underscores, at most 16."]
    box.menu().close()


def test_what_is_chosen_elsewhere_is_ticked_and_what_is_no_code_skipped(qtbot: QtBot) -> None:
    box = ModalityBox()
    qtbot.addWidget(box)
    panel = opened(box, qtbot)
    with qtbot.waitSignal(box.changed):
        box.choose(["OWN_1", "PX", "CT", "", "p*"])
    assert box.chosen == ("CT", "OWN_1", "PX")
    assert panel.boxes["CT"].isChecked()
    box.menu().close()
    panel = opened(box, qtbot)
    assert listed(panel)[:2] == ["OWN_1", "PX"]
    panel.cleared.emit()
    assert box.chosen == ()
    qtbot.keyClick(panel.field, Qt.Key.Key_Return)  # nothing is typed
    assert not box.menu().isVisible()
