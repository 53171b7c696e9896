"""Read the files that the user opened where they are, as one more source; nothing is copied."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from workstation.dicom.criteria import Criteria
from workstation.dicom.matches import OPENED, ImageMatch, PatientMatch, SeriesMatch, StudyMatch
from workstation.dicom.targets import Target
from workstation.errors import Unreadable, UserMessage
from workstation.operations.file_discovery import Candidate, Skipped, candidates
from workstation.operations.sources import Answers, LocalLibrary
from workstation.stop import Progress, Report, Stop
from workstation.store.index import Index
from workstation.store.instance_file import read_instance_file
from workstation.store.session_folder import SessionFolder
from workstation.store.store_results import Stored

BATCH_FILES = 500
BATCH_SECONDS = 0.5
_MOST_SKIPPED = 50

M = TypeVar("M", StudyMatch, SeriesMatch, ImageMatch)


@dataclass(frozen=True, slots=True)
class OpenedBatch:
    """What was opened since the last batch.

    Attributes:
        stored: The instances.
        studies: Their studies, with all that was opened of them up to now.
    """

    stored: tuple[Stored, ...]
    studies: tuple[StudyMatch, ...]


@dataclass(slots=True)
class Opened:
    """How opening ended.

    Attributes:
        looked_at: Files that were looked into.
        shown: Instances that can be seen now.
        repeated: Files that hold an instance another file of the same opening holds, too.
        not_dicom: Files found in folders that are no DICOM files; they are passed over.
        skipped: What was meant and is not shown; the first :data:`_MOST_SKIPPED` of it.
        skipped_count: How much that is in all.
    """

    looked_at: int = 0
    shown: int = 0
    repeated: int = 0
    not_dicom: int = 0
    skipped: list[Skipped] = field(default_factory=list)
    skipped_count: int = 0

    def skip(self, one: Skipped) -> None:
        """Note what is not shown."""
        self.skipped_count += 1
        if len(self.skipped) < _MOST_SKIPPED:
            name = one.name.encode("utf-8", "replace").decode()
            self.skipped.append(Skipped(name, one.reason))


class OpenedFiles:
    """The opened files as a source (:class:`workstation.operations.sources.Source`)."""

    def __init__(self, folder: Path) -> None:
        """``folder`` is where the index over them may be put; nothing is made before the first opening."""
        self.key = OPENED
        self._folder = SessionFolder(folder)
        self._index: Index | None = None

    @property
    def index(self) -> Index | None:
        """What is open; None before the first opening."""
        return self._index

    def remove_left_over(self) -> None:
        """Delete what programs left that could not end properly: it names patients."""
        self._folder.remove_left_over()

    def close(self) -> None:
        """Forget everything; the files themselves stay as they are. No reading may be going on."""
        index, self._index = self._index, None
        if index is not None:
            index.close()
        self._folder.delete()

    def open(
        self, paths: Iterable[Path], deliver: Callable[[OpenedBatch], None], report: Report, stop: Stop
    ) -> Opened:
        """Read the headers of the files that ``paths`` mean, instead of what was opened before.

        One call at a time. Of several files with one SOP Instance UID the first is taken. What was opened
        before stays until there is something that can be shown, and if there is nothing.

        Args:
            paths: Files, folders, DICOMDIR.
            deliver: Called with what can be shown, from time to time.
            report: Progress; how many there will be is not known before.
            stop: A request to end; what was delivered stays.

        Raises:
            NotWritable, DiskFull, Unreadable: There is no place for the index.
            Cancelled: ``stop`` was requested.
        """
        index = self._made()
        opened, seen = Opened(), dict[str, str]()
        batch: list[Stored] = []
        since = time.monotonic()
        for candidate in candidates(paths, opened.skip, stop):
            stop.check()
            opened.looked_at += 1
            stored = _read(candidate, opened)
            if stored is not None:
                if not seen:
                    index.empty()
                first = seen.setdefault(stored.sop_uid, stored.file)
                if first is stored.file:
                    index.add(stored)
                    batch.append(stored)
                else:
                    opened.repeated += first != stored.file
            if len(batch) >= BATCH_FILES or time.monotonic() - since > BATCH_SECONDS:
                report(Progress(opened.looked_at, None))
                self._hand_out(index, batch, deliver)
                batch, since = [], time.monotonic()
        self._hand_out(index, batch, deliver)
        opened.shown = len(seen)
        report(Progress(opened.looked_at, opened.looked_at))
        return opened

    @staticmethod
    def _hand_out(index: Index, batch: list[Stored], deliver: Callable[[OpenedBatch], None]) -> None:
        if not batch:
            return
        index.settled()
        uids = {stored.study_uid for stored in batch}
        studies = tuple(_named(study) for study in index.studies() if study.study_uid in uids)
        deliver(OpenedBatch(tuple(batch), studies))

    def _made(self) -> Index:
        if self._index is None:
            folder = self._folder.make()
            self._index = Index(folder / "index.db", folder, anywhere=True)
        return self._index

    def paths(self, targets: Sequence[Target]) -> list[Path]:
        """The files of targets.

        Raises:
            Unreadable: None of them is open.
        """
        index = self._index
        found = [
            path
            for target in targets
            for series in target.series or ("",)
            for path in (index.paths(target.study, series, target.instances) if index is not None else ())
        ]
        if not found:
            raise Unreadable(targets[0].study, "it is no longer open")
        return list(dict.fromkeys(found))

    # --- as a source ------------------------------------------------------------------------------------

    def search(self, criteria: Criteria, stop: Stop) -> Answers[StudyMatch]:
        """The studies that fit."""
        return _own(self._index, lambda local: local.search(criteria, stop))

    def patients(self, criteria: Criteria, stop: Stop) -> Answers[PatientMatch]:
        """The patients that fit."""
        index = self._index
        found = LocalLibrary(index).patients(criteria, stop) if index is not None else ()
        return Answers(lambda _: (replace(patient, source=OPENED) for patient in found))

    def series(self, study: StudyMatch, stop: Stop, *, details: bool = False) -> Answers[SeriesMatch]:
        """The series of a study."""
        return _own(self._index, lambda local: local.series(study, stop))

    def images(
        self, series: SeriesMatch, patient_id: str, stop: Stop, *, geometry: bool = False
    ) -> Answers[ImageMatch]:
        """The instances of a series."""
        return _own(self._index, lambda local: local.images(series, patient_id, stop))


def look_into(paths: Iterable[Path], stop: Stop) -> Opened:
    """Read files that ``paths`` mean up to the first that can be shown: ``shown`` is 1, else 0.

    Raises:
        Cancelled: ``stop`` was requested.
    """
    opened = Opened()
    for candidate in candidates(paths, opened.skip, stop):
        opened.looked_at += 1
        if _read(candidate, opened) is not None:
            opened.shown = 1
            break
    return opened


def _own(index: Index | None, ask: Callable[[LocalLibrary], Answers[M]]) -> Answers[M]:
    """A match of the index, as one of this source."""

    def rows(answers: Answers[M]) -> Iterator[M]:
        if index is not None:
            found = ask(LocalLibrary(index))
            answers.untold = found.untold
            yield from map(_named, found)

    return Answers(rows)


def _named(match: M) -> M:
    if isinstance(match, StudyMatch):
        return replace(match, source=OPENED, patient=replace(match.patient, source=OPENED))
    return replace(match, source=OPENED)


def _read(candidate: Candidate, opened: Opened) -> Stored | None:
    """What the file holds; None, and noted, if it cannot be shown."""
    path = candidate.path.absolute()
    try:
        str(path).encode()
        found = read_instance_file(path, to_pixels=True, make_up_uids=True)
    except UnicodeEncodeError:
        opened.skip(Skipped(path.name, UserMessage("its name is no proper text")))
        return None
    except OSError as error:
        opened.skip(Skipped(path.name, error.strerror or UserMessage("it cannot be read")))
        return None
    if isinstance(found, Stored):
        assert found.header is not None
        # Who sent the files of a medium says nothing: the medium is the source.
        return replace(found, header=replace(found.header, sender=""))
    if candidate.meant or found.damaged:
        opened.skip(Skipped(path.name, found.reason))
    else:
        opened.not_dicom += 1
    return None
