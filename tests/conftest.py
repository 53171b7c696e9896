"""What holds for every test: no screen, a home of its own, and nothing left behind.

Three guards watch each test: threads, child processes, and warnings of our own loggers. A test that expects
such a log line says so: ``@pytest.mark.logs("part of the message", ...)``; each part must then be logged.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import select
import threading
import time
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

# Before anything imports Qt. A real platform shows windows and needs a window manager.
os.environ["QT_QPA_PLATFORM"] = os.environ.get("WORKSTATION_TEST_PLATFORM", "offscreen")

from pytestqt.qtbot import QtBot

from tests.archives import process, programs

pytest_plugins = ["tests.archives.fixtures", "tests.network.tables"]

PATIENCE = 20.0
"""Seconds for what a test started to end after it, however busy this computer is."""

for wait in (QtBot.waitActive, QtBot.waitExposed, QtBot.waitSignal, QtBot.waitSignals, QtBot.waitUntil):
    wait.__kwdefaults__["timeout"] = 40_000  # ms; pytest-qt gives up after 5 s, soon on a busy computer

_LEFT_OUT = "not installed: "
UNPROVEN = "not proven here: "
"""Begins the reason of a skip that leaves a promise untested; the summary says so loudly."""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that stands for the user's own in this test; the program's folders are below it."""
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(folder))
    for kind in ("CONFIG", "DATA", "CACHE", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(folder / kind.lower()))
    monkeypatch.setenv("WORKSTATION_HOME", str(folder / "workstation"))
    return folder


@pytest.fixture(autouse=True)
def _garbage_in_this_thread(request: pytest.FixtureRequest) -> Iterator[None]:
    """Collect garbage in this thread only, as the program does: a timer that ends in another crashes Qt."""
    if "qapp" not in request.fixturenames:
        yield
        return
    gc.disable()
    yield
    gc.collect()
    gc.freeze()  # what is left is not looked through after each test
    gc.enable()


@pytest.fixture(autouse=True)
def _no_thread_left() -> Iterator[None]:
    """Fail when a non-daemon thread, or one of ours by name, outlives the test."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + PATIENCE
    left = []
    for thread in set(threading.enumerate()) - before:
        if thread.daemon and not thread.name.startswith("workstation"):
            continue
        thread.join(max(0.0, deadline - time.monotonic()))
        if thread.is_alive():
            left.append(thread.name)
    assert not left, f"threads outlive the test: {sorted(left)}"


@pytest.fixture(autouse=True)
def _no_child_left() -> Iterator[None]:
    """Fail when a child process outlives the test; end it, so that only this test pays."""
    before = _children()
    yield
    deadline = time.monotonic() + PATIENCE
    left = {}
    for pid in _children() - before - process.LASTING:
        if not _ended(pid, deadline):
            left[pid] = Path(f"/proc/{pid}/cmdline").read_text("utf-8", "replace").replace("\0", " ")
            os.kill(pid, 9)
            os.waitpid(pid, 0)
    assert not left, f"child processes outlive the test: {left}"


def _children() -> set[int]:
    """Our direct children, where the system tells (Linux)."""
    found: set[int] = set()
    for path in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # the thread ended meanwhile
            found.update(map(int, path.read_text("ascii").split()))
    return found


def _ended(pid: int, deadline: float) -> bool:
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        return bool(poll.poll(max(0.0, deadline - time.monotonic()) * 1000))
    finally:
        os.close(handle)


class _Ledger(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(f"{record.levelname} {record.name}: {self.format(record)}")


@pytest.fixture(autouse=True)
def _no_unexpected_warning(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail when a logger of ours warns and the test did not say so, or says so in vain."""
    ours = logging.getLogger("workstation")
    level, handlers, propagate = ours.level, list(ours.handlers), ours.propagate
    ledger = _Ledger()
    ours.addHandler(ledger)
    yield
    ours.handlers[:], ours.propagate = handlers, propagate
    ours.setLevel(level)
    expected = [text for mark in request.node.iter_markers("logs") for text in mark.args]
    surprising = [line for line in ledger.messages if not any(text in line for text in expected)]
    assert not surprising, f"logged without being expected: {surprising}"
    silent = [text for text in expected if not any(text in line for line in ledger.messages)]
    assert not silent, f"expected in the log, but not logged: {silent}"


def pytest_collection_finish() -> None:
    """Let no collection of garbage look through all that was imported, and thousands of tests, again."""
    gc.collect()
    gc.freeze()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave out what needs programs that are not here; where they are demanded, fail."""
    marks = [mark for mark in programs.NEEDED if item.get_closest_marker(mark) is not None]
    missing = [program for mark in marks for program in programs.missing(mark)]
    if not missing:
        return
    reason = _LEFT_OUT + ", ".join(missing)
    if programs.demanded():
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep captured text fit for UTF-8: pytest-xdist breaks off at a lone surrogate."""
    report = yield
    clean = [(title, text.encode("utf-8", "backslashreplace").decode()) for title, text in report.sections]
    report.sections[:] = clean
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    """Say last how many tests with other programs were left out: green without them proves less."""
    yield
    skipped = terminalreporter.stats.get("skipped", [])
    for report in skipped:
        if UNPROVEN in str(report.longrepr):
            reason = str(report.longrepr).partition(UNPROVEN)[2].strip(" '\")")
            terminalreporter.write_line(f"NOT PROVEN in this run: {reason}", red=True, bold=True)
    count = sum(_LEFT_OUT in str(report.longrepr) for report in skipped)
    if count:
        missing = [program for mark in programs.NEEDED for program in programs.missing(mark)]
        terminalreporter.write_line(
            f"{count} tests with real archives or a screen were left out ({_LEFT_OUT}{', '.join(missing)})."
        )
