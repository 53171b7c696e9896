"""A series of reports in a study of images, fetched alone: the wait for an image ends."""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest
from pydicom.uid import BasicTextSRStorage
from pytestqt.qtbot import QtBot

from tests.app.conftest import Start, Windows
from tests.app.window_steps import DEADLINE, double_click, search, state
from tests.archives import data
from tests.rows import below
from workstation.models.transfer import TransferState

pytestmark = pytest.mark.archives


def test_a_report_series_that_was_fetched_is_shown(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    files = data.study(tmp_path / "study", 2, series=2)
    for path in files:
        report = pydicom.dcmread(path)
        if report.SeriesNumber != 2:
            continue
        for keyword in ("PixelData", "Rows", "Columns"):
            delattr(report, keyword)
        report.SOPClassUID = report.file_meta.MediaStorageSOPClassUID = BasicTextSRStorage
        report.Modality = "SR"
        report.save_as(path)
    workstation = windows.open([dcmqrscp(files).node(name="A")])
    study = search(qtbot, workstation, "DOE")
    tree, canvas = workstation.window.tree, workstation.window.canvas
    tree.open_row(study)
    qtbot.waitUntil(lambda: len(below(study)) == 2, timeout=DEADLINE)
    double_click(qtbot, workstation, below(study)[1])
    qtbot.waitUntil(lambda: state(workstation) is TransferState.COMPLETE, timeout=DEADLINE)
    qtbot.waitUntil(lambda: len(workstation.preview.stack.positions) == 2, timeout=DEADLINE)
    qtbot.waitUntil(lambda: bool(canvas.words) and "Waiting" not in canvas.words, timeout=DEADLINE)
