"""The keys of the worklist window, for it and for the sheet of keys: the window is made when opened first."""

from __future__ import annotations

from typing import Final

from workstation.models.translation import translate
from workstation.widgets.keys import Key, KeyGroup

SEARCH: Final = "F5"
NAME: Final = "Ctrl+F"
NEXT_PART: Final = "F6"
ACCESSION: Final = "Ctrl+Return"
COPY: Final = "Ctrl+C"
EXPORT: Final = "Ctrl+E"


def worklist_keys() -> KeyGroup:
    """The keys of the worklist window, with those that its table and every dialog take."""
    return KeyGroup(
        translate("Worklist window"),
        (
            Key(translate("Search again"), SEARCH),
            Key(translate("To the patient's name"), NAME),
            Key(translate("To the next part"), NEXT_PART),
            Key(translate("Find this patient"), "Return"),
            Key(translate("Find by accession number"), ACCESSION),
            Key(translate("Copy the chosen rows"), COPY),
            Key(translate("Export the rows"), EXPORT),
            Key(translate("Stop the search, else close"), "Escape"),
        ),
    )
