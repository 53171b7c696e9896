"""Names typed into the window, and what the chip of the archive says about it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.app.conftest import Start, Windows
from tests.app.window_steps import search, type_name
from tests.archives import data
from tests.rows import above
from workstation.widgets.source_box import SourceBox

pytestmark = pytest.mark.archives
DEADLINE = 40_000


@pytest.mark.parametrize(
    ("typed", "chip"),
    [
        ("Müller", "1 found"),
        ("Jürgen Müller", "1 found, searched in other spellings"),
        ("muller", "1 found, searched in other spellings"),
        ("Mueller, Juergen", "1 found, searched in other spellings"),
    ],
)
def test_a_name_is_found_and_the_chip_says_how(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path, typed: str, chip: str
) -> None:
    archive = dcmqrscp(data.study(tmp_path / "study", 1, patient=data.MUELLER))
    opened = windows.open([archive.node(name="A")])
    opened.window.criteria.name.setText(typed)  # Qt's test keys know ASCII only
    study = search(qtbot, opened, "")
    assert above(study).data() == "Müller, Jürgen"
    [box] = [box for box in opened.window.findChildren(SourceBox) if box.name == "A"]
    qtbot.waitUntil(lambda: box.chip.text() == chip, timeout=DEADLINE)


def test_a_name_nobody_has_was_asked_for_in_every_way(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    archive = dcmqrscp(data.study(tmp_path / "study", 1))
    opened = windows.open([archive.node(name="A")])
    type_name(qtbot, opened, "nobody")
    [box] = [box for box in opened.window.findChildren(SourceBox) if box.name == "A"]
    qtbot.waitUntil(lambda: box.chip.text() == "0 found in 4 queries", timeout=DEADLINE)
    assert box.chip.toolTip().count(": 0 fit") == 3
    assert opened.tree_model.results.study_count == 0
