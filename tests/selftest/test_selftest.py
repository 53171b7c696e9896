"""The selftest passes here, and sees what is broken."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage, QPixmap
from pytestqt.qtbot import QtBot

from tests.selftest.known_files import FOLDER, KNOWN
from workstation.dicom.transfer_syntaxes import (
    DEFLATED_FRAME,
    NATIVE,
    RLE,
    STREAMS,
    UNCOMPRESSED_FRAGMENTS,
)
from workstation.selftest import codecs, screen
from workstation.selftest.codecs import check_codecs
from workstation.selftest.report import CheckReport


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "workstation", "selftest", *arguments],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
        encoding="utf-8",
        timeout=110,
        check=False,
    )


def test_it_passes_here() -> None:
    done = run()
    lines = done.stdout.splitlines()
    assert (done.returncode, lines[-1]) == (0, f"All {len(lines) - 2} checks passed."), done.stdout
    for name in (
        "C-ECHO",
        "C-FIND",
        "C-GET",
        "C-MOVE",
        "C-STORE",
        "TLS",
        "SQLite",
        "icons",
        "keyring",
        "sorting",
        "the window, dark",
    ):
        assert any(line.startswith("ok ") and name in line for line in lines[1:-1]), name


def test_options_may_come_before_it(tmp_path: Path) -> None:
    line = [sys.executable, "-m", "workstation", "--home", str(tmp_path / "home"), "selftest"]
    root = Path(__file__).parents[2]
    done = subprocess.run(line, cwd=root, capture_output=True, encoding="utf-8", timeout=110, check=False)
    assert done.returncode == 0, done.stdout
    assert " checks passed." in done.stdout
    wrong = [*line, "--nonsense"]
    done = subprocess.run(wrong, cwd=root, capture_output=True, encoding="utf-8", timeout=110, check=False)
    assert done.returncode == 2
    assert "usage: workstation selftest" in done.stderr


def test_an_empty_window_to_compare_with() -> None:
    assert run("--empty-window").returncode == 0


def test_bad_usage() -> None:
    assert run("--nonsense").returncode == 2


def test_known_files_are_of_every_syntax_that_is_read() -> None:
    assert {known.syntax for known in KNOWN.values()} == {*NATIVE, *STREAMS, RLE}
    for without_codec in (DEFLATED_FRAME, UNCOMPRESSED_FRAGMENTS):
        assert without_codec not in {known.syntax for known in KNOWN.values()}


def test_the_table_says_what_was_drawn() -> None:
    table = json.loads((FOLDER / "pixels.json").read_text("utf-8"))
    assert {name: known["sha256"] for name, known in table.items()} == {
        f"{name}.dcm": known.digest for name, known in KNOWN.items()
    }


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shipped files, to be broken."""
    folder = tmp_path / "resources"
    shutil.copytree(FOLDER.parent, folder)
    for module in (codecs, screen):
        monkeypatch.setattr(module, "resource", lambda name: folder / name)
    return folder


def failures(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line.split()[2] for line in capsys.readouterr().out.splitlines() if line.startswith("FAILED")]


def test_a_wrong_pixel_is_seen(shipped: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = shipped / "selftest" / "explicit-big.dcm"
    data = bytearray(path.read_bytes())
    data[-100] ^= 1
    path.write_bytes(data)
    report = CheckReport()
    check_codecs(report)
    assert (report.failed, failures(capsys)) == (1, ["explicit-big.dcm:"])


def test_a_codec_that_is_not_there_is_seen(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['imagecodecs._jpegls'] = None")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))  # of the decoding process
    report = CheckReport()
    check_codecs(report)
    assert failures(capsys) == ["jpeg-ls.dcm:", "jpeg-ls-near.dcm:"]
    assert report.failed == 2


@pytest.mark.qt_log_ignore("Cannot open file")
def test_a_missing_icon_is_seen(shipped: Path, qapp: object) -> None:
    (shipped / "icons" / "workstation.svg").unlink()
    report = CheckReport()
    with report.check("icons"):
        screen._icons(qapp)  # type: ignore[arg-type]
    assert report.failed == 1


def test_a_blank_window_is_seen(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, qapp: object) -> None:
    blank = QImage(200, 200, QImage.Format.Format_RGB32)
    blank.fill(0)
    black = QPixmap.fromImage(blank)
    monkeypatch.setattr(screen.MainWindow, "grab", lambda self: black)
    with pytest.raises(screen.CheckFailed, match="blank: 1 colours"):
        screen._window(qapp)  # type: ignore[arg-type]


def test_what_a_part_raises_is_a_failure_too(capsys: pytest.CaptureFixture[str]) -> None:
    report = CheckReport()
    with report.part("network"):
        raise ImportError("no such module")
    assert (report.failed, report.passed) == (1, 0)
    assert capsys.readouterr().out == "FAILED  network: ImportError: no such module\n"
