"""When and how fast to fetch in the background, as it is entered."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QTime
from pytestqt.qtbot import QtBot

from workstation.dicom.background import Background
from workstation.dicom.hours import Hours
from workstation.dicom.rate_limit import RateLimit
from workstation.widgets.background_dialog import BackgroundDialog


@pytest.fixture
def dialog(qtbot: QtBot) -> BackgroundDialog:
    dialog = BackgroundDialog("Fetch 12 studies of <b>Doe</b>.")
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def test_it_is_fetched_at_any_time_and_as_fast_as_it_goes(dialog: BackgroundDialog) -> None:
    assert dialog.background == Background()
    assert not dialog.begin.isEnabled()
    dialog.megabits.setValue(20)
    assert dialog.background == Background(limit=RateLimit(20))


def test_hours_that_are_none_cannot_be_chosen(dialog: BackgroundDialog) -> None:
    dialog.when.setCurrentIndex(1)
    assert dialog.background == Background(Hours(20 * 60, 6 * 60))
    dialog.end.setTime(QTime(20, 0))
    assert not dialog.ok.isEnabled()
    dialog.end.setTime(QTime(23, 30))
    assert dialog.ok.isEnabled()
    assert dialog.background == Background(Hours(20 * 60, 23 * 60 + 30))
