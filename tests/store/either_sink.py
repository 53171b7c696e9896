"""The two kinds of sink under one interface."""

from __future__ import annotations

from pathlib import Path

from workstation.store.folder_sink import FolderSink
from workstation.store.library import Library
from workstation.store.library_sink import Admission, LibrarySink
from workstation.store.store_results import Refused, Stored


class EitherSink:
    """A sink of either kind with what it told."""

    def __init__(self, kind: str, directory: Path, library: Library) -> None:
        self.stored: list[Stored] = []
        self.refused: list[Refused] = []
        self.admission = Admission.PLAN
        self.kind = kind
        self.library = library
        self.directory = directory if kind == "folder" else library.root
        self.sink: FolderSink | LibrarySink
        if kind == "folder":
            self.sink = FolderSink(directory, self.stored.append, self.refused.append)
        else:
            self.sink = LibrarySink(
                library, lambda header, peer: self.admission, self.stored.append, self.refused.append
            )

    def objects(self) -> list[Path]:
        self.library.index.settled()
        return sorted(self.directory.rglob("*.dcm"))

    def leftovers(self) -> list[Path]:
        return sorted(self.directory.rglob("*.part"))


def data_set_of(path: Path) -> bytes:
    from workstation.dicom.part10 import read_meta

    content = path.read_bytes()
    meta = read_meta(content)
    assert not isinstance(meta, str)
    return content[meta.offset :]
