"""The start: little before the first paint, the rest soon after; nothing a person does meanwhile is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from workstation.app.loader import Loader
from workstation.app.parts import Workstation
from workstation.app.shell import Shell, show_shell, shut_down
from workstation.app.single_instance import LaunchRequest
from workstation.app.start import parse
from workstation.controllers import library_opening as opening
from workstation.dicom.matches import LIBRARY
from workstation.dicom.nodes import Node
from workstation.dicom.targets import Target
from workstation.models.source_state import Phase
from workstation.settings.folders import folders
from workstation.settings.nodes import save_nodes
from workstation.settings.preferences import Preferences
from workstation.store.library import Library
from workstation.widgets.list_search_window import ListSearchWindow

ROOT = Path(__file__).parents[2]
DEADLINE = 40_000

EARLY = (
    "app",
    "controllers.notices",
    "controllers.deferred_writes",
    "dicom",
    "errors",
    "imaging",
    "jobs",
    "models",
    "resources",
    "settings",
)
"""What may be loaded before the first paint; of third parties nothing but Qt and three small ones."""
EARLY += ("atomic_files", "stop", "widgets")
LATE = ("app.assembly", "app.parts", "app.dialogs", "app.wiring", "settings.passcodes")
LATE += ("dicom.query_keys", "imaging.instance", "imaging.pool", "settings.logs")
LATE += ("widgets.node_dialog", "widgets.elements_view", "widgets.elements_window")
LATE += ("widgets.history_panel", "widgets.annotations", "widgets.annotation_painter", "widgets.days_popup")
LATE += ("models.history_model", "errors.network", "imaging.picture", "imaging.picture_warnings")
LATE += (
    "dicom.mismatches",
    "dicom.answer_matching",
    "dicom.priors",
    "dicom.same_patient",
    "dicom.search_keys",
)
LATE += ("dicom.saved_search", "dicom.search_line", "dicom.other_keys")
UNUSED = ("QStyle", "QTabWidget", "QMessageBox", "QCalendarWidget", "QMdiArea")
"""PySide6 makes a class of Qt, with its enumerations, when it is first named, and all those of widgets when
it wraps a widget that Qt made, such as the viewport of a header.
"""
ROOTS = {
    "workstation.cli_commands",
    "workstation.__main__",
    "workstation.controllers",
    "workstation.store",
    "workstation.store.lock",
}
THIRD = {
    "PySide6",
    "shiboken6",
    "shibokensupport",
    "signature_bootstrap",
    "platformdirs",
    "typing_extensions",
    "workstation",
}
THIRD |= {"_virtualenv", "_distutils_hack", "__main__"}

_PROGRAM = """
import json, sys
before = set(sys.modules)
from PySide6 import QtWidgets
from PySide6.QtCore import QTimer

class Watched(QtWidgets.QMainWindow):
    def paintEvent(self, event):
        super().paintEvent(event)
        QTimer.singleShot(0, note)  # after all that is in it, before what follows the first paint

def note():
    if not painted:
        painted.extend(set(sys.modules) - before)
        made.extend(set(vars(QtWidgets)))

painted, made = [], []
QtWidgets.QMainWindow = Watched
application = QtWidgets.QApplication(["start"])
timer = QTimer()
WANTED = {"numpy", "pydicom", "workstation.app.assembly"}
def tell_and_close():
    if WANTED <= set(sys.modules):
        timer.stop()
        print(json.dumps([painted, made]))
        import linecache
        print(*(name for name in linecache.cache if "workstation" in name and "widgets" in name), flush=True)
        application.closeAllWindows()

