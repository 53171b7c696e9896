"""Several associations fetch one study, whatever an archive thinks of that; nothing is asked for twice."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread

from tests.archives import data
from tests.operations.scripted_archive import STUDY
from tests.operations.several_associations import IMAGES, TARGET, WAYS, Fetching, Wide, is_complete, served
from tests.operations.two_ways import Service
from tests.peers import wire
from tests.peers.peer import PATIENCE, Ended, Server, Talk
from workstation.dicom.nodes import RetrieveMethod
from workstation.dicom.outcomes import End, Outcome
from workstation.dicom.targets import Target
from workstation.operations import parallel_fetch
from workstation.operations.instance_router import FolderRouter, LibraryRouter
from workstation.operations.query_session import open_query_session
from workstation.operations.retrieve import RetrieveOptions, retrieve
from workstation.stop import Progress, Stop
from workstation.store.library import Library


@WAYS
@pytest.mark.parametrize(("allowed", "used"), [(99, 4), (4, 4), (2, 2), (1, 1)])
def test_as_many_as_an_archive_allows(
    fetching: Fetching, way: RetrieveMethod, allowed: int, used: int
) -> None:
    archive = Wide(allowed=allowed)
    with served(archive) as server:
        node = server.node(retrieve=way)
        outcome = fetching(archive, node)
        assert is_complete(outcome)
        assert archive.twice == 0
        assert archive.at_once <= used
        assert outcome.associations <= used
        assert bool(archive.rejected) == (used < 4)
        refused, archive.rejected = archive.rejected, 0
        assert fetching.quirks.refused_associations(node)[:1] == ([used] if refused else [])
        archive.is_left()
        assert is_complete(fetching(archive, node))
        assert archive.rejected == 0  # it is remembered


@WAYS
@pytest.mark.parametrize("allowed", [2, 3])
def test_one_association_is_left_for_queries(fetching: Fetching, way: RetrieveMethod, allowed: int) -> None:
    """Where the archive takes few: a search must not wait until a study has come."""
    go_on = threading.Event()

    class Held(Wide):
        def send_objects(self, talk: Talk, context: int, sending: list[str]) -> None:
            assert go_on.wait(PATIENCE)
            super().send_objects(talk, context, sending)

        def has_room(self) -> None:
            with self._lock:
                assert self._lock.wait_for(lambda: self.rejected and len(self._open) == allowed - 1, PATIENCE)

    archive = Held(allowed=allowed)
    with served(archive) as server, ThreadPoolExecutor(1) as pool:
        node = server.node(retrieve=way, associations=6)
        fetching.quirks.sends_slowly(node, True)
        fetched = pool.submit(fetching, archive, node, associations=None)
        archive.has_room()
        with open_query_session(node, fetching.quirks, Stop()) as session:
            assert len(list(session.series(STUDY, ""))) == 1
        go_on.set()
        assert is_complete(fetched.result())
        archive.is_left()
        assert archive.twice == 0
        assert fetching.quirks.refused_associations(node)[:1] == [allowed]
        assert fetching(archive, node, associations=None).associations <= allowed - 1


@WAYS
def test_several_take_part(fetching: Fetching, way: RetrieveMethod) -> None:
    second = threading.Event()

    class Together(Wide):
        """Serves its first request once there is another beside it."""

        def send_objects(self, talk: Talk, context: int, sending: list[str]) -> None:
            if len(self._fetching) > 1:
                second.set()
            assert second.wait(PATIENCE)
            super().send_objects(talk, context, sending)

    archive = Together(400)
    with served(archive) as server:
        outcome = fetching(archive, server.node(retrieve=way))
    assert is_complete(outcome, 400)
    assert outcome.associations == 4
    assert archive.twice == 0
    assert [each.done for each in fetching.told] == sorted(each.done for each in fetching.told)


@WAYS
def test_the_second_is_aborted_in_the_middle(fetching: Fetching, way: RetrieveMethod) -> None:
    archive = Wide(400, breaks=3)
    with served(archive) as server:
        node = server.node(retrieve=way)
        outcome = fetching(archive, node)
        assert fetching.quirks.refused_associations(node) == [3]
    assert is_complete(outcome, 400)
    assert archive.twice <= 400 * 0.05


def test_a_limit_is_forgotten_when_more_are_served(fetching: Fetching) -> None:
    second = threading.Event()

    class Together(Wide):
        """Serves its first request once there is another beside it; its limit is learnt meanwhile."""

        def send_objects(self, talk: Talk, context: int, sending: list[str]) -> None:
            fetching.quirks.takes_associations(node, 1)
            if len(self._fetching) > 1:
                second.set()
            assert second.wait(PATIENCE)
            super().send_objects(talk, context, sending)

    archive = Together(400)
    with served(archive) as server:
        node = server.node(retrieve=RetrieveMethod.GET)
        assert is_complete(fetching(archive, node), 400)
        assert fetching.quirks.refused_associations(node) == []


@WAYS
@pytest.mark.parametrize(("far", "watched"), [(True, True), (True, False), (False, True)])
def test_from_far_away_one_image_comes_first_if_somebody_waits_for_it(
    fetching: Fetching, monkeypatch: pytest.MonkeyPatch, way: RetrieveMethod, far: bool, watched: bool
) -> None:
    monkeypatch.setattr(parallel_fetch, "NEAR", 0.0 if far else 10.0)
    archive = Wide()
    with served(archive) as server:
        assert is_complete(fetching(archive, server.node(retrieve=way), watched=watched))
    alone = 1 in [count for _, _, count in archive.asked[:4]]
    assert alone == (far and watched), archive.asked
    assert archive.twice == 0


@WAYS
def test_the_first_breaks_over_the_first_image(
    fetching: Fetching, monkeypatch: pytest.MonkeyPatch, way: RetrieveMethod
) -> None:
    """It is asked for alone; the associations that are open by then go on without the first one."""
    monkeypatch.setattr(parallel_fetch, "NEAR", 0.0)

    class Breaking(Wide):
        broke = False

        def _retrieve(self, talk: Talk, asked: wire.Message, contexts: list[int]) -> int | None:
            broke, self.broke = self.broke, True
            if not broke:
                talk.reset()
                raise Ended
            return super()._retrieve(talk, asked, contexts)

    archive = Breaking()
    with served(archive) as server:
        outcome = fetching(archive, server.node(retrieve=way))
    assert is_complete(outcome)
    assert archive.twice == 0


@WAYS
def test_lists_are_refused(fetching: Fetching, way: RetrieveMethod) -> None:
    archive = Wide(service=Service(takes_lists=False))
    with served(archive) as server:
        node = server.node(retrieve=way)
        assert is_complete(fetching(archive, node))
        assert archive.twice == 0
        assert fetching.quirks.refuses_lists(node)
        archive.asked.clear()
        assert is_complete(fetching(archive, node))
        assert {count for _, _, count in archive.asked} == {1}


def test_of_each_list_only_the_first_is_sent(fetching: Fetching) -> None:
    archive = Wide(service=Service(sends=lambda wanted: wanted if len(wanted) == IMAGES else wanted[:1]))
    with served(archive) as server:
        assert is_complete(fetching(archive, server.node(retrieve=RetrieveMethod.GET)))
    assert archive.twice == 0


@WAYS
def test_one_request_is_served_at_a_time(fetching: Fetching, way: RetrieveMethod) -> None:
    archive = Wide(one_at_a_time=True)
    with served(archive) as server:
        assert is_complete(fetching(archive, server.node(retrieve=way)))
    assert archive.twice == 0


def test_associations_that_are_never_answered_are_given_up(
    fetching: Fetching, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of an archive that serves one connection at a time: the others wait in its backlog."""
    monkeypatch.setattr(parallel_fetch, "_OPENING", 0.1)
    requested = threading.Semaphore(0)

    class Meanwhile(Wide):
        def _retrieve(self, talk: Talk, asked: wire.Message, contexts: list[int]) -> int | None:
            if not self.asked:
                assert all(requested.acquire(timeout=PATIENCE) for _ in range(3))
            return super()._retrieve(talk, asked, contexts)

    archive = Meanwhile()

    def never(talk: Talk) -> None:
        talk.request()
        requested.release()
        assert talk.aborted() == (0, 0)

    with Server(archive.play, never, backlog=32) as server:
        node = server.node(retrieve=RetrieveMethod.GET)
        outcome = fetching(archive, node)
        server.finished(4)
    assert is_complete(outcome)
    assert outcome.associations == 1
    assert fetching.quirks.refused_associations(node) == []


