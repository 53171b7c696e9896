"""The preview over a real library: what is current is shown, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.archives import data
from tests.controllers.preview_setup import DEADLINE, PreviewSetup, series_row, study_row
from workstation.dicom.levels import Level
from workstation.dicom.matches import ImageMatch
from workstation.imaging.picture import Caption, Card, Picture
from workstation.imaging.pool import Frame
from workstation.models.rows import Row


@pytest.fixture
def setup(qapp: object, tmp_path: Path) -> Iterator[PreviewSetup]:
    setup = PreviewSetup(tmp_path / "library")
    yield setup
    setup.close()


def image_row(series: int, number: int) -> Row:
    above = series_row(series)
    uid = str(data.uid("ENG-1", "1", series, number))
    match = ImageMatch(source="A", study_uid=str(data.uid("ENG-1", "1")), series_uid=above.uid, sop_uid=uid)
    return Row(number=3, level=Level.IMAGE, uid=uid, parent=above, matches={"A": match})


def test_a_study_shows_the_first_picture_of_its_first_series(
    qtbot: QtBot, setup: PreviewSetup, tmp_path: Path
) -> None:
    setup.receive(*data.study(tmp_path / "s", 3, series=2))
    setup.preview.choose(study_row())
    assert setup.caption.name == "DOE^JOHN"
    qtbot.waitUntil(lambda: isinstance(setup.content, Picture), timeout=DEADLINE)
    assert setup.content is not None
    assert setup.content.caption.series_description == "Series 1"
    assert setup.place == (0, 3)


def test_an_image_shows_itself_in_its_series(qtbot: QtBot, setup: PreviewSetup, tmp_path: Path) -> None:
    setup.receive(*data.study(tmp_path / "s", 3, series=2))
    setup.preview.choose(image_row(2, 3))
    qtbot.waitUntil(lambda: isinstance(setup.content, Picture), timeout=DEADLINE)
    assert setup.content is not None
    assert (setup.content.caption.series_description, setup.content.caption.number) == ("Series 2", 3)
    assert setup.place == (2, 3)


def test_scrolling_stops_at_both_ends(qtbot: QtBot, setup: PreviewSetup, tmp_path: Path) -> None:
    setup.receive(*data.study(tmp_path / "s", 3))
    setup.preview.choose(study_row())
    qtbot.waitUntil(lambda: setup.place == (0, 3), timeout=DEADLINE)
    for steps, number in ((1, 2), (50, 3), (-50, 1)):
        setup.preview.scroll(steps)
        qtbot.waitUntil(
            lambda number=number: setup.content is not None and setup.content.caption.number == number,
            timeout=DEADLINE,
        )


def test_what_is_not_here_is_said_and_appears_as_it_arrives(
    qtbot: QtBot, setup: PreviewSetup, tmp_path: Path
) -> None:
    files = data.study(tmp_path / "s", 4)
    setup.preview.choose(study_row())
    qtbot.waitUntil(lambda: "Not here yet" in setup.words, timeout=DEADLINE)
    setup.receive(files[2])
    qtbot.waitUntil(lambda: isinstance(setup.content, Picture), timeout=DEADLINE)
    assert setup.place == (0, 1)
    setup.receive(files[0], files[3])
    qtbot.waitUntil(lambda: setup.place == (1, 3), timeout=DEADLINE)  # it stays where it is, third by place
    assert setup.content is not None
    assert setup.content.caption.number == 3


@pytest.mark.parametrize("left", [None, pytest.param(5000, marks=pytest.mark.logs("not whole"))])
def test_a_file_that_comes_anew_is_shown_anew(
    qtbot: QtBot, setup: PreviewSetup, tmp_path: Path, left: int | None
) -> None:
    """Gone, or cut off, behind the program's back: what was shown instead goes when it is fetched again."""
    files = data.study(tmp_path / "s", 2)
    setup.receive(*files)
    for path in setup.library.index.paths(study_row().uid):
        if left is None:
            path.unlink()
        else:
            os.truncate(path, left)
    setup.preview.choose(study_row())
    for place in (0, 1):
        setup.preview.go_to(place)
        qtbot.waitUntil(lambda place=place: setup.place[0] == place and broken(setup), timeout=DEADLINE)
    setup.library.confirm(study_row().uid, anew=True)
    setup.receive(*files)
    for place in (1, 0):
        setup.preview.go_to(place)
        qtbot.waitUntil(lambda place=place: setup.place[0] == place and not broken(setup), timeout=DEADLINE)


