"""A search with nothing typed: the dates of the form; a question before all of an archive is asked for."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.app.conftest import Start, Windows
from tests.app.window_steps import receive
from tests.archives import data
from workstation.app.parts import Workstation
from workstation.dicom.date_periods import Period
from workstation.widgets.form_values import form_values, restore_form

pytestmark = pytest.mark.archives
DEADLINE = 40_000
QUESTION = "Ask PACS for all studies?"


@pytest.fixture
def workstation(windows: Windows, dcmqrscp: Start, tmp_path: Path) -> Workstation:
    """A window over an archive with one study, and a library with another, both of 2024."""
    archive = dcmqrscp(data.study(tmp_path / "archive", 1, patient=data.MUELLER))
    workstation = windows.open([archive.node(name="PACS")])
    receive(workstation, data.study(tmp_path / "library", 1))
    return workstation


def search(qtbot: QtBot, workstation: Workstation) -> int:
    """Search; how many studies were found."""
    workstation.window.criteria.search()
    return answered(qtbot, workstation)


def answered(qtbot: QtBot, workstation: Workstation) -> int:
    qtbot.waitUntil(lambda: not workstation.search.asking, timeout=DEADLINE)
    return workstation.tree_model.results.study_count


def test_the_form_says_today_at_first(first_start: Workstation) -> None:
    assert first_start.window.criteria.dates.period is Period.TODAY


def test_the_kept_period_is_restored(windows: Windows) -> None:
    bar = windows.open().window.criteria
    bar.dates.choose(Period.MONTH)
    kept = form_values(bar)
    bar.dates.choose(Period.TODAY)
    restore_form(bar, kept)
    assert bar.dates.period is Period.MONTH


def test_nothing_typed_means_the_dates(qtbot: QtBot, workstation: Workstation) -> None:
    window = workstation.window
    window.criteria.dates.choose(Period.TODAY)
    assert search(qtbot, workstation) == 0
    assert not window.question.isVisible()
    assert window.all_dates.isVisible()


def test_a_name_is_looked_for_on_all_dates_until_a_period_is_chosen(
    qtbot: QtBot, workstation: Workstation
) -> None:
    window, bar = workstation.window, workstation.window.criteria
    bar.limit_to_today()
    for key, found, period in ((Qt.Key.Key_D, 1, "Any date"), (Qt.Key.Key_Backspace, 0, "Today")):
        qtbot.keyClick(bar.name, key)
        assert bar.dates.periods.currentText() == period
        qtbot.keyClick(bar.name, Qt.Key.Key_Return)
        assert answered(qtbot, workstation) == found
    assert window.all_dates.isVisible()
    bar.dates.choose(Period.TODAY)
    qtbot.keyClick(bar.name, Qt.Key.Key_D)
    assert search(qtbot, workstation) == 0
    assert bar.dates.period is Period.TODAY


def test_all_of_an_archive_is_asked_for_after_a_question_once(qtbot: QtBot, workstation: Workstation) -> None:
    window = workstation.window
    assert search(qtbot, workstation) == 1  # of the library, without a question
    assert window.question.isVisible()
    assert window.question.label.text() == QUESTION
    assert workstation.search.keys == ("library",)
    window.question.yes.click()
    assert answered(qtbot, workstation) == 2
    assert search(qtbot, workstation) == 2
    assert not window.question.isVisible()


def test_only_today_instead(qtbot: QtBot, workstation: Workstation) -> None:
    window = workstation.window
    search(qtbot, workstation)
    assert window.focusWidget() is window.question.other
    window.question.other.click()
    assert answered(qtbot, workstation) == 0
    assert window.criteria.dates.period is Period.TODAY
    assert set(workstation.search.keys) == {"library", "PACS"}
    window.criteria.name.setText("m")  # today was no choice for all that follows
    assert search(qtbot, workstation) == 1


def test_only_today_is_that_whatever_was_typed_since(qtbot: QtBot, workstation: Workstation) -> None:
    window = workstation.window
    search(qtbot, workstation)
    qtbot.keyClicks(window.criteria.name, "m")
    window.question.other.click()
    assert answered(qtbot, workstation) == 0
    assert workstation.search.criteria.span.first == date.today()


def test_a_library_alone_and_a_name_are_not_asked_about(qtbot: QtBot, workstation: Workstation) -> None:
    window = workstation.window
    window.criteria.name.setText("m")
    assert search(qtbot, workstation) == 1
    window.criteria.name.clear()
    window.criteria.sources["PACS"].box.setChecked(False)
    assert search(qtbot, workstation) == 1
    assert not window.question.isVisible()


def test_the_button_for_all_dates(qtbot: QtBot, workstation: Workstation) -> None:
    window = workstation.window
    window.criteria.dates.choose(Period.TODAY)
    window.criteria.name.setText("do")
    assert search(qtbot, workstation) == 0
    window.all_dates.click()
    assert answered(qtbot, workstation) == 1
    assert window.criteria.dates.period is Period.ANY
    assert not window.all_dates.isVisible()
