"""The preview over a real library: what is current is shown, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from pytestqt.qtbot import QtBot

from tests.archives import data
from workstation.controllers.arrivals import Arrivals
from workstation.controllers.preview import Preview
from workstation.dicom.association_facts import Context, Peer
from workstation.dicom.levels import Level
from workstation.dicom.matches import ImageMatch, PatientMatch, SeriesMatch, StudyMatch
from workstation.imaging.picture import Caption, Card, Picture
from workstation.jobs.lanes import Lanes
from workstation.models.rows import Row
from workstation.operations.instance_router import LibraryRouter
from workstation.store.library import Library

DEADLINE = 10_000
PEER = Peer("PACS", "ME", "127.0.0.1")


class Stage:
    """A library, a preview over it, and what it showed."""

    def __init__(self, root: Path) -> None:
        self.library = Library.open(root, reserve=lambda total: 0)
        self.router = LibraryRouter(self.library, pushes=True)
        self.lanes = Lanes()
        self.preview = Preview(self.lanes, self.library.index)
        self.arrivals = Arrivals()
        self.router.watch(self.arrivals.add)
        self.arrivals.arrived.connect(self.preview.arrived)
        self.content: Picture | Card | None = None
        self.caption = Caption()
        self.words = ""
        self.place = (-1, 0)
        self.preview.cleared.connect(self._cleared)
        self.preview.shown.connect(lambda content: setattr(self, "content", content))
        self.preview.placed.connect(lambda index, count: setattr(self, "place", (index, count)))

    def _cleared(self, caption: Caption, words: str) -> None:
        self.content, self.caption, self.words, self.place = None, caption, words, (-1, 0)

    def receive(self, *files: Path) -> None:
        """Let objects arrive as from the network."""
        for path in files:
            dataset = pydicom.dcmread(path)
            syntax, sop_class = dataset.file_meta.TransferSyntaxUID, dataset.SOPClassUID
            incoming = self.router.sink.begin(
                Context(1, sop_class, syntax), sop_class, dataset.SOPInstanceUID, PEER
            )
            raw = path.read_bytes()
            incoming.write(memoryview(raw)[144 + int.from_bytes(raw[140:144], "little") :])
            assert incoming.finish() == 0
        self.library.index.settled()

    def decoded(self) -> int:
        """How many pictures of the stack are kept."""
        assert self.preview.pool is not None
        places, store = self.preview.stack.places, self.preview.pool.store
        return sum(store.get((str(one.slice.path), one.frame)) is not None for one in places)

    def close(self) -> None:
        assert self.lanes.shutdown(5)
        self.lanes.dismiss()
        assert self.preview.close(5)
        self.library.close()


@pytest.fixture
def stage(qapp: object, tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path / "library")
    yield stage
    stage.close()


def study_row(patient: data.Patient = data.DOE, key: str = "1") -> Row:
    who = PatientMatch("A", patient.id, name=patient.name)
    match = StudyMatch("A", str(data.uid(patient.id, key)), who)
    return Row(1, Level.STUDY, match.study_uid, None, {"A": match})


def series_row(number: int) -> Row:
    above = study_row()
    match = SeriesMatch("A", above.uid, str(data.uid("ENG-1", "1", number)))
    return Row(2, Level.SERIES, match.series_uid, above, {"A": match})


def image_row(series: int, number: int) -> Row:
    above = series_row(series)
    uid = str(data.uid("ENG-1", "1", series, number))
    match = ImageMatch("A", str(data.uid("ENG-1", "1")), above.uid, uid)
    return Row(3, Level.IMAGE, uid, above, {"A": match})


def test_a_study_shows_the_first_picture_of_its_first_series(
    qtbot: QtBot, stage: Stage, tmp_path: Path
) -> None:
    stage.receive(*data.study(tmp_path / "s", 3, series=2))
    stage.preview.choose(study_row())
    assert stage.caption.name == "DOE^JOHN"
    qtbot.waitUntil(lambda: isinstance(stage.content, Picture), timeout=DEADLINE)
    assert stage.content is not None
    assert stage.content.caption.series_description == "Series 1"
    assert stage.place == (0, 3)


def test_an_image_shows_itself_in_its_series(qtbot: QtBot, stage: Stage, tmp_path: Path) -> None:
    stage.receive(*data.study(tmp_path / "s", 3, series=2))
    stage.preview.choose(image_row(2, 3))
    qtbot.waitUntil(lambda: isinstance(stage.content, Picture), timeout=DEADLINE)
    assert stage.content is not None
    assert (stage.content.caption.series_description, stage.content.caption.number) == ("Series 2", 3)
    assert stage.place == (2, 3)


def test_scrolling_stops_at_both_ends(qtbot: QtBot, stage: Stage, tmp_path: Path) -> None:
    stage.receive(*data.study(tmp_path / "s", 3))
    stage.preview.choose(study_row())
    qtbot.waitUntil(lambda: stage.place == (0, 3), timeout=DEADLINE)
    for steps, number in ((1, 2), (50, 3), (-50, 1)):
        stage.preview.scroll(steps)
        qtbot.waitUntil(
            lambda number=number: stage.content is not None and stage.content.caption.number == number,
            timeout=DEADLINE,
        )


def test_what_is_not_here_is_said_and_appears_as_it_arrives(
    qtbot: QtBot, stage: Stage, tmp_path: Path
) -> None:
    files = data.study(tmp_path / "s", 4)
    stage.preview.choose(study_row())
    qtbot.waitUntil(lambda: "Not here yet" in stage.words, timeout=DEADLINE)
    stage.receive(files[2])
    qtbot.waitUntil(lambda: isinstance(stage.content, Picture), timeout=DEADLINE)
    assert stage.place == (0, 1)
    stage.receive(files[0], files[3])
    qtbot.waitUntil(lambda: stage.place == (1, 3), timeout=DEADLINE)  # it stays where it is, third by place
    assert stage.content is not None
    assert stage.content.caption.number == 3


@pytest.mark.parametrize("left", [None, pytest.param(5000, marks=pytest.mark.logs("not whole"))])
def test_a_file_that_comes_anew_is_shown_anew(
    qtbot: QtBot, stage: Stage, tmp_path: Path, left: int | None
) -> None:
    """Gone, or cut off, behind the program's back: what was shown instead goes when it is fetched again."""
    files = data.study(tmp_path / "s", 2)
    stage.receive(*files)
    for path in stage.library.index.paths(study_row().uid):
        if left is None:
            path.unlink()
        else:
            os.truncate(path, left)
    stage.preview.choose(study_row())
    for place in (0, 1):
        stage.preview.go_to(place)
        qtbot.waitUntil(lambda place=place: stage.place[0] == place and broken(stage), timeout=DEADLINE)
    stage.library.confirm(study_row().uid, anew=True)
    stage.receive(*files)
    for place in (1, 0):
        stage.preview.go_to(place)
        qtbot.waitUntil(lambda place=place: stage.place[0] == place and not broken(stage), timeout=DEADLINE)


