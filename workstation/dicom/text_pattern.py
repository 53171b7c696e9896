"""Parse a text as the user types it for an ID, an accession number or a description (PS3.4 C.2.2.2)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from workstation.dicom.text_folding import text_key
from workstation.dicom.wildcards import wildcard_pattern

_ANY_ONE = str.maketrans("*?\\", "???")  # a backslash would part values


@dataclass(frozen=True, slots=True)
class TextPattern:
    """What was typed; letter case, accents and the blanks around it mean nothing, unless it was quoted.

    Attributes:
        key: The key for an archive, as typed; empty: anything fits.
        folded: The same, folded like :func:`workstation.dicom.text_folding.text_key`.
        exact: What was quoted: the value itself, ``*`` and ``?`` characters like others, letter case as it
            is: IDs that differ in it are of two patients. An archive cannot be told so (PS3.4 C.2.2.2.4); the
            key has a ``?`` for each wildcard, and the answers are checked here. Empty: nothing was quoted.
    """

    key: str
    folded: str
    exact: str = ""

    def fits(self, value: str) -> bool:
        """Whether a decoded value fits."""
        if self.exact:
            return value.strip() == self.exact
        return not self.key or bool(wildcard_pattern(self.folded).fullmatch(text_key(value)))


@lru_cache(maxsize=64)
def whole_text(typed: str) -> TextPattern:
    """A text that must be the whole value, ``*`` and ``?`` aside; in quotes it is taken as it stands."""
    typed = typed.strip()
    if len(typed) > 2 and typed[0] == typed[-1] == '"' and (inside := typed[1:-1].strip()):
        return TextPattern(inside.translate(_ANY_ONE), text_key(inside), inside)
    key = typed.replace("\\", "?")  # a backslash would part values
    return TextPattern(key, text_key(key))


@lru_cache(maxsize=64)
def part_of_text(typed: str) -> TextPattern:
    """A text of which a part is enough: its words in their order, with anything between."""
    pattern = whole_text(typed)
    if not pattern.key or "*" in pattern.key or "?" in pattern.key:
        return pattern
    key = f"*{'*'.join(pattern.key.split())}*"
    return TextPattern(key, text_key(key))


def exactly(text: str) -> str:
    """What is to be typed for :func:`whole_text` so that ``text`` alone fits, whatever characters it has."""
    return f'"{text}"'
