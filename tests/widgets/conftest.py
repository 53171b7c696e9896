"""Both themes, for what has to look right in each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from workstation.widgets.theme import apply_theme


@pytest.fixture
def theme_kept(qapp: QApplication) -> Iterator[None]:
    """The test may apply themes: the one before comes back."""
    before = qapp.palette(), qapp.style().objectName(), qapp.styleSheet()
    yield
    qapp.setStyleSheet(before[2])
    qapp.setStyle(before[1])
    qapp.setPalette(before[0])


@pytest.fixture(params=["dark", "light"])
def theme(qapp: QApplication, theme_kept: None, request: pytest.FixtureRequest) -> None:
    """The test is run in each of them."""
    apply_theme(qapp, request.param == "dark")
