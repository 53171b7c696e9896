"""Sentences of ours in the reader's language."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from workstation.errors import Sentence


def translated(text: str) -> str:
    """A sentence of ours in the reader's language: each template is translated, then filled in.

    The context of all of them is "sentences". What is no :class:`Sentence` is somebody else's, and stays.
    """
    if not isinstance(text, Sentence):
        return text
    template = QCoreApplication.translate("sentences", text.template)
    facts = {name: translated(fact) if isinstance(fact, str) else fact for name, fact in text.facts.items()}
    return template.format(**facts) if facts else template


def said(template: str, **facts: object) -> str:
    """A sentence in the reader's language at once, where no object is at hand that could ``tr`` it."""
    return translated(Sentence(template, **facts))
