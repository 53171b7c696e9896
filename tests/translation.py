"""Another language for every text of ours, to find what takes a shown text for a key."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QCoreApplication, QTranslator
from typing_extensions import override


class Otherwise(QTranslator):
    """Puts every text between marks that no key, name or number has."""

    @override
    def isEmpty(self) -> bool:
        return False

    @override
    def translate(
        self, context: str, sourceText: str, disambiguation: str | None = None, n: int = -1
    ) -> str | None:
        return f"⟦{sourceText}⟧" if sourceText else sourceText


@contextmanager
def translated_otherwise() -> Iterator[None]:
    """Install it while the block runs."""
    translator = Otherwise()
    assert QCoreApplication.installTranslator(translator)
    try:
        yield
    finally:
        QCoreApplication.removeTranslator(translator)
