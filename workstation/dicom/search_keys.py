"""Make the matching keys of a search: as typed, and wider ones where nothing matches that.

Archives may distinguish letter cases and accents, and compare component by component (PS3.4 C.2.2.2.1,
C.2.2.2.4); the user cannot know. So where no answer to the first query fits, up to three further ones ask
more widely, and the answers are checked here against what was typed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from workstation.dicom.criteria import Criteria
from workstation.dicom.further_query import Reason
from workstation.dicom.levels import Level
from workstation.dicom.name_pattern import NamePattern, name_pattern
from workstation.dicom.other_keys import PARTS, OtherKey
from workstation.dicom.text_folding import fold, is_ideographic
from workstation.dicom.text_pattern import part_of_text, whole_text

FURTHER_QUERIES = 3
_TEXTS = ("accession", "patient_id", "name", "description")
_LONGEST_NAME = 64
"""Characters of a component group (PS3.5 6.2); a longer key is cut, which makes it wider."""

_VOWELS = re.compile(r"[aeiou]|[^\x00-\x7f]", re.IGNORECASE)
_ACCENTED = re.compile(r"(?<![^\Waeiouy])[cdglnrstz](?![^\Waeiouy])|c(?=[aou])", re.IGNORECASE)
_STARS = re.compile(r"\*+")
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


@dataclass(frozen=True, slots=True)
class WireKey:
    """One value for a matching key, and how it came about."""

    value: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class SearchKeys:
    """The texts of one query; an empty one is universal matching.

    Attributes:
        others: Path and value of each further key; of one that is not in it, only the value is asked for.
        reason: How the query differs from what was typed.
        changed: The value that differs, or is left of what was typed; empty: none.
    """

    name: str = ""
    patient_id: str = ""
    accession: str = ""
    description: str = ""
    others: tuple[tuple[str, str], ...] = field(default=(), kw_only=True)
    reason: Reason = Reason.AS_TYPED
    changed: str = ""


def search_keys(criteria: Criteria, *, capitals: bool = False) -> tuple[SearchKeys, ...]:
    """The keys of the first query, and of at most three for where nothing fits.

    A further query carries one text only, the most telling one; the others are checked here.

    Args:
        criteria: What was typed.
        capitals: The archive is known to be case-sensitive and to keep names in capitals.
    """
    each = {
        "accession": accession_keys(criteria.accession),
        "patient_id": patient_id_keys(criteria.patient_id),
        "name": name_keys(name_pattern(criteria.name), capitals=capitals),
        "description": description_keys(criteria.description),
    }
    each |= {key.path: other_key_values(key) for key in criteria.others if key.level is Level.STUDY}
    typed = {text: keys for text, keys in each.items() if keys}
    first = SearchKeys()
    for text, keys in typed.items():
        first = _with(first, text, keys[0])
    if not typed:
        return (first,)
    telling, keys = next(iter(typed.items()))
    alone = [replace(keys[0], reason=Reason.ALONE)] if len(typed) > 1 else []
    further = [*alone, *keys[1:]][:FURTHER_QUERIES]
    return (first, *(_with(SearchKeys(), telling, key) for key in further))


def _with(keys: SearchKeys, text: str, key: WireKey) -> SearchKeys:
    changed: dict[str, Any] = {text: key.value}
    if text not in _TEXTS:
        changed = {"others": (*keys.others, (text, key.value))}
    if key.reason is not Reason.AS_TYPED:
        changed |= {"reason": key.reason, "changed": key.value}
    return replace(keys, **changed)


def name_keys(pattern: NamePattern, *, capitals: bool = False) -> list[WireKey]:
    """The values for Patient's Name, the narrowest first; none: anything fits.

    Some archives compare component by component, so that no star reaches beyond a ``^``; others compare the
    whole value. So two words are first asked for as family and given name, then with anything between.

    Args:
        pattern: The typed name.
        capitals: See :func:`search_keys`.
    """
    if pattern.anything:
        return []
    if pattern.exact or pattern.literal:
        key = pattern.exact or f"*{pattern.literal}*"
        return [WireKey(key.replace("\\", "?"), Reason.AS_TYPED)]  # a backslash would part values
    words = [_normal(word) for word in pattern.words]
    first = pattern.first or int(len(words) == 2)
    typed = WireKey(_components(words[:first], words[first:]), Reason.AS_TYPED)
    if capitals and typed.value.upper() != typed.value:
        typed = WireKey(typed.value.upper(), Reason.CAPITALS)
    ideographic = any(map(is_ideographic, "".join(words)))
    return _distinct([typed, *(_ideographic_keys(words) if ideographic else _latin_keys(words))])


def _latin_keys(words: list[str]) -> Iterable[WireKey]:
    loose = [_loose(word.upper()) for word in words]
    alone = len(words) == 1
    yield WireKey(_cut(f"*{_open(loose)}"), Reason.ANYWHERE if alone else Reason.OTHER_SPELLING)
    if alone:
        yield WireKey(_components(["*"], loose), Reason.GIVEN_NAME)
    else:
        # Last word, then the first: of “Hans van der Berg” the key fits “Berg^Hans van der”, too.
        yield WireKey(_cut(f"*{_components(loose[-1:], loose[:1])}"), Reason.OTHER_ORDER)
    longest = max(words, key=lambda word: len(word.strip("*?")))
    yield WireKey(_cut(f"*{_open([_very_loose(_title(longest))])}"), Reason.OTHER_SPELLING)


def _ideographic_keys(words: list[str]) -> Iterable[WireKey]:
    if len(words) == 1:
        (word,) = words
        for family in range(1, min(3, len(word))):
            yield WireKey(_components([word[:family]], [word[family:]]), Reason.AS_FAMILY_AND_GIVEN)
    else:
        yield WireKey(_open(words), Reason.TOGETHER)
        yield WireKey(_components(words[-1:], words[:1]), Reason.OTHER_ORDER)
    yield WireKey("*=*", Reason.ANY_SCRIPT)  # some archives cannot convert what they hold


def patient_id_keys(typed: str) -> list[WireKey]:
    """The value for a Patient ID: another spelling would be another patient."""
    key = whole_text(typed).key
    return [WireKey(key, Reason.AS_TYPED)] if key else []


def accession_keys(typed: str) -> list[WireKey]:
    """The values for an accession number."""
    key = whole_text(typed).key
    if not key:
        return []
    return _distinct(
        [
            WireKey(key, Reason.AS_TYPED),
            WireKey(key.upper(), Reason.CAPITALS),
            WireKey(key.lower(), Reason.OTHER_SPELLING),
        ]
    )


def description_keys(typed: str) -> list[WireKey]:
    """The values for a description, for which most archives are case-sensitive."""
    key = part_of_text(typed).key
    if not key:
        return []
    # CT Thorax, Ct thorax: short words may be in capitals, longer ones differ in their first letter
    tails = "*".join(word if "?" in word else word[1:] for word in key.lower().split("*") if len(word) > 3)
    return _distinct(
        [
            WireKey(key, Reason.AS_TYPED),
            WireKey(key.upper(), Reason.CAPITALS),
            *([WireKey(f"*{tails}*", Reason.OTHER_SPELLING)] if tails else []),
            WireKey(key.lower(), Reason.OTHER_SPELLING),
        ]
    )


def other_key_values(key: OtherKey) -> list[WireKey]:
    """The values for a further key: names and texts in several spellings, others as typed."""
    if key.vr == "PN":
        return name_keys(name_pattern(key.value))
    if key.vr in PARTS:
        return description_keys(key.value)
    return [WireKey(key.key, Reason.AS_TYPED)]


def _distinct(keys: Iterable[WireKey]) -> list[WireKey]:
    found: dict[str, WireKey] = {}
    for key in keys:
        found.setdefault(key.value, key)
    return list(found.values())


def _normal(word: str) -> str:
    return unicodedata.normalize("NFC", word.translate(_FULL_WIDTH))


def _components(family: list[str], given: list[str]) -> str:
    """A key for two components, or for one if the first is empty."""
    return _cut(f"{_open(family)}^{_open(given)}" if family else _open(given))


def _open(words: list[str]) -> str:
    """A key for words in their order, with anything between and behind them.

    Names in ideographs are typed and stored with or without a blank, and stand behind a Latin one.
    """
    spread = ["*".join(word) if any(map(is_ideographic, word)) else word for word in words]
    key = "*".join(spread) + "*"
    return _cut(f"*{key}" if any(map(is_ideographic, words[0])) else key)


def _cut(key: str) -> str:
    key = _STARS.sub("*", key)
    return key if len(key) <= _LONGEST_NAME else key[: _LONGEST_NAME - 1] + "*"


def _title(word: str) -> str:
    """With a capital letter at its beginning only, unless it was typed with both kinds of letters."""
    return word if word != word.lower() and word != word.upper() else word.capitalize()


def _loose(word: str) -> str:
    """Without what is spelled in several ways, vowels and accents; as it is where little would be left.

    A star stands for each, not a question mark: some archives count bytes (of UTF-8) as characters.
    """
    loose = _VOWELS.sub("*", word)
    return loose if fold(word).isascii() and sum(map(str.isalnum, loose)) >= 2 else word


def _very_loose(word: str) -> str:
    """As :func:`_loose`, also without consonants between vowels that may have an accent: Muñoz, Ayşe."""
    loose = _VOWELS.sub("*", _ACCENTED.sub("*", word))
    return loose if fold(word).isascii() and any(map(str.isalnum, loose)) else _loose(word)
