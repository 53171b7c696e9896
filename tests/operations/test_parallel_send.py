"""Sending over several associations: each object arrives once, and is told as what came of it."""

from __future__ import annotations

import contextlib
import itertools
import queue
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread

from tests.archives.data import MIXED, uid
from tests.network.short_limits import until
from tests.peers import wire
from tests.peers.peer import PATIENCE, Ended, Server, Talk
from workstation.dicom.nodes import Node
from workstation.dicom.outcomes import End, Outcome
from workstation.dicom.targets import Target
from workstation.network.limits import LIMITS
from workstation.network.storage_commitment import Commitment
from workstation.operations.expected_instances import expect
from workstation.operations.instance_router import FolderRouter
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.on_demand_listener import OnDemandListener
from workstation.operations.query_session import open_query_session
from workstation.operations.send import send
from workstation.operations.storage_commitment import Commit
from workstation.stop import Progress, Stop

Study = Callable[..., list[Path]]
IMAGES = 40
BIG = 1800
"""Rows and columns of an image that no system buffer holds: it is still being sent when it is refused."""


class Taking:
    """A storage SCP that takes some associations at once, and does with each object what a test says.

    Attributes:
        taken: What arrived whole and was not refused, and how often.
        refused: What it answered with a failure, and how often.
        at_once: How many associations sent, at most, at the same time.
        rejected: How many associations it rejected.
        committed: Requests for storage commitment: the number of objects of each.
    """

    def __init__(
        self, allowed: int = 99, each: Callable[[int, int], int | None] = lambda which, number: 0
    ) -> None:
        """Nothing listens yet: give :meth:`play` to a server.

        Args:
            allowed: So many associations at once; it rejects more (PS3.8 9.3.4: local limit exceeded).
            each: Given the number of an association and of its object, both counted from 1: the status it
                answers; None: it aborts the association.
        """
        self.taken: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.at_once = self.rejected = self.count = 0
        self.committed: list[int] = []
        self._allowed, self._each = allowed, each
        self._open: list[Talk] = []
        self._lock = threading.Condition()  # told of every association that comes or goes

    def play(self, talk: Talk) -> None:
        with self._lock:
            full = len(self._open) >= self._allowed
            self.rejected += full
            if not full:
                self._open.append(talk)
                self.count += 1
                self.at_once = max(self.at_once, len(self._open))
            which = self.count
            self._lock.notify_all()
        talk.leaving = partial(self._left, talk)
        try:
            with contextlib.suppress(Ended, ConnectionError):  # it may be given up while it is being opened
                self._reject(talk) if full else self._serve(talk, which)
        finally:
            self._left(talk)

    def _reject(self, talk: Talk) -> None:
        talk.request()
        talk.send(wire.reject(2, 3, 2))
        talk.rest()

    def _left(self, talk: Talk) -> None:
        with self._lock:
            if talk in self._open:
                self._open.remove(talk)
            self._lock.notify_all()

    def wait(self, condition: Callable[[], object]) -> None:
        """Wait until so many associations are open, or were rejected."""
        with self._lock:
            assert self._lock.wait_for(condition, PATIENCE), vars(self)

    def wait_for(self, number: int) -> None:
        """Wait until so many are open."""
        self.wait(lambda: len(self._open) >= number)

    def _serve(self, talk: Talk, which: int) -> None:
        talk.accept()
        number = 0
        while (asked := self.next(talk, which)) is not None:
            number += 1
            if asked.field == wire.ACTION_RQ:
                self.committed.append((asked.data or b"").count(b"\x08\x00\x55\x11"))
                talk.send(wire.response(asked, 0))
                continue
            status = self._each(which, number)
            with self._lock:
                (self.taken if not status else self.refused)[asked.text(wire.INSTANCE)] += 1
            if status is None:
                talk.send(wire.abort(2, 0))
                talk.rest()
                return
            talk.send(wire.response(asked, status))

    def next(self, talk: Talk, which: int) -> wire.Message | None:
        """The next message of an association; None: it is over."""
        return talk.next()

    @property
    def twice(self) -> int:
        return sum(self.taken.values()) - len(self.taken)


