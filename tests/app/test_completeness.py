"""What a row says of a local copy can be believed, whatever is ticked or reachable, after restarts too."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex
from pytestqt.qtbot import QtBot

from tests.app.conftest import Start, Windows, choose_action
from tests.app.window_steps import (
    DEADLINE,
    STUDY,
    at_fifth_image,
    click_action,
    double_click,
    fetch_first_study,
    local_text,
    search,
    slices,
    state,
)
from tests.archives import data, dcmtk
from tests.crash.peers import image
from tests.peers import answering
from tests.peers.answering import Answering
from tests.peers.peer import Server
from tests.rows import child, first_study, unfold
from workstation.app.parts import Workstation
from workstation.dicom.completeness import Extent
from workstation.dicom.matches import LIBRARY
from workstation.dicom.targets import Target
from workstation.models.columns import Column
from workstation.models.rows import Local
from workstation.models.transfer import TransferState
from workstation.models.tree_roles import Role
from workstation.widgets.row_menu import RowAction, RowMenu

pytestmark = pytest.mark.archives


def tick(workstation: Workstation, *keys: str) -> None:
    for key, chip in workstation.window.criteria.sources.items():
        chip.box.setChecked(key in keys)


def extent(workstation: Workstation, study: QModelIndex) -> Extent | None:
    row = workstation.tree_model.row(study)
    return row.known.extent if row is not None and row.known is not None else None


def cancelled(qtbot: QtBot, workstation: Workstation, study: QModelIndex) -> None:
    double_click(qtbot, workstation, study)
    qtbot.waitUntil(lambda: workstation.preview.stack.positions != (), timeout=DEADLINE)
    click_action(qtbot, workstation)
    qtbot.waitUntil(lambda: state(workstation) is TransferState.CANCELLED, timeout=DEADLINE)


def test_a_cancelled_fetch_stays_partial_until_the_rest_came(
    qtbot: QtBot, windows: Windows, each_archive: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the archive, by the library alone, after a restart; and one double-click brings the rest."""
    files = slices(tmp_path / "study", 150, size=256)
    archive = each_archive(files, destinations={"WORKSTATION": windows.port})
    workstation = windows.open([archive.node(name="A")])
    study = search(qtbot, workstation, "DOE")
    with monkeypatch.context() as patched:
        at_fifth_image(patched, archive.pause)
        cancelled(qtbot, workstation, study)
    held = len(workstation.library.index.sop_uids(STUDY))
    partial = f"{held} of 150"
    qtbot.waitUntil(lambda: local_text(study) == partial, timeout=DEADLINE)
    windows.close(workstation)

    workstation = windows.open()
    study = search(qtbot, workstation, "DOE")
    qtbot.waitUntil(lambda: local_text(study) == partial, timeout=DEADLINE)
    assert study.data(Role.LOCAL) == Local.PARTLY
    assert study.siblingAtColumn(Column.IMAGES).data() == f"{held} / 150"
    windows.close(workstation)

    archive.resume()
    workstation = windows.open([archive.node(name="A")])
    study = search(qtbot, workstation, "DOE")
    qtbot.waitUntil(lambda: local_text(study) == partial, timeout=DEADLINE)
    qtbot.waitUntil(lambda: "A" in study.siblingAtColumn(Column.SOURCE).data(), timeout=DEADLINE)
    double_click(qtbot, workstation, study)
    qtbot.waitUntil(lambda: local_text(study) == "Complete", timeout=DEADLINE)
    assert study.data(Role.LOCAL) == Local.HERE


