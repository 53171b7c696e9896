"""A modality worklist whose answers a test writes."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Callable, Sequence

from tests.peers import wire
from tests.peers.peer import Ended, Talk

STEPS = 0x00400100
Item = Sequence[tuple[int, str, bytes]]


class ScriptedWorklist:
    """Plays for each connection.

    Attributes:
        asked: The encoded identifiers of all requests, in their order.
        final: Makes the final status of each request, given its identifier.
    """

    def __init__(
        self, answers: Sequence[bytes] | Callable[[bytes], Sequence[bytes]], *, final: int = 0
    ) -> None:
        """Nothing listens yet: give :meth:`play` to a server."""
        self.asked: list[bytes] = []
        self.final: Callable[[bytes], int] = lambda question: final
        self._answers = answers

    def play(self, talk: Talk) -> None:
        with contextlib.suppress(Ended, ConnectionError):
            talk.accept()
            while (request := talk.next()) is not None:
                if request.field == wire.FIND_RQ:
                    question = request.data or b""
                    self.asked.append(question)
                    answers = self._answers(question) if callable(self._answers) else self._answers
                    talk.send(*(wire.response(request, 0xFF00, answer) for answer in answers))
                    talk.send(wire.response(request, self.final(question)))


def refuse(talk: Talk) -> None:
    """Accept an association, but no presentation context of it except for C-ECHO."""
    request = talk.request()
    verification = "1.2.840.10008.1.1"
    talk.accept(
        {number: 3 for number, (what, _) in request.contexts.items() if what != verification}, request=request
    )
    with contextlib.suppress(Ended):
        while talk.next() is not None:
            pass


def answer(
    *items: Item,
    name: bytes = b"Doe^John",
    patient: bytes = b"P1",
    charset: bytes = b"",
    accession: bytes = b"A1",
    more: Item = (),
) -> bytes:
    """An answer with these items of its steps; without any the sequence is empty."""
    head = [(0x00080005, "CS", charset)] if charset else []
    head += [(0x00080050, "SH", accession), (0x00100010, "PN", name), (0x00100020, "LO", patient), *more]
    return wire.explicit(*head) + sequence(STEPS, *items)


def step(
    date: bytes = b"20261201",
    modality: bytes = b"CT",
    station: bytes = b"CT1",
    time: bytes = b"0930",
    **more: bytes,
) -> Item:
    """An item; what is empty is not told. ``more``: description."""
    found = [
        (0x00080060, "CS", modality),
        (0x00400001, "AE", station),
        (0x00400002, "DA", date),
        (0x00400003, "TM", time),
        (0x00400007, "LO", more.get("description", b"")),
    ]
    return [one for one in found if one[2]]


def sequence(tag: int, *items: Item) -> bytes:
    """A sequence in Explicit VR Little Endian, of explicit lengths (PS3.5 7.5)."""
    content = b""
    for item in items:
        inside = wire.explicit(*item)
        content += struct.pack("<HHL", 0xFFFE, 0xE000, len(inside)) + inside
    return struct.pack("<HH2sHL", tag >> 16, tag & 0xFFFF, b"SQ", 0, len(content)) + content
