"""Messages of ours in another language, whoever composed them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QTranslator
from typing_extensions import override

from workstation.controllers.notices import message
from workstation.errors import BadInput, ConnectionLost, OperationFailed, UserMessage
from workstation.models.translation import translated

GERMAN = {
    "The connection to {node} was lost.": "Die Verbindung zu {node} ging verloren.",
    "{here} of {total} images are here.": "{here} von {total} Bildern sind hier.",
    "{node} could not do the {service}{meaning}.": "{node} konnte {service} nicht ausführen{meaning}.",
    "it is out of resources": "die Mittel sind erschöpft",
    "“{value}” is not a usable {what}: {advice}": "„{value}“ ist als {what} nicht brauchbar: {advice}",
    "port": "Port",
    "a number from 1 to 65535.": "eine Zahl von 1 bis 65535.",
}


class German(QTranslator):
    @override
    def translate(self, context: str, source: str, disambiguation: str | None = None, n: int = -1) -> str:
        return GERMAN.get(source, source) if context == "messages" else source

    @override
    def isEmpty(self) -> bool:
        return False


@pytest.fixture
def german(qapp: QCoreApplication) -> Iterator[None]:
    translator = German()
    qapp.installTranslator(translator)
    yield
    qapp.removeTranslator(translator)


@pytest.mark.usefixtures("german")
def test_error_is_told_in_the_readers_language() -> None:
    assert message(ConnectionLost("PACS", "reset")) == "Die Verbindung zu PACS ging verloren."
    failed = OperationFailed("PACS", "C-FIND", 0xA700, "", UserMessage("it is out of resources"))
    assert message(failed) == "PACS konnte C-FIND nicht ausführen: die Mittel sind erschöpft."
    wrong = BadInput("port", "x", "a number from 1 to 65535.")
    assert message(wrong) == "„x“ ist als Port nicht brauchbar: eine Zahl von 1 bis 65535."


@pytest.mark.usefixtures("german")
def test_messages_within_messages_are_translated() -> None:
    lost = ConnectionLost("PACS {here}", "reset").message
    counted = UserMessage("{here} of {total} images are here.", here=3, total=9)
    both = UserMessage("{error} {counted}", error=lost, counted=counted)
    assert translated(both) == "Die Verbindung zu PACS {here} ging verloren. 3 von 9 Bildern sind hier."
    assert both == "The connection to PACS {here} was lost. 3 of 9 images are here."


def test_the_words_of_others_stay() -> None:
    assert translated("{no} template") == "{no} template"
    assert UserMessage("{as it stands}") == "{as it stands}"
    assert translated(UserMessage("{as it stands}")) == "{as it stands}"
