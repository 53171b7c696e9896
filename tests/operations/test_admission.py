"""Whose objects a running retrieve takes: its archive's, if they were asked for; the rest are pushes."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.network.crowding import crowd
from tests.network.scripts import STORE
from tests.network.short_limits import until
from tests.operations.scripted_archive import SERIES, STUDY, Crooked
from tests.peers import wire
from tests.peers.peer import PATIENCE, Server, client
from workstation.dicom.association_facts import Peer
from workstation.dicom.nodes import RetrieveMethod
from workstation.dicom.outcomes import End
from workstation.dicom.targets import Target
from workstation.errors import NotKept, UserMessage
from workstation.network.limits import LIMITS
from workstation.network.suboperations import failed_uids
from workstation.operations.collection import MAX_FAILURES, Collection
from workstation.operations.instance_router import FolderRouter, InstanceRouter, LibraryRouter
from workstation.operations.on_demand_listener import OnDemandListener
from workstation.operations.retrieve import retrieve
from workstation.stop import Stop
from workstation.store import files
from workstation.store.library import Library
from workstation.store.library_sink import Admission
from workstation.store.store_results import Refused, Status

PLAN, PUSH, REFUSED = Admission.PLAN, Admission.PUSH, Admission.REFUSED
ARCHIVE_HERE = "127.0.0.7"
ARCHIVE = Peer(ae_title="PACS", own_ae_title="WORKSTATION", address="192.0.2.1", port=104)
MOVE_ID = 7


def caller(
    title: str = "STRANGER", address: str = "192.0.2.66", originator: str = "", number: int = 0
) -> Peer:
    """Somebody who sends to the listener."""
    return Peer(
        ae_title=title,
        own_ae_title="WORKSTATION",
        address=address,
        port=40000,
        called=True,
        move_originator=originator,
        move_message_id=number or None,
    )


SENDERS: dict[str, tuple[Peer, bool]] = {
    "our own association": (ARCHIVE, True),
    "an association of ours with another archive": (
        Peer(ae_title="OTHER", own_ae_title="WORKSTATION", address="192.0.2.2", port=104),
        False,
    ),
    "the archive's address": (caller(address=ARCHIVE.address), True),
    "the archive's AE title": (caller(title=ARCHIVE.ae_title), True),
    "our C-MOVE as originator": (caller(originator="WORKSTATION", number=MOVE_ID), True),
    "another C-MOVE of ours": (caller(originator="WORKSTATION", number=8), False),
    "somebody else's C-MOVE": (caller(originator="ANOTHER", number=MOVE_ID), False),
    "a stranger": (caller(), False),
    "a stranger without anything": (caller(title="", address=""), False),
}


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with contextlib.closing(Library.open(tmp_path / "library")) as opened:
        yield opened


@pytest.fixture(params=["library", "folder"])
def router(request: pytest.FixtureRequest, tmp_path: Path, library: Library) -> InstanceRouter:
    if request.param == "folder":
        return FolderRouter(tmp_path / "out", reserve=lambda total: 0)
    return LibraryRouter(library, reserve=lambda total: 0)


@contextlib.contextmanager
def running(router: InstanceRouter, target: Target) -> Iterator[Collection]:
    collection = Collection(target)
    with router.collecting(collection):
        collection.moves_from(ARCHIVE, lambda: MOVE_ID)
        yield collection


@pytest.mark.parametrize(("sender", "archive"), SENDERS.values(), ids=SENDERS.keys())
def test_who_sends_it(router: InstanceRouter, sender: Peer, archive: bool) -> None:
    with running(router, Target(STUDY, (SERIES,))):
        covered = router.admission(STUDY, SERIES, "1.2.3.4", sender)
        beside = router.admission(STUDY, "1.2.3.9", "1.2.3.4", sender)
        elsewhere = router.admission("1.2.9", SERIES, "1.2.3.4", sender)
    assert (covered, beside) == ((PLAN, PUSH) if archive else (REFUSED, REFUSED))
    assert elsewhere is REFUSED
    assert router.admission(STUDY, SERIES, "1.2.3.4", sender) is REFUSED


@pytest.mark.parametrize(("sender", "archive"), SENDERS.values(), ids=SENDERS.keys())
def test_what_is_pushed_beside_it(library: Library, sender: Peer, archive: bool) -> None:
    """Who is welcome pushes as ever: a running retrieve makes his objects no part of it."""
    router = LibraryRouter(library)
    router.welcome = frozenset({"STRANGER"})
    with running(router, Target(STUDY, (SERIES,), ("1.2.3.4",))):
        welcome = sender.called and sender.ae_title == "STRANGER"
        asked = router.admission(STUDY, SERIES, "1.2.3.4", sender)
        assert asked is (PLAN if archive else PUSH if welcome else REFUSED)
        other = router.admission(STUDY, SERIES, "1.2.3.5", sender)
        assert other is (PUSH if archive or welcome else REFUSED)


def pushed(
    port: int, title: bytes, uid: str, originator: tuple[str, int] | None = None, host: str = "127.0.0.66"
) -> int:
    """The status our listener answers an object of :data:`STUDY` with."""
    fields: dict[int, wire.Value] = {}
    if originator is not None:
        fields = {0x1030: originator[0].encode().ljust(16), 0x1031: originator[1]}
    with client(port, host=host) as talk:
        talk.propose({1: STORE}, calling=title)
        talk.send(wire.store(1, 1, uid, wire.image(uid, 100), fields=fields))
        status = talk.message(wire.STORE_RQ | wire.RESPONSE).number(wire.STATUS)
        talk.release()
    return status


def test_a_push_is_on_the_disk_before_it_is_acknowledged(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also while its study is being fetched; what the retrieve covers is flushed at its end."""
    flushed: list[int] = []
    real = os.fsync
    monkeypatch.setattr(files.os, "fsync", lambda file: flushed.append(file) or real(file))
    router = LibraryRouter(library, reserve=lambda total: 0)
    router.welcome = frozenset({"CT1"})
    listening = OnDemandListener(router, 0, address="127.0.0.1", idle=0.0)
    with (
        contextlib.closing(listening),
        running(router, Target(STUDY, (SERIES,))) as collection,
        listening.receiving() as scp,
    ):
        assert pushed(scp.port, b"STRANGER", "1.2.3.3") == Status.NOT_AUTHORISED
        before = len(flushed)
        assert pushed(scp.port, b"CT1", "1.2.3.4") == 0
        assert len(flushed) > before
        before = len(flushed)
        assert pushed(scp.port, b"STRANGER", "1.2.3.5", ("WORKSTATION", MOVE_ID)) == 0
        assert len(flushed) == before
        assert set(collection.files) == {"1.2.3.4", "1.2.3.5"}  # whoever sent them, they are here
        router.settle(collection)
        assert len(flushed) > before


