"""Writes documents from DICOM objects to files for another program to show (PS3.3 A.45)."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from workstation.atomic_files import atomic_write

BEGINNINGS = {"pdf": b"%PDF-"}
"""How a document of each kind that is opened begins; the kind is its name extension."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it was taken out: its name extension, and its bytes."""

    kind: str
    content: bytes


def write_document(document: Document, path: Path, folder: Path) -> Path:
    """Write the document of ``path`` to a new file in ``folder``, which only its owner can read.

    Raises:
        OSError: The file cannot be written.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Each in its own folder: opened files of two patients may have one name, and a program may show both.
    target = Path(tempfile.mkdtemp(dir=folder)) / f"{path.stem}.{document.kind}"
    atomic_write(target, document.content)
    return target
