"""A library in a fresh folder, and a folder sink."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.either_sink import EitherSink
from tests.store.failing import in_memory
from workstation.store.library import Library


def no_reserve(total: int) -> int:
    return 0


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "library"


@pytest.fixture
def library(root: Path) -> Iterator[Library]:
    opened = Library.open(root, reserve=no_reserve)
    yield opened
    opened.close()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """In memory where that can be: thousands of flushes take their time on a disk."""
    with in_memory(tmp_path) as place:
        yield place


@pytest.fixture(params=["folder", "library"])
def either(request: pytest.FixtureRequest, tmp_path: Path, library: Library) -> EitherSink:
    return EitherSink(request.param, tmp_path / "out", library)
