"""Doubtful files in the real window: the rows of study and series name them, also after a restart."""

from __future__ import annotations

import struct

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.app.conftest import Windows
from tests.app.window_steps import DEADLINE, double_click, local_text, search
from tests.crash.peers import image
from tests.peers import answering
from tests.peers.answering import Answering
from tests.peers.peer import Server
from tests.rows import child, unfold
from workstation.models.columns import Column

STRAY = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
"""A sequence delimiter before the first element: readers do not mind."""


def test_rows_name_doubtful_files_also_after_a_restart(qtbot: QtBot, windows: Windows) -> None:
    study_uid, series_uid = b"1.2.3", b"1.2.3.1"
    objects = {f"1.2.3.{number}": image(f"1.2.3.{number}") for number in range(4)}
    objects["1.2.3.2"] = STRAY + objects["1.2.3.2"]
    archive = Answering(
        study=[answering.study(study_uid, b"DOE^JOHN", b"", images=b"4")],
        series=[answering.series(series_uid, study_uid, images=b"4")],
        image=[answering.image(uid.encode(), study_uid, series_uid) for uid in objects],
        objects=objects,
    )
    words = "1 doubtful, Complete"
    with Server(archive.play) as server:
        workstation = windows.open([server.node(name="A")])
        study = search(qtbot, workstation, "DOE")
        double_click(qtbot, workstation, study)
        qtbot.waitUntil(lambda: local_text(study) == words, timeout=DEADLINE)
        unfold(study)
        qtbot.waitUntil(
            lambda: child(study).isValid() and local_text(child(study)) == words, timeout=DEADLINE
        )
        tip = study.siblingAtColumn(Column.STATE).data(Qt.ItemDataRole.ToolTipRole)
        assert "breaks the rules of DICOM" in tip
        windows.close(workstation)
    workstation = windows.open()
    study = search(qtbot, workstation, "DOE")
    qtbot.waitUntil(lambda: local_text(study) == words, timeout=DEADLINE)
