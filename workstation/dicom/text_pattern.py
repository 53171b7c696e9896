"""Parse a text as the user types it for an ID, an accession number or a description (PS3.4 C.2.2.2)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from workstation.dicom.text_folding import text_key
from workstation.dicom.wildcards import wildcard_pattern


@dataclass(frozen=True, slots=True)
class TextPattern:
    """What was typed; letter case, accents and the blanks around it mean nothing.

    Attributes:
        key: The key for an archive, as typed; empty: anything fits.
        folded: The same, folded like :func:`workstation.dicom.text_folding.text_key`.
    """

    key: str
    folded: str

    def fits(self, value: str) -> bool:
        """Whether a decoded value fits."""
        return not self.key or bool(wildcard_pattern(self.folded).fullmatch(text_key(value)))


@lru_cache(maxsize=64)
def whole_text(typed: str) -> TextPattern:
    """A text that must be the whole value, ``*`` and ``?`` aside."""
    key = typed.strip().replace("\\", "?")  # a backslash would part values
    return TextPattern(key, text_key(key))


@lru_cache(maxsize=64)
def part_of_text(typed: str) -> TextPattern:
    """A text of which a part is enough: its words in their order, with anything between."""
    pattern = whole_text(typed)
    if not pattern.key or "*" in pattern.key or "?" in pattern.key:
        return pattern
    key = f"*{'*'.join(pattern.key.split())}*"
    return TextPattern(key, text_key(key))