def test_one_series_of_a_study_is_not_the_study(
    qtbot: QtBot, windows: Windows, each_archive: Start, tmp_path: Path
) -> None:
    archive = each_archive(data.study(tmp_path / "study", 3, series=2))
    workstation = windows.open([archive.node(name="A")])
    study = search(qtbot, workstation, "DOE")
    unfold(study)
    qtbot.waitUntil(lambda: child(study, 1).isValid(), timeout=DEADLINE)
    double_click(qtbot, workstation, child(study))
    qtbot.waitUntil(lambda: local_text(child(study)) == "Complete", timeout=DEADLINE)
    qtbot.waitUntil(lambda: study.data(Role.LOCAL) == Local.PARTLY, timeout=DEADLINE)
    windows.close(workstation)
    workstation = windows.open()
    study = search(qtbot, workstation, "DOE")
    qtbot.waitUntil(lambda: extent(workstation, study) is Extent.PARTIAL, timeout=DEADLINE)
    unfold(study)
    qtbot.waitUntil(
        lambda: child(study).isValid() and local_text(child(study)) == "Complete", timeout=DEADLINE
    )


def test_two_archives_that_differ_bring_what_each_of_them_has(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, orthanc: Start, tmp_path: Path
) -> None:
    """Orthanc counts its few, dcmqrscp counts nothing and has others, too."""
    files = data.study(tmp_path / "study", 8)
    nodes = [orthanc(files[:3]).node(name="A"), dcmqrscp(files[2:]).node(name="B")]
    workstation = windows.open(nodes)
    study = search(qtbot, workstation, "DOE")
    qtbot.waitUntil(lambda: study.siblingAtColumn(Column.SOURCE).data() == "A, B", timeout=DEADLINE)
    qtbot.waitUntil(lambda: study.siblingAtColumn(Column.IMAGES).data() == "6", timeout=DEADLINE)
    double_click(qtbot, workstation, study)
    qtbot.waitUntil(lambda: len(workstation.library.index.sop_uids(STUDY)) == 8, timeout=DEADLINE)
    qtbot.waitUntil(lambda: study.siblingAtColumn(Column.IMAGES).data() == "8", timeout=DEADLINE)
    qtbot.waitUntil(lambda: local_text(study) == "Complete", timeout=DEADLINE)
    qtbot.waitUntil(lambda: workstation.transfers_model.rowCount() == 2, timeout=DEADLINE)
    for row in (0, 1):
        qtbot.waitUntil(lambda row=row: state(workstation, row) is TransferState.COMPLETE, timeout=DEADLINE)