# --- What is refused ---------------------------------------------------------------------------------


def refused(uid: str, peer: Peer = ARCHIVE) -> Refused:
    return Refused(uid, Status.NOT_UNDERSTOOD, UserMessage("it is odd"), peer)


@pytest.mark.parametrize(("sender", "archive"), SENDERS.values(), ids=SENDERS.keys())
def test_only_what_the_archive_sent_is_its_failure(
    router: InstanceRouter, sender: Peer, archive: bool
) -> None:
    with running(router, Target(STUDY)) as collection:
        router._refused(refused("1.2.3.4", sender))
        router._refused(refused("x" * 60_000, sender))
        assert list(collection.failures) == (["1.2.3.4"] if archive else [])
        assert (collection.unnamed is not None) is archive


def test_refused_objects_are_remembered_up_to_a_bound(router: InstanceRouter) -> None:
    with running(router, Target(STUDY)) as collection:
        for number in range(2 * MAX_FAILURES):
            router._refused(refused("1.2.3." + "9" * 60_000))
            router._refused(refused(f"1.2.3.{number}"))
        router._refused(refused("1.2.3.0"))
        assert len(collection.failures) == MAX_FAILURES
        assert max(map(len, collection.failures)) < 64
        assert collection.unnamed is not None
        assert collection.unnamed.uid == ""


def test_only_what_was_asked_for_by_name_is_remembered_by_name(router: InstanceRouter) -> None:
    """An archive's own UIDs, usable or not."""
    odd = "1.2..3 odd"
    with running(router, Target(STUDY, (SERIES,), ("1.2.3.4", odd))) as collection:
        for uid in ("1.2.3.4", odd, "1.2.3.5"):
            router._refused(refused(uid))
        assert list(collection.failures) == ["1.2.3.4", odd]


def test_an_archive_whose_every_object_is_refused_without_a_name(router: InstanceRouter) -> None:
    def give(talk, context, asked) -> None:
        for _ in range(3):
            archive.store(talk, context, "1." + "9" * 30_000, wire.image("1.2.3.4"))

    archive = Crooked(["1.2.3.4"], give)
    with Server(archive.play) as server:
        node = server.node(retrieve=RetrieveMethod.GET)
        target = Target(STUDY, modalities=("CT",))
        with pytest.raises(NotKept):
            retrieve(node, target, router, None, Stop(), lambda _: None)
    assert set(archive.statuses) == {Status.INVALID_INSTANCE}


def test_what_was_refused_without_a_name_is_no_clean_end(router: InstanceRouter) -> None:
    def give(talk, context, asked) -> None:
        archive.store(talk, context, "1.2.3.4")
        archive.store(talk, context, "1." + "9" * 30_000, wire.image("1.2.3.5"))

    archive = Crooked(["1.2.3.4"], give, lists_images=False)
    with Server(archive.play) as server:
        node = server.node(retrieve=RetrieveMethod.GET)
        target = Target(STUDY, modalities=("CT",))
        outcome = retrieve(node, target, router, None, Stop(), lambda _: None)
        server.finished()
    assert outcome.received == 1
    assert outcome.end is not End.COMPLETE


