"""Read the identifiers of C-FIND answers: once through the bytes, then each attribute by its tag."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from workstation.dicom.dataset_walker import DatasetWalker, raw
from workstation.dicom.levels import Level
from workstation.dicom.matches import RawText
from workstation.dicom.text import assumed_for
from workstation.dicom.value_readers import read_plain
from workstation.network.find import FindResponse
from workstation.operations.find_attributes import (
    ATTRIBUTES,
    CACHED_BYTES,
    IMAGE_ATTRIBUTES,
    PATIENT_ATTRIBUTES,
    SERIES_ATTRIBUTES,
    STUDY_ATTRIBUTES,
    TEXT_READERS,
    FindAttribute,
    unsigned,
)

_ESCAPE: Final = b"\x1b"


def _raw(tag: int) -> int:
    return raw(tag >> 16, tag & 0xFFFF)


_ALL: Final = tuple(one for attributes in ATTRIBUTES.values() for one in attributes)
_CHARACTER_SET: Final = _raw(0x00080005)
PATIENT_NAME: Final = _raw(0x00100010)
_WANTED: Final = frozenset({_CHARACTER_SET, *(_raw(one.tag) for one in _ALL)})
_LANGUAGE: Final = tuple(dict.fromkeys(_raw(one.tag) for one in _ALL if one.language))
_BINARY: Final = frozenset(_raw(one.tag) for one in _ALL if one.read is unsigned)


class IdentifierValues:
    """The values of one identifier, read without believing their VR.

    Attributes:
        values: Their bytes, by tags as :func:`workstation.dicom.dataset_walker.raw` gives them; numbers in US
            are little endian.
        readable: Its bytes could be read as a data set.
        charset: Its Specific Character Set.
        fallback: The character set of texts where it names none.
        only_ascii: Nothing in it depends on a character set.
    """

    __slots__ = ("charset", "fallback", "only_ascii", "readable", "values")

    def __init__(self, found: FindResponse, fallback: str, further: frozenset[int] = frozenset()) -> None:
        """``further``: tags of elements beyond those of the tables."""
        walk = DatasetWalker(found.transfer_syntax, _walked(further) if further else _WANTED)
        walk.feed(found.data)
        self.readable = not walk.end()
        self.values = walk.values
        if walk.big_endian:
            for tag in _BINARY & self.values.keys():
                self.values[tag] = _swapped(self.values[tag])
        self.charset = _terms(self.values.get(_CHARACTER_SET, b""))
        self.only_ascii = found.data.isascii() and _ESCAPE not in found.data
        texts = () if self.only_ascii else (self.values.get(tag, b"") for tag in _LANGUAGE)
        self.fallback = assumed_for(self.charset, texts, fallback)

    def value(self, tag: int) -> bytes:
        """The bytes of a value by its tag; empty where there is none, or the tag was not asked for."""
        return self.values.get(_raw(tag), b"")


class AnswerTable:
    """The attributes by which an answer fills one kind of match, as they are read; made once.

    Attributes:
        tags: Of the attributes, as :func:`workstation.dicom.dataset_walker.raw` gives them.
    """

    def __init__(self, attributes: Iterable[FindAttribute]) -> None:
        every = [(_raw(one.tag), one.field, one.read) for one in attributes]
        self.tags = tuple(tag for tag, _, _ in every)
        self._texts = tuple(one for one in every if one[2] in TEXT_READERS)
        self._others = tuple(one for one in every if one[2] not in TEXT_READERS)
        self._absent: dict[str, Any] = {field: "" for _, field, _ in self._texts}
        self._absent |= {field: read(b"") for _, field, read in self._others}

    def fields(
        self, values: Mapping[int, bytes | None], charset: tuple[str, ...], fallback: str
    ) -> dict[str, Any]:
        """The fields of the match; what is absent is read as if it were empty.

        Args:
            values: The bytes of each attribute by its tag, those of others, too.
            charset: Terms by which texts are decoded.
            fallback: What to assume if there are none.
        """
        found = self._absent.copy()
        for tag, field, read in self._others:
            if value := values.get(tag):
                found[field] = read(value)
        for tag, field, read in self._texts:
            if value := values.get(tag):
                found[field] = read(value, charset, fallback)
        return found

    def texts_beyond_ascii(self, values: Mapping[int, bytes], read: Mapping[str, str]) -> tuple[RawText, ...]:
        """The texts that another character set may read otherwise, and their bytes.

        Args:
            values: As for :meth:`fields`.
            read: What that gave.
        """
        return tuple(
            [
                RawText(field, value, read[field])
                for tag, field, _ in self._texts
                if (value := values.get(tag)) and (not value.isascii() or _ESCAPE in value)
            ]
        )


PATIENT_TABLE: Final = AnswerTable(PATIENT_ATTRIBUTES)
"""Of a patient, by a PATIENT or a STUDY answer."""
TABLES: Final[Mapping[Level, AnswerTable]] = {
    Level.STUDY: AnswerTable(STUDY_ATTRIBUTES),
    Level.SERIES: AnswerTable(SERIES_ATTRIBUTES),
    Level.IMAGE: AnswerTable(IMAGE_ATTRIBUTES),
}
"""Of the others; of a study without those of its patient."""


def _swapped(value: bytes) -> bytes:
    """A big endian US in little endian; a number in words stays."""
    return value[::-1] if len(value) == 2 else value


@lru_cache(maxsize=64)
def _walked(further: frozenset[int]) -> frozenset[int]:
    return _WANTED | {_raw(tag) for tag in further}


@lru_cache(maxsize=64)
def _cached_terms(value: bytes) -> tuple[str, ...]:
    return tuple(read_plain(value).split("\\"))


def _terms(value: bytes) -> tuple[str, ...]:
    """The terms of Specific Character Set."""
    return (_cached_terms.__wrapped__ if len(value) > CACHED_BYTES else _cached_terms)(value)
