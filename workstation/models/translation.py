"""Messages of ours in the reader's language."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from workstation.errors import UserMessage


def translated(text: str) -> str:
    """A message of ours in the reader's language: each template is translated, then filled in.

    The context of all of them is "messages". What is no :class:`UserMessage` is somebody else's, and stays.
    """
    if not isinstance(text, UserMessage):
        return text
    template = QCoreApplication.translate("messages", text.template)
    facts = {name: translated(fact) if isinstance(fact, str) else fact for name, fact in text.facts.items()}
    return template.format(**facts) if facts else template


def translate(template: str, **facts: object) -> str:
    """A message in the reader's language at once, where no object is at hand that could ``tr`` it."""
    return translated(UserMessage(template, **facts))
