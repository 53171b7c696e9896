"""Nothing grows while the window is used: memory, threads, descriptors, objects."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.archives


@pytest.mark.parametrize("seconds", [60, pytest.param(3600, marks=pytest.mark.long)])
def test_nothing_grows(seconds: int) -> None:
    """In a process of its own: other tests leave memory behind."""
    command = [sys.executable, "-P", "-m", "tests.soak", str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 240, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    assert "closed in" in done.stdout