def test_a_list_of_failed_uids_is_bounded() -> None:
    value = b"1\\" * 2_000_000
    data = b"\x08\x00\x58\x00UN\0\0" + len(value).to_bytes(4, "little") + value
    assert len(failed_uids(data, wire.EXPLICIT)) == 100_000
    value = b"1.2\\" + b"9" * 60_000 + b"\\1.3"
    data = b"\x08\x00\x58\x00UN\0\0" + len(value).to_bytes(4, "little") + value
    assert failed_uids(data, wire.EXPLICIT) == ("1.2", "1.3")


# --- Seats at the listener ---------------------------------------------------------------------------


def test_how_many_associations_an_archive_may_need(router: InstanceRouter) -> None:
    by_address, by_title = caller(address=ARCHIVE.address), caller(title=ARCHIVE.ae_title)
    assert router.allowance(by_address) == (False, 0)
    with contextlib.ExitStack() as stack:
        for study in ("1.2.3", "1.2.3", "1.2.4"):
            stack.enter_context(running(router, Target(study)))
        found = [router.allowance(peer) for peer in (by_address, by_title, caller())]
        assert found == [(True, 3), (True, 3), (False, 3)]
    found = [router.allowance(peer) for peer in (by_address, by_title, caller())]
    assert found == [(True, 0), (False, 0), (False, 0)]


@pytest.mark.parametrize("who", SENDERS)
def test_nobody_is_let_in_by_an_object_that_does_not_tell_whose_it_is(
    router: InstanceRouter, who: str
) -> None:
    peer, is_archive = SENDERS[who]
    with running(router, Target(STUDY)):
        assert router.may_be_of("", "1.2.3", peer) is is_archive
        assert router.may_be_of(STUDY, "1.2.3", peer) is is_archive
        assert not router.may_be_of("1.2.4", "1.2.3", peer)


def test_an_archive_that_is_configured_is_known(router: InstanceRouter) -> None:
    router.hosts.addresses("192.0.2.1")
    assert router.allowance(caller(address="192.0.2.1")) == (True, 0)
    assert router.allowance(caller(address="192.0.2.2")) == (False, 0)


@pytest.mark.parametrize(
    ("address", "title"),
    [(ARCHIVE_HERE, "ANY"), ("127.0.0.99", "PACS"), ("127.0.0.99", "UNKNOWN")],
    ids=["from its address", "from elsewhere, under its AE title", "from elsewhere, under another"],
)
def test_eight_c_moves_beside_a_crowd(tmp_path: Path, address: str, title: str) -> None:
    """500 sockets that say nothing, and a host that holds all associations it gets."""
    router = FolderRouter(tmp_path / "out", reserve=lambda total: 0)
    listening = OnDemandListener(router, 0, address="127.0.0.1", idle=0.0)
    with contextlib.ExitStack() as stack:
        scp = stack.enter_context(listening.receiving())
        stack.callback(listening.close)
        holding = [stack.enter_context(client(scp.port, host="127.0.0.66")) for _ in range(12)]
        for talk in holding:
            talk.propose({1: STORE})
        stack.enter_context(crowd(scp.port, 50, 10))
        until(lambda: len(scp._callers.silent) >= LIMITS.queued)
        collection = Collection(Target(STUDY))
        stack.enter_context(router.collecting(collection))
        threading.Event().wait(LIMITS.inbound_start)  # so long a seat is sure for who does nothing
        for _ in range(8):
            collection.moves_from(
                Peer(ae_title="PACS", own_ae_title="WORKSTATION", address=ARCHIVE_HERE, port=104),
                lambda: MOVE_ID,
            )
        with ThreadPoolExecutor(8) as pool:
            origin = ("WORKSTATION", MOVE_ID)
            doing = [
                pool.submit(pushed, scp.port, title.encode(), f"1.2.3.4.{number}", origin, host=address)
                for number in range(8)
            ]
            assert [each.result(PATIENCE) for each in doing] == [0] * 8
        assert len(collection.arrived) == 8


# --- Senders that are named with their host ----------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "peer", "welcome"),
    [
        ("CT1", caller("CT1"), True),
        ("CT1@192.0.2.66", caller("CT1"), True),
        ("CT1@192.0.2.67", caller("CT1"), False),
        ("CT1@192.0.2.66", caller("CT2"), False),
        ("CT1@localhost", caller("CT1", "127.0.0.1"), True),
        ("CT1@no-such-host.invalid", caller("CT1"), False),
        ("CT1@192.0.2.67", caller("CT1@192.0.2.67"), False),
        ("CT@1@192.0.2.66", caller("CT@1"), True),
        ("CT1@2001:db8::1", caller("CT1", "2001:db8:0:0::1"), True),
        ("CT1@fe80::1", caller("CT1", "fe80::1%eth0"), True),
    ],
)
def test_a_sender_is_let_in_from_its_host_only(
    router: InstanceRouter, entry: str, peer: Peer, welcome: bool
) -> None:
    router.welcome = frozenset({entry})
    assert router.admission(STUDY, SERIES, "1.2.3.4", peer) is (PUSH if welcome else REFUSED)
