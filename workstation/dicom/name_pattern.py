"""Parse a patient's name as the user types it: what it matches, and the key for an archive (PS3.4 C.2.2.2).

The words may stand in any order, in any component or component group (PS3.5 6.2.1), with or without ``^``;
each is the beginning of a word of the name, without regard to letter case, accents and how umlauts are
spelled. In quotes the name is taken as it stands. The library, the re-check of an archive's answers and the
keys sent to it are all made from the one value here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from workstation.dicom import text_folding
from workstation.dicom.text_folding import UNKNOWN, fold, forms, is_ideographic
from workstation.dicom.value_readers import name_components, name_groups
from workstation.dicom.wildcards import wildcard_pattern

_LONGEST = 1024
"""Characters of a name that are looked at; a valid one has fewer than 200."""

_PIECE = re.compile(r"[*?]+")
_MOST_WORDS = 20
"""Words of a component group that are run together; more would make a text that grows with their square."""
_COMPONENT = re.compile("[,^\uff0c]")
_BETWEEN = re.compile(r"[\s,^=\uff0c]+")
_LOST = re.compile(f"{UNKNOWN}+")

INDEX_WORD = 64
"""Characters of a word in an index, the limit of a component group (PS3.5 6.2)."""

Word = tuple[str, ...]
"""A word of a name in all its forms, folded; the plain one first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamePattern:
    """What was typed for a name, taken apart; make it with :func:`name_pattern`.

    Attributes:
        exact: The whole name, if it was quoted.
        words: What stands between blanks, with its wild cards, and a star for each mark inside.
        first: How many of them stand before a comma or ``^``; 0 if neither was typed between words.
        literal: Folded text that holds no word at all, such as ``%``: it must occur as it is.
    """

    exact: str = ""
    words: tuple[str, ...] = ()
    first: int = 0
    literal: str = ""
    _begun: tuple[Word, ...] = field(default=(), repr=False)
    _inside: tuple[str, ...] = field(default=(), repr=False)
    _wild: tuple[str, ...] = field(default=(), repr=False)

    @property
    def anything(self) -> bool:
        """Whether every name fits (universal matching, PS3.4 C.2.2.2.3)."""
        return not (self.exact or self.words or self.literal)

    def fits(self, name: str) -> bool:
        """Whether a decoded name fits."""
        name = name[:_LONGEST]
        if self.exact:
            return any(_exactly(group) == _exactly(self.exact) for group in (name, *name_groups(name)))
        if self.literal:
            return self.literal in fold(name)
        if not self.words:
            return True
        groups = _groups(name)
        if UNKNOWN in name or "?" in name:
            return self._fits_damaged(groups)
        return self._fits_words(groups) or any(self._fits_run_together(group) for group in groups)

    def fits_answer(self, name: str) -> bool:
        """The same for an archive's answer, which may hold less than the archive knows.

        It may find a name in ideographs and answer only its Latin form: the two cannot be compared.
        """
        if self.fits(name):
            return True
        latin = all(fold(word).isascii() for word in self.words)
        return not latin and name.isascii() and bool(name.strip(" ^="))

    def names(self, name: str) -> bool | None:
        """Whether a name has all that was typed as whole words, in any order; None: it cannot be told.

        So it is where only beginnings of words fit, a letter was lost, or one is written in ideographs only.
        """
        name = name[:_LONGEST]
        if self._wild or self.anything or self.literal or UNKNOWN in name or {"?", "*"} & set(name):
            return None
        if self.exact:
            return self.fits(name)
        groups = _groups(name)
        if self._has_words(groups) or any(self._fits_run_together(group) for group in groups):
            return True
        return None if self.fits_answer(name) else False

    def _has_words(self, groups: tuple[tuple[Word, ...], ...]) -> bool:
        pool = [word for group in groups for word in group]
        candidates = [
            {at for at, word in enumerate(pool) if not set(typed).isdisjoint(word)} for typed in self._begun
        ]
        together = {text for group in groups for text in _run_together(group)}
        return _assignable(candidates) and (not self._inside or "".join(self._inside) in together)

    def beginnings(self) -> list[tuple[str, ...]]:
        """Conditions for an index: a name can fit only if it meets each of these tuples.

        It meets a tuple if one of its :func:`index_words` begins with one of the texts in that tuple. Names
        of more than :data:`INDEX_WORD` characters without a blank are not found; no such name is valid.
        """
        if self.exact:
            return [(fold(word)[:INDEX_WORD], UNKNOWN) for word in text_folding.words_of_name(self.exact)]
        together = ["".join(words) for words in _by_form(self._begun)] if len(self._begun) > 1 else []
        beginnings = [
            *((*word, *together) for word in self._begun),
            *((word,) for word in self._inside),
            *((piece,) for word in self._wild if (piece := _PIECE.split(word)[0])),
        ]
        return [(*(form[:INDEX_WORD] for form in word), UNKNOWN) for word in beginnings]

    def pieces(self) -> list[str]:
        """Texts that each occur in one of the :func:`index_words` of every undamaged name that fits."""
        return [piece for word in self._wild for piece in _PIECE.split(word) if piece]

    def _fits_words(self, groups: tuple[tuple[Word, ...], ...]) -> bool:
        pool = [word for group in groups for word in group]
        candidates = [{at for at, word in enumerate(pool) if _begins(typed, word)} for typed in self._begun]
        together = [text for group in groups for text in _run_together(group)] if self._inside else []
        return (
            _assignable(candidates)
            and all(any(word in text for text in together) for word in self._inside)
            and all(any(_matches_words(word, group) for group in groups) for word in self._wild)
        )

    def _fits_run_together(self, group: tuple[Word, ...]) -> bool:
        """Whether the typed words without the blanks are words of the name without its blanks.

        So OBrien is O'Brien, and De Souza is DeSouza.
        """
        if self._inside or self._wild:
            return False
        wanted = {"".join(word) for word in _by_form(self._begun)}
        longest = max(map(len, wanted))
        return any(run in wanted for words in _by_form(group[:_MOST_WORDS]) for run in _runs(words, longest))

    def _fits_damaged(self, groups: tuple[tuple[Word, ...], ...]) -> bool:
        """Where characters were lost, at least half of each word must be there."""
        texts = [word[0] for group in groups for word in group]
        texts += [text for group in groups for text in _run_together(group)]
        typed = [*self._begun, *((word,) for word in self._inside)]
        return all(
            any(_begins_damaged(form, text) for form in word for text in texts) for word in typed
        ) and all(any(_matches_words(word, group) for group in groups) for word in self._wild)


