"""An association for queries is kept for the next one; nothing ever waits for one that is kept."""

from __future__ import annotations

import contextlib
import gc
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.network.leaks import descriptors
from tests.network.short_limits import until
from tests.operations.scripted_archive import SERIES, STUDY, Crooked
from tests.peers import wire
from tests.peers.peer import PATIENCE, Ended, Server, Talk
from workstation.dicom.criteria import Criteria
from workstation.dicom.matches import PatientMatch, SeriesMatch, StudyMatch
from workstation.dicom.nodes import Node, RetrieveMethod, Timeouts
from workstation.dicom.outcomes import End, Outcome
from workstation.dicom.rate_limit import RateLimit
from workstation.dicom.targets import Target
from workstation.errors import AssociationAborted, NetworkError
from workstation.operations import ask_and_fetch, associate_node, held_associations
from workstation.operations.associate_node import NodeAssociation
from workstation.operations.concurrent_question import ConcurrentQuestion
from workstation.operations.fetch import FEW_CONTEXTS
from workstation.operations.held_associations import HeldAssociations
from workstation.operations.instance_router import FolderRouter
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.on_demand_listener import OnDemandListener
from workstation.operations.open_ahead import open_ahead
from workstation.operations.retrieve import RetrieveOptions, retrieve
from workstation.operations.sources import Archive
from workstation.stop import Cancelled, Stop

IMAGES = ("1.2.3.1.1", "1.2.3.1.2", "1.2.3.1.3")
TARGET = Target(STUDY, modalities=("CT",))
STUDY_ROW = StudyMatch(source="Peer", patient=PatientMatch(source="Peer", patient_id=""), study_uid=STUDY)
SERIES_ROW = SeriesMatch(source="Peer", study_uid=STUDY, series_uid=SERIES)

Deed = Callable[[Talk], object]
"""What an archive does with an association on which it is asked nothing more."""


