"""Fold text for comparison, which PS3.4 C.2.2.2.1 leaves to us: letter case, accents, umlauts, blanks.

The library's index stores folded text: whoever changes a result here adds an upgrade of the index.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

UNKNOWN = "\ufffd"
"""A character that was lost on the way: undecodable, or replaced by a question mark."""

_LETTERS = {  # that no normalisation takes apart
    **dict(zip("øłđðħ\u0131", "olddhi", strict=True)),
    "æ": "ae",
    "œ": "oe",
    "þ": "th",
    **{chr(katakana): chr(katakana - 0x60) for katakana in range(0x30A1, 0x30F7)},  # to hiragana
}
_PLAIN = str.maketrans(_LETTERS)
_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_VOICED = "\u3099\u309a"  # か and が are two letters, not one with an accent
_CONTRACTED = re.compile(r"(?<![aeiouy])([aou])e(?=[^aeiouy])")


def fold(text: str) -> str:
    """Without letter case, accents and the width of characters."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", text).casefold().translate(_PLAIN)
    parts = unicodedata.normalize("NFKD", text)
    return unicodedata.normalize(
        "NFC", "".join(mark for mark in parts if mark in _VOICED or not unicodedata.combining(mark))
    )


@lru_cache(maxsize=16384)
def forms(word: str) -> tuple[str, ...]:
    """How a word of a name may stand elsewhere, folded: Müller as muller and mueller, Mueller as muller."""
    plain = fold(word)
    found = [plain]
    if not word.isascii():
        found.append(fold(unicodedata.normalize("NFC", word).casefold().translate(_SPELLED_OUT)))
    if plain.isascii() and "e" in plain:
        found.append(_CONTRACTED.sub(r"\1", plain))
    return tuple(dict.fromkeys(found))


def text_key(text: str) -> str:
    """A text folded, each run of blanks one blank."""
    return " ".join(fold(text).split())


class _Separators(dict[int, str | int]):
    """What parts words: blanks, punctuation, symbols; marks without width are nothing at all."""

    def __init__(self, keep: str) -> None:
        super().__init__({ord(mark): ord(mark) for mark in keep})
        self[0x02BC] = " "  # an apostrophe that counts as a letter

    def __missing__(self, code: int) -> str | int:
        kind = unicodedata.category(chr(code))
        self[code] = "" if kind == "Cf" else " " if kind[0] in "PSZC" else code
        return self[code]


_OF_NAMES = _Separators(UNKNOWN)
_OF_NAMES[ord("?")] = UNKNOWN  # how many programs send what they could not encode
_OF_PATTERNS = _Separators("*?")


def words_of_name(text: str) -> list[str]:
    """The words of a name as it is stored."""
    return text.translate(_OF_NAMES).split()


def words_of_pattern(text: str) -> list[str]:
    """The words of a name as it is typed; ``*`` and ``?`` belong to them."""
    return text.translate(_OF_PATTERNS).split()


def is_ideographic(mark: str) -> bool:
    """Whether a character is of a script that writes names without blanks: Han, kana, hangul."""
    return unicodedata.category(mark) in ("Lo", "Lm") and unicodedata.east_asian_width(mark) in "WFH"
