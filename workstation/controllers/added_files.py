"""Takes out of the library again what an import has added to it, and only that."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from workstation.controllers.local_studies import LocalStudies
from workstation.dicom import display
from workstation.models.transfers_model import TransfersModel
from workstation.store.store_results import Stored


class Addition:
    """What one import has added so far.

    Attributes:
        files: Names of the files that were not there before, by Study Instance UID.
        count: How many.
        before: How many objects were there before.
        earlier: Additions that can still be undone; what is added again stays.
        over: It cannot be undone any more.
    """

    def __init__(self) -> None:
        self.files: dict[str, set[str]] = {}
        self.count = self.before = 0
        self.earlier: tuple[Addition, ...] = ()
        self.over = False
        self._kept: set[tuple[str, str]] = set()

    def note(self, stored: Stored) -> None:
        """Note an object that was imported."""
        if stored.duplicate.makes_file:
            self.files.setdefault(stored.study_uid, set()).add(_name(stored))
            self.count += 1
        elif _name(stored) not in self.files.get(stored.study_uid, ()):  # else it was opened twice
            self.before += 1
            for one in self.earlier:
                one.leave(stored)

    def leave(self, stored: Stored) -> None:
        """Leave a file where it is, be it noted before or after."""
        self._kept.add((stored.study_uid, _name(stored)))

    def leave_study(self, study: str) -> None:
        """Leave all files of a study that were noted so far."""
        self._kept.update((study, name) for name in self.files.get(study, ()))

    def take(self) -> dict[str, set[str]]:
        """The files that are to be taken away, named as :attr:`files`; it is over then."""
        self.over = True
        return {
            study: {name for name in names if (study, name) not in self._kept}
            for study, names in self.files.items()
        }


class AddedFiles(QObject):
    """Knows for a while what was added, less what came in another way since: that is never taken away.

    Signals:
        undoable: A message about what was added, and the number :meth:`undo` knows it by.
        expired: The number of what cannot be undone any more.
    """

    undoable = Signal(str, int)
    expired = Signal(int)
    undo_seconds = 60.0

    def __init__(self, local_studies: LocalStudies, transfers: TransfersModel) -> None:
        super().__init__()
        self._local_studies = local_studies
        self._transfers = transfers
        self._additions: dict[int, Addition] = {}
        self._followed: list[Addition] = []

    def follow(self, addition: Addition) -> None:
        """Follow what comes while an import runs, and until what it adds is taken away or stays."""
        self._followed = [one for one in self._followed if not one.over and one is not addition]
        addition.earlier = tuple(self._followed)
        self._followed.append(addition)

    def offer(self, addition: Addition) -> None:
        """Offer to undo an import that has ended, unless all of it was there before."""
        if not addition.count:
            addition.over = True
            return
        number = self._transfers.next_number()
        self._additions[number] = addition
        QTimer.singleShot(round(1000 * self.undo_seconds), self, partial(self._expire, number))
        one, many = (
            self.tr("1 image was added to the library."),
            self.tr("{n} images were added to the library."),
        )
        text = display.counted(addition.count, one, many)
        if addition.before:
            one, many = self.tr("1 was there before."), self.tr("{n} were there before.")
            text = f"{text} {display.counted(addition.before, one, many)}"
        self.undoable.emit(text, number)

    def arrived(self, batch: Sequence[Stored]) -> None:
        """Leave what an archive has sent, too: it may count on that being kept."""
        for addition in self._followed:
            for stored in batch:
                if stored.peer is not None and stored.peer.address:
                    addition.leave(stored)

    def kept(self, *studies: str) -> None:
        """Leave what is here of studies: a fetch has counted on it, or it was put back."""
        for addition in self._followed:
            for study in studies:
                addition.leave_study(study)

    def studies(self, number: int) -> list[str]:
        """Study UIDs of what can be undone."""
        addition = self._additions.get(number)
        return list(addition.files) if addition is not None else []

    def undo(self, number: int) -> None:
        """Delete what was added, which can be undone in its turn; unless it is too late."""
        addition = self._additions.pop(number, None)
        if addition is not None:
            self._local_studies.delete_files(addition.files, addition.take)

    def _expire(self, number: int) -> None:
        addition = self._additions.pop(number, None)
        if addition is not None:
            addition.over = True
            self.expired.emit(number)


def _name(stored: Stored) -> str:
    return stored.file.rpartition(os.sep)[2]  # many come: a Path costs as much as a file
