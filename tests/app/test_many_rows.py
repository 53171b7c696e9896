"""More rows than a search lists: cut off, then loaded whole, from a process that answers at full speed."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from tests.app.conftest import Windows
from tests.app.window_steps import DEADLINE, type_name
from tests.benchmarks.canned import serving
from workstation.dicom.nodes import Node
from workstation.models.columns import Column, cell
from workstation.models.source_state import Phase
from workstation.operations.query_session import ROW_LIMIT

ROWS = ROW_LIMIT + 700


def test_all_of_them_are_loaded_on_demand(qtbot: QtBot, windows: Windows) -> None:
    with serving(ROWS) as port:
        workstation = windows.open([Node(name="many", ae_title="CANNED", host="127.0.0.1", port=port)])
        window, model, tree = workstation.window, workstation.tree_model, workstation.window.tree
        source = window.criteria.sources["many"]

        def stands(phase: Phase) -> bool:
            return source.state is not None and source.state.phase is phase

        type_name(qtbot, workstation, "*")
        qtbot.waitUntil(lambda: stands(Phase.INCOMPLETE), timeout=3 * DEADLINE)
        assert model.results.study_count == ROW_LIMIT
        assert "there are more" in window.status.text()

        tree.go_to_first_study()
        chosen, place = tree.currentIndex().internalId(), tree.visualRect(tree.currentIndex()).y()
        source.link.click()
        qtbot.waitUntil(lambda: stands(Phase.DONE), timeout=3 * DEADLINE)
        assert model.results.study_count == ROWS
        assert window.status.text() == f"{ROWS} studies"
        assert tree.currentIndex().internalId() == chosen
        assert tree.visualRect(tree.currentIndex()).y() == place

        tree.sortByColumn(Column.NAME, tree.header().sortIndicatorOrder())
        window.results_bar.filter.setText("A0005655")
        qtbot.waitUntil(lambda: model.rowCount() == 2 and not model.visible.arranging, timeout=DEADLINE)
        assert model.index(1, Column.ACCESSION).data() == "A0005655"
        window.results_bar.filter.clear()
        qtbot.waitUntil(lambda: model.rowCount() > ROWS and not model.visible.arranging, timeout=DEADLINE)
        rows = model.visible.between(0, model.rowCount() - 1)
        names = [cell(row, Column.NAME).casefold() for row in rows if row.parent is None]
        assert len(names) == model.results.patient_count
        assert names == sorted(names, reverse=True)