class Scripted(Crooked):
    """Counts its associations.

    Attributes:
        opened: How many it has accepted.
        released: How many of them we released.
        aborted: How many we aborted.
        rejected: How many it rejected.
        open_now: How many are open.
        at_once: How many were open at once, at most.
        questions: How many queries it answered.
        failed: How often it hung up on a request for an association.
        on_pause: Called when it is asked something that it does not answer yet.
    """

    def __init__(
        self,
        *,
        allowed: int = 99,
        queues: int = 99,
        then: Deed | None = None,
        answers: int = 1,
        pause: threading.Event | None = None,
        fails: Callable[[wire.Proposal], bool] = lambda request: False,
    ) -> None:
        """Nothing listens yet.

        Args:
            allowed: So many at once; it rejects more (PS3.8 9.3.4: local limit exceeded).
            queues: So many workers; more wait for one of these.
            then: What it does on the first association after so many ``answers``.
            answers: See ``then``; 0: before it has heard anything.
            pause: It answers only once this is set.
            fails: Whether it hangs up on a request for an association.
        """
        super().__init__(IMAGES, self._send_all)
        self.opened = self.released = self.aborted = self.rejected = 0
        self.open_now = self.at_once = self.questions = 0
        self._allowed, self._then, self._answers, self._pause = allowed, then, answers, pause
        self._fails, self.failed = fails, 0
        self.on_pause: Callable[[], object] = lambda: None
        self._workers = threading.Semaphore(queues)
        self.changed = threading.Condition()

    def play(self, talk: Talk) -> None:
        with self._workers:
            self._serve(talk)

    def _serve(self, talk: Talk) -> None:
        with self.changed:
            full = self.open_now >= self._allowed
            self.rejected += full
            self.open_now += not full
            self.at_once = max(self.at_once, self.open_now)
            self.changed.notify_all()
        if full:
            talk.request()
            talk.send(wire.reject(2, 3, 2))
            talk.rest()
            return
        left = []

        def leave() -> None:
            if left:
                return
            left.append(talk)
            with self.changed:
                self.open_now -= 1
                last = talk.seen[-1].kind if talk.seen else 0
                self.released += last == wire.RELEASE_RQ
                self.aborted += last == wire.ABORT
                self.changed.notify_all()

        talk.leaving = leave
        try:
            self._converse(talk)
        except (Ended, ConnectionError):
            pass
        finally:
            leave()

    def _converse(self, talk: Talk) -> None:
        request = talk.request()
        if self._fails(request):
            self.failed += 1
            talk.reset()
            return
        with self.changed:  # before our side may go on
            self.opened += 1
            number = self.opened
        talk.accept(request=request)
        contexts = [
            each
            for each, (what, (syntax, *_)) in request.contexts.items()
            if (what, syntax) == (wire.CT, wire.EXPLICIT)
        ]
        answered = 0
        if number == 1 and not self._answers and self._then is not None:
            self._then(talk)
            return
        while (asked := talk.next()) is not None:
            if asked.field == wire.CANCEL_RQ:
                continue
            if self._pause is not None and not self._pause.is_set():
                self.on_pause()
                assert self._pause.wait(PATIENCE)
            final = 0
            if asked.field == wire.FIND_RQ:
                final = self.answer_find(talk, asked) or 0
                self.questions += 1
            elif asked.field == wire.GET_RQ and contexts:
                self._send_all(talk, contexts[0], asked)
            talk.send(wire.response(asked, final))
            answered += 1
            if number == 1 and answered == self._answers and self._then is not None:
                self._then(talk)
                return

    def _send_all(self, talk: Talk, context: int, asked: wire.Message) -> None:
        for number, uid in enumerate(IMAGES, 1):
            talk.send(wire.store(context, number, uid, wire.image(uid, 100), wire.CT))
            talk.message(wire.STORE_RQ | wire.RESPONSE)

    def wait(self, condition: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(condition, PATIENCE), vars(self)


class Asking:
    """What the window does with one archive."""

    def __init__(self, node: Node, folder: Path) -> None:
        self.node = node
        self.quirks = NodeQuirks(folder / "learnt.json")
        self.held = HeldAssociations()
        self.stop = Stop()
        self._folder = folder
        self._fetches = 0

    @property
    def archive(self) -> Archive:
        return Archive(self.node, self.quirks, held=self.held)

    def search(self) -> None:
        assert [study.study_uid for study in self.archive.search(Criteria(), self.stop)] == [STUDY]

    def expand(self) -> None:
        assert [found.series_uid for found in self.archive.series(STUDY_ROW, self.stop)] == [SERIES]

    def expand_series(self) -> None:
        found = self.archive.images(SERIES_ROW, "", self.stop)
        assert [image.sop_uid for image in found] == list(IMAGES)

    def fetch(self, listening: OnDemandListener | None = None, **how: object) -> Outcome:
        self._fetches += 1
        router = FolderRouter(self._folder / f"out{self._fetches}", reserve=lambda total: 0)
        options = RetrieveOptions(**({"held": self.held} | how))  # type: ignore[arg-type]
        outcome = retrieve(
            self.node,
            TARGET,
            router,
            listening,
            self.stop,
            lambda progress: None,
            quirks=self.quirks,
            options=options,
        )
        assert (outcome.end, outcome.received) == (End.COMPLETE, len(IMAGES))
        return outcome

    def select(self) -> None:
        """Open the association to fetch with ahead."""
        router = FolderRouter(self._folder / "ahead")
        open_ahead(self.node, TARGET, router, None, self.stop, quirks=self.quirks, held=self.held)


@contextmanager
def asking(archive: Scripted, folder: Path, **node: object) -> Iterator[Asking]:
    with Server(archive.play, backlog=16) as server:
        made = Asking(server.node(**({"retrieve": RetrieveMethod.GET, "idle": 10.0} | node)), folder)
        try:
            yield made
        finally:
            assert made.held.close(PATIENCE)
        archive.wait(lambda: not archive.open_now)


@pytest.fixture
def no_time_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is held is released when it is given up, and never because its time is over."""
    still = SimpleNamespace(monotonic=lambda: 0.0, time=lambda: 0.0)
    monkeypatch.setattr(held_associations, "time", still)


def no_keepers() -> bool:
    return not [thread for thread in threading.enumerate() if "idle-association" in thread.name]


def test_a_search_and_five_rows_take_one_association(tmp_path: Path) -> None:
    archive = Scripted()
    with asking(archive, tmp_path) as window:
        window.search()
        for _ in range(5):
            window.expand()
    assert (archive.opened, archive.questions, archive.released) == (1, 6, 1)


def test_without_a_place_to_hold_it_each_query_has_its_own(tmp_path: Path) -> None:
    archive = Scripted()
    with asking(archive, tmp_path) as window:
        for _ in range(2):
            list(Archive(window.node, window.quirks).series(STUDY_ROW, Stop()))
    assert (archive.opened, archive.released) == (2, 2)


def test_it_is_released_after_the_time_of_the_node(tmp_path: Path) -> None:
    archive = Scripted()
    with asking(archive, tmp_path, idle=0.3) as window:
        window.expand()
        archive.wait(lambda: archive.released == 1)
        window.expand()
        assert archive.opened == 2


@pytest.mark.parametrize("changes", [{"idle": 0.0}, {"associations": 1}])
def test_where_none_is_to_be_held_it_is_released_at_once(tmp_path: Path, changes: dict[str, object]) -> None:
    archive = Scripted()
    with asking(archive, tmp_path, **changes) as window:
        window.expand()
        archive.wait(lambda: archive.released == 1)


def test_an_archive_known_to_take_one_association_is_left_none(tmp_path: Path) -> None:
    archive = Scripted()
    with asking(archive, tmp_path) as window:
        window.quirks.takes_associations(window.node, 1)
        window.expand()
        archive.wait(lambda: archive.released == 1)


def abort(talk: Talk) -> None:
    talk.send(wire.abort(2, 0))
    talk.rest()


def release(talk: Talk) -> None:
    talk.send(wire.release(wire.RELEASE_RQ))
    talk.expect(wire.RELEASE_RP)
    assert talk.rest() == b""


def babble(talk: Talk) -> None:
    talk.send(wire.pdu(0x77, b"nonsense"))
    talk.rest()


ENDS = [abort, release, babble, Talk.close, Talk.reset]


@pytest.mark.parametrize("deed", ENDS)
def test_an_idle_one_that_the_archive_ends_is_not_used(tmp_path: Path, deed: Deed) -> None:
    archive = Scripted(then=deed)
    with asking(archive, tmp_path) as window:
        window.expand()
        archive.wait(lambda: not archive.open_now)
        window.expand()
        window.expand()
    assert archive.opened == 2


def late(deed: Deed) -> Deed:
    """Hear the next question first: it was on its way."""

    def play(talk: Talk) -> None:
        talk.message(wire.FIND_RQ)
        deed(talk)

    return play


@pytest.mark.parametrize("deed", ENDS[:2] + ENDS[3:])
def test_a_query_that_crosses_the_end_is_asked_again_on_a_new_one(tmp_path: Path, deed: Deed) -> None:
    archive = Scripted(then=late(deed))
    with asking(archive, tmp_path) as window:
        window.search()
        window.expand()
        window.expand()
    assert (archive.opened, archive.questions) == (2, 3)


def test_a_query_of_which_something_was_answered_is_not_asked_again(tmp_path: Path) -> None:
    def answer_half(talk: Talk) -> None:
        asked = talk.message(wire.FIND_RQ)
        row = wire.explicit((0x0020000D, "UI", STUDY.encode()), (0x0020000E, "UI", b"1.2.3.9"))
        talk.send(wire.response(asked, 0xFF00, row), wire.abort(0, 0))
        talk.rest()

    archive = Scripted(then=answer_half)
    with asking(archive, tmp_path) as window:
        window.search()
        with pytest.raises(AssociationAborted):
            window.expand()
    assert archive.opened == 1


def test_the_first_query_on_a_new_association_is_asked_once(tmp_path: Path) -> None:
    archive = Scripted(then=late(abort), answers=1)
    with asking(archive, tmp_path) as window, pytest.raises(NetworkError):
        list(window.archive.search(Criteria(modalities=("CT", "MR")), window.stop))
    assert archive.opened == 1


def test_one_that_slept_with_the_computer_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = Scripted()
    with asking(archive, tmp_path) as window:
        window.expand()
        clock = time.time
        monkeypatch.setattr(held_associations.time, "time", lambda: clock() + 3600)
        window.expand()
    assert (archive.opened, archive.released) == (2, 2)


def test_an_edited_node_gets_an_association_of_its_own(tmp_path: Path) -> None:
    archive = Scripted()
    with asking(archive, tmp_path) as window:
        window.expand()
        for change in ({"calling_ae_title": "OTHER"}, {"charset": "GB18030"}, {"max_pdu": 16384}):
            before, window.node = window.node, replace(window.node, **change)
            assert window.node != before
            window.expand()
            archive.wait(lambda: archive.open_now == 1)  # what was held of the archive is given up
    assert archive.opened == 4


def test_a_stop_ends_the_query_on_a_held_association(tmp_path: Path) -> None:
    pause = threading.Event()
    pause.set()
    archive = Scripted(pause=pause)
    with asking(archive, tmp_path) as window:
        window.expand()
        pause.clear()
        archive.on_pause = lambda: window.stop.request(at_once=True)
        with pytest.raises(Cancelled):
            window.expand()
        pause.set()
        archive.wait(lambda: not archive.open_now)
        window.stop = Stop()
        window.expand()  # a stop of one job is none of the next
    assert archive.opened == 2


def test_a_stop_of_what_has_ended_does_nothing(tmp_path: Path) -> None:
    archive = Scripted()
    with asking(archive, tmp_path) as window:
        window.expand()
        window.stop.request(at_once=True)
        window.stop = Stop()
        window.expand()
    assert archive.opened == 1


def test_a_fetch_asks_on_the_held_association(tmp_path: Path) -> None:
    class Beside(Scripted):
        """Answers questions after the first only once it has a second association."""

        def answer_find(self, talk: Talk, asked: wire.Message) -> int | None:
            if self.questions:
                self.wait(lambda: self.at_once == 2)
            return super().answer_find(talk, asked)

    archive = Beside()
    with asking(archive, tmp_path) as window:
        window.search()
        window.fetch()
        assert archive.opened == 2
        assert archive.questions == 3
    assert archive.released == 2


@pytest.mark.usefixtures("no_time_passes")
@pytest.mark.parametrize("limit", [{"allowed": 1}, {"queues": 1}], ids=["rejects", "queues"])
@pytest.mark.parametrize("asks", [True, False], ids=["asked", "not asked"])
def test_a_fetch_never_waits_for_what_is_held(tmp_path: Path, limit: dict[str, int], asks: bool) -> None:
    archive = Scripted(**limit)
    with asking(archive, tmp_path) as window:
        window.search()
        if asks:
            window.fetch()
        else:
            window.fetch(held=window.held, models=RetrieveOptions().models[::-1])  # other contexts
    assert archive.at_once == 1


class HangingUp(Scripted):
    """Takes one connection: hangs up on another, as ``deed`` does, and knows nothing of C-MOVE.

    If it is ``slow``, it counts an association that has ended until it has hung up twice more.
    """

    def __init__(self, deed: Deed, slow: bool) -> None:
        super().__init__()
        self._finals = {wire.MOVE_RQ: 0xA801}
        self._deed = deed
        self._slow, self._counted = slow, 0

    def play(self, talk: Talk) -> None:
        with self.changed:
            full = self.open_now > 0 or self._counted > 0
            if not full:
                self._counted = 2 * self._slow
            elif not self.open_now:
                self._counted -= 1
        if full:
            talk.request()
            self._deed(talk)
        else:
            super().play(talk)


@pytest.mark.parametrize(
    "deed",
    [Talk.close, Talk.reset, lambda talk: talk.send(wire.abort(2, 0))],
    ids=["closes", "resets", "aborts"],
)
@pytest.mark.parametrize("beside", [True, False], ids=["asked beside", "not asked"])
@pytest.mark.parametrize("slow", [True, False], ids=["slow", "quick"])
def test_an_archive_that_hangs_up_on_a_second_association_is_fetched_from(
    tmp_path: Path, deed: Deed, beside: bool, slow: bool
) -> None:
    archive = HangingUp(deed, slow)
    with asking(archive, tmp_path, retrieve=RetrieveMethod.AUTOMATIC) as window:
        window.search()
        router = FolderRouter(tmp_path / "unused")
        with contextlib.closing(OnDemandListener(router, 0, address="127.0.0.1", idle=0.0)) as listening:
            other = {} if beside else {"models": RetrieveOptions().models[::-1]}  # other contexts
            window.fetch(listening, **other)
        assert not window.quirks.wants_few_contexts(window.node)
        assert not window.quirks.refused_associations(window.node)
    assert archive.at_once == 1


def test_a_stop_does_not_wait_for_the_end_of_what_was_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The archive hangs up on another association, and does not answer the release of the first."""
    monkeypatch.setattr(associate_node, "_ROOM", 4 * PATIENCE)
    stopped = threading.Event()

    def no_answer(talk: Talk) -> None:
        assert talk.pdu().kind == wire.RELEASE_RQ
        assert stopped.wait(PATIENCE)

    class Stopping(Scripted):
        def play(self, talk: Talk) -> None:
            if self.opened:
                talk.request()
                talk.reset()
                window.stop.request()
            else:
                super().play(talk)

    with asking(Stopping(then=no_answer), tmp_path, timeouts=Timeouts(release=4 * PATIENCE)) as window:
        window.expand()
        window.node = replace(window.node, name="the same under another name")
        with pytest.raises(Cancelled):
            window.expand()
        stopped.set()


def is_long(request: wire.Proposal) -> bool:
    return len(request.contexts) > FEW_CONTEXTS


def test_an_archive_that_hangs_up_now_and_then_is_not_said_to_fail_on_many_contexts(tmp_path: Path) -> None:
    failing = iter([True, False, True, False])
    archive = Scripted(fails=lambda request: is_long(request) and next(failing))
    with asking(archive, tmp_path) as window:
        for _ in range(4):
            window.fetch(held=None)
            assert not window.quirks.wants_few_contexts(window.node)
    assert archive.failed == 2


def test_an_archive_that_fails_on_many_contexts_is_offered_few_from_then_on(tmp_path: Path) -> None:
    archive = Scripted(fails=is_long)
    with asking(archive, tmp_path) as window:
        for times in (1, 2, 2):
            window.fetch(held=None)
            assert window.quirks.wants_few_contexts(window.node) == (times > 1)
            assert archive.failed == times
            window.quirks = NodeQuirks(tmp_path / "learnt.json")  # as after a restart


@pytest.mark.parametrize("answered", [False, True], ids=["still asked", "answered meanwhile"])
def test_an_archive_that_answers_slowly_one_by_one_is_fetched_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answered: bool
) -> None:
    questions: list[ConcurrentQuestion] = []

    class Noted(ConcurrentQuestion):
        def __enter__(self) -> ConcurrentQuestion:
            questions.append(self)
            return super().__enter__()

    def look(error: NetworkError) -> bool:
        if answered:
            questions[0].answer()
        return associate_node.takes_no_more(error)

    monkeypatch.setattr(ask_and_fetch, "ConcurrentQuestion", Noted)
    monkeypatch.setattr(ask_and_fetch, "takes_no_more", look)
    pause = threading.Event()
    pause.set()

    class Slow(Scripted):
        """Answers the question only once whoever waited meanwhile has given up."""

        def play(self, talk: Talk) -> None:
            if pause.is_set():
                super().play(talk)
            else:
                talk.rest()
                pause.set()

    archive = Slow(queues=1, pause=pause)
    with asking(archive, tmp_path) as window:
        impatient = replace(window.node.timeouts, association=1.5)
        window.node = replace(window.node, timeouts=impatient)
        window.search()
        pause.clear()
        window.fetch()
        assert not window.quirks.wants_few_contexts(window.node)
        assert not window.quirks.refused_associations(window.node)
    assert archive.at_once == 1


