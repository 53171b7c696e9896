"""How names and other texts are shown: by which character set, and in which order; and counts that grew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from tests.app.conftest import Windows
from tests.app.window_steps import receive, search
from tests.archives import data
from tests.peers import wire
from tests.peers.answering import Answering, series, study
from tests.peers.peer import Server
from tests.peers.worklist import ScriptedWorklist, answer, step
from tests.rows import above, child, first_study, patients, unfold
from workstation.app.parts import Workstation
from workstation.dicom.completeness import SeriesListing
from workstation.dicom.date_periods import Period
from workstation.dicom.nodes import Node, WorklistOffer
from workstation.dicom.person_names import NameGroup, NameOrder, NameStyle
from workstation.models.columns import Column
from workstation.models.history_model import HistoryColumn
from workstation.models.shown_names import SHOWN_NAMES
from workstation.models.worklist_texts import WorklistColumn
from workstation.settings.nodes import load_nodes
from workstation.settings.preferences import load_preferences

DEADLINE = 40_000
NAME, CHEST = "王^小东", "胸部平扫"


@pytest.fixture(autouse=True)
def _usual_style() -> Iterator[None]:
    yield
    SHOWN_NAMES.style = NameStyle()


def wrongly_labelled() -> Answering:
    """An archive that says Latin-1 and sends GB18030."""
    latin = (0x00080005, "CS", b"ISO_IR 100")
    chest = CHEST.encode("gb18030")
    return Answering(
        study=[
            wire.explicit(
                latin,
                (0x00080052, "CS", b"STUDY "),
                (0x00081030, "LO", chest),
                (0x00100010, "PN", NAME.encode("gb18030")),
                (0x00100020, "LO", b"P1"),
                (0x0020000D, "UI", b"1.2.3"),
            )
        ],
        series=[
            wire.explicit(
                latin,
                (0x00080052, "CS", b"SERIES"),
                (0x00080060, "CS", b"CT"),
                (0x0008103E, "LO", chest),
                (0x0020000D, "UI", b"1.2.3"),
                (0x0020000E, "UI", b"1.2.3.4"),
                (0x00201209, "IS", b"12"),
            )
        ],
    )


def node(server: Server, name: str = "A") -> Node:
    return Node(name=name, ae_title="PEER", host="127.0.0.1", port=server.port)


def entries(workstation: Workstation, source: str) -> QMenu:
    """The menu of character sets of a source, as it opens."""
    menu = workstation.window.results_bar.names
    menu.aboutToShow.emit()
    [found] = [one.menu() for one in menu.actions() if one.text() == source]
    assert isinstance(found, QMenu)
    return found


def choose(workstation: Workstation, source: str, words: str) -> None:
    [action] = [one for one in entries(workstation, source).actions() if one.text() == words]
    action.trigger()


def shown(workstation: Workstation) -> tuple[str, str, str]:
    """The patient, the study and its first series."""
    row = first_study(workstation.tree_model)
    description = row.siblingAtColumn(Column.DESCRIPTION).data()
    series = child(row).siblingAtColumn(Column.DESCRIPTION).data() if child(row).isValid() else ""
    return above(row).data(), description, series


def kept(workstation: Workstation) -> list[str]:
    assert workstation.deferred_writes.flush(DEADLINE / 1000)
    return [one.shown_charset for one in load_nodes(workstation.folders.nodes)]


def test_texts_are_decoded_again_and_that_is_kept_for_the_archive_by_one_click(
    qtbot: QtBot, windows: Windows
) -> None:
    peer = wrongly_labelled()
    wrong = "王".encode("gb18030").decode("latin_1")
    with Server(peer.play) as server:
        workstation = windows.open([node(server)])
        row = search(qtbot, workstation, "")
        unfold(row)
        qtbot.waitUntil(lambda: child(row).isValid(), timeout=DEADLINE)
        assert shown(workstation)[0].startswith(wrong)
        asked = len(peer.asked)
        choose(workstation, "A", "Chinese (GB18030)")
        assert shown(workstation) == ("王 小东", CHEST, CHEST)
        assert kept(workstation) == [""]
        notice = workstation.window.notice
        assert (notice.text, notice.act.text()) == (
            "Texts of A are shown as Chinese (GB18030).",
            "Always for A",
        )
        notice.act.click()
        assert kept(workstation) == ["GB18030"]
        assert entries(workstation, "A").actions()[-1].isChecked()
        assert len(peer.asked) == asked, "nothing is asked anew"

        before = load_nodes(workstation.folders.nodes)
        windows.close(workstation)
        workstation = windows.open(before)
        search(qtbot, workstation, "")
        assert shown(workstation)[:2] == ("王 小东", CHEST)
        choose(workstation, "A", "As the archive says")
        assert shown(workstation)[0].startswith(wrong)
        assert kept(workstation) == [""]


def test_the_entry_of_the_menu_keeps_it_and_lets_it_go(qtbot: QtBot, windows: Windows) -> None:
    with Server(wrongly_labelled().play) as server:
        workstation = windows.open([node(server)])
        search(qtbot, workstation, "")
        choose(workstation, "A", "Chinese (GB18030)")
        choose(workstation, "A", "Always for A")
        assert kept(workstation) == ["GB18030"]
        choose(workstation, "A", "Always for A")
        assert kept(workstation) == [""]
        assert shown(workstation)[0] == "王 小东", "it is shown so for now"


def test_several_archives_have_character_sets_of_their_own(qtbot: QtBot, windows: Windows) -> None:
    greek = "Ελλη^Άννα"
    other = Answering(
        study=[
            wire.explicit(
                (0x00080005, "CS", b"ISO_IR 100"),
                (0x00080052, "CS", b"STUDY "),
                (0x00100010, "PN", greek.encode("iso8859_7")),
                (0x00100020, "LO", b"P2"),
                (0x0020000D, "UI", b"1.2.4"),
            )
        ]
    )
    with Server(wrongly_labelled().play) as server, Server(other.play) as second:
        workstation = windows.open([node(server), node(second, "B")])
        search(qtbot, workstation, "", studies=2)
        choose(workstation, "A", "Chinese (GB18030)")
        choose(workstation, "B", "Greek")
        assert {one.data() for one in patients(workstation.tree_model)} == {"王 小东", "Ελλη, Άννα"}


def test_the_order_of_names_follows_the_settings_live(qtbot: QtBot, windows: Windows, tmp_path: Path) -> None:
    workstation = windows.open([])
    receive(workstation, data.study(tmp_path / "study", 1, patient=data.Patient("Doe^John^Q^Dr.", "P-1")))
    workstation.window.criteria.dates.choose(Period.ANY)
    search(qtbot, workstation, "Doe")
    assert shown(workstation)[0] == "Doe, Dr. John Q"
    workstation.window.menu.entries[1].trigger()
    dialog = workstation.dialogs.settings_dialog
    assert dialog is not None
    dialog.name_order.choose(NameOrder.GIVEN_FIRST)
    dialog.name_group.choose(NameGroup.PHONETIC)
    dialog.accept()
    assert shown(workstation)[0] == "Dr. John Q Doe"
    assert workstation.deferred_writes.flush(DEADLINE / 1000)
    written = load_preferences(workstation.folders.settings)
    assert written.name_style == NameStyle(NameOrder.GIVEN_FIRST, NameGroup.PHONETIC)
    windows.close(workstation)
    workstation = windows.open([], written)
    search(qtbot, workstation, "Doe")
    assert shown(workstation)[0] == "Dr. John Q Doe"


def history_of_first(qtbot: QtBot, workstation: Workstation) -> list[str]:
    """Open the history of the first study by its key."""
    view = workstation.window.tree
    view.setCurrentIndex(first_study(workstation.tree_model))
    qtbot.keyClick(view, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: workstation.window.history.isVisible(), timeout=DEADLINE)
    qtbot.waitUntil(lambda: not workstation.history.asking, timeout=DEADLINE)
    return in_history(workstation)


def in_history(workstation: Workstation) -> list[str]:
    """The title, and patient and description of its first row."""
    model = workstation.history.model
    columns = HistoryColumn.PATIENT, HistoryColumn.DESCRIPTION
    title = workstation.window.history.title.text().split("  ·  ")[0]
    cells = [str(model.index(0, column).data()).split("  ·  ") for column in columns]
    return [title, cells[0][0], cells[1][-1]]


def test_the_history_reads_texts_as_it_is_kept_for_the_archive(qtbot: QtBot, windows: Windows) -> None:
    with Server(wrongly_labelled().play) as server:
        workstation = windows.open([replace(node(server), shown_charset="GB18030")])
        search(qtbot, workstation, "")
        right = ["All studies of 王 小东", "王 小东", CHEST]
        assert history_of_first(qtbot, workstation) == right
        wrong = "王".encode("gb18030").decode("latin_1")
        choose(workstation, "A", "As the archive says")
        assert wrong in in_history(workstation)[0]
        choose(workstation, "A", "Chinese (GB18030)")
        assert in_history(workstation) == right


def test_the_corner_of_the_picture_is_read_anew(qtbot: QtBot, windows: Windows) -> None:
    with Server(wrongly_labelled().play) as server:
        workstation = windows.open([node(server)])
        row = search(qtbot, workstation, "")
        canvas, view = workstation.window.canvas, workstation.window.tree
        unfold(row)
        qtbot.waitUntil(lambda: child(row).isValid(), timeout=DEADLINE)
        for chosen in (above(row), row, child(row)):
            view.setCurrentIndex(chosen)
            choose(workstation, "A", "Chinese (GB18030)")
            qtbot.waitUntil(lambda: canvas.caption.name == NAME, timeout=DEADLINE)
            assert canvas.caption.study_description in (CHEST, "")
            choose(workstation, "A", "As the archive says")
            qtbot.waitUntil(lambda: canvas.caption.name != NAME, timeout=DEADLINE)


def test_the_order_of_names_follows_live_in_the_history_and_the_worklist(
    qtbot: QtBot, windows: Windows
) -> None:
    steps = [answer(step(), name=b"Roe^Anna", patient=b"1"), answer(step(), name=b"Doe^John", patient=b"2")]
    found = Answering(study=[study(b"1.2.3", b"Doe^John", b"P-1")])
    with Server(found.play) as server, Server(ScriptedWorklist(steps).play) as ris:
        archive = replace(node(server), worklist=WorklistOffer.NO)
        workstation = windows.open([archive, ris.node(name="RIS", worklist=WorklistOffer.YES)])
        workstation.window.criteria.sources["RIS"].box.setChecked(False)
        search(qtbot, workstation, "Doe")
        assert history_of_first(qtbot, workstation)[:2] == ["All studies of Doe, John", "Doe, John"]
        workstation.window.menu.worklist_requested.emit()
        window = workstation.dialogs.worklist_window
        assert window is not None
        qtbot.waitUntil(lambda: window.form.node.count() == 1, timeout=DEADLINE)
        window.form.dates.choose(Period.ANY)
        window.table.sortByColumn(WorklistColumn.PATIENT, Qt.SortOrder.AscendingOrder)
        window.form.search()
        qtbot.waitUntil(lambda: window.model.rowCount() == 2 and window.step is not None, timeout=DEADLINE)

        def listed() -> list[str]:
            return [str(window.model.index(row, WorklistColumn.PATIENT).data()) for row in range(2)]

        assert listed() == ["Doe, John", "Roe, Anna"]
        now = replace(workstation.settings.preferences, name_order=NameOrder.GIVEN_FIRST)
        with qtbot.waitSignals([workstation.history.model.dataChanged, window.model.dataChanged]):
            workstation.configuration.apply_preferences(now)
        assert in_history(workstation)[:2] == ["All studies of John Doe", "John Doe"]
        assert listed() == ["John Doe", "Anna Roe"], "family names sort in every order"
        assert window.details.about.text().startswith("John Doe")
        window.close()


def test_a_study_that_grew_is_marked_until_it_was_looked_at(qtbot: QtBot, windows: Windows) -> None:
    counts = iter([b"348 ", b"372 ", b"372 "])
    peer = Answering(study=lambda question: [study(b"1.2.3", images=next(counts))])

    def search_again() -> None:
        workstation.window.criteria.search()
        qtbot.waitUntil(lambda: not workstation.search.asking, timeout=DEADLINE)

    def images() -> str:
        return str(first_study(workstation.tree_model).siblingAtColumn(Column.IMAGES).data())

    with Server(peer.play) as server:
        workstation = windows.open([node(server)])
        view, model = workstation.window.tree, workstation.tree_model
        search(qtbot, workstation, "invented")
        view.setCurrentIndex(first_study(model))
        assert images() == "348"
        search_again()
        assert images() == "372 +24", "the row became current again by itself"
        view.setCurrentIndex(model.index(-1, 0))
        assert images() == "372"
        search_again()
        assert images() == "372"


def test_a_study_that_grew_since_it_was_recorded_in_another_session_is_marked(
    qtbot: QtBot, windows: Windows, tmp_path: Path
) -> None:
    uid = str(data.uid("P-1", "1"))
    below = str(data.uid("P-1", "1", "1"))
    peer = Answering(
        study=[study(uid.encode(), b"Doe^John", b"P-1", images=b"5 ")],
        series=[series(below.encode(), uid.encode(), b"5 ")],
    )
    with Server(peer.play) as server:
        workstation = windows.open([node(server)])
        receive(workstation, data.study(tmp_path / "study", 3, patient=data.Patient("Doe^John", "P-1")))
        told = workstation.plans.expectations
        told.record_count(uid, "A", 3)
        told.record_series(uid, "A", {below: SeriesListing(count=3)})
        search(qtbot, workstation, "doe")

        def images() -> str:
            return str(first_study(workstation.tree_model).siblingAtColumn(Column.IMAGES).data())

        qtbot.waitUntil(lambda: images() == "3 / 5 +2", timeout=DEADLINE)
        recorded = workstation.plans.expectations.counts_of(uid, "A")
        assert recorded[""][0] == 5
        row = first_study(workstation.tree_model)
        unfold(row)
        qtbot.waitUntil(
            lambda: child(row).siblingAtColumn(Column.IMAGES).data() == "3 / 5 +2", timeout=DEADLINE
        )
