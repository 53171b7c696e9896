"""A fresh request to stop, and a watch over descriptors."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from workstation.stop import Stop


@pytest.fixture
def stop() -> Stop:
    return Stop()


@pytest.fixture
def open_files() -> Iterator[None]:
    """Fail when the test leaves a descriptor open."""
    folder = Path("/proc/self/fd")
    if not folder.exists():
        yield
        return
    before = _targets(folder)
    yield
    left = {number: where for number, where in _targets(folder).items() if before.get(number) != where}
    assert not left, f"descriptors outlive the test: {left}"


def _targets(folder: Path) -> dict[str, str]:
    found = {}
    for path in folder.iterdir():
        try:
            found[path.name] = os.readlink(path)  # noqa: PTH115 - Path.readlink fails on "socket:[…]" pairs
        except FileNotFoundError:
            continue  # the descriptor of this very listing
    return found