class Sending:
    """Sends with one memory of nodes, and sees that nothing goes on afterwards."""

    def __init__(self) -> None:
        self.quirks = NodeQuirks()
        self.stop = Stop()
        self.told: list[Progress] = []
        self._reporting = threading.Lock()

    def report(self, progress: Progress) -> None:
        assert self._reporting.acquire(blocking=False), "reported from two threads at once"
        self.told.append(progress)
        self._reporting.release()

    def __call__(self, node: Node, files: list[Path], **how: Any) -> Outcome:
        outcome = send(node, files, self.stop, self.report, quirks=self.quirks, **{"associations": 4} | how)
        assert not [one for one in threading.enumerate() if "workstation-associations" in one.name]
        assert [each.done for each in self.told] == sorted(each.done for each in self.told)
        self.told.clear()
        return outcome


@pytest.fixture
def sending() -> Sending:
    return Sending()


@contextlib.contextmanager
def served(*scripts: Callable[[Talk], object], **how: Any) -> Iterator[Server]:
    with Server(*scripts, backlog=32, **how) as server:
        yield server
        server.finished()


def uids(files: list[Path]) -> list[str]:
    return [str(dcmread(path, stop_before_pixels=True).SOPInstanceUID) for path in files]


def is_whole(outcome: Outcome, count: int = IMAGES) -> bool:
    return (outcome.end, outcome.received, outcome.missing) == (End.COMPLETE, count, ())


@pytest.mark.parametrize(("allowed", "used"), [(99, 4), (4, 4), (2, 2), (1, 1)])
def test_as_many_as_an_archive_allows(sending: Sending, study: Study, allowed: int, used: int) -> None:
    files = study(IMAGES, size=8)

    def each(which: int, number: int) -> int:
        until(lambda: archive.count == 4 or sending.quirks.refused_associations(node)[:1] == [used])
        return 0

    archive = Taking(allowed, each)
    with served(archive.play) as server:
        node = server.node()
        outcome = sending(node, files)
        assert is_whole(outcome)
        assert sorted(archive.taken) == sorted(uids(files))
        assert archive.twice == 0
        assert archive.at_once <= used
        assert outcome.associations <= used
        refused, archive.rejected = archive.rejected, 0
        assert sending.quirks.refused_associations(node)[:1] == ([used] if refused else [])
        if used < 4:
            assert refused
            archive.wait(lambda: not archive._open)
            assert is_whole(sending(node, files))
            assert archive.rejected == 0  # it is remembered


def test_never_more_than_the_setting_of_the_node(sending: Sending, study: Study) -> None:
    files, archive = study(IMAGES, size=8), Taking()
    with served(archive.play) as server:
        node = server.node(associations=3)
        sending.quirks.stored_slowly(node, True)
        with sending.quirks.budget(node).share():  # what fetches from it at the same time has one of them
            assert is_whole(sending(node, files, associations=None))
        assert archive.at_once <= 2
        assert is_whole(sending(node, files, associations=None))
    assert archive.at_once <= 3


def test_the_first_object_goes_alone(sending: Sending, study: Study) -> None:
    """It makes patient and study at the archive; two that make them at once may fail there."""
    files = study(IMAGES, size=8)
    all_open, another = threading.Barrier(4), threading.Event()
    beside: list[bool] = []

    class Waiting(Taking):
        def next(self, talk: Talk, which: int) -> wire.Message | None:
            if len(talk.seen) == 1:  # the association request
                all_open.wait(PATIENCE)
            found = super().next(talk, which)
            if which != 1:
                another.set()
            return found

    def each(which: int, number: int) -> int:
        if (which, number) == (1, 1):
            beside.append(another.wait(0.2))
        return 0

    archive = Waiting(each=each)
    with served(archive.play) as server:
        assert is_whole(sending(server.node(), files))
    assert beside == [False]
    assert another.is_set()
    assert archive.twice == 0


