"""The window: what is typed, ticked and sized, and what comes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QColor, QCursor
from PySide6.QtWidgets import QApplication, QCheckBox, QLabel, QMenu, QWidget
from pytestqt.qtbot import QtBot

from tests.rows import child, patients
from workstation.dicom import display
from workstation.dicom.criteria import Criteria
from workstation.dicom.date_periods import Period
from workstation.dicom.date_span import DateSpan
from workstation.dicom.further_query import FurtherQuery, Reason
from workstation.dicom.levels import Level
from workstation.dicom.matches import PatientMatch, StudyMatch
from workstation.models.columns import Column
from workstation.models.source_state import Phase, SourceState
from workstation.models.transfer import Transfer, TransferState
from workstation.models.transfer_cells import TransferColumn
from workstation.models.transfers_model import TransfersModel
from workstation.models.tree_model import TreeModel
from workstation.models.tree_roles import Role
from workstation.widgets.form_values import form_values
from workstation.widgets.main_window import MainWindow
from workstation.widgets.source_box import SourceBox
from workstation.widgets.window_state import restore_window, window_writer


@pytest.fixture
def window(qtbot: QtBot) -> MainWindow:
    window = MainWindow(TreeModel(), TransfersModel())
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    return window


def test_the_name_field_has_the_focus(window: MainWindow) -> None:
    assert window.focusWidget() is window.criteria.name


def test_alt_and_a_letter_lead_to_each_field(window: MainWindow, qtbot: QtBot) -> None:
    """The box of modalities aside, whose menu opens and waits."""
    form = window.criteria
    qtbot.waitActive(window)
    for key, field in (
        (Qt.Key.Key_I, form.patient_id),
        (Qt.Key.Key_A, form.accession),
        (Qt.Key.Key_E, form.description),
        (Qt.Key.Key_D, form.dates.periods),
        (Qt.Key.Key_B, form.by),
        (Qt.Key.Key_N, form.name),
    ):
        qtbot.keyClick(window, key, Qt.KeyboardModifier.AltModifier)
        assert field.hasFocus(), field.accessibleName()


def test_enter_searches_for_what_the_fields_say(window: MainWindow, qtbot: QtBot) -> None:
    asked: list[Criteria] = []
    bar = window.criteria
    bar.search_requested.connect(asked.append)
    qtbot.keyClicks(bar.name, " Doe John ")
    qtbot.keyClicks(bar.patient_id, "42*")
    qtbot.keyClicks(bar.accession, "A1")
    qtbot.keyClicks(bar.description, "thorax")
    bar.dates.choose(Period.WEEK)
    bar.modality.boxes["MR"].click()
    bar.modality.boxes["CT"].click()
    qtbot.keyClick(bar.accession, Qt.Key.Key_Return)
    week = date.today() - timedelta(days=7)
    assert asked == [
        Criteria(
            name="Doe John",
            patient_id="42*",
            accession="A1",
            description="thorax",
            modalities=("CT", "MR"),
            span=DateSpan(week),
        )
    ]


def test_enter_searches_once_from_wherever_in_the_form(window: MainWindow, qtbot: QtBot) -> None:
    bar = window.criteria
    asked: list[Criteria] = []
    bar.search_requested.connect(asked.append)
    bar.dates.choose(Period.CHOSEN)
    for field in (bar.name, bar.dates.periods, bar.dates.first, bar.modality, bar.by, bar.button):
        asked.clear()
        qtbot.keyClick(field, Qt.Key.Key_Return)
        assert len(asked) == 1, field


def test_enter_presses_what_has_the_focus(window: MainWindow, qtbot: QtBot) -> None:
    window.criteria.name.setText("Doe")
    qtbot.keyClick(window.criteria.clear, Qt.Key.Key_Return)
    assert not window.criteria.name.text()
    window.set_status("1 study", all_dates=True)
    with qtbot.waitSignal(window.all_dates_requested):
        qtbot.keyClick(window.all_dates, Qt.Key.Key_Return)


def test_down_leads_from_the_form_to_the_first_study(window: MainWindow, qtbot: QtBot) -> None:
    model = window.tree.model()
    assert isinstance(model, TreeModel)
    model.results.add_studies(
        model.results.begin(),
        [
            StudyMatch(
                source="A", study_uid="1.1", patient=PatientMatch(source="A", patient_id="1", name="Doe^John")
            )
        ],
    )
    qtbot.keyClick(window.criteria.name, Qt.Key.Key_Down)
    assert window.focusWidget() is window.tree
    assert window.tree.currentIndex().data(Role.LEVEL) == Level.STUDY
    window.criteria.name.setFocus()
    window.tree.setCurrentIndex(model.index(0, 0))
    qtbot.keyClick(window.criteria.name, Qt.Key.Key_Down)
    assert window.tree.currentIndex().row() == 0  # where the person was


def test_f6_goes_round_the_parts_of_the_page(window: MainWindow, qtbot: QtBot) -> None:
    def press(modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> QWidget:
        qtbot.keyClick(window, Qt.Key.Key_F6, modifier)
        return window.focusWidget()

    window.criteria.patient_id.setFocus()
    assert press() is window.results_bar.filter
    assert press() is window.tree
    assert press() is window.canvas
    assert press() is window.transfers.toggle
    assert press() is window.criteria.name
    model = window.transfers.view.model()
    assert isinstance(model, TransfersModel)
    model.add(Transfer(1, "x", "A"))
    window.transfers.unfold()
    window.transfers.sum_up()
    assert press(Qt.KeyboardModifier.ShiftModifier) is window.transfers.view
    window.invite(True)
    assert press() is window.criteria.name
    assert press() is window.canvas


@pytest.mark.usefixtures("theme")
def test_one_sees_where_the_focus_is(window: MainWindow) -> None:
    model = window.tree.model()
    assert isinstance(model, TreeModel)
    model.results.add_studies(
        model.results.begin(),
        [
            StudyMatch(
                source="A", study_uid="1.1", patient=PatientMatch(source="A", patient_id="1", name="Doe^John")
            )
        ],
    )
    window.tree.setCurrentIndex(model.index(0, 0))
    bar = window.criteria
    for widget in (window.tree, window.canvas, bar.name, bar.dates.periods, bar.by, bar.button, bar.clear):
        window.results_bar.filter.setFocus()
        without = widget.grab().toImage()
        widget.setFocus()
        assert widget.hasFocus()
        assert widget.grab().toImage() != without, widget


def test_empty_fields_are_empty_criteria(window: MainWindow) -> None:
    window.criteria.dates.choose(Period.ANY)
    assert window.criteria.criteria.empty


def test_the_button_stops_while_searching_and_escape_always(window: MainWindow, qtbot: QtBot) -> None:
    stops: list[str] = []
    window.criteria.stop_requested.connect(lambda: stops.append("stop"))
    window.criteria.search_requested.connect(lambda _: stops.append("search"))
    button = window.criteria.button
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    window.criteria.button.set_searching(True)
    assert button.text() == "Stop"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    window.criteria.button.set_searching(False)
    assert button.text() == "Search"
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    qtbot.keyClick(window, Qt.Key.Key_F5)
    assert stops == ["search", "stop", "stop", "search"]


def test_sources_are_check_boxes(window: MainWindow) -> None:
    bar = window.criteria
    bar.set_sources([("A & B", "A & B"), ("library", "Library")], ["library"])
    assert bar.ticked == ["library"]
    box = next(box for box in bar.findChildren(QCheckBox) if box.text() == "A && B")
    box.click()
    assert bar.ticked == ["A & B", "library"]


def test_a_source_says_how_it_stands(window: MainWindow, qtbot: QtBot) -> None:
    bar = window.criteria
    bar.set_sources([("A", "A"), ("B", "B")], ["A", "B"])
    one, other = bar.findChildren(SourceBox)
    bar.source_boxes.set_answer("A", SourceState(Phase.SEARCHING))
    assert one.chip.text() == "searching…"
    bar.source_boxes.set_answer("A", SourceState(Phase.DONE, 3))
    assert one.chip.text() == "3 found"
    assert one.link.isHidden()
    bar.source_boxes.set_answer("A", SourceState(Phase.INCOMPLETE, 5000, loadable=True))
    with qtbot.waitSignal(bar.source_boxes.load_all_requested) as wanted:
        one.link.click()
    assert wanted.args == ["A"]
    bar.source_boxes.set_answer("A", SourceState(Phase.INCOMPLETE, 500, splittable=True, suspected=True))
    assert (one.chip.text(), one.link.text()) == ("500, perhaps more", "Split by date")
    with qtbot.waitSignal(bar.source_boxes.split_requested) as split:
        one.link.click()
    assert split.args == ["A"]
    why = "Whole, except studies without a date."
    bar.source_boxes.set_answer("A", SourceState(Phase.INCOMPLETE, 600, message="Not whole.", whole=False))
    assert (one.chip.text(), one.link.isHidden()) == ("600, not whole", True)
    bar.source_boxes.set_answer("A", SourceState(Phase.DONE, 700, message=why, whole=True))
    assert one.chip.text() == "700, all with a date"
    assert one.chip.toolTip() == display.tool_tip("Whole, except studies without a date.")
    bar.source_boxes.set_answer("A", SourceState(Phase.INCOMPLETE, 5000, loadable=True))
    bar.source_boxes.set_answer("B", SourceState(Phase.FAILED, message="<b>B</b> is gone.", detail="0x0122"))
    assert "&lt;b&gt;" in other.chip.toolTip()
    with qtbot.waitSignal(bar.source_boxes.details_requested) as told:
        other.link.click()
    assert told.args == ["<b>B</b> is gone.", "0x0122"]
    bar.set_sources([("A", "A"), ("C", "C")], ["A", "C"])
    assert bar.sources["A"].chip.text() == "first 5000"


def test_a_source_says_what_it_was_asked_for_besides(window: MainWindow) -> None:
    bar = window.criteria
    bar.set_sources([("A", "A")], ["A"])
    [box] = bar.findChildren(SourceBox)
    turned = FurtherQuery(Reason.OTHER_ORDER, "*DOE*^J*HN*", 2)
    wide = FurtherQuery(Reason.OTHER_SPELLING, "*D*", stopped=True)
    refused = FurtherQuery(Reason.ALONE, "<b>", refused=True)
    bar.source_boxes.set_answer("A", SourceState(Phase.DONE, 2, further=(refused, wide, turned)))
    assert box.chip.text() == "2 found, searched in another order"
    told = box.chip.toolTip().split("<br>")
    assert told[1] == "&lt;b&gt;  without the other criteria: the archive refused this query"
    assert told[2] == "*D*  in other spellings: 0 fit, stopped after many answers"
    assert told[3].startswith("*DOE*^J*HN*  in another order: 2 fit")
    bar.source_boxes.set_answer("A", SourceState(Phase.DONE, 0, further=(refused, wide)))
    assert box.chip.text() == "0 found in 3 queries"
    assert "Nothing matched the search as typed" in told[0]
    capitals = FurtherQuery(Reason.CAPITALS, "DOE*", first=True)
    bar.source_boxes.set_answer("A", SourceState(Phase.DONE, 0, further=(capitals, refused, wide)))
    assert box.chip.text() == "0 found in 3 queries"
    assert "This archive distinguishes capitals; other queries were sent" in box.chip.toolTip()
    bar.source_boxes.set_answer("A", SourceState(Phase.INCOMPLETE, 500, loadable=True, further=(turned,)))
    assert box.chip.text() == "first 500"
    assert "*DOE*^J*HN*" in box.chip.toolTip()
    bar.source_boxes.set_answer("A", SourceState(Phase.INCOMPLETE, 0, loadable=True))
    assert box.chip.text() == "0 found so far"


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_for_a_further_query_has_words(window: MainWindow, reason: Reason) -> None:
    window.criteria.set_sources([("A", "A")], ["A"])
    [box] = window.criteria.findChildren(SourceBox)
    box.set_answer(SourceState(Phase.DONE, 1, further=(FurtherQuery(reason, "x", 1),)))
    assert box.chip.text().startswith("1 found, searched ")
    assert "<br>x  " in box.chip.toolTip()


def test_what_keeps_a_source_from_answering_goes_before_its_answer(window: MainWindow) -> None:
    """In whatever order opening the library and searching it tell how they stand, none is lost."""
    bar = window.criteria
    bar.set_sources([("library", "Library")], ["library"])
    bar.source_boxes.set_answer("library", SourceState(Phase.SEARCHING))
    bar.source_boxes.set_standing("library", SourceState(Phase.CHECKING))
    [box] = bar.findChildren(SourceBox)
    assert box.chip.text() == "checking…"
    bar.source_boxes.set_answer("library", SourceState(Phase.DONE, 3))
    assert box.chip.text() == "checking…"
    bar.set_sources([("A", "A"), ("library", "Library")], ["A", "library"])
    assert bar.sources["library"].chip.text() == "checking…"
    bar.source_boxes.set_standing("library", None)
    assert bar.sources["library"].chip.text() == "3 found"


def test_clear_empties_every_field(window: MainWindow) -> None:
    bar = window.criteria
    bar.name.setText("Doe")
    bar.description.setText("x")
    bar.modality.choose(["CT"])
    bar.dates.choose(Period.YESTERDAY)
    bar.clear.click()
    assert bar.criteria == Criteria(span=DateSpan(date.today(), date.today()))


def test_a_search_by_patients_asks_only_about_patients(window: MainWindow) -> None:
    bar = window.criteria
    bar.name.setText("Doe")
    bar.accession.setText("A1")
    bar.by.setCurrentIndex(1)
    assert not bar.accession.isEnabled()
    assert bar.criteria == Criteria(name="Doe")
    assert bar.level is Level.PATIENT


def test_ticks_stay_where_they_are_whatever_their_sources_answer(window: MainWindow) -> None:
    bar = window.criteria
    bar.set_sources([("A", "Hospital"), ("B", "Clinic"), ("C", "Library")], ["A", "B", "C"])
    boxes = list(bar.sources.values())

    def places() -> list[QPoint]:
        QApplication.processEvents()
        return [box.box.mapTo(window, QPoint()) for box in boxes]

    before = places()
    for phase in Phase:
        for found in (0, 12, 12345):
            state = SourceState(phase, found=found, message="It does not answer.", loadable=True)
            for shown in (state, replace(state, splittable=True, suspected=True)):
                bar.source_boxes.set_answer("A", shown)
                assert places() == before, phase
    bar.source_boxes.set_standing("B", SourceState(Phase.CHECKING))
    assert places() == before


def test_search_stays_the_main_button_whatever_had_the_focus(
    window: MainWindow, qtbot: QtBot, theme: None
) -> None:
    button = window.criteria.button

    def colour() -> QColor:
        QApplication.processEvents()
        return button.grab().toImage().pixelColor(6, button.height() // 2)

    before = colour()
    assert before.saturation() > 80
    button.setFocus()
    window.results_bar.filter.setFocus()
    assert colour() == before
    window.question.ask("Delete it?", "Delete", lambda: None)
    assert colour() == before
    calm = window.question.no.grab().toImage().pixelColor(6, window.question.no.height() // 2)
    assert calm != before  # the focus alone makes no main button


def test_the_modality_box_sees_that_the_pointer_has_left(window: MainWindow) -> None:
    box = window.criteria.modality
    QCursor.setPos(window.mapToGlobal(window.tree.geometry().center()))
    box.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
    menu = box.menu()
    menu.popup(box.mapToGlobal(QPoint(0, box.height())))
    menu.close()
    assert not box.underMouse()


def test_what_vanishes_leaves_the_focus_where_the_user_works(window: MainWindow) -> None:
    window.set_status("Nothing was asked for: studies of today", all_dates=True)
    window.all_dates.setFocus()
    window.set_status("12 studies")
    assert window.focusWidget() is window.tree
    window.invite(True)
    window.empty_state.demo.setFocus()
    window.empty_state.set_starting(True)
    assert window.focusWidget() is window.empty_state.add
    window.invite(False)
    assert window.focusWidget() is window.criteria.name


def test_the_link_to_all_dates_does_not_move(window: MainWindow) -> None:
    window.set_status("12 studies", all_dates=True)
    QApplication.processEvents()
    before = window.all_dates.geometry(), window.tree.geometry()
    window.set_status("3 answers do not look like what was asked for  ·  " * 9, all_dates=True)
    QApplication.processEvents()
    assert (window.all_dates.geometry(), window.tree.geometry()) == before


def test_criteria_and_ticks_come_back(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    bar = window.criteria
    bar.set_sources([("A", "A"), ("B", "B")], ["A", "B"])
    bar.findChildren(SourceBox)[0].box.click()
    bar.name.setText("Müller, 'x\"; y")
    bar.patient_id.setText("PID-7")
    bar.accession.setText("ACC-7")
    bar.description.setText("DESC-7")
    bar.modality.choose(["CT", "US"])
    bar.dates.choose(Period.MONTH)
    window_writer(window, tmp_path / "window.json")()
    other = MainWindow(TreeModel(), TransfersModel())
    qtbot.addWidget(other)
    other.criteria.set_sources([("A", "A"), ("B", "B"), ("new", "new")], ["A", "B", "new"])
    restore_window(other, tmp_path / "window.json")
    kept = (tmp_path / "window.json").read_text(encoding="utf-8")
    assert not any(told in kept for told in ("ller", "PID-7", "ACC-7", "DESC-7"))  # a patient's
    assert other.criteria.criteria == replace(
        bar.criteria, name="", patient_id="", accession="", description=""
    )
    assert other.criteria.ticked == ["B", "new"]


def test_a_width_a_person_gave_the_names_comes_back(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window.tree.setColumnWidth(Column.NAME, 333)
    window_writer(window, tmp_path / "window.json")()
    other = MainWindow(TreeModel(), TransfersModel())
    qtbot.addWidget(other)
    restore_window(other, tmp_path / "window.json")
    other.show()
    qtbot.waitExposed(other)
    assert other.tree.columnWidth(Column.NAME) == 333


def test_patients_appear_open_and_activation_tells_rows(window: MainWindow, qtbot: QtBot) -> None:
    model = window.tree.model()
    assert isinstance(model, TreeModel)
    generation = model.results.begin()
    doe = PatientMatch(source="A", patient_id="1", name="Doe^John")
    model.results.add_studies(
        generation, [StudyMatch(source="A", study_uid=uid, patient=doe) for uid in ("1.1", "1.2")]
    )
    patient = model.index(0, 0)
    study = child(patient)
    tree = window.tree
    assert tree.is_open(patient)
    activated: list[int] = []
    chosen: list[int] = []
    tree.row_activated.connect(activated.append)
    tree.row_chosen.connect(chosen.append)
    qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=tree.visualRect(study).center())
    qtbot.keyClick(tree, Qt.Key.Key_Return)
    row = model.row(study)
    assert row is not None
    assert activated == chosen == [row.number]
    place = tree.visualRect(patient).center()
    qtbot.mouseDClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert not tree.is_open(patient)
    assert activated == [row.number]


def test_peer_texts_are_plain(window: MainWindow) -> None:
    window.notice.show_notice("<img src=x> is not there", "<b>0x0122</b>")
    assert window.notice.text == "<img src=x> is not there  (<b>0x0122</b>)"
    labels = window.notice.findChildren(QLabel)
    assert {label.textFormat() for label in labels} == {Qt.TextFormat.PlainText}
    assert window.status.textFormat() is Qt.TextFormat.PlainText


def test_the_action_of_a_transfer_is_clicked(window: MainWindow, qtbot: QtBot) -> None:
    view = window.transfers.view
    model = view.model()
    assert isinstance(model, TransfersModel)
    model.add(Transfer(7, "Doe, John", "A", TransferState.RUNNING))
    window.transfers.unfold()
    window.transfers.sum_up()
    asked: list[int] = []
    window.transfers.action_requested.connect(asked.append)
    for column in (TransferColumn.TITLE, TransferColumn.ACTION):
        place = view.visualRect(model.index(0, column)).center()
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert asked == [7]


def test_geometry_and_columns_come_back(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window.resize(780, 620)  # a screen of the tests is narrower than the window can be
    window.tree.setColumnWidth(Column.NAME, 222)
    window.tree.sortByColumn(Column.NAME, Qt.SortOrder.AscendingOrder)
    window_writer(window, tmp_path / "window.json")()
    other = MainWindow(TreeModel(), TransfersModel())
    qtbot.addWidget(other)
    restore_window(other, tmp_path / "window.json")
    assert other.height() == window.height()
    assert other.tree.columnWidth(Column.NAME) == 222
    model = other.tree.model()
    assert isinstance(model, TreeModel)
    studies = [
        StudyMatch(source="A", study_uid=f"1.{n}", patient=PatientMatch(source="A", patient_id=n, name=n))
        for n in "213"
    ]
    model.results.add_studies(model.results.begin(), studies)
    assert [one.data() for one in patients(model)] == ["1", "2", "3"]


def test_the_line_between_results_and_picture_comes_back_once_it_was_moved(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    def sizes(width: int) -> list[int]:
        window.resize(width, 700)
        qtbot.waitUntil(lambda: sum(window.splitter.sizes()) >= width - 10)
        return window.splitter.sizes()

    for results, picture in (sizes(1280), sizes(1440), sizes(1920)):
        assert 0.38 <= results / (results + picture) <= 0.42
    narrow = sizes(960)
    assert narrow[1] > narrow[0] > 340
    window_writer(window, tmp_path / "before")()
    other = MainWindow(TreeModel(), TransfersModel())
    qtbot.addWidget(other)
    restore_window(other, tmp_path / "before")
    assert not other.splitter.moved
    sizes(1920)
    window.splitter.moveSplitter(700, 1)
    wide, usual = window.splitter.sizes(), sizes(1440)
    assert abs(wide[0] / wide[1] - usual[0] / usual[1]) < 0.02  # both shrink
    window_writer(window, tmp_path / "after")()
    restore_window(other, tmp_path / "after")
    assert other.splitter.moved


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\0",
        b'{"version": 2}',
        b'{"version": 1, "geometry": "junk!", "across": 7, "columns-12-fit": "AAAA", "criteria": [1]}',
        b'{"version": 1, "criteria": {"name": 5, "nothing": "x"}, "names-fit": "yes"}',
    ],
)
def test_a_broken_window_file_is_ignored(window: MainWindow, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "window.json"
    path.write_bytes(content)
    size, criteria = window.size(), form_values(window.criteria)
    restore_window(window, path)
    restore_window(window, tmp_path / "absent.json")
    assert (window.size(), form_values(window.criteria)) == (size, criteria)


def test_the_menu_opens_by_key_and_is_walked_by_keys(window: MainWindow, qtbot: QtBot) -> None:
    seen: list[object] = []

    def walk() -> None:
        popup = QApplication.activePopupWidget()
        seen.append(popup)
        if isinstance(popup, QMenu):
            for _ in window.menu.entries:
                qtbot.keyClick(popup, Qt.Key.Key_Down)
                if popup.activeAction().shortcut().toString() == "Ctrl+,":
                    break
            qtbot.keyClick(popup, Qt.Key.Key_Return)

    QTimer.singleShot(0, walk)  # the menu has an event loop of its own
    with qtbot.waitSignal(window.menu.settings_requested):
        qtbot.keyClick(window, Qt.Key.Key_F10)
    assert seen == [window.menu.menu()]


def test_a_chip_says_what_could_not_be_checked(qtbot: QtBot) -> None:
    box = SourceBox("A", ticked=True)
    qtbot.addWidget(box)
    box.set_answer(SourceState(Phase.DONE, 2, untold=(("InstitutionName", 1), ("PatientComments", 2))))
    assert box.chip.text() == "2 found, unchecked"
    assert box.chip.property("phase") == Phase.INCOMPLETE.value
    assert "Institution: not told by 1 of the answers" in box.chip.toolTip()
    assert "PatientComments: not told by 2" in box.chip.toolTip()
