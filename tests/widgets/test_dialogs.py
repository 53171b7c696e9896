"""What an opened and closed dialog leaves in memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.widgets.dialog_blocks import DIALOGS

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", DIALOGS)
def test_no_connection_is_left(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each dialog would leave a block of Python's memory for each connection that is left.

    PySide and Qt keep tables that grow for a while: what counts is that in the end nearly nothing is added.
    """
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    command = [sys.executable, "-m", "tests.widgets.dialog_blocks", name]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=360)
    assert ended.returncode == 0, ended.stdout + ended.stderr
