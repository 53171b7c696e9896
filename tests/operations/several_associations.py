"""An archive of one series that serves several associations, and what fetches from it."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.operations.scripted_archive import STUDY
from tests.operations.two_ways import Service, TwoWays
from tests.peers import wire
from tests.peers.peer import PATIENCE, Ended, Server, Talk
from workstation.dicom.nodes import Node, RetrieveMethod
from workstation.dicom.outcomes import End, Outcome
from workstation.dicom.targets import Target
from workstation.operations.instance_router import FolderRouter
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.on_demand_listener import OnDemandListener
from workstation.operations.retrieve import RetrieveOptions, retrieve
from workstation.stop import Progress, Stop

IMAGES = 100
TARGET = Target(STUDY, modalities=("CT",))
WAYS = pytest.mark.parametrize("way", [RetrieveMethod.GET, RetrieveMethod.MOVE])


class Wide(TwoWays):
    """Serves several associations.

    Attributes:
        at_once: How many fetched at once, at most.
        sent: How often it sent each instance.
        rejected: Associations that it rejected.
    """

    def __init__(
        self,
        images: int = IMAGES,
        service: Service | None = None,
        *,
        allowed: int = 99,
        breaks: int = 0,
        one_at_a_time: bool = False,
        counts: dict[int, int] | None = None,
    ) -> None:
        """Nothing listens yet.

        Args:
            images: How many it holds.
            service: Its C-GET and C-MOVE.
            allowed: So many associations at once; it rejects more (PS3.8 9.3.4: local limit exceeded).
            breaks: It aborts the second association that fetches after so many of its objects; 0: never.
            one_at_a_time: A request waits until the one before has ended.
            counts: What it says of sub-operations, by element, before it sends anything.
        """
        super().__init__(images, service, service)
        self.at_once = 0
        self.rejected = 0
        self.sent: Counter[str] = Counter()
        self._allowed, self._breaks, self._counts = allowed, breaks, counts
        self._open: list[Talk] = []
        self._fetching: list[Talk] = []
        self._lock = threading.Condition()  # told when an association begins or ends
        self._here = threading.local()  # a thread for each association
        self._turn = threading.Lock() if one_at_a_time else contextlib.nullcontext()

    def play(self, talk: Talk) -> None:
        with self._lock:
            full = len(self._open) >= self._allowed
            self.rejected += full
            if not full:
                self._open.append(talk)
            self._lock.notify_all()
        if full:
            with contextlib.suppress(Ended):  # it may be given up while it is being opened
                talk.request()
                talk.send(wire.reject(2, 3, 2))
                talk.rest()
            return
        talk.leaving = partial(self._left, talk)
        try:
            super().play(talk)
        finally:
            self._left(talk)

    def _left(self, talk: Talk) -> None:
        with self._lock:
            for those in (self._open, self._fetching):
                if talk in those:
                    those.remove(talk)
            self._lock.notify_all()

    def is_left(self) -> None:
        """Wait until no association is open any more."""
        with self._lock:
            assert self._lock.wait_for(lambda: not self._open, PATIENCE)

    def _retrieve(self, talk: Talk, asked: wire.Message, contexts: list[int]) -> int | None:
        with self._lock:
            if talk not in self._fetching:
                self._fetching.append(talk)
                self.at_once = max(self.at_once, len(self._fetching))
            second = self._breaks and len(self._fetching) > 1 and self._fetching[1] is talk
        self._here.most = self._breaks if second else None
        if self._counts:
            talk.send(wire.response(asked, 0xFF00, fields=self._counts))
        with self._turn:
            final = super()._retrieve(talk, asked, contexts)
        if not second:
            return final
        self._breaks = 0
        return None

    def send_objects(self, talk: Talk, context: int, sending: list[str]) -> None:
        sending = sending[: self._here.most]
        with self._lock:
            self.sent.update(sending)
        try:
            super().send_objects(talk, context, sending)
        except KeyError:  # no status: it is C-CANCEL
            raise Ended from None

    @property
    def twice(self) -> int:
        """How many objects it sent more often than once, each time counted."""
        return sum(self.sent.values()) - len(self.sent)


class Fetching:
    """Fetches the study, each time into an empty folder, and sees that nothing goes on afterwards."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.quirks = NodeQuirks(folder / "learnt.json")
        self.stop = Stop()
        self.told: list[Progress] = []
        self.reporting = threading.Lock()
        self.times = 0

    def report(self, progress: Progress) -> None:
        assert self.reporting.acquire(blocking=False), "reported from two threads at once"
        self.told.append(progress)
        self.reporting.release()

    def __call__(self, archive: TwoWays | None, node: Node, target: Target = TARGET, **how: Any) -> Outcome:
        self.times += 1
        router = FolderRouter(self.folder / f"out{self.times}", reserve=lambda total: 0)
        chosen = RetrieveOptions(**({"associations": 4} | how))
        with (
            contextlib.closing(OnDemandListener(router, 0, address="127.0.0.1", idle=0.0)) as listening,
            listening.receiving() as scp,
        ):
            if archive is not None:
                archive.port = scp.port
            outcome = retrieve(
                node, target, router, listening, self.stop, self.report, quirks=self.quirks, options=chosen
            )
        assert not [thread for thread in threading.enumerate() if "workstation-associations" in thread.name]
        return outcome


@contextlib.contextmanager
def served(archive: Wide) -> Iterator[Server]:
    with Server(archive.play, backlog=32) as server:
        yield server
        server.finished()


def is_complete(outcome: Outcome, count: int = IMAGES) -> bool:
    return (outcome.end, outcome.received, outcome.missing) == (End.COMPLETE, count, ())