def test_neighbours_go_over_one_association(sending: Sending, study: Study) -> None:
    files = study(IMAGES, size=8)
    number_of = {uid: place for place, uid in enumerate(uids(files))}
    came: dict[int, list[int]] = {}

    class Noting(Taking):
        def next(self, talk: Talk, which: int) -> wire.Message | None:
            found = super().next(talk, which)
            if found is not None:
                came.setdefault(which, []).append(number_of[found.text(wire.INSTANCE)])
            return found

    archive = Noting()
    with served(archive.play) as server:
        assert is_whole(sending(server.node(), files))
    jumps = sum(two != one + 1 for each in came.values() for one, two in itertools.pairwise(each))
    assert jumps <= 12


def test_the_second_is_aborted_in_the_middle_of_an_object(sending: Sending, study: Study) -> None:
    """The archive cannot have it, and may have had enough of associations: it goes over another."""
    files = study(10, size=BIG)

    class Breaking(Taking):
        def next(self, talk: Talk, which: int) -> wire.Message | None:
            if which != 2:
                return super().next(talk, which)
            talk.pdu()
            talk.send(wire.abort(2, 0))
            talk.reset()
            return None

    archive = Breaking()
    with served(archive.play, room=65536) as server:
        node = server.node()
        outcome = sending(node, files, associations=3)
    assert is_whole(outcome, 10)
    assert sorted(archive.taken) == sorted(uids(files))
    assert archive.twice == 0
    assert sending.quirks.refused_associations(node) == []  # it may have been for the object


def test_the_second_is_aborted_instead_of_an_answer(sending: Sending, study: Study) -> None:
    """That object may have arrived, and may be the reason: it is named, and not sent again."""
    files = study(IMAGES, size=8)
    archive = Taking(each=lambda which, number: None if (which, number) == (2, 1) else 0)
    with served(archive.play) as server:
        outcome = sending(server.node(), files)
    assert sorted(archive.taken) == sorted(uids(files))
    assert archive.twice == 0
    if archive.at_once > 1:
        assert (outcome.end, outcome.received, outcome.missing) == (End.PARTIAL, IMAGES - 1, ())
        [failure] = outcome.failed
        assert "aborted the association. It may have been for this object." in failure.reason


def test_the_first_is_aborted_at_its_first_object(sending: Sending, study: Study) -> None:
    """The others, which wait until the archive has answered it, go on without it."""
    files = study(IMAGES, size=8)
    all_open = threading.Barrier(4)

    class Waiting(Taking):
        def next(self, talk: Talk, which: int) -> wire.Message | None:
            if len(talk.seen) == 1:  # the association request
                all_open.wait(PATIENCE)
            return super().next(talk, which)

    archive = Waiting(each=lambda which, number: 0 if archive.taken else None)
    with served(archive.play) as server:
        outcome = sending(server.node(), files)
    assert sorted(archive.taken) == sorted(uids(files))
    assert archive.twice == 0
    assert (outcome.end, outcome.received, outcome.missing) == (End.PARTIAL, IMAGES - 1, ())
    assert len(outcome.failed) == 1


def test_what_is_refused_beside_others_is_sent_again_alone(sending: Sending, study: Study) -> None:
    """Two associations that make the same series at once may be refused for that."""
    files, refused = study(IMAGES, size=8), threading.Event()

    def each(which: int, number: int) -> int:
        if (which, number) == (1, 2):
            assert refused.wait(PATIENCE)
        if which == 1 or number % 4 != 1:
            return 0
        refused.set()
        return 0xC000

    archive = Taking(each=each)
    with served(archive.play) as server:
        outcome = sending(server.node(), files)
    assert is_whole(outcome)
    assert outcome.failed == ()
    assert sorted(archive.taken) == sorted(uids(files))
    assert archive.twice == 0


def test_what_is_refused_for_itself_is_not_sent_for_ever(sending: Sending, study: Study) -> None:
    files = study(IMAGES, size=8)
    archive = Taking(each=lambda which, number: 0 if (which, number) == (1, 1) else 0xA700)
    with served(archive.play) as server:
        outcome = sending(server.node(), files)
    assert (outcome.end, outcome.received, len(outcome.failed), outcome.missing) == (
        End.PARTIAL, 1, IMAGES - 1, (),
    )  # fmt: skip
    assert sum(archive.refused.values()) <= IMAGES - 1 + 3
    assert {failure.status for failure in outcome.failed} == {0xA700}


