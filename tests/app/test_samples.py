"""Space shows one image of each series before anything is fetched, in the real window with real archives."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, Qt
from pytestqt.qtbot import QtBot

from tests.app.conftest import Windows, choose_action
from tests.app.window_steps import DEADLINE, double_click, search, shows, slices, state
from tests.archives import data
from tests.archives.process import Archive
from tests.operations.scripted_archive import Crooked
from tests.peers import wire
from tests.peers.peer import Ended, Server, Talk
from tests.rows import above, below, first_study, patients
from workstation.app.parts import Workstation
from workstation.dicom.criteria import Criteria
from workstation.dicom.nodes import RetrieveMethod
from workstation.models.columns import Column
from workstation.models.rows import Local
from workstation.models.series_model import SeriesModel, SeriesRole
from workstation.models.transfers_model import TransferState
from workstation.models.tree_roles import Role
from workstation.operations.samples import NOT_LISTED
from workstation.widgets.row_menu import RowAction

NOT_FETCHED = "not fetched"


def press_space(qtbot: QtBot, workstation: Workstation, index: QModelIndex) -> None:
    tree = workstation.window.tree
    tree.setFocus()
    tree.setCurrentIndex(index)
    qtbot.keyClick(tree, Qt.Key.Key_Space)


def cells(model: SeriesModel, role: SeriesRole) -> list[object]:
    return [model.index(row).data(role) for row in range(model.rowCount())]


def pictures(workstation: Workstation) -> int:
    return sum(one is not None for one in cells(workstation.preview.series, SeriesRole.THUMBNAIL))


def cached() -> list[Path]:
    return list((Path(os.environ["WORKSTATION_HOME"]) / "cache" / "samples").rglob("*.dcm"))


@pytest.mark.archives
@pytest.mark.parametrize("method", [RetrieveMethod.GET, RetrieveMethod.MOVE])
def test_a_study_is_looked_at_then_fetched(
    qtbot: QtBot,
    windows: Windows,
    each_archive: Callable[..., Archive],
    tmp_path: Path,
    method: RetrieveMethod,
) -> None:
    files = slices(tmp_path / "s", 5, series=3)
    archive = each_archive(files, destinations={"WORKSTATION": windows.port})
    workstation = windows.open([archive.node(retrieve=method)])
    study = search(qtbot, workstation, "DOE")
    strip, canvas = workstation.window.preview.strip, workstation.window.canvas
    press_space(qtbot, workstation, study)
    qtbot.waitUntil(lambda: pictures(workstation) == 3, timeout=DEADLINE)
    assert strip.isVisible()
    assert cells(workstation.preview.series, SeriesRole.NOTE) == [NOT_FETCHED] * 3
    assert cells(workstation.preview.series, SeriesRole.COUNT) == ["1 of 5"] * 3
    qtbot.waitUntil(lambda: shows(workstation, files[2]), timeout=DEADLINE)
    assert canvas.remark == "Preview: 1 of 5, not fetched"
    workstation.preview.turn_to(str(data.uid("ENG-1", "1", 2)))
    qtbot.waitUntil(lambda: shows(workstation, files[7]), timeout=DEADLINE)
    assert len(cached()) == 3
    # nothing of it counts as here
    workstation.library.index.settled()
    assert list(workstation.library.index.studies()) == []
    assert study.data(Role.LOCAL) == Local.NONE
    assert not list(workstation.library.root.rglob("*.dcm"))
    assert workstation.transfers_model.rowCount() == 0
    double_click(qtbot, workstation, first_study(workstation.tree_model))
    qtbot.waitUntil(lambda: state(workstation) is TransferState.COMPLETE, timeout=DEADLINE)
    counts = workstation.preview.series
    qtbot.waitUntil(lambda: cells(counts, SeriesRole.COUNT) == ["5"] * 3, timeout=DEADLINE)
    assert cells(counts, SeriesRole.NOTE) == [""] * 3
    qtbot.waitUntil(lambda: canvas.remark == "", timeout=DEADLINE)
    assert workstation.preview.series_uid == str(data.uid("ENG-1", "1", 2))  # the series that was looked at
    assert workstation.preview.path is not None
    assert workstation.library.root in workstation.preview.path.parents
    windows.close(workstation)
    assert cached() == []


@pytest.mark.archives
def test_what_is_cached_is_shown_again_and_another_patient_is_not_mixed_in(
    qtbot: QtBot, windows: Windows, dcmqrscp: Callable[..., Archive], tmp_path: Path
) -> None:
    files = slices(tmp_path / "s", 3, series=2)
    other = data.study(tmp_path / "o", 2, patient=data.MUELLER)
    workstation = windows.open([dcmqrscp([*files, *other]).node()])
    model, tree = workstation.tree_model, workstation.window.tree
    workstation.search.search(Criteria(), workstation.sources.keys)
    qtbot.waitUntil(lambda: model.results.study_count == 2, timeout=DEADLINE)
    [mine], [hers] = (below(found) for found in sorted(patients(model), key=by_name))
    tree.setCurrentIndex(mine)
    choose_action(workstation, RowAction.SAMPLES)
    qtbot.waitUntil(lambda: pictures(workstation) == 2, timeout=DEADLINE)
    tree.setCurrentIndex(hers)
    assert workstation.preview.series.rowCount() == 0
    assert workstation.window.canvas.picture is None
    qtbot.waitUntil(lambda: "Not here yet" in workstation.window.canvas.words, timeout=DEADLINE)
    tree.setCurrentIndex(mine)  # without asking
    qtbot.waitUntil(lambda: pictures(workstation) == 2, timeout=DEADLINE)
    qtbot.waitUntil(lambda: shows(workstation, files[1]), timeout=DEADLINE)
    assert workstation.window.canvas.remark == "Preview: 1 of 3, not fetched"


@pytest.mark.archives
def test_a_series_is_looked_at_alone(
    qtbot: QtBot, windows: Windows, dcmqrscp: Callable[..., Archive], tmp_path: Path
) -> None:
    files = slices(tmp_path / "s", 3, series=2)
    workstation = windows.open([dcmqrscp(files).node()])
    study = search(qtbot, workstation, "DOE")
    workstation.window.tree.open_row(study)
    qtbot.waitUntil(lambda: len(below(first_study(workstation.tree_model))) == 2, timeout=DEADLINE)
    press_space(qtbot, workstation, below(first_study(workstation.tree_model))[1])
    qtbot.waitUntil(lambda: shows(workstation, files[4]), timeout=DEADLINE)
    assert workstation.preview.series.rowCount() == len(cached()) == 1
    [image] = cached()
    press_space(qtbot, workstation, first_study(workstation.tree_model))
    qtbot.waitUntil(lambda: pictures(workstation) == 2, timeout=DEADLINE)
    assert image in cached()  # that of the second series did not come again
    assert len(cached()) == 2


def by_name(index: QModelIndex) -> str:
    return str(index.siblingAtColumn(Column.NAME).data())


def test_an_archive_without_image_level_says_so(qtbot: QtBot, windows: Windows) -> None:
    archive = Crooked(["1.2.3.4.1"], lists_images=False)
    with Server(archive.play) as server:
        workstation = windows.open([server.node(retrieve=RetrieveMethod.GET)])
        study = search(qtbot, workstation, "")
        press_space(qtbot, workstation, study)
        qtbot.waitUntil(lambda: workstation.window.canvas.words == NOT_LISTED, timeout=DEADLINE)
        [tip] = cells(workstation.preview.series, Qt.ItemDataRole.AccessibleTextRole)  # type: ignore[arg-type]
        assert NOT_LISTED in str(tip)
        workstation.window.tree.setCurrentIndex(QModelIndex())
        windows.close(workstation)


def test_a_silent_archive_costs_neither_the_window_nor_the_next_row(qtbot: QtBot, windows: Windows) -> None:
    """The strip says what is awaited; another row ends the wait at once."""

    def wait(talk: Talk, context: int, asked: wire.Message) -> None:
        talk.rest()

    archive = Crooked(["1.2.3.4.1"], wait)

    def play(talk: Talk) -> None:
        with contextlib.suppress(Ended, OSError):
            archive.play(talk)

    with Server(play) as server:
        workstation = windows.open([server.node(retrieve=RetrieveMethod.GET)])
        study = search(qtbot, workstation, "")
        press_space(qtbot, workstation, study)
        series = workstation.preview.series
        qtbot.waitUntil(lambda: cells(series, SeriesRole.NOTE) == ["asking…"], timeout=DEADLINE)
        assert "Asking" in workstation.window.canvas.words
        workstation.window.tree.setCurrentIndex(QModelIndex())
        qtbot.waitUntil(lambda: not any("look at images" in one for one in workstation.lanes.busy))
        assert series.rowCount() == 0
        windows.close(workstation)


def test_a_fetch_whose_turn_it_is_ends_the_look(qtbot: QtBot, windows: Windows) -> None:
    archive = Crooked(["1.2.3.4.1"], lambda talk, context, asked: talk.rest())

    def play(talk: Talk) -> None:
        with contextlib.suppress(Ended, OSError):
            archive.play(talk)

    with Server(play) as server:
        workstation = windows.open([server.node(retrieve=RetrieveMethod.GET)])
        study = search(qtbot, workstation, "")
        press_space(qtbot, workstation, study)
        busy = workstation.lanes
        qtbot.waitUntil(lambda: any("look at images" in one for one in busy.busy), timeout=DEADLINE)
        row = workstation.tree_model.row(study)
        assert row is not None
        assert workstation.retrieve.fetch(row)  # as “Fetch everything shown” does
        qtbot.waitUntil(lambda: not any("look at images" in one for one in busy.busy), timeout=DEADLINE)
        assert workstation.retrieve.running
        windows.close(workstation)


def test_a_patient_is_told_to_choose_a_study(
    qtbot: QtBot, windows: Windows, demo: Callable[..., Archive], tmp_path: Path
) -> None:
    files = [*slices(tmp_path / "s", 1), *slices(tmp_path / "t", 1, key="2")]
    workstation = windows.open([demo(files).node()])
    study = search(qtbot, workstation, "DOE", studies=2)
    press_space(qtbot, workstation, above(study))
    assert "Choose a study" in workstation.window.notice.text


def test_what_a_killed_program_left_goes_at_the_start(qtbot: QtBot, windows: Windows) -> None:
    folder = Path(os.environ["WORKSTATION_HOME"]) / "cache" / "samples" / "of-a-killed-run"
    folder.mkdir(parents=True)
    (folder / "image.dcm").write_bytes(b"x")
    windows.open([])
    qtbot.waitUntil(lambda: not folder.exists(), timeout=DEADLINE)
