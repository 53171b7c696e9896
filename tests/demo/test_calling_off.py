"""A start of the demo archive that is called off leaves nothing behind."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from workstation import relaunch
from workstation.demo.process import DemoArchive
from workstation.errors import DemoNotStarted
from workstation.stop import Stop


def test_a_start_called_off_ends_at_once(tmp_path: Path) -> None:
    stop = Stop()
    stop.request()
    with pytest.raises(DemoNotStarted) as caught:
        DemoArchive.start(tmp_path, stop=stop)
    assert caught.value.reason == "it was called off"


def test_a_start_called_off_while_it_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    silent = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    monkeypatch.setattr(relaunch, "command", lambda: silent)
    stop = Stop()
    timer = threading.Timer(0.1, stop.request)
    timer.start()
    with pytest.raises(DemoNotStarted) as caught:
        DemoArchive.start(tmp_path, timeout=60, stop=stop)
    timer.join()
    assert caught.value.reason == "it was called off"
