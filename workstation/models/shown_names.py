"""Write the names of persons as the user chose to see them: wherever the window shows one."""

from __future__ import annotations

from workstation.dicom.person_names import (
    USUAL_STYLE,
    NameGroup,
    NameStyle,
    component_groups,
    person_name,
    sort_name,
)
from workstation.models.translation import translate

_GROUP_WORDS = {
    NameGroup.ALPHABETIC: "Alphabetic: {name}",
    NameGroup.IDEOGRAPHIC: "Ideographic: {name}",
    NameGroup.PHONETIC: "Phonetic: {name}",
}


class ShownNames:
    """Knows how names are written; of the GUI thread.

    Attributes:
        style: As the user chose.
    """

    def __init__(self) -> None:
        self.style = USUAL_STYLE

    def written(self, name: str) -> str:
        """Write a decoded PN value; empty where it says nothing."""
        return person_name(name, self.style)

    def sort_key(self, name: str) -> str:
        """Return what a name is sorted by: the family name comes first in every style."""
        return sort_name(name, self.style)

    def groups(self, name: str) -> list[str]:
        """Write each component group with its kind, if the name has several; else nothing (PS3.5 6.2.1)."""
        groups = component_groups(name)
        if len(groups) < 2:
            return []
        alone = NameStyle(self.style.order)
        return [
            translate(words, name=person_name(groups[kind], alone))
            for kind, words in _GROUP_WORDS.items()
            if kind in groups
        ]


SHOWN_NAMES = ShownNames()
"""The one of the program."""
