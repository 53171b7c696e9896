"""In the real window: answers with UIDs that are none, and those that do not look like what was asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, Qt
from pytestqt.qtbot import QtBot

from tests.app.conftest import Start, Windows
from tests.app.window_steps import DEADLINE, search, type_name
from tests.archives import data
from tests.peers.answering import Answering, image, series, study
from tests.peers.peer import Server
from tests.rows import above, below, first_study
from workstation.app.parts import Workstation
from workstation.dicom.criteria import Criteria
from workstation.dicom.levels import Level
from workstation.models.columns import Column
from workstation.models.tree_model import TreeModel
from workstation.models.tree_roles import Role

STUDY = b"1.2.3"


def test_a_series_with_a_uid_that_is_none_is_shown_counted_and_marked(qtbot: QtBot, windows: Windows) -> None:
    peer = Answering(
        study=[study(STUDY)],
        series=[series(b"LOCALIZER1.2.3", STUDY, b"3"), series(b"1.2.3.2", STUDY, b"20")],
        image=[image(b"1.2.3.1.1", STUDY, b"LOCALIZER1.2.3")],
    )
    with Server(peer.play) as server:
        workstation = windows.open([server.node()])
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
        windows.close(workstation)


def test_a_study_that_cannot_be_asked_for_says_so(qtbot: QtBot, windows: Windows) -> None:
    peer = Answering(study=[study(b"1.2.*", description=b"Chest", images=b"5"), study(b"1.2.4")])
    with Server(peer.play) as server:
        workstation = windows.open([server.node()])
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
        windows.close(workstation)


# --- answers that do not look like what was asked for ------------------------------------------------


def rows(model: TreeModel) -> list[str]:
    return [model.index(place, 0).data() for place in range(model.rowCount())]


LINE = "1 answer does not look like “Mueller”"
FITS = study(b"1.2.1", b"Mueller^Anna", b"P1", description=b"Chest")
DIFFERS = study(b"1.2.2", b"Meyer^Hans", b"P2", description=b"Knee", images=b"3")


def asked(qtbot: QtBot, workstation: Workstation, name: str) -> None:
    """Search, and wait for all answers."""
    type_name(qtbot, workstation, name)
    qtbot.waitUntil(lambda: workstation.tree_model.rowCount() > 0, timeout=DEADLINE)
    qtbot.waitUntil(lambda: "searching" not in workstation.window.status.text(), timeout=DEADLINE)


def line(workstation: Workstation) -> QModelIndex:
    found = workstation.tree_model.mismatches.line
    assert found is not None
    return workstation.tree_model.index_of(found)


def test_by_keyboard_the_line_is_reached_opened_and_its_study_fetched(qtbot: QtBot, windows: Windows) -> None:
    peer = Answering(study=[DIFFERS, FITS])
    with Server(peer.play) as server:
        workstation = windows.open([server.node()])
        model, tree, window = workstation.tree_model, workstation.window.tree, workstation.window
        asked(qtbot, workstation, "Mueller")
        assert rows(model) == ["Mueller, Anna", f"{LINE}  ·  Show"]
        assert window.status.text() == f"1 study  ·  {LINE}"
        qtbot.keyClick(window.criteria.name, Qt.Key.Key_Down)
        assert tree.currentIndex().data(Role.LEVEL) == Level.STUDY
        qtbot.keyClick(tree, Qt.Key.Key_Down)
        assert tree.currentIndex().siblingAtColumn(0) == line(workstation)
        assert not window.results_bar.fetch.isEnabled()
        spoken = line(workstation).data(Qt.ItemDataRole.AccessibleDescriptionRole)
        assert spoken == "Answers set aside, closed"
        qtbot.keyClick(tree, Qt.Key.Key_Return)
        assert rows(model)[1:] == [f"{LINE}  ·  Hide", "Meyer, Hans", "Knee"]
        assert window.status.text() == f"1 study  ·  {LINE}"
        qtbot.keyClick(tree, Qt.Key.Key_Down)
        qtbot.keyClick(tree, Qt.Key.Key_Down)
        assert window.canvas.caption.name == "Meyer^Hans"
        qtbot.keyClick(tree, Qt.Key.Key_Return)
        assert workstation.transfers_model.rowCount() == 1
        qtbot.waitUntil(lambda: not workstation.lanes.busy, timeout=DEADLINE)
        for _ in range(3):
            qtbot.keyClick(tree, Qt.Key.Key_Left)
        assert tree.currentIndex().siblingAtColumn(0) == line(workstation)
        qtbot.keyClick(tree, Qt.Key.Key_Left)
        assert rows(model)[1:] == [f"{LINE}  ·  Show"]
        windows.close(workstation)


def test_by_mouse_one_click_opens_it_and_another_closes_it(qtbot: QtBot, windows: Windows) -> None:
    with Server(Answering(study=[DIFFERS, FITS]).play) as server:
        workstation = windows.open([server.node()])
        model, tree = workstation.tree_model, workstation.window.tree
        asked(qtbot, workstation, "Mueller")
        tops = [tree.visualRect(model.index(place, 0)).top() for place in range(2)]
        place = tree.visualRect(line(workstation)).center()
        for count in (4, 2, 4):
            qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
            assert model.rowCount() == count
            assert [tree.visualRect(model.index(place, 0)).top() for place in range(2)] == tops
        qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
        qtbot.mouseDClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
        assert model.rowCount() == 2
        assert workstation.transfers_model.rowCount() == 0
        windows.close(workstation)


def test_where_nothing_fits_the_line_is_what_there_is(qtbot: QtBot, windows: Windows) -> None:
    with Server(Answering(study=[DIFFERS]).play) as server:
        workstation = windows.open([server.node()])
        window = workstation.window
        asked(qtbot, workstation, "Mueller")
        assert rows(workstation.tree_model) == [f"{LINE}  ·  Show"]
        assert window.status.text() == f"0 studies  ·  {LINE}"
        assert window.tree.words.startswith("Nothing found.")
        qtbot.keyClick(window.criteria.name, Qt.Key.Key_Down)
        qtbot.keyClick(window.tree, Qt.Key.Key_Return)
        assert rows(workstation.tree_model) == [f"{LINE}  ·  Hide", "Meyer, Hans", "Knee"]
        assert window.tree.words == ""
        windows.close(workstation)


def test_all_is_all_that_fits(qtbot: QtBot, windows: Windows) -> None:
    peer = Answering(study=[DIFFERS, FITS])
    with Server(peer.play) as server:
        workstation = windows.open([server.node()])
        window, tree, model = workstation.window, workstation.window.tree, workstation.tree_model
        asked(qtbot, workstation, "Mueller")
        tree.open_row(line(workstation))
        tree.setFocus()
        qtbot.keyClick(tree, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        assert {row.uid for number in tree.selection.numbers if (row := model.find(number))} == {"1.2.1"}
        window.results_bar.fetch.click()
        qtbot.waitUntil(lambda: not workstation.lanes.busy, timeout=DEADLINE)
        assert workstation.transfers_model.rowCount() == 1
        assert not [question for question in peer.asked if b"1.2.2" in question]  # nor counted
        windows.close(workstation)


CASES = {
    "umlaut spelled out": ("Mueller", "Müller^Hans"),
    "phonetic": ("Meyer", "Mayer^Hans"),
    "apostrophe": ("OBrien", "O'Brien^Pat"),
    "another name": ("Xyz", "Müller^Hans"),
}


@pytest.mark.parametrize(("typed", "told"), CASES.values(), ids=CASES.keys())
def test_what_an_archive_matched_in_its_own_way_can_be_seen(
    qtbot: QtBot, windows: Windows, typed: str, told: str
) -> None:
    """Whether it fits is decided elsewhere; either way its patient can be seen, and only so often."""
    with Server(Answering(study=[study(b"1.2.1", told.encode())]).play) as server:
        workstation = windows.open([server.node()])
        asked(qtbot, workstation, typed)
        if workstation.tree_model.mismatches.line is not None:
            assert workstation.tree_model.results.study_count == 0
            workstation.window.tree.open_row(line(workstation))
        shown = [name for name in rows(workstation.tree_model) if told.split("^")[0] in name]
        assert len(shown) == 1
        windows.close(workstation)


@pytest.mark.archives
def test_a_modality_an_archive_does_not_tell_is_filtered_once_it_is_known(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    """dcmqrscp neither heeds nor tells Modalities in Study."""
    files = [*data.study(tmp_path / "one", 2), *data.study(tmp_path / "two", 3, key="2", modality="MR")]
    workstation = windows.open([dcmqrscp(files).node(name="PACS")])
    model, window = workstation.tree_model, workstation.window
    workstation.search.search(Criteria(name="DOE", modalities=("MR",)), ["PACS"])
    qtbot.waitUntil(lambda: model.mismatches.line is not None, timeout=DEADLINE)
    assert model.results.study_count == 1
    index = first_study(model)
    qtbot.waitUntil(lambda: index.siblingAtColumn(Column.MODALITY).data() == "MR", timeout=DEADLINE)
    assert window.status.text() == "1 study  ·  1 answer does not look like what was asked for"
    window.tree.open_row(line(workstation))
    [apart] = below(below(line(workstation))[0])
    assert apart.siblingAtColumn(Column.MODALITY).data() == "CT"
    windows.close(workstation)


def test_answers_about_another_study_are_said_below_the_row(qtbot: QtBot, windows: Windows) -> None:
    """They may be about another patient: their rows stand nowhere, and none of them is counted."""
    other = [series(b"1.2.9.1", b"1.2.9", b"7"), series(b"1.2.9.2", b"1.2.9", b"8")]
    peer = Answering(
        study=[study(STUDY)],
        series=[series(b"1.2.3.1", STUDY, b"1"), *other],
        image=[image(b"1.2.3.1.1", STUDY, b"1.2.3.1"), image(b"1.2.9.1.1", b"1.2.9", b"1.2.9.1")],
    )
    with Server(peer.play) as server:
        workstation = windows.open([server.node()])
        index = search(qtbot, workstation, "Inv")
        qtbot.waitUntil(lambda: index.siblingAtColumn(Column.IMAGES).data() == "1", timeout=DEADLINE)
        workstation.window.tree.open_row(index)
        qtbot.waitUntil(lambda: len(below(index)) == 2, timeout=DEADLINE)
        first, message = below(index)
        assert message.data() == "2 answers are about another study: not shown."
        workstation.window.tree.open_row(first)
        qtbot.waitUntil(lambda: len(below(first)) == 2, timeout=DEADLINE)
        assert below(first)[1].data() == "1 answer is about another series: not shown."
        windows.close(workstation)
