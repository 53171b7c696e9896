"""Series, clips, tags and documents of the row on show, over a real library."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom import uid
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from tests.archives import data
from tests.controllers.preview_setup import DEADLINE, PreviewSetup, series_row, study_row
from workstation.controllers.cine import Cine
from workstation.controllers.documents import Documents
from workstation.controllers.elements import Elements
from workstation.controllers.notices import Notices
from workstation.imaging.picture import Card, Picture
from workstation.models.elements_model import ElementColumn
from workstation.models.series_model import SeriesModel, SeriesRole

PDF = b"%PDF-1.4 a letter.."


@pytest.fixture
def setup(qapp: object, tmp_path: Path) -> Iterator[PreviewSetup]:
    setup = PreviewSetup(tmp_path / "library")
    yield setup
    setup.close()


def changed(path: Path, **values: object) -> Path:
    """The same file with other values."""
    dataset = pydicom.dcmread(path)
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.save_as(path)
    return path


def document(path: Path) -> Path:
    """Turn an image into a PDF."""
    dataset = pydicom.dcmread(path)
    del dataset.PixelData, dataset.Rows, dataset.Columns
    dataset.EncapsulatedDocument, dataset.EncapsulatedDocumentLength = PDF + b"\0", len(PDF)
    dataset.MIMETypeOfEncapsulatedDocument = "application/pdf"
    dataset.save_as(path)
    return changed(path, SOPClassUID=uid.EncapsulatedPDFStorage, Modality="DOC")


def clip(path: Path, frames: int, **values: object) -> Path:
    """Turn an image into a clip; frame n holds the value n."""
    size = pydicom.dcmread(path).Rows
    pixels = np.repeat(np.arange(frames, dtype="<i2"), size * size)
    return changed(path, NumberOfFrames=frames, PixelData=pixels.tobytes(), **values)


def listed(model: SeriesModel) -> list[tuple[str, str]]:
    rows = (model.index(row) for row in range(model.rowCount()))
    return [(row.data(SeriesRole.HEAD), row.data(SeriesRole.COUNT)) for row in rows]


def test_all_series_are_listed_and_turned_to(qtbot: QtBot, setup: PreviewSetup, tmp_path: Path) -> None:
    setup.receive(*data.study(tmp_path / "s", 3, series=3))
    turned: list[str] = []
    setup.preview.turned.connect(turned.append)
    setup.preview.choose(study_row())
    model = setup.preview.series
    qtbot.waitUntil(lambda: isinstance(setup.content, Picture), timeout=DEADLINE)
    qtbot.waitUntil(
        lambda: all(model.index(row).data(SeriesRole.THUMBNAIL) is not None for row in range(3)),
        timeout=DEADLINE,
    )
    assert listed(model) == [("1 CT", "3"), ("2 CT", "3"), ("3 CT", "3")]
    setup.preview.turn_to(model.uid(model.index(2)))
    assert setup.content is None
    qtbot.waitUntil(lambda: isinstance(setup.content, Picture), timeout=DEADLINE)
    assert setup.content is not None
    assert setup.content.caption.series_number == 3
    assert turned == [str(data.uid("ENG-1", "1", number)) for number in (1, 3)]
    assert model.current == turned[-1]
    setup.preview.turn_to("not of this study")
    assert setup.preview.series.current == turned[-1]


def test_a_series_row_lists_only_itself(qtbot: QtBot, setup: PreviewSetup, tmp_path: Path) -> None:
    setup.receive(*data.study(tmp_path / "s", 1, series=3))
    setup.preview.choose(series_row(2))
    qtbot.waitUntil(lambda: isinstance(setup.content, Picture), timeout=DEADLINE)
    assert listed(setup.preview.series) == [("2 CT", "1")]


def test_what_is_no_image_is_never_first_but_can_be_chosen(
    qtbot: QtBot, setup: PreviewSetup, tmp_path: Path
) -> None:
    first, second = data.study(tmp_path / "s", 1, series=2)
    setup.receive(document(first), second)
    setup.preview.choose(study_row())
    qtbot.waitUntil(lambda: setup.content is not None, timeout=DEADLINE)
    assert isinstance(setup.content, Picture)
    model = setup.preview.series
    assert listed(model) == [("1 DOC", "1"), ("2 CT", "1")]
    setup.preview.turn_to(model.uid(model.index(0)))
    qtbot.waitUntil(lambda: isinstance(setup.content, Card), timeout=DEADLINE)
    setup.preview.choose(series_row(1))
    qtbot.waitUntil(lambda: isinstance(setup.content, Card), timeout=DEADLINE)


def test_arriving_series_join_the_strip_and_the_picture_stays(
    qtbot: QtBot, setup: PreviewSetup, tmp_path: Path
) -> None:
    files = data.study(tmp_path / "s", 2, series=3)
    setup.preview.choose(study_row())
    qtbot.waitUntil(lambda: "Not here yet" in setup.words, timeout=DEADLINE)
    setup.receive(*files[2:4])
    qtbot.waitUntil(lambda: isinstance(setup.content, Picture), timeout=DEADLINE)
    setup.receive(*files[:2], *files[4:])
    qtbot.waitUntil(lambda: len(listed(setup.preview.series)) == 3, timeout=DEADLINE)
    assert setup.content is not None
    assert setup.content.caption.series_number == 2
    assert setup.preview.series.current == str(data.uid("ENG-1", "1", 2))


class Time:
    def __init__(self) -> None:
        self.seconds = 50.0

    def __call__(self) -> float:
        return self.seconds


def test_a_clip_plays_by_the_clock(qtbot: QtBot, setup: PreviewSetup, tmp_path: Path) -> None:
    now = Time()
    cine = Cine(setup.preview, now)
    rates: list[tuple[bool, float]] = []
    cine.playing_changed.connect(lambda playing, rate: rates.append((playing, rate)))
    cine.toggle()
    assert rates == []
    still, moving = data.study(tmp_path / "s", 2)
    setup.receive(still, clip(moving, 10, FrameTime=100))
    setup.preview.choose(study_row())
    qtbot.waitUntil(lambda: setup.place == (0, 11), timeout=DEADLINE)
    setup.preview.go_to(1)
    qtbot.waitUntil(
        lambda: isinstance(setup.content, Picture) and setup.content.caption.number == 2, timeout=DEADLINE
    )
    assert setup.preview.clip[:2] == (1, 10)
    cine.toggle()
    assert rates == [(True, 10.0)]
    for step, place in ((0.05, 1), (0.3, 4), (0.6, 10), (0.1, 1), (100.0, 1)):
        now.seconds += step
        cine.tick()
        assert setup.preview.position == place
        value = place - 1
        qtbot.waitUntil(
            lambda value=value: isinstance(setup.content, Picture) and setup.content.pixels[0, 0] == value,
            timeout=DEADLINE,
        )
    cine.toggle()
    assert not cine.playing
    cine.toggle()
    setup.preview.choose(None)
    assert not cine.playing
    assert rates[-1] == (False, 0.0)


def test_a_stack_plays_at_fifteen_a_second_and_goes_on_as_it_grows(
    qtbot: QtBot, setup: PreviewSetup, tmp_path: Path
) -> None:
    now = Time()
    cine = Cine(setup.preview, now)
    files = data.study(tmp_path / "s", 6)
    setup.receive(*files[:3])
    setup.preview.choose(study_row())
    qtbot.waitUntil(lambda: setup.place == (0, 3), timeout=DEADLINE)
    cine.toggle()
    now.seconds += 1.5 / 15
    cine.tick()
    assert setup.preview.position == 1
    setup.receive(*files[3:])
    qtbot.waitUntil(lambda: len(setup.preview.stack.positions) == 6, timeout=DEADLINE)
    cine.tick()
    assert setup.preview.position == 1
    now.seconds += 3.5 / 15
    cine.tick()
    assert setup.preview.position == 4
    cine.stop()


def test_tags_follow_the_picture_while_somebody_looks(
    qtbot: QtBot, setup: PreviewSetup, tmp_path: Path
) -> None:
    elements = Elements(setup.lanes, setup.preview)
    model = elements.model

    def value(tag: str) -> str | None:
        rows = (model.index(row, ElementColumn.TAG) for row in range(model.rowCount()))
        row = next((row for row in rows if row.data() == tag), None)
        return None if row is None else str(row.siblingAtColumn(ElementColumn.VALUE).data())

    setup.receive(*data.study(tmp_path / "s", 3))
    setup.preview.choose(study_row())
    qtbot.waitUntil(lambda: isinstance(setup.content, Picture), timeout=DEADLINE)
    assert model.rowCount() == 0
    elements.watch(True)
    qtbot.waitUntil(lambda: value("(0020,0013)") == "1", timeout=DEADLINE)
    setup.preview.scroll(2)
    qtbot.waitUntil(lambda: value("(0020,0013)") == "3", timeout=DEADLINE)
    setup.preview.choose(study_row(data.MUELLER))
    assert model.rowCount() == 0
    elements.watch(False)


def test_a_sequence_is_read_when_it_is_opened(qtbot: QtBot, setup: PreviewSetup, tmp_path: Path) -> None:
    elements = Elements(setup.lanes, setup.preview)
    model = elements.model
    referenced = pydicom.Dataset()
    referenced.ReferencedSOPInstanceUID = "1.2.3"
    (path,) = data.study(tmp_path / "s", 1)
    setup.receive(changed(path, SourceImageSequence=[referenced]))
    elements.watch(True)
    setup.preview.choose(study_row())
    qtbot.waitUntil(lambda: model.rowCount() > 0, timeout=DEADLINE)
    rows = (model.index(row, 0) for row in range(model.rowCount()))
    sequence = next(row for row in rows if row.data() == "(0008,2112)")
    model.fetchMore(sequence)
    qtbot.waitUntil(lambda: model.rowCount(sequence) == 1, timeout=DEADLINE)
    item = model.index(0, 0, sequence)
    model.fetchMore(item)
    qtbot.waitUntil(lambda: model.rowCount(item) == 1, timeout=DEADLINE)
    assert model.index(0, ElementColumn.VALUE, item).data() == "1.2.3"


def test_a_document_is_handed_over_and_deleted_at_the_end(
    qtbot: QtBot, setup: PreviewSetup, tmp_path: Path
) -> None:
    notices, folder = Notices(), tmp_path / "documents"
    folder.mkdir()
    (folder / "left.pdf").write_bytes(b"of a run that crashed")
    documents = Documents(setup.lanes, setup.preview, folder, notices)
    qtbot.waitUntil(lambda: not folder.exists(), timeout=DEADLINE)
    documents.open()
    (path,) = data.study(tmp_path / "s", 1)
    setup.receive(document(path))
    setup.preview.choose(study_row())
    qtbot.waitUntil(lambda: isinstance(setup.content, Card), timeout=DEADLINE)
    with qtbot.waitSignal(documents.ready, timeout=DEADLINE) as ready:
        documents.open()
    assert ready.args is not None
    assert Path(ready.args[0]).read_bytes() == PDF
    documents.close()
    assert not folder.exists()


def test_a_document_that_is_none_is_a_notice(qtbot: QtBot, setup: PreviewSetup, tmp_path: Path) -> None:
    notices = Notices()
    documents = Documents(setup.lanes, setup.preview, tmp_path / "documents", notices)
    setup.receive(*data.study(tmp_path / "s", 1))
    setup.preview.choose(study_row())
    qtbot.waitUntil(lambda: isinstance(setup.content, Picture), timeout=DEADLINE)
    with qtbot.waitSignal(notices.posted, timeout=DEADLINE) as posted:
        documents.open()
    assert posted.args is not None
    assert "no document" in posted.args[0]


def test_the_wishes_never_ask_for_more_than_the_store_keeps(
    qtbot: QtBot, setup: PreviewSetup, tmp_path: Path
) -> None:
    setup.receive(*data.study(tmp_path / "s", 60))
    assert setup.preview.pool is not None
    store = setup.preview.pool.store
    store.limit = 20 * 64 * 64 * 2
    setup.preview.choose(study_row())
    qtbot.waitUntil(lambda: setup.place == (0, 60), timeout=DEADLINE)
    for place in range(60):
        setup.preview.go_to(place)
        qtbot.waitUntil(
            lambda place=place: (
                isinstance(setup.content, Picture) and setup.content.caption.number == place + 1
            ),
            timeout=DEADLINE,
        )
    assert store.bytes <= store.limit


class Held:
    """Decodes only what it is told to, in the order it is told to."""

    def __init__(self, setup: PreviewSetup, monkeypatch: pytest.MonkeyPatch) -> None:
        assert setup.preview.pool is not None
        self._preview, self._pool = setup.preview, setup.preview.pool
        self.shown: list[int | None] = []
        self.late = False
        monkeypatch.setattr(self._pool, "want", lambda requests: None)
        setup.preview.shown.connect(lambda content: self.shown.append(content.caption.number))
        setup.preview.late.connect(lambda late: setattr(self, "late", late))

    def decode(self, place: int) -> None:
        frame = self._pool.decode(self._preview._scrolling.request(place))
        assert frame is not None
        self._preview._decoded.put(frame)
        QCoreApplication.sendPostedEvents(self._preview)


def test_while_decoding_is_late_the_nearest_picture_is_shown_and_said_to_be_late(
    qtbot: QtBot, setup: PreviewSetup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Held(setup, monkeypatch)
    setup.receive(*data.study(tmp_path / "s", 10))
    setup.preview.choose(study_row())
    qtbot.waitUntil(lambda: setup.place == (0, 10), timeout=DEADLINE)
    held.decode(3)
    assert held.shown == []  # the first to be shown is the one that was asked for
    held.decode(0)
    assert (held.shown, held.late) == ([1], False)
    setup.preview.go_to(8)
    assert (held.shown, held.late, setup.place) == ([1], True, (8, 10))
    held.decode(4)
    held.decode(2)
    held.decode(9)
    assert (held.shown, held.late) == ([1, 5, 10], True)
    held.decode(8)
    held.decode(8)
    held.decode(7)
    assert (held.shown, held.late) == ([1, 5, 10, 9], False)


def test_a_picture_that_is_late_when_the_stack_grows_is_shown_all_the_same(
    qtbot: QtBot, setup: PreviewSetup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Held(setup, monkeypatch)
    files = data.study(tmp_path / "s", 6)
    setup.receive(*files[2:5])
    setup.preview.choose(study_row())
    qtbot.waitUntil(lambda: setup.place == (0, 3), timeout=DEADLINE)
    held.decode(0)
    setup.preview.go_to(1)
    setup.receive(*files[:2])
    qtbot.waitUntil(lambda: setup.place == (3, 5), timeout=DEADLINE)
    held.decode(3)
    assert (held.shown, held.late) == ([3, 4], False)


def test_two_files_of_one_uid_are_two_pictures(qtbot: QtBot, setup: PreviewSetup, tmp_path: Path) -> None:
    files = data.study(tmp_path / "s", 3)
    setup.receive(*files)
    setup.preview.choose(study_row())
    qtbot.waitUntil(lambda: setup.place == (0, 3), timeout=DEADLINE)
    twin = pydicom.dcmread(files[1])
    twin.PixelData = bytes(len(twin.PixelData))
    twin.save_as(tmp_path / "twin.dcm")
    setup.receive(tmp_path / "twin.dcm")
    qtbot.waitUntil(lambda: setup.place == (0, 4), timeout=DEADLINE)
    setup.preview.choose(None)
    setup.preview.choose(study_row())
    qtbot.waitUntil(lambda: setup.place == (0, 4), timeout=DEADLINE)
    assert len({place.slice.path for place in setup.preview.stack.positions}) == 4


def test_a_file_that_claims_two_thousand_million_frames_has_only_possible_ones(
    qtbot: QtBot, setup: PreviewSetup, tmp_path: Path
) -> None:
    setup.receive(changed(data.study(tmp_path / "s", 1)[0], NumberOfFrames=2_000_000_000))
    setup.preview.choose(study_row())
    qtbot.waitUntil(lambda: isinstance(setup.content, Picture), timeout=DEADLINE)
    assert 1 < setup.place[1] <= 100_000


@pytest.mark.parametrize("compressed", [True, False])
def test_all_frames_are_scrolled_to_although_the_header_tells_of_fewer(
    qtbot: QtBot, setup: PreviewSetup, tmp_path: Path, compressed: bool
) -> None:
    files = data.study(tmp_path / "s", 3)
    dataset = pydicom.dcmread(clip(files[1], 4))
    if compressed:
        dataset.compress(uid.RLELossless, encoding_plugin="pydicom", generate_instance_uid=False)
    dataset.NumberOfFrames = 2
    dataset.save_as(files[1])
    setup.receive(*files)
    setup.preview.choose(study_row())
    qtbot.waitUntil(lambda: isinstance(setup.content, Picture), timeout=DEADLINE)
    assert setup.place == (0, 4)
    setup.preview.go_to(1)
    qtbot.waitUntil(lambda: setup.place == (1, 6), timeout=DEADLINE)
    assert listed(setup.preview.series) == [("1 CT", "6")]
    assert setup.preview.clip[:2] == (1, 4)
    setup.preview.go_to(4)
    qtbot.waitUntil(
        lambda: isinstance(setup.content, Picture) and bool((setup.content.pixels == 3).all()),
        timeout=DEADLINE,
    )
    assert len(setup.content.marks) == 1
    setup.preview.go_to(5)
    qtbot.waitUntil(lambda: setup.place == (5, 6) and setup.content.frames == 1, timeout=DEADLINE)
