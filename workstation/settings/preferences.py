"""What a person prefers, once for the whole program: ``settings.json``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from workstation.dicom.nodes import DEFAULT_AE_TITLE, DEFAULT_PORT, check_ae_title, check_port
from workstation.errors import Unreadable
from workstation.settings import document

VERSION = 1


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
    """

    ae_title: str = DEFAULT_AE_TITLE
    port: int = DEFAULT_PORT
    library: str = ""
    theme: Theme = Theme.SYSTEM

    def __post_init__(self) -> None:
        check_ae_title(self.ae_title)
        check_port(self.port)


def load_preferences(path: Path) -> Preferences:
    """Return what ``path`` says; the defaults if there is no file yet.

    Raises:
        Unreadable: The file is broken; the sentence names the field.
        TooNew: A newer version of this program wrote it.
    """
    content = document.read(path, VERSION)
    if content is None:
        return Preferences()
    try:
        return document.build(Preferences, content, "it")
    except document.Misshapen as trouble:
        raise Unreadable(str(path), str(trouble)) from trouble


def save_preferences(path: Path, preferences: Preferences) -> None:
    """Write ``preferences``.

    Raises:
        NotWritable: The file cannot be written.
    """
    document.write(path, VERSION, asdict(preferences))
