"""Nothing under the pointer moves, whatever arrives: in the real window, with a real archive."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.app.conftest import Start, Windows
from tests.app.standing import Standing
from tests.app.window_steps import DEADLINE, double_click, slices, state, type_name
from tests.desktop.x_server import desktop
from tests.rows import first_study
from workstation.dicom.association_facts import Peer
from workstation.dicom.matches import PatientMatch, StudyMatch
from workstation.errors import UserMessage
from workstation.models.columns import Column
from workstation.models.source_state import Phase
from workstation.models.transfer import TransferState
from workstation.models.tree_roles import Role
from workstation.store.store_results import Refused, Status
from workstation.widgets.delegate import expander

ROOT = Path(__file__).parents[2]
LONG = "The archive does not know the AE title “READING-7”. Have its administrator register it. " * 3


def test_nothing_under_the_pointer_moves(
    qtbot: QtBot, windows: Windows, tmp_path: Path, demo: Start, free_port: Callable[[], int]
) -> None:
    archive = demo(slices(tmp_path / "a", 6, series=2) + slices(tmp_path / "b", 3, key="2"))
    node = archive.node()
    gone = replace(node, name="Gone", port=free_port())
    workstation = windows.open([node, gone])
    window, model, tree = workstation.window, workstation.tree_model, workstation.window.tree
    bar, pane = window.criteria, window.preview
    window.invite(False)
    pointed = [bar.name, bar.modality, bar.dates, bar.by, bar.button, *(b.box for b in bar.sources.values())]
    pointed += [
        window.menu,
        window.results_bar.filter,
        window.results_bar.fetch,
        tree.header(),
        window.canvas,
    ]
    pointed += [pane.strip, pane.play_bar.button, pane.play_bar.slider, pane.tools, window.transfers.toggle]
    standing = Standing(window, pointed)

    def ended(key: str, phase: Phase) -> bool:
        found = bar.sources[key].state
        return found is not None and found.phase is phase

    type_name(qtbot, workstation, "DOE")
    standing.check("the start of a search")
    qtbot.waitUntil(lambda: ended(node.name, Phase.DONE) and ended("Gone", Phase.FAILED), timeout=DEADLINE)
    standing.check("the end of a search")

    tree.sortByColumn(Column.NAME, Qt.SortOrder.AscendingOrder)
    study = first_study(model)
    place = tree.visualRect(study).center()
    standing.point_at(place)
    for name in ("AAA", "BBB", "ZZZ"):
        who = PatientMatch(source=node.name, patient_id=name, name=name)
        late = StudyMatch(source=node.name, study_uid=f"1.2.{ord(name[0])}", patient=who)
        model.results.add_studies(model.results.generation, [late])
        tree.executeDelayedItemsLayout()
        standing.check(f"the arrival of {name}")

    window.notice.show_notice(LONG, "0xA801")
    standing.check("a message")
    window.question.ask(LONG, "Delete", lambda: None)
    standing.check("a question")
    qtbot.keyClick(window.question.no, Qt.Key.Key_Escape)
    window.notice.offer("Deleted the local copy.", "Undo", lambda: None)
    standing.check("an undo")
    window.notice.dismiss()
    standing.check("no message")

    double_click(qtbot, workstation, model.index(tree.indexAt(place).row(), Column.DATE))
    standing.point_at(place)
    standing.check("the start of a fetch")
    qtbot.waitUntil(lambda: state(workstation) is TransferState.COMPLETE, timeout=DEADLINE)
    qtbot.waitUntil(lambda: not window.canvas.image.isNull(), timeout=DEADLINE)
    qtbot.waitUntil(lambda: pane.play_bar.isEnabled(), timeout=DEADLINE)
    window.transfers.sum_up()
    standing.check("what a fetch brings")
    pane.play_bar.button.click()
    standing.check("playing")
    pane.play_bar.button.click()

    study = tree.indexAt(place).siblingAtColumn(Column.NAME)
    tree.setCurrentIndex(model.index(model.rowCount() - 1, 0))
    arrow = expander(tree.visualRect(study), study.data(Role.DEPTH), tree.layoutDirection()).center()
    standing.point_at(arrow)
    qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=arrow)
    number = study.internalId()
    qtbot.waitUntil(lambda: bool(model.find(number).children), timeout=DEADLINE)  # type: ignore[union-attr]
    standing.check("opening a row")

    sender = Peer(ae_title="CT-3", own_ae_title="READING-7", address="192.0.2.66", called=True)
    workstation.pushes.add(
        Refused("1.2.3", Status.NOT_AUTHORISED, UserMessage("nobody asked for it"), sender)
    )
    qtbot.waitUntil(lambda: workstation.transfers_model.rowCount() == 2, timeout=DEADLINE)
    standing.check("a push")

    archive.kill()
    window.tree.forget_pointer()
    standing = Standing(window, pointed)
    qtbot.keyClick(bar.name, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: ended(node.name, Phase.FAILED), timeout=DEADLINE)
    standing.check("a source that goes away")


@pytest.mark.long
@pytest.mark.screen
def test_nor_under_a_window_manager(tmp_path: Path) -> None:
    """The same on a screen of X11."""
    test = f"{__file__}::{test_nothing_under_the_pointer_moves.__name__}"
    command = [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", test]
    own = {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    with desktop(tmp_path / "screen", 1440, 900) as screen:
        ended = subprocess.run(
            command, cwd=ROOT, env=screen.variables | own, capture_output=True, text=True, timeout=110
        )
    assert ended.returncode == 0, ended.stdout + ended.stderr
