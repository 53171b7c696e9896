"""What a person prefers, once for the whole program: ``settings.json``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from workstation.dicom.nodes import DEFAULT_AE_TITLE, DEFAULT_PORT, check_ae_title, check_port
from workstation.errors import BadInput, Sentence, Unreadable
from workstation.settings import document


class Theme(StrEnum):
    """The window's colours."""

    SYSTEM = "system"
    DARK = "dark"
    LIGHT = "light"


@dataclass(frozen=True, slots=True)
class Preferences:
    """The preferences and their defaults.

    Attributes:
        ae_title: Our AE title, when we listen and for nodes that are not given another.
        port: TCP port of our listener.
        library: Folder of the library; empty: the one of ``places``.
        theme: Dark, light, or as the desktop says.
        address: The one address our listener is bound to; empty: all of this computer's.
        listen_always: Listen while the program runs, not only while a C-MOVE needs it.
        accept_from: AE titles whose pushes are taken into the library while we listen.
        join_pushes: Show the same person pushed by two modalities as one patient.
    """

    ae_title: str = DEFAULT_AE_TITLE
    port: int = DEFAULT_PORT
    library: str = ""
    theme: Theme = Theme.SYSTEM
    address: str = ""
    listen_always: bool = False
    accept_from: tuple[str, ...] = ()
    join_pushes: bool = True

    def __post_init__(self) -> None:
        check_ae_title(self.ae_title)
        check_port(self.port)
        check_address(self.address)
        for title in self.accept_from:
            check_ae_title(title)


def check_address(text: str) -> str:
    """Return ``text`` if it is empty or an IP address, else raise :class:`BadInput`."""
    if not text:
        return text
    import ipaddress  # late: hardly anybody has one

    try:
        ipaddress.ip_address(text)
    except ValueError as error:
        raise BadInput("address", text, "an IP address of this computer, or nothing for all.") from error
    return text


def _without_change(content: dict[str, object]) -> dict[str, object]:
    """Version 2 added what the listener does, version 3 how pushes are shown."""
    return content


UPGRADES = (_without_change, _without_change)


def load_preferences(path: Path) -> Preferences:
    """Return what ``path`` says; the defaults if there is no file yet.

    Raises:
        Unreadable: The file is broken; the sentence names the field.
        TooNew: A newer version of this program wrote it.
    """
    content = document.read(path, UPGRADES)
    if content is None:
        return Preferences()
    try:
        return document.build(Preferences, content, Sentence("it"))
    except document.Misshapen as trouble:
        raise Unreadable(str(path), trouble.reason) from trouble


def save_preferences(path: Path, preferences: Preferences) -> None:
    """Write ``preferences``.

    Raises:
        NotWritable: The file cannot be written.
    """
    document.write(path, UPGRADES, asdict(preferences))
