"""The worklist in the real window: from the menu to the studies of a patient."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.app.conftest import Windows
from tests.archives import data
from tests.archives.process import Archive
from tests.peers.peer import Server
from tests.peers.worklist import ScriptedWorklist, answer, refuse, step
from workstation.app.parts import Workstation
from workstation.dicom.date_periods import Period
from workstation.dicom.date_span import ANY_DATE
from workstation.dicom.nodes import WorklistOffer
from workstation.widgets.window_state import restore_window
from workstation.widgets.worklist_window import WorklistWindow

Start = Callable[..., Archive]
DEADLINE = 40_000


def opened(qtbot: QtBot, workstation: Workstation, nodes: int = 1) -> WorklistWindow:
    """Open it by its key, and ask for all days."""
    with qtbot.waitActive(workstation.window, timeout=DEADLINE):
        workstation.window.activateWindow()
    qtbot.keyClick(
        workstation.window,
        Qt.Key.Key_W,
        Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
    )
    window = workstation.dialogs.worklist_window
    assert window is not None
    qtbot.waitUntil(lambda: window.form.node.count() == nodes, timeout=DEADLINE)
    window.form.dates.choose(Period.ANY)
    return window


def searched(qtbot: QtBot, window: WorklistWindow, steps: int) -> None:
    qtbot.keyClick(window.form.name, Qt.Key.Key_Return)
    qtbot.waitUntil(
        lambda: window.model.rowCount() == steps and window.form.button.text() == "Search", timeout=DEADLINE
    )


@pytest.mark.archives
def test_from_a_step_to_the_studies_of_its_patient(
    windows: Windows, qtbot: QtBot, wlmscpfs: Start, dcmqrscp: Start, patients: list[Path]
) -> None:
    ris = replace(wlmscpfs().node(name="RIS"), worklist=WorklistOffer.YES)
    pacs = replace(dcmqrscp(patients).node(name="PACS"), worklist=WorklistOffer.NO)
    workstation = windows.open([pacs, ris])
    main, results = workstation.window, workstation.tree_model.results
    main.criteria.sources["RIS"].box.setChecked(False)
    main.criteria.sources["library"].box.setChecked(False)
    main.criteria.dates.choose(Period.TODAY)
    main.criteria.accession.setText("OTHER")
    window = opened(qtbot, workstation)
    searched(qtbot, window, len(data.PATIENTS))
    window.table.selectRow(1)
    assert window.step is not None
    assert window.step.patient_id == "GER-1"
    window.table.setFocus()
    qtbot.keyClick(window.table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: results.study_count == 1 and not workstation.search.asking, timeout=DEADLINE)
    assert not window.isVisible()
    assert main.criteria.criteria.patient_id == '"GER-1"'
    assert main.criteria.criteria.accession == ""
    assert main.criteria.criteria.span == ANY_DATE
    assert "Müller, Jürgen" in main.notice.text
    opened(qtbot, workstation)
    assert window.model.rowCount() == len(data.PATIENTS)  # as it was left
    assert window.status.text() == f"{len(data.PATIENTS)} steps"
    window.find_accession.click()
    qtbot.waitUntil(lambda: not workstation.search.asking, timeout=DEADLINE)
    assert main.criteria.criteria.accession == '"WL2"'
    assert main.criteria.criteria.patient_id == ""


@pytest.mark.archives
def test_an_id_with_a_wildcard_in_it_finds_its_patient_alone(
    windows: Windows, qtbot: QtBot, dcmqrscp: Start, study: Callable[..., list[Path]]
) -> None:
    files = study(1, patient=data.Patient("A^A", "12*")) + study(1, patient=data.Patient("B^B", "123"))
    with Server(ScriptedWorklist([answer(step(), patient=b"12*", name=b"A^A")]).play) as server:
        ris = server.node(name="RIS", worklist=WorklistOffer.YES)
        pacs = replace(dcmqrscp(files).node(name="PACS"), worklist=WorklistOffer.NO)
        workstation = windows.open([pacs, ris])
        workstation.window.criteria.sources["RIS"].box.setChecked(False)
        window = opened(qtbot, workstation)
        searched(qtbot, window, 1)
        window.find_patient.click()
        results = workstation.tree_model.results
        qtbot.waitUntil(lambda: results.study_count > 0 and not workstation.search.asking, timeout=DEADLINE)
        found = [
            workstation.tree_model.index(row, 0).data() for row in range(workstation.tree_model.rowCount())
        ]
        assert results.study_count == 1
        assert any("A, A" in text for text in found)
        windows.close(workstation)


def test_a_node_that_has_none_says_what_to_do_and_is_not_offered_again(
    windows: Windows, qtbot: QtBot
) -> None:
    with Server(refuse) as server:
        workstation = windows.open([server.node(name="PACS-A")])
        window = opened(qtbot, workstation)
        assert window.form.node.currentText() == "PACS-A (not tried yet)"
        qtbot.keyClick(window.form.name, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: "PACS-A offers no worklist." in window.nothing.text(), timeout=DEADLINE)
        assert "“WORKSTATION”" in window.nothing.text()
        assert window.status.text() == "Failed"
        qtbot.waitUntil(lambda: "not offered" in window.form.node.currentText(), timeout=DEADLINE)
        window.close()
        opened(qtbot, workstation, nodes=0)
        window.failure.click()  # what was asked and answered
        inspector = workstation.dialogs.inspector_window
        assert inspector is not None
        assert inspector.chosen is not None
        windows.close(workstation)


def test_what_is_remembered_of_the_window(windows: Windows, qtbot: QtBot) -> None:
    with Server(ScriptedWorklist([answer(step()), answer(step(station=b"CT2"))]).play) as server:
        nodes = [server.node(name="RIS")]
        workstation = windows.open(nodes)
        window = opened(qtbot, workstation)
        window.form.only_station.click()
        window.form.station.setText("CT2")
        window.form.dates.choose(Period.THIS_WEEK)
        window.form.station.editingFinished.emit()
        assert workstation.settings.preferences.station == "CT2"
        assert workstation.settings.preferences.only_station
        window.form.dates.choose(Period.ANY)
        searched(qtbot, window, 1)
        assert "1 step does not fit" in window.status.text()
        qtbot.waitUntil(lambda: window.form.node.currentText() == "RIS", timeout=DEADLINE)  # tried now
        window.close()
        windows.close(workstation)
        again = windows.open(nodes, workstation.settings.preferences)
        restore_window(again.window, again.folders.window)
        window = opened(qtbot, again)
        assert window.form.criteria.station == "CT2"
        windows.close(again)


def test_rows_are_exported(
    windows: Windows, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "list.csv"
    monkeypatch.setattr(
        "PySide6.QtWidgets.QFileDialog.getSaveFileName", lambda *_: (str(path), "Table (*.csv)")
    )
    with Server(ScriptedWorklist([answer(step(), patient=b"=1+1")]).play) as server:
        workstation = windows.open([server.node(name="RIS")])
        window = opened(qtbot, workstation)
        searched(qtbot, window, 1)
        window.export.click()
        qtbot.waitUntil(path.exists, timeout=DEADLINE)
        qtbot.waitUntil(lambda: "Exported 1 row" in window.status.text(), timeout=DEADLINE)
        head, row = path.read_text("utf-8-sig").splitlines()
        assert head.startswith("date,time,modality,station_ae_title")
        assert row.startswith("2026-12-01,09:30,CT,CT1")
        assert "'=1+1" in row  # no spreadsheet executes it
        windows.close(workstation)


@pytest.mark.archives
def test_the_check_of_a_node_tells_whether_it_has_one(
    windows: Windows, qtbot: QtBot, wlmscpfs: Start, dcmqrscp: Start
) -> None:
    ris, pacs = wlmscpfs().node(name="RIS"), dcmqrscp().node(name="PACS")
    workstation = windows.open([pacs, ris])
    window = opened(qtbot, workstation, nodes=2)
    assert window.form.node.itemText(0) == "PACS (not tried yet)"
    for node in (ris, pacs):
        with qtbot.waitSignal(workstation.echo.answered, timeout=DEADLINE):
            workstation.echo.ask(node)
    qtbot.waitUntil(lambda: window.form.node.count() == 1, timeout=DEADLINE)
    assert window.form.node.currentText() == "RIS"


@pytest.mark.archives
def test_a_node_that_only_has_a_worklist_is_left_out_of_searches(
    windows: Windows, qtbot: QtBot, wlmscpfs: Start, dcmqrscp: Start, patients: list[Path]
) -> None:
    ris, pacs = wlmscpfs().node(name="RIS"), dcmqrscp(patients).node(name="PACS")
    workstation = windows.open([pacs, ris])
    main, sources = workstation.window, workstation.window.criteria.sources
    states = []
    workstation.search.status.connect(lambda text, _: states.append(text))
    main.criteria.patient_id.setText("ENG-1")

    def search() -> None:
        with qtbot.waitSignal(
            workstation.search.running, timeout=DEADLINE, check_params_cb=lambda runs: not runs
        ):
            main.criteria.search()

    search()
    assert sources["RIS"].chip.text() == "failed"  # it is not known what it is
    with qtbot.waitSignal(workstation.echo.answered, timeout=DEADLINE):
        workstation.echo.ask(ris)
    main.notice.dismiss()
    search()
    assert sources["RIS"].chip.text() == "worklist only"
    assert "Ctrl+Shift+W" in sources["RIS"].chip.toolTip()
    assert not main.notice.text
    assert "not every source" not in states[-1]
    qtbot.waitUntil(lambda: workstation.tree_model.results.study_count == 1, timeout=DEADLINE)
    main.tree.setCurrentIndex(workstation.tree_model.index(0, 0))
    qtbot.keyClick(main.tree, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: "asked:" in main.history.status.text(), timeout=DEADLINE)
    assert "RIS" not in main.history.status.text()
    assert not main.history.failure.text()


def test_the_sheet_of_keys_opens_from_it_and_has_its_keys(windows: Windows, qtbot: QtBot) -> None:
    with Server(refuse) as server:
        workstation = windows.open([server.node(name="RIS")])
        window = opened(qtbot, workstation)
        with qtbot.waitActive(window, timeout=DEADLINE):
            window.activateWindow()
        qtbot.keyClick(window.form.name, Qt.Key.Key_F1)
        sheet = workstation.dialogs.key_sheet
        assert sheet is not None
        assert [group.title for group in sheet.groups][-1] == "Worklist window"
        sheet.close()
        windows.close(workstation)


@pytest.mark.archives
def test_an_id_that_two_archives_gave_to_two_patients(
    windows: Windows, qtbot: QtBot, dcmqrscp: Start, study: Callable[..., list[Path]]
) -> None:
    doe = data.Patient("Doe^John", "77", birth_date="19500101")
    roe = data.Patient("Roe^Jane", "77", birth_date="19800101")
    archives = [dcmqrscp(study(1, patient=one)).node(name=one.name[:3]) for one in (doe, roe)]
    peer = ScriptedWorklist([answer(step(), patient=b"77", name=b"DOE^JOHN")])
    with Server(peer.play) as server:
        workstation = windows.open([*archives, server.node(name="RIS", worklist=WorklistOffer.YES)])
        main = workstation.window
        main.criteria.sources["RIS"].box.setChecked(False)
        window = opened(qtbot, workstation, nodes=3)
        window.form.choose_node("RIS")
        searched(qtbot, window, 1)
        for ticked, beware in ((True, True), (False, False)):
            main.criteria.sources["Roe"].box.setChecked(ticked)
            with qtbot.waitSignal(
                workstation.search.running, timeout=DEADLINE, check_params_cb=lambda runs: not runs
            ):
                window.find_patient.click()
            qtbot.waitUntil(lambda: bool(main.notice.text), timeout=DEADLINE)
            assert "Doe, John" in main.notice.text.title()
            assert ("tell another name" in main.notice.text) == beware
        windows.close(workstation)


def test_the_chosen_node_is_renamed_and_removed(windows: Windows, qtbot: QtBot) -> None:
    with Server(ScriptedWorklist([answer(step())]).play) as server:
        node = server.node(name="RIS", worklist=WorklistOffer.YES)
        workstation = windows.open([node, replace(node, name="OTHER")])
        window = opened(qtbot, workstation, nodes=2)
        window.form.choose_node("RIS")
        searched(qtbot, window, 1)
        offered = window.form.node
        workstation.configuration.save_node(replace(node, name="NEW"), 0)
        qtbot.waitUntil(lambda: offered.findText("NEW") >= 0, timeout=DEADLINE)
        assert offered.currentText() == "NEW"
        assert offered.count() == 2
        qtbot.keyClick(window.form.name, Qt.Key.Key_F5)
        qtbot.waitUntil(lambda: window.status.text() == "1 step", timeout=DEADLINE)
        workstation.configuration.replace_nodes(())
        qtbot.waitUntil(lambda: offered.currentText() == "NEW (not offered any more)", timeout=DEADLINE)
        qtbot.keyClick(window.form.name, Qt.Key.Key_F5)
        qtbot.waitUntil(lambda: "not among the PACS" in window.nothing.text(), timeout=DEADLINE)
        windows.close(workstation)


def test_without_an_id_it_is_the_name_that_is_searched_for(windows: Windows, qtbot: QtBot) -> None:
    names = ["Wang^XiaoDong=王^小东", "=王^小东", '"Doe*"^J']
    steps = [
        answer(step(time=b"%04d" % number), name=name.encode(), charset=b"ISO_IR 192", patient=b" ")
        for number, name in enumerate(names)
    ]
    with Server(ScriptedWorklist(steps).play) as server:
        workstation = windows.open([server.node(name="RIS", worklist=WorklistOffer.YES)])
        window = opened(qtbot, workstation)
        searched(qtbot, window, len(names))
        for row, wanted in enumerate(('"Wang^XiaoDong"', '"王^小东"', '""Doe*"^J"')):
            window.show()
            window.table.selectRow(row)
            window.find_patient.click()
            assert workstation.window.criteria.criteria.name == wanted
            assert workstation.window.criteria.criteria.patient_id == ""
            assert "all of that name" in workstation.window.notice.text
        windows.close(workstation)