def test_none_asks_before_all_are_open(fetching: Fetching) -> None:
    """dcmqrscp serves no new association while it serves a request, also one that it has accepted."""
    open_then: list[int] = []

    class Noting(Wide):
        def _retrieve(self, talk: Talk, asked: wire.Message, contexts: list[int]) -> int | None:
            open_then.append(len(self._open))
            return super()._retrieve(talk, asked, contexts)

    archive = Noting()
    with served(archive) as server:
        assert is_complete(fetching(archive, server.node(retrieve=RetrieveMethod.GET)))
    assert open_then[0] == 4


class Asking(Wide):
    """Lists sixteen images, enough for four requests, and the others once ``then`` has run."""

    def __init__(self, then: Callable[[Asking], None], images: int = IMAGES, **how: Any) -> None:
        super().__init__(images, **how)
        self._then = then
        self.questions = 0

    def _find(self, talk: Talk, asked: wire.Message) -> int:
        if b"IMAGE" in (asked.data or b""):
            self.questions += 1
            every, self.images = self.images, self.images[:16]
            super()._find(talk, asked)
            self.images = every
            self._then(self)
        return super()._find(talk, asked)

    def opens(self, number: int) -> None:
        """Wait until so many associations are open, or one more than it allows was rejected."""
        number = min(number, self._allowed + 1)
        with self._lock:
            assert self._lock.wait_for(lambda: len(self._open) + self.rejected >= number, PATIENCE)


