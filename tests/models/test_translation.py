"""Messages: translated first, then filled in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QTranslator
from typing_extensions import override

from workstation.errors import UserMessage
from workstation.imaging.picture import Caption, Undecodable, not_shown
from workstation.imaging.syntaxes import syntax_words
from workstation.models.translation import image_count, translated

GERMAN = {
    "There is no frame {number}.": "Ein Bild {number} gibt es nicht.",
    "Stored {syntax}.": "Gespeichert: {syntax}.",
    "uncompressed": "unkomprimiert",
    "1 image": "ein Bild",
}


class German(QTranslator):
    """Three messages of it."""

    @override
    def isEmpty(self) -> bool:
        return False

    @override
    def translate(
        self, context: str, sourceText: str, disambiguation: str | None = None, n: int = -1
    ) -> str | None:
        return GERMAN.get(sourceText) if context == "messages" else None


@pytest.fixture
def german(qapp: QCoreApplication) -> Iterator[None]:
    translator = German()
    assert QCoreApplication.installTranslator(translator)
    yield
    QCoreApplication.removeTranslator(translator)


def test_a_card_speaks_the_readers_language(german: None) -> None:
    caption = Caption(syntax=syntax_words("1.2.840.10008.1.2.1"))
    card = not_shown(Undecodable("There is no frame {number}.", number=7).reason, caption)
    assert translated(card.text) == "Ein Bild 7 gibt es nicht.\nGespeichert: unkomprimiert."
    assert str(card.text) == "There is no frame 7.\nStored uncompressed."


def test_texts_of_objects_are_never_templates_nor_translated(german: None) -> None:
    for hostile in ("uncompressed", "{number}", "{0.__class__}", "%s"):
        assert translated(hostile) == hostile
        assert translated(UserMessage("{name}", name=hostile)) == hostile
        assert translated(UserMessage.joined(", ", (hostile, "", hostile))) == f"{hostile}, {hostile}"
    assert translated(syntax_words("1.2.3")) == "1.2.3"


def test_one_image_and_several(german: None) -> None:
    assert [image_count(n) for n in (0, 1, 2)] == ["0 images", "ein Bild", "2 images"]
