"""An image at which an archive breaks each association costs itself alone, and little is tried in vain."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from tests.operations.scripted_archive import STUDY
from tests.operations.several_associations import TARGET, WAYS, Fetching, Wide, is_complete, served
from tests.operations.two_ways import Service
from tests.peers import wire
from tests.peers.peer import Ended, Talk
from workstation.dicom.nodes import RetrieveMethod, Timeouts
from workstation.dicom.outcomes import End, Outcome
from workstation.errors import AssociationAborted
from workstation.operations.instance_router import LibraryRouter
from workstation.operations.retrieve import retrieve
from workstation.stop import Stop
from workstation.store.library import Library

ONE_OR_FOUR = pytest.mark.parametrize("associations", [1, 4])


class Breaking(Wide):
    """Sends what comes before certain images, and at those ends the association, or says nothing any more."""

    def __init__(
        self, images: int, bad: set[int], service: Service | None = None, how: str = "abort"
    ) -> None:
        super().__init__(images, service)
        self.bad = {f"1.2.3.4.{number}" for number in bad}
        self.breaks = 0
        self._how = how

    def send_objects(self, talk: Talk, context: int, sending: list[str]) -> None:
        broken = next((place for place, uid in enumerate(sending) if uid in self.bad), None)
        super().send_objects(talk, context, sending[:broken])
        if broken is None:
            return
        with self._lock:
            self.breaks += 1
        if self._how == "abort":
            talk.send(wire.abort(2, 0))
        if self._how == "reset":
            talk.reset()
        else:
            talk.rest()
        raise Ended


def named(outcome: Outcome) -> dict[str, str]:
    return {each.uid: str(each.reason) for each in outcome.failed}


@WAYS
@ONE_OR_FOUR
@pytest.mark.parametrize(
    ("lists", "bad"), [(True, {1}), (True, {200}), (True, {400}), (True, {7, 8, 300}), (False, {7, 300})]
)
def test_all_but_the_bad_images_come(
    fetching: Fetching, way: RetrieveMethod, associations: int, lists: bool, bad: set[int]
) -> None:
    archive = Breaking(400, bad, Service(takes_lists=lists))
    with served(archive) as server:
        node = server.node(retrieve=way)
        outcome = fetching(archive, node, associations=associations)
        assert fetching.quirks.refused_associations(node) == []
    assert (outcome.end, outcome.received, set(outcome.missing)) == (End.PARTIAL, 400 - len(bad), archive.bad)
    assert not outcome.interrupted or bad == {400}  # after the last one nothing tells that it is the image
    assert set(named(outcome)) == archive.bad
    assert all(
        "ended the association when it was asked for this image alone" in why
        for why in named(outcome).values()
    )
    assert archive.twice <= 400 * 0.05
    assert archive.breaks <= 8 * len(bad)


@pytest.mark.parametrize("how", ["abort", "reset"])
def test_whatever_the_order_in_which_it_sends(fetching: Fetching, how: str) -> None:
    """In another order than it lists: what came does not tell which image was next."""
    archive = Breaking(400, {50, 233}, Service(sends=lambda wanted: sorted(wanted, key=hash_of)), how)
    with served(archive) as server:
        outcome = fetching(archive, server.node(retrieve=RetrieveMethod.GET), associations=1)
    assert (outcome.received, set(named(outcome))) == (398, archive.bad)
    assert archive.twice <= 400 * 0.05
    assert archive.breaks <= 30


def hash_of(uid: str) -> int:
    """Mixes an order, always to the same one."""
    return int(uid.rpartition(".")[2]) * 7919 % 1009


def test_the_next_run_asks_for_the_bad_image_alone(tmp_path: Path) -> None:
    archive = Breaking(100, {30})
    with served(archive) as server, contextlib.closing(Library.open(tmp_path / "library")) as library:
        node = server.node(retrieve=RetrieveMethod.GET)

        def run() -> Outcome:
            router = LibraryRouter(library, reserve=lambda total: 0)
            return retrieve(node, TARGET, router, None, Stop(), lambda _: None)

        first, archive.breaks = run(), 0
        second = run()
        assert [(each.end, each.received, set(named(each))) for each in (first, second)] == [
            (End.PARTIAL, 99, archive.bad)
        ] * 2
        assert archive.breaks == 2
        archive.bad = set()
        assert is_complete(run(), 100)
    assert archive.twice == 0


@ONE_OR_FOUR
def test_a_silent_archive_is_waited_for_a_few_times(fetching: Fetching, associations: int) -> None:
    archive = Breaking(300, {20, 150, 250}, how="silence")
    with served(archive) as server:
        node = server.node(retrieve=RetrieveMethod.GET, timeouts=Timeouts(retrieve=0.2))
        outcome = fetching(archive, node, associations=associations)
    assert (outcome.end, outcome.received, set(outcome.missing)) == (End.PARTIAL, 297, archive.bad)
    assert outcome.interrupted == (associations == 1)  # not all of them were asked for alone
    assert archive.breaks <= 6


def test_one_silent_image_is_named(fetching: Fetching) -> None:
    archive = Breaking(100, {20}, how="silence")
    with served(archive) as server:
        node = server.node(retrieve=RetrieveMethod.GET, timeouts=Timeouts(retrieve=0.2))
        outcome = fetching(archive, node, associations=1)
    assert named(outcome) == {
        "1.2.3.4.20": "Peer sent nothing for 0.2 seconds when it was asked for this image alone."
    }
    assert (outcome.received, outcome.interrupted, archive.breaks) == (99, False, 2)


class OnlySeries(Breaking):
    """Lists three series of ten, and no images."""

    def _find(self, talk: Talk, asked: wire.Message) -> int:
        if b"IMAGE" in (asked.data or b""):
            return 0xA900
        for number in (1, 2, 3):
            uids = (0x0020000D, "UI", STUDY.encode()), (0x0020000E, "UI", f"{STUDY}.{number}".encode())
            talk.send(wire.response(asked, 0xFF00, wire.explicit((0x00080060, "CS", b"CT"), *uids)))
        return 0

    def _retrieve(self, talk: Talk, asked: wire.Message, contexts: list[int]) -> int | None:
        named = {number for number in (1, 2, 3) if f"{STUDY}.{number}".encode() in (asked.data or b"")}
        self.images = [f"1.2.3.4.{each}" for each in range(1, 31) if not named or series_of(each) in named]
        return super()._retrieve(talk, asked, contexts)

    def data(self, uid: str) -> bytes:
        number = series_of(int(uid.rpartition(".")[2]))
        return super().data(uid).replace(b"1.2.3.1\0", f"{STUDY}.{number}\0".encode())


def series_of(image: int) -> int:
    return (image - 1) // 10 + 1


@WAYS
def test_where_no_images_are_listed_the_other_series_come(fetching: Fetching, way: RetrieveMethod) -> None:
    archive = OnlySeries(30, {15})
    with served(archive) as server:
        outcome = fetching(archive, server.node(retrieve=way))
    assert (outcome.end, outcome.received, outcome.interrupted) == (End.PARTIAL, 24, True)
    assert archive.breaks == 2


class GoingDown(Wide):
    """Aborts each association once it has sent so many, until it is up again."""

    up = False

    def __init__(self, images: int, after: int) -> None:
        super().__init__(images)
        self.after = after
        self.aborted = 0

    def send_objects(self, talk: Talk, context: int, sending: list[str]) -> None:
        for uid in sending:
            with self._lock:
                down = not self.up and len(self.sent) >= self.after
                self.aborted += down
            if down:
                talk.send(wire.abort(2, 0))
                talk.rest()
                raise Ended
            super().send_objects(talk, context, [uid])


@WAYS
@ONE_OR_FOUR
def test_an_archive_that_is_down_is_not_asked_image_by_image(
    fetching: Fetching, way: RetrieveMethod, associations: int
) -> None:
    archive = GoingDown(400, 60)
    with served(archive) as server:
        node = server.node(retrieve=way)
        outcome = fetching(archive, node, associations=associations)
        assert (outcome.end, outcome.interrupted, outcome.failed) == (End.PARTIAL, True, ())
        assert archive.aborted <= 4 + 6
        assert "60 of 400 images are here" in str(outcome.message)
        assert fetching.quirks.refused_associations(node) == []
        archive.up = True
        assert fetching(archive, node, associations=4).associations == 4


def test_an_archive_that_aborts_all_is_asked_a_few_times(fetching: Fetching) -> None:
    archive = GoingDown(400, 0)
    with served(archive) as server, pytest.raises(AssociationAborted):
        fetching(archive, server.node(retrieve=RetrieveMethod.GET), associations=1)
    assert archive.aborted <= 3