@pytest.mark.usefixtures("no_time_passes")
def test_four_workers_are_enough_for_a_fetch_over_four_associations(tmp_path: Path) -> None:
    archive = Scripted(queues=4)
    with asking(archive, tmp_path) as window:
        window.search()
        window.fetch(associations=4)


@pytest.mark.usefixtures("no_time_passes")
def test_another_query_never_waits_for_what_is_held(tmp_path: Path) -> None:
    archive = Scripted(queues=1)
    with asking(archive, tmp_path) as window:
        window.expand()
        window.node = replace(window.node, name="the same under another name")
        window.expand()


@pytest.mark.usefixtures("no_time_passes")
def test_one_that_is_held_back_to_a_rate_limit_is_taken_at_once(tmp_path: Path) -> None:
    archive = Scripted()
    with asking(archive, tmp_path, rate_limit=RateLimit(0.1)) as window:
        for _ in range(5):
            window.expand()
    assert archive.opened == 1


def test_nothing_is_held_while_an_association_is_opened(tmp_path: Path) -> None:
    archive = Scripted()
    with asking(archive, tmp_path) as window:
        with held_associations.making_room(window.held, window.node):
            window.expand()
            archive.wait(lambda: archive.released == 1)
        window.expand()
        assert archive.open_now == 1


