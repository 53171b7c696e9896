"""A desktop and the program on it, with the folders of a user who never started it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.desktop.program import Program
from tests.desktop.x_server import desktop

Started = Callable[[int, int], Program]


@pytest.fixture(name="started")
def _started(home: Path, tmp_path: Path) -> Iterator[Started]:
    """Factory: ``started(width, height)``, the program on a screen of this size."""
    with ExitStack() as running:

        def start(width: int, height: int) -> Program:
            screen = running.enter_context(desktop(tmp_path / "desktop", width, height))
            program = Program(screen, tmp_path)
            running.callback(program.end)
            return program

        yield start
