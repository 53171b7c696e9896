"""Opens the window and its dialogs in their states on this screen, dark and light, and keeps pictures of it.

Run by ``python -m tests.screenshots`` on a screen of each size; most of it comes from the demo archive.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QModelIndex, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QToolTip, QWidget

from tests.peers.answering import Answering
from tests.peers.answering import study as answer
from tests.peers.limited import Limited, Limits, daily
from tests.peers.listed import Kept, Listed
from tests.peers.peer import Server
from tests.peers.worklist import ScriptedWorklist, refuse
from tests.peers.worklist import answer as scheduled_answer
from tests.peers.worklist import step as scheduled_step
from tests.screenshots.series_archive import series_archive
from workstation.app.assembly import build
from workstation.app.history_wiring import open_history
from workstation.app.parts import Workstation
from workstation.app.shell import shut_down
from workstation.demo.process import DemoArchive
from workstation.dicom.association_facts import Peer
from workstation.dicom.criteria import Criteria
from workstation.dicom.date_periods import Period
from workstation.dicom.history_question import Shared
from workstation.dicom.levels import Level
from workstation.dicom.nodes import Node, RetrieveMethod
from workstation.dicom.pasted_list import ColumnUse
from workstation.dicom.saved_search import SavedSearch
from workstation.dicom.study_mark import MarkChange
from workstation.errors import UserMessage
from workstation.models.arrangement import NEWEST_FIRST, Sort
from workstation.models.columns import COLUMNS, Column
from workstation.models.transfer import Transfer, TransferState
from workstation.models.tree_roles import Role
from workstation.settings.folders import folders
from workstation.settings.list_layout import ListLayout
from workstation.settings.nodes import save_nodes
from workstation.settings.preferences import Preferences
from workstation.store.store_results import Refused, Status
from workstation.widgets.canvas import Canvas
from workstation.widgets.list_search_window import ListSearchWindow
from workstation.widgets.node_dialog import NodeDialog
from workstation.widgets.passcode_dialog import PasscodeDialog
from workstation.widgets.row_menu import RowMenu
from workstation.widgets.settings_dialog import SettingsDialog
from workstation.widgets.theme import apply_theme, themed_application

PATIENCE = 240.0


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m tests.screenshots.states", description=__doc__)
    arguments.add_argument("folder", type=Path)
    folder = arguments.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    application = themed_application()
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        with DemoArchive.start(home / "cache") as archive:
            for theme in ("dark", "light"):
                apply_theme(application, theme == "dark")
                take_all(home / theme, archive.node, lambda shot, t=theme: folder / f"{shot}-{t}.png")
    return 0


def arrange(workstation: Workstation, path: Callable[[str], Path]) -> None:
    """The list in other layouts, in order by several columns, and filtered by a column."""
    header, box = workstation.window.tree.header(), workstation.window.results_bar.filter
    layouts = header.layouts
    for layout, name in (
        (ListLayout.FLAT, "one-row-per-study"),
        (ListLayout.DAY, "by-day"),
        (ListLayout.SOURCE, "by-source"),
        (ListLayout.MODALITY, "by-modality"),
    ):
        layouts[layout].trigger()
        grab(workstation.window, path(name))
    workstation.window.tree.groups.fold_all(open_=False)
    grab(workstation.window, path("groups-closed"))
    layouts[ListLayout.FLAT].trigger()
    header.set_sorts((Sort(Column.MODALITY, descending=False), *NEWEST_FIRST))
    header.sort_further(Column.NAME)
    box.setText("-mod:sr date:>2025-12")
    box.setFocus()
    settle(0.5)
    grab(workstation.window, path("sorted-by-three"))
    box.setText("colour:grey")
    settle(0.5)
    grab(workstation.window, path("filter-unknown"))
    box.setText("mod:ct")
    settle(0.5)
    grab(workstation.window, path("filtered-by-column"))
    box.clear()
    header.set_sorts(NEWEST_FIRST)
    layouts[ListLayout.TREE].trigger()
    settle(0.5)


def take_all(home: Path, demo: Node, path: Callable[[str], Path]) -> None:
    """All of them, in one theme."""
    with window(home / "first") as workstation:
        workstation.window.empty_state.add.setFocus()
        grab(workstation.window, path("first-start"))
    with window(home / "second", demo, other("Radiology archive", demo)) as workstation:
        search(workstation)
        grab(workstation.window, path("results"))
        show_form(workstation, path)
        show_searches(workstation, path)
        choose(workstation, "thorax with contrast")
        press(workstation.window.tree, Qt.Key.Key_Return)
        until(lambda: not workstation.window.canvas.image.isNull(), "the first image")
        grab(workstation.window, path("running"))
        until(lambda: bool(workstation.transfers_model.ended), "the transfer ends")
        inspect(workstation, path)
        for _ in range(20):
            press(workstation.window.canvas, Qt.Key.Key_Down)
        settle(1.5)
        grab(workstation.window, path("image"))
        show_larger(workstation, path)
        lose_some(workstation)
        grab(workstation.window, path("local-states"))
        arrange(workstation, path)
        choose(workstation, "thorax with contrast")
        until(lambda: not workstation.window.canvas.image.isNull(), "the image is back")
        break_image(workstation)
        grab(workstation.window, path("broken-image"))
        dialog = NodeDialog(None, workstation.window, others=["Demo archive"])
        dialog.show()
        dialog.name.line.setText("Demo archive")
        dialog.ae_title.line.setText("AN AE TITLE THAT IS TOO LONG")
        dialog.host.line.setText("pacs one.hospital.example")
        dialog.port.line.setText("70000")
        settle(0.3)
        grab(dialog, path("node-dialog"))
        dialog.tabs.setCurrentWidget(dialog.priors)
        dialog.priors.on.click()
        grab(dialog, path("priors"))
        dialog.tabs.setCurrentWidget(dialog.queries)
        grab(dialog, path("node-queries"))
        dialog.close()
        choose_series(workstation, path("series"))
        workstation.window.results_bar.fetch_shown.trigger()
        until(workstation.window.question.isVisible, "the question")
        grab(workstation.window, path("question"))
        workstation.window.question.dismiss()
        workstation.window.notice.show_notice(
            "Clinic does not know the AE title “READING-ROOM-7”. Have its administrator register it, with the"
            " address of this computer and port 11112.",
            "0xA801",
        )
        grab(workstation.window, path("message"))
        workstation.window.notice.dismiss()
        passcode = PasscodeDialog("PACS-A", "reader", workstation.window, in_clear=True)
        passcode.show()
        grab(passcode, path("passcode"))
        passcode.close()
        settings = SettingsDialog(
            Preferences(listen_always=True), workstation.window, addresses=["192.0.2.7"]
        )
        settings.show()
        settings.tabs.setCurrentIndex(1)
        grab(settings, path("listener"))
        settings.close()
    with window(home / "second", demo, other("Radiology archive", demo)) as workstation:
        grab(workstation.window, path("start-with-library"))
        search(workstation)
        grab(workstation.window, path("results-with-library"))
    with window(home / "marks", demo) as workstation:
        search(workstation)
        show_marks(workstation, path)
    with window(home / "samples", demo) as workstation:
        search(workstation)
        choose(workstation, "头颅mri")
        press(workstation.window.tree, Qt.Key.Key_Space)
        until(lambda: not workstation.window.canvas.image.isNull(), "a sample")
        settle(2.0)
        grab(workstation.window, path("samples"))
    moved = replace(demo, name="PACS-A", retrieve=RetrieveMethod.MOVE)
    with window(home / "third", moved) as workstation:
        search(workstation)
        choose(workstation, "thorax with contrast")
        press(workstation.window.tree, Qt.Key.Key_Return)
        until(lambda: bool(workstation.transfers_model.ended), "the C-MOVE fails")
        settle(0.5)
        grab(workstation.window, path("failed"))
        push_some(workstation)
        grab(workstation.window, path("pushes"))

        queue_some(workstation)
        grab(workstation.window, path("transfers-line"))
        workstation.window.transfers.unfold()
        grab(workstation.window, path("transfers-list"))

    with (
        Server(odd_archive().play) as server,
        window(home / "fourth", server.node(name="Old PACS")) as workstation,
    ):
        QTest.keyClicks(workstation.window.criteria.name, "Mueller")
        search(workstation)
        grab(workstation.window, path("set-aside-closed"))
        line = workstation.tree_model.mismatches.line
        assert line is not None
        workstation.tree_model.open(line.number)
        choose(workstation, "knie")
        grab(workstation.window, path("set-aside-open"))

    limited = Limited(daily(180, last=date.today()), Limits(100))
    with Server(limited.play) as server, window(home / "fifth", server.node(name="Old PACS")) as workstation:
        for _ in range(2):
            search(workstation)
        grab(workstation.window, path("perhaps-more"))
        workstation.search.split_by_date("Old PACS")
        until(lambda: not workstation.search.asking, "all studies")
        settle(0.5)
        grab(workstation.window, path("split-by-date"))
    show_series(home / "sixth", path)
    show_history(home / "seventh", demo, path)
    show_worklist(home / "eighth", path)
    take_list(home / "ninth", path)


def show_series(home: Path, path: Callable[[str], Path]) -> None:
    """What is known of series before they are fetched, counts that grew, and how names are shown."""
    with Server(series_archive().play) as server, window(home, server.node(name="PACS")) as workstation:
        search(workstation)
        search(workstation)
        view, model = workstation.window.tree, workstation.tree_model
        grab(workstation.window, path("grown-studies"))
        for width in (190, 70):
            view.header().resizeSection(Column.IMAGES, width)
            grab(workstation.window, path(f"grown-studies-{width}"))
        view.header().resizeSection(Column.IMAGES, COLUMNS[Column.IMAGES].width)
        choose(workstation, "頭部 ct")
        press(view, Qt.Key.Key_Right)
        until(lambda: bool(model.results.studies("1.2.1")[0].children), "the series")
        columns = QMenu(view)
        view.header().list_columns(columns)
        for action in columns.actions():
            if action.text() in ("Protocol", "Slice thickness", "Compression"):
                action.trigger()
        settle(0.3)
        grab(workstation.window, path("series-before-fetching"))
        name = model.index_of(model.results.studies("1.2.1")[0])
        QToolTip.showText(view.viewport().mapToGlobal(view.visualRect(name).center()), tip_of(name), view)
        grab(workstation.window, path("name-tool-tip"))
        QToolTip.hideText()
        settings = SettingsDialog(Preferences(), workstation.window)
        settings.show()
        grab(settings, path("settings"))
        settings.close()


def tip_of(index: QModelIndex) -> str:
    return str(index.data(Qt.ItemDataRole.ToolTipRole))


def show_history(home: Path, demo: Node, path: Callable[[str], Path]) -> None:
    """The other studies of a patient: of several archives, of perhaps somebody else, of one that is down."""
    known: list[bytes] = []
    down = replace(demo, name="Clinic C", port=9)
    with (
        Server(Answering(study=lambda question: known).play) as server,
        window(home, demo, server.node(name="Clinic B"), down) as workstation,
    ):
        workstation.search.search(Criteria(), ["Demo archive"])
        until(lambda: not workstation.lanes.busy and workstation.tree_model.results.study_count > 0, "rows")
        choose(workstation, "thorax with contrast")
        press(workstation.window.tree, Qt.Key.Key_Return)
        until(lambda: bool(workstation.transfers_model.ended), "the transfer ends")
        row = workstation.tree_model.row(workstation.window.tree.currentIndex())
        assert row is not None
        name, own, born = row.patient.name.encode(), row.patient.patient_id.encode(), row.patient.birth_date
        day = {"date": b"20231004", "images": b"120", "birth_date": born.encode()}
        known += [
            answer(b"1.9.1", name, own, **day | {"modality": b"MR", "description": b"MR upper abdomen"}),
            answer(b"1.9.2", name, own, **day | {"date": b"20190212", "description": b"CT thorax, control"}),
            answer(b"1.9.3", name, own, **day | {"birth_date": b"19510203", "description": b"Hand left"}),
            answer(b"1.9.4", name, b"B-20417", **day | {"modality": b"CR", "description": b"Chest 2 views"}),
            answer(b"1.9.5", b"Roe^Jane", b"99", **day),
        ]
        settle(1)
        QTest.keyClick(workstation.window.tree, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
        until(lambda: not workstation.history.asking, "all archives")
        settle(1)
        grab(workstation.window, path("history"))
        table = workstation.window.history.table
        press(table, Qt.Key.Key_End)
        press(table, Qt.Key.Key_Return)
        settle(0.5)
        grab(workstation.window, path("history-question"))
        workstation.window.question.dismiss()
        today = {**day, "date": f"{date.today():%Y%m%d}".encode(), "accession": b"A-77"}
        known[:] = [
            answer(b"1.9.6", "李^小龙".encode(), b"41-778", **today | {"description": b"CT head"}),
            answer(b"1.9.7", "محمد^عبد الله".encode(), b"B-9", **today | {"modality": b"MR"}),
        ]
        workstation.window.tree.setFocus()
        row.matches["Demo archive"] = replace(row.best, accession="A-77")
        open_history(workstation, Shared.ACCESSION)
        until(lambda: not workstation.history.asking, "all archives")
        settle(0.5)
        grab(workstation.window, path("history-accession"))


def show_worklist(home: Path, path: Callable[[str], Path]) -> None:
    """The worklist before a search, with rows, with those that do not fit, and refused."""
    with (
        Server(ScriptedWorklist(scheduled).play) as server,
        Server(refuse) as without,
        window(home, server.node(name="RIS"), without.node(name="PACS-A")) as workstation,
    ):
        workstation.window.menu.worklist_requested.emit()
        worklist = workstation.dialogs.worklist_window
        assert worklist is not None
        until(lambda: worklist.form.node.count() == 2, "the nodes are offered")
        grab(worklist, path("worklist-empty"))
        worklist.form.set_station(True, "CT1")
        worklist.form.search()
        until(lambda: worklist.model.rowCount() > 3, "the steps")
        worklist.table.selectRow(2)
        worklist.table.setFocus()
        settle(0.3)
        grab(worklist, path("worklist"))
        worklist.others.click()
        settle(0.3)
        grab(worklist, path("worklist-others"))
        worklist.form.choose_node("PACS-A")
        worklist.form.search()
        until(lambda: worklist.failure.isVisible(), "a refusal")
        grab(worklist, path("worklist-refused"))
        worklist.close()


def scheduled(question: bytes) -> list[bytes]:
    """Steps of today that know no station, in several scripts, and some that were not asked for."""
    utf8, day = b"ISO_IR 192", f"{date.today():%Y%m%d}".encode()

    def of(clock: str, modality: bytes, words: str, station: bytes = b"CT1") -> list[tuple[int, str, bytes]]:
        return [*scheduled_step(day, modality, station, clock.encode(), description=words.encode())]

    procedure = (0x00321060, "LO")
    return [
        scheduled_answer(of("0745", b"CT", "CT thorax with contrast"), name=b"Doe^John", accession=b"A7001"),
        scheduled_answer(
            of("0830", b"CT", "头颅CT平扫", b"CT1"),
            name="Li^Xiaolong=李^小龙".encode(),
            charset=utf8,
            accession=b"A7002",
            more=[(*procedure, "头颅CT".encode())],
        ),
        scheduled_answer(
            of("0915", b"CT", "CT abdomen"),
            of("0930", b"MR", "MR pelvis", b"MR2"),
            name="محمد^بن عبد الله".encode(),
            charset=utf8,
            accession=b"A7003",
            more=[(*procedure, "تصوير البطن".encode())],
        ),
        scheduled_answer(
            of("1000", b"CT", "CT whole spine, lumbar puncture beforehand, sedation arranged with the ward"),
            name=b"Featherstonehaugh-Cholmondeley^Maximiliana Alexandrina",
            accession=b"A7004",
        ),
        scheduled_answer(name=b"Roe^Jane", patient=b"4711", accession=b"A7005"),
        scheduled_answer(of("1100", b"US", "US abdomen", b"US1"), name=b"Poe^Ann", accession=b"A7006"),
    ]


def take_list(home: Path, path: Callable[[str], Path]) -> None:
    """2,000 accession numbers with names to compare: the list, and what was found."""
    names = (
        "Doe^Jane",
        "Featherstonehaugh-Cholmondeley^Maximiliana Alexandrina",
        "Li^Xiaolong",
        "Müller^Änne",
    )
    kept = [
        Kept(f"1.2.840.113619.2.55.{number}", f"P{number % 700:05}", f"A{number:06}", names[number % 4])
        for number in range(2000)
        if number % 13 != 5
    ]
    kept += [one._replace(uid=f"{one.uid}.1") for one in kept if one.accession.endswith("03")]
    kept[0] = kept[0]._replace(name="Roe^Jane")
    lines = [f"A{number:06};{names[number % 4].replace('^', ', ')}" for number in range(2000)]
    lines[7] = "A00000*;Doe, Jane"
    archive = Listed(kept)
    with Server(archive.play) as server, window(home, server.node(name="Old PACS")) as workstation:
        workstation.window.menu.list_requested.emit()
        shown = next(one for one in QApplication.topLevelWidgets() if isinstance(one, ListSearchWindow))
        settle(0.3)
        grab(shown, path("list-empty"))
        shown.input.show_text("Number;Patient\n" + "\n".join(lines))
        until(lambda: len(shown.input.columns) == 2, "the columns")
        settle(0.3)
        grab(shown, path("list-undecided"))
        shown.input.columns[0].choose(ColumnUse.ACCESSION)
        shown.input.columns[1].choose(ColumnUse.NAME)
        until(shown.input.search.isEnabled, "the entries")
        grab(shown, path("list-entered"))
        shown.input.search.click()
        until(lambda: len(archive.queries) > 500, "some answers")
        workstation.list_search.pause()
        settle(0.3)
        shown.results.view.expand(shown.results.view.model().index(3, 0))
        shown.results.view.setCurrentIndex(shown.results.view.model().index(1, 0))
        grab(shown, path("list-paused"))
        workstation.list_search.resume()
        until(lambda: not workstation.list_search.running, "all answers")
        shown.results.fetch.click()
        until(shown.results.question.isVisible, "the question")
        grab(shown, path("list-found"))
        shown.results.question.dismiss()
        shown.close()


def inspect(workstation: Workstation, path: Callable[[str], Path]) -> None:
    """What was asked and answered: masked, and not."""
    workstation.dialogs.open_inspector()
    inspector = workstation.dialogs.inspector_window
    assert inspector is not None
    inspector.list.setCurrentIndex(inspector.model.index(1, 0))
    inspector.pages.table.setCurrentIndex(inspector.pages.lines.index(3, 0))
    grab(inspector, path("inspector"))
    inspector.unmask.click()
    grab(inspector, path("inspector-unmasked"))
    inspector.close()


def show_marks(workstation: Workstation, path: Callable[[str], Path]) -> None:
    """Labels, notes, pins and unread studies in the list, and their dialogs."""
    marking, dialogs, tree = workstation.study_marking, workstation.dialogs, workstation.window.tree
    header, results = tree.header(), workstation.tree_model.results
    labels = (
        "Board Tuesday",
        "随访",
        "متابعة",
        "A label that is as long as labels of this program can be at most",
    )
    rows = [study for patient in results.store.patients.values() for study in patient.entities]
    for number, row in enumerate(rows[:24]):
        own = {row.uid: row.patient_id if number != 5 else "another"}
        change = MarkChange(
            add=labels[: number % 5],
            note="Compare with the outside CT.\nAsk for the report."
            if number % 3 == 0 or number == 5
            else "",
            pinned=number % 4 == 1,
        )
        marking.store.change(own, change)
        marking.store.set_unread([row.uid], unread=number % 2 == 0)
    marking.store.write()
    marking.read()
    settle(0.5)
    grab(workstation.window, path("marks"))
    header.setSectionHidden(Column.LABELS, False)
    settle(0.5)
    grab(workstation.window, path("marks-with-labels"))
    tree.sortByColumn(Column.LABELS, Qt.SortOrder.AscendingOrder)
    settle(0.5)
    tree.setCurrentIndex(workstation.tree_model.index(0, 0))
    marking.edit_labels()
    assert dialogs.labels_dialog is not None
    dialogs.labels_dialog.list.item(1).setCheckState(Qt.CheckState.Unchecked)
    dialogs.labels_dialog.list.item(2).setCheckState(Qt.CheckState.PartiallyChecked)
    dialogs.labels_dialog.line.setText("board")
    grab(dialogs.labels_dialog, path("labels"))
    dialogs.labels_dialog.reject()
    marking.edit_note()
    assert dialogs.note_dialog is not None
    grab(dialogs.note_dialog, path("note"))
    dialogs.note_dialog.text.insertPlainText("x")
    dialogs.note_dialog.reject()
    grab(dialogs.note_dialog, path("note-not-saved"))
    dialogs.note_dialog.reject()
    tree.menu_requested.emit(tree.mapToGlobal(tree.rect().center()))
    settle(0.5)
    grab(workstation.window, path("row-menu"))
    tree.findChildren(RowMenu)[-1].close()
    bar = workstation.window.results_bar
    bar.marked.aboutToShow.emit()
    bar.marked.popup(bar.mapToGlobal(bar.rect().bottomLeft()))
    settle(0.5)
    grab(workstation.window, path("find-marked"))
    bar.marked.close()


def odd_archive() -> Answering:
    """One that matches names in its own way, and holds a study and a series under UIDs that are none."""
    day = f"{date.today():%Y%m%d}".encode()
    return Answering(
        study=[
            answer(
                b"1.2.1",
                b"Mueller^Anna",
                b"4711",
                description=b"Thorax",
                date=day,
                modality=b"CT",
                images=b"212",
            ),
            answer(
                b"1.2.2",
                b"Mueller^Anna",
                b"4711",
                description=b"Abdomen",
                date=day,
                modality=b"CT",
                images=b"87",
            ),
            answer(
                b"STUDY-7",
                b"Mueller^Karl",
                b"0815",
                description=b"Hand",
                date=day,
                modality=b"CR",
                images=b"2",
            ),
            answer(
                b"1.2.*",
                b"Mueller^Karl",
                b"0815",
                description=b"Schulter",
                date=day,
                modality=b"CR",
                images=b"3",
            ),
            answer(
                b"1.2.3", b"Meyer^Hans", b"99", description=b"Knie", date=day, modality=b"MR", images=b"120"
            ),
            answer(
                b"1.2.4", b"Meyer^Hans", b"99", description=b"Becken", date=day, modality=b"CR", images=b"1"
            ),
            answer(
                b"1.2.5",
                b"Miller^Ruth",
                b"1207",
                description=b"Cranium",
                date=day,
                modality=b"CT",
                images=b"64",
            ),
        ]
    )


def other(name: str, demo: Node) -> Node:
    return replace(demo, name=name)


@contextmanager
def window(home: Path, *nodes: Node) -> Iterator[Workstation]:
    """A window in a home of its own."""
    where = folders(home)
    if nodes:
        save_nodes(where.nodes, nodes)
    workstation = build(where, Preferences(ae_title="READING-ROOM-7", port=11199))
    workstation.window.showMaximized()
    QTest.qWaitForWindowActive(workstation.window)  # so that the focus can be seen
    settle(0.5)
    yield workstation
    workstation.window.close()
    if not shut_down(workstation):
        sys.exit(f"still running: {workstation.lanes.busy}")
    workstation.window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def search(workstation: Workstation) -> None:
    workstation.window.criteria.dates.choose(Period.YEAR)
    press(workstation.window.criteria.name, Qt.Key.Key_Return)
    until(lambda: not workstation.lanes.busy and workstation.tree_model.results.study_count > 0, "rows")
    settle(0.5)


def lose_some(workstation: Workstation) -> None:
    """Fetch two more studies, lose images of two of the three, accept what is left of one."""
    root, copies = workstation.library.root, workstation.local_completeness
    [fetched] = _fetched_folders(root)
    choose(workstation, "röntgen")
    press(workstation.window.tree, Qt.Key.Key_Return)
    choose(workstation, "头颅mri")
    press(workstation.window.tree, Qt.Key.Key_Return)
    until(lambda: len(workstation.transfers_model.ended) == 3, "the transfers end")
    settle(2)  # the other archive is asked whether it has more
    for folder, count in zip(_fetched_folders(root), (20, 2, 0), strict=False):
        for file in sorted(folder.glob("*.dcm"))[:count]:
            file.unlink()
    workstation.window.activated.emit()
    settle(1)
    for row in workstation.tree_model.results.studies(fetched.name):
        copies.accept(row.uid, row.state, all_there_is=True)
    choose(workstation, "thorax with contrast")
    settle(1)


def show_larger(workstation: Workstation, path: Callable[[str], Path]) -> None:
    """The viewer over the window and in one of its own, and the sheet of keys."""
    window = workstation.window
    window.preview.tools.filling.trigger()
    settle(0.5)
    grab(window, path("viewer-filling"))
    window.preview.tools.filling.trigger()
    window.preview.tools.apart.trigger()
    settle(0.5)
    own = window.placement.window
    assert own is not None
    grab(own, path("viewer-apart"))
    grab(window, path("list-alone"))
    window.preview.tools.apart.trigger()
    settle(0.5)
    window.menu.keys_requested.emit()
    settle(0.3)
    assert workstation.dialogs.key_sheet is not None
    grab(workstation.dialogs.key_sheet, path("keys"))
    workstation.dialogs.key_sheet.close()


def show_form(workstation: Workstation, path: Callable[[str], Path]) -> None:
    """The further criteria, their chips, and the search in one line; the form is as before afterwards."""
    bar = workstation.window.criteria
    before = bar.criteria
    bar.more.click()
    bar.further.fields["ReferringPhysicianName"].setText("house")
    bar.further.fields["InstitutionName"].setText("general")
    bar.further.fields["BodyPartExamined"].setText("chest")
    bar.further.fields["PatientBirthDate"].setText("young")
    settle(0.3)
    grab(bar.further, path("more-criteria"))
    bar.further.fields["PatientBirthDate"].setText("1960-01-31")
    bar.further.close()
    settle(0.3)
    grab(workstation.window, path("chips"))
    bar.open_line()
    bar.line.line.setText("mueller ct ref:house today 8-12 4711")
    settle(0.3)
    grab(bar.line, path("one-line"))
    bar.line.close()
    bar.set_criteria(before)


def show_searches(workstation: Workstation, path: Callable[[str], Path]) -> None:
    """The times of a period, the menu of searches, saving one, the list of them, and new studies."""
    bar = workstation.window.criteria
    dates = bar.dates
    dates.choose_words("2026-01-30T18:00..2026-01-31")
    dates.ask_for_days()
    dates.popup.end.setText("x")
    settle(0.3)
    grab(dates.popup, path("days-and-times"))
    dates.popup.close()
    dates.choose(Period.YEAR)
    searches = workstation.saved_searches
    for name, line in (
        ("Chest CT of today", "mod:CT desc:chest today"),
        ("王小东 – a name that is longer than most, & has more", "name:王小东 last 7d"),
        ("أشعة الصدر", "mod:CR,DX since yesterday 18:00"),
    ):
        searches.save(SavedSearch(name=name, line=line, sources=("Demo archive",)))
    bar.searches.setFocus()
    bar.searches.menu().popup(bar.searches.mapToGlobal(QPoint(0, bar.searches.height())))
    settle(0.3)
    grab(bar.searches.menu(), path("searches"))
    bar.searches.menu().close()
    bar.searches.save.trigger()
    dialog = workstation.dialogs.save_search_dialog
    assert dialog is not None
    dialog.name.line.setText("chest CT of today")
    grab(dialog, path("save-search"))
    dialog.close()
    bar.searches.manage.trigger()
    listed = workstation.dialogs.searches_dialog
    assert listed is not None
    listed.delete.click()
    grab(listed, path("saved-searches"))
    listed.close()
    studies = [row for row in workstation.tree_model.results.store.rows.values() if row.level is Level.STUDY]
    workstation.tree_model.new_studies.add(studies[:4])
    workstation.search_refresh.new_changed.emit(4)
    settle(0.3)
    grab(workstation.window, path("new-studies"))
    workstation.search_refresh.look_at(studies)


def choose_series(workstation: Workstation, path: Path) -> None:
    """Choose among the series of the current study."""
    workstation.series_fetching.choose()
    dialog = workstation.dialogs.series_dialog
    assert dialog is not None
    until(lambda: bool(dialog.boxes), "the series are listed")
    grab(dialog, path)
    dialog.reject()


def push_some(workstation: Workstation) -> None:
    """Two systems push: one is not on the list, one sends what does not tell whose it is."""
    for sender, count, status, reason in (
        ("CT-ROOM-3", 12, Status.NOT_AUTHORISED, "nobody asked for it"),
        ("MR-2", 1, Status.SUCCESS, "its Study Instance UID is missing"),
    ):
        peer = Peer(ae_title=sender, own_ae_title="READING-ROOM-7", address="192.0.2.66", called=True)
        for _ in range(count):
            workstation.pushes.add(Refused("1.2.3", status, UserMessage(reason), peer))
    settle(0.5)


def queue_some(workstation: Workstation) -> None:
    """Transfers in every state, of long and foreign names."""
    model, states = workstation.transfers_model, TransferState
    long = "Featherstonehaugh-Cholmondeley, Maximiliana Alexandrina  ·  MR whole spine  ·  2026-11-30"
    for title, state, more in (
        ("Doe, John  ·  CT thorax", states.RUNNING, {"done": 28, "expected": 73, "rate": 12e6, "pace": 2.0}),
        (long, states.RUNNING, {"done": 3, "expected": 412, "silent": 40.0}),
        ("李小龙 (Li, Xiaolong)  ·  头颅MRI", states.QUEUED, {"done": 12, "expected": 240}),
        ("\u2068محمد بن عبد الله\u2069  ·  MR knee", states.ON_HOLD, {"done": 40, "expected": 120}),
        ("Roe, Jane  ·  US abdomen", states.PARTIAL, {"done": 20, "expected": 22}),
    ):
        transfer = Transfer(model.next_number(), title, "PACS-A", pauses=True)
        model.add(transfer)
        transfer.state = state
        for name, value in more.items():
            setattr(transfer, name, value)
        model.tell(transfer)
    settle(0.5)


def _fetched_folders(root: Path) -> list[Path]:
    """The studies in the library, the largest first."""
    found = [folder for folder in root.iterdir() if any(folder.glob("*.dcm"))]
    return sorted(found, key=lambda folder: len(list(folder.iterdir())), reverse=True)


def choose(workstation: Workstation, description: str) -> None:
    """Make the first study current whose row says so."""
    model, tree = workstation.tree_model, workstation.window.tree
    for place in range(model.rowCount()):
        index = model.index(place, 0)
        told = f"{index.data()} {index.data(Role.DETAIL)}".lower()
        if index.data(Role.LEVEL) == Level.STUDY and description in told:
            tree.setCurrentIndex(index)
            tree.setFocus()
            return
    sys.exit(f"no study is called {description}")


def break_image(workstation: Workstation) -> None:
    """Let the current picture be one that ended the decoder twice."""
    preview = workstation.preview
    assert preview.path is not None
    assert preview.pool is not None
    for _ in range(2):
        preview.decoding._broken.add(preview.path)
    preview.pool.drop(preview.path)
    preview._scrolling._shown_key = None
    preview._scrolling._show()
    settle(1.0)


def press(widget: QWidget, key: Qt.Key) -> None:
    QTest.keyClick(widget, key)


def until(condition: Callable[[], bool], what: str) -> None:
    begun = time.monotonic()
    while not condition():
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 20)
        if time.monotonic() - begun > PATIENCE:
            sys.exit(f"did not happen: {what}")


def settle(seconds: float) -> None:
    """Let animations and late events come to rest."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)


def grab(widget: QWidget, path: Path) -> None:
    """Keep a picture of the screen with a window on top, and print the share of the image pane in it."""
    widget.window().raise_()
    settle(0.3)
    screen = widget.screen()
    screen.grabWindow(0).save(str(path))
    panes = [one for one in QApplication.allWidgets() if isinstance(one, Canvas) and one.isVisible()]
    whole = screen.size().width() * screen.size().height()
    shares = [f"{one.width() * one.height() / whole:.0%}" for one in panes]
    print(path, "image pane:", *(shares or ["none"]), flush=True)


if __name__ == "__main__":
    sys.exit(main())
