"""Lazy counts: only for what is in sight, and only where nobody told."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from pytestqt.qtbot import QtBot

from tests.controllers.fake_sources import DEADLINE, FakeAnswers, FakeSource, FakeSources
from workstation.controllers.counts import Counts
from workstation.dicom.matches import ImageMatch, PatientMatch, SeriesMatch, StudyMatch
from workstation.errors import Unreachable
from workstation.jobs.job import State
from workstation.jobs.lanes import Lanes
from workstation.models.columns import Column
from workstation.models.rows import Row
from workstation.models.tree_model import TreeModel
from workstation.stop import Stop


class Archive(FakeSource):
    """Two series for each study: the first tells its count, the second does not and has three images."""

    def series(self, study: StudyMatch, stop: Stop, *, details: bool = False) -> FakeAnswers:
        self._answer(study.study_uid, stop)
        told, untold = f"{study.study_uid}.1", f"{study.study_uid}.2"
        return FakeAnswers(
            [
                SeriesMatch(
                    source=self.key, study_uid=study.study_uid, series_uid=told, modality="CT", instances=40
                ),
                SeriesMatch(source=self.key, study_uid=study.study_uid, series_uid=untold, modality="SR"),
            ]
        )

    def images(
        self, series: SeriesMatch, patient_id: str, stop: Stop, *, geometry: bool = False
    ) -> FakeAnswers:
        return FakeAnswers(
            ImageMatch(source=self.key, study_uid="1", series_uid=series.series_uid, sop_uid=f"9.{n}")
            for n in range(3)
        )


class Nodes(FakeSources):
    def node(self, key: str) -> object:
        return None if key == "library" else key


Make = Callable[[Archive], tuple[Counts, TreeModel]]


@pytest.fixture
def make(qapp: object) -> Iterator[Make]:
    lanes = Lanes()
    kept: list[Counts] = []

    def made(archive: Archive) -> tuple[Counts, TreeModel]:
        model = TreeModel()
        counts = Counts(lanes, Nodes(archive), model)  # type: ignore[arg-type]
        kept.append(counts)
        return counts, model

    yield made
    assert lanes.shutdown(20)
    lanes.dismiss()


def studies(model: TreeModel, count: int, source: str = "A") -> list[Row]:
    patient = PatientMatch(source=source, patient_id="1", name="Doe^John")
    model.results.add_studies(
        model.results.begin(),
        [StudyMatch(source=source, study_uid=f"1.{n}", patient=patient) for n in range(1, count + 1)],
    )
    first = model.row(model.index(0, 0))
    assert first is not None
    return first.top.children


def test_what_nobody_told_is_counted_from_below(qtbot: QtBot, make: Make) -> None:
    counts, model = make(Archive("A"))
    [row] = studies(model, 1)
    counts.look([row.number])
    qtbot.waitUntil(lambda: row.instances == 43, timeout=DEADLINE)
    assert row.series == 2
    assert row.modalities == ("CT", "SR")
    assert row.parent is not None
    assert row.parent.modalities == ("CT", "SR")


def test_modalities_nobody_told_are_looked_for_without_counting_images(qtbot: QtBot, make: Make) -> None:
    archive = Archive("A")
    counts, model = make(archive)
    patient = PatientMatch(source="A", patient_id="1", name="Doe^John")
    told = StudyMatch(source="A", study_uid="1.1", patient=patient, modalities=("MR",), series=2, instances=9)
    model.results.add_studies(
        model.results.begin(),
        [told, StudyMatch(source="A", study_uid="1.2", patient=patient, series=2, instances=9)],
    )
    top = model.row(model.index(0, 0))
    assert top is not None
    rows = {row.uid: row for row in top.children}
    counts.look([row.number for row in top.children])
    qtbot.waitUntil(lambda: rows["1.2"].modalities == ("CT", "SR"), timeout=DEADLINE)
    assert archive.asked == ["1.2"]
    assert rows["1.2"].instances == 9
    assert model.index_of(rows["1.2"], Column.MODALITY).data() == "CT SR"


def test_rows_out_of_sight_are_dropped_and_the_topmost_comes_first(qtbot: QtBot, make: Make) -> None:
    archive = Archive("A")
    archive.gate.clear()
    counts, model = make(archive)
    rows = studies(model, 4)
    counts.look([row.number for row in rows])
    qtbot.waitUntil(lambda: len(archive.asked) == 1, timeout=DEADLINE)
    first = next(row for row in rows if row.uid == archive.asked[0])
    running = counts._jobs[first.number]
    qtbot.waitUntil(lambda: running.state is State.RUNNING, timeout=DEADLINE)
    last = rows[3] if first is not rows[3] else rows[2]
    counts.look([last.number])  # the running one is cancelled, the waiting ones never begin
    qtbot.waitUntil(lambda: last.instances == 43, timeout=DEADLINE)
    assert archive.asked == [first.uid, last.uid]
    assert [row.instances for row in rows if row is not last] == [None] * 3


def test_a_source_that_cannot_say_is_not_asked_for_ever(qtbot: QtBot, make: Make) -> None:
    archive = Archive("A", error=Unreachable("A", "h", 104, "no route"))
    counts, model = make(archive)
    [row] = studies(model, 1)
    counts.look([row.number])
    qtbot.waitUntil(lambda: row.number in counts._done, timeout=DEADLINE)
    counts.look([row.number])
    assert len(archive.asked) == 1
    assert row.instances is None


def test_what_is_local_is_not_asked(make: Make) -> None:
    archive = Archive("library")
    counts, model = make(archive)
    counts.look([row.number for row in studies(model, 2, "library")])
    assert not counts._jobs
