"""One window a person's folders: later starts hand over what they were asked for, or keep their hands off."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.app.conftest import Windows
from tests.app.processes import start_program
from tests.app.window_steps import slices
from workstation.app.assembly import build
from workstation.app.loader import Loader
from workstation.app.shell import Shell, show_shell, shut_down
from workstation.app.single_instance import FirstInstance, LaunchRequest, LaunchResult, claim_or_forward
from workstation.dicom.nodes import Node
from workstation.errors import KeptElsewhere
from workstation.jobs.lane import Lane
from workstation.settings.folders import folders
from workstation.settings.nodes import load_nodes
from workstation.settings.preferences import Preferences

ROOT = Path(__file__).parents[2]
DEADLINE = 60
STARTS = 12


@pytest.fixture
def door(tmp_path: Path) -> Iterator[FirstInstance]:
    made = FirstInstance(tmp_path)
    yield made
    made.close()
    made.release()


def test_wishes_of_a_start_before_the_window_is_loaded_count_as_taken(
    door: FirstInstance, tmp_path: Path
) -> None:
    wishes = LaunchRequest(("/one", "/zwei ü"), demo=True)
    assert claim_or_forward(tmp_path, wishes) == LaunchResult(None, handed_over=True)
    assert door.serve(lambda later: True) == [wishes]


def test_a_window_that_does_not_answer_is_not_waited_for_for_ever(
    door: FirstInstance, tmp_path: Path
) -> None:
    asked: list[LaunchRequest] = []
    door.serve(lambda wishes: bool(asked.append(wishes)))
    assert claim_or_forward(tmp_path, LaunchRequest(), seconds=0.2) == LaunchResult(None, handed_over=False)
    assert asked


def test_what_does_not_know_the_token_is_not_heard(door: FirstInstance, tmp_path: Path) -> None:
    asked: list[LaunchRequest] = []
    door.serve(lambda wishes: not asked.append(wishes))
    port, token = (tmp_path / "door").read_text().split()
    if os.name != "nt":  # there the folder says whose it is
        assert (tmp_path / "door").stat().st_mode & 0o077 == 0
    wrong = token[::-1] + "0"
    wishes = '{"paths": [], "demo": false}'
    for said in (
        "\n",
        f"{wishes}\n",
        f"{wrong}\n{wishes}\n",
        f"{token[:-1]}\n{wishes}\n",
        f" {token}\n{wishes}\n",
        f"{token}\n[]\n",
        f"{token}\n\n",
        f'{token}\n{{"paths": "all"}}\n',
        f"{token}\n{'[' * 200_000}\n",
        f'{token}\n{{"paths": [{"9" * 5000}]}}\n',
        "[" * 200_000 + "\n",
        "x" * 200_000,
    ):
        with socket.create_connection(("127.0.0.1", int(port)), 10) as connection:
            with contextlib.suppress(ConnectionError):
                connection.sendall(said.encode())
            with contextlib.suppress(ConnectionError):
                assert connection.recv(16) == b"", said[:80]
    assert asked == []
    assert claim_or_forward(tmp_path, LaunchRequest(("a",))).handed_over
    assert asked == [LaunchRequest(("a",))]


@pytest.mark.parametrize("said", ["", "half a token", "token only"])
def test_idle_strangers_keep_no_start_waiting(door: FirstInstance, tmp_path: Path, said: str) -> None:
    door.serve(lambda wishes: True)
    port, token = (tmp_path / "door").read_text().split()
    lines = {"": "", "half a token": token[:16], "token only": f"{token}\n"}
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            stranger = stack.enter_context(socket.create_connection(("127.0.0.1", int(port)), 10))
            stranger.sendall(lines[said].encode())
        assert claim_or_forward(tmp_path, LaunchRequest(("a",)), seconds=2.0).handed_over


def test_strangers_are_let_go(door: FirstInstance, tmp_path: Path) -> None:
    port, _ = (tmp_path / "door").read_text().split()
    with contextlib.ExitStack() as stack:
        strangers = [
            stack.enter_context(socket.create_connection(("127.0.0.1", int(port)), 10)) for _ in range(150)
        ]
        for stranger in strangers:
            with contextlib.suppress(ConnectionError):
                assert stranger.recv(16) == b""
        assert claim_or_forward(tmp_path, LaunchRequest()).handed_over


@pytest.mark.logs("bug while serving another start")
def test_a_window_that_fails_at_a_wish_hears_the_next(door: FirstInstance, tmp_path: Path) -> None:
    def fail(wishes: LaunchRequest) -> bool:
        raise RuntimeError

    door.serve(fail)
    assert not claim_or_forward(tmp_path, LaunchRequest(), seconds=0.1).handed_over
    door.serve(lambda wishes: True)
    assert claim_or_forward(tmp_path, LaunchRequest()).handed_over


def test_what_a_crash_left_is_not_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "door").write_text("1 gone")
    launch = claim_or_forward(tmp_path, LaunchRequest())
    assert launch.first_instance is not None
    launch.first_instance.close()
    launch.first_instance.release()
    assert not (tmp_path / "door").exists()


def test_the_next_start_is_the_first_once_all_is_closed(tmp_path: Path) -> None:
    first = FirstInstance(tmp_path)
    first.close()
    assert claim_or_forward(tmp_path, LaunchRequest(), seconds=0.1) == LaunchResult(None, handed_over=False)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(claim_or_forward, tmp_path, LaunchRequest(), seconds=20)
        first.release()
        second = waiting.result().first_instance
    assert second is not None
    second.close()
    second.release()


def test_many_at_once_are_one(tmp_path: Path) -> None:
    with ThreadPoolExecutor(20) as pool:
        launch = list(
            pool.map(lambda n: claim_or_forward(tmp_path, LaunchRequest((str(n),)), seconds=20), range(50))
        )
    [door] = [one.first_instance for one in launch if one.first_instance is not None]
    assert sum(one.handed_over for one in launch) == 49
    assert len({wishes.paths for wishes in door.serve(lambda wishes: True)}) == 49
    door.close()
    door.release()


@pytest.fixture
def program(qtbot: QtBot, free_port: Callable[[], int], home: Path) -> Iterator[Loader]:
    """A window with a door, as the program makes it."""
    where = folders(Path(os.environ["WORKSTATION_HOME"]))
    door = FirstInstance(where.running)
    made = Loader(show_shell(where, Preferences(port=free_port())), LaunchRequest(), door)
    made.running.window.show()
    yield made
    door.close()
    made.running.window.close()
    assert shut_down(made.running)
    made.log.close()
    door.release()
    made.running.window.deleteLater()


def knock(folder: Path, wishes: LaunchRequest) -> Callable[[], bool | None]:
    """Start another time, in a thread; what came of it, None so far."""
    came: list[bool] = []
    thread = threading.Thread(
        target=lambda: came.append(claim_or_forward(folder, wishes).handed_over), daemon=True
    )
    thread.start()
    return lambda: came[0] if came else None


@pytest.mark.parametrize("loaded", [False, True])
def test_paths_of_a_second_start_are_shown_in_the_first_window(
    qtbot: QtBot, program: Loader, tmp_path: Path, loaded: bool
) -> None:
    window = program.running.window
    if loaded:
        qtbot.waitUntil(lambda: not isinstance(program.running, Shell), timeout=1000 * DEADLINE)
    window.showMinimized()
    slices(tmp_path / "study", 2)
    answer = knock(program.running.folders.running, LaunchRequest((str(tmp_path / "study"),)))
    qtbot.waitUntil(lambda: answer() is not None, timeout=1000 * DEADLINE)
    assert answer() is True
    qtbot.waitUntil(lambda: "2 opened images" in window.status.text(), timeout=1000 * DEADLINE)
    qtbot.waitUntil(lambda: not window.isMinimized(), timeout=1000 * DEADLINE)


def test_a_window_that_hangs_is_not_asked_to_do_it_later(
    qtbot: QtBot, program: Loader, tmp_path: Path
) -> None:
    qtbot.waitUntil(lambda: not isinstance(program.running, Shell), timeout=1000 * DEADLINE)
    launch = claim_or_forward(
        program.running.folders.running, LaunchRequest((str(tmp_path),))
    )  # in the thread that should answer
    assert launch == LaunchResult(None, handed_over=False)
    done: list[object] = []
    program.running.window.status.setText("as before")
    program.running.lanes.submit(Lane.QUERY, "wait", lambda run: None).ended.connect(done.append)
    qtbot.waitUntil(lambda: bool(done), timeout=1000 * DEADLINE)
    assert program.running.window.status.text() == "as before"


def test_beside_the_first_window_nothing_of_it_is_overwritten(windows: Windows) -> None:
    node = Node(name="PACS-A", ae_title="PACS", host="127.0.0.1", port=104)
    holder = windows.open([node])
    second = build(holder.folders, Preferences(port=windows.port), second_window=True)
    windows.adopt(second)
    with pytest.raises(KeptElsewhere):
        second.settings.change(replace(second.settings.preferences, ae_title="OTHER"))
    with pytest.raises(KeptElsewhere):
        second.nodes.set_kept(())
    assert second.nodes.kept == (node,)
    assert load_nodes(holder.folders.nodes) == (node,)
    assert not holder.folders.settings.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="ends the window by a signal of POSIX")
def test_many_starts_at_once_are_one_window(tmp_path: Path) -> None:
    home = tmp_path / "home of all"
    programs = [start_program(home) for _ in range(STARTS)]
    log = home / "logs" / "workstation.log"
    pool = ThreadPoolExecutor(STARTS)
    try:
        ending = as_completed([pool.submit(program.wait, 2 * DEADLINE) for program in programs], DEADLINE)
        assert [next(ending).result() for _ in range(STARTS - 1)] == [0] * (STARTS - 1)
        [first] = [program for program in programs if program.poll() is None]
        deadline = time.monotonic() + DEADLINE
        while not log.is_file() or "is loaded" not in log.read_text():
            assert time.monotonic() < deadline
            assert first.poll() is None
        first.send_signal(signal.SIGTERM)
        assert first.wait(DEADLINE) == 0
    finally:
        for program in programs:
            program.kill()
            program.communicate()
        pool.shutdown()
    assert log.read_text().count("INFO workstation.app.loader: Workstation 0") == 1
    assert "ERROR" not in log.read_text()
