"""Labels, notes, pins and unread studies in the real window, by keys alone, and across two programs."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.app.conftest import Keys, Start, Windows, choose_action
from tests.app.window_steps import DEADLINE, STUDY, double_click, receive, search, slices, state
from tests.archives import data
from tests.peers.answering import Answering
from tests.peers.answering import study as answer
from tests.peers.peer import Server
from tests.rows import first_study, select_studies
from workstation.app.parts import Workstation
from workstation.dicom.association_facts import Peer
from workstation.dicom.matches import LIBRARY
from workstation.dicom.nodes import Node
from workstation.dicom.study_mark import MarkChange, StudyMark
from workstation.models.columns import Column
from workstation.models.mark_texts import MarkSign, mark_of
from workstation.models.mark_texts import signs as mark_signs
from workstation.models.transfer import TransferState
from workstation.models.tree_roles import Role
from workstation.settings.folders import folders
from workstation.settings.list_layout import ListLayout
from workstation.store.store_results import Duplicate, Stored
from workstation.store.study_marks import StudyMarks
from workstation.widgets.row_menu import MARK_KEYS, RowAction

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = CTRL | Qt.KeyboardModifier.ShiftModifier
Signs = Callable[[], tuple[MarkSign, ...]]


def stored() -> StudyMarks:
    """The file, as another program opens it."""
    return StudyMarks(folders(Path(os.environ["WORKSTATION_HOME"])).marks)


def kept() -> dict[str, StudyMark]:
    with closing(stored()) as marks:
        return dict(marks.every().marks)


@pytest.fixture
def listed(qtbot: QtBot, windows: Windows, tmp_path: Path) -> Workstation:
    """A window that lists the one study of its library, which is selected."""
    workstation = windows.open()
    receive(workstation, slices(tmp_path, 1))
    return searched(qtbot, workstation)


def searched(qtbot: QtBot, workstation: Workstation, studies: int = 1) -> Workstation:
    search(qtbot, workstation, "DOE", studies)
    tree = workstation.window.tree
    tree.setCurrentIndex(first_study(workstation.tree_model))
    tree.setFocus()
    return workstation


def signs(workstation: Workstation) -> tuple[MarkSign, ...]:
    found: tuple[MarkSign, ...] = first_study(workstation.tree_model).data(Role.SIGNS)
    return found


def labels(workstation: Workstation) -> str:
    return str(first_study(workstation.tree_model).siblingAtColumn(Column.LABELS).data())


def activated(workstation: Workstation) -> None:
    """The user comes back to the window."""
    workstation.window.activated.emit()


def test_a_study_is_marked_with_keys_alone_and_stays_so(
    qtbot: QtBot, windows: Windows, listed: Workstation
) -> None:
    tree, dialogs = listed.window.tree, listed.dialogs
    shown = {key.keys: key.words for group in listed.window.keys for key in group.keys}
    assert [shown[key] for key in MARK_KEYS.values()] == [
        *("Labels", "Note", "Pin or unpin", "Mark as read or unread")
    ]
    qtbot.keyClick(tree, Qt.Key.Key_L, SHIFT)
    chosen = dialogs.labels_dialog
    assert chosen is not None
    qtbot.waitUntil(chosen.isActiveWindow)
    keys = Keys(qtbot, chosen)
    assert keys.focus is chosen.line
    qtbot.keyClicks(keys.focus, "tumour board")
    keys.press(Qt.Key.Key_Return)
    assert chosen.isVisible()
    chosen.line.insert("随访")  # as an input method does
    qtbot.keyClick(keys.focus, Qt.Key.Key_Return, CTRL)  # saves with what stands in the line
    assert dialogs.labels_dialog is None
    assert labels(listed) == "tumour board, 随访"

    qtbot.waitUntil(listed.window.isActiveWindow)
    qtbot.keyClick(tree, Qt.Key.Key_M, SHIFT)
    note = dialogs.note_dialog
    assert note is not None
    qtbot.waitUntil(note.isActiveWindow)
    keys = Keys(qtbot, note)
    qtbot.keyClicks(keys.focus, "left knee")
    qtbot.keyClick(keys.focus, Qt.Key.Key_Return)
    qtbot.keyClicks(keys.focus, "ask again")
    qtbot.keyClick(keys.focus, Qt.Key.Key_Return, CTRL)
    assert dialogs.note_dialog is None
    qtbot.waitUntil(listed.window.isActiveWindow)
    qtbot.keyClick(tree, Qt.Key.Key_I, SHIFT)
    assert signs(listed) == (MarkSign.PINNED, MarkSign.LABELS, MarkSign.NOTE)
    expected = StudyMark(
        patient_id="ENG-1", labels=("tumour board", "随访"), note="left knee\nask again", pinned=True
    )
    qtbot.waitUntil(lambda: kept() == {STUDY: expected}, timeout=DEADLINE)

    windows.close(listed)
    again = searched(qtbot, windows.open())
    qtbot.waitUntil(lambda: labels(again) == "tumour board, 随访", timeout=DEADLINE)
    again.window.results_bar.filter.setText("knee")
    qtbot.waitUntil(lambda: again.tree_model.visible.filtered_count == 1, timeout=DEADLINE)
    again.window.results_bar.filter.setText("elbow")
    qtbot.waitUntil(lambda: again.tree_model.visible.filtered_count == 0, timeout=DEADLINE)


def test_marks_stay_when_the_local_copy_is_deleted(qtbot: QtBot, listed: Workstation) -> None:
    listed.study_marking.toggle_pin()
    choose_action(listed, RowAction.DELETE)
    listed.window.question.yes.click()
    qtbot.waitUntil(lambda: not listed.library.index.sop_uids(STUDY), timeout=DEADLINE)
    qtbot.waitUntil(lambda: kept() == {STUDY: StudyMark(patient_id="ENG-1", pinned=True)}, timeout=DEADLINE)


def test_esc_asks_before_it_discards_a_changed_note(qtbot: QtBot, listed: Workstation) -> None:
    choose_action(listed, RowAction.NOTE)
    note = listed.dialogs.note_dialog
    assert note is not None
    qtbot.keyClicks(note.text, "x")
    qtbot.keyClick(note.text, Qt.Key.Key_Escape)
    assert note.isVisible()
    assert "not saved" in note.hint.text()
    qtbot.keyClick(note.text, Qt.Key.Key_Escape)
    assert listed.dialogs.note_dialog is None
    assert signs(listed) == ()
    choose_action(listed, RowAction.NOTE)
    unchanged = listed.dialogs.note_dialog
    assert unchanged is not None
    qtbot.keyClick(unchanged.text, Qt.Key.Key_Escape)
    assert listed.dialogs.note_dialog is None


def test_what_another_program_writes_is_seen_at_the_next_look(qtbot: QtBot, listed: Workstation) -> None:
    listed.study_marking.toggle_pin()
    qtbot.waitUntil(lambda: bool(kept()), timeout=DEADLINE)
    with closing(stored()) as other:
        other.change({STUDY: "ENG-1"}, MarkChange(add=("urgent",)))
        other.write()
    activated(listed)
    qtbot.waitUntil(lambda: labels(listed) == "urgent", timeout=DEADLINE)
    assert signs(listed) == (MarkSign.PINNED, MarkSign.LABELS)
    choose_action(listed, RowAction.PIN)
    expected = StudyMark(patient_id="ENG-1", labels=("urgent",))
    qtbot.waitUntil(lambda: kept() == {STUDY: expected}, timeout=DEADLINE)


def test_a_note_for_another_patient_id_is_not_shown_and_can_be_taken_over(
    qtbot: QtBot, listed: Workstation
) -> None:
    with closing(stored()) as other:
        other.change({STUDY: "SOMEBODY"}, MarkChange(note="secret", pinned=True))
        other.write()
    activated(listed)
    qtbot.waitUntil(lambda: signs(listed) == (MarkSign.OF_ANOTHER,), timeout=DEADLINE)
    question = listed.window.question
    choose_action(listed, RowAction.NOTE)
    assert listed.dialogs.note_dialog is None
    assert "another patient ID (SOMEBODY)" in question.label.text()
    assert "secret" not in question.label.text()
    question.no.click()
    assert kept()[STUDY].patient_id == "SOMEBODY"
    choose_action(listed, RowAction.PIN)
    question.yes.click()
    assert signs(listed) == (MarkSign.PINNED, MarkSign.NOTE)
    qtbot.waitUntil(lambda: kept()[STUDY].patient_id == "ENG-1", timeout=DEADLINE)


def test_several_studies_are_marked_at_once(qtbot: QtBot, windows: Windows, tmp_path: Path) -> None:
    workstation = windows.open()
    for key in ("1", "2"):
        receive(workstation, data.study(tmp_path / key, 1, key=key))
    searched(qtbot, workstation, studies=2)
    marking, dialogs = workstation.study_marking, workstation.dialogs
    uids = [str(data.uid("ENG-1", key)) for key in ("1", "2")]
    marking.edit_note()
    first = dialogs.note_dialog
    assert first is not None
    first.text.setPlainText("of one")
    first.accept()
    select_studies(workstation.window.tree)
    choose_action(workstation, RowAction.NOTE)
    both = dialogs.note_dialog
    assert both is not None
    assert both.text.toPlainText() == ""
    both.text.setPlainText("of both")
    both.accept()
    choose_action(workstation, RowAction.LABELS)
    chosen = dialogs.labels_dialog
    assert chosen is not None
    chosen.line.setText("board")
    chosen.tick_typed()
    chosen.accept()
    choose_action(workstation, RowAction.PIN)
    choose_action(workstation, RowAction.READ)
    qtbot.waitUntil(lambda: len(kept()) == 2, timeout=DEADLINE)
    qtbot.waitUntil(lambda: all(mark.pinned for mark in kept().values()), timeout=DEADLINE)
    assert sorted(kept()[uid].note for uid in uids) == ["of both", "of one\n\nof both"]
    assert {kept()[uid].labels for uid in uids} == {("board",)}
    with closing(stored()) as marks:
        qtbot.waitUntil(lambda: marks.every().unread == set(uids), timeout=DEADLINE)


def test_of_two_patients_with_one_study_uid_one_is_marked_and_that_is_said(
    qtbot: QtBot, windows: Windows
) -> None:
    first, second = (
        Answering(study=[answer(b"1.2.3", name, patient)])
        for name, patient in ((b"Doe^John", b"P1"), (b"Doe^Jane", b"P2"))
    )
    with Server(first.play) as one, Server(second.play) as other:
        workstation = windows.open([one.node(name="A"), other.node(name="B")])
        results = workstation.tree_model.results
        for layout in (ListLayout.TREE, ListLayout.SOURCE):
            workstation.window.tree.header().layouts[layout].trigger()
            workstation.window.criteria.name.setText("Doe")
            workstation.window.criteria.search()
            qtbot.waitUntil(
                lambda: not workstation.search.asking and len(results.studies("1.2.3")) == 2, timeout=DEADLINE
            )
            tree = workstation.window.tree
            tree.setFocus()
            tree.selectAll()
            workstation.window.notice.dismiss()
            choose_action(workstation, RowAction.PIN)
            assert "1 study was left out" in workstation.window.notice.text
        rows = results.studies("1.2.3")
        assert [mark_of(row).pinned for row in rows] == [False, False], "pinned, and unpinned again"
        choose_action(workstation, RowAction.PIN)
        assert sorted(mark_of(row).pinned for row in rows) == [False, True]
        assert sorted(MarkSign.OF_ANOTHER in mark_signs(row) for row in rows) == [False, True]


@pytest.mark.archives
def test_a_fetched_study_is_unread_until_its_images_are_shown(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    files = [path for key in ("1", "2") for path in data.study(tmp_path / key, 1, key=key)]
    workstation = windows.open([dcmqrscp(files).node()])
    searched(qtbot, workstation, studies=2)
    tree, model = workstation.window.tree, workstation.tree_model
    rows = [row for key in ("1", "2") for row in model.results.studies(str(data.uid("ENG-1", key)))]
    shown, other = rows

    def index(row: object) -> QModelIndex:
        return model.index_of(row)  # type: ignore[arg-type]

    double_click(qtbot, workstation, index(shown))
    qtbot.waitUntil(lambda: state(workstation) is TransferState.COMPLETE, timeout=DEADLINE)
    qtbot.waitUntil(lambda: not workstation.window.canvas.image.isNull(), timeout=DEADLINE)
    workstation.retrieve.fetch(other)
    qtbot.waitUntil(lambda: index(other).data(Role.SIGNS) == (MarkSign.UNREAD,), timeout=DEADLINE)
    assert index(shown).data(Role.SIGNS) == ()
    with closing(stored()) as marks:
        qtbot.waitUntil(lambda: marks.every().unread == {other.uid}, timeout=DEADLINE)
        qtbot.waitUntil(lambda: not workstation.retrieve.running, timeout=DEADLINE)
        tree.setCurrentIndex(index(other))
        qtbot.waitUntil(lambda: index(other).data(Role.SIGNS) == (), timeout=DEADLINE)
        qtbot.waitUntil(lambda: marks.every().unread == frozenset(), timeout=DEADLINE)
        choose_action(workstation, RowAction.READ)  # it stays unread although its picture is on show
        qtbot.waitUntil(lambda: marks.every().unread == {other.uid}, timeout=DEADLINE)
        QApplication.processEvents()
        assert index(other).data(Role.SIGNS) == (MarkSign.UNREAD,)
        tree.setCurrentIndex(index(shown))
        tree.setCurrentIndex(index(other))
        qtbot.waitUntil(lambda: index(other).data(Role.SIGNS) == (), timeout=DEADLINE)


@pytest.mark.archives
def test_marked_studies_are_found_in_the_library_and_in_archives(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    """By a list of UIDs (PS3.4 C.2.2.2.2): one is here, two are at the archive, which holds a third."""
    files = {key: data.study(tmp_path / key, 1, key=key) for key in ("1", "2", "3", "4")}
    uids = {key: str(data.uid("ENG-1", key)) for key in files}
    with closing(stored()) as marks:
        marks.change({uids[key]: "ENG-1" for key in ("1", "2", "3")}, MarkChange(add=("Board",)))
        marks.change({uids["3"]: "ENG-1"}, MarkChange(pinned=True))
        marks.write()
    workstation = windows.open([dcmqrscp([*files["2"], *files["3"], *files["4"]]).node()])
    receive(workstation, files["1"])
    results, bar = workstation.tree_model.results, workstation.window.results_bar
    qtbot.waitUntil(lambda: bool(workstation.study_marking.choices), timeout=DEADLINE)

    def find(words: str) -> None:
        bar.marked.aboutToShow.emit()
        [action] = [one for one in bar.marked.actions() if one.text().startswith(words)]
        action.trigger()
        qtbot.waitUntil(lambda: not workstation.search.asking, timeout=DEADLINE)

    def found() -> set[str]:
        return {key for key, uid in uids.items() if results.studies(uid)}

    find("Board  ·  3")
    assert found() == {"1", "2", "3"}
    assert results.study_count == 3
    find("Pinned  ·  1")
    assert found() == {"3"}


def test_very_many_marked_studies_are_asked_for_here_only(
    qtbot: QtBot, windows: Windows, tmp_path: Path
) -> None:
    nowhere = Node(name="nowhere", ae_title="PACS", host="127.0.0.1", port=1)
    with closing(stored()) as marks:
        marks.change({f"1.2.{n}": "P" for n in range(5000)} | {STUDY: "ENG-1"}, MarkChange(pinned=True))
        marks.write()
    workstation = windows.open([nowhere])
    receive(workstation, data.study(tmp_path / "one", 1))
    qtbot.waitUntil(lambda: bool(workstation.study_marking.choices), timeout=DEADLINE)
    [(_, count, wanted)] = workstation.study_marking.choices
    assert count == 5001
    workstation.window.results_bar.marked_requested.emit(wanted)
    qtbot.waitUntil(lambda: not workstation.search.asking, timeout=DEADLINE)
    assert workstation.tree_model.results.study_count == 1
    assert workstation.search.keys == (LIBRARY,)
    assert "5001 studies are too many" in workstation.window.notice.text


def test_nothing_that_was_here_before_is_unread(listed: Workstation) -> None:
    assert signs(listed) == ()
    with closing(stored()) as marks:
        assert marks.every().unread == frozenset()


def test_files_that_are_added_on_this_computer_are_not_unread(qtbot: QtBot, listed: Workstation) -> None:
    """What came from another system is, at the same time."""

    def arrived(study: str, address: str | None) -> Stored:
        peer = None if address is None else Peer(ae_title="", own_ae_title="", address=address)
        return Stored(
            sop_uid="1.2.3",
            sop_class="1.2",
            study_uid=study,
            series_uid="1.2",
            transfer_syntax="1.2",
            file="",
            size=1,
            duplicate=Duplicate.NEW,
            peer=peer,
        )

    for study, address in (("1.1", None), ("1.2", ""), ("1.3", "192.0.2.7")):
        listed.arrivals.add(arrived(study, address))
    marks = listed.tree_model.results.store.layout.marks
    qtbot.waitUntil(lambda: marks.unread == {"1.3"}, timeout=DEADLINE)
    with closing(stored()) as file:
        assert file.every().unread == {"1.3"}


@pytest.mark.parametrize("newer", [True, False], ids=["newer", "damaged"])
def test_a_file_that_cannot_be_used_is_said(
    qtbot: QtBot, windows: Windows, tmp_path: Path, newer: bool
) -> None:
    with closing(stored()) as marks:
        marks.change({STUDY: "ENG-1"}, MarkChange(pinned=True))
        marks.write()
        path = marks.path
    if newer:
        raw = bytearray(path.read_bytes())
        raw[60:64] = (99).to_bytes(4, "big")  # user_version
        path.write_bytes(raw)
    else:
        path.write_bytes(b"damaged" * 1000)
    before = path.read_bytes()
    workstation = windows.open()
    words = "newer Workstation" if newer else "was damaged. It is kept as"
    notice = workstation.window.notice
    qtbot.waitUntil(lambda: words in notice.text, timeout=DEADLINE)
    receive(workstation, data.study(tmp_path / "one", 1))
    searched(qtbot, workstation)
    notice.dismiss()
    choose_action(workstation, RowAction.PIN)  # nothing is shown that is not kept
    if newer:
        qtbot.waitUntil(lambda: words in notice.text, timeout=DEADLINE)
    assert signs(workstation) == (() if newer else (MarkSign.PINNED,))
    windows.close(workstation)
    aside = [file for file in path.parent.iterdir() if file.name.startswith("marks-damaged-")]
    assert [file.read_bytes() for file in aside] == ([] if newer else [before])
    assert not newer or path.read_bytes() == before
