"""Keeps one image of each series that the user looked at before fetching it, apart from the library.

What is here counts as nothing: no index knows it, and no local copy is more complete by it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workstation.dicom.matches import SOUND, SeriesMatch
from workstation.errors import UserMessage
from workstation.store.instance_header import InstanceHeader
from workstation.store.session_folder import SessionFolder
from workstation.store.store_results import Stored

MOST_BYTES: Final = 512 * 1024**2
MOST: Final = 2000
"""Images kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One image of a series that is not fetched, or why there is none.

    Attributes:
        archive: The archive it is from, by its connection values.
        series: The series, as that archive answered.
        total: How many images the archive lists of the series; None: unknown.
        stored: The image; None: there is none, or none yet.
        why: Why there is none; empty: it is still awaited.
    """

    archive: Hashable
    series: SeriesMatch
    total: int | None = None
    stored: Stored | None = None
    why: UserMessage = SOUND

    @property
    def awaited(self) -> bool:
        """Whether an image may still come."""
        return self.stored is None and not self.why


def may_be_of(header: InstanceHeader | None, patient_id: str) -> bool:
    """Whether an image may be of the patient whose study it was asked for as: it must not tell another ID."""
    told = header.patient_id.strip() if header is not None else ""
    return not told or not patient_id.strip() or told == patient_id.strip()


class SampleCache:
    """Thread-safe. The images that were longest not looked at go first."""

    def __init__(self, parent: Path, *, most_bytes: int = MOST_BYTES, most: int = MOST) -> None:
        """Nothing is made yet; ``parent`` holds a folder for each run of the program."""
        self.most_bytes = most_bytes
        self._most = most
        self._session = SessionFolder(parent)
        self._lock = threading.Lock()
        self._samples: OrderedDict[tuple[Hashable, str, str], Sample] = OrderedDict()
        self._bytes = 0

    def folder(self) -> Path:
        """Where the files go; made when it is first asked for.

        Raises:
            NotWritable, DiskFull: It cannot be made.
        """
        return self._session.make()

    def get(self, archive: Hashable, study: str, series: str, patient_id: str) -> Sample | None:
        """The image of a series; None: there is none, its file is gone, or it is of another patient."""
        key = archive, study, series
        with self._lock:
            found = self._samples.get(key)
            if found is None or found.stored is None or not may_be_of(found.stored.header, patient_id):
                return None
            self._samples.move_to_end(key)
        return found if found.stored.path.is_file() else None

    def of_study(self, archive: Hashable, study: str, patient_id: str) -> list[Sample]:
        """The images of a study of a patient; no file is looked at."""
        with self._lock:
            found = [sample for key, sample in self._samples.items() if key[:2] == (archive, study)]
        return [one for one in found if one.stored is not None and may_be_of(one.stored.header, patient_id)]

    def put(self, sample: Sample) -> None:
        """Keep an image, and delete others where there is no more room."""
        assert sample.stored is not None
        key = sample.archive, sample.series.study_uid, sample.series.series_uid
        gone: list[Stored] = []
        with self._lock:
            if key in self._samples:
                gone.append(self._forget(key))
            self._samples[key] = sample
            self._bytes += sample.stored.size
            while len(self._samples) > 1 and (
                self._bytes > self.most_bytes or len(self._samples) > self._most
            ):
                gone.append(self._forget(next(iter(self._samples))))
        for stored in gone:  # without the lock, which the GUI thread takes
            with suppress(OSError):  # on Windows it may be open; it goes with the folder
                stored.path.unlink()

    def _forget(self, key: tuple[Hashable, str, str]) -> Stored:
        stored = self._samples.pop(key).stored
        assert stored is not None
        self._bytes -= stored.size
        return stored

    def remove_left_over(self) -> None:
        """Delete what runs of the program left that could not end properly."""
        self._session.remove_left_over()

    def close(self) -> None:
        """Delete everything."""
        with self._lock:
            self._samples.clear()
            self._bytes = 0
        self._session.delete()
