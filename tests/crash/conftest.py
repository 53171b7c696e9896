from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.failing import in_memory


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where that can be."""
    with in_memory(tmp_path) as folder:
        yield folder
