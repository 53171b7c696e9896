from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from workstation.dicom.nodes import Node, RetrieveMethod, Tls
from workstation.widgets.nodes_dialog import NodesDialog, copy_of

A = Node(name="PACS-A", ae_title="ARCHIVE", host="10.0.0.5", port=104)
B = Node(
    name="<b>Größe</b> 大学",
    ae_title="B",
    host="b.example",
    port=2762,
    retrieve=RetrieveMethod.MOVE,
    tls=Tls(),
)
C = Node(name="C", ae_title="C", host="::1", port=11112, retrieve=RetrieveMethod.GET)


@pytest.fixture
def dialog(qtbot: QtBot) -> NodesDialog:
    made = NodesDialog((A, B, C))
    qtbot.addWidget(made)
    made.nodes_changed.connect(made.set_nodes)
    made.show()
    return made


def names(dialog: NodesDialog) -> list[str]:
    return [dialog.list.topLevelItem(n).text(0) for n in range(dialog.list.topLevelItemCount())]


def go_to(dialog: NodesDialog, place: int) -> None:
    dialog.list.setCurrentItem(dialog.list.topLevelItem(place))


def test_it_shows_them_in_order(dialog: NodesDialog) -> None:
    assert names(dialog) == ["PACS-A", "<b>Größe</b> 大学", "C"]
    item = dialog.list.topLevelItem(1)
    assert [item.text(n) for n in range(1, 5)] == ["B", "b.example:2762", "C-MOVE", "yes"]
    assert dialog.index == 0


def test_moving_keeps_the_moved_one_current(qtbot: QtBot, dialog: NodesDialog) -> None:
    assert not dialog.up.isEnabled()
    with qtbot.waitSignal(dialog.nodes_changed) as changed:
        dialog.down.click()
    assert changed.args == [(B, A, C)]
    assert names(dialog)[1] == "PACS-A"
    assert dialog.index == 1
    dialog.down.click()
    assert dialog.index == 2
    assert not dialog.down.isEnabled()
    dialog.up.click()
    assert names(dialog) == ["<b>Größe</b> 大学", "PACS-A", "C"]


def test_deleting_asks_first_and_keep_has_the_focus(qtbot: QtBot, dialog: NodesDialog) -> None:
    go_to(dialog, 1)
    with qtbot.assertNotEmitted(dialog.nodes_changed):
        dialog.delete.click()
        assert dialog.question.isVisible()
        assert dialog.focusWidget() is dialog.question.no
        dialog.question.no.click()
        assert not dialog.question.isVisible()
    dialog.delete.click()
    with qtbot.waitSignal(dialog.nodes_changed) as changed:
        dialog.question.yes.click()
    assert changed.args == [(A, C)]
    assert dialog.index == 1


def test_the_question_goes_when_another_becomes_current(dialog: NodesDialog) -> None:
    dialog.delete.click()
    go_to(dialog, 2)
    assert not dialog.question.isVisible()


def test_deleting_all_leaves_adding(dialog: NodesDialog) -> None:
    for _ in range(3):
        dialog.delete.click()
        dialog.question.yes.click()
    assert names(dialog) == []
    assert dialog.index == -1
    assert dialog.add.isEnabled()
    buttons: list[QPushButton] = [dialog.edit, dialog.duplicate, dialog.delete, dialog.up, dialog.down]
    assert not any(button.isEnabled() for button in buttons)


def test_enter_edits_and_nothing_else(qtbot: QtBot, dialog: NodesDialog) -> None:
    added: list[None] = []
    dialog.add_requested.connect(lambda: added.append(None))
    go_to(dialog, 2)
    with qtbot.waitSignal(dialog.edit_requested) as asked:
        qtbot.keyClick(dialog.list, Qt.Key.Key_Return)
    assert asked.args == [2]
    assert not added
    assert dialog.isVisible()


def test_buttons_ask_for_the_current_one(qtbot: QtBot, dialog: NodesDialog) -> None:
    go_to(dialog, 1)
    with qtbot.waitSignal(dialog.edit_requested) as edit:
        dialog.edit.click()
    with qtbot.waitSignal(dialog.duplicate_requested) as duplicate:
        dialog.duplicate.click()
    with qtbot.waitSignal(dialog.add_requested):
        dialog.add.click()
    assert edit.args == duplicate.args == [1]


def test_error_is_said_in_the_dialog(dialog: NodesDialog) -> None:
    dialog.say("Nothing can be written.")
    assert dialog.question.isVisible()
    assert not dialog.question.yes.isVisible()
    dialog.question.no.click()
    assert not dialog.question.isVisible()
    assert len(names(dialog)) == 3


def test_a_copy_has_a_name_of_its_own() -> None:
    assert copy_of(A, ["PACS-A"]).name == "PACS-A 2"
    assert copy_of(A, ["PACS-A", "pacs-a 2"]).name == "PACS-A 3"
    assert copy_of(A, []).host == A.host
