"""Translate messages to the user into the language of the user."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from workstation.errors import UserMessage


def translated(text: str) -> str:
    """Translate a message: each template is translated, then filled in.

    The context of all of them is "messages". What is no :class:`UserMessage` comes from a peer or the system,
    and stays.
    """
    if not isinstance(text, UserMessage):
        return text
    template = QCoreApplication.translate("messages", text.template)
    facts = {name: translated(fact) if isinstance(fact, str) else fact for name, fact in text.facts.items()}
    return template.format(**facts) if facts else template


def translate(template: str, **facts: object) -> str:
    """Translate a message where there is no QObject that could ``tr`` it."""
    return translated(UserMessage(template, **facts))


def image_count(n: int) -> str:
    """A number of images, in words."""
    return translate("1 image") if n == 1 else translate("{n} images", n=n)
