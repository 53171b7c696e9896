"""Read what is typed into the filter: words, ``column:value``, comparisons, and ``-`` before what is hidden.

| typed | rows that stay in sight |
|---|---|
| ``roe thorax`` | each word occurs somewhere |
| ``"van der"`` | with this text, blanks included; ``""`` in it is a quotation mark |
| ``mod:ct`` | the text is in that column |
| ``mod:=CT`` | that is the whole text of the column; ``mod:=""``: it is empty |
| ``-mod:sr`` ``-roe`` | it does not fit what follows the hyphen |
| ``date:2024-05`` | of that year, month or day |
| ``date:>=2024-05`` | compared with ``<``, ``<=``, ``>`` or ``>=``, as far as the date is given |
| ``images:>100`` | compared as a number; what is unknown fits no comparison |

A column is called by its title, or by its English word in :class:`~workstation.models.columns.Column`, or by
at least three letters that one of these alone begins with. Any other word before a colon is plain text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from workstation.models.columns import COLUMNS, Column, title

_MOST: Final = 50
"""Terms of a filter; more are left out. Nobody types so many."""
_LEAST_LETTERS: Final = 3
_COMPARISONS: Final = (">=", "<=", ">", "<", "=")


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One part of a filter.

    Attributes:
        text: What is looked for, without case.
        column: Where; None: anywhere.
        comparison: ``<``, ``<=``, ``>``, ``>=``, ``=`` for the whole text; empty: the text is in it.
        excluded: Rows that fit are out of sight.
    """

    text: str
    column: Column | None = None
    comparison: str = ""
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """What was typed.

    Attributes:
        terms: All of them hold for rows in sight.
        unknown: Words before a colon that are no column: they are looked for as text.
    """

    terms: tuple[Term, ...] = ()
    unknown: tuple[str, ...] = ()


def read_filter(typed: str) -> Filter:
    """Read a filter; there is no text that cannot be read."""
    terms: list[Term] = []
    unknown: dict[str, None] = {}
    for token in split_tokens(typed)[:_MOST]:
        excluded = token.startswith("-") and len(token) > 1
        plain = token[1:] if excluded else token
        word, colon, value = plain.partition(":")
        if colon and word and '"' not in word:
            column = column_called(word)
            if column is not None:
                if value:  # else it is still being typed
                    comparison = next((sign for sign in _COMPARISONS if value.startswith(sign)), "")
                    text = _unquoted(value[len(comparison) :])
                    if text or comparison == "=":
                        terms.append(Term(text=text, column=column, comparison=comparison, excluded=excluded))
                continue
            unknown[word] = None
        if text := _unquoted(plain):
            terms.append(Term(text=text, excluded=excluded))
    return Filter(tuple(terms), tuple(unknown))


def split_tokens(typed: str) -> list[str]:
    """Split what is typed at blanks outside of quotation marks, which stay; the last may be open."""
    tokens: list[str] = []
    token, quoted = "", False
    for letter in typed:
        if letter == '"':
            quoted = not quoted
        if letter.isspace() and not quoted:
            if token:
                tokens.append(token)
            token = ""
        else:
            token += letter
    return [*tokens, token] if token else tokens


def _unquoted(text: str) -> str:
    """Return a text without its quotation marks and without case; a doubled one within them stays."""
    parts = text.split('"')
    if len(parts) == 1:
        return text.casefold()
    found, quoted = parts[0], False
    for position, part in enumerate(parts[1:], 1):
        quoted = not quoted
        if quoted and not parts[position - 1] and position > 1:
            found += '"'  # "" within: the text was closed and opened again
        found += part
    return found.casefold()


def quoted(value: str) -> str:
    """Write a value as it is typed into a filter."""
    plain = value and not any(letter.isspace() or letter == '"' for letter in value)
    return value if plain else '"' + value.replace('"', '""') + '"'


def column_called(word: str) -> Column | None:
    """The column that a word before a colon means; None: there is none, or there are several."""
    wanted = _letters(word)
    if not wanted:
        return None
    names = {spec.column: {_letters(title(spec.column)), _letters(spec.key)} for spec in COLUMNS}
    for column, called in names.items():
        if wanted in called:
            return column
    if len(wanted) < _LEAST_LETTERS:
        return None
    begun = [column for column, called in names.items() if any(one.startswith(wanted) for one in called)]
    return begun[0] if len(begun) == 1 else None


def column_word(column: Column) -> str:
    """What a column is called by in a filter: its title, where that is one word, else the English word."""
    visible = title(column).casefold().rstrip(".")
    return visible if visible.isalpha() else COLUMNS[column].key.replace("_", "-")


def _letters(text: str) -> str:
    """A name without case, blanks and punctuation."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())