@pytest.mark.usefixtures("no_time_passes")
def test_an_association_opened_ahead_serves_the_fetch(tmp_path: Path) -> None:
    archive = Scripted()
    with asking(archive, tmp_path) as window:
        window.search()
        window.select()
        window.select()
        assert archive.opened == 2
        window.fetch()
        assert archive.opened == 2
        archive.wait(lambda: archive.released >= 1)


def test_an_association_opened_ahead_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(associate_node, "AHEAD", 0.2)
    archive = Scripted()
    with asking(archive, tmp_path) as window:
        window.select()
        archive.wait(lambda: archive.released == 1)


@pytest.mark.parametrize("deed", [abort, Talk.close])
def test_a_fetch_survives_the_end_of_what_was_opened_ahead(tmp_path: Path, deed: Deed) -> None:
    def hear_first(talk: Talk) -> None:
        talk.next()
        deed(talk)

    archive = Scripted(then=hear_first, answers=0)
    with asking(archive, tmp_path) as window:
        window.select()
        window.fetch()
    assert archive.opened == 2


def test_the_end_of_the_program_releases(tmp_path: Path) -> None:
    archive = Scripted()
    with asking(archive, tmp_path) as window:
        window.expand()
        assert window.held.close(PATIENCE)
        archive.wait(lambda: archive.released == 1)
        window.expand()  # what still runs holds nothing any more
        archive.wait(lambda: archive.released == 2)
        assert archive.aborted == 0