@WAYS
@pytest.mark.parametrize("allowed", [99, 3, 2, 1])
def test_the_others_are_opened_while_it_is_asked(
    fetching: Fetching, way: RetrieveMethod, allowed: int
) -> None:
    archive = Asking(lambda archive: archive.opens(4), allowed=allowed)
    with served(archive) as server:
        outcome = fetching(archive, server.node(retrieve=way))
        archive.is_left()
    assert is_complete(outcome)
    assert archive.questions == 1
    assert archive.twice == 0


@WAYS
@pytest.mark.parametrize("allowed", [2, 3])
def test_none_is_opened_in_place_of_one_that_is_left_for_queries(
    fetching: Fetching, way: RetrieveMethod, allowed: int
) -> None:
    """Whatever else is listed after it was refused: it could be refused once more, while fewer are open."""

    def has_room(archive: Asking) -> None:
        with archive._lock:
            left = (4 - allowed, allowed - 1)
            assert archive._lock.wait_for(lambda: (archive.rejected, len(archive._open)) == left, PATIENCE)

    archive = Asking(has_room, allowed=allowed)
    with served(archive) as server:
        node = server.node(retrieve=way, associations=8)
        fetching.quirks.sends_slowly(node, True)
        assert is_complete(fetching(archive, node, associations=None))
        archive.is_left()
        assert fetching.quirks.refused_associations(node)[:1] == [allowed]
    assert (archive.associations, archive.rejected) == (allowed, 4 - allowed)
    assert archive.twice == 0


@pytest.mark.parametrize("target", [TARGET, Target(STUDY)])
def test_it_ends_those_that_wait_while_it_is_asked(fetching: Fetching, target: Target) -> None:
    """As an archive ends what is idle for long: it takes as many as before."""

    ended: list[Talk] = []

    class Impatient(Asking):
        def _next(self, talk: Talk) -> wire.Message | None:
            idle = talk in self._open[1:]
            if idle and len(ended) < 3:
                ended.append(talk)
                talk.send(wire.abort(2, 0))
                raise Ended
            return super()._next(talk)

    def have_ended(archive: Asking) -> None:
        with archive._lock:
            assert archive._lock.wait_for(lambda: len(ended) == 3 and len(archive._open) == 1, PATIENCE)

    archive = Impatient(have_ended)
    with served(archive) as server:
        node = server.node(retrieve=RetrieveMethod.GET)
        assert is_complete(fetching(archive, node, target))
        archive.is_left()
        assert fetching.quirks.refused_associations(node) == []
    assert archive.twice == 0


