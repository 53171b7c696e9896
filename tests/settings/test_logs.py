from __future__ import annotations

import errno
import logging
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workstation.settings import logs
from workstation.settings.logs import install_log


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    remove = install_log(tmp_path)
    yield tmp_path / "workstation.log"
    remove()


def test_our_own_loggers_are_written_and_others_are_not(log: Path) -> None:
    logging.getLogger("workstation.network").info("association with %s", "PACS-A")
    logging.getLogger("pydicom").info("Invalid value for VR PN: Doe^John")
    text = log.read_text("utf-8")
    assert "workstation.network: association with PACS-A" in text
    assert "Doe" not in text


def test_the_text_of_an_exception_stays_out_unless_it_speaks_of_code(log: Path) -> None:
    logger = logging.getLogger("workstation.jobs")
    for raised in (ValueError("Doe^John"), AttributeError("no attribute 'uid'")):
        try:
            raise raised
        except Exception:
            logger.info("bug", exc_info=True)
    text = log.read_text("utf-8")
    assert "Doe^John\n" not in text
    assert "ValueError" in text
    assert "no attribute 'uid'" in text
    assert "test_logs.py" in text


def test_a_line_feed_cannot_forge_an_entry(log: Path) -> None:
    logging.getLogger("workstation").info("a\n2026-01-01 00:00:00 INFO workstation: forged")
    assert len([line for line in log.read_text("utf-8").splitlines() if not line.startswith(" ")]) == 1


def test_an_odd_character_does_not_break_the_log(log: Path) -> None:
    logging.getLogger("workstation").info("lone \udc80")
    assert "\\udc80" in log.read_text("utf-8")


def test_five_files_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "BYTES", 200)
    folder = tmp_path / "logs"
    folder.mkdir()
    remove = install_log(folder)
    for number in range(50):
        logging.getLogger("workstation").info("entry %d", number)
    remove()
    assert len(list(folder.iterdir())) == 5
    if sys.platform != "win32":
        assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in folder.iterdir())


def test_removing_ends_writing(tmp_path: Path) -> None:
    install_log(tmp_path)()
    logging.getLogger("workstation").info("late")
    assert (tmp_path / "workstation.log").read_text() == ""


def test_a_file_that_another_process_holds_is_written_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows renames no open file; elsewhere nothing refuses, so here the refusal is made up."""
    monkeypatch.setattr(logs, "BYTES", 200)
    remove = install_log(tmp_path)
    held = (tmp_path / "workstation.log").open("rb")
    if sys.platform != "win32":
        monkeypatch.setattr(os, "rename", _refuse)
    for number in range(50):
        logging.getLogger("workstation").info("entry %d", number)
    remove()
    held.close()
    text = (tmp_path / "workstation.log").read_text("utf-8")
    assert all(f"entry {number}\n" in text for number in range(50))


def _refuse(source: str, _: str) -> None:
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), source)
