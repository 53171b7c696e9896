"""An archive that answers so many studies at most, and matches dates and times as a test decides.

It ignores C-CANCEL, and compares as text what stands in ranges.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from tests.peers import wire
from tests.peers.peer import Ended, Talk
from tests.peers.wire import Message


class Held(NamedTuple):
    """A study it has; without date and time where they are empty."""

    uid: str
    date: str
    time: str = "101500"
    patient: str = "P1"
    name: str = "Invented^Person"


def daily(
    count: int, *, per_day: int = 1, last: date = date(2026, 3, 17), root: str = "1.2.826"
) -> list[Held]:
    """So many studies, on as few days as it takes, backwards, one each minute."""
    return [
        Held(
            f"{root}.{number}",
            f"{last - timedelta(days=number // per_day):%Y%m%d}",
            f"{number % per_day // 60 % 24:02}{number % per_day % 60:02}00.5",
        )
        for number in range(count)
    ]


@dataclass
class Limits:
    """How it misbehaves.

    Attributes:
        most: Answers to a query, at most.
        final: Its status where there are more.
        ignored: Keys it ignores: "date", "time", "name", "patient".
        refuses_whole: Where there are more, it answers none.
        undated: It answers studies without a date to ranges that are open to the past.
    """

    most: int = 10**9
    final: int = 0
    ignored: Sequence[str] = ()
    refuses_whole: bool = False
    undated: bool = False


class Limited:
    """Plays for each connection.

    Attributes:
        queries: What it was asked, as text by tag.
        requests: The requests for associations.
    """

    def __init__(
        self,
        studies: Sequence[Held],
        limits: Limits | None = None,
        *,
        accepts: Callable[[str], bool] = lambda uid: True,
        answers: bytes | None = None,
        fails: Callable[[wire.Proposal], bool] = lambda request: False,
        silently: bool = False,
    ) -> None:
        """Nothing listens yet: give :meth:`play` to a server.

        Args:
            studies: What it has.
            limits: How it answers.
            accepts: Whether it takes a SOP class.
            answers: To extended negotiation of each class; None: nothing.
            fails: Whether it aborts on a request for an association.
            silently: Instead of aborting it says nothing.
        """
        self.queries: list[dict[int, str]] = []
        self.requests: list[wire.Proposal] = []
        self._studies = studies
        self._limits = limits or Limits()
        self._accepts = accepts
        self._answers = answers
        self._fails, self._silently = fails, silently

    def play(self, talk: Talk) -> None:
        with contextlib.suppress(Ended, ConnectionError):
            self._play(talk)

    def _play(self, talk: Talk) -> None:
        request = talk.request()
        self.requests.append(request)
        if self._fails(request):
            talk.send(b"" if self._silently else wire.abort(2, 1))
            talk.rest()
            return
        refused = {number: 3 for number, (uid, _) in request.contexts.items() if not self._accepts(str(uid))}
        extended = None if self._answers is None else dict.fromkeys(request.extended, self._answers)
        talk.accept(refused, request=request, extended=extended)
        while (asked := talk.next()) is not None:
            if asked.field == wire.FIND_RQ:
                talk.send(wire.response(asked, self._find(talk, asked)))
            elif asked.field != wire.CANCEL_RQ:  # which it ignores
                talk.send(wire.response(asked, 0))

    def _find(self, talk: Talk, asked: Message) -> int:
        keys = {tag: value.decode().strip(" \0") for tag, value in _values(asked.data or b"").items()}
        self.queries.append(keys)
        found = [one for one in self._studies if self.fits(one, keys)]
        if keys[0x00080052] == "PATIENT":
            found = list({one.patient: one for one in found}.values())
        more = len(found) > self._limits.most
        if not (more and self._limits.refuses_whole):
            for one in found[: self._limits.most]:
                talk.send(wire.response(asked, 0xFF00, _row(one, keys[0x00080052].encode())))
        return self._limits.final if more else 0

    def fits(self, one: Held, keys: dict[int, str]) -> bool:
        """Whether it finds a study by these keys."""
        ignored, dates = self._limits.ignored, keys.get(0x00080020, "")
        if "date" not in ignored and dates and not _in_range(one.date, dates):
            undated = self._limits.undated and not one.date and dates.startswith("-")
            if not undated:
                return False
        if "time" not in ignored and not _in_range(one.time, keys.get(0x00080030, "")):
            return False
        return keys.get(0x00100020, "") in ("", one.patient)


def _in_range(value: str, key: str) -> bool:
    if not key:
        return True
    low, dash, high = key.partition("-")
    return bool(value) and low <= value and (not (high or not dash) or value <= (high or low))


def _values(data: bytes) -> dict[int, bytes]:
    found, position = {}, 0
    while position < len(data):
        tag = int.from_bytes(data[position : position + 2], "little") << 16
        tag |= int.from_bytes(data[position + 2 : position + 4], "little")
        length = int.from_bytes(data[position + 6 : position + 8], "little")
        found[tag] = data[position + 8 : position + 8 + length]
        position += 8 + length
    return found


def _row(one: Held, level: bytes) -> bytes:
    return wire.explicit(
        (0x00080020, "DA", one.date.encode()),
        (0x00080030, "TM", one.time.encode()),
        (0x00080052, "CS", level),
        (0x00100010, "PN", one.name.encode()),
        (0x00100020, "LO", one.patient.encode()),
        (0x0020000D, "UI", one.uid.encode()),
    )