@lru_cache(maxsize=64)
def name_pattern(typed: str) -> NamePattern:
    """Take apart what was typed for a name."""
    typed = typed.strip()
    if len(typed) >= 2 and typed[0] == typed[-1] == '"':
        return NamePattern(exact=typed[1:-1].strip()[:_LONGEST])
    before, *after = _COMPONENT.split(typed[:_LONGEST], maxsplit=1)
    first = _blank_separated(before)
    second = _blank_separated(*after)
    if not first and not second:
        return NamePattern(literal=fold(typed.strip(" ^=,*")))
    words = text_folding.words_of_pattern(typed[:_LONGEST])
    wild = [word for word in words if ("*" in word or "?" in word) and word.strip("*")]
    inside = [word for word in words if word not in wild and any(map(is_ideographic, word))]
    begun = [word for word in words if word not in wild and word not in inside and word.strip("*")]
    return NamePattern(
        words=first + second,
        first=len(first) if second else 0,
        _begun=tuple(map(forms, begun)),
        _inside=tuple(map(fold, inside)),
        _wild=tuple(map(fold, wild)),
    )


def _blank_separated(typed: str = "") -> tuple[str, ...]:
    """The words between blanks, with a star for each apostrophe or hyphen that some leave out."""
    words = ("*".join(text_folding.words_of_pattern(word)) for word in _BETWEEN.split(typed))
    return tuple(word for word in words if word.strip("*"))


def index_words(name: str) -> set[str]:
    """What an index finds a name by: its words in all forms, and run together.

    Where names are written without blanks any part of one is the beginning of one of these. A name that
    lost characters is also found by :data:`UNKNOWN`.
    """
    name = name[:_LONGEST]
    found = {UNKNOWN} if UNKNOWN in name or "?" in name else set()
    for group in _groups(name):
        found.update(form for word in group for form in word)
        for text in _run_together(group):
            parts = len(text) if any(map(is_ideographic, text)) else 1
            found.update(text[begin:] for begin in range(min(parts, INDEX_WORD)))
    return {word[:INDEX_WORD] for word in found}


@lru_cache(maxsize=4096)
def _groups(name: str) -> tuple[tuple[Word, ...], ...]:
    """The component groups of a name, each the words it consists of."""
    return tuple(tuple(map(forms, text_folding.words_of_name(group))) for group in name_groups(name))


def _exactly(name: str) -> str:
    """Blanks around components and empty components at the end mean nothing (PS3.5 6.2)."""
    name = unicodedata.normalize("NFC", name).casefold()
    return "^".join(name_components(name)).rstrip("^=")


def _begins(typed: Word, word: Word) -> bool:
    return any(form.startswith(typed) for form in word)


def _assignable(candidates: Iterable[set[int]]) -> bool:
    """Whether each can be given a candidate of its own, beginning with those that have the fewest."""
    taken: set[int] = set()
    for each in sorted(candidates, key=len):
        free = each - taken
        if not free:
            return False
        taken.add(min(free))
    return True


def _by_form(words: tuple[Word, ...]) -> list[list[str]]:
    """The words once for each form they have."""
    return [
        [word[min(form, len(word) - 1)] for word in words] for form in range(max(map(len, words), default=0))
    ]


def _runs(words: list[str], longest: int) -> Iterable[str]:
    """What successive words make without blanks, each beginning anywhere and going round."""
    for first in range(len(words)):
        run = ""
        for word in (*words[first:], *words[:first]):
            run += word
            if len(run) > longest:
                break
            yield run


def _run_together(group: tuple[Word, ...]) -> Iterable[str]:
    """A group without blanks, in each form, beginning with any of its words and going round."""
    for words in _by_form(group[:_MOST_WORDS]):
        for first in range(len(words)):
            yield "".join((*words[first:], *words[:first]))


def _matches_words(wild: str, group: tuple[Word, ...]) -> bool:
    """Whether a word with wild cards is the beginning of the words from some word on."""
    pattern = wildcard_pattern(wild + "*")
    return any(
        pattern.fullmatch(" ".join(words[first:])) for words in _by_form(group) for first in range(len(words))
    )


def _begins_damaged(typed: str, text: str) -> bool:
    """Whether a word begins a text; what was lost of it, in one place, stands for one character."""
    text = _LOST.sub(UNKNOWN, text)
    pattern = "".join(f"[{re.escape(mark)}{UNKNOWN}]" for mark in typed)
    inside = any(map(is_ideographic, typed))
    found = re.search(pattern, text) if inside else re.match(pattern, text)
    return found is not None and 2 * sum(mark != UNKNOWN for mark in found[0]) >= len(typed)
