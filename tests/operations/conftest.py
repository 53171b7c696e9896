"""Fixtures of several test modules."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.operations.several_associations import Fetching
from tests.peers.peer import PATIENCE
from workstation.operations import ask_and_fetch, parallel_fetch


@pytest.fixture
def fetching(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fetching:
    """However busy this computer is: the archive is near, and all associations open before any is used."""
    monkeypatch.setattr(ask_and_fetch, "NEAR", 10.0)
    monkeypatch.setattr(parallel_fetch, "NEAR", 10.0)
    monkeypatch.setattr(parallel_fetch, "_OPENING", PATIENCE)
    return Fetching(tmp_path)
