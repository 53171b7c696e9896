"""In the real window: answers with UIDs that are none."""

from __future__ import annotations

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.app.conftest import Desk
from tests.app.test_thread import DEADLINE, search
from tests.peers.answering import Answering, image, series, study
from tests.peers.peer import Server
from tests.rows import above, below
from workstation.models.columns import Column
from workstation.models.tree import Role

STUDY = b"1.2.3"


def test_a_series_with_a_uid_that_is_none_is_shown_counted_and_marked(qtbot: QtBot, desk: Desk) -> None:
    peer = Answering(
        study=[study(STUDY)],
        series=[series(b"LOCALIZER1.2.3", STUDY, b"3"), series(b"1.2.3.2", STUDY, b"20")],
        image=[image(b"1.2.3.1.1", STUDY, b"LOCALIZER1.2.3")],
    )
    with Server(peer.play) as server:
        workstation = desk.open([server.node()])
        index = search(qtbot, workstation, "Inv")
        qtbot.waitUntil(lambda: index.siblingAtColumn(Column.IMAGES).data() == "23", timeout=DEADLINE)
        assert index.siblingAtColumn(Column.SERIES).data() == "2"
        workstation.window.tree.open_row(index)
        qtbot.waitUntil(lambda: len(below(index)) == 2, timeout=DEADLINE)
        [odd] = [row for row in below(index) if row.data(Role.FAULT)]
        assert odd.siblingAtColumn(Column.IMAGES).data() == "3"
        assert "LOCALIZER1.2.3" in odd.data(Qt.ItemDataRole.ToolTipRole)
        workstation.window.tree.open_row(odd)
        qtbot.waitUntil(lambda: len(below(odd)) == 1, timeout=DEADLINE)
        desk.close(workstation)


def test_a_study_that_cannot_be_asked_for_says_so(qtbot: QtBot, desk: Desk) -> None:
    peer = Answering(study=[study(b"1.2.*", description=b"Chest", images=b"5"), study(b"1.2.4")])
    with Server(peer.play) as server:
        workstation = desk.open([server.node()])
        index = search(qtbot, workstation, "Inv", studies=2)
        window, tree = workstation.window, workstation.window.tree
        [odd] = [row for row in below(above(index)) if row.data(Role.FAULT)]
        assert odd.siblingAtColumn(Column.IMAGES).data() == "5"
        tree.setCurrentIndex(odd)
        qtbot.waitUntil(lambda: "cannot be asked for" in window.canvas.words, timeout=DEADLINE)
        window.results_bar.fetch.click()
        assert "Chest" in window.notice.text
        assert "cannot be fetched" in window.notice.text
        assert workstation.transfers_model.rowCount() == 0
        desk.close(workstation)
