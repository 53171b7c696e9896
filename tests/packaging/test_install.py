"""What install.sh and uninstall.sh do in odd folders and beside the files of others."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

LINUX = Path(__file__).parents[2] / "packaging" / "linux"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="of the archive for Linux")

Script = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """The archive as it is unpacked, with a small program."""
    root = tmp_path / "unpacked"
    write(root / "program" / "workstation", "#!/bin/sh\necho started\n").chmod(0o755)
    write(root / "program" / "lib" / "deep" / "part", "version 1")
    write(
        root / "share" / "applications" / "workstation.desktop", (LINUX / "workstation.desktop").read_text()
    )
    write(root / "share" / "man" / "man1" / "workstation.1", "manual")
    for name in ("install.sh", "uninstall.sh"):
        shutil.copy(LINUX / name, root / name)
        (root / name).chmod(0o755)
    return root


@pytest.fixture
def script(unpacked: Path, tmp_path: Path) -> Script:
    """Run a script of the archive, or any other, in ``tmp_path`` with a home of its own."""

    def run(name: str | Path, prefix: str | Path | None = None) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path / "home")}
        if prefix is not None:
            environment["PREFIX"] = str(prefix)
        return subprocess.run(
            ["sh", unpacked / name], cwd=tmp_path, env=environment, capture_output=True, text=True
        )

    return run


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


@pytest.mark.parametrize(
    "name",
    ["plain", "a b", "a&b", "a|b", "it's", "#1;*?[x]", "médecine 影像", "-n", "slash/", "a//b/../c", "~"],
)
def test_an_odd_folder(script: Script, tmp_path: Path, name: str) -> None:
    done = script("install.sh", f"{tmp_path}/{name}")
    assert (done.returncode, done.stderr) == (0, "")
    prefix = (tmp_path / name).resolve()
    for command in ("workstation", "workstation-window"):
        started = subprocess.run([prefix / "bin" / command], capture_output=True, text=True, check=True)
        assert started.stdout == "started\n"
    entry = (prefix / "share" / "applications" / "workstation.desktop").read_text("utf-8")
    assert f'\nExec="{prefix}/opt/workstation/workstation" open %F\n' in entry
    assert script(prefix / "opt" / "workstation" / "uninstall.sh").returncode == 0
    assert not files(prefix)
    assert not (prefix / "opt" / "workstation").exists()


@pytest.mark.parametrize("name", ['a"b', "a`id`", "$(id)", "$HOME", "a\\b", "100%", "a\nb", "a\tb", "a\n"])
def test_a_folder_that_no_launcher_can_name(script: Script, tmp_path: Path, name: str) -> None:
    before = files(tmp_path)
    done = script("install.sh", f"{tmp_path}/{name}")
    assert done.returncode == 2
    assert "choose a PREFIX without" in done.stderr
    assert files(tmp_path) == before
    assert not (tmp_path / name).exists()


def test_a_relative_folder_is_below_the_current_one(script: Script, tmp_path: Path) -> None:
    assert script("install.sh", "own/./place").returncode == 0
    link = tmp_path / "own" / "place" / "bin" / "workstation"
    assert link.readlink() == tmp_path / "own" / "place" / "opt" / "workstation" / "workstation"
    assert script("uninstall.sh", "own/place").returncode == 0
    assert not files(tmp_path / "own")


@pytest.mark.parametrize(
    "path",
    [
        "bin/workstation",
        "bin/workstation-window",
        "opt/workstation/precious",
        "opt/workstation",
        "share/applications/workstation.desktop",
        "share/man/man1/workstation.1",
    ],
)
@pytest.mark.parametrize("kind", ["file", "link", "dangling link", "folder"])
def test_what_others_have_there_stays(script: Script, tmp_path: Path, path: str, kind: str) -> None:
    prefix, other = tmp_path / "own", write(tmp_path / "other", "somebody's")
    there = prefix / path
    there.parent.mkdir(parents=True)
    if kind == "folder":
        there.mkdir()
    elif kind == "file":
        write(there, "somebody's")
    else:
        there.symlink_to(other if kind == "link" else tmp_path / "nothing")
    before = files(prefix)
    done = script("install.sh", prefix)
    assert done.returncode == 2
    assert f"{prefix / path if 'precious' not in path else there.parent} is there already" in done.stderr
    assert files(prefix) == before
    assert other.read_text() == "somebody's"
    assert script("uninstall.sh", prefix).returncode == 1
    assert files(prefix) == before


def test_a_new_version_takes_the_place_of_the_old_and_of_nothing_else(
    script: Script, unpacked: Path, tmp_path: Path
) -> None:
    prefix = tmp_path / "own"
    assert script("install.sh", prefix).returncode == 0
    mine = [
        write(prefix / "opt" / "workstation" / name, "mine")
        for name in ("notes", "lib/mine", "lib/new/clash")
    ]
    shutil.rmtree(unpacked / "program" / "lib" / "deep")
    (unpacked / "share" / "man" / "man1" / "workstation.1").unlink()
    write(unpacked / "program" / "lib" / "new" / "part", "version 2")
    write(unpacked / "program" / "lib" / "new" / "clash", "version 2")
    done = script("install.sh", prefix)
    assert (done.returncode, done.stderr) == (0, "")
    target = prefix / "opt" / "workstation"
    assert (target / "lib" / "new" / "part").read_text() == "version 2"
    assert not (target / "lib" / "deep").exists()
    assert not (prefix / "share" / "man" / "man1" / "workstation.1").exists()
    assert [path.read_text() for path in mine] == ["mine", "mine", "version 2"]
    (kept,) = (prefix / "opt").glob(".workstation-*.old/lib/new/clash")
    assert kept.read_text() == "mine"
    assert str(kept.parents[2]) in done.stdout
    assert script(target / "uninstall.sh").returncode == 0
    assert sorted(path.read_text() for path in prefix.rglob("*") if path.is_file()) == ["mine"] * 3


def test_removal_leaves_a_command_that_is_no_longer_its_own(script: Script, tmp_path: Path) -> None:
    prefix = tmp_path / "own"
    script("install.sh", prefix)
    (prefix / "bin" / "workstation").unlink()
    write(prefix / "bin" / "workstation", "somebody's")
    done = script(prefix / "opt" / "workstation" / "uninstall.sh")
    assert done.returncode == 0
    assert files(prefix) == ["bin/workstation"]


def test_removal_by_a_link_finds_its_own_folder(script: Script, tmp_path: Path) -> None:
    prefix = tmp_path / "own"
    script("install.sh", prefix)
    script("install.sh")
    link = tmp_path / "remove"
    link.symlink_to(prefix / "opt" / "workstation" / "uninstall.sh")
    assert script(link).returncode == 0
    assert not files(prefix)
    assert (tmp_path / "home" / ".local" / "bin" / "workstation").exists()


def test_a_list_that_leads_out_of_the_folder_is_not_followed(script: Script, tmp_path: Path) -> None:
    prefix, other = tmp_path / "own", write(tmp_path / "other", "somebody's")
    script("install.sh", prefix)
    with (prefix / "opt" / "workstation" / "installed-files").open("a") as names:
        names.write(f"../other\n{other}\nshare/../../other\n")
    assert script(prefix / "opt" / "workstation" / "uninstall.sh").returncode == 0
    assert other.exists()


def test_a_disk_that_is_full_costs_nothing(script: Script, unpacked: Path, tmp_path: Path) -> None:
    prefix = tmp_path / "own"
    script("install.sh", prefix)
    before = files(prefix)
    (unpacked / "uninstall.sh").unlink()  # what is copied last
    assert script("install.sh", prefix).returncode != 0
    assert files(prefix) == before
