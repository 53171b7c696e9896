"""One demo archive for all tests of this room, and one for a test's own purposes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.archives.process import LASTING, free_port
from workstation.demo.process import DemoArchive

MOVE_TITLE = "WORKSTATION"


@pytest.fixture(scope="session")
def move_port() -> int:
    """Where the shared demo archive sends what is moved to ``MOVE_TITLE``."""
    return free_port()


@pytest.fixture(scope="session")
def shared_demo(tmp_path_factory: pytest.TempPathFactory, move_port: int) -> Iterator[DemoArchive]:
    """Started once: what one test has drawn is there for the next."""
    archive = DemoArchive.start(tmp_path_factory.mktemp("demo-cache"), {MOVE_TITLE: move_port})
    LASTING.add(archive.pid)
    yield archive
    archive.stop()
