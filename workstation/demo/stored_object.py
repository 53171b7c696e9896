"""Describes one stored object: the values of its header, and how to read it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydicom import Dataset, dcmread
from pydicom.errors import InvalidDicomError

_MAX_VALUE = 1024
_BINARY = frozenset({"AT", "OB", "OD", "OF", "OL", "OV", "OW", "SQ", "UN", "UR", "UT"})
_LAST_GROUP = 0x0028

Values = Mapping[str, tuple[str, ...]]
"""By keyword; decoded, without padding."""


@dataclass(frozen=True, eq=False)
class StoredObject:
    """An object of the archive.

    Attributes:
        values: Of its header.
        syntax: Transfer Syntax UID.
        read: The whole object, with its file meta information.
        file: The file that holds it in that syntax under that UID; None where none does.
    """

    values: Values
    syntax: str
    read: Callable[[], Dataset]
    file: Callable[[], Path | None] = lambda: None

    def value(self, keyword: str) -> str:
        """The first value of an attribute; empty if it has none."""
        found = self.values.get(keyword, ())
        return found[0] if found else ""


def values_of(header: Dataset) -> Values:
    """What can be asked for: plain attributes up to group 0028, as text."""
    found: dict[str, tuple[str, ...]] = {}
    for element in header:
        if element.tag.group > _LAST_GROUP or not element.keyword or element.VR in _BINARY:
            continue
        value = element.value
        several = value if isinstance(value, Iterable) and element.VM > 1 else [value]
        texts = tuple("" if each is None else str(each).strip(" \0") for each in several)
        if any(texts) and sum(map(len, texts)) <= _MAX_VALUE:
            found[element.keyword] = texts
    return found


def object_of_file(path: Path) -> StoredObject | None:
    """The item of a file; None if it is no DICOM object that could be found again."""
    try:
        header = dcmread(path, stop_before_pixels=True)
        values = values_of(header)
        meta = header.file_meta
        syntax = str(meta.TransferSyntaxUID)
    except (InvalidDicomError, OSError, AttributeError, ValueError, KeyError, EOFError, TypeError):
        return None  # DICOMDIR, pictures, texts: folders hold all kinds of things
    if not all(values.get(keyword) for keyword in _IDENTITY):
        return None
    announced = (meta.get("MediaStorageSOPClassUID"), meta.get("MediaStorageSOPInstanceUID"))
    # Sent as stored, an object is announced by its file meta information: only where that tells the truth.
    true = announced == (header.SOPClassUID, header.SOPInstanceUID)
    return StoredObject(values, syntax, lambda: dcmread(path), lambda: path if true else None)


_IDENTITY = ("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID")


def objects_below(paths: Iterable[Path]) -> Iterable[StoredObject]:
    """The objects of files and of folders with all that lies in them."""
    for path in paths:
        files = sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
        for file in files:
            item = object_of_file(file)
            if item is not None:
                yield item