def test_what_another_fetch_has_open_counts_where_one_is_refused(fetching: Fetching, tmp_path: Path) -> None:
    both = threading.Barrier(2)

    class Both(Wide):
        def _find(self, talk: Talk, asked: wire.Message) -> int:
            if b"IMAGE" in (asked.data or b""):
                both.wait(PATIENCE)
            return super()._find(talk, asked)

    archive = Both(allowed=4)
    with served(archive) as server, ThreadPoolExecutor(2) as pool:
        node = server.node(retrieve=RetrieveMethod.GET, associations=6)
        fetching.quirks.sends_slowly(node, True)

        def fetch(name: str) -> Outcome:
            router = FolderRouter(tmp_path / name, reserve=lambda total: 0)
            return retrieve(node, TARGET, router, None, Stop(), lambda _: None, quirks=fetching.quirks)

        assert all(map(is_complete, pool.map(fetch, "ab")))
        archive.is_left()
    # Those that end while others are refused count, too: never too few are learnt, more are found out again.
    assert min(fetching.quirks.refused_associations(node), default=4) >= 4


@WAYS
def test_a_query_counts_where_one_is_refused(fetching: Fetching, way: RetrieveMethod) -> None:
    """It has one of those that the archive takes: no other one has to be left for it."""
    archive = Asking(lambda archive: archive.opens(5), allowed=3)
    with served(archive) as server:
        node = server.node(retrieve=way, associations=6)
        fetching.quirks.sends_slowly(node, True)
        with open_query_session(node, fetching.quirks, Stop()):
            outcome = fetching(archive, node, associations=None)
        archive.is_left()
        assert is_complete(outcome)
        assert fetching.quirks.refused_associations(node)[:1] == [3]
        assert outcome.associations == 2


def test_no_hint_is_needed_where_what_is_usual_is_listed(fetching: Fetching) -> None:
    archive = Asking(lambda archive: archive.opens(4))
    with served(archive) as server:
        outcome = fetching(archive, server.node(retrieve=RetrieveMethod.GET), Target(STUDY))
    assert is_complete(outcome)
    assert (archive.associations, archive.questions, archive.twice) == (4, 1, 0)


@pytest.mark.parametrize("target", [TARGET, Target(STUDY)])
def test_it_ends_the_association_over_the_question(fetching: Fetching, target: Target) -> None:
    """While the others are open: they are closed, and all is fetched over one before it is asked again."""

    def ends(archive: Asking) -> None:
        if archive.questions == 1:
            archive.opens(4)
            raise Ended

    archive = Asking(ends)
    with served(archive) as server:
        outcome = fetching(archive, server.node(retrieve=RetrieveMethod.GET), target)
        archive.is_left()
    assert is_complete(outcome)
    assert archive.questions == 2
    assert archive.twice == 0


def test_nothing_is_opened_for_what_is_here(tmp_path: Path) -> None:
    archive = Wide()
    with (
        served(archive) as server,
        contextlib.closing(Library.open(tmp_path / "library")) as library,
    ):
        router = LibraryRouter(library, reserve=lambda total: 0)
        node = server.node(retrieve=RetrieveMethod.GET)
        options = RetrieveOptions(associations=8)
        for target, opened in ((TARGET, 8), (TARGET, 1), (Target(STUDY), 1)):
            archive.associations = 0
            outcome = retrieve(node, target, router, None, Stop(), lambda _: None, options=options)
            assert outcome.end is End.COMPLETE
            assert archive.associations == opened
            archive.is_left()
    assert archive.twice == 0


