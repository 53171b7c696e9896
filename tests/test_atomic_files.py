"""Files somebody holds for a moment: only Windows minds. ``store/test_receiving.py`` counts the tries."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from workstation.atomic_files import retry_while_locked


def test_a_file_somebody_reads_is_replaced_when_they_are_done(tmp_path: Path) -> None:
    new, old = tmp_path / "new", tmp_path / "old"
    new.write_text("new")
    old.write_text("old")
    tried = threading.Event()

    def move(source: str, target: str) -> None:
        tried.set()
        os.replace(source, target)  # noqa: PTH105 - what is called elsewhere

    with old.open():
        moving = threading.Thread(target=retry_while_locked, args=(move, str(new), str(old)))
        moving.start()
        assert tried.wait(60)
    moving.join(60)
    assert old.read_text() == "new"
