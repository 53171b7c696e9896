"""The results and what stands around them, by key and mouse."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QLabel, QMenu
from pytestqt.qtbot import QtBot
from shiboken6 import Shiboken

from tests.rows import child, first_study, patient
from workstation.dicom.matches import PatientMatch, StudyMatch
from workstation.models.columns import Column
from workstation.models.transfer import Details, Transfer, TransferState
from workstation.models.transfer_cells import TransferColumn
from workstation.models.transfers_model import TransfersModel
from workstation.models.tree_model import TreeModel
from workstation.models.tree_roles import Role
from workstation.widgets.details_panel import DetailsPanel
from workstation.widgets.main_window import MainWindow
from workstation.widgets.row_menu import RowAction, RowMenu
from workstation.widgets.transfer_menu import TransferAction
from workstation.widgets.window_state import restore_window, window_writer

NAMES = ("Adams", "Baker", "Clark", "Davis", "Evans", "Frank")


def study(number: int, name: str, **facts: str) -> StudyMatch:
    return StudyMatch(
        source="A",
        study_uid=f"1.{number}",
        patient=PatientMatch(source="A", patient_id=str(number), name=f"{name}^X"),
        **facts,
    )  # type: ignore[arg-type]


@pytest.fixture
def window(qtbot: QtBot) -> MainWindow:
    window = MainWindow(TreeModel(), TransfersModel())
    qtbot.addWidget(window)
    window.resize(800, 600)
    window.show()
    qtbot.waitExposed(window)
    window.tree.sortByColumn(Column.NAME, Qt.SortOrder.AscendingOrder)
    return window


def fill(window: MainWindow, names: tuple[str, ...] = NAMES) -> TreeModel:
    model = window.tree.model()
    assert isinstance(model, TreeModel)
    model.results.add_studies(
        model.results.begin(), [study(number, name) for number, name in enumerate(names, 1)]
    )
    return model


def test_type_ahead_finds_a_name(window: MainWindow, qtbot: QtBot) -> None:
    fill(window)
    tree = window.tree
    tree.setFocus()
    tree.setCurrentIndex(tree.model().index(0, 0))
    tree.keyboardSearch("Da")
    qtbot.waitUntil(lambda: tree.currentIndex().data() == "Davis, X")  # it looks a slice at a time


def test_letters_typed_into_an_empty_list_find_nothing(window: MainWindow) -> None:
    window.tree.keyboardSearch("Da")
    assert not window.tree.currentIndex().isValid()


def test_several_rows_are_selected_from_the_top(window: MainWindow, qtbot: QtBot) -> None:
    model = fill(window)
    tree = window.tree
    places = [tree.visualRect(model.index(row, 0)).center() for row in (3, 1)]
    qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=places[0])
    control = Qt.KeyboardModifier.ControlModifier
    qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, control, pos=places[1])
    assert tree.selection.numbers == [model.index(row, 0).internalId() for row in (1, 3)]


def test_what_a_person_looks_at_stays_where_it_is(window: MainWindow, qtbot: QtBot) -> None:
    names = tuple(f"M{number:03}" for number in range(60))
    model = fill(window, names)
    tree = window.tree
    current = patient(model, 30)
    number = current.internalId()
    tree.setCurrentIndex(current)
    tree.scrollTo(current)
    before = tree.visualRect(current).y()
    model.results.add_studies(model.results.generation, [study(100 + n, f"A{n:03}") for n in range(25)])
    assert tree.currentIndex().internalId() == number
    assert tree.currentIndex().row() == 55
    assert tree.visualRect(tree.currentIndex()).y() == before


def test_rows_in_sight_are_told(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.tree.rows_seen, check_params_cb=lambda seen: len(seen) == 6):
        model = fill(window)
    assert window.tree.in_sight[0] == model.index(0, 0).internalId()
    with qtbot.waitSignal(window.tree.rows_seen, check_params_cb=lambda seen: len(seen) == 1):
        model.set_filter(str(window.tree.model().index(0, 0).data()))


def test_the_filter_is_told_after_a_pause(window: MainWindow, qtbot: QtBot) -> None:
    told: list[str] = []
    window.results_bar.filter_changed.connect(told.append)
    with qtbot.waitSignal(window.results_bar.filter_changed):
        qtbot.keyClicks(window.results_bar.filter, "doe")
    assert told == ["doe"]


def test_columns_are_chosen_and_come_back(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    menu = QMenu(window)
    window.tree.header().list_columns(menu)
    actions = {action.text(): action for action in menu.actions()}
    assert not actions["Patient · study"].isEnabled()
    actions["Sex"].trigger()
    actions["Mod."].trigger()
    assert not window.tree.isColumnHidden(Column.SEX)
    assert window.tree.isColumnHidden(Column.MODALITY)
    window_writer(window, tmp_path / "window.json")()
    other = MainWindow(TreeModel(), TransfersModel())
    qtbot.addWidget(other)
    restore_window(other, tmp_path / "window.json")
    assert not other.tree.isColumnHidden(Column.SEX)
    assert other.tree.isColumnHidden(Column.MODALITY)


def test_the_menu_offers_what_is_possible(window: MainWindow, qtbot: QtBot) -> None:
    menu = RowMenu(remote=True, held=False, nodes=["A & B"], single=True, parent=window)
    possible = {action.text(): action.isEnabled() for action in menu.actions() if action.text()}
    assert [words for words, able in possible.items() if able] == [
        *("Fetch", "Fetch again", "Fetch in the background…", "Look at one image of each series"),
        *("All studies of this patient", "Studies with the same accession number"),
        *("Studies of the same referring physician, today", "Copy UIDs", "Send from the archive to"),
    ]
    menu = RowMenu(remote=False, held=True, nodes=["A & B"], parent=window)
    entries = {action.text(): action for action in menu.actions()}
    assert not entries["Fetch"].isEnabled()
    with qtbot.waitSignal(menu.chosen) as wished:
        entries["Delete local copy…"].trigger()
    assert wished.args == [RowAction.DELETE, ""]
    send = entries["Send to"].menu()
    with qtbot.waitSignal(menu.chosen) as wished:
        send.actions()[0].trigger()  # type: ignore[union-attr]
    assert wished.args == [RowAction.SEND, "A & B"]


def test_the_menu_offers_destinations_of_an_archive(window: MainWindow, qtbot: QtBot) -> None:
    menu = RowMenu(remote=True, held=False, nodes=[], destinations=[("FOO", "FOO  ·  R & D")], parent=window)
    entries = {action.text(): action for action in menu.actions()}
    known, _, other = entries["Send from the archive to"].menu().actions()  # type: ignore[union-attr]
    assert known.text() == "FOO  ·  R && D"
    with qtbot.waitSignal(menu.chosen) as wished:
        known.trigger()
    assert wished.args == [RowAction.MOVE, "FOO"]
    with qtbot.waitSignal(menu.chosen) as wished:
        other.trigger()
    assert wished.args == [RowAction.MOVE, ""]


def test_delete_wishes_for_it(window: MainWindow, qtbot: QtBot) -> None:
    fill(window)
    with qtbot.waitSignal(window.tree.delete_requested):
        qtbot.keyClick(window.tree, Qt.Key.Key_Delete)


def test_the_menu_opens_by_key(window: MainWindow, qtbot: QtBot) -> None:
    fill(window)
    window.tree.setCurrentIndex(window.tree.model().index(0, 0))
    places: list[QPoint] = []
    window.tree.menu_requested.connect(places.append)
    keyboard = QContextMenuEvent.Reason.Keyboard
    window.tree.contextMenuEvent(QContextMenuEvent(keyboard, QPoint(), QPoint()))
    assert len(places) == 1


def test_a_question_is_answered_by_key(window: MainWindow, qtbot: QtBot) -> None:
    answers: list[str] = []
    question = window.question
    question.ask("Delete <b>it</b>?", "Delete", lambda: answers.append("yes"))
    assert question.no.hasFocus()
    qtbot.keyClick(question.no, Qt.Key.Key_Return)
    assert question.isHidden()
    question.ask("Delete?", "Delete", lambda: answers.append("yes"))
    question.yes.setFocus()
    qtbot.keyClick(question.yes, Qt.Key.Key_Return)
    assert answers == ["yes"]
    question.ask("Delete?", "Delete", lambda: answers.append("again"))
    qtbot.keyClick(question.yes, Qt.Key.Key_Escape)
    assert question.isHidden()
    assert answers == ["yes"]


def test_what_was_answered_by_key_gives_the_focus_back_to_the_results(
    window: MainWindow, qtbot: QtBot
) -> None:
    fill(window)
    done: list[str] = []
    window.question.ask("Delete?", "Delete", lambda: done.append("deleted"))
    window.question.yes.setFocus()
    qtbot.keyClick(window.question.yes, Qt.Key.Key_Return)
    assert window.focusWidget() is window.tree
    window.notice.offer("Deleted.", "Undo", lambda: done.append("undone"))
    window.notice.act.setFocus()
    qtbot.keyClick(window.notice.act, Qt.Key.Key_Return)
    assert done == ["deleted", "undone"]
    assert window.focusWidget() is window.tree
    window.question.ask("Delete?", "Delete", lambda: done.append("deleted"))
    window.criteria.name.setFocus()  # the person types another name
    window.question.dismiss()
    assert window.focusWidget() is window.criteria.name


def test_names_can_be_read_in_another_character_set(window: MainWindow, qtbot: QtBot) -> None:
    bar = window.results_bar
    bar.offer_names([("PACS", "ISO_IR 100", "")], [("ISO_IR 100", "Latin"), ("GB18030", "Chinese")])
    assert window.tree.header().names is bar.names  # in the menu of the columns, too
    [source] = bar.names.actions()
    below = source.menu()
    terms = [action for action in below.actions() if action.actionGroup() is not None]  # type: ignore[union-attr]
    assert [action.isChecked() for action in terms] == [False, True, False]
    with qtbot.waitSignal(bar.names_requested) as wanted:
        below.actions()[2].trigger()  # type: ignore[union-attr]
    assert wanted.args == ["PACS", "GB18030"]


@pytest.mark.parametrize(
    ("chosen", "kept", "checked"), [("GB18030", "", False), ("GB18030", "GB18030", True)]
)
def test_a_character_set_is_kept_and_let_go_by_one_entry(
    window: MainWindow, qtbot: QtBot, chosen: str, kept: str, checked: bool
) -> None:
    bar = window.results_bar
    bar.offer_names([("P&CS", chosen, kept)], [("GB18030", "Chinese")])
    always = bar.names.actions()[0].menu().actions()[-1]  # type: ignore[union-attr]
    assert (always.text(), always.isChecked()) == ("Always for P&&CS", checked)
    with qtbot.waitSignal(bar.names_kept) as wanted:
        always.trigger()
    assert wanted.args == ["P&CS", "" if checked else "GB18030"]


def test_nothing_is_kept_while_names_are_as_the_archive_says(window: MainWindow) -> None:
    bar = window.results_bar
    bar.offer_names([("PACS", "", "")], [("GB18030", "Chinese")])
    always = bar.names.actions()[0].menu().actions()[-1]  # type: ignore[union-attr]
    assert (always.isEnabled(), always.isChecked()) == (False, False)


def test_a_message_takes_the_whole_line(window: MainWindow) -> None:
    model = fill(window, ("Adams",))
    index = first_study(model)
    window.tree.open_row(index)
    model.results.filled(
        model.results.generation, index.internalId(), complete=False, error="A is gone for good."
    )
    message = child(index)
    assert message.data(Role.MESSAGE)
    window.tree.setColumnWidth(Column.NAME, 100)
    beyond = window.tree.visualRect(message.siblingAtColumn(Column.DATE))
    drawn = window.tree.viewport().grab(beyond).toImage()
    colours = {drawn.pixel(x, y) for x in range(drawn.width()) for y in range(drawn.height())}
    assert len(colours) > 1
    window.tree.setCurrentIndex(message)
    assert window.tree.selection.numbers == []


def test_transfers_are_counted_and_cleared(window: MainWindow, qtbot: QtBot) -> None:
    strip = window.transfers
    model = strip.view.model()
    assert isinstance(model, TransfersModel)
    assert not strip.finished.isEnabled()
    strip.unfold()
    assert strip.view.isHidden()
    model.add(Transfer(1, "x", "A", TransferState.RUNNING))
    model.add(Transfer(2, "y", "A", TransferState.COMPLETE))
    strip.sum_up()
    assert strip.title.text() == "1 running  ·  0 images so far"
    strip.set_listening("Listening on port 104 as ME")
    for number in (3, 4):
        model.add(Transfer(number, "z", "A", TransferState.QUEUED))
    strip.sum_up()
    assert strip.title.text() == "1 running, 2 waiting  ·  0 images so far  ·  Listening on port 104 as ME"
    for number in (3, 4):
        model.remove(number)
    strip.set_listening("")
    assert strip.view.isVisible()
    with qtbot.waitSignal(strip.chosen) as chosen:
        strip.finished.click()
    assert chosen.args == [TransferAction.CLEAR, 0]
    with qtbot.waitSignal(strip.chosen) as chosen:
        strip.view.setCurrentIndex(model.index(0, TransferColumn.DETAILS))
        qtbot.keyClick(strip.view, Qt.Key.Key_Return)
    assert chosen.args == [TransferAction.DETAILS, 2]


def test_what_begins_to_run_comes_into_sight(window: MainWindow, qtbot: QtBot) -> None:
    view, model = window.transfers.view, window.transfers.view.model()
    assert isinstance(model, TransfersModel)
    window.transfers.unfold()
    for number in range(1, 31):
        model.add(Transfer(number, "x", "A"))
    window.transfers.sum_up()
    qtbot.waitExposed(view)
    first = model.find(30)
    assert first is not None
    index = model.index(29, TransferColumn.TITLE)
    assert not view.viewport().rect().contains(view.visualRect(index))
    first.state = TransferState.RUNNING
    model.tell(first)
    assert view.viewport().rect().contains(view.visualRect(index).center())
    view.scrollToTop()
    model.tell(first)  # it goes on, and the person looks elsewhere
    assert not view.viewport().rect().contains(view.visualRect(index))


def test_details_show_plain_text(qtbot: QtBot) -> None:
    details = Details(
        "<b>t</b>", "It <i>failed</i>.", "0xA702", report=(("1.2.3", "<u>why</u>"),), command="getscu"
    )
    panel = DetailsPanel(details)
    panel.set_masked(False)
    qtbot.addWidget(panel)
    assert panel.report.toPlainText() == "1.2.3   <u>why</u>"
    assert panel.command.toPlainText() == "getscu"
    shown = [label.text() for label in panel.findChildren(QLabel)]
    assert shown[:4] == ["<b>t</b>", "It <i>failed</i>.", "0xA702", "Missing (1)"]


def test_no_column_is_out_of_sight_at_first(window: MainWindow) -> None:
    """Whatever the sizes the tree went through before it was shown."""
    window.resize(1440, 900)
    tree = window.tree
    assert tree.header().length() == tree.viewport().width() - tree.verticalScrollBar().sizeHint().width()


def test_a_window_that_goes_right_after_it_was_painted_says_nothing_more(qtbot: QtBot) -> None:
    window = MainWindow(TreeModel(), TransfersModel())
    window.show()
    window.grab()  # paints it
    window.close()
    window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # type: ignore[call-overload]
    QApplication.processEvents()
    assert not Shiboken.isValid(window)  # and no message of Qt's, which would fail the test


@pytest.mark.parametrize(
    ("details", "tab", "text"),
    [
        (Details("CT", "It failed."), "Missing", "It is not known what is missing."),
        (Details("CT", "", whole=True), "Missing", "Nothing is known to be missing."),
        (Details("CT", "", fetch=False), "Remarks", "No remarks about single objects."),
        (Details("CT", "", report=(("1.2", "why"),), fetch=False), "Remarks (1)", "1.2   why"),
    ],
)
def test_details_claim_nothing_about_what_is_not_known(
    qtbot: QtBot, details: Details, tab: str, text: str
) -> None:
    panel = DetailsPanel(details)
    panel.set_masked(False)
    qtbot.addWidget(panel)
    assert tab in [label.text() for label in panel.findChildren(QLabel)]
    assert panel.report.toPlainText() == text