@WAYS
@pytest.mark.parametrize(("images", "opened"), [(8, 2), (12, 3), (13, 4), (99, 8)])
def test_no_more_are_opened_than_there_are_requests(
    fetching: Fetching, way: RetrieveMethod, images: int, opened: int
) -> None:
    archive = Wide(images)
    with served(archive) as server:
        assert is_complete(fetching(archive, server.node(retrieve=way), associations=8), images)
    assert archive.associations == opened


def test_what_is_unusual_is_fetched_over_one_that_was_opened_for_it(fetching: Fetching) -> None:
    proposed: list[int] = []

    class Noting(Wide):
        def _accept(self, talk: Talk) -> list[int]:
            found = super()._accept(talk)
            proposed.append(len(found))
            return found

    archive = Noting()
    archive._class = "1.2.840.10008.5.1.4.1.1.77.1.5.4"  # OPT, in a plain context at most, unless it is known
    with served(archive) as server:
        assert is_complete(fetching(archive, server.node(retrieve=RetrieveMethod.GET), Target(STUDY)))
    assert archive.associations == 5  # the first one only asks
    assert not proposed[0]
    assert all(proposed[1:])
    assert archive.twice == 0


@WAYS
def test_it_reports_failure_and_sends_all(fetching: Fetching, way: RetrieveMethod) -> None:
    archive = Wide(service=Service(status=0xB000))
    with served(archive) as server:
        assert is_complete(fetching(archive, server.node(retrieve=way)))
    assert archive.twice == 0


@WAYS
def test_it_counts_wrongly(fetching: Fetching, way: RetrieveMethod) -> None:
    counts = {wire.REMAINING: 65535, wire.COMPLETED: 3, wire.FAILED: 7, wire.WARNING: 9}
    archive = Wide(400, counts=counts)
    with served(archive) as server:
        outcome = fetching(archive, server.node(retrieve=way))
    assert is_complete(outcome, 400)
    assert outcome.associations == 4
    assert archive.twice == 0


@WAYS
def test_what_it_does_not_send_is_missed(fetching: Fetching, way: RetrieveMethod) -> None:
    archive = Wide(service=Service(sends=lambda wanted: [uid for uid in wanted if not uid.endswith(".7")]))
    with served(archive) as server:
        outcome = fetching(archive, server.node(retrieve=way))
    assert (outcome.end, outcome.received, outcome.missing) == (End.PARTIAL, IMAGES - 1, ("1.2.3.4.7",))
    assert archive.twice == 0


@WAYS
def test_one_association_is_used_where_one_is_asked_for(fetching: Fetching, way: RetrieveMethod) -> None:
    archive = Wide()
    with served(archive) as server:
        outcome = fetching(archive, server.node(retrieve=way), associations=1)
        assert is_complete(outcome)
        assert (outcome.associations, archive.associations) == (1, 1)
        assert [level for _, level, _ in archive.asked] == ["STUDY"]
        assert is_complete(fetching(archive, server.node(retrieve=way, associations=1), associations=None))
        assert archive.associations == 2


def test_one_is_closed_as_soon_as_another_transfer_begins(fetching: Fetching) -> None:
    other = contextlib.ExitStack()
    begun, closed = threading.Event(), threading.Event()

    class Watching(Wide):
        def _retrieve(self, talk: Talk, asked: wire.Message, contexts: list[int]) -> int | None:
            final = super()._retrieve(talk, asked, contexts)
            first = talk is self._open[0]  # the one that is never closed: another may be asked before it
            if not first and not begun.is_set():
                other.enter_context(fetching.quirks.budget(node).share())
                begun.set()
            elif first and len(self._fetching) > 1 and begun.wait(PATIENCE):
                assert closed.wait(PATIENCE)
            return final

        def play(self, talk: Talk) -> None:
            super().play(talk)
            if begun.is_set():
                closed.set()

    archive = Watching(400)
    with other, served(archive) as server:
        node = server.node(retrieve=RetrieveMethod.GET)
        assert is_complete(fetching(archive, node, associations=2), 400)
    assert closed.is_set()
    assert archive.twice == 0


