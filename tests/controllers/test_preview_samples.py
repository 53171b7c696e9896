"""The preview shows one image of each series that is not fetched, says so, and gives way to the real ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.archives import data
from tests.controllers.preview_setup import DEADLINE, PreviewSetup, series_row, study_row
from workstation.dicom.levels import Level
from workstation.dicom.matches import ImageMatch, SeriesMatch
from workstation.errors import UserMessage
from workstation.imaging.picture import Picture
from workstation.models.rows import Row
from workstation.models.series_model import SeriesRole
from workstation.store.instance_file import read_instance_file
from workstation.store.sample_cache import Sample
from workstation.store.store_results import Stored


@pytest.fixture
def setup(qapp: object, tmp_path: Path) -> Iterator[PreviewSetup]:
    setup = PreviewSetup(tmp_path / "library")
    yield setup
    setup.close()


def image_row(series: int, number: int) -> Row:
    above = series_row(series)
    uid = str(data.uid("ENG-1", "1", series, number))
    match = ImageMatch(source="A", study_uid=study_row().uid, series_uid=above.uid, sop_uid=uid)
    return Row(number=3, level=Level.IMAGE, uid=uid, parent=above, matches={"A": match})


def sample(file: Path, total: int = 348) -> Sample:
    stored = read_instance_file(file)
    assert isinstance(stored, Stored)
    assert stored.header is not None
    series = SeriesMatch(
        source="A",
        study_uid=stored.study_uid,
        series_uid=stored.series_uid,
        number=stored.header.series_number,
        modality="CT",
    )
    return Sample(archive="A", series=series, total=total, stored=stored)


def awaited(one: Sample) -> Sample:
    return replace(one, stored=None)


def shown(setup: PreviewSetup) -> int | None:
    """The Instance Number of the picture."""
    return setup.content.caption.number if isinstance(setup.content, Picture) else None


def notes(setup: PreviewSetup) -> list[str]:
    model = setup.preview.series
    return [model.index(row).data(SeriesRole.NOTE) for row in range(model.rowCount())]


def test_they_come_one_by_one_and_the_first_is_shown(
    qtbot: QtBot, setup: PreviewSetup, tmp_path: Path
) -> None:
    files = data.study(tmp_path / "s", 3, series=2)
    one, two = sample(files[1]), sample(files[4])
    remarks: list[str] = []
    setup.preview.remarked.connect(remarks.append)
    setup.preview.choose(study_row())
    qtbot.waitUntil(lambda: "press Space" in setup.words, timeout=DEADLINE)
    setup.preview.ask(asking=True)
    assert "Asking" in setup.words
    setup.preview.show_samples([awaited(one), awaited(two)])
    assert notes(setup) == ["asking…"] * 2
    setup.preview.show_samples([two])
    qtbot.waitUntil(lambda: shown(setup) == 2, timeout=DEADLINE)
    assert notes(setup) == ["asking…", "not fetched"]
    assert remarks[-1] == "Preview: 1 of 348, not fetched"
    assert setup.place == (-1, 0)  # no "1 of 1": that is not all there is
    setup.preview.show_samples([replace(awaited(one), why=UserMessage("It went wrong."))])
    assert setup.preview.series_uid == two.series.series_uid  # it stays where the user looks
    setup.preview.turn_to(one.series.series_uid)
    assert setup.words == "It went wrong."
    assert remarks[-1] == "It went wrong."


def test_the_first_series_is_shown_in_whatever_order_a_batch_names_them(
    qtbot: QtBot, setup: PreviewSetup, tmp_path: Path
) -> None:
    """A fast archive has sent the first images while the window still hears which series there are."""
    files = data.study(tmp_path / "s", 1, series=3)
    one, two, three = map(sample, files)
    setup.preview.choose(study_row())
    qtbot.waitUntil(lambda: "press Space" in setup.words, timeout=DEADLINE)
    turned: list[str] = []
    setup.preview.turned.connect(turned.append)
    setup.preview.show_samples([awaited(one)])
    setup.preview.show_samples([awaited(two), awaited(three), one, two])
    setup.preview.show_samples([three])
    assert turned == [one.series.series_uid]


def test_the_real_ones_take_its_place_at_once(qtbot: QtBot, setup: PreviewSetup, tmp_path: Path) -> None:
    files = data.study(tmp_path / "s", 3, series=2)
    setup.preview.choose(study_row())
    setup.preview.show_samples([sample(files[1]), sample(files[4])])
    qtbot.waitUntil(lambda: shown(setup) == 2, timeout=DEADLINE)
    setup.receive(files[0])
    qtbot.waitUntil(lambda: setup.place == (0, 1) and shown(setup) == 1, timeout=DEADLINE)
    assert notes(setup) == ["", "not fetched"]
    setup.preview.show_samples([sample(files[1])])  # a late one changes nothing
    assert notes(setup) == ["", "not fetched"]
    assert setup.preview.series_here == {str(data.uid("ENG-1", "1", 1))}
    assert setup.preview.path is not None
    assert setup.library.root in setup.preview.path.parents


def test_what_is_of_another_row_is_not_shown(qtbot: QtBot, setup: PreviewSetup, tmp_path: Path) -> None:
    files = data.study(tmp_path / "s", 1, series=2)
    other = data.study(tmp_path / "o", 1, patient=data.MUELLER)
    setup.preview.choose(series_row(2))
    setup.preview.show_samples([sample(files[0]), sample(other[0])])
    assert setup.preview.series.rowCount() == 0
    setup.preview.show_samples([sample(files[1])])
    qtbot.waitUntil(lambda: isinstance(setup.content, Picture), timeout=DEADLINE)
    setup.preview.choose(image_row(2, 1))
    setup.preview.show_samples([sample(files[1])])
    qtbot.waitUntil(lambda: isinstance(setup.content, Picture), timeout=DEADLINE)
    setup.preview.choose(image_row(2, 2))  # the sample is another image than this
    setup.preview.show_samples([sample(files[1])])
    qtbot.waitUntil(lambda: "Not here yet" in setup.words, timeout=DEADLINE)
    assert setup.content is None
    setup.preview.choose(None)
    assert setup.content is None
    setup.preview.show_samples([sample(files[1])])
    assert setup.preview.series.rowCount() == 0


def test_what_is_here_is_shown_not_its_sample(qtbot: QtBot, setup: PreviewSetup, tmp_path: Path) -> None:
    files = data.study(tmp_path / "s", 2, series=2)
    setup.receive(*files[:2])
    setup.preview.choose(study_row())
    setup.preview.show_samples([sample(files[1]), sample(files[3])])
    qtbot.waitUntil(lambda: setup.place == (0, 2) and shown(setup) == 1, timeout=DEADLINE)
    assert notes(setup) == ["", "not fetched"]


def test_the_middle_frame_of_an_object_of_many(qtbot: QtBot, setup: PreviewSetup, tmp_path: Path) -> None:
    [file] = data.study(tmp_path / "s", 1)
    dataset = pydicom.dcmread(file)
    dataset.NumberOfFrames = 5
    dataset.PixelData = b"".join(bytes([number, 0]) * (len(dataset.PixelData) // 2) for number in range(5))
    dataset.save_as(file)
    setup.preview.choose(study_row())
    setup.preview.show_samples([sample(file, total=1)])
    qtbot.waitUntil(lambda: isinstance(setup.content, Picture), timeout=DEADLINE)
    [place] = setup.preview.stack.positions
    assert place.frame == 2
    assert setup.preview.clip[:2] == (0, 1)  # there is nothing to be played


def test_why_there_is_none_is_said_where_a_picture_would_be(
    qtbot: QtBot, setup: PreviewSetup, tmp_path: Path
) -> None:
    [file] = data.study(tmp_path / "s", 1)
    setup.preview.choose(study_row())
    qtbot.waitUntil(lambda: "Not here yet" in setup.words, timeout=DEADLINE)
    setup.preview.ask(asking=True)
    setup.preview.ask(asking=False, why="It cannot be reached.")
    assert setup.words == "It cannot be reached."
    setup.preview.choose(study_row())
    qtbot.waitUntil(lambda: "Not here yet" in setup.words, timeout=DEADLINE)
    setup.preview.ask(asking=True)
    setup.preview.show_samples([replace(sample(file), stored=None, why=UserMessage("No image."))])
    setup.preview.ask(asking=False)
    assert setup.words == "No image."
    index = setup.preview.series.index(0)
    assert "No image." in index.data(Qt.ItemDataRole.AccessibleTextRole)
