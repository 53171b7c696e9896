"""A question nobody caused has a third answer, and leaves the focus where it is."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from workstation.widgets.question_bar import QuestionBar


class Page(QWidget):
    """A line with the focus, and the bar."""

    def __init__(self) -> None:
        super().__init__()
        self.line, self.bar, self.answers = QLineEdit(), QuestionBar(), list[str]()
        column = QVBoxLayout(self)
        column.addWidget(self.line)
        column.addWidget(self.bar)

    def ask_unbidden(self) -> None:
        self.bar.ask_unbidden(
            "2 were not finished.",
            "Resume",
            lambda: self.answers.append("resume"),
            "Discard",
            lambda: self.answers.append("discard"),
        )


@pytest.fixture
def page(qtbot: QtBot) -> Page:
    page = Page()
    qtbot.addWidget(page)
    page.show()
    page.line.setFocus()
    return page


@pytest.mark.parametrize(("button", "answers"), [("yes", ["resume"]), ("no", []), ("other", ["discard"])])
def test_each_answer_by_mouse_and_by_key(qtbot: QtBot, page: Page, button: str, answers: list[str]) -> None:
    page.ask_unbidden()
    assert page.focusWidget() is page.line
    getattr(page.bar, button).click()
    assert page.answers == answers
    assert not page.bar.isVisible()
    page.ask_unbidden()
    getattr(page.bar, button).setFocus()
    qtbot.keyClick(getattr(page.bar, button), Qt.Key.Key_Return)
    assert page.answers == 2 * answers
    assert not page.bar.isVisible()


def test_the_next_question_has_two_answers_again(page: Page) -> None:
    page.ask_unbidden()
    page.bar.ask("Delete it?", "Delete", lambda: page.answers.append("delete"))
    assert not page.bar.other.isVisible()
    assert page.bar.no.text() == "Cancel"
    assert page.focusWidget() is page.bar.no
    page.bar.yes.click()
    assert page.answers == ["delete"]
