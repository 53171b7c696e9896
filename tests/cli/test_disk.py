"""Folders that cannot be written, disks that are full, a library that is in use."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.archives import data
from tests.cli.conftest import Program, Said
from workstation.settings.folders import folders

pytestmark = pytest.mark.archives

Call = Callable[..., Said]


@pytest.fixture
def ask(dcmqrscp: Callable[..., object], study: Callable[..., list[Path]]) -> list[str]:
    """``get`` of a study of three images."""
    archive = dcmqrscp(study(3))
    node = archive.node()  # type: ignore[attr-defined]
    return ["get", f"{node.ae_title}@{node.host}:{node.port}", "--json", "--study", data.uid("ENG-1", "1")]


def failed(said: Said, message: str) -> None:
    assert said.status == 1
    assert any(message in error["error"] for error in said.errors), said.err
    assert "Traceback" not in said.err


def test_a_folder_below_a_file(workstation: Call, ask: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    failed(workstation(*ask, "--out", tmp_path / "file" / "out"), "Nothing can be written to")


@pytest.mark.parametrize("command", ["listen", "move"])
def test_the_other_commands_that_write(
    workstation: Call, command: str, ask: list[str], tmp_path: Path, free_port: Callable[[], int]
) -> None:
    (tmp_path / "file").touch()
    more = ["--out", str(tmp_path / "file" / "out"), "--port", str(free_port())]
    line = ["listen", "--json"] if command == "listen" else ["move", *ask[1:]]
    failed(workstation(*line, *more), "Nothing can be written to")


@pytest.mark.parametrize("command", ["get", "listen"])
def test_a_home_that_cannot_be_made_is_no_matter_until_the_library_is_needed(
    workstation: Call, command: str, ask: list[str], tmp_path: Path, free_port: Callable[[], int]
) -> None:
    (tmp_path / "file").touch()
    home = ["--home", str(tmp_path / "file" / "home")]
    line = ask if command == "get" else ["listen", "--json", "--port", str(free_port())]
    failed(workstation(*line, *home), "Nothing can be written to")
    if command == "get":
        said = workstation(*ask, *home, "--out", tmp_path / "out")
        assert (said.status, said.err) == (0, "")
        assert len(list((tmp_path / "out").glob("*.dcm"))) == 3


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EIO])
@pytest.mark.parametrize("where", ["folder", "library"])
def test_the_disk_refuses_what_arrives(
    workstation: Call, ask: list[str], tmp_path: Path, code: int, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of the object is left, the archive is told so, and so is the person."""
    own = os.open

    def refuse(path: object, flags: int, *rest: int, **more: object) -> int:
        if str(path).endswith(".part"):
            raise OSError(code, os.strerror(code))
        return own(path, flags, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", refuse)
    out = ["--out", str(tmp_path / "out")] if where == "folder" else []
    said = workstation(*ask, *out)
    failed(said, os.strerror(code))
    assert said.errors[-1]["status"] == "0xA700"
    assert not list(tmp_path.rglob("*.part"))
    assert not list(tmp_path.rglob("*.dcm"))


def test_too_little_room(
    workstation: Call, ask: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workstation.operations.instance_router.free_space", lambda folder: (1000, 10**12))
    failed(workstation(*ask, "--out", tmp_path / "out"), "not enough free space")
    assert not list((tmp_path / "out").iterdir())


def test_another_process_has_the_library(
    workstation: Call,
    program: Callable[..., Program],
    ask: list[str],
    tmp_path: Path,
    free_port: Callable[[], int],
) -> None:
    holder = program("listen", "--json", "--port", free_port())
    holder.wait_for("listening")
    failed(workstation(*ask), "in use by another Workstation")
    assert workstation(*ask, "--out", tmp_path / "out").status == 0
    holder.interrupt()
    assert holder.end().status == 130
    assert workstation(*ask).status == 0


def test_the_port_is_taken(
    workstation: Call,
    program: Callable[..., Program],
    ask: list[str],
    tmp_path: Path,
    free_port: Callable[[], int],
) -> None:
    port = free_port()
    holder = program("listen", "--json", "--port", port, "--out", tmp_path / "held")
    holder.wait_for("listening")
    for line in (["listen", "--json"], ["move", *ask[1:]]):
        failed(workstation(*line, "--port", port, "--out", tmp_path / "out"), f"Port {port} cannot be opened")
    holder.interrupt()
    holder.end()


@pytest.mark.logs("no log can be written")
def test_a_log_that_cannot_be_written_is_no_reason_to_refuse(
    workstation: Call, ask: list[str], tmp_path: Path
) -> None:
    (folders().logs / "workstation.log").mkdir()
    said = workstation(*ask, "--out", tmp_path / "out")
    assert (said.status, said.err) == (0, "")


def test_answers_into_a_folder_that_cannot_be_made(workstation: Call, ask: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    line = ["find", ask[1], "--json", "--level", "study", "--extract", tmp_path / "file" / "x"]
    failed(workstation(*line), "Nothing can be written to")


def test_a_query_file_that_is_none(workstation: Call, ask: list[str], tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(bytes(300 * 1024))
    (tmp_path / "text").write_text("PatientName=DOE")
    for name, message in (("missing", "No such file"), ("text", "not a DICOM file"), ("big", "too big")):
        failed(workstation("find", ask[1], "--json", "--level", "study", "--query", tmp_path / name), message)


@pytest.mark.parametrize(
    "line", ["find NODE --level study", "find NODE doe --json", "--help", "--version", "find --help"]
)
def test_standard_output_on_a_full_disk(line: str, ask: list[str]) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    import subprocess
    import sys

    arguments = [ask[1] if word == "NODE" else word for word in line.split()]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "workstation", *arguments],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60,
        )  # fmt: skip
    assert done.returncode == 1
    assert "standard output" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_query_file_that_inflates_to_a_gigabyte(workstation: Call, ask: list[str], tmp_path: Path) -> None:
    from tests.imaging.hostile import element, file, inflating

    start = element(8, 0x52, b"CS", b"STUDY ") + element(0x10, 0x4000, b"UT", b"", 240 << 20)
    bomb = file("1.2.840.10008.1.2.1.99", inflating(start, 240), group_length=False)
    (tmp_path / "bomb").write_bytes(bomb)
    assert len(bomb) < 256 * 1024
    failed(workstation("find", ask[1], "--json", "--query", tmp_path / "bomb"), "inflates to too much")
