"""Hostile names over the network, in files, in a DICOMDIR: nothing outside, and the rest arrives."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pydicom
import pytest

from tests.archives import data as archive_data
from tests.hostile_names import HOSTILE, encoded
from tests.library_contents import quarantined
from tests.peers import wire
from tests.peers.peer import Server, Talk, client
from workstation.dicom.criteria import Criteria
from workstation.dicom.outcomes import End
from workstation.dicom.targets import Target
from workstation.dicom.uids import is_path_name, is_uid, may_be_asked_for, path_name
from workstation.operations.instance_router import FolderRouter, InstanceRouter, LibraryRouter
from workstation.operations.on_demand_listener import OnDemandListener
from workstation.operations.opened_files import OpenedFiles
from workstation.operations.retrieve import retrieve
from workstation.stop import Stop
from workstation.store.library import Library

STUDY, SERIES = "1.2.3", "1.2.3.1"
GOOD = "1.2.3.99"


def no_reserve(total: int) -> int:
    return 0


class Place:
    """Where objects may go, inside a folder that is watched."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "inside"
        self.library = Library.open(self.root, reserve=no_reserve) if kind == "library" else None
        self.router: InstanceRouter = (
            FolderRouter(self.root, pushes=True, reserve=no_reserve)
            if self.library is None
            else LibraryRouter(self.library, pushes=True, reserve=no_reserve)
        )
        self.outside = self.everything()

    def everything(self) -> set[Path]:
        return {path for path in self.folder.rglob("*") if not path.is_relative_to(self.root)}

    def check(self, *uids: str) -> None:
        """Nothing has appeared outside; inside are these objects, and nothing a peer could have named."""
        assert self.everything() == self.outside
        objects = {path.stem for path in self.root.rglob("*.dcm")}
        assert objects == set(uids)
        own = {"incoming", "quarantine", "index.db", "index.db-wal", "index.db-shm", "lock", "unclean"}
        for path in self.root.iterdir():
            assert path.name in own or is_path_name(path.name.removesuffix(".dcm").partition("~")[0]), path
        assert not list(self.root.rglob("*.part"))


