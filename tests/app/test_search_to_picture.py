"""From a name to pixels: by every archive and both services, from two archives at once, by keys alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.app.conftest import Keys, Start, Windows
from tests.app.window_steps import double_click, search, shows, slices, state
from tests.archives import data
from tests.rows import above, below, child, first_study, patients
from workstation.app.parts import Workstation
from workstation.dicom.matches import LIBRARY
from workstation.dicom.nodes import RetrieveMethod
from workstation.models.columns import Column
from workstation.models.rows import Local
from workstation.models.transfer import TransferState
from workstation.models.tree_roles import Role

pytestmark = pytest.mark.archives
DEADLINE = 40_000


@pytest.mark.parametrize("retrieve", [RetrieveMethod.GET, RetrieveMethod.MOVE])
def test_type_enter_open_double_click_see(
    qtbot: QtBot,
    windows: Windows,
    each_archive: Start,
    tmp_path: Path,
    retrieve: RetrieveMethod,
) -> None:
    files = slices(tmp_path / "study", 3)
    archive = each_archive(files, destinations={"WORKSTATION": windows.port})
    opened = windows.open([archive.node(retrieve=retrieve)])
    study = search(qtbot, opened, "DOE")
    assert above(study).data() == "DOE, JOHN"
    opened.window.tree.open_row(study)
    qtbot.waitUntil(lambda: len(below(study)) == 1, timeout=DEADLINE)

    double_click(qtbot, opened, child(study))
    qtbot.waitUntil(lambda: state(opened) is TransferState.COMPLETE, timeout=DEADLINE)
    canvas = opened.window.canvas
    qtbot.waitUntil(lambda: len(opened.preview.stack.positions) == 3, timeout=DEADLINE)
    qtbot.keyClick(canvas, Qt.Key.Key_Home)
    for number, path in enumerate(files):
        qtbot.waitUntil(lambda path=path: shows(opened, path), timeout=DEADLINE)
        assert opened.preview.position == number
        qtbot.keyClick(canvas, Qt.Key.Key_Down)
    assert canvas.caption.name == "DOE^JOHN"
    qtbot.waitUntil(lambda: child(study).data(Role.LOCAL) == Local.HERE, timeout=DEADLINE)
    service = "C-GET-RSP" if retrieve is RetrieveMethod.GET else "C-MOVE-RSP"
    details = opened.retrieve.details(1)
    assert details is not None
    assert any(service in line for line in details.messages)


def test_two_archives_at_once(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, orthanc: Start, tmp_path: Path
) -> None:
    """The same ID in both is two patients; both deliver while the other does."""
    stranger = data.Patient("ROE^JANE", data.DOE.id, birth_date="19710203", sex="F")
    one = slices(tmp_path / "one", 40, size=128)
    two = slices(tmp_path / "two", 40, size=128, patient=stranger, key="2")
    nodes = [dcmqrscp(one).node(name="A"), orthanc(two).node(name="B")]
    opened = windows.open(nodes)
    search(qtbot, opened, "*", studies=2)
    found = patients(opened.tree_model)
    names = {patient.data(): patient.siblingAtColumn(Column.SOURCE).data() for patient in found}
    assert names == {"DOE, JOHN": "A", "ROE, JANE": "B"}
    assert {patient.siblingAtColumn(Column.ID).data() for patient in found} == {data.DOE.id}

    tree = opened.window.tree
    tree.selectAll()
    for patient in found:
        double_click(qtbot, opened, child(patient))
    for row in (0, 1):
        qtbot.waitUntil(lambda row=row: state(opened, row) is TransferState.COMPLETE, timeout=DEADLINE)
    for patient, files in zip(
        found, (one, two) if found[0].data() == "DOE, JOHN" else (two, one), strict=True
    ):
        tree.setCurrentIndex(child(patient))
        name = str(patient.data()).replace(", ", "^")
        qtbot.waitUntil(lambda name=name: opened.window.canvas.caption.name == name, timeout=DEADLINE)
        qtbot.waitUntil(lambda: len(opened.preview.stack.positions) == 40, timeout=DEADLINE)
        place = opened.preview.position
        qtbot.waitUntil(lambda path=files[place]: shows(opened, path), timeout=DEADLINE)


def test_from_the_first_start_to_an_image_by_keys_alone(
    qtbot: QtBot, first_start: Workstation, dcmqrscp: Start, tmp_path: Path
) -> None:
    files = slices(tmp_path / "study", 3)
    archive = dcmqrscp(files)
    window = first_start.window
    keys = Keys(qtbot, window)
    keys.press(Qt.Key.Key_Return)  # the invitation
    dialog = first_start.dialogs.node_dialog
    assert dialog is not None
    within = Keys(qtbot, dialog)
    for text in ("Radiology", archive.ae_title, "localhost", str(archive.port)):
        within.type(text)
        within.press(Qt.Key.Key_Tab)
    within.press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: first_start.dialogs.node_dialog is None, timeout=DEADLINE)

    assert keys.focus is window.criteria.name
    keys.type("doe")
    keys.press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: first_start.tree_model.results.study_count == 1, timeout=DEADLINE)
    keys.tab_to(window.tree)
    for key in (Qt.Key.Key_Home, Qt.Key.Key_Down, Qt.Key.Key_Right):
        keys.press(key)
    study = first_study(first_start.tree_model)
    qtbot.waitUntil(lambda: len(below(study)) == 1, timeout=DEADLINE)
    keys.press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: state(first_start) is TransferState.COMPLETE, timeout=DEADLINE)
    qtbot.waitUntil(lambda: len(first_start.preview.stack.positions) == 3, timeout=DEADLINE)
    keys.tab_to(window.canvas)
    keys.press(Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: shows(first_start, files[0]), timeout=DEADLINE)
    keys.press(Qt.Key.Key_PageDown)
    qtbot.waitUntil(lambda: first_start.preview.position > 0, timeout=DEADLINE)
    qtbot.waitUntil(lambda: shows(first_start, files[first_start.preview.position]), timeout=DEADLINE)
    assert window.criteria.ticked == ["Radiology", LIBRARY]
