"""Archives that send what nobody asked for, lie about what they have, and answer with every status."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.library_contents import quarantined
from tests.network.final_statuses import FINALS
from tests.operations.scripted_archive import SERIES, STUDY, Crooked
from tests.peers import wire
from tests.peers.peer import Ended, Server, Talk
from workstation.dicom.completeness import Extent
from workstation.dicom.criteria import Criteria
from workstation.dicom.nodes import Node, RetrieveMethod
from workstation.dicom.outcomes import End, Outcome
from workstation.dicom.statuses import StatusClass
from workstation.dicom.targets import Target
from workstation.errors import MoveDestinationUnknown, OperationFailed, WorkstationError
from workstation.operations.instance_router import FolderRouter, InstanceRouter, LibraryRouter
from workstation.operations.local_copy import local_copy
from workstation.operations.node_check import check
from workstation.operations.on_demand_listener import OnDemandListener
from workstation.operations.retrieve import retrieve
from workstation.operations.send import send
from workstation.operations.sources import Archive
from workstation.stop import Stop
from workstation.store.library import Library
from workstation.store.plans import Plans

UID = "1.2.3.4"


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with contextlib.closing(Library.open(tmp_path / "library")) as opened:
        yield opened


@pytest.fixture
def plans(tmp_path: Path) -> Iterator[Plans]:
    with contextlib.closing(Plans(tmp_path / "plans.db")) as opened:
        yield opened


@pytest.fixture(params=["library", "folder"])
def router(request: pytest.FixtureRequest, tmp_path: Path, library: Library, plans: Plans) -> InstanceRouter:
    if request.param == "folder":
        return FolderRouter(tmp_path / "out", reserve=lambda total: 0)
    return LibraryRouter(library, plans, reserve=lambda total: 0)


def fetched(archive: Crooked, router: InstanceRouter) -> Outcome:
    with Server(archive.play) as server:
        target = Target(STUDY, modalities=("CT",))
        found = retrieve(
            server.node(retrieve=RetrieveMethod.GET), target, router, None, Stop(), lambda _: None
        )
        server.finished()
    return found


def objects(tmp_path: Path) -> list[str]:
    """The names of all objects kept anywhere."""
    return sorted(path.name for path in tmp_path.rglob("*.dcm") if path.parent.name != "unfiled")


def whole(study: str = STUDY, instance: str = UID) -> bytes:
    return wire.image(instance, 100, study=study)


UNASKED: dict[str, tuple[str, bytes, str, set[int]]] = {
    "another study": ("1.2.9", whole("9.9.9", "1.2.9"), wire.CT, {0x0124}),
    "a path for a name": ("../../evil", whole(), wire.CT, {0x0117}),
    "no name": ("", whole(), wire.CT, {0x0117}),
    "another object than announced": ("1.2.9", whole(), wire.CT, {0xA900}),
    "another class than announced": (UID, whole(), wire.MR, {0xA900}),
    "a path for a study": ("1.2.9", whole("../../x", "1.2.9"), wire.CT, {0xC000}),
    "nothing one could read": ("1.2.9", b"\xff" * 300, wire.CT, {0x0000}),
    "a file with its preamble": ("1.2.9", bytes(128) + b"DICM" + whole(), wire.CT, {0x0000}),
    "only half of it": ("1.2.9", whole(STUDY, "1.2.9")[:-40], wire.CT, {0x0000}),
    "no bytes at all": ("1.2.9", b"", wire.CT, {0xC000, 0x0211}),
}


@pytest.mark.parametrize(("name", "data", "sop_class", "status"), UNASKED.values(), ids=UNASKED.keys())
def test_what_was_not_asked_for_is_not_kept(
    router: InstanceRouter,
    library: Library,
    tmp_path: Path,
    name: str,
    data: bytes,
    sop_class: str,
    status: set[int],
) -> None:
    """It gets its true status and costs nothing else: what was asked for comes before it and after it.

    What is cut off or does not tell whose it is lies apart: it may be of what was asked for.
    """

    def give(talk: Talk, context: int, asked: wire.Message) -> None:
        archive.store(talk, context, "1.2.3.4")
        archive.store(talk, context, name, data, sop_class)
        archive.store(talk, context, "1.2.3.5")

    archive = Crooked(["1.2.3.4", "1.2.3.5"], give)
    outcome = fetched(archive, router)
    assert archive.statuses[0] == archive.statuses[2] == 0
    assert archive.statuses[1] in status
    assert (outcome.end, outcome.verified, outcome.received) == (End.COMPLETE, True, 2)
    assert objects(tmp_path) == ["1.2.3.4.dcm", "1.2.3.5.dcm"]
    unfiled = [path.name for path in tmp_path.rglob("unfiled/*.dcm")]
    assert unfiled == (["1.2.9.dcm"] if archive.statuses[1] == 0 else [])
    faulty = bool(data) and archive.statuses[1] in (0xA900, 0xC000)
    expected = int(faulty and isinstance(router, LibraryRouter))
    assert len(quarantined(library.quarantine)) == expected  # sound ones nobody asked for are not kept at all
    library.index.settled()
    assert [found.study_uid for found in library.index.studies(Criteria())] in ([STUDY], [])
    assert list(tmp_path.rglob("*.part")) == []


def of(patient_id: bytes, name: bytes, instance: str) -> bytes:
    """An image with a patient; both values of even length."""
    before = b"\x10\x00\x10\x00PN\x08\x00DOE^JOHN"
    data = whole(instance=instance)
    assert before in data
    patient = wire.explicit((0x00100010, "PN", name), (0x00100020, "LO", patient_id))
    return data.replace(before, patient)


def test_another_patient_in_the_study_that_was_asked_for(
    library: Library, plans: Plans, tmp_path: Path
) -> None:
    """Archives that merged patients send such studies: both are kept, each with its own patient inside."""

    def give(talk: Talk, context: int, asked: wire.Message) -> None:
        archive.store(talk, context, "1.2.3.4", of(b"P1", b"DOE^JOHN", "1.2.3.4"))
        archive.store(talk, context, "1.2.3.5", of(b"P2", b"ROE^JANE", "1.2.3.5"))

    archive = Crooked(["1.2.3.4", "1.2.3.5"], give)
    outcome = fetched(archive, LibraryRouter(library, plans, reserve=lambda total: 0))
    assert outcome.end is End.COMPLETE
    first, second = sorted(tmp_path.rglob("*.dcm"))
    assert first.read_bytes().endswith(of(b"P1", b"DOE^JOHN", "1.2.3.4"))
    assert second.read_bytes().endswith(of(b"P2", b"ROE^JANE", "1.2.3.5"))


def test_an_archive_that_sends_only_what_was_not_asked_for(router: InstanceRouter, tmp_path: Path) -> None:
    def give(talk: Talk, context: int, asked: wire.Message) -> None:
        for number in range(3):
            archive.store(talk, context, f"1.2.9.{number}", whole("9.9.9", f"1.2.9.{number}"))

    archive = Crooked(["1.2.3.4"], give)
    with pytest.raises(WorkstationError):
        fetched(archive, router)
    assert set(archive.statuses) == {0x0124}
    assert objects(tmp_path) == []


@pytest.mark.parametrize("counts", [b"", b"-7", b"0", b"1e9", b"1000", b"9" * 12, b"9" * 30, b"9" * 4000])
def test_numbers_that_cannot_be_true(router: InstanceRouter, counts: bytes) -> None:
    """The archive will not list its images, and what it says instead may be anything."""

    def give(talk: Talk, context: int, asked: wire.Message) -> None:
        archive.store(talk, context, "1.2.3.4")

    archive = Crooked(["1.2.3.4"], give, counts=counts, lists_images=False)
    outcome = fetched(archive, router)
    assert outcome.end in (End.RECEIVED, End.PARTIAL)
    assert not outcome.verified
    assert outcome.received == 1


def test_a_fetch_that_broke_off_is_remembered(library: Library, plans: Plans) -> None:
    """It lists nothing and counts nothing: without a note nothing would tell that more is to come."""

    def give(talk: Talk, context: int, asked: wire.Message) -> None:
        archive.store(talk, context, "1.2.3.4")
        talk.close()

    archive = Crooked(["1.2.3.4"], give, lists_images=False)
    router = LibraryRouter(library, plans, reserve=lambda total: 0)
    with contextlib.suppress(OSError), Server(archive.play) as server:
        node, target = server.node(retrieve=RetrieveMethod.GET), Target(STUDY, modalities=("CT",))
        outcome = retrieve(node, target, router, None, Stop(), lambda _: None)
        assert (outcome.end, outcome.received, outcome.expected) == (End.PARTIAL, 1, None)
        server.finished()
    assert local_copy(library, plans, STUDY).whole.extent is Extent.PARTIAL


def test_counters_are_not_believed(router: InstanceRouter) -> None:
    """It says that it sent everything twice; one is missing."""

    def give(talk: Talk, context: int, asked: wire.Message) -> None:
        archive.store(talk, context, "1.2.3.4")
        said = {wire.REMAINING: 65535, wire.COMPLETED: 4, wire.FAILED: 0, wire.WARNING: 9}
        talk.send(wire.response(asked, 0xFF00, fields=said), wire.response(asked, 0xFF00))

    archive = Crooked(["1.2.3.4", "1.2.3.5"], give)
    outcome = fetched(archive, router)
    assert (outcome.end, outcome.missing, outcome.received) == (End.PARTIAL, ("1.2.3.5",), 1)


@pytest.mark.parametrize("how", [Talk.close, Talk.reset])
def test_an_archive_that_hangs_up_before_its_final_answer(
    router: InstanceRouter, how: Callable[[Talk], None]
) -> None:
    """What came is kept and called partial; that it broke off, so that it may be resumed, is said."""

    def give(talk: Talk, context: int, asked: wire.Message) -> None:
        archive.store(talk, context, "1.2.3.4")
        how(talk)

    archive = Crooked(["1.2.3.4", "1.2.3.5"], give)
    with contextlib.suppress(OSError), Server(archive.play) as server:
        target = Target(STUDY, modalities=("CT",))
        outcome = retrieve(
            server.node(retrieve=RetrieveMethod.GET), target, router, None, Stop(), lambda _: None
        )
        assert (outcome.end, outcome.received, outcome.interrupted) == (End.PARTIAL, 1, True)
        assert "was lost" in str(outcome.message)
        server.finished()


# --- A search that is cut off ------------------------------------------------------------------------

AT_CANCEL: dict[str, Callable[[Talk, wire.Message], object]] = {
    "obeys": lambda talk, asked: talk.send(wire.response(asked, 0xFE00)),
    "says that it is done": lambda talk, asked: talk.send(wire.response(asked, 0)),
    "fails": lambda talk, asked: talk.send(wire.response(asked, 0xC001)),
    "aborts": lambda talk, asked: talk.send(wire.abort(2, 0)),
    "releases": lambda talk, asked: talk.send(wire.release(wire.RELEASE_RQ)),
    "hangs up": lambda talk, asked: talk.close(),
    "says nothing": lambda talk, asked: None,
}


@pytest.mark.parametrize("deed", AT_CANCEL.values(), ids=AT_CANCEL.keys())
@pytest.mark.parametrize("modalities", [(), ("CT", "MR")], ids=["one query", "two queries"])
def test_an_archive_that_is_told_to_stop_at_our_limit(
    deed: Callable[[Talk, wire.Message], object], modalities: tuple[str, ...]
) -> None:
    """Whatever it makes of that: what came counts, and that there are more is said."""

    def play(talk: Talk) -> None:
        talk.accept()
        uids = iter(f"1.2.{number}" for number in range(1000))
        questions: list[wire.Message] = []
        with contextlib.suppress(OSError, Ended):
            while (asked := talk.next()) is not None:
                if asked.field == wire.CANCEL_RQ:
                    deed(talk, questions[-1])
                    continue
                questions.append(asked)
                for _ in range(11):
                    row = wire.explicit(
                        (0x00080061, "CS", b"CT\\MR"), (0x0020000D, "UI", next(uids).encode())
                    )
                    talk.send(wire.response(asked, 0xFF00, row))

    with Server(play) as server:
        answers = Archive(server.node(), limit=10).search(Criteria(modalities=modalities), Stop())
        found = [each.study_uid for each in answers]
        server.finished()
    assert found[:10] == [f"1.2.{number}" for number in range(10)]
    assert len(found) in (10, 10 * len(modalities))
    assert answers.incomplete


# --- Every status in every operation -----------------------------------------------------------------

STATUSES = pytest.mark.parametrize(
    "status", FINALS, ids=lambda status: "none" if status is None else f"{status:04X}"
)
FAILURE, SUCCESS, WARNING = StatusClass.FAILURE, StatusClass.SUCCESS, StatusClass.WARNING


@STATUSES
def test_a_check_with_each_status(status: int | None) -> None:
    with Server(Crooked([], finals={wire.ECHO_RQ: status}).play) as server:
        if FINALS[status] is FAILURE:
            with pytest.raises(OperationFailed) as caught:
                check(server.node(), Stop())
            assert caught.value.code == status
        else:
            assert "C-ECHO" in check(server.node(), Stop()).services


@STATUSES
def test_a_search_with_each_status(status: int | None) -> None:
    with Server(Crooked([], finals={wire.FIND_RQ: status}).play) as server:
        answers = Archive(server.node()).search(Criteria(), Stop())
        rows = []
        out_of_resources = status is not None and status >> 8 == 0xA7
        if FINALS[status] is FAILURE and not out_of_resources:
            with pytest.raises(OperationFailed) as caught:
                rows.extend(answers)
            assert caught.value.code == status
        else:
            rows.extend(answers)
            assert answers.incomplete == (FINALS[status] is not SUCCESS)
            assert answers.limited == (1 if answers.incomplete else None)
        server.finished()


@STATUSES
@pytest.mark.parametrize("arriving", [0, 1, 2])
def test_a_get_with_each_status(library: Library, plans: Plans, status: int | None, arriving: int) -> None:
    """What is here decides: complete with any status, partial, or failed with the archive's reason."""
    uids = ["1.2.3.4", "1.2.3.5"]

    def give(talk: Talk, context: int, asked: wire.Message) -> None:
        for uid in uids[:arriving]:
            archive.store(talk, context, uid)

    archive = Crooked(uids, give, finals={wire.GET_RQ: status})
    router = LibraryRouter(library, plans, reserve=lambda total: 0)
    if not arriving:
        with pytest.raises(OperationFailed) as caught:
            fetched(archive, router)
        assert caught.value.code == status
        assert "why" in caught.value.detail
        return
    outcome = fetched(archive, router)
    assert outcome.end is (End.COMPLETE if arriving == 2 else End.PARTIAL)
    assert outcome.missing == tuple(uids[arriving:])