def broken(stage: Stage) -> bool:
    return stage.content is not None and not (isinstance(stage.content, Picture) and stage.content.complete)


def test_objects_of_others_are_never_shown(qtbot: QtBot, stage: Stage, tmp_path: Path) -> None:
    stage.preview.choose(series_row(2))
    others = [
        *data.study(tmp_path / "a", 1, patient=data.MUELLER),
        *data.study(tmp_path / "b", 1, series=2)[:1],
    ]
    with qtbot.waitSignal(stage.arrivals.arrived, timeout=DEADLINE):
        stage.receive(*others)
    qtbot.waitUntil(lambda: "Not here yet" in stage.words, timeout=DEADLINE)
    assert stage.preview.stack.places == ()
    assert stage.content is None


def test_another_row_takes_the_old_picture_away_at_once(qtbot: QtBot, stage: Stage, tmp_path: Path) -> None:
    stage.receive(*data.study(tmp_path / "s", 2))
    stage.preview.choose(study_row())
    qtbot.waitUntil(lambda: isinstance(stage.content, Picture), timeout=DEADLINE)
    stage.preview.choose(study_row(data.MUELLER))
    assert stage.content is None
    assert stage.caption.name == data.MUELLER.name
    qtbot.waitUntil(lambda: "Not here yet" in stage.words, timeout=DEADLINE)
    stage.preview.choose(None)
    assert stage.caption == Caption()
    assert stage.words == "Choose a study"


def test_twelve_transfer_syntaxes_of_one_study(qtbot: QtBot, stage: Stage, tmp_path: Path) -> None:
    files = data.mixed_study(tmp_path / "m")
    stage.receive(*files)
    row = study_row(key="mixed")
    seen = 0
    for match in list(stage.library.index.series(row.uid)):
        stage.preview.choose(Row(9, Level.SERIES, match.series_uid, row, {"A": match}))
        qtbot.waitUntil(lambda: stage.content is not None, timeout=DEADLINE)
        count = stage.place[1]
        for place in range(count):
            qtbot.waitUntil(lambda: stage.content is not None, timeout=DEADLINE)
            assert isinstance(stage.content, Picture)
            assert stage.place == (place, count)
            if place + 1 < count:
                stage.content = None
                stage.preview.scroll(1)
        seen += count
    assert seen == len(files) == 12


def test_frames_are_given_back_when_their_study_is_closed_and_not_before(
    qtbot: QtBot, stage: Stage, tmp_path: Path
) -> None:
    stage.receive(*data.study(tmp_path / "s", 3, series=2))
    assert stage.preview.pool is not None
    store = stage.preview.pool.store

    def show(row: Row) -> int:
        stage.preview.choose(row)
        qtbot.waitUntil(lambda: isinstance(stage.content, Picture), timeout=DEADLINE)
        qtbot.waitUntil(lambda: stage.decoded() >= 3, timeout=DEADLINE)
        return store.bytes

    shown = show(study_row())
    show(series_row(1))  # the same study
    store.release(0)
    assert store.bytes == shown
    stage.preview.choose(None)
    show(study_row())  # opened again before it was given back
    store.release(0)
    assert store.bytes == shown
    stage.preview.choose(None)
    store.release(0)
    assert store.bytes == 0
