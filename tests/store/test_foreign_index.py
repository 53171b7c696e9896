"""An index somebody else wrote, and folders that lead elsewhere: only files of the library are touched."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.library_contents import path_of
from tests.store.conftest import no_reserve
from tests.store.objects import encoded, made, put, send
from workstation.dicom.criteria import Criteria
from workstation.dicom.targets import Target
from workstation.stop import Stop
from workstation.store.library import Library
from workstation.store.library_sink import Admission, LibrarySink
from workstation.store.store_results import Refused, Status
from workstation.store.trash import Trash
from workstation.store.verify import FlawKind, verify

FOREIGN: tuple[object, ...] = (
    "../victim.dcm",
    "1.2.4/../../victim.dcm",
    "../1.2.4/1.dcm",
    "incoming/1.dcm",
    "1.2.4/1.dcm/1.dcm",
    "1.2.4\\..\\victim.dcm",
    "1.2.4/1.2.3.1.txt",
    "./victim.dcm",
    b"../victim.dcm",
    "1.2.4/1.dcm\0/../../../victim.dcm",
)


def forge(root: Path, *paths: object) -> None:
    """Have the closed index name these files, as further images of the study that is there."""
    with closing(sqlite3.connect(root / "index.db", isolation_level=None)) as connection:
        for number, path in enumerate(paths):
            connection.execute(
                "INSERT INTO instances (series, sop_uid, sop_class, syntax, path, size, frames, image_type)"
                " SELECT series, ?, sop_class, syntax, ?, ?, 1, '' FROM instances LIMIT 1",
                (f"1.9.{number}", path, 7),
            )
        connection.execute("UPDATE studies SET instances=instances+?", (len(paths),))


@pytest.fixture
def victim(root: Path) -> Path:
    """A file of the user's, which a closed library with a forged index names."""
    with closing(Library.open(root, reserve=no_reserve)) as library:
        put(library, made())
    path = root.parent / "victim.dcm"
    path.write_bytes(b"private")
    forge(root, *FOREIGN, str(path))
    return path


def delete(library: Library) -> None:
    library.delete("1.2.4")


def throw_away(library: Library) -> None:
    trash = Trash(library)
    batch, _ = trash.take([Target("1.2.4")], Stop())
    trash.empty(batch, Stop())


@pytest.mark.logs("outside of the library")
@pytest.mark.parametrize("remove", [delete, throw_away])
def test_what_it_names_elsewhere_is_not_in_it_and_stays(
    victim: Path, root: Path, remove: Callable[[Library], None]
) -> None:
    with closing(Library.open(root, reserve=no_reserve)) as library:
        assert list(library.index.files()) == ["1.2.4/1.2.3.1.dcm"]
        assert [study.instances for study in library.index.studies(Criteria())] == [1]
        assert verify(root, library.index, lambda _: None, Stop()).flaws == ()
        remove(library)
    assert victim.read_bytes() == b"private"
    assert not list(root.rglob("*.dcm"))


def test_who_only_reads_does_not_see_it_either(victim: Path, root: Path) -> None:
    with closing(Library.open_to_read(root)) as library:
        assert library.index.paths("1.2.4") == [root / "1.2.4/1.2.3.1.dcm"]
        assert [row.path for row in library.index.instances("1.2.5")] == [root / "1.2.4/1.2.3.1.dcm"]
        assert path_of(library.index, library.root, "1.9.0") is None
        assert library.confirm("1.2.4") == {"1.2.5": {"1.2.3.1"}}
        assert len(library.index.listed()) == len(library.index.listed_of("1.2.4")) == 1


@pytest.mark.logs("outside of the library")
def test_comparing_files_drops_it_while_the_library_is_open(library: Library) -> None:
    put(library, made())
    forge(library.root, *FOREIGN)
    list(library.compare())
    with closing(sqlite3.connect(library.root / "index.db")) as connection:
        assert connection.execute("SELECT count(*) FROM instances").fetchone() == (1,)


# --- folders that lead elsewhere ------------------------------------------------------------------------

links = pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")


def linked(library: Library, *, name: str = "1.2.4") -> Path:
    """The folder of a study leads to one of the user's."""
    elsewhere = library.root.parent / "elsewhere"
    elsewhere.mkdir()
    (library.root / name).symlink_to(elsewhere, target_is_directory=True)
    return elsewhere


