"""Reads the document out of its object (PS3.3 C.24.2). Runs in the decoding process."""

from __future__ import annotations

from pathlib import Path

from pydicom.dataset import Dataset

from workstation.imaging.encapsulated_document import BEGINNINGS, Document
from workstation.imaging.image_header import BROKEN, text
from workstation.imaging.picture import MAX_FRAME_BYTES, Undecodable
from workstation.imaging.reading import read_header

_EXTENSIONS = {"application/pdf": "pdf"}


def document_kind(dataset: Dataset) -> str:
    """The name extension of the document in ``dataset``; empty if it is none that is opened."""
    return _EXTENSIONS.get(text(dataset, "MIMETypeOfEncapsulatedDocument").lower(), "")


def read_document(path: Path) -> Document:
    """The document inside ``path``.

    Raises:
        Undecodable: There is none of a kind that is opened, or it is not what it says.
        OSError: The file cannot be read.
    """
    if path.stat().st_size > MAX_FRAME_BYTES:
        raise Undecodable("The document is too big.")
    try:
        with path.open("rb") as file:
            dataset = read_header(file, path).dataset
            kind, content = document_kind(dataset), dataset.get("EncapsulatedDocument")
            length = dataset.get("EncapsulatedDocumentLength")
    except (Undecodable, *BROKEN) as broken:
        raise Undecodable("The document cannot be read.") from broken
    if not kind or not isinstance(content, bytes):
        raise Undecodable("It holds no document that can be opened.")
    if not content.startswith(BEGINNINGS[kind]):
        raise Undecodable("The document is no {kind} file.", kind=kind.upper())
    if isinstance(length, int) and 0 < length <= len(content):
        content = content[:length]
    return Document(kind, content)
