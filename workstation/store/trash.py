"""Local copies somebody deleted: out of the library at once, but not yet gone."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path

from workstation.dicom.targets import Target
from workstation.store.arrivals import Stored
from workstation.store.files import private_folder, remove, settle, trouble_with
from workstation.store.found import read_found
from workstation.store.library import TRASH_NAME, Library


class Trash:
    """What was deleted from a library while the program runs; safe from any one thread at a time."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def take(self, targets: Iterable[Target]) -> tuple[Path, int]:
        """Take the files of ``targets`` out of the library.

        Returns:
            What :meth:`put_back` and :meth:`empty` know them by, and how many they are.

        Raises:
            NotWritable: A file could not be moved; what was moved before it is out of the library.
            Unreadable: The index could not be read or written.
        """
        lot, count = private_folder(self._library.root / TRASH_NAME / secrets.token_hex(8)), 0
        for target in targets:
            folder = private_folder(lot / target.study)
            for series in target.series or ("",):
                count += self._library.delete(target.study, series, target.instances, into=folder)
        return lot, count

    def put_back(self, lot: Path) -> int:
        """Put the files of a lot back into the library; what came anew meanwhile stays. How many they were.

        Raises:
            NotWritable: A file could not be moved; it stays in the lot.
            Unreadable: The index could not be written.
        """
        count = 0
        try:
            for folder in sorted(lot.iterdir()):
                self._library.make_study_folder(folder.name)
                for file in sorted(folder.iterdir()):
                    count += self._return(file, self._library.root / folder.name / file.name)
        except OSError as trouble:
            raise trouble_with(self._library.root, trouble) from trouble
        finally:
            self._library.index.settled()
        self.empty(lot)
        return count

    def _return(self, file: Path, place: Path) -> bool:
        try:
            settle(str(file), str(place))
        except FileExistsError:
            remove(file)
            return False
        found = read_found(place)
        if isinstance(found, Stored):
            self._library.index.add(found)
        return True

    def empty(self, lot: Path) -> None:
        """Delete the files of a lot; what cannot be is deleted when the library is opened again."""
        shutil.rmtree(lot, ignore_errors=True)