def test_all_are_aborted_and_the_rest_goes_over_one(sending: Sending, study: Study) -> None:
    files, count = study(IMAGES, size=8), 0

    def each(which: int, number: int) -> int | None:
        nonlocal count
        count += 1
        return 0 if which > 4 or count < 20 else None

    archive = Taking(each=each)
    with served(archive.play) as server:
        outcome = sending(server.node(), files)
    assert archive.twice == 0
    assert sorted(archive.taken) == sorted(uids(files))
    assert 1 <= len(outcome.failed) <= 4
    assert (outcome.received + len(outcome.failed), outcome.missing) == (IMAGES, ())
    assert outcome.end is End.PARTIAL


def test_associations_that_are_never_answered_are_given_up(sending: Sending, study: Study) -> None:
    """As of storescp, which serves one connection at a time: the others wait in its backlog."""
    files, requested = study(IMAGES, size=8), threading.Semaphore(0)

    def each(which: int, number: int) -> int:
        if number == 1:
            assert all(requested.acquire(timeout=PATIENCE) for _ in range(3))
        return 0

    archive = Taking(each=each)

    def never(talk: Talk) -> None:
        talk.request()
        requested.release()
        assert talk.aborted() == (0, 0)

    with Server(archive.play, never, backlog=32) as server:
        node = server.node()
        outcome = sending(node, files)
        server.finished(4)
    assert is_whole(outcome)
    assert outcome.associations == 1
    assert sending.quirks.refused_associations(node) == []


def test_a_stop_ends_all_at_once(sending: Sending, study: Study) -> None:
    files, answered = study(IMAGES, size=8), threading.Semaphore(6)

    def each(which: int, number: int) -> int:
        if not answered.acquire(blocking=False):
            sending.stop.request()
        return 0

    archive = Taking(each=each)
    with served(archive.play) as server:
        outcome = sending(server.node(), files)
    assert outcome.end is End.CANCELLED
    assert 1 <= outcome.received < IMAGES
    assert outcome.received + len(outcome.missing) == IMAGES
    assert len(archive.taken) - outcome.received <= 4  # those that were not answered
    assert outcome.failed == ()


