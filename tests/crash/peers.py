"""Both ends of a transfer that is going to be cut off: they note what our side acknowledged."""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import threading
from collections.abc import Callable, Iterable, Iterator

from tests.peers import wire
from tests.peers.peer import Ended, Talk

PIXELS = 12_000


def image(uid: str) -> bytes:
    """The data set of an instance; its study is its UID without the last component."""
    return wire.image(uid, PIXELS, study=uid.rpartition(".")[0])


def uids(study: str, count: int) -> list[str]:
    return [f"{study}.{number}" for number in range(1, count + 1)]


class Killer:
    """Kills a process at a random point: after some bytes of some object, some time later.

    Attributes:
        acknowledged: SOP Instance UIDs our side answered with 0000H.
    """

    def __init__(self, rng: random.Random, objects: int) -> None:
        self.acknowledged: list[str] = []
        self._kill: Callable[[], None] = lambda: None
        self._left = rng.randrange(objects)
        self._part = rng.choice((0.0, rng.random(), 1.0))
        self._later = rng.choice((0.0, rng.random() * 0.003, rng.random() * 0.03))
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def aim(self, pid: int) -> None:
        self._kill = lambda: os.kill(pid, signal.SIGKILL)

    def feed(self, talk: Talk, data: bytes) -> None:
        """Send an object, or a part of it if this is the one."""
        with self._lock:
            self._left -= 1
            mine = self._left == -1
        if not mine:
            talk.send(data)
            return
        cut = int(len(data) * self._part)
        talk.send(data[:cut])
        self._timer = threading.Timer(self._later, self._kill)
        self._timer.start()
        talk.send(data[cut:])

    def over(self) -> None:
        """Nothing is left to send: if it was not killed by now, kill it."""
        if self._timer is not None:
            self._timer.join()
        else:
            self._kill()

    def heard(self, answer: wire.Message) -> None:
        if answer.number(wire.STATUS) == 0:
            self.acknowledged.append(answer.text(wire.INSTANCE))


def push(talk: Talk, study: str, count: int, killer: Killer) -> None:
    """Push a study to a listener until it is gone."""
    with contextlib.suppress(Ended, OSError):
        talk.propose({1: (wire.CT, wire.EXPLICIT)}, calling=b"SCRIPTED", called=b"WORKSTATION")
        for number, uid in enumerate(uids(study, count), 1):
            killer.feed(talk, wire.store(1, number, uid, image(uid)))
            killer.heard(talk.message(wire.STORE_RQ | wire.RESPONSE))


class Archive:
    """A script for each association: answers C-FIND at SERIES and IMAGE level, and C-GET.

    Attributes:
        at_once: How many C-GET it answered at the same time, at most.
    """

    def __init__(self, studies: dict[str, int]) -> None:
        self.studies = studies
        self.killer: Killer | None = None
        self.at_once = 0
        self._getting = 0
        self._lock = threading.Lock()

    def __call__(self, talk: Talk) -> None:
        with contextlib.suppress(Ended, OSError):
            self._serve(talk)

    def _serve(self, talk: Talk) -> None:
        request = talk.request()
        answers, context = [], 0
        for number, (abstract, syntaxes) in request.contexts.items():
            explicit = wire.EXPLICIT in syntaxes
            answers.append(wire.answered(number, 0 if explicit else 4, wire.EXPLICIT))
            if abstract == wire.CT and explicit:
                context = number
        talk.send(wire.associate(wire.AC, answers, user_information=wire.user(16384, request.roles)))
        while True:
            found = talk.pdu()
            if found.kind == wire.RELEASE_RQ:
                talk.send(wire.release(wire.RELEASE_RP))
                return
            talk.fragments = found.fragments
            message = talk.message()
            if message.field == wire.FIND_RQ:
                self._find(talk, message)
            elif message.field == wire.GET_RQ:
                with self._counted():
                    self._get(talk, message, context)

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        with self._lock:
            self._getting += 1
            self.at_once = max(self.at_once, self._getting)
        try:
            yield
        finally:
            with self._lock:
                self._getting -= 1

    def _wanted(self, request: wire.Message) -> tuple[bytes, list[str]]:
        data = request.data or b""
        [study] = re.findall(rb"\x20\0\x0d\0UI..([0-9.]+)", data, re.DOTALL)
        found = uids(study.decode(), self.studies[study.decode()])
        named = re.findall(rb"\x08\0\x18\0UI..([0-9.\\]+)", data, re.DOTALL)
        if named:
            found = [uid for uid in found if uid.encode() in named[0].split(b"\\")]
        level: bytes = re.findall(rb"\x08\0\x52\0CS..([A-Z]+)", data, re.DOTALL)[0]
        return level, found

    def _find(self, talk: Talk, request: wire.Message) -> None:
        level, found = self._wanted(request)
        study = found[0].rpartition(".")[0]
        head = (
            (0x00080052, "CS", level), (0x0020000D, "UI", study.encode()),
            (0x0020000E, "UI", f"{study}.1".encode()),
        )  # fmt: skip
        if level == b"SERIES":
            rows = [(head[0], (0x00080060, "CS", b"CT"), *head[1:])]
        else:
            sop = [(0x00080016, "UI", wire.CT.encode())]
            rows = [(*sop, (0x00080018, "UI", uid.encode()), *head) for uid in found]
        for row in rows:
            talk.send(wire.response(request, 0xFF00, wire.explicit(*sorted(row))))
        talk.send(wire.response(request, 0))

    def _get(self, talk: Talk, request: wire.Message, context: int) -> None:
        _, found = self._wanted(request)
        for number, uid in enumerate(found, 1):
            data = wire.store(context, number, uid, image(uid))
            if self.killer is None:
                talk.send(data)
            else:
                self.killer.feed(talk, data)
            answer = talk.message(wire.STORE_RQ | wire.RESPONSE)
            if self.killer is not None:
                self.killer.heard(answer)
        counts: Iterable[int] = (wire.COMPLETED, wire.FAILED, wire.WARNING)
        fields = dict(zip(counts, (len(found), 0, 0), strict=True))
        talk.send(wire.response(request, 0, fields=fields))
