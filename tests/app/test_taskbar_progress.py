"""How much is transferred is shown at the program's icon, where a desktop listens; seen by dbus-monitor."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import pytest
from pytestqt.qtbot import QtBot

from workstation.app import taskbar_progress
from workstation.app.taskbar_progress import TaskbarProgress
from workstation.jobs.lanes import Lanes

DEADLINE = 20_000

pytestmark = [
    pytest.mark.archives,  # the packages of the tests include the bus
    pytest.mark.skipif(sys.platform != "linux", reason="no other system has a session bus"),
]

SHOWS = """
import sys, PySide6.QtCore as core
from workstation.app.taskbar_progress import TaskbarProgress
from workstation.jobs.lanes import Lanes
program = core.QCoreApplication([])
lanes = Lanes()
progress = TaskbarProgress(lanes)
for share in (0.25, 0.251, 0.5, None, None):
    progress.set_share(share)
timer = core.QTimer(interval=10)
timer.timeout.connect(lambda: lanes.busy or program.quit())
timer.start()
program.exec()
sys.exit(not lanes.shutdown(10))
"""


@contextmanager
def running(*command: str) -> Iterator[IO[str]]:
    """What a program prints, which is ended afterwards."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout
        finally:
            process.terminate()


@pytest.fixture
def bus() -> Iterator[str]:
    """The address of a session bus of this test's own."""
    with running("dbus-daemon", "--session", "--nofork", "--print-address") as printed:
        yield printed.readline().strip()


def test_each_per_cent_is_sent_once_and_the_end(bus: str) -> None:
    wanted = "type='signal',interface='com.canonical.Unity.LauncherEntry'"
    with running("stdbuf", "-oL", "dbus-monitor", "--address", bus, wanted) as printed:
        while "NameLost" not in printed.readline():
            pass  # from here on it listens
        subprocess.run(
            [sys.executable, "-c", SHOWS],
            env={"DBUS_SESSION_BUS_ADDRESS": bus, "PYTHONPATH": ":".join(sys.path)},
            check=True,
            timeout=60,
        )
        seen = list[str]()
        while "boolean false" not in seen:
            seen.append(" ".join(printed.readline().split()).removeprefix("variant "))
    assert seen.count('string "application://workstation.desktop"') == 3
    assert [line for line in seen if line.startswith(("double", "boolean"))] in (
        ["double 0.25", "boolean true", "double 0.5", "boolean true", "double 0", "boolean false"],
        ["boolean true", "double 0.25", "boolean true", "double 0.5", "boolean false", "double 0"],
    )


def test_without_a_bus_nothing_is_done(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taskbar_progress, "has_session_bus", lambda: False)
    lanes = Lanes()
    TaskbarProgress(lanes).set_share(0.5)
    assert not lanes.busy
    assert lanes.shutdown(10)
