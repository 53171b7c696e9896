"""Only some series of a study are fetched; what was left out stays missing."""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest
from PySide6.QtCore import QModelIndex
from pytestqt.qtbot import QtBot

from tests.app.conftest import Start, Windows, choose_action
from tests.app.window_steps import DEADLINE, STUDY, double_click, search, state
from tests.archives import data
from tests.rows import below, unfold
from workstation.app.parts import Workstation
from workstation.models.rows import Local
from workstation.models.transfers_model import TransferColumn, TransferState
from workstation.models.tree_roles import Role
from workstation.widgets.row_menu import RowAction
from workstation.widgets.series_dialog import SeriesDialog

pytestmark = pytest.mark.archives

SERIES = (("CT", "Thorax lung"), ("CT", "Scout"), ("SR", "Dose report"), ("PR", "Arrows"), ("MR", "Liver"))


def mixed(folder: Path, key: str = "1") -> list[Path]:
    """A study of five series, two images each."""
    files = data.study(folder, 2, series=len(SERIES), key=key)
    for path in files:
        dataset = pydicom.dcmread(path)
        dataset.Modality, dataset.SeriesDescription = SERIES[dataset.SeriesNumber - 1]
        dataset.save_as(path)
    return files


def choosing(qtbot: QtBot, workstation: Workstation) -> SeriesDialog:
    choose_action(workstation, RowAction.ONLY)
    dialog = workstation.dialogs.series_dialog
    assert dialog is not None
    qtbot.waitUntil(lambda: bool(dialog.boxes), timeout=DEADLINE)
    return dialog


def here(study: QModelIndex) -> dict[str, object]:
    return {str(one.data()): one.data(Role.LOCAL) for one in below(study)}


@pytest.mark.parametrize("kind", ["dcmqrscp", "orthanc"])
def test_what_was_left_out_is_not_here(
    qtbot: QtBot, windows: Windows, kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    archive = request.getfixturevalue(kind)(mixed(tmp_path / "one"))
    workstation = windows.open([archive.node(name="PACS")])
    study = search(qtbot, workstation, "DOE")
    workstation.window.tree.setCurrentIndex(study)
    dialog = choosing(qtbot, workstation)
    assert list(dialog.boxes) == ["CT", "MR", "PR", "SR"]
    dialog.preset.click()
    assert [code for code, box in dialog.boxes.items() if box.isChecked()] == ["CT", "MR"]
    assert "3 of 5 series chosen" in dialog.sum.text()
    dialog.boxes["MR"].click()
    qtbot.keyClicks(dialog.words, "LUNG")
    if kind == "orthanc":
        assert "1 of 5 series chosen" in dialog.sum.text()
    else:  # it does not tell them
        assert dialog.sum.text() == "None of 5 series chosen. 5 series have no description."
    dialog.words.clear()
    assert "2 of 5 series chosen" in dialog.sum.text()
    dialog.ok.click()
    qtbot.waitUntil(lambda: state(workstation) is TransferState.COMPLETE, timeout=DEADLINE)
    assert "2 of its series" in workstation.transfers_model.index(0, TransferColumn.TITLE).data()
    assert workstation.transfers_model.index(0, TransferColumn.PROGRESS).data() == "4 of 4 images"
    assert len(workstation.library.index.sop_uids(STUDY)) == 4
    qtbot.waitUntil(lambda: study.data(Role.LOCAL) == Local.PARTLY, timeout=DEADLINE)
    unfold(study)
    qtbot.waitUntil(lambda: list(here(study).values()).count(Local.HERE) == 2, timeout=DEADLINE)
    assert list(here(study).values()).count(Local.NONE) == 3
    assert study.data(Role.LOCAL) == Local.PARTLY

    again = choosing(qtbot, workstation)  # the last choice is offered again
    assert [code for code, box in again.boxes.items() if box.isChecked()] == ["CT"]
    assert "They are here already" in again.sum.text()
    assert not again.ok.isEnabled()
    again.reject()

    double_click(qtbot, workstation, study)  # the rest
    qtbot.waitUntil(lambda: study.data(Role.LOCAL) == Local.HERE, timeout=DEADLINE)
    assert len(workstation.library.index.sop_uids(STUDY)) == 10


def test_the_choice_holds_for_several_studies(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    archive = dcmqrscp(mixed(tmp_path / "one") + mixed(tmp_path / "two", key="2"))
    workstation = windows.open([archive.node(name="PACS")])
    search(qtbot, workstation, "DOE", studies=2)
    workstation.window.tree.selectAll()
    dialog = choosing(qtbot, workstation)
    assert dialog.boxes["MR"].text().startswith("MR  ·  2 series")
    for code in ("CT", "PR", "SR"):
        dialog.boxes[code].click()
    dialog.ok.click()
    qtbot.waitUntil(lambda: workstation.transfers_model.rowCount() == 2, timeout=DEADLINE)
    qtbot.waitUntil(lambda: not workstation.transfers_model.running, timeout=DEADLINE)
    for key in ("1", "2"):
        uids = workstation.library.index.sop_uids(str(data.uid("ENG-1", key)))
        assert uids == {str(data.uid("ENG-1", key, 5, number)) for number in (1, 2)}


def test_what_is_missing_of_a_study_accepted_as_complete(
    qtbot: QtBot, windows: Windows, orthanc: Start, tmp_path: Path
) -> None:
    workstation = windows.open([orthanc(mixed(tmp_path / "one")).node(name="PACS")])
    study = search(qtbot, workstation, "DOE")
    workstation.window.tree.setCurrentIndex(study)
    dialog = choosing(qtbot, workstation)
    for code in ("CT", "PR", "SR"):
        dialog.boxes[code].click()
    dialog.ok.click()
    qtbot.waitUntil(lambda: state(workstation) is TransferState.COMPLETE, timeout=DEADLINE)

    def is_judged() -> bool:
        offers = workstation.row_actions.offers
        return offers is not None and offers.accepted is False

    qtbot.waitUntil(is_judged, timeout=DEADLINE)
    choose_action(workstation, RowAction.ACCEPT)
    qtbot.waitUntil(lambda: study.data(Role.LOCAL) == Local.HERE, timeout=DEADLINE)
    again = choosing(qtbot, workstation)
    for code in ("CT", "PR", "SR"):
        again.boxes[code].click()
    again.ok.click()
    qtbot.waitUntil(lambda: len(workstation.library.index.sop_uids(STUDY)) == 10, timeout=DEADLINE)


def test_a_study_that_cannot_be_listed_is_told(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    archive = dcmqrscp(mixed(tmp_path / "one"))
    workstation = windows.open([archive.node(name="PACS")])
    study = search(qtbot, workstation, "DOE")
    workstation.window.tree.setCurrentIndex(study)
    qtbot.waitUntil(lambda: not workstation.lanes.busy, timeout=DEADLINE)
    archive.kill()
    heard: list[int] = []
    workstation.series_fetching.listed.connect(lambda series, unlisted: heard.append(unlisted))
    choose_action(workstation, RowAction.ONLY)
    qtbot.waitUntil(lambda: heard == [1], timeout=DEADLINE)
    dialog = workstation.dialogs.series_dialog
    assert dialog is not None
    assert not dialog.ok.isEnabled()
    assert not dialog.boxes
    dialog.reject()
    workstation.sources.set_nodes([dcmqrscp(mixed(tmp_path / "two")).node(name="PACS")])
    again = choosing(qtbot, workstation)  # asked again
    assert len(again.boxes) == 4
    again.reject()