@pytest.fixture(params=["library", "folder"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    (tmp_path / "here" / "deep").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here" / "deep")  # a relative name would show
    found = Place(request.param, tmp_path)
    yield found
    if found.library is not None:
        found.library.close()


def image(
    sop: bytes = b"1.2.3.99", study: bytes = b"1.2.3", series: bytes = b"1.2.3.1", name: bytes = b"DOE"
) -> bytes:
    return wire.explicit(
        (0x00080016, "UI", wire.CT.encode()),
        (0x00080018, "UI", sop),
        (0x00080060, "CS", b"CT"),
        (0x00081030, "LO", name),
        (0x00100010, "PN", name),
        (0x00100020, "LO", name),
        (0x0020000D, "UI", study),
        (0x0020000E, "UI", series),
        (0x00280010, "US", b"\1\0"),
        (0x00280011, "US", b"\1\0"),
    )


def stores() -> Iterator[tuple[bytes, bytes]]:
    """(Affected SOP Instance UID, data set): every name as every UID, alone and in both places."""
    for name in HOSTILE:
        uid = encoded(name)
        yield uid, image()
        yield uid, image(uid)
        yield GOOD.encode(), image(uid)
        yield GOOD.encode(), image(study=uid)
        yield GOOD.encode(), image(series=uid)


def stored(talk: Talk, context: int, number: int, uid: bytes, data: bytes) -> int:
    """Send one object; its status."""
    fields = {wire.INSTANCE: uid + b"\0" * (len(uid) % 2)}
    talk.send(wire.store(context, number % 60_000, "", data, fields=fields))
    return talk.message(wire.STORE_RQ | wire.RESPONSE).number(wire.STATUS)


@contextlib.contextmanager
def listener(place: Place) -> Iterator[Callable[..., contextlib.AbstractContextManager[Talk]]]:
    @contextlib.contextmanager
    def associated(title: bytes = b"EVIL") -> Iterator[Talk]:
        with client(scp.port) as talk:
            talk.propose({1: (wire.CT, wire.EXPLICIT)}, calling=title, called=b"WORKSTATION")
            yield talk
            talk.release()

    listening = OnDemandListener(place.router, 0, address="127.0.0.1")
    try:
        with listening.receiving() as scp:
            yield associated
    finally:
        listening.close()


def test_the_corpus() -> None:
    assert len(HOSTILE) >= 200
    assert not any(is_uid(name.strip("\0 ")) for name in HOSTILE)


def test_as_uids_by_c_store(place: Place) -> None:
    with listener(place) as associated, associated() as talk:
        for number, (uid, data) in enumerate(stores(), 1):
            assert stored(talk, 1, number, uid, data) in (0x0117, 0xA900, 0xC000), uid
        assert stored(talk, 1, 1, GOOD.encode(), image()) == 0
    place.check(GOOD)


def test_as_uids_by_c_get(place: Place) -> None:
    refused = set()

    def archive(talk: Talk) -> None:
        request = talk.accept({})
        while (found := talk.pdu()).kind != wire.RELEASE_RQ:
            talk.fragments = found.fragments
            message = talk.message()
            if message.field == wire.FIND_RQ:
                talk.send(wire.response(message, 0xA900))  # it does not say what there is
                continue
            context = next(
                number
                for number, (abstract, syntaxes) in request.contexts.items()
                if abstract == wire.CT and syntaxes[0] == wire.EXPLICIT
            )
            # First: of one UID, there is only room for so many different objects.
            assert stored(talk, context, 1, GOOD.encode(), image()) == 0
            for number, (uid, data) in enumerate(stores(), 1):
                refused.add(stored(talk, context, number, uid, data))
            talk.send(wire.response(message, 0))
        talk.send(wire.release(wire.RELEASE_RP))

    with Server(archive) as server:
        target = Target(STUDY, modalities=("CT",))
        outcome = retrieve(server.node(), target, place.router, None, Stop(), lambda _: None)
    assert outcome.end in (End.COMPLETE, End.PARTIAL)
    assert refused <= {0, 0x0117, 0xA900, 0xC000}
    names = {encoded(name).decode("ascii", "replace").strip("\0 ") for name in HOSTILE}
    taken = {path_name(name) for name in names if may_be_asked_for(name)}
    assert len(taken) > 100
    assert outcome.received == 1 + len(taken)  # what that study holds, whatever it is called
    kept = {path.stem.partition("~")[0] for path in place.root.rglob("*.dcm")}
    assert kept == {GOOD, *taken}
    place.check(*(path.stem for path in place.root.rglob("*.dcm")))


def test_as_ae_titles_and_as_a_patients_words(place: Place) -> None:
    uids = []
    with listener(place) as associated:
        for number, name in enumerate(HOSTILE):
            uids.append(f"1.2.3.{number}")
            title = encoded(name, 16).strip(b"\0") or b"X"
            with associated(title[:16]) as talk:
                words = encoded(name, 1000)
                assert stored(talk, 1, 1, uids[-1].encode(), image(uids[-1].encode(), name=words)) == 0, name
                assert (
                    stored(talk, 1, 2, b"1.2", image(name=words)) == 0xA900
                )  # what is quarantined has a note
    place.check(*uids)
    for path in place.root.rglob("*.dcm"):
        titles = pydicom.filereader.read_file_meta_info(path)
        assert "\\" not in str(titles.get("SourceApplicationEntityTitle", ""))
    if place.library is not None:
        assert all(item.note for item in quarantined(place.library.quarantine))
        place.library.index.settled()
        (study,) = place.library.index.studies()
        assert study.instances == len(uids)
        for name in HOSTILE:
            list(place.library.index.studies(Criteria(name=name, patient_id=name, description=name)))
        assert place.library.index.quick_check()


def test_as_names_and_uids_of_files(tmp_path: Path) -> None:
    """Of files a person opens; none is touched."""
    folder = tmp_path / "medium"
    folder.mkdir()
    meta = bytes(128) + b"DICM" + wire.explicit((0x00020010, "UI", wire.EXPLICIT.encode()))
    named = 0
    for number, name in enumerate(HOSTILE):
        uid = encoded(name)
        for position, data in enumerate((image(uid), image(study=uid), image(series=uid))):
            (folder / f"{number}-{position}").write_bytes(meta + data)
        if "/" not in name and name not in (".", ".."):
            with contextlib.suppress(OSError, ValueError):  # no name for a file here
                (folder / name).write_bytes(meta + image(f"1.2.3.{number}".encode()))
                named += 1
    before = {path: path.read_bytes() for path in folder.iterdir()}
    files = OpenedFiles(tmp_path / "opened")
    try:
        opened = files.open([folder], lambda batch: None, lambda _: None, Stop())
        assert opened.looked_at == len(before)
        # no text: skipped, and said; what is no UID is shown by another one, a second of its UID is not
        assert opened.shown + opened.repeated + opened.skipped_count == len(before)
        assert opened.shown > named > 100
    finally:
        files.close()
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    assert {path.name for path in tmp_path.iterdir()} <= {"medium", "opened", "home"}


def test_as_references_of_a_dicomdir(tmp_path: Path) -> None:
    """Each as a whole and part by part; what they point at outside is there, and is not read."""
    medium = tmp_path / "medium"
    medium.mkdir()
    (inside,) = archive_data.study(tmp_path / "made", 1)
    shutil.move(inside, medium / "INSIDE")
    (secret,) = archive_data.study(tmp_path / "secret", 1, key="secret")
    for name in ("evil", "evil.dcm", "1.2.3"):
        shutil.copy(secret, tmp_path / name)
    (medium / "LINK").symlink_to(tmp_path / "evil")
    references = [
        ["INSIDE"],
        ["LINK"],
        [str(tmp_path / "evil")],
        ["..", "evil"],
        ["INSIDE", "..", "..", "evil"],
    ]
    references += [[name] for name in HOSTILE]
    references += [parts for name in HOSTILE if len(parts := [*name.replace("/", "\\").split("\\")]) > 1]
    write_dicomdir(medium / "DICOMDIR", references)
    files = OpenedFiles(tmp_path / "opened")
    seen: list[Path] = []
    try:
        opened = files.open(
            [medium / "DICOMDIR"],
            lambda batch: seen.extend(one.path for one in batch.stored),
            lambda _: None,
            Stop(),
        )
    finally:
        files.close()
    assert seen == [medium / "INSIDE"]
    assert opened.skipped_count >= len(HOSTILE)


def write_dicomdir(path: Path, references: list[list[str]]) -> None:
    """By hand: pydicom would refuse to write some of these."""
    items = b""
    for parts in references:
        value = "\\".join(parts).encode("utf-8", "surrogatepass")[:60_000]
        record = wire.explicit((0x00041430, "CS", b"IMAGE"), (0x00041500, "CS", value))
        items += b"\xfe\xff\x00\xe0" + len(record).to_bytes(4, "little") + record
    head = wire.explicit(
        (0x00020002, "UI", b"1.2.840.10008.1.3.10"), (0x00020010, "UI", wire.EXPLICIT.encode())
    )
    sequence = b"\x04\x00\x20\x12SQ\0\0" + len(items).to_bytes(4, "little") + items
    path.write_bytes(bytes(128) + b"DICM" + head + sequence)


@pytest.mark.skipif(os.name == "nt", reason="such names cannot be made there")
def test_as_what_lies_in_the_library(tmp_path: Path) -> None:
    """Whatever somebody put there: it is not indexed, not moved, not followed."""
    root = tmp_path / "library"
    Library.open(root, reserve=no_reserve).close()
    (file,) = archive_data.study(tmp_path / "made", 1)
    (root / STUDY).mkdir()
    strange = []
    for name in HOSTILE:
        if "/" in name or name in (
            ".",
            "..",
            "index.db",
            "index.db-wal",
            "lock",
            "unclean",
            "incoming",
            "quarantine",
        ):
            continue
        with contextlib.suppress(OSError, ValueError):
            shutil.copy(file, root / STUDY / name)
            strange.append(root / STUDY / name)
            (root / name).mkdir()
            shutil.copy(file, root / name / "1.2.dcm")
            strange.append(root / name / "1.2.dcm")
    (root / "index.db").unlink()
    library = Library.open(root, reserve=no_reserve)
    try:
        assert {Path(name).parent.name for name in library.index.files()} <= {STUDY}
        assert all(path.exists() for path in strange if path.name != "1.2.3.dcm")
    finally:
        library.close()
