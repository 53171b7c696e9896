"""Sources of a search whose answers a test decides."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from workstation.dicom.criteria import Criteria
from workstation.dicom.further_query import FurtherQuery
from workstation.dicom.matches import SeriesMatch, StudyMatch
from workstation.dicom.mismatch import Mismatch
from workstation.stop import Stop

DEADLINE = 40_000


class FakeAnswers(list[object]):
    """Answers of a source: rows, and whether there are more."""

    incomplete = False
    further: tuple[FurtherQuery, ...] = ()
    mismatches: Sequence[Mismatch] = ()
    strays = 0
    limited: int | None = None
    split: object = None
    untold: Mapping[str, int] = MappingProxyType({})


class FakeSource:
    """A source whose answers a test decides."""

    def __init__(self, key: str, *rows: object, error: Exception | None = None) -> None:
        self.key = key
        self.rows = rows
        self.error = error
        self.asked: list[object] = []
        self.gate = threading.Event()
        self.gate.set()

    def _answer(self, question: object, stop: Stop) -> FakeAnswers:
        self.asked.append(question)
        with stop.watching(self.gate.set):
            assert self.gate.wait(30)
        stop.check()
        if self.error is not None:
            raise self.error
        return FakeAnswers(self.rows)

    def search(self, criteria: Criteria, stop: Stop) -> FakeAnswers:
        return self._answer(criteria, stop)

    def patients(self, criteria: Criteria, stop: Stop) -> FakeAnswers:
        return self._answer(criteria, stop)

    def series(self, study: StudyMatch, stop: Stop, *, details: bool = False) -> FakeAnswers:
        return self._answer(study, stop)

    def images(
        self, series: SeriesMatch, patient_id: str, stop: Stop, *, geometry: bool = False
    ) -> FakeAnswers:
        return self._answer(series, stop)


class FakeSources:
    """Sources by key.

    Attributes:
        archives: Keys of those that are archives.
        locked: Keys of those that need a passcode.
    """

    def __init__(self, *sources: FakeSource) -> None:
        self._sources = {source.key: source for source in sources}
        self.archives: set[str] = set()
        self.locked: set[str] = set()

    def node(self, key: str) -> object | None:
        return key if key in self.archives else None

    def is_locked(self, key: str) -> bool:
        return key in self.locked

    def get(self, key: str) -> FakeSource | None:
        return self._sources.get(key)

    whole = by_date = get

    def lane_key(self, key: str) -> str:
        return key