@STATUSES
def test_a_move_with_each_status(library: Library, plans: Plans, status: int | None) -> None:
    """Nothing arrives. A801H tells what to do about it."""
    router = LibraryRouter(library, plans, reserve=lambda total: 0)
    listening = OnDemandListener(router, 0, address="127.0.0.1")
    archive = Crooked(["1.2.3.4"], finals={wire.MOVE_RQ: status})
    with Server(archive.play) as server, contextlib.closing(listening):
        node: Node = server.node(retrieve=RetrieveMethod.MOVE)
        with pytest.raises(OperationFailed) as caught:
            retrieve(node, Target(STUDY, modalities=("CT",)), router, listening, Stop(), lambda _: None)
    assert caught.value.code == status
    if status == 0xA801:
        assert isinstance(caught.value, MoveDestinationUnknown)


@pytest.mark.parametrize("offers_get", [True, False])
def test_a_failed_move_recommends_only_what_was_not_refused(
    library: Library, plans: Plans, offers_get: bool
) -> None:
    router = LibraryRouter(library, plans, reserve=lambda total: 0)
    listening = OnDemandListener(router, 0, address="127.0.0.1")
    archive = Crooked(["1.2.3.4"], finals={wire.MOVE_RQ: 0xA801})

    def without_get(talk: Talk) -> None:
        talk.accept({5: 3, 7: 3})  # behind the two models of C-FIND
        talk.rest()

    scripts = [archive.play] if offers_get else [without_get, archive.play, archive.play]
    with Server(*scripts) as server, contextlib.closing(listening):
        node = server.node(retrieve=RetrieveMethod.MOVE if offers_get else RetrieveMethod.AUTOMATIC)
        with pytest.raises(MoveDestinationUnknown) as caught:
            retrieve(node, Target(STUDY, modalities=("CT",)), router, listening, Stop(), lambda _: None)
        server.end()
    assert ("fetch by C-GET" in str(caught.value)) is offers_get
    assert ("offers no C-GET" in str(caught.value)) is not offers_get


@STATUSES
def test_a_send_with_each_status(tmp_path: Path, status: int | None) -> None:
    from pydicom.dataset import FileDataset, FileMetaDataset

    data = FileDataset("", {}, file_meta=FileMetaDataset(), preamble=bytes(128))
    data.file_meta.TransferSyntaxUID = wire.EXPLICIT
    data.SOPClassUID = data.file_meta.MediaStorageSOPClassUID = wire.CT
    data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = UID
    data.SeriesInstanceUID = SERIES
    data.save_as(tmp_path / "image.dcm", enforce_file_format=True)
    with Server(Crooked([], finals={wire.STORE_RQ: status}).play) as server:
        outcome = send(server.node(), [tmp_path / "image.dcm"], Stop(), lambda _: None)
        server.finished()
    if FINALS[status] in (SUCCESS, WARNING):
        assert (outcome.end, outcome.received) == (End.COMPLETE, 1)
    else:
        assert (outcome.end, outcome.received) == (End.FAILED, 0)
        assert [(failure.uid, failure.status) for failure in outcome.failed] == [(UID, status)]
