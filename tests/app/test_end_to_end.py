"""The whole way, with a real archive: a name, Enter, a double-click, the right pixels."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.app.conftest import Start, Windows
from tests.app.window_steps import (
    DEADLINE,
    at_fifth_image,
    double_click,
    search,
    shows,
    slices,
    state,
    type_name,
    unfolded,
    wheel,
)
from tests.archives import data
from tests.rows import above, below, child
from tests.rows import patients as shown_patients
from workstation.dicom.nodes import Node, RetrieveMethod, Timeouts
from workstation.models.columns import Column
from workstation.models.rows import Local
from workstation.models.transfer import TransferState
from workstation.models.transfer_cells import TransferColumn
from workstation.models.tree_roles import Role
from workstation.store.plan import PlanState

pytestmark = pytest.mark.archives


def test_from_a_name_to_the_right_pixels(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    files = slices(tmp_path / "study", 5)
    others = data.study(tmp_path / "other", 2, patient=data.MUELLER)
    archive = dcmqrscp([*reversed(files), *others])
    workstation = windows.open([archive.node()])
    study = search(qtbot, workstation, "DOE JOHN")
    assert workstation.tree_model.results.patient_count == 1
    assert above(study).data() == "DOE, JOHN"

    double_click(qtbot, workstation, study)
    qtbot.waitUntil(lambda: state(workstation) is TransferState.COMPLETE, timeout=DEADLINE)
    qtbot.waitUntil(lambda: len(workstation.preview.stack.positions) == 5, timeout=DEADLINE)
    place = workstation.preview.position
    qtbot.waitUntil(lambda: shows(workstation, files[place]), timeout=DEADLINE)
    assert workstation.window.canvas.caption.name == "DOE^JOHN"

    wheel(workstation, -10)
    for number, path in enumerate(files):
        qtbot.waitUntil(lambda path=path: shows(workstation, path), timeout=DEADLINE)
        assert workstation.preview.position == number
        wheel(workstation, 1)
    assert not shows(workstation, files[0])
    qtbot.waitUntil(lambda: study.data(Role.LOCAL) == Local.HERE, timeout=DEADLINE)


def test_a_study_that_is_here_is_shown_without_asking_for_it(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    files = slices(tmp_path / "study", 2)
    archive = dcmqrscp(files)
    workstation = windows.open([archive.node()])
    double_click(qtbot, workstation, search(qtbot, workstation, "DOE"))
    qtbot.waitUntil(lambda: state(workstation) is TransferState.COMPLETE, timeout=DEADLINE)
    windows.close(workstation)
    archive.kill()

    again = windows.open([])
    study = search(qtbot, again, "DOE")
    assert study.siblingAtColumn(Column.SOURCE).data() == "Library"
    double_click(qtbot, again, study)
    qtbot.waitUntil(lambda: shows(again, files[0]), timeout=DEADLINE)
    assert again.transfers_model.rowCount() == 0


def test_a_series_of_a_study_is_opened_and_fetched_alone(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    files = slices(tmp_path / "study", 3, series=2)
    workstation = windows.open([dcmqrscp(files).node()])
    study = search(qtbot, workstation, "DOE")
    workstation.window.tree.open_row(study)
    qtbot.waitUntil(lambda: len(below(study)) == 2, timeout=DEADLINE)
    series = child(study, 1)
    assert (named := str(series.data())).startswith("2")
    double_click(qtbot, workstation, series)
    qtbot.waitUntil(lambda: state(workstation) is TransferState.COMPLETE, timeout=DEADLINE)
    qtbot.waitUntil(lambda: shows(workstation, files[3 + workstation.preview.position]), timeout=DEADLINE)
    held = workstation.library.index.sop_uids(str(data.uid("ENG-1", "1")))
    assert held == {str(data.uid("ENG-1", "1", 2, number)) for number in (1, 2, 3)}
    title = workstation.transfers_model.index(0, TransferColumn.TITLE).data()
    assert title.endswith(f"  ·  {named}")
    assert series.data() == "2  Series 2"  # the archive did not tell its description, the images did


def test_what_is_opened_after_its_transfer_is_known_to_be_here(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    workstation = windows.open([dcmqrscp(slices(tmp_path / "study", 2)).node()])
    study = search(qtbot, workstation, "DOE")
    double_click(qtbot, workstation, study)
    qtbot.waitUntil(lambda: study.data(Role.LOCAL) == Local.HERE, timeout=DEADLINE)
    row = study
    for _ in ("series", "image"):
        workstation.window.tree.open_row(row)
        qtbot.waitUntil(lambda row=row: bool(below(row)), timeout=DEADLINE)
        row = child(row)
        qtbot.waitUntil(lambda row=row: row.data(Role.LOCAL) == Local.HERE, timeout=DEADLINE)


def test_by_c_move_to_our_listener(qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path) -> None:
    files = slices(tmp_path / "study", 3)
    archive = dcmqrscp(files, destinations={"WORKSTATION": windows.port})
    workstation = windows.open([archive.node(retrieve=RetrieveMethod.MOVE)])
    double_click(qtbot, workstation, search(qtbot, workstation, "DOE"))
    qtbot.waitUntil(lambda: state(workstation) is TransferState.COMPLETE, timeout=DEADLINE)
    qtbot.waitUntil(lambda: shows(workstation, files[workstation.preview.position]), timeout=DEADLINE)


def test_a_second_double_click_fetches_nothing_twice(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    archive = dcmqrscp(data.study(tmp_path / "study", 2))
    workstation = windows.open([archive.node(timeouts=Timeouts(association=60))])
    study = search(qtbot, workstation, "DOE")
    archive.pause()
    double_click(qtbot, workstation, study)
    qtbot.waitUntil(lambda: "Waiting" in workstation.window.canvas.words, timeout=DEADLINE)
    double_click(qtbot, workstation, study)
    archive.resume()
    qtbot.waitUntil(lambda: state(workstation) is TransferState.COMPLETE, timeout=DEADLINE)
    double_click(qtbot, workstation, study)
    assert workstation.transfers_model.rowCount() == 1
    assert [plan.state for plan in workstation.plans.every()] == [PlanState.COMPLETE]


def test_an_archive_that_counts_and_knows_nothing_of_case(
    qtbot: QtBot, windows: Windows, orthanc: Start, tmp_path: Path
) -> None:
    files = slices(tmp_path / "study", 3, series=2)
    workstation = windows.open([orthanc(files).node()])
    study = search(qtbot, workstation, "doe")
    assert study.siblingAtColumn(Column.IMAGES).data() == "6"
    assert study.siblingAtColumn(Column.MODALITY).data() == "CT"
    double_click(qtbot, workstation, study)
    qtbot.waitUntil(lambda: state(workstation) is TransferState.COMPLETE, timeout=DEADLINE)
    qtbot.waitUntil(lambda: study.data(Role.LOCAL) == Local.HERE, timeout=DEADLINE)


def test_after_a_crash_the_library_is_looked_through_while_the_window_is_open(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    workstation = windows.open([dcmqrscp(data.study(tmp_path / "study", 2)).node()])
    double_click(qtbot, workstation, search(qtbot, workstation, "DOE"))
    qtbot.waitUntil(lambda: state(workstation) is TransferState.COMPLETE, timeout=DEADLINE)
    root = workstation.library.root
    windows.close(workstation)
    (root / "unclean").touch()
    (root / "index.db").unlink()

    again = windows.open([])
    notice = again.window.notice
    qtbot.waitUntil(lambda: notice.text == "The library is in order again.", timeout=DEADLINE)
    search(qtbot, again, "doe")


def test_names_in_five_character_sets(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, patients: list[Path]
) -> None:
    workstation = windows.open([dcmqrscp(patients).node()])
    search(qtbot, workstation, "*", studies=5)
    model = workstation.tree_model
    names = {one.data() for one in shown_patients(model)}
    assert names == {
        "DOE, JOHN",
        "Müller, Jürgen",
        "王 小东 (Wang, XiaoDong)",
        "李 娜 (Li, Na)",
        "山田 太郎 (Yamada, Tarou)",
    }


def test_error_is_one_plain_message(qtbot: QtBot, windows: Windows, free_port: Callable[[], int]) -> None:
    workstation = windows.open([Node(name="PACS-A", ae_title="PACS", host="127.0.0.1", port=free_port())])
    type_name(qtbot, workstation, "DOE")
    notice = workstation.window.notice
    qtbot.waitUntil(lambda: "where PACS-A should be" in notice.text, timeout=DEADLINE)
    assert "not every source could answer" in workstation.window.status.text()


def test_closing_in_the_middle_of_a_get_and_resuming_at_the_next_start(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = slices(tmp_path / "study", 150, size=256)
    archive = dcmqrscp(files)
    workstation = windows.open([archive.node()])
    study = search(qtbot, workstation, "DOE")
    arrived: list[object] = []
    paused = threading.Event()

    def pause() -> None:
        archive.pause()
        paused.set()

    workstation.arrivals.arrived.connect(arrived.extend)
    at_fifth_image(monkeypatch, pause)
    double_click(qtbot, workstation, study)
    # closed before the fifth image, the next window would pause an archive that is gone
    qtbot.waitUntil(lambda: bool(arrived) and paused.is_set(), timeout=DEADLINE)
    windows.close(workstation)
    archive.kill()

    second = dcmqrscp(files)
    again = windows.open([second.node()])
    assert state(again) is TransferState.UNFINISHED
    title = again.transfers_model.index(0, TransferColumn.TITLE).data()
    assert title.startswith("DOE, JOHN  ·  ")  # not its UID
    assert again.transfers_model.index(0, TransferColumn.SECOND).data() == "Forget"
    action = again.transfers_model.index(0, TransferColumn.ACTION)
    assert action.data() == "Resume"
    view = unfolded(again)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(action).center())
    qtbot.waitUntil(lambda: state(again) is TransferState.COMPLETE, timeout=DEADLINE)
    assert len(again.library.index.sop_uids(str(data.uid("ENG-1", "1")))) == 150


@pytest.mark.parametrize("service", [RetrieveMethod.GET, RetrieveMethod.MOVE])
def test_cancelling_in_the_middle(
    qtbot: QtBot,
    windows: Windows,
    each_archive: Start,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    service: RetrieveMethod,
) -> None:
    files = slices(tmp_path / "study", 150, size=256)
    archive = each_archive(files, destinations={"WORKSTATION": windows.port})
    workstation = windows.open([archive.node(retrieve=service)])
    study = search(qtbot, workstation, "DOE")
    at_fifth_image(monkeypatch, archive.pause)
    double_click(qtbot, workstation, study)
    qtbot.waitUntil(lambda: workstation.preview.stack.positions != (), timeout=DEADLINE)
    action = workstation.transfers_model.index(0, TransferColumn.ACTION)
    view = unfolded(workstation)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(action).center())
    qtbot.waitUntil(lambda: state(workstation) is TransferState.CANCELLED, timeout=DEADLINE)
    assert workstation.plans.unfinished() == []
    assert 0 < len(workstation.library.index.sop_uids(str(data.uid("ENG-1", "1")))) < 150
    assert study.data(Role.LOCAL) == Local.PARTLY


@pytest.mark.parametrize("silent_from", ["connect", "find"])
def test_closing_beside_a_stalled_archive(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path, silent_from: str
) -> None:
    archive = dcmqrscp(data.study(tmp_path / "study", 1))
    workstation = windows.open([archive.node()])
    if silent_from == "find":
        search(qtbot, workstation, "DOE")
    archive.pause()
    workstation.window.criteria.name.setText("DOE")
    workstation.window.criteria.search()
    qtbot.waitUntil(lambda: f"search in {archive.ae_title}" in workstation.lanes.busy, timeout=DEADLINE)
    windows.close(workstation)
    archive.resume()


def test_a_local_copy_stays_with_the_patient_of_its_archive(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, pynetdicom_scp: Start, tmp_path: Path
) -> None:
    """Two archives call two people by one ID and name; one study of each is fetched, then seen from here."""
    north = dcmqrscp(data.study(tmp_path / "a", 1, key="1")).node(name="North")
    south = pynetdicom_scp(data.study(tmp_path / "b", 1, key="2")).node(name="South")
    workstation = windows.open([north, south])
    search(qtbot, workstation, "DOE", 2)
    for patient in shown_patients(workstation.tree_model):
        study = child(patient)
        double_click(qtbot, workstation, study)
        qtbot.waitUntil(lambda study=study: study.data(Role.LOCAL) == Local.HERE, timeout=DEADLINE)
    qtbot.waitUntil(
        lambda: [state(workstation, row) for row in (0, 1)] == 2 * [TransferState.COMPLETE], timeout=DEADLINE
    )
    assert workstation.tree_model.results.patient_count == 2
    windows.close(workstation)

    again = windows.open([replace(north, port=1), replace(south, port=1)])  # nobody answers
    search(qtbot, again, "DOE", 2)
    assert again.tree_model.results.patient_count == 2
    windows.close(again)

    more = dcmqrscp(data.study(tmp_path / "c", 1, key="3")).node(name="North")
    at_last = windows.open([more, replace(south, port=1)])
    search(qtbot, at_last, "DOE", 3)
    told = {len(below(patient)) for patient in shown_patients(at_last.tree_model)}
    assert told == {1, 2}