def test_a_second_archive_that_has_no_more_is_no_transfer(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    files = data.study(tmp_path / "study", 2)
    workstation = windows.open([dcmqrscp(files).node(name="A"), dcmqrscp(files[:1]).node(name="B")])
    study = search(qtbot, workstation, "DOE")
    qtbot.waitUntil(lambda: study.siblingAtColumn(Column.SOURCE).data() == "A, B", timeout=DEADLINE)
    double_click(qtbot, workstation, study)
    qtbot.waitUntil(lambda: local_text(study) == "Complete", timeout=DEADLINE)

    def both_told() -> bool:
        return {told.source for told in workstation.plans.expectations.of(STUDY) if told.listed} == {"A", "B"}

    qtbot.waitUntil(both_told, timeout=DEADLINE)
    assert workstation.transfers_model.rowCount() == 1


def test_a_row_says_the_same_whatever_is_ticked_and_follows_what_arrives(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    files = data.study(tmp_path / "study", 4, series=2)
    archive = dcmqrscp(files)
    workstation = windows.open([archive.node(name="A")])
    fetch_first_study(qtbot, workstation)
    model = workstation.tree_model
    for ticked in (["A"], [LIBRARY], ["A", LIBRARY]):
        tick(workstation, *ticked)
        workstation.window.criteria.search()
        with qtbot.waitSignal(
            workstation.search.running, check_params_cb=lambda on: not on, timeout=DEADLINE
        ):
            pass
        qtbot.waitUntil(lambda: local_text(first_study(model)) == "Complete", timeout=DEADLINE)


def test_a_library_row_follows_what_arrives(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    files = data.study(tmp_path / "study", 2, series=2)
    archive = dcmqrscp(files)
    workstation = windows.open([archive.node(name="A")])
    study = search(qtbot, workstation, "DOE")
    unfold(study)
    qtbot.waitUntil(lambda: child(study, 1).isValid(), timeout=DEADLINE)
    double_click(qtbot, workstation, child(study))
    qtbot.waitUntil(lambda: local_text(child(study)) == "Complete", timeout=DEADLINE)
    windows.close(workstation)
    workstation = windows.open([archive.node(name="A")])
    tick(workstation, LIBRARY)
    study = search(qtbot, workstation, "DOE")
    row = workstation.tree_model.row(study)
    assert row is not None
    unfold(study)
    qtbot.waitUntil(lambda: child(study).isValid() and row.held == 2, timeout=DEADLINE)
    assert study.siblingAtColumn(Column.SERIES).data() == "1"
    other = workstation.sources.get("A")
    assert other is not None
    row.matches["A"] = row.best  # as if another search had found it there
    workstation.row_fetching.fetch([row])
    qtbot.waitUntil(lambda: local_text(study) == "Complete", timeout=DEADLINE)
    qtbot.waitUntil(lambda: row.matches[LIBRARY].instances == 4, timeout=DEADLINE)  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: child(study, 1).isValid(), timeout=DEADLINE)


def test_files_that_are_gone_are_seen_and_fetched(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    """Once by the look at rows in sight, once by that of a double-click."""
    workstation = windows.open([dcmqrscp(data.study(tmp_path / "study", 5)).node(name="A")])
    study = fetch_first_study(qtbot, workstation)
    qtbot.waitUntil(lambda: local_text(study) == "Complete", timeout=DEADLINE)
    folder = workstation.library.root / STUDY
    files = sorted(folder.iterdir())
    files[0].unlink()
    files[3].unlink()
    workstation.window.activated.emit()  # the user comes back from the file manager
    qtbot.waitUntil(lambda: local_text(study) == "3 of 5", timeout=DEADLINE)
    double_click(qtbot, workstation, study)
    qtbot.waitUntil(lambda: local_text(study) == "Complete", timeout=DEADLINE)
    assert sorted(folder.iterdir()) == files
    files[1].unlink()
    double_click(qtbot, workstation, study)
    qtbot.waitUntil(lambda: files[1].exists(), timeout=DEADLINE)
    qtbot.waitUntil(lambda: local_text(study) == "Complete", timeout=DEADLINE)


def test_copies_of_what_is_partial_are_partial(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    workstation = windows.open([dcmqrscp(data.study(tmp_path / "study", 5)).node(name="A")])
    study = fetch_first_study(qtbot, workstation)
    sorted((workstation.library.root / STUDY).iterdir())[0].unlink()
    workstation.window.activated.emit()
    qtbot.waitUntil(lambda: local_text(study) == "4 of 5", timeout=DEADLINE)
    (tmp_path / "copies").mkdir()
    workstation.local_studies.copy([Target(STUDY)], tmp_path / "copies", "copies")
    qtbot.waitUntil(lambda: state(workstation) is TransferState.PARTIAL, timeout=DEADLINE)
    assert len(list((tmp_path / "copies").iterdir())) == 4


@pytest.mark.logs("not whole")
def test_a_cut_file_is_not_sent_and_makes_the_study_partial(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    other = dcmqrscp([])
    nodes = [dcmqrscp(data.study(tmp_path / "study", 3)).node(name="A"), other.node(name="to")]
    workstation = windows.open(nodes)
    study = fetch_first_study(qtbot, workstation)
    first, second, _ = sorted((workstation.library.root / STUDY).iterdir())
    os.truncate(first, first.stat().st_size - 10)
    second.unlink()
    choose_action(workstation, RowAction.SEND, "to")
    qtbot.waitUntil(lambda: state(workstation) is TransferState.PARTIAL, timeout=DEADLINE)
    transfer = workstation.transfers_model.running or workstation.transfers_model.ended
    assert transfer[0].done == 1
    workstation.window.activated.emit()
    qtbot.waitUntil(lambda: local_text(study) == "1 of 3", timeout=DEADLINE)


def test_what_is_here_can_be_accepted_by_hand(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    archive = dcmqrscp(data.study(tmp_path / "study", 4))
    workstation = windows.open([archive.node(name="A")])
    study = fetch_first_study(qtbot, workstation)
    files = sorted((workstation.library.root / STUDY).iterdir())
    archive.stop()
    files[0].unlink()
    workstation.window.activated.emit()
    qtbot.waitUntil(lambda: local_text(study) == "3 of 4", timeout=DEADLINE)
    tree = workstation.window.tree
    tree.menu_requested.emit(tree.mapToGlobal(tree.pos()))
    [menu] = tree.findChildren(RowMenu)
    [accept] = [action for action in menu.actions() if "Accept as complete" in action.text()]
    assert accept.isEnabled()
    assert not accept.isChecked()
    accept.trigger()
    menu.close()
    qtbot.waitUntil(lambda: local_text(study) == "3, accepted", timeout=DEADLINE)
    assert study.data(Role.LOCAL) == Local.HERE
    windows.close(workstation)
    workstation = windows.open()
    study = search(qtbot, workstation, "DOE")
    qtbot.waitUntil(lambda: local_text(study) == "3, accepted", timeout=DEADLINE)
    workstation.window.tree.setCurrentIndex(study)
    choose_action(workstation, RowAction.ACCEPT)
    qtbot.waitUntil(lambda: local_text(study) == "3 of 4", timeout=DEADLINE)


def test_what_was_told_goes_with_the_local_copy(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    workstation = windows.open([dcmqrscp(data.study(tmp_path / "study", 2)).node(name="A")])
    study = fetch_first_study(qtbot, workstation)
    assert workstation.plans.expectations.of(STUDY)
    choose_action(workstation, RowAction.DELETE)
    workstation.window.question.yes.click()
    qtbot.waitUntil(lambda: study.data(Role.LOCAL) == Local.NONE, timeout=DEADLINE)
    assert workstation.plans.expectations.of(STUDY)  # it can be undone
    qtbot.waitUntil(lambda: workstation.window.notice.act.text() == "Undo", timeout=DEADLINE)
    windows.close(workstation)
    workstation = windows.open()
    assert workstation.plans.expectations.of(STUDY) == ()


def test_the_index_may_be_deleted_what_was_told_stays(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    workstation = windows.open([dcmqrscp(data.study(tmp_path / "study", 4)).node(name="A")])
    fetch_first_study(qtbot, workstation)
    root = workstation.library.root
    windows.close(workstation)
    for path in root.glob("index.db*"):
        path.unlink()
    sorted((root / STUDY).iterdir())[0].unlink()
    workstation = windows.open()
    qtbot.waitUntil(lambda: len(workstation.library.index.sop_uids(STUDY)) == 3, timeout=DEADLINE)
    study = search(qtbot, workstation, "DOE")
    qtbot.waitUntil(lambda: local_text(study) == "3 of 4", timeout=DEADLINE)


def test_a_study_that_grew_in_the_archive_is_partial_from_then_on(
    qtbot: QtBot, windows: Windows, orthanc: Start, tmp_path: Path
) -> None:
    """A search tells of more than was listed when it was fetched; without the archive it is still so."""
    files = data.study(tmp_path / "study", 3)
    archive = orthanc(files[:2])
    workstation = windows.open([archive.node(name="A")])
    study = fetch_first_study(qtbot, workstation)
    qtbot.waitUntil(lambda: local_text(study) == "Complete", timeout=DEADLINE)
    dcmtk.send(archive, files[2:])
    workstation.window.criteria.search()
    model = workstation.tree_model
    qtbot.waitUntil(
        lambda: model.results.study_count == 1 and local_text(first_study(model)) == "2 of 3",
        timeout=DEADLINE,
    )
    qtbot.waitUntil(lambda: workstation.plans.expectations.of(STUDY)[0].expected == 3, timeout=DEADLINE)
    windows.close(workstation)
    archive.stop()
    workstation = windows.open()
    study = search(qtbot, workstation, "DOE")
    qtbot.waitUntil(lambda: local_text(study) == "2 of 3", timeout=DEADLINE)


def test_what_an_archive_lists_when_a_study_is_opened_is_kept(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    """Another archive of the same study lists a series of which nothing is here."""
    files = data.study(tmp_path / "study", 2, series=2)
    nodes = [dcmqrscp(files[:2]).node(name="A"), dcmqrscp(files).node(name="B")]
    workstation = windows.open(nodes[:1])
    study = fetch_first_study(qtbot, workstation)
    qtbot.waitUntil(lambda: local_text(study) == "Complete", timeout=DEADLINE)
    windows.close(workstation)
    workstation = windows.open(nodes[1:])
    study = search(qtbot, workstation, "DOE")
    qtbot.waitUntil(lambda: local_text(study) == "2 of 4", timeout=DEADLINE)
    unfold(study)
    qtbot.waitUntil(lambda: child(study, 1).isValid(), timeout=DEADLINE)
    unfold(child(study, 1))
    series = str(data.uid("ENG-1", "1", 2))

    def listed() -> bool:
        told = {one.source: one for one in workstation.plans.expectations.of(STUDY)}
        return "B" in told and told["B"].every_series and told["B"].series[series].uids is not None

    qtbot.waitUntil(listed, timeout=DEADLINE)
    windows.close(workstation)
    workstation = windows.open()
    study = search(qtbot, workstation, "DOE")
    qtbot.waitUntil(lambda: local_text(study) == "2 of 4", timeout=DEADLINE)


def test_files_that_went_while_it_was_closed_are_found_without_a_search(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workstation = windows.open([dcmqrscp(data.study(tmp_path / "study", 4)).node(name="A")])
    fetch_first_study(qtbot, workstation)
    root = workstation.library.root
    windows.close(workstation)
    sorted((root / STUDY).iterdir())[0].unlink()
    monkeypatch.setattr("workstation.controllers.library_opening.COMPARE_AFTER_MS", 1)
    workstation = windows.open()
    qtbot.waitUntil(lambda: len(workstation.library.index.sop_uids(STUDY)) == 3, timeout=DEADLINE)


def test_what_the_first_archive_cannot_bring_comes_from_the_other(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    files = data.study(tmp_path / "study", 3)
    archives = [dcmqrscp(files), dcmqrscp(files)]
    workstation = windows.open([one.node(name=name) for one, name in zip(archives, "AB", strict=True)])
    study = search(qtbot, workstation, "DOE")
    qtbot.waitUntil(lambda: study.siblingAtColumn(Column.SOURCE).data() == "A, B", timeout=DEADLINE)
    archives[0].kill()
    double_click(qtbot, workstation, study)
    qtbot.waitUntil(lambda: len(workstation.library.index.sop_uids(STUDY)) == 3, timeout=DEADLINE)
    qtbot.waitUntil(lambda: state(workstation) is TransferState.COMPLETE, timeout=DEADLINE)
    assert workstation.transfers_model.rowCount() == 2


@pytest.mark.parametrize("asked", [True, False])
def test_a_double_click_where_no_archive_told_of_it_says_so(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path, asked: bool
) -> None:
    """It was not asked, or it did not answer: nothing is claimed of what it has."""
    archive = dcmqrscp(data.study(tmp_path / "study", 3))
    workstation = windows.open([archive.node(name="A")])
    fetch_first_study(qtbot, workstation)
    sorted((workstation.library.root / STUDY).iterdir())[0].unlink()
    windows.close(workstation)
    if asked:
        archive.stop()
    workstation = windows.open([archive.node(name="A")])
    tick(workstation, LIBRARY, *(["A"] if asked else []))
    study = search(qtbot, workstation, "DOE")
    qtbot.waitUntil(lambda: local_text(study) == "2 of 3", timeout=DEADLINE)
    qtbot.waitUntil(lambda: not workstation.search.asking, timeout=DEADLINE)
    workstation.window.notice.dismiss()
    double_click(qtbot, workstation, study)
    assert "No archive in your list told of it" in workstation.window.notice.text
    assert workstation.transfers_model.rowCount() == 0


@pytest.mark.parametrize("counts", [{"study": b"9"}, {"series": b"9"}, {"study": b"9", "series": b"9"}])
def test_a_study_of_which_more_is_counted_than_listed_is_not_complete(
    qtbot: QtBot, windows: Windows, counts: dict[str, bytes]
) -> None:
    """Its list is fetched, and no more of it can be; row, transfer and picture say that more is counted."""
    uids = [f"1.2.3.{number}" for number in range(4)]
    study_uid, series_uid = b"1.2.3", b"1.2.3.1"
    archive = Answering(
        study=[answering.study(study_uid, b"DOE^JOHN", b"", images=counts.get("study", b""))],
        series=[answering.series(series_uid, study_uid, images=counts.get("series", b""))],
        image=[answering.image(uid.encode(), study_uid, series_uid) for uid in uids],
        objects={uid: image(uid) for uid in uids},
    )
    with Server(archive.play) as server:
        workstation = windows.open([server.node(name="A")])
        study = search(qtbot, workstation, "DOE")
        double_click(qtbot, workstation, study)
        qtbot.waitUntil(lambda: local_text(study) == "4 listed, 9 counted", timeout=DEADLINE)
        qtbot.waitUntil(lambda: not workstation.transfers_model.running, timeout=DEADLINE)
        assert state(workstation) is TransferState.RECEIVED
        assert study.data(Role.LOCAL) == Local.HERE
        row = workstation.tree_model.row(study)
        assert row is not None
        assert not row.state.verified
        assert workstation.window.canvas.remark == "4 images here, 9 counted"
        asked = len(archive.asked)
        double_click(qtbot, workstation, study)
        assert workstation.transfers_model.rowCount() == 1
        workstation.window.criteria.search()
        model = workstation.tree_model
        qtbot.waitUntil(
            lambda: len(archive.asked) > asked and model.results.study_count == 1, timeout=DEADLINE
        )
        words = "4 listed, 9 counted"
        qtbot.waitUntil(lambda: local_text(first_study(model)) == words, timeout=DEADLINE)


def test_the_picture_says_how_much_of_its_study_is_here(
    qtbot: QtBot, windows: Windows, demo: Start, tmp_path: Path
) -> None:
    workstation = windows.open([demo(slices(tmp_path / "study", 4, size=64)).node(name="A")])
    study = fetch_first_study(qtbot, workstation)
    canvas = workstation.window.canvas
    qtbot.waitUntil(lambda: local_text(study) == "Complete" and canvas.picture is not None, timeout=DEADLINE)
    assert canvas.remark == ""
    sorted((workstation.library.root / STUDY).iterdir())[0].unlink()
    workstation.local_completeness.confirm([STUDY], lambda copy: None)
    qtbot.waitUntil(lambda: canvas.remark == "3 of 4 images here", timeout=DEADLINE)
    row = workstation.tree_model.row(study)
    assert row is not None
    workstation.local_completeness.accept(row.uid, row.state, all_there_is=True)
    qtbot.waitUntil(lambda: local_text(study) == "3, accepted", timeout=DEADLINE)
    assert canvas.remark == "3 of 4 images here"
    workstation.window.criteria.name.setText("DO")
    workstation.window.criteria.search()
    qtbot.waitUntil(lambda: canvas.picture is None, timeout=DEADLINE)
    assert canvas.remark == ""