def test_the_end_of_the_program_does_not_wait_for_an_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held_associations, "_LAST_WORDS", PATIENCE)
    archive = Scripted(then=Talk.rest)
    with asking(archive, tmp_path, timeouts=Timeouts(release=4 * PATIENCE)) as window:
        window.expand()
        assert window.held.close(0.2)  # what is awaited no more ends at once


def test_the_end_of_the_program_waits_until_it_is_noted_how_a_release_went(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held_associations, "_LAST_WORDS", 0.0)
    noting, noted = threading.Event(), threading.Event()

    def note(*_: object) -> None:
        noting.set()
        assert noted.wait(PATIENCE)

    monkeypatch.setattr(NodeAssociation, "_released", note)
    with asking(Scripted(), tmp_path, idle=0.0) as window:
        window.expand()
        assert noting.wait(PATIENCE)
        assert not window.held.close(0.0)
        noted.set()


def test_an_archive_that_ignores_releases_is_remembered(tmp_path: Path) -> None:
    archive = Scripted(then=Talk.rest)
    with asking(archive, tmp_path, idle=0.0) as window:
        window.node = replace(window.node, timeouts=replace(window.node.timeouts, release=0.2))
        window.expand()
        archive.wait(lambda: not archive.open_now)
        window.held.close(PATIENCE)
        assert window.quirks.ignores_releases(window.node)


