"""Words about images in the reader's language."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from workstation.imaging.words import Text, Words


def worded(text: Text) -> str:
    """A text of the object's as it is; words of ours translated, then filled in."""
    if isinstance(text, str):
        return text
    template = QCoreApplication.translate("images", text.template)
    return template.format(
        **{name: worded(fact) if isinstance(fact, Words) else fact for name, fact in text.facts.items()}
    )