timer.timeout.connect(tell_and_close)
timer.start(20)
from workstation.__main__ import main
sys.exit(main())  # on a busy computer it may end the process itself
"""


def below(name: str, rooms: tuple[str, ...]) -> bool:
    return any(f"{name}.".startswith(f"workstation.{room}.") for room in rooms)


def test_little_is_imported_before_the_first_paint_and_the_rest_after_it(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, "--home", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    line, scanned = done.stdout.splitlines()
    painted, made = json.loads(line)
    assert scanned == "", "PySide6 read the source of modules it was told to leave alone"
    ours = {name for name in painted if name.startswith("workstation.")}
    assert "workstation.widgets.main_window" in ours
    assert {name for name in ours if not below(name, EARLY)} <= ROOTS
    assert not [name for name in ours if below(name, LATE)]
    others = {name.partition(".")[0] for name in painted} - set(sys.stdlib_module_names) - THIRD
    assert {name for name in others if not name.startswith("_")} == set()
    assert not {"sqlite3", "ssl", "asyncio", "concurrent", "xml", "hashlib"} & set(painted)
    assert "QPushButton" in made
    assert not set(UNUSED) & set(made)


@pytest.fixture
def start(qtbot: QtBot, free_port: Callable[[], int]) -> Iterator[Callable[..., Loader]]:
    """Shows the window as the program does, before anything is behind it."""
    before = set(map(id, QApplication.topLevelWidgets()))
    programs: list[Loader] = []

    def make(nodes: tuple[Node, ...] = ()) -> Loader:
        where = folders(Path(os.environ["WORKSTATION_HOME"]))
        save_nodes(where.nodes, nodes)
        front: Shell = show_shell(where, Preferences(port=free_port()))
        programs.append(Loader(front, LaunchRequest(), None))
        front.window.show()
        return programs[-1]

    yield make
    for program in programs:
        program.running.window.close()
        assert shut_down(program.running)
        program.log.close()
        program.running.window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # type: ignore[call-overload]
    assert not [widget for widget in QApplication.topLevelWidgets() if id(widget) not in before]


def test_what_is_typed_at_once_is_searched(qtbot: QtBot, start: Callable[..., Loader]) -> None:
    program = start(nodes=(Node(name="nowhere", ae_title="PACS", host="127.0.0.1", port=1),))
    window = program.running.window
    assert window.focusWidget() is window.criteria.name
    window.criteria.sources["nowhere"].box.setChecked(False)
    qtbot.keyClicks(window.criteria.name, "doe")
    qtbot.keyClick(window.criteria.name, Qt.Key.Key_Return)
    assert isinstance(program.running, Shell)
    qtbot.waitUntil(lambda: "0 studies" in window.status.text(), timeout=DEADLINE)
    assert window.criteria.name.text() == "doe"
    assert not isinstance(program.running, Shell)


def test_a_search_stopped_at_once_stays_stopped(qtbot: QtBot, start: Callable[..., Loader]) -> None:
    program = start()
    window = program.running.window
    qtbot.keyClick(window.criteria.name, Qt.Key.Key_Return)
    window.criteria.stop_requested.emit()  # Escape; its key needs an active window
    qtbot.waitUntil(lambda: not isinstance(program.running, Shell), timeout=DEADLINE)
    assert window.criteria.button.text() == "Search"


def test_nothing_that_is_chosen_at_once_is_lost(qtbot: QtBot, start: Callable[..., Loader]) -> None:
    """Each signal of the menus is kept until what acts on it is there."""
    program = start()
    shell = program.running
    assert isinstance(shell, Shell)
    kept = shell.signal_buffer._kept
    for part in (shell.window.menu, shell.window.criteria.searches):
        for name in dir(type(part)):
            if name.endswith("_requested"):
                kept.clear()
                getattr(part, name).emit()
                assert len(kept) == 1, name
    kept.clear()
    shell.window.menu.list_requested.emit()
    qtbot.waitUntil(lambda: not isinstance(program.running, Shell), timeout=DEADLINE)
    shown = QApplication.topLevelWidgets()
    assert any(isinstance(one, ListSearchWindow) and one.isVisible() for one in shown)


def test_closing_before_anything_is_behind_the_window(start: Callable[..., Loader]) -> None:
    program = start()
    assert program.running.window.close()
    assert shut_down(program.running)


class Held:
    """Opening a library that takes as long as the test wants."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.go = threading.Event()
        begin = Library.begin

        def slow(library: Library, stop: object = None) -> None:
            while not self.go.wait(0.01):
                stop.check()  # type: ignore[attr-defined]
            begin(library, stop)  # type: ignore[arg-type]

        monkeypatch.setattr(Library, "begin", slow)
        monkeypatch.setattr(opening, "CHECKING_AFTER_MS", 1)


def phase(program: Loader) -> Phase | None:
    state = program.running.window.criteria.sources[LIBRARY].state
    return state.phase if state is not None else None