def test_only_one_is_held_of_those_used_at_once(tmp_path: Path) -> None:
    pause = threading.Event()
    archive = Scripted(pause=pause)
    with asking(archive, tmp_path) as window:
        threads = [threading.Thread(target=window.expand) for _ in range(3)]
        for thread in threads:
            thread.start()
        archive.wait(lambda: archive.open_now == 3)
        pause.set()
        for thread in threads:
            thread.join(PATIENCE)
        archive.wait(lambda: archive.released == 2)
        window.expand()
        assert archive.opened == 3


def test_two_hundred_rows_leave_nothing(tmp_path: Path) -> None:
    archive = Scripted()
    with asking(archive, tmp_path) as window:
        window.expand()
        assert window.held.close(PATIENCE)
        archive.wait(lambda: not archive.open_now)
        window.held = HeldAssociations()
        gc.collect()
        before = set(descriptors())
        for _ in range(100):
            window.expand()
            window.expand_series()
        assert archive.opened == 2
        assert window.held.close(PATIENCE)
        archive.wait(lambda: not archive.open_now)
        until(no_keepers)
    gc.collect()
    assert len(set(descriptors()) - before) <= 1  # the listening socket of the archive has been closed


@pytest.mark.archives
@pytest.mark.parametrize("kind", ["dcmqrscp", "orthanc"])
def test_real_archives_answer_on_a_held_association(
    request: pytest.FixtureRequest, study, tmp_path: Path, kind: str
) -> None:
    node = replace(request.getfixturevalue(kind)(study(3)).node(), retrieve=RetrieveMethod.GET)
    events: list[str] = []
    held, quirks = HeldAssociations(), NodeQuirks()
    source = Archive(node, quirks, observer=lambda event: events.append(event.what), held=held)
    found = list(source.search(Criteria(), Stop()))
    for _ in range(5):
        (series,) = source.series(found[0], Stop())
        assert len(list(source.images(series, "", Stop()))) == 3
    assert events.count("A-ASSOCIATE-RQ") == 1
    target = Target(found[0].study_uid, modalities=("CT",))
    outcome = retrieve(
        node,
        target,
        FolderRouter(tmp_path / "out"),
        None,
        Stop(),
        lambda progress: None,
        quirks=quirks,
        options=RetrieveOptions(held=held),
    )
    assert (outcome.end, outcome.received) == (End.COMPLETE, 3)
    assert held.close(PATIENCE)