def test_a_near_archive_gets_several_once_it_was_slow(
    sending: Sending, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workstation.operations.send.NEAR", 10.0)  # however busy this computer is
    files, expected = study(IMAGES, size=8), 1

    def each(which: int, number: int) -> int:
        if number == 1:
            archive.wait_for(expected)
        return int(threading.Event().wait(0.008))

    archive = Taking(each=each)
    with served(archive.play) as server:
        node = server.node()
        assert sending(node, files, associations=None).associations == 1
        expected = 2
        outcome = sending(node, files, associations=None)
    assert is_whole(outcome)
    assert outcome.associations > 1


def test_a_few_large_ones_go_over_several(sending: Sending, study: Study) -> None:
    def each(which: int, number: int) -> int:
        archive.wait_for(2 if which == number == 1 else 1)
        return 0

    files, archive = study(3, size=BIG), Taking(each=each)
    with served(archive.play, room=65536) as server:
        outcome = sending(server.node(), files)
    assert is_whole(outcome, 3)
    assert outcome.associations > 1


def test_a_few_go_over_one(sending: Sending, study: Study) -> None:
    files, archive = study(3, size=8), Taking()
    with served(archive.play) as server:
        assert sending(server.node(), files).associations == 1
    assert archive.count == 1


# --- Storage commitment --------------------------------------------------------------------------


def test_commitment_is_requested_once_for_all(sending: Sending, study: Study) -> None:
    files, archive = study(IMAGES, size=8), Taking()
    with served(archive.play) as server:
        outcome = sending(server.node(), files, commit=Commit("1.2.9", seconds=0.1))
    assert archive.committed == [IMAGES]
    assert (outcome.received, outcome.committed, len(outcome.uncommitted)) == (IMAGES, 0, IMAGES)


@pytest.mark.archives
@pytest.mark.parametrize("way", ["same", "new"])
def test_all_are_committed(
    sending: Sending, study: Study, pynetdicom_scp: Any, free_port: Any, tmp_path: Path, way: str
) -> None:
    port = free_port()
    archive = pynetdicom_scp(commitment=way, destinations={"WORKSTATION": port})
    reports: queue.SimpleQueue[Commitment] = queue.SimpleQueue()
    with contextlib.closing(
        OnDemandListener(FolderRouter(tmp_path / "unused"), port, on_commitment=reports.put, idle=0.0)
    ) as listening:
        commit = Commit(str(uid("transaction", way)), seconds=10, reports=reports if way == "new" else None)
        with listening.receiving():
            outcome = sending(archive.node(), study(30, size=8), commit=commit)
    assert is_whole(outcome, 30)
    assert (outcome.verified, outcome.committed) == (True, 30)


def test_what_more_contexts_than_fit_need_is_sent_and_committed_once(
    sending: Sending, study: Study, tmp_path: Path
) -> None:
    """One group after the other, each over several associations; one transaction (PS3.4 J.3.2)."""
    files = []
    for number, path in enumerate(study(LIMITS.contexts, size=8)):
        image = dcmread(path)
        image.SOPClassUID = image.file_meta.MediaStorageSOPClassUID = f"1.2.840.10008.5.1.4.1.1.{number + 1}"
        image.save_as(tmp_path / path.name)
        files.append(tmp_path / path.name)
    archive = Taking()
    with served(archive.play) as server:
        outcome = sending(server.node(), files, commit=Commit("1.2.9", seconds=0.1))
    assert archive.committed == [len(files)]
    assert (outcome.received, archive.twice, len(archive.taken)) == (len(files), 0, len(files))


# --- Real archives -------------------------------------------------------------------------------


@pytest.mark.archives
@pytest.mark.parametrize("number", [2, 8])
@pytest.mark.parametrize("program", ["dcmqrscp", "orthanc"])
def test_real_archives(
    sending: Sending, study: Study, request: pytest.FixtureRequest, program: str, number: int
) -> None:
    files = study(60, size=16)
    node = request.getfixturevalue(program)().node()
    outcome = sending(node, files, associations=number)
    assert is_whole(outcome, 60)
    if program == "dcmqrscp":
        assert outcome.associations == 1  # see loses_files
    else:
        assert 1 < outcome.associations <= number
    listed = str(dcmread(files[0], stop_before_pixels=True).StudyInstanceUID)
    with open_query_session(node, NodeQuirks(), Stop()) as session:
        found = expect(session, Target(listed)).instances
    assert sorted(found or {}) == sorted(uids(files))


@pytest.mark.archives
def test_dcmqrscp_that_allows_only_one(sending: Sending, study: Study, dcmqrscp: Any) -> None:
    node = dcmqrscp(associations=1).node()
    assert is_whole(sending(node, study(60, size=16), associations=6), 60)
    assert sending.quirks.refused_associations(node)[:1] == [1]


@pytest.mark.archives
def test_storescp_serves_one_at_a_time(sending: Sending, study: Study, storescp: Any, tmp_path: Path) -> None:
    out = tmp_path / "in"
    outcome = sending(storescp(out).node(), study(IMAGES, size=8))
    assert is_whole(outcome)
    assert outcome.associations == 1
    assert len(list(out.iterdir())) == IMAGES


@pytest.mark.archives
def test_several_convert_what_an_archive_does_not_take(
    sending: Sending, mixed_study: list[Path], storescp: Any, tmp_path: Path
) -> None:
    """The same as over one: in twelve transfer syntaxes here, in one there."""
    out = tmp_path / "in"
    node = storescp(out, "+B", "+xi", "--fork").node()
    outcome = sending(node, mixed_study, lossy=True)
    assert is_whole(outcome, len(MIXED))
    assert outcome.associations > 1
    assert len(outcome.remarks) == len(MIXED) - 1
    assert sorted(str(dcmread(path).SOPInstanceUID) for path in out.iterdir()) == sorted(uids(mixed_study))
