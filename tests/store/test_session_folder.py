"""The folder of one run: private, its own, and gone with the run or at the next one."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from workstation.store.session_folder import SessionFolder


def test_it_is_private_and_goes_with_all_that_is_in_it(tmp_path: Path) -> None:
    folder = SessionFolder(tmp_path / "parent")
    assert not (tmp_path / "parent").exists()  # nothing is made before it is needed
    made = folder.make()
    assert folder.make() == made
    if sys.platform != "win32":
        assert {stat.S_IMODE(path.stat().st_mode) for path in (made, made.parent)} == {0o700}
    (made / "image.dcm").write_bytes(b"x")
    folder.delete()
    assert list((tmp_path / "parent").iterdir()) == []
    folder.delete()


def test_what_another_run_uses_stays(tmp_path: Path) -> None:
    parent = tmp_path / "parent"
    one, other = SessionFolder(parent), SessionFolder(parent)
    made = one.make()
    other.remove_left_over()
    assert other.make() != made
    assert made.is_dir()
    one.delete()
    other.delete()


@pytest.mark.skipif(sys.platform == "win32", reason="no signal of that name")
def test_what_a_killed_run_left_goes_at_the_next(tmp_path: Path) -> None:
    parent = tmp_path / "parent"
    code = (
        "import sys, os, signal\n"
        "from pathlib import Path\n"
        "from workstation.store.session_folder import SessionFolder\n"
        "made = SessionFolder(Path(sys.argv[1])).make()\n"
        "(made / 'image.dcm').write_bytes(b'x')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-P", "-c", code, str(parent)], check=False, timeout=60)
    assert [path.name for path in parent.glob("*/image.dcm")] == ["image.dcm"]
    SessionFolder(parent).remove_left_over()
    assert list(parent.iterdir()) == []