@links
@pytest.mark.parametrize("admission", [Admission.PLAN, Admission.PUSH])
def test_nothing_is_acknowledged_into_a_linked_folder(library: Library, admission: Admission) -> None:
    elsewhere = linked(library)
    told: list[Refused] = []
    writer = LibrarySink(library, lambda header, peer: admission, refused=told.append)
    for _ in range(2):
        assert send(writer, encoded(made())) == Status.OUT_OF_RESOURCES
    assert "is a link" in str(told[0].reason)
    assert not any(elsewhere.iterdir())
    assert not list(library.root.rglob("*.part"))
    (library.root / "1.2.4").unlink()
    assert send(writer, encoded(made())) == 0


@links
def test_a_dead_link_is_no_place_either(library: Library) -> None:
    shutil.rmtree(linked(library))
    writer = LibrarySink(library, lambda header, peer: Admission.PLAN)
    assert send(writer, encoded(made())) == Status.OUT_OF_RESOURCES


@links
@pytest.mark.parametrize("remove", [delete, throw_away])
def test_files_behind_a_linked_folder_are_not_here_and_stay(
    library: Library, remove: Callable[[Library], None]
) -> None:
    put(library, made())
    (library.root / "1.2.4").rename(library.root.parent / "moved")
    (library.root / "1.2.4").symlink_to(library.root.parent / "moved", target_is_directory=True)
    found = verify(library.root, library.index, lambda _: None, Stop())
    assert [flaw.kind for flaw in found.flaws] == [FlawKind.MISSING]
    remove(library)
    assert library.index.files() == {}
    put(library, made("1.3.1", "1.3.4", "1.3.5"))
    (library.root / "1.3.4").rename(library.root.parent / "moved too")
    (library.root / "1.3.4").symlink_to(library.root.parent / "moved too", target_is_directory=True)
    assert library.confirm("1.3.4") == {}
    assert len(list(library.root.parent.glob("moved*/*.dcm"))) == 2


@links
@pytest.mark.parametrize(
    ("where", "final"),
    [
        ("", ""),
        ("", ".final"),
        ("lot", ""),
        ("lot", ".final"),
        pytest.param("lot/1.2.4", "", marks=pytest.mark.logs("could not be put back yet")),
        ("lot/1.2.4", ".final"),
    ],
)
def test_what_lies_behind_a_link_in_the_trash_is_neither_deleted_nor_moved(
    root: Path, tmp_path: Path, where: str, final: str
) -> None:
    """The whole trash, a deletion in it or a study of that may lead to a folder of the user's."""
    with closing(Library.open(root, reserve=no_reserve)) as library:
        put(library, made())
    inside = {"": "lot/1.2.4", "lot": "1.2.4", "lot/1.2.4": "."}[where].replace("lot", f"lot{final}")
    victim = tmp_path / "mine" / inside / "1.2.4.1.dcm"
    victim.parent.mkdir(parents=True)
    victim.write_bytes(b"private")
    link = root / ".deleted-by-workstation" / where.replace("lot", f"lot{final}")
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(tmp_path / "mine", target_is_directory=True)
    with closing(Library.open(root, reserve=no_reserve)) as library:
        assert len(list(library.index.studies())) == 1
    assert victim.read_bytes() == b"private"


def test_a_file_that_is_a_link_is_not_taken_in(library: Library) -> None:
    put(library, made())
    path = library.root / "1.2.4/1.2.3.1.dcm"
    path.rename(library.root.parent / "moved.dcm")
    path.symlink_to(library.root.parent / "moved.dcm")
    assert library.confirm("1.2.4") == {}
    assert library.index.files() == {}


# --- folders that go away -------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="nothing that is in use can be moved there")
@pytest.mark.parametrize("gone", ["incoming", ""])
def test_a_folder_that_went_is_made_anew(library: Library, gone: str) -> None:
    writer = LibrarySink(library, lambda header, peer: Admission.PUSH)
    assert send(writer, encoded(made())) == 0
    (library.root / gone).rename(library.root.parent / "moved")
    for uid in ("1.2", "1.3"):
        assert send(writer, encoded(made(uid)), uid) == 0
    library.close()
    with closing(Library.open(library.root, reserve=no_reserve)) as again:
        assert {"1.2", "1.3"} <= again.index.sop_uids("1.2.4")


@pytest.mark.skipif(sys.platform == "win32", reason="as above")
def test_not_where_the_volume_of_the_library_was(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is acknowledged would be hidden as soon as the volume is there again."""
    writer = LibrarySink(library, lambda header, peer: Admission.PUSH)
    library.root.rename(library.root.parent / "unplugged")
    monkeypatch.setattr(library.folder, "_device", library.root.parent.stat().st_dev + 1)
    assert send(writer, encoded(made())) == Status.OUT_OF_RESOURCES
    assert not library.root.exists()
