"""The keys of the worklist window, for the sheet of keys; the window is made when it is opened first."""

from __future__ import annotations

from workstation.models.translation import translate
from workstation.widgets.keys import Key, KeyGroup


def worklist_keys() -> KeyGroup:
    """The keys of the worklist window."""
    return KeyGroup(
        translate("Worklist window"),
        (
            Key(translate("Search again"), "F5"),
            Key(translate("To the patient's name"), "Ctrl+F"),
            Key(translate("To the next part"), "F6"),
            Key(translate("Find this patient"), "Return"),
            Key(translate("Find by accession number"), "Ctrl+Return"),
            Key(translate("Copy the chosen rows"), "Ctrl+C"),
            Key(translate("Export the rows"), "Ctrl+E"),
            Key(translate("Stop the search, else close"), "Escape"),
        ),
    )
