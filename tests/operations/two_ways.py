"""An archive of one series whose C-GET and C-MOVE do what a test says, each for itself."""

from __future__ import annotations

import contextlib
import select
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

from pydicom import Dataset
from pydicom.filereader import read_dataset

from tests.operations.scripted_archive import SERIES, STUDY
from tests.peers import wire
from tests.peers.peer import Ended, Talk, client
from workstation.dicom.transfer_syntaxes import IMPLICIT_LE
from workstation.network.contexts import FIND, GET, MOVE

_FINISHED = 10.0


@dataclass(frozen=True)
class Service:
    """How one of the two behaves.

    Attributes:
        offered: Its presentation contexts are accepted.
        sends: Which of the wanted instances it sends.
        status: Of its final response.
        takes_lists: A list of UIDs is not answered with C413H.
        silent: Seconds without a word before the first object, or until our side says something or leaves.
        aborts: It ends the association instead of an answer.
    """

    offered: bool = True
    sends: Callable[[list[str]], list[str]] = list
    status: int = 0
    takes_lists: bool = True
    silent: float = 0.0
    aborts: bool = False


def nothing(wanted: list[str]) -> list[str]:
    """Send none."""
    return []


class TwoWays:
    """Plays for each connection.

    Attributes:
        associations: How many there were.
        asked: Service and level of every retrieve request, and the number of UIDs at that level.
        port: Where C-MOVE sends to.
    """

    def __init__(
        self,
        images: int,
        get: Service | None = None,
        move: Service | None = None,
        *,
        releases: bool = True,
        sop_class: str = wire.CT,
        likes_implicit: bool = False,
        accepts_storage: bool = True,
        lists: bool = True,
        sent_as: Callable[[bytes], bytes] = bytes,
    ) -> None:
        """Nothing listens yet: give :meth:`play` to a server.

        Args:
            images: How many it holds.
            get: Its C-GET.
            move: Its C-MOVE.
            releases: It answers requests to release the association.
            sop_class: Of what it holds.
            likes_implicit: It sends Implicit VR wherever a context for that alone was accepted.
            accepts_storage: It accepts contexts for what it holds.
            lists: It answers queries at IMAGE level.
            sent_as: What it sends instead of a data set.
        """
        self.images = [f"1.2.3.4.{number}" for number in range(1, images + 1)]
        self.associations = 0
        self.asked: list[tuple[str, str, int]] = []
        self.port = 0
        self._get, self._move = get or Service(), move or Service()
        self._releases, self._class, self._likes_implicit = releases, sop_class, likes_implicit
        self._accepts_storage, self._lists, self._sent_as = accepts_storage, lists, sent_as

    @property
    def services(self) -> list[str]:
        """The services that were asked, in their order."""
        return [service for service, _, _ in self.asked]

    def play(self, talk: Talk) -> None:
        """Hold one conversation."""
        self.associations += 1
        with contextlib.suppress(Ended, ConnectionError):
            contexts = self._accept(talk)
            while (asked := self._next(talk)) is not None:
                final: int | None = 0
                if asked.field == wire.FIND_RQ:
                    final = self._find(talk, asked)
                elif asked.field in (wire.GET_RQ, wire.MOVE_RQ):
                    final = self._retrieve(talk, asked, contexts)
                elif asked.field == wire.CANCEL_RQ:
                    continue
                if final is None:
                    talk.send(wire.abort(2, 0))
                    talk.rest()
                    return
                talk.send(wire.response(asked, final))

    def _accept(self, talk: Talk) -> list[int]:
        """Contexts for what it holds, the best one first."""
        request = talk.request()
        refused = {
            uid
            for service, uids in ((self._get, GET), (self._move, MOVE))
            for uid in uids.values()
            if not service.offered
        }
        if not self._accepts_storage:
            services = {*FIND.values(), *GET.values(), *MOVE.values()}
            refused |= {uid for uid, _ in request.contexts.values()} - services
        answers = [
            wire.answered(number, 3 if uid in refused else 0, syntaxes[0])
            for number, (uid, syntaxes) in request.contexts.items()
        ]
        talk.send(wire.associate(wire.AC, answers, user_information=wire.user(16384, request.roles)))
        own = {n: syntaxes[0] for n, (uid, syntaxes) in request.contexts.items() if uid == self._class}
        if not self._accepts_storage:
            return []
        wanted = IMPLICIT_LE if self._likes_implicit and IMPLICIT_LE in own.values() else wire.EXPLICIT
        return [number for number, syntax in own.items() if syntax == wanted]

    def _next(self, talk: Talk) -> wire.Message | None:
        if self._releases:
            return talk.next()
        found = talk.pdu()
        if found.kind != wire.DATA:
            talk.rest()
            return None
        talk.fragments = found.fragments
        return talk.message()

    def _find(self, talk: Talk, asked: wire.Message) -> int:
        study, series = (0x0020000D, "UI", STUDY.encode()), (0x0020000E, "UI", SERIES.encode())
        rows = [[(0x00080060, "CS", b"CT"), study, series]]
        if b"IMAGE" in (asked.data or b""):
            if not self._lists:
                return 0xA900
            known = (0x00080016, "UI", self._class.encode())
            rows = [[known, (0x00080018, "UI", uid.encode()), study, series] for uid in self.images]
        for row in rows:
            talk.send(wire.response(asked, 0xFF00, wire.explicit(*row)))
        return 0

    def _retrieve(self, talk: Talk, asked: wire.Message, contexts: list[int]) -> int | None:
        by_get = asked.field == wire.GET_RQ
        service = self._get if by_get else self._move
        wish: Dataset = read_dataset(BytesIO(asked.data or b""), False, True)
        uids = [wish[key].value for key in ("SOPInstanceUID", "SeriesInstanceUID") if key in wish]
        first = [uids[0]] if uids and isinstance(uids[0], str) else list(uids[0]) if uids else []
        self.asked.append(("C-GET" if by_get else "C-MOVE", wish.QueryRetrieveLevel, len(first)))
        if service.aborts:
            return None
        if len(first) > 1 and not service.takes_lists:
            return 0xC413
        select.select([talk.sock], [], [], service.silent)
        sending = service.sends(first if wish.QueryRetrieveLevel == "IMAGE" else self.images)
        if by_get and contexts:
            self.send_objects(talk, contexts[0], sending)
        elif not by_get and sending:
            with client(self.port) as back:
                taken = back.propose({1: (self._class, wire.EXPLICIT)}).contexts[1][0] == 0
                if taken:
                    self.send_objects(back, 1, sending)
                back.release()
                return service.status if taken else 0xA702
        return service.status

    def send_objects(self, talk: Talk, context: int, sending: list[str]) -> None:
        for number, uid in enumerate(sending, 1):
            talk.send(wire.store(context, number, uid, self.data(uid), self._class))
            answer = talk.next()
            if answer is None:  # getscu ends the association at an object it cannot read
                raise Ended
            assert (answer.field, answer.number(wire.STATUS)) == (wire.STORE_RQ | wire.RESPONSE, 0)

    def data(self, uid: str) -> bytes:
        """What it sends of an image."""
        return self._sent_as(wire.image(uid, 100, self._class))
