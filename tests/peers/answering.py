"""An archive whose answers to C-FIND and C-GET a test writes, level by level."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Callable, Mapping, Sequence

from tests.peers import wire
from tests.peers.peer import Ended, Talk
from tests.peers.wire import Message

Rows = Sequence[bytes] | Callable[[bytes], Sequence[bytes]]
"""Encoded answers, or what makes them of the encoded question."""


class Answering:
    """Plays for each connection; every level answers with its rows whatever was asked, if they are given.

    Attributes:
        asked: The encoded identifiers of all requests, in their order.
        statuses: What became of the objects it sent, in their order.
    """

    def __init__(self, *, objects: Mapping[str, bytes] | None = None, **rows: Rows) -> None:
        """Nothing listens yet: give :meth:`play` to a server.

        Args:
            objects: Sent at every C-GET, by SOP Instance UID; CT images in Explicit VR Little Endian.
            rows: By level in small letters: "patient", "study", "series", "image".
        """
        self.asked: list[bytes] = []
        self.statuses: list[int] = []
        self._rows = rows
        self._objects = objects or {}

    def play(self, talk: Talk) -> None:
        with contextlib.suppress(Ended):  # a count nobody waits for any more is called off
            self._play(talk)

    def _play(self, talk: Talk) -> None:
        request = talk.accept()
        images = next(
            (
                number
                for number, (what, (syntax, *_)) in request.contexts.items()
                if (what, syntax) == (wire.CT, wire.EXPLICIT)
            ),
            0,
        )
        while (asked := talk.next()) is not None:
            if asked.field == wire.FIND_RQ:
                self._find(talk, asked)
            elif asked.field == wire.GET_RQ and images:
                self._get(talk, asked, images)
            elif asked.field == wire.CANCEL_RQ:
                continue
            talk.send(wire.response(asked, 0))

    def _find(self, talk: Talk, asked: Message) -> None:
        question = asked.data or b""
        self.asked.append(question)
        rows = self._rows.get(level_of(question).lower(), ())
        for row in rows(question) if callable(rows) else rows:
            talk.send(wire.response(asked, 0xFF00, row))

    def _get(self, talk: Talk, asked: Message, context: int) -> None:
        self.asked.append(asked.data or b"")
        for number, (instance, data) in enumerate(self._objects.items(), 1):
            talk.send(wire.store(context, number, instance, data))
            answer = talk.message(wire.STORE_RQ | wire.RESPONSE)
            self.statuses.append(answer.number(wire.STATUS))


def level_of(question: bytes) -> str:
    """The Query/Retrieve Level of an identifier in Explicit VR Little Endian."""
    start = question.index(b"\x08\x00\x52\x00CS") + 6
    (size,) = struct.unpack_from("<H", question, start)
    return question[start + 2 : start + 2 + size].decode().strip()


def study(uid: bytes, name: bytes = b"Invented^Person", patient: bytes = b"P1", **more: bytes) -> bytes:
    """An answer at STUDY level; ``more``: date, modality, description, images, birth_date, accession."""
    found = [
        (0x00080005, "CS", b"ISO_IR 192"),
        (0x00080020, "DA", more.get("date", b"20240105")),
        *([(0x00080050, "SH", more["accession"])] if "accession" in more else []),
        (0x00080052, "CS", b"STUDY"),
        (0x00080061, "CS", more.get("modality", b"")),
        (0x00081030, "LO", more.get("description", b"")),
        (0x00100010, "PN", name),
        (0x00100020, "LO", patient),
        *([(0x00100030, "DA", more["birth_date"])] if "birth_date" in more else []),
        (0x0020000D, "UI", uid),
        (0x00201208, "IS", more.get("images", b"")),
    ]
    return wire.explicit(*found)


def series(uid: bytes, study_uid: bytes, images: bytes = b"", modality: bytes = b"CT") -> bytes:
    """An answer at SERIES level."""
    return wire.explicit(
        (0x00080052, "CS", b"SERIES"),
        (0x00080060, "CS", modality),
        (0x0020000D, "UI", study_uid),
        (0x0020000E, "UI", uid),
        (0x00201209, "IS", images),
    )


def image(uid: bytes, study_uid: bytes, series_uid: bytes) -> bytes:
    """An answer at IMAGE level."""
    return wire.explicit(
        (0x00080016, "UI", wire.CT.encode()),
        (0x00080018, "UI", uid),
        (0x00080052, "CS", b"IMAGE"),
        (0x0020000D, "UI", study_uid),
        (0x0020000E, "UI", series_uid),
    )
