"""Both themes, for what has to look right in each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from workstation.widgets.theme import apply_theme


@pytest.fixture(params=["dark", "light"])
def theme(qapp: QApplication, request: pytest.FixtureRequest) -> Iterator[None]:
    """The test is run in each of them."""
    before = qapp.palette(), qapp.style().objectName(), qapp.styleSheet()
    apply_theme(qapp, request.param == "dark")
    yield
    qapp.setStyleSheet(before[2])
    qapp.setStyle(before[1])
    qapp.setPalette(before[0])