def test_a_near_archive_gets_several_associations_once_it_was_slow(fetching: Fetching) -> None:
    def slowly(wanted: list[str]) -> list[str]:
        if len(wanted) == IMAGES:
            threading.Event().wait(0.6)
        return wanted

    archive = Wide(service=Service(sends=slowly))
    with served(archive) as server:
        node = server.node(retrieve=RetrieveMethod.GET, associations=6)
        assert fetching(archive, node, associations=None).associations == 1
        outcome = fetching(archive, node, associations=None)
    assert is_complete(outcome)
    assert outcome.associations > 1


@WAYS
def test_a_few_images_come_over_one(fetching: Fetching, way: RetrieveMethod) -> None:
    archive = Wide(7)
    with served(archive) as server:
        assert is_complete(fetching(archive, server.node(retrieve=way)), 7)
    assert archive.associations == 1


def test_of_a_few_images_it_is_asked_once_what_there_is(fetching: Fetching) -> None:
    """To see whether several associations are worth it, and which image is in the middle of each series."""
    questions: list[bytes] = []

    class Noting(Wide):
        def _find(self, talk: Talk, asked: wire.Message) -> int:
            questions.append(asked.data or b"")
            return super()._find(talk, asked)

    archive = Noting(7)
    with served(archive) as server:
        assert is_complete(fetching(archive, server.node(retrieve=RetrieveMethod.GET), one_of_each=True), 7)
    assert len(questions) == 2  # its series, and the images of the one
    assert archive.twice == 0


@WAYS
def test_nothing_goes_on_after_a_stop(fetching: Fetching, way: RetrieveMethod) -> None:
    archive = Wide(400)

    def report(progress: Progress) -> None:
        if progress.done >= 50:
            fetching.stop.request()

    fetching.report = report  # type: ignore[method-assign]
    with served(archive) as server:  # whose scripts all end
        outcome = fetching(archive, server.node(retrieve=way))
    assert outcome.end is End.CANCELLED
    assert 50 <= outcome.received < 400


@pytest.mark.archives
@pytest.mark.parametrize("number", [2, 8])
@pytest.mark.parametrize("program", ["dcmqrscp", "orthanc"])
def test_real_archives(
    fetching: Fetching, tmp_path: Path, request: pytest.FixtureRequest, program: str, number: int
) -> None:
    files = data.study(tmp_path / "study", 60, size=16, series=2)
    node = request.getfixturevalue(program)(files).node(retrieve=RetrieveMethod.GET)
    study = str(dcmread(files[0], stop_before_pixels=True).StudyInstanceUID)
    outcome = fetching(None, node, Target(study), associations=number)
    assert is_complete(outcome, len(files))
    assert outcome.associations == number


@pytest.mark.archives
@pytest.mark.parametrize("allowed", [1, 2, 4])
def test_dcmqrscp_that_allows_only_some(
    fetching: Fetching, tmp_path: Path, dcmqrscp: Any, allowed: int
) -> None:
    files = data.study(tmp_path / "study", 60, size=16)
    node = dcmqrscp(files, associations=allowed).node(retrieve=RetrieveMethod.GET)
    study = str(dcmread(files[0], stop_before_pixels=True).StudyInstanceUID)
    assert is_complete(fetching(None, node, Target(study, modalities=("CT",)), associations=6), 60)
    assert fetching.quirks.refused_associations(node)[:1] == [allowed]


def test_a_thousand_small_objects_over_eight_into_the_library(tmp_path: Path) -> None:
    archive = Wide(1000)
    with (
        served(archive) as server,
        contextlib.closing(Library.open(tmp_path / "library")) as library,
    ):
        router = LibraryRouter(library, reserve=lambda total: 0)
        node = server.node(retrieve=RetrieveMethod.GET)
        options = RetrieveOptions(associations=8)
        outcome = retrieve(node, TARGET, router, None, Stop(), lambda _: None, options=options)
        assert is_complete(outcome, 1000)
        assert set().union(*library.confirm(STUDY).values()) == set(archive.images)
    assert archive.twice == 0
