"""The same as on the failing disk, on a real one that is full."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import UNPROVEN


def alone(*command: object) -> subprocess.CompletedProcess[str]:
    """Run where mounting concerns nobody else: as root, or as a user who may have such places."""
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return subprocess.run(
        ["unshare", *user, "--mount", *map(str, command)],
        capture_output=True, text=True, timeout=110, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip


def test_full_disk(tmp_path: Path) -> None:
    """Filled up to the last kilobytes, each time to others: nothing half is seen; with room it goes on."""
    if sys.platform != "linux" or shutil.which("unshare") is None:
        pytest.skip(f"{UNPROVEN}no full disk: there is no unshare")
    folder = tmp_path / "small"
    folder.mkdir()
    tried = alone("mount", "-t", "tmpfs", "-o", "size=4m", "small", folder)
    if tried.returncode:
        pytest.skip(f"{UNPROVEN}no full disk: nothing may be mounted ({tried.stderr.strip()})")
    done = alone(sys.executable, "-m", "tests.store.small_disk", folder)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["rounds"] > 90
    assert told["kept"] > 100
    assert told["refused"] > 100
    assert not list(folder.iterdir())
