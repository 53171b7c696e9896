"""The computer is kept awake while transfers run, and never longer."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from workstation.app.keep_awake import KeepAwake, SystemdInhibitor, WindowsInhibitor

DEADLINE = 40_000


class Recorded:
    """An inhibitor that remembers what it was asked for."""

    def __init__(self, works: bool = True) -> None:
        self.works, self.calls = works, list[str]()

    def hold(self) -> bool:
        self.calls.append("hold")
        return self.works

    def release(self) -> None:
        self.calls.append("release")

    def close(self) -> None:
        self.calls.append("close")


def test_short_work_needs_nothing(qtbot: QtBot) -> None:
    inhibitor = Recorded()
    awake = KeepAwake(inhibitor, 60_000)
    awake.set_running(True)
    awake.set_running(False)
    assert inhibitor.calls == []


def test_it_is_held_as_long_as_something_runs(qtbot: QtBot) -> None:
    inhibitor = Recorded()
    awake = KeepAwake(inhibitor, 0)
    for _ in range(2):
        awake.set_running(True)
        qtbot.waitUntil(lambda: inhibitor.calls[-1:] == ["hold"], timeout=DEADLINE)
        awake.set_running(False)
    awake.close()
    assert inhibitor.calls == ["hold", "release", "hold", "release", "close"]


def test_that_it_is_impossible_is_logged_once(qtbot: QtBot, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    inhibitor = Recorded(works=False)
    awake = KeepAwake(inhibitor, 0)
    for count in (1, 2):
        awake.set_running(True)
        qtbot.waitUntil(lambda count=count: len(inhibitor.calls) == count, timeout=DEADLINE)  # type: ignore[misc]
        awake.set_running(False)
    assert [record.message for record in caplog.records].count(
        "the computer cannot be kept awake for transfers"
    ) == 1


def test_a_system_without_any_is_left_alone(qtbot: QtBot) -> None:
    awake = KeepAwake(None, 0)
    awake.set_running(True)
    awake.set_running(False)
    awake.close()


def test_windows_is_told_by_its_flags() -> None:
    states: list[int] = []

    def set_state(state: int) -> int:
        states.append(state)
        return len(states) % 2

    inhibitor = WindowsInhibitor(set_state)
    assert inhibitor.hold()
    inhibitor.release()
    assert states == [0x80000001, 0x80000000]
    inhibitor.close()
    assert not inhibitor.hold()


@pytest.mark.skipif(sys.platform == "win32", reason="systemd")
def test_the_command_ends_when_it_is_released_and_when_the_program_ends(qtbot: QtBot, tmp_path: Path) -> None:
    log, program = tmp_path / "log", tmp_path / "systemd-inhibit"
    skip_options = 'while [ "${1#--}" != "$1" ]; do shift; done'
    lines_of_it = ["#!/bin/sh", f'echo "begin $*" >> {log}', skip_options, '"$@"', f"echo end >> {log}"]
    program.write_text("\n".join(lines_of_it))
    program.chmod(0o755)

    def lines() -> list[str]:
        return log.read_text().splitlines() if log.exists() else []

    inhibitor = SystemdInhibitor(str(program))
    assert inhibitor.hold()
    qtbot.waitUntil(lambda: len(lines()) == 1, timeout=DEADLINE)
    assert "--what=sleep:idle" in lines()[0]
    inhibitor.release()
    qtbot.waitUntil(lambda: lines()[1:] == ["end"], timeout=DEADLINE)
    assert inhibitor.hold()
    qtbot.waitUntil(lambda: len(lines()) == 3, timeout=DEADLINE)
    inhibitor.close()
    assert lines()[3:] == ["end"]


@pytest.mark.skipif(sys.platform == "win32", reason="systemd")
def test_a_command_that_is_gone_disturbs_nobody(
    qtbot: QtBot, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    inhibitor = SystemdInhibitor(str(tmp_path / "gone"))
    assert inhibitor.hold()
    qtbot.waitUntil(lambda: any("FailedToStart" in one.message for one in caplog.records), timeout=DEADLINE)
    inhibitor.release()
    inhibitor.close()
