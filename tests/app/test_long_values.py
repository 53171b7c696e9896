"""Values beyond measure in the window: a row like any other, elided, and painted within a frame or three."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.app.conftest import Windows
from tests.peers import wire
from tests.peers.peer import Server, Talk
from tests.rows import above, first_study
from workstation.models.columns import Column

DEADLINE = 40_000
PAINTED = 0.05
"""Seconds of the processor that painting the results may take."""

LONG = {
    "a name of 65,534 bytes": (0x00100010, "PN", b"DOE^" + b"X" * 65_530),
    "a name of 10,000 components": (0x00100010, "PN", b"DOE" + b"^" * 10_000),
    "a description of 65,534 bytes": (0x00081030, "LO", b"W" * 65_534),
    "10,000 modalities": (0x00080061, "CS", b"\\".join([b"CT", b"MR"] * 5000)),
    "UIDs of 16,000 characters": (0x00080062, "UI", b"\\".join([b"1.2.840.10008.5.1.4.1.1.2"] * 640)),
}


def telling(element: tuple[int, str, bytes]) -> Callable[[Talk], None]:
    """An archive of one study."""

    def play(talk: Talk) -> None:
        talk.accept()
        while (asked := talk.next()) is not None:
            usual = ((0x00100010, "PN", b"DOE"), (0x00100020, "LO", b"P1"), (0x0020000D, "UI", b"1.2.3"))
            values = {one[0]: one for one in (*usual, element)}
            row = wire.explicit(*(values[tag] for tag in sorted(values)))
            talk.send(wire.response(asked, 0xFF00, row), wire.response(asked, 0))

    return play


@pytest.mark.parametrize("element", LONG.values(), ids=LONG.keys())
def test_a_row_with_a_value_beyond_measure(
    qtbot: QtBot, windows: Windows, element: tuple[int, str, bytes]
) -> None:
    with Server(telling(element)) as server:
        workstation = windows.open([server.node()])
        window = workstation.window
        qtbot.keyClicks(window.focusWidget(), "doe")
        qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: workstation.tree_model.results.study_count == 1, timeout=DEADLINE)
        tree = window.tree
        study = first_study(workstation.tree_model)
        for row in (above(study), study):
            for column in Column:
                said = row.siblingAtColumn(column).data(Qt.ItemDataRole.ToolTipRole)
                assert len(said or "") < 5000, column
        spent = []
        for _ in range(5):
            begun = time.thread_time()
            tree.viewport().grab()
            spent.append(time.thread_time() - begun)
        print([f"{each * 1000:.1f} ms" for each in spent])
        windows.close(workstation)
    assert min(spent) <= PAINTED  # the least: a collection of garbage may fall into any of them
