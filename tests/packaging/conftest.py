"""The build's modules lie in a folder that is no package: importable here, and gone afterwards."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGING = Path(__file__).parents[2] / "packaging"


@pytest.fixture(scope="module")
def importable() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(PACKAGING))
        yield
    for name, module in list(sys.modules.items()):
        if str(PACKAGING) in str(getattr(module, "__file__", "") or getattr(module, "__path__", "")):
            del sys.modules[name]