def test_a_frame_decoded_before_its_file_came_anew_is_not_shown(
    qtbot: QtBot, setup: PreviewSetup, tmp_path: Path
) -> None:
    """It waits for the GUI thread while the file arrives again."""
    files = data.study(tmp_path / "s", 1)
    setup.receive(*files)
    [path] = setup.library.index.paths(study_row().uid)
    setup.preview.choose(study_row())
    qtbot.waitUntil(lambda: isinstance(setup.content, Picture), timeout=DEADLINE)
    scrolling, pool = setup.preview._scrolling, setup.preview.pool
    assert pool is not None
    before = scrolling.request(0)
    scrolling.renew({path})
    scrolling.receive(Frame(before, Card("Broken", "", Caption())))
    qtbot.waitUntil(lambda: pool.store.get(before.key) is not None, timeout=DEADLINE)
    assert isinstance(setup.content, Picture)


def broken(setup: PreviewSetup) -> bool:
    return setup.content is not None and not (isinstance(setup.content, Picture) and setup.content.complete)


def test_objects_of_others_are_never_shown(qtbot: QtBot, setup: PreviewSetup, tmp_path: Path) -> None:
    setup.preview.choose(series_row(2))
    others = [
        *data.study(tmp_path / "a", 1, patient=data.MUELLER),
        *data.study(tmp_path / "b", 1, series=2)[:1],
    ]
    with qtbot.waitSignal(setup.arrivals.arrived, timeout=DEADLINE):
        setup.receive(*others)
    qtbot.waitUntil(lambda: "Not here yet" in setup.words, timeout=DEADLINE)
    assert setup.preview.stack.positions == ()
    assert setup.content is None


def test_another_row_takes_the_old_picture_away_at_once(
    qtbot: QtBot, setup: PreviewSetup, tmp_path: Path
) -> None:
    setup.receive(*data.study(tmp_path / "s", 2))
    setup.preview.choose(study_row())
    qtbot.waitUntil(lambda: isinstance(setup.content, Picture), timeout=DEADLINE)
    setup.preview.choose(study_row(data.MUELLER))
    assert setup.content is None
    assert setup.caption.name == data.MUELLER.name
    qtbot.waitUntil(lambda: "Not here yet" in setup.words, timeout=DEADLINE)
    setup.preview.choose(None)
    assert setup.caption == Caption()
    assert setup.words == "Choose a study"


def test_twelve_transfer_syntaxes_of_one_study(qtbot: QtBot, setup: PreviewSetup, tmp_path: Path) -> None:
    files = data.mixed_study(tmp_path / "m")
    setup.receive(*files)
    row = study_row(key="mixed")
    seen = 0
    for match in list(setup.library.index.series(row.uid)):
        setup.preview.choose(
            Row(number=9, level=Level.SERIES, uid=match.series_uid, parent=row, matches={"A": match})
        )
        qtbot.waitUntil(lambda: setup.content is not None, timeout=DEADLINE)
        count = setup.place[1]
        for place in range(count):
            qtbot.waitUntil(lambda: setup.content is not None, timeout=DEADLINE)
            assert isinstance(setup.content, Picture)
            assert setup.place == (place, count)
            if place + 1 < count:
                setup.content = None
                setup.preview.scroll(1)
        seen += count
    assert seen == len(files) == 12


def test_frames_are_given_back_when_their_study_is_closed_and_not_before(
    qtbot: QtBot, setup: PreviewSetup, tmp_path: Path
) -> None:
    setup.receive(*data.study(tmp_path / "s", 3, series=2))
    assert setup.preview.pool is not None
    store = setup.preview.pool.store

    def show(row: Row) -> int:
        setup.preview.choose(row)
        qtbot.waitUntil(lambda: isinstance(setup.content, Picture), timeout=DEADLINE)
        qtbot.waitUntil(lambda: setup.decoded() >= 3, timeout=DEADLINE)
        return store.bytes

    shown = show(study_row())
    show(series_row(1))  # the same study
    store.release(0)
    assert store.bytes == shown
    setup.preview.choose(None)
    show(study_row())  # opened again before it was given back
    store.release(0)
    assert store.bytes == shown
    setup.preview.choose(None)
    store.release(0)
    assert store.bytes == 0
