"""An archive whose every answer a test decides: honest where nothing is said."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tests.peers import wire
from tests.peers.peer import Talk
from tests.peers.wire import Message

STUDY, SERIES = "1.2.3", "1.2.3.1"

Send = Callable[[Talk, int, Message], None]
"""What a C-GET makes it do, before its final answer; given the context for CT images."""


class Crooked:
    """Plays for each connection; one study with one series of ``images``.

    Attributes:
        statuses: What became of the objects it sent, in their order.
    """

    def __init__(
        self,
        images: Iterable[str],
        send: Send | None = None,
        *,
        finals: dict[int, int | None] | None = None,
        counts: bytes = b"",
        lists_images: bool = True,
    ) -> None:
        """Nothing listens yet: give :meth:`play` to a server.

        Args:
            images: SOP Instance UIDs it says that there are.
            send: What happens on a C-GET.
            finals: Final statuses by command field; success where nothing is said.
            counts: What it says when it is asked for numbers of instances.
            lists_images: Answer at IMAGE level; else with A900H.
        """
        self.statuses: list[int] = []
        self._images = tuple(images)
        self._send = send
        self._finals = finals or {}
        self._counts = counts
        self._lists_images = lists_images

    def play(self, talk: Talk) -> None:
        request = talk.accept()
        explicit = [
            number
            for number, (what, (syntax, *_)) in request.contexts.items()
            if (what, syntax) == (wire.CT, wire.EXPLICIT)
        ]
        while (asked := talk.next()) is not None:
            final: int | None = self._finals.get(asked.field, 0)
            if asked.field == wire.FIND_RQ:
                final = self.answer_find(talk, asked) or final
            elif asked.field == wire.GET_RQ and self._send is not None and explicit:
                self._send(talk, explicit[0], asked)
            elif asked.field not in (wire.GET_RQ, wire.MOVE_RQ, wire.ECHO_RQ, wire.STORE_RQ):
                continue
            talk.send(wire.response(asked, final, fields={wire.COMMENT: b"why "}))

    def answer_find(self, talk: Talk, asked: Message) -> int | None:
        level = asked.data or b""
        study = (0x0020000D, "UI", STUDY.encode())
        series = (0x0020000E, "UI", SERIES.encode())
        if b"IMAGE" in level:
            if not self._lists_images:
                return 0xA900
            rows = [
                [(0x00080016, "UI", wire.CT.encode()), (0x00080018, "UI", uid.encode()), study, series]
                for uid in self._images
            ]
        elif b"SERIES" in level:
            rows = [[(0x00080060, "CS", b"CT"), study, series, (0x00201209, "IS", self._counts)]]
        else:
            rows = [[study, (0x00201208, "IS", self._counts)]]
        for row in rows:
            talk.send(wire.response(asked, 0xFF00, wire.explicit(*row)))
        return None

    def store(
        self, talk: Talk, context: int, instance: str, data: bytes | None = None, sop_class: str = wire.CT
    ) -> None:
        """Send an object and note what our side says."""
        whole = wire.image(instance, 100) if data is None else data
        number = len(self.statuses) + 1
        talk.send(wire.store(context, number, instance, whole, sop_class))
        answer = talk.message(wire.STORE_RQ | wire.RESPONSE)
        assert answer.number(wire.RESPONDED) == number
        self.statuses.append(answer.number(wire.STATUS))
