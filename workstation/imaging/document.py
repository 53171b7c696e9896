"""Documents inside DICOM objects, taken out for another program to show (PS3.3 A.45)."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError

from workstation.imaging.header import BROKEN, text
from workstation.imaging.picture import MAX_FRAME_BYTES, Undecodable
from workstation.whole import write_whole

_EXTENSIONS = {"application/pdf": "pdf"}
_BEGINNINGS = {"pdf": b"%PDF-"}


def document_kind(dataset: Dataset) -> str:
    """The name extension of the document in ``dataset``; empty if it is none that is opened."""
    return _EXTENSIONS.get(text(dataset, "MIMETypeOfEncapsulatedDocument").lower(), "")


def extract_document(path: Path, folder: Path) -> Path:
    """Write the document inside ``path`` to a new file in ``folder``, which only its owner can read.

    Raises:
        Undecodable: There is none of a kind that is opened, or it is not what it says.
        OSError: A file cannot be read or written.
    """
    if path.stat().st_size > MAX_FRAME_BYTES:
        raise Undecodable("The document is too big.")
    try:
        dataset = pydicom.dcmread(path, force=True)
        kind, content = document_kind(dataset), dataset.get("EncapsulatedDocument")
        length = dataset.get("EncapsulatedDocumentLength")
    except (InvalidDicomError, *BROKEN) as broken:
        raise Undecodable("The document cannot be read.") from broken
    if not kind or not isinstance(content, bytes):
        raise Undecodable("It holds no document that can be opened.")
    if not content.startswith(_BEGINNINGS[kind]):
        raise Undecodable("The document is no {kind} file.", kind=kind.upper())
    if isinstance(length, int) and 0 < length <= len(content):
        content = content[:length]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Each in its own folder: opened files of two patients may have one name, and a program may show both.
    target = Path(tempfile.mkdtemp(dir=folder)) / f"{path.stem}.{kind}"
    write_whole(target, content)
    return target
