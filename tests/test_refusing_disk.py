"""What is written outside the library, with each step failing: it is whole or not there, and never a bug.

The library has its own such tests, in ``tests/store``.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pydicom
import pytest
from pydicom.uid import EncapsulatedPDFStorage

from tests.store.every_step import runs
from tests.store.failing import in_memory
from tests.store.objects import EXPLICIT, encoded, made
from workstation.app.single_instance import FirstInstance
from workstation.cli.find import _Extract
from workstation.demo import generated
from workstation.demo.generated import generated_objects
from workstation.dicom.association_facts import Context, Peer
from workstation.dicom.levels import Model
from workstation.dicom.nodes import Node
from workstation.dicom.part10 import meta_prefix
from workstation.errors import StoreError
from workstation.imaging.encapsulated_document import write_document
from workstation.imaging.read_document import read_document
from workstation.operations.opened_files import Opened, OpenedFiles
from workstation.settings import document, logs
from workstation.settings.folders import folders
from workstation.settings.logs import install_log
from workstation.settings.nodes import load_nodes, save_nodes
from workstation.settings.preferences import Preferences, load_preferences, save_preferences
from workstation.stop import Stop

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the failing disk is Linux's")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    with in_memory(tmp_path) as place:
        yield place


def visible(folder: Path) -> list[Path]:
    """The files below a folder but for those whose name says that they are not whole."""
    return [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")]


A, B = (
    Node(name="PACS-A", ae_title="A", host="127.0.0.1", port=104),
    Node(name="PACS-B", ae_title="B", host="127.0.0.1", port=105),
)
Save, Load = Callable[[Path, object], None], Callable[[Path], object]


@pytest.mark.parametrize(
    ("save", "load", "old", "new"),
    [
        pytest.param(
            save_preferences,
            load_preferences,
            Preferences(ae_title="OLD"),
            Preferences(ae_title="NEW"),
            id="settings",
        ),
        pytest.param(save_nodes, load_nodes, (A,), (A, B), id="nodes"),
        pytest.param(
            lambda path, looks: document.write(path, (), looks),
            lambda path: document.read(path, ()),
            {"geometry": "AAAA"},
            {"geometry": "BBBB"},
            id="looks of the window",
        ),
    ],
)
def test_keeping_settings(folder: Path, save: Save, load: Load, old: object, new: object) -> None:
    def prepare(place: Path) -> Path:
        save(place / "settings.json", old)
        return place / "settings.json"

    for path, told, disk in runs(folder, prepare, lambda path: save(path, new)):
        assert isinstance(told, StoreError) == disk.failed
        assert load(path) == (old if disk.failed else new)


@pytest.mark.logs("no log can be written")
def test_logging(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A log that cannot be written, or not be rotated, is done without, silently."""
    monkeypatch.setattr(logs, "BYTES", 100)

    def log(place: Path) -> None:
        remove = install_log(place)
        for number in range(3):
            logging.getLogger("workstation").info("line %d", number)
        remove()

    for place, told, disk in runs(folder, lambda place: place, log):
        assert told is None
        written = "".join(path.read_text() for path in sorted(place.iterdir(), reverse=True))
        assert disk.failed or [line[-1] for line in written.splitlines()] == ["0", "1", "2"]
    assert capsys.readouterr().err == ""


def test_making_the_folders(folder: Path) -> None:
    for place, told, disk in runs(folder, lambda place: place, lambda place: folders(place / "home")):
        assert isinstance(told, StoreError) == disk.failed
        assert all(part.is_dir() for part in vars_of(folders(place / "home")))


def vars_of(found: object) -> list[Path]:
    return [getattr(found, name) for name in ("config", "data", "cache", "logs")]


def test_being_the_first_window(folder: Path) -> None:
    """Without a file that names its door it is not: the next start is."""

    def open_and_close(place: Path) -> bool:
        door = FirstInstance(place)
        door.close()
        door.release()
        return True

    for place, told, disk in runs(folder, lambda place: place, open_and_close):
        assert told is True or isinstance(told, StoreError)
        assert disk.failed or told is True
        assert open_and_close(place)
        assert visible(place) == [place / "lock"]


def test_taking_a_document_out(folder: Path) -> None:
    dataset = made("1.2.3")
    del dataset.PixelData
    dataset.SOPClassUID = EncapsulatedPDFStorage
    dataset.MIMETypeOfEncapsulatedDocument, dataset.EncapsulatedDocument = (
        "application/pdf",
        b"%PDF-1.4 " * 999,
    )
    path = folder / "1.2.3.dcm"
    head = meta_prefix(
        Context(1, EncapsulatedPDFStorage, EXPLICIT),
        EncapsulatedPDFStorage,
        "1.2.3",
        Peer(ae_title="", own_ae_title="", address=""),
    )
    path.write_bytes(head + encoded(dataset))

    def take(place: Path) -> Path | None:
        try:
            return write_document(read_document(path), path, place / "documents")
        except OSError:
            return None

    for place, told, disk in runs(folder / "taken", lambda place: place, take):
        assert disk.failed or told is not None
        assert visible(place) == ([told] if told else [])
        assert told is None or (
            isinstance(told, Path) and told.read_bytes().rstrip(b"\0") == b"%PDF-1.4 " * 999
        )


def test_answers_of_a_query_as_files(folder: Path) -> None:
    class Found:
        transfer_syntax = EXPLICIT
        data = encoded(made())

    def extract(place: Path) -> None:
        extracting = _Extract(place / "out", Model.STUDY)
        for _ in range(2):
            extracting.write(Found())  # type: ignore[arg-type]

    for place, told, disk in runs(folder, lambda place: place, extract):
        assert told is None or isinstance(told, StoreError)
        assert disk.failed or told is None
        assert all(path.read_bytes().endswith(Found.data) for path in visible(place))
        assert disk.failed or len(visible(place)) == 2


def test_the_demo_archive_serves_without_its_cache(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    today = date(2026, 1, 2)
    first = next(one for one in generated.instances(today) if one.header.Modality == "MR")
    monkeypatch.setattr(generated, "instances", lambda day: iter([first]))

    def serve(place: Path) -> str:
        [item] = generated_objects(place / "demo", today)
        return str(item.read().SOPInstanceUID)

    for place, told, disk in runs(folder, lambda place: place, serve):
        assert told == first.header.SOPInstanceUID or (isinstance(told, StoreError) and disk.failed)
        for path in visible(place):
            assert pydicom.dcmread(path).PixelData
        assert serve(place) == first.header.SOPInstanceUID


@pytest.mark.logs("could not be indexed")
def test_opening_files(folder: Path) -> None:
    """What is opened is shown, or it is said why not."""
    medium = folder / "medium"
    medium.mkdir()
    head = meta_prefix(
        Context(1, made().SOPClassUID, EXPLICIT),
        made().SOPClassUID,
        "1.2.1",
        Peer(ae_title="", own_ae_title="", address=""),
    )
    (medium / "1").write_bytes(head + encoded(made("1.2.1", "1.2", "1.2.0")))

    def show(place: Path) -> tuple[Opened, int]:
        files = OpenedFiles(place / "opened")
        try:
            opened = files.open([medium], lambda batch: None, lambda _: None, Stop())
            assert files.index is not None
            return opened, len(files.index.sop_uids("1.2"))
        finally:
            files.close()

    for place, told, disk in runs(folder / "places", lambda place: place, show):
        assert isinstance(told, tuple | StoreError)
        assert disk.failed or isinstance(told, tuple)
        assert not isinstance(told, tuple) or (told[0].shown, told[1]) == (1, 1)
        assert show(place)[1] == 1