def test_a_library_that_takes_long_says_so_and_then_answers(
    qtbot: QtBot, start: Callable[..., Loader], monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Held(monkeypatch)
    program = start()
    window = program.running.window
    qtbot.waitUntil(lambda: phase(program) is Phase.CHECKING, timeout=DEADLINE)
    assert window.criteria.sources[LIBRARY].chip.text() == "checking…"
    qtbot.keyClick(window.criteria.name, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.criteria.button.text() == "Stop", timeout=DEADLINE)
    assert phase(program) is Phase.CHECKING  # it says why the answer takes so long
    held.go.set()
    qtbot.waitUntil(lambda: phase(program) is Phase.DONE, timeout=DEADLINE)


def test_closing_while_the_library_is_being_opened(
    qtbot: QtBot, start: Callable[..., Loader], monkeypatch: pytest.MonkeyPatch
) -> None:
    Held(monkeypatch)
    program = start()
    qtbot.waitUntil(lambda: phase(program) is Phase.CHECKING, timeout=DEADLINE)
    assert program.running.window.close()
    assert shut_down(program.running)


def test_a_library_that_cannot_be_opened_is_said_in_words_and_tried_again(
    qtbot: QtBot, start: Callable[..., Loader]
) -> None:
    where = folders(Path(os.environ["WORKSTATION_HOME"]))
    where.library.write_text("in the way")
    program = start()
    window = program.running.window
    qtbot.waitUntil(lambda: phase(program) is Phase.FAILED, timeout=DEADLINE)
    assert str(where.library) in window.notice.text
    where.library.unlink()
    assert window.notice.act.text() == "Try again"
    window.notice.act.click()
    qtbot.waitUntil(lambda: phase(program) is None, timeout=DEADLINE)
    assert not window.notice.isVisible()
    qtbot.keyClick(window.criteria.name, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: phase(program) is Phase.DONE, timeout=DEADLINE)
    running = program.running
    assert isinstance(running, Workstation)
    assert running.plans.create_deferred("PACS", Target("1.2"))


def test_a_library_another_program_writes_is_read(qtbot: QtBot, start: Callable[..., Loader]) -> None:
    holder = Library.open(folders(Path(os.environ["WORKSTATION_HOME"])).library)
    program = start()
    window = program.running.window
    qtbot.waitUntil(lambda: "Another program uses the library" in window.notice.text, timeout=DEADLINE)
    qtbot.keyClick(window.criteria.name, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: phase(program) is Phase.DONE, timeout=DEADLINE)
    holder.close()


def test_a_library_that_was_not_closed_is_looked_through(qtbot: QtBot, start: Callable[..., Loader]) -> None:
    where = folders(Path(os.environ["WORKSTATION_HOME"]))
    Library.open(where.library).close()
    (where.library / "unclean").touch()
    (where.library / "incoming" / "half.part").touch()
    program = start()
    notice = program.running.window.notice
    qtbot.waitUntil(lambda: "in order again" in notice.text, timeout=DEADLINE)
    assert not list((where.library / "incoming").iterdir())


def test_what_cannot_be_filed_is_said_at_the_start(qtbot: QtBot, start: Callable[..., Loader]) -> None:
    where = folders(Path(os.environ["WORKSTATION_HOME"]))
    Library.open(where.library).close()
    (where.library / "unfiled").mkdir()
    (where.library / "unfiled" / "1.2.3.dcm").touch()
    notice = start().running.window.notice
    qtbot.waitUntil(lambda: "unfiled" in notice.text and "1" in notice.text, timeout=DEADLINE)


@pytest.mark.parametrize("nodes", [(), (Node(name="nowhere", ae_title="PACS", host="127.0.0.1", port=1),)])
def test_the_first_paint_is_final(
    qtbot: QtBot, start: Callable[..., Loader], qapp: QApplication, nodes: tuple[Node, ...]
) -> None:
    flash = qapp.cursorFlashTime()
    qapp.setCursorFlashTime(0)
    program = start(nodes)
    window = program.running.window
    first: list[QImage] = []
    window.painted.connect(lambda: first.append(window.grab().toImage()))
    qtbot.waitUntil(lambda: not isinstance(program.running, Shell), timeout=DEADLINE)
    qtbot.waitUntil(lambda: window.grab().toImage() == first[0], timeout=DEADLINE)  # the library was checked
    qapp.setCursorFlashTime(flash)


def test_it_says_once_that_it_was_painted(qtbot: QtBot, start: Callable[..., Loader]) -> None:
    program = start()
    said: list[bool] = []
    program.running.window.painted.connect(lambda: said.append(True))
    qtbot.waitUntil(lambda: bool(said), timeout=DEADLINE)
    program.running.window.repaint()
    qtbot.waitUntil(lambda: not isinstance(program.running, Shell), timeout=DEADLINE)
    assert said == [True]


@pytest.mark.parametrize("before", [[], ["open"], ["--demo", "open"], ["--quit-after-ms", "5"]])
def test_files_are_opened_with_and_without_the_word(tmp_path: Path, before: list[str]) -> None:
    assert parse([*before, str(tmp_path), "other"]).paths == [tmp_path, Path("other")]


def test_what_is_neither_a_file_nor_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert parse(["open", "nonsense"]).paths == [Path("nonsense")]  # said in the window, where files are
    with pytest.raises(SystemExit) as ended:
        parse(["nonsense"])
    assert ended.value.code == 2
    assert "nonsense" in capsys.readouterr().err
