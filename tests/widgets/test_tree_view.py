"""The flat list behaves as a tree: by key, by mouse, for who cannot see it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QObject, QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from typing_extensions import override

from tests.rows import below, child, patient, patients
from workstation.dicom.completeness import Completeness, Extent
from workstation.dicom.matches import OPENED, ImageMatch, PatientMatch, SeriesMatch, StudyMatch
from workstation.models.columns import COLUMNS, Column
from workstation.models.tree_model import TreeModel
from workstation.models.tree_roles import Role
from workstation.settings.list_layout import ListLayout
from workstation.widgets.theme import colours
from workstation.widgets.tree_view import TreeView

DEADLINE = 40_000
KEYS = Qt.Key


@pytest.fixture
def view(qtbot: QtBot) -> TreeView:
    """Two patients, the first with two studies; the first study has a series of two images."""
    model = TreeModel()
    view = TreeView(model)
    qtbot.addWidget(view)
    view.resize(900, 400)
    view.show()
    qtbot.waitExposed(view)
    view.sortByColumn(Column.NAME, Qt.SortOrder.AscendingOrder)
    generation = model.results.begin()
    doe, roe = (
        PatientMatch(source="A", patient_id="1", name="Doe^John"),
        PatientMatch(source="A", patient_id="2", name="Roe^Jane"),
    )
    studies = [("1.1", doe, "Abdomen"), ("1.2", doe, "Chest"), ("2.1", roe, "Irma"), ("2.2", roe, "Isa")]
    model.results.add_studies(
        generation,
        [StudyMatch(source="A", study_uid=uid, patient=who, description=what) for uid, who, what in studies],
    )
    number = child(patient(model)).internalId()
    model.results.add_children(
        generation, number, [SeriesMatch(source="A", study_uid="1.1", series_uid="1.1.1", number=1)]
    )
    model.results.filled(generation, number, complete=True)
    series = model.find(number).children[0].number  # type: ignore[union-attr]
    images = [
        ImageMatch(source="A", study_uid="1.1", series_uid="1.1.1", sop_uid=f"1.1.1.{n}", number=n)
        for n in (1, 2)
    ]
    model.results.add_children(generation, series, images)
    model.results.filled(generation, series, complete=True)
    return view


def name(view: TreeView) -> str:
    return str(view.currentIndex().siblingAtColumn(Column.NAME).data())


def press(qtbot: QtBot, view: TreeView, *keys: Qt.Key) -> str:
    for key in keys:
        qtbot.keyClick(view, key)
    return name(view)


def test_left_and_right_go_through_the_levels(view: TreeView, qtbot: QtBot) -> None:
    assert press(qtbot, view, KEYS.Key_Home) == "Doe, John"
    assert press(qtbot, view, KEYS.Key_Right) == "Abdomen"
    assert press(qtbot, view, KEYS.Key_Right) == "Abdomen"
    assert view.is_open(view.currentIndex())
    assert press(qtbot, view, KEYS.Key_Right) == "1  (no description)"
    assert press(qtbot, view, KEYS.Key_Right, KEYS.Key_Right) == "Image 1"
    assert press(qtbot, view, KEYS.Key_Right) == "Image 1"
    assert press(qtbot, view, KEYS.Key_Left) == "1  (no description)"
    assert press(qtbot, view, KEYS.Key_Left) == "1  (no description)"
    assert not view.is_open(view.currentIndex())
    assert press(qtbot, view, KEYS.Key_Left, KEYS.Key_Left, KEYS.Key_Left) == "Doe, John"
    assert press(qtbot, view, KEYS.Key_Left) == "Doe, John"
    assert press(qtbot, view, KEYS.Key_Down) == "Roe, Jane"
    assert press(qtbot, view, KEYS.Key_End) == "Isa"


def test_plus_minus_and_asterisk(view: TreeView, qtbot: QtBot) -> None:
    press(qtbot, view, KEYS.Key_Home, KEYS.Key_Minus)
    model = view.model()
    assert model.rowCount() == 4
    press(qtbot, view, KEYS.Key_Plus)
    assert model.rowCount() == 6
    press(qtbot, view, KEYS.Key_Asterisk)
    assert model.rowCount() == 9


def test_an_arrow_is_clicked_without_choosing_the_row(view: TreeView, qtbot: QtBot) -> None:
    model = view.model()
    assert isinstance(model, TreeModel)
    roe = patients(model)[1]
    view.setCurrentIndex(child(roe))
    cell = view.visualRect(patient(model))
    place = QPoint(cell.left() + 8, cell.center().y())
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert below(patient(model)) == []
    assert name(view) == "Irma"
    qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert len(below(patient(model))) == 2


def test_a_row_that_closes_takes_the_place_of_the_current_one(view: TreeView, qtbot: QtBot) -> None:
    model = view.model()
    assert isinstance(model, TreeModel)
    chosen: list[int] = []
    view.row_chosen.connect(chosen.append)
    view.setCurrentIndex(child(patient(model)))
    view.close_row(patient(model))
    assert name(view) == "Doe, John"
    assert chosen[-1] == patient(model).internalId()


def test_what_is_selected_stays_so_when_it_is_sorted(view: TreeView, qtbot: QtBot) -> None:
    model = view.model()
    assert isinstance(model, TreeModel)
    flags = QItemSelectionModel.SelectionFlag
    # not selectRow, which looks at the keys another test pressed last
    view.selectionModel().setCurrentIndex(model.index(1, 0), flags.ClearAndSelect | flags.Rows)
    view.selectionModel().select(model.index(4, 0), flags.Select | flags.Rows)
    before = set(view.selection.numbers)
    assert len(before) == 2
    current = view.currentIndex().internalId()
    view.sortByColumn(Column.NAME, Qt.SortOrder.DescendingOrder)
    assert set(view.selection.numbers) == before
    assert view.currentIndex().internalId() == current
    assert view.selection.numbers
    view.clearSelection()
    assert not view.selection.numbers


@pytest.fixture
def slow_typing() -> Iterator[None]:
    """However slow this computer is, letters belong together."""
    before = QApplication.keyboardInputInterval()
    QApplication.setKeyboardInputInterval(DEADLINE)
    yield
    QApplication.setKeyboardInputInterval(before)


@pytest.mark.usefixtures("slow_typing")
def test_the_same_letter_goes_from_row_to_row(view: TreeView, qtbot: QtBot) -> None:
    press(qtbot, view, KEYS.Key_Home)
    qtbot.keyClicks(view, "i")
    assert name(view) == "Irma"
    qtbot.keyClicks(view, "i")
    assert name(view) == "Isa"


@pytest.mark.usefixtures("slow_typing")
def test_letters_typed_quickly_are_one_word(view: TreeView, qtbot: QtBot) -> None:
    press(qtbot, view, KEYS.Key_Home)
    qtbot.keyClicks(view, "RO")
    assert name(view) == "Roe, Jane"
    qtbot.keyClicks(view, "x")
    assert name(view) == "Roe, Jane"


def test_a_screen_reader_is_told_where_a_row_stands(view: TreeView) -> None:
    model = view.model()
    assert isinstance(model, TreeModel)
    role = Qt.ItemDataRole.AccessibleDescriptionRole
    assert patient(model).data(role) == "Patient, open"
    assert child(patient(model)).data(role) == "Study, closed"
    assert patient(model).data(Role.DEPTH) == 0


def test_a_header_asks_nothing_about_all_rows(view: TreeView) -> None:
    view.selectAll()
    assert view.header().selectionModel() is not view.selectionModel()
    assert len(view.selection.numbers) == 6


def test_names_take_the_room_the_other_columns_leave(view: TreeView) -> None:
    view.resize(1200, 400)
    room = view.viewport().width() - view.verticalScrollBar().sizeHint().width()
    assert view.header().length() == room
    view.setColumnWidth(Column.ID, 150)
    view.setColumnHidden(Column.SEX, False)
    assert view.header().length() == room
    view.setColumnWidth(Column.NAME, 300)  # a person's own
    view.resize(1300, 400)
    assert view.columnWidth(Column.NAME) == 300


def test_no_column_moves_when_the_rows_become_many(view: TreeView) -> None:
    view.resize(1200, 400)
    before = [view.columnViewportPosition(column) for column in Column]
    model = view.model()
    assert isinstance(model, TreeModel)
    who = [PatientMatch(source="A", patient_id=f"Z{n}", name=f"Zoe{n}") for n in range(60)]
    more = [StudyMatch(source="A", study_uid=f"3.{n}", patient=one) for n, one in enumerate(who)]
    model.results.add_studies(model.results.generation, more)
    view.executeDelayedItemsLayout()
    QApplication.processEvents()
    assert view.verticalScrollBar().isVisible()
    assert [view.columnViewportPosition(column) for column in Column] == before


def test_what_is_cut_off_is_whole_in_the_tool_tip(view: TreeView) -> None:
    model = view.model()
    assert isinstance(model, TreeModel)
    study = child(patient(model))
    tips = [study.siblingAtColumn(column).data(Qt.ItemDataRole.ToolTipRole) for column in Column]
    assert "Abdomen" in tips[Column.NAME]
    assert "Abdomen" in tips[Column.DESCRIPTION]
    assert "A" in tips[Column.SOURCE]
    assert "Abdomen" not in tips[Column.SOURCE]


def test_the_menu_opens_by_key(view: TreeView, qtbot: QtBot) -> None:
    view.setCurrentIndex(view.model().index(0, 0))
    with qtbot.waitSignal(view.menu_requested) as asked:
        qtbot.keyClick(view, KEYS.Key_F10, Qt.KeyboardModifier.ShiftModifier)
    [place] = asked.args
    assert view.rect().contains(view.mapFromGlobal(place))


def test_where_no_rows_are_stands_what_to_do(view: TreeView, qtbot: QtBot) -> None:
    model = view.model()
    assert isinstance(model, TreeModel)
    assert view.words == ""
    model.set_filter("nobody")
    qtbot.waitUntil(lambda: "filter" in view.words, timeout=DEADLINE)
    model.set_filter("")
    model.results.begin()
    assert "Enter" in view.words
    written = view.viewport().grab().toImage()
    view.set_searching(True)
    assert view.words == ""
    assert view.viewport().grab().toImage() != written
    view.set_searching(False)
    assert view.words.startswith("Nothing found")


class _Paintings(QObject):
    """Counts how often a view is painted."""

    def __init__(self, view: TreeView) -> None:
        super().__init__(view)
        self.count = 0
        view.viewport().installEventFilter(self)

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() is QEvent.Type.Paint
        return False


def test_only_what_can_be_seen_is_painted_when_rows_come(qtbot: QtBot) -> None:
    model = TreeModel()
    view = TreeView(model)
    qtbot.addWidget(view)
    view.resize(900, 400)
    view.show()
    qtbot.waitExposed(view)
    view.sortByColumn(Column.DATE, Qt.SortOrder.DescendingOrder)
    generation = model.results.begin(["A", "B"])

    def come(number: int, day: str, source: str = "A") -> None:
        patient = PatientMatch(source=source, patient_id=f"ID{number}", issuer="I", name=f"Doe{number}^Jane")
        model.results.add_studies(
            generation, [StudyMatch(source=source, study_uid=f"1.2.{number}", patient=patient, date=day)]
        )

    for number in range(60):
        come(number, f"2026{1 + number // 28:02}{1 + number % 28:02}")
    view.setCurrentIndex(QModelIndex())  # nothing in particular is looked at
    view.scrollToTop()
    paintings = _Paintings(view)
    top = patient(model).data()

    def painted() -> bool:
        """Whether it was, a frame and more after everything else is done."""
        before = paintings.count
        qtbot.wait(120)
        return paintings.count > before

    painted()
    assert not painted()
    for number in range(100, 150):
        come(number, "20250101")
    assert not painted()
    assert model.rowCount() == 110

    come(200, "20261231")
    assert painted()
    assert patient(model).data() != top

    come(200, "20261231", "B")  # the same row, from another source too
    assert painted()
    assert patient(model, column=Column.SOURCE).data() == "A, B"

    view.setCurrentIndex(patient(model, 30))
    painted()
    place = view.visualRect(view.currentIndex()).y()
    come(300, "20270101")  # above what is in sight, which stays where it is
    assert not painted()
    assert view.visualRect(view.currentIndex()).y() == place

    model.results.show_names("A", "ISO_IR 100")
    assert painted()


def test_space_asks_for_samples_but_belongs_to_a_name_that_is_typed(view: TreeView, qtbot: QtBot) -> None:
    asked: list[bool] = []
    view.samples_requested.connect(lambda: asked.append(True))
    press(qtbot, view, KEYS.Key_Home, KEYS.Key_Right)
    chosen = view.selection.numbers
    qtbot.keyClick(view, KEYS.Key_Space)
    assert asked == [True]
    assert view.selection.numbers == chosen  # it moves and selects nothing
    qtbot.keyClicks(view, "r")
    qtbot.keyClick(view, KEYS.Key_Space)
    assert asked == [True]
    qtbot.keyClick(view, KEYS.Key_Space, Qt.KeyboardModifier.ControlModifier)
    assert asked == [True]
    assert view.selection.numbers == []  # it toggles the current row, as in every list


@pytest.fixture
def alone(qtbot: QtBot) -> TreeView:
    """Two patients with one study each, the first with a series."""
    model = TreeModel()
    view = TreeView(model)
    qtbot.addWidget(view)
    view.resize(512, 400)
    view.show()
    qtbot.waitExposed(view)
    view.sortByColumn(Column.NAME, Qt.SortOrder.AscendingOrder)
    generation = model.results.begin()
    model.results.add_studies(generation, [one_study("1.1", "Doe^John"), one_study("2.1", "Roe^Jane")])
    number = model.index(0, 0).internalId()
    model.results.add_children(
        generation, number, [SeriesMatch(source="A", study_uid="1.1", series_uid="1.1.1", number=1)]
    )
    model.results.filled(generation, number, complete=True)
    return view


def one_study(uid: str, name: str) -> StudyMatch:
    patient = PatientMatch(source="A", patient_id=name, name=name)
    return StudyMatch(source="A", study_uid=uid, patient=patient, description="Chest")


def test_keys_go_through_a_study_that_stands_alone(alone: TreeView, qtbot: QtBot) -> None:
    assert press(qtbot, alone, KEYS.Key_Home) == "Doe, John"
    assert press(qtbot, alone, KEYS.Key_Right, KEYS.Key_Right) == "1  (no description)"
    assert press(qtbot, alone, KEYS.Key_Left) == "Doe, John"
    assert press(qtbot, alone, KEYS.Key_Left, KEYS.Key_Left) == "Doe, John"
    assert alone.model().rowCount() == 2
    with qtbot.waitSignal(alone.row_activated) as entered:
        press(qtbot, alone, KEYS.Key_Return)
    assert entered.args == [alone.currentIndex().internalId()]


@pytest.mark.usefixtures("slow_typing")
def test_the_name_of_its_patient_is_found_by_typing(alone: TreeView, qtbot: QtBot) -> None:
    press(qtbot, alone, KEYS.Key_Home)
    qtbot.keyClicks(alone, "ro")
    assert name(alone) == "Roe, Jane"


def test_a_second_study_leaves_the_current_row_where_it_is(alone: TreeView, qtbot: QtBot) -> None:
    model = alone.model()
    assert isinstance(model, TreeModel)
    alone.setCurrentIndex(model.index(1, 0))
    number, before = alone.currentIndex().internalId(), alone.selection.numbers
    model.results.add_studies(
        model.results.generation, [one_study(f"3.{n}", f"Aaa{n}^X") for n in range(100)]
    )
    alone.scrollTo(alone.currentIndex(), TreeView.ScrollHint.PositionAtCenter)
    place = alone.visualRect(alone.currentIndex()).y()
    model.results.add_studies(model.results.generation, [one_study("2.2", "Roe^Jane")])
    assert (alone.currentIndex().internalId(), alone.selection.numbers) == (number, before)
    assert alone.visualRect(alone.currentIndex()).y() == place


def test_the_columns_fit_the_narrowest_list(alone: TreeView) -> None:
    shown = [column for column in Column if not alone.isColumnHidden(column)]
    assert shown == [Column.NAME, Column.DATE, Column.MODALITY, Column.IMAGES]
    bar = alone.verticalScrollBar().sizeHint().width()  # its room is kept free
    assert alone.header().length() == alone.viewport().width() - bar
    assert not alone.horizontalScrollBar().isVisible()


def test_marks_are_painted_in_the_column_of_the_images(alone: TreeView) -> None:
    model = alone.model()
    assert isinstance(model, TreeModel)
    row = model.row(model.index(1, 0))
    assert row is not None

    def painted() -> QImage:
        return alone.viewport().grab(alone.visualRect(model.index(1, Column.IMAGES))).toImage()

    pictures = []
    for extent in Extent:
        row.known = Completeness(extent, 0 if extent is Extent.NOTHING else 5, 5)
        row.asked = frozenset("A")
        model.results.changes.changed(row)
        pictures.append(painted())
    partial, received = pictures[list(Extent).index(Extent.PARTIAL)], pictures[2]
    complete, nothing = pictures[-1], pictures[0]
    assert complete not in (nothing, partial, received)
    assert partial not in (nothing, received)
    assert received != nothing


def test_in_a_flat_list_keys_open_and_close_studies(qtbot: QtBot, view: TreeView) -> None:
    model = view.model()
    assert isinstance(model, TreeModel)
    model.visible.lay_out(ListLayout.FLAT)
    assert model.rowCount() == 4
    view.setCurrentIndex(model.index(0, 0))
    qtbot.keyClick(view, KEYS.Key_Right)
    assert model.rowCount() == 5
    qtbot.keyClick(view, KEYS.Key_Right)
    assert view.currentIndex().row() == 1
    qtbot.keyClick(view, KEYS.Key_Left)
    assert view.currentIndex().row() == 0
    qtbot.keyClick(view, KEYS.Key_Left)
    qtbot.keyClick(view, KEYS.Key_Left)
    assert (view.currentIndex().row(), model.rowCount()) == (0, 4), "there is nothing above a study"
    qtbot.keyClick(view, KEYS.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert len(view.selection.numbers) == 4


def test_a_share_that_is_here_is_seen_in_a_narrow_column_too(view: TreeView) -> None:
    """As a bar where there is room beside the number, else as a pie."""
    model = view.model()
    assert isinstance(model, TreeModel)
    row = model.visible.at(1)
    row.known = Completeness(Extent.PARTIAL, here=912, expected=1834)
    wanted = QColor(colours(view.palette()).warning)
    for width in (300, COLUMNS[Column.IMAGES].width):
        view.header().resizeSection(Column.IMAGES, width)
        place = view.visualRect(model.index(1, Column.IMAGES))
        picture = view.viewport().grab(place).toImage()
        seen = [
            x for x in range(picture.width()) for y in range(picture.height())
            if picture.pixelColor(x, y) == wanted
        ]  # fmt: skip
        assert seen, width


def test_a_patient_may_be_fetched_while_one_of_the_studies_may(view: TreeView) -> None:
    model = view.model()
    assert isinstance(model, TreeModel)
    view.setCurrentIndex(patient(model))
    doe = model.row(patient(model))
    assert doe is not None
    for study in doe.entities:
        study.known, study.asked = Completeness(Extent.COMPLETE, 1, 1), frozenset("A")
    assert not view.selection.may_be_fetched
    doe.entities[1].asked = frozenset()  # it answered since
    assert view.selection.may_be_fetched
    doe.entities[1].matches = {OPENED: doe.entities[1].matches["A"]}
    assert not view.selection.may_be_fetched
