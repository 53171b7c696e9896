"""Results and transfers in the real window, against real archives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest
from pydicom.uid import BasicTextSRStorage
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.app.conftest import Start, Windows, choose_action
from tests.app.window_steps import (
    DEADLINE,
    STUDY,
    at_fifth_image,
    click_action,
    double_click,
    fetch_first_study,
    search,
    slices,
    state,
    transfers,
    unfolded,
)
from tests.archives import data
from tests.rows import above, below, child, first_study
from workstation.app.parts import Workstation
from workstation.app.row_wiring import row_action_handlers
from workstation.controllers import arrivals
from workstation.dicom.nodes import Node, RetrieveMethod
from workstation.dicom.targets import Target
from workstation.models.columns import Column
from workstation.models.rows import Local
from workstation.models.source_state import Phase
from workstation.models.transfer import TransferState
from workstation.models.transfer_cells import TransferColumn
from workstation.models.transfers_model import TransferRole
from workstation.models.tree_roles import Role
from workstation.store.store_results import Stored
from workstation.widgets.details_panel import DetailsPanel
from workstation.widgets.inspector_window import InspectorWindow
from workstation.widgets.row_menu import RowAction
from workstation.widgets.transfer_menu import TransferAction

pytestmark = pytest.mark.archives


def opened_inspector(workstation: Workstation) -> InspectorWindow:
    """The inspector, which has to be open."""
    found = workstation.dialogs.inspector_window
    assert found is not None
    assert found.isVisible()
    return found


def panel(inspector: InspectorWindow) -> DetailsPanel:
    """The details of a transfer in it."""
    assert inspector.panel is not None
    return inspector.panel


def messages(inspector: InspectorWindow) -> str:
    """The page of messages."""
    inspector.pages.tabs.setCurrentIndex(1)
    return inspector.pages.text()


def phase(workstation: Workstation, key: str) -> Phase | None:
    found = workstation.window.criteria.sources[key].state
    return found.phase if found is not None else None


def test_a_stalled_archive_does_not_hide_another(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    good = dcmqrscp(data.study(tmp_path / "one", 2))
    stalled = dcmqrscp(data.study(tmp_path / "two", 1, patient=data.MUELLER))
    workstation = windows.open([good.node(name="good"), stalled.node(name="stalled")])
    stalled.pause()
    search(qtbot, workstation, "DOE")
    qtbot.waitUntil(lambda: phase(workstation, "good") is Phase.DONE, timeout=DEADLINE)
    assert phase(workstation, "stalled") is Phase.SEARCHING
    qtbot.keyClick(workstation.window, Qt.Key.Key_Escape)
    assert phase(workstation, "stalled") is Phase.STOPPED
    assert workstation.window.criteria.button.text() == "Search"
    assert workstation.tree_model.results.study_count == 1
    stalled.resume()


def test_a_failed_source_keeps_its_message(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path, free_port: Callable[[], int]
) -> None:
    good = dcmqrscp(data.study(tmp_path / "one", 1))
    workstation = windows.open(
        [good.node(name="good"), Node(name="gone", ae_title="PACS", host="127.0.0.1", port=free_port())]
    )
    search(qtbot, workstation, "DOE")
    qtbot.waitUntil(lambda: phase(workstation, "gone") is Phase.FAILED, timeout=DEADLINE)
    workstation.window.criteria.sources["gone"].link.click()
    inspector = opened_inspector(workstation)
    assert inspector.chosen is not None
    assert inspector.chosen.label == "gone"
    assert "where gone should be" in inspector.pages.head.text()


def test_an_archive_without_counts_is_counted_in_sight(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    workstation = windows.open([dcmqrscp(data.study(tmp_path / "one", 3, series=2)).node()])
    study = search(qtbot, workstation, "DOE")
    qtbot.waitUntil(lambda: study.siblingAtColumn(Column.IMAGES).data() == "6", timeout=DEADLINE)
    assert study.siblingAtColumn(Column.SERIES).data() == "2"
    assert study.siblingAtColumn(Column.MODALITY).data() == "CT"  # dcmqrscp does not tell it of studies


def test_a_destination_an_archive_does_not_know(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    archive = dcmqrscp(data.study(tmp_path / "one", 1))
    workstation = windows.open([archive.node(retrieve=RetrieveMethod.MOVE)])
    double_click(qtbot, workstation, search(qtbot, workstation, "DOE"))
    qtbot.waitUntil(lambda: state(workstation) is TransferState.FAILED, timeout=DEADLINE)
    qtbot.waitUntil(lambda: "Waiting" not in workstation.window.canvas.words, timeout=DEADLINE)
    notice = workstation.window.notice
    assert "WORKSTATION" in notice.text
    notice.act.click()
    dialog = opened_inspector(workstation)
    assert panel(dialog).copy_destination is not None
    assert panel(dialog).copy_destination.isVisible()
    dialog.close()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # type: ignore[call-overload]
    index = workstation.transfers_model.index(0, TransferColumn.DETAILS)
    view = unfolded(workstation)
    view.setCurrentIndex(index)
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_Return)
    dialog = opened_inspector(workstation)
    panel(dialog).copy_destination.click()
    lines = QApplication.clipboard().text().splitlines()
    assert lines == ["AE title: WORKSTATION", "Address: 127.0.0.1", f"Port: {windows.port}"]
    assert "0xA801" in workstation.retrieve.details(1).status  # type: ignore[union-attr]
    assert "C-MOVE-RSP" in messages(dialog)
    assert panel(dialog).command.toPlainText().startswith("movescu ")
    assert STUDY not in panel(dialog).command.toPlainText()
    dialog.unmask.click()
    assert STUDY in panel(dialog).command.toPlainText()
    dialog.unmask.click()
    assert STUDY not in messages(dialog)
    dialog.close()


@pytest.mark.parametrize("service", [RetrieveMethod.GET, RetrieveMethod.MOVE])
def test_an_archive_killed_in_the_middle_and_resumed(
    qtbot: QtBot,
    windows: Windows,
    each_archive: Start,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    service: RetrieveMethod,
) -> None:
    files, ours = slices(tmp_path / "study", 120, size=256), {"WORKSTATION": windows.port}
    archive = each_archive(files, destinations=ours)
    workstation = windows.open([archive.node(name="PACS", retrieve=service)])
    study = search(qtbot, workstation, "DOE")
    at_fifth_image(monkeypatch, archive.kill)
    double_click(qtbot, workstation, study)
    qtbot.waitUntil(lambda: state(workstation) is TransferState.PAUSED, timeout=DEADLINE)
    [row] = transfers(workstation)
    assert "Trying again in" in workstation.transfers_model.index(row, TransferColumn.STATE).data()
    assert study.data(Role.LOCAL) == Local.PARTLY
    again = each_archive(files, destinations=ours)
    workstation.sources.set_nodes([again.node(name="PACS", retrieve=service)])
    click_action(qtbot, workstation, TransferColumn.SECOND)  # sooner than by itself
    qtbot.waitUntil(lambda: state(workstation) is TransferState.COMPLETE, timeout=DEADLINE)
    assert len(workstation.library.index.sop_uids(STUDY)) == 120
    workstation.window.transfers.finished.click()
    assert workstation.transfers_model.rowCount() == 0


def test_by_keyboard_alone(qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path) -> None:
    workstation = windows.open([dcmqrscp(data.study(tmp_path / "one", 2, series=2)).node()])
    window, tree = workstation.window, workstation.window.tree
    study = search(qtbot, workstation, "DOE")
    for _ in range(40):
        if QApplication.focusWidget() is tree:
            break
        qtbot.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is tree
    for key in (Qt.Key.Key_Home, Qt.Key.Key_Down, Qt.Key.Key_Right):
        qtbot.keyClick(tree, key)
    assert tree.currentIndex().siblingAtColumn(0) == study
    qtbot.waitUntil(lambda: len(below(study)) == 2, timeout=DEADLINE)
    qtbot.keyClick(tree, Qt.Key.Key_Down)
    qtbot.keyClick(tree, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: state(workstation) is TransferState.COMPLETE, timeout=DEADLINE)
    assert len(workstation.library.index.sop_uids(STUDY)) == 2


def test_a_row_that_cannot_be_opened_says_why_and_can_be_asked_again(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    files = data.study(tmp_path / "one", 1)
    archive = dcmqrscp(files)
    workstation = windows.open([archive.node(name="PACS")])
    study = search(qtbot, workstation, "DOE")
    qtbot.waitUntil(lambda: study.siblingAtColumn(Column.IMAGES).data() == "1", timeout=DEADLINE)
    archive.kill()
    tree = workstation.window.tree
    tree.open_row(study)
    qtbot.waitUntil(lambda: child(study).data(Role.MESSAGE) is True, timeout=DEADLINE)
    assert "try again" in child(study).data()
    workstation.sources.set_nodes([dcmqrscp(files).node(name="PACS")])
    tree.setCurrentIndex(child(study))
    qtbot.keyClick(tree, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: child(study).data(Role.MESSAGE) is False, timeout=DEADLINE)


def test_a_patient_is_fetched_after_its_numbers_were_named(
    qtbot: QtBot, windows: Windows, orthanc: Start, tmp_path: Path
) -> None:
    files = [*data.study(tmp_path / "one", 2), *data.study(tmp_path / "two", 3, key="2")]
    workstation = windows.open([orthanc(files).node()])
    patient = above(search(qtbot, workstation, "DOE", studies=2))
    workstation.window.tree.setCurrentIndex(patient)
    workstation.window.results_bar.fetch.click()
    question = workstation.window.question
    assert question.label.text() == "Fetch 2 studies of DOE, JOHN: 5 images that are not here yet?"
    assert workstation.transfers_model.rowCount() == 0
    question.yes.click()
    qtbot.waitUntil(lambda: patient.data(Role.LOCAL) == Local.HERE, timeout=DEADLINE)
    assert workstation.transfers_model.rowCount() == 2
    sorted((workstation.library.root / STUDY).iterdir())[0].unlink()
    workstation.local_completeness.confirm([STUDY], lambda copy: None)
    qtbot.waitUntil(lambda: patient.data(Role.LOCAL) == Local.PARTLY, timeout=DEADLINE)
    workstation.window.results_bar.fetch.click()
    assert question.label.text() == "Fetch 1 study of DOE, JOHN: 1 image that is not here yet?"
    row = workstation.tree_model.row(patient)
    assert row is not None
    workstation.row_fetching.fetch([row], again=True)
    assert question.label.text() == "Fetch 2 studies of DOE, JOHN: 5 images?"


def test_a_local_copy_is_copied_sent_and_deleted(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = data.study(tmp_path / "one", 3)
    archive, other = dcmqrscp(files), dcmqrscp(data.study(tmp_path / "two", 1, patient=data.MUELLER))
    workstation = windows.open([archive.node(name="from"), other.node(name="to")])
    study = fetch_first_study(qtbot, workstation)
    model = workstation.transfers_model

    folder = tmp_path / "copies"
    folder.mkdir()
    monkeypatch.setattr("workstation.app.row_wiring.QFileDialog.getExistingDirectory", lambda *_: str(folder))
    choose_action(workstation, RowAction.COPY)
    qtbot.waitUntil(lambda: state(workstation) is TransferState.COMPLETE, timeout=DEADLINE)
    assert len(list(folder.iterdir())) == 3

    choose_action(workstation, RowAction.SEND, "to")
    qtbot.waitUntil(lambda: model.rowCount() == 3 and not model.running, timeout=DEADLINE)
    assert state(workstation) is TransferState.COMPLETE
    number = model.index(0, TransferColumn.TITLE).data(TransferRole.NUMBER)
    workstation.window.transfers.chosen.emit(TransferAction.DETAILS, number)
    dialog = opened_inspector(workstation)
    assert "C-STORE-RSP" in messages(dialog)
    assert panel(dialog).command.toPlainText().startswith("storescu ")
    dialog.close()

    other.kill()
    choose_action(workstation, RowAction.SEND, "to")
    qtbot.waitUntil(lambda: state(workstation) is TransferState.FAILED, timeout=DEADLINE)
    assert model.index(0, TransferColumn.ACTION).data() == "Retry"
    workstation.sources.set_nodes([archive.node(name="from"), archive.node(name="to")])
    click_action(qtbot, workstation)
    qtbot.waitUntil(lambda: state(workstation) is TransferState.COMPLETE, timeout=DEADLINE)

    choose_action(workstation, RowAction.DELETE)
    question = workstation.window.question
    assert "local copy, 3 images, of DOE, JOHN" in question.label.text()
    assert len(workstation.library.index.sop_uids(STUDY)) == 3
    question.yes.click()
    qtbot.waitUntil(lambda: study.data(Role.LOCAL) == Local.NONE, timeout=DEADLINE)
    assert workstation.library.index.sop_uids(STUDY) == frozenset()
    qtbot.waitUntil(lambda: "Not here" in workstation.window.canvas.words, timeout=DEADLINE)
    notice = workstation.window.notice
    qtbot.waitUntil(lambda: "archives keep theirs" in notice.text, timeout=DEADLINE)
    assert notice.act.text() == "Undo"
    notice.act.click()
    qtbot.waitUntil(lambda: study.data(Role.LOCAL) == Local.HERE, timeout=DEADLINE)
    assert len(workstation.library.index.sop_uids(STUDY)) == 3
    qtbot.waitUntil(lambda: not workstation.window.canvas.image.isNull(), timeout=DEADLINE)

    workstation.local_studies.undo_seconds = 0.01
    choose_action(workstation, RowAction.DELETE)
    question.yes.click()
    qtbot.waitUntil(lambda: study.data(Role.LOCAL) == Local.NONE, timeout=DEADLINE)
    qtbot.waitUntil(lambda: not notice.act.isVisible(), timeout=DEADLINE)

    double_click(qtbot, workstation, study)
    qtbot.waitUntil(lambda: study.data(Role.LOCAL) == Local.HERE, timeout=DEADLINE)


def test_a_local_copy_is_deleted_by_key(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    workstation = windows.open([dcmqrscp(data.study(tmp_path / "one", 2)).node()])
    window, tree = workstation.window, workstation.window.tree
    study = search(qtbot, workstation, "DOE")
    tree.setCurrentIndex(study)
    qtbot.keyClick(tree, Qt.Key.Key_Delete)
    assert not window.question.isVisible()
    assert "no local copy" in window.notice.text
    qtbot.keyClick(tree, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: state(workstation) is TransferState.COMPLETE, timeout=DEADLINE)
    qtbot.waitUntil(lambda: study.data(Role.LOCAL) == Local.HERE, timeout=DEADLINE)
    choose_action(workstation, RowAction.FETCH)
    assert "here already" in window.notice.text
    assert workstation.transfers_model.rowCount() == 1
    pool = workstation.preview.pool
    assert pool is not None
    qtbot.waitUntil(lambda: pool.store.bytes > 0, timeout=DEADLINE)
    qtbot.keyClick(tree, Qt.Key.Key_Delete)
    qtbot.keyClick(window.question.no, Qt.Key.Key_Tab, Qt.KeyboardModifier.ShiftModifier)
    assert window.focusWidget() is window.question.yes
    qtbot.keyClick(window.question.yes, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: study.data(Role.LOCAL) == Local.NONE, timeout=DEADLINE)
    assert window.focusWidget() is tree
    qtbot.waitUntil(lambda: pool.store.bytes == 0, timeout=DEADLINE)  # a deleted file's frames are forgotten


def test_what_came_with_a_transfer_is_told_when_it_ends(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrivals, "TICK_MS", 600_000)  # told later, it would bring a deleted copy back
    workstation = windows.open([dcmqrscp(data.study(tmp_path / "one", 3)).node()])
    told: list[Stored] = []
    workstation.arrivals.arrived.connect(told.extend)
    workstation.window.tree.setCurrentIndex(search(qtbot, workstation, "DOE"))
    qtbot.keyClick(workstation.window.tree, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: state(workstation) is TransferState.COMPLETE, timeout=DEADLINE)
    assert len(told) == 3


def test_enter_fetches_all_that_is_selected(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    files = [one for key in "12" for one in data.study(tmp_path / key, 2, key=key)]
    workstation = windows.open([dcmqrscp(files).node()])
    search(qtbot, workstation, "DOE", studies=2)
    tree = workstation.window.tree
    tree.setCurrentIndex(first_study(workstation.tree_model))
    qtbot.keyClick(tree, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(tree, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: workstation.transfers_model.rowCount() == 2, timeout=DEADLINE)
    for row in (0, 1):
        qtbot.waitUntil(lambda row=row: state(workstation, row) is TransferState.COMPLETE, timeout=DEADLINE)


def test_what_one_archive_of_two_no_longer_offers_comes_from_the_other(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    files = data.study(tmp_path / "one", 2)
    nodes = [dcmqrscp(files).node(name="A"), dcmqrscp(files).node(name="B")]
    workstation = windows.open(nodes)
    window = workstation.window
    study = search(qtbot, workstation, "DOE")
    qtbot.waitUntil(lambda: study.siblingAtColumn(Column.SOURCE).data() == "A, B", timeout=DEADLINE)
    qtbot.waitUntil(lambda: not workstation.search.asking, timeout=DEADLINE)
    workstation.nodes.set_kept(())
    window.tree.setCurrentIndex(study)
    window.results_bar.fetch.click()
    assert "No archive in your list told of it" in window.notice.text
    workstation.nodes.set_kept(nodes[1:])
    window.results_bar.fetch.click()
    qtbot.waitUntil(lambda: state(workstation) is TransferState.COMPLETE, timeout=DEADLINE)
    assert workstation.transfers_model.index(0, TransferColumn.NODE).data() == "B"
    number = workstation.transfers_model.index(0, 0).data(TransferRole.NUMBER)
    workstation.window.transfers.chosen.emit(TransferAction.DETAILS, number)
    workstation.window.transfers.chosen.emit(TransferAction.DETAILS, number)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # type: ignore[call-overload]
    dialog = opened_inspector(workstation)
    dialog.close()


def test_each_entry_of_the_menu_does_something(windows: Windows) -> None:
    assert set(row_action_handlers(windows.open([]))) == set(RowAction)


def test_a_deleted_copy_is_not_fetched_again_from_another_archive(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    files = data.study(tmp_path / "one", 2)
    first, second = dcmqrscp(files), dcmqrscp(files)
    workstation = windows.open([first.node(name="A"), second.node(name="B")])
    study = search(qtbot, workstation, "DOE")
    qtbot.waitUntil(lambda: study.siblingAtColumn(Column.SOURCE).data() == "A, B", timeout=DEADLINE)
    qtbot.waitUntil(lambda: not workstation.search.asking, timeout=DEADLINE)
    second.pause()  # it will be asked whether it has more, and answer after the deletion
    double_click(qtbot, workstation, study)
    qtbot.waitUntil(lambda: study.data(Role.LOCAL) == Local.HERE, timeout=DEADLINE)
    qtbot.waitUntil(lambda: state(workstation) is TransferState.COMPLETE, timeout=DEADLINE)
    workstation.local_copy_actions.delete_selected()
    workstation.window.question.yes.click()
    qtbot.waitUntil(lambda: study.data(Role.LOCAL) == Local.NONE, timeout=DEADLINE)
    second.resume()
    qtbot.waitUntil(lambda: not workstation.lanes.busy, timeout=DEADLINE)
    assert study.data(Role.LOCAL) == Local.NONE
    assert workstation.transfers_model.rowCount() == 1
    assert not list(workstation.library.root.glob(f"{STUDY}/*"))


def test_an_unfinished_transfer_is_given_up_by_key(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    archive = dcmqrscp(data.study(tmp_path / "one", 2))
    workstation = windows.open([archive.node(name="PACS")])
    double_click(qtbot, workstation, search(qtbot, workstation, "DOE"))
    archive.pause()
    workstation.plans.create("PACS", Target("1.2.3"))
    windows.close(workstation)
    archive.resume()
    again = windows.open([archive.node(name="PACS")])
    before = again.transfers_model.rowCount()
    assert before >= 1
    assert state(again) is TransferState.UNFINISHED
    again.window.transfers.finished.click()
    assert again.transfers_model.rowCount() == before
    view = unfolded(again)
    view.setCurrentIndex(again.transfers_model.index(0, 0))
    qtbot.keyClick(view, Qt.Key.Key_Delete)
    assert again.transfers_model.rowCount() == before - 1
    assert "1.2.3" not in [plan.target.study for plan in again.plans.unfinished()]


def test_time_to_undo_ends_with_the_window(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    workstation = windows.open([dcmqrscp(data.study(tmp_path / "one", 2)).node()])
    double_click(qtbot, workstation, search(qtbot, workstation, "DOE"))
    qtbot.waitUntil(lambda: state(workstation) is TransferState.COMPLETE, timeout=DEADLINE)
    local_studies, expired = workstation.local_studies, list[int]()
    local_studies.expired.connect(expired.append)
    with qtbot.waitSignal(local_studies.undoable, timeout=DEADLINE) as told:
        local_studies.delete([Target(STUDY)])
    windows.close(workstation)
    local_studies._expire(told.args[1])  # as the timer does
    assert expired == []


def test_what_was_told_of_a_study_outlives_an_older_deletion(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    """Fetched again and deleted again while the first deletion could still be undone."""
    workstation = windows.open([dcmqrscp(data.study(tmp_path / "one", 2)).node()])
    study, local_studies = search(qtbot, workstation, "DOE"), workstation.local_studies
    deletions = []
    for _ in range(2):
        double_click(qtbot, workstation, study)
        qtbot.waitUntil(lambda: study.data(Role.LOCAL) == Local.HERE, timeout=DEADLINE)
        with qtbot.waitSignal(local_studies.undoable, timeout=DEADLINE) as told:
            local_studies.delete([Target(STUDY)])
        deletions.append(told.args[1])
        qtbot.waitUntil(lambda: study.data(Role.LOCAL) == Local.NONE, timeout=DEADLINE)
    assert workstation.plans.expectations.of(STUDY)
    local_studies._expire(deletions[0])  # as the timer does
    qtbot.waitUntil(lambda: not workstation.lanes.busy, timeout=DEADLINE)
    assert workstation.plans.expectations.of(STUDY)
    local_studies.undo(deletions[1])
    qtbot.waitUntil(lambda: study.data(Role.LOCAL) == Local.HERE, timeout=DEADLINE)


def test_a_report_that_was_fetched_is_shown(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    """No image will ever come of a study that holds none: it is not waited for."""
    [path] = data.study(tmp_path / "report", 1)
    report = pydicom.dcmread(path)
    for keyword in ("PixelData", "Rows", "Columns"):
        delattr(report, keyword)
    report.SOPClassUID = report.file_meta.MediaStorageSOPClassUID = BasicTextSRStorage
    report.Modality = "SR"
    report.save_as(path)
    workstation = windows.open([dcmqrscp([path]).node(name="A")])
    fetch_first_study(qtbot, workstation)
    canvas = workstation.window.canvas
    qtbot.waitUntil(lambda: len(workstation.preview.stack.positions) == 1, timeout=DEADLINE)
    qtbot.waitUntil(lambda: "Waiting" not in canvas.words, timeout=DEADLINE)


def test_lossy_images_are_sent_decoded_only_by_a_setting(
    qtbot: QtBot, windows: Windows, demo: Start, storescp: Start, mixed_study: list[Path], tmp_path: Path
) -> None:
    plain = storescp(tmp_path / "in", "+xi").node(name="plain")
    workstation = windows.open([demo(mixed_study).node(name="from"), plain])
    workstation.window.criteria.sources["plain"].box.setChecked(False)
    fetch_first_study(qtbot, workstation)
    model = workstation.transfers_model

    def sent() -> int:
        before = model.rowCount()
        choose_action(workstation, RowAction.SEND, "plain")
        qtbot.waitUntil(lambda: model.rowCount() > before and not model.running, timeout=DEADLINE)
        return model.all[0].done

    count = len(mixed_study)
    assert sent() == count - 4
    workstation.dialogs.open_settings()
    dialog = workstation.dialogs.settings_dialog
    assert dialog is not None
    dialog.decode_lossy.setChecked(True)
    dialog.accept()
    assert sent() == count
    assert state(workstation) is TransferState.COMPLETE
