"""A server whose C-FIND answers are bytes made beforehand: it costs a client nothing to wait for.

``python -m tests.benchmarks.canned ROWS`` prints its port and serves until its standard input closes.
"""

from __future__ import annotations

import contextlib
import select
import struct
import subprocess
import sys
from collections.abc import Iterator

from tests.peers import wire
from tests.peers.peer import Server, Talk

_AT_ONCE = 500
"""Answers sent between two looks at what the client says."""


def rows(count: int, syntax: str) -> list[bytes]:
    """So many different studies, two for each patient, as identifiers in a transfer syntax."""
    element = _explicit if syntax == wire.EXPLICIT else _implicit
    return [
        b"".join(element(tag, vr, value.encode()) for tag, vr, value in _study(number))
        for number in range(count)
    ]


def _study(number: int) -> Iterator[tuple[int, bytes, str]]:
    """The elements of a study, in their order."""
    yield 0x00080005, b"CS", "ISO_IR 192"
    yield 0x00080020, b"DA", f"20{number % 26:02}0{number % 9 + 1}1{number % 10}"
    yield 0x00080030, b"TM", f"{number % 24:02}3015"
    yield 0x00080050, b"SH", f"A{number:07}"
    yield 0x00080052, b"CS", "STUDY"
    yield 0x00080061, b"CS", "CT\\SR" if number % 3 else "MR"
    yield 0x00080090, b"PN", "Referring^Physician"
    yield 0x00081030, b"LO", f"Thorax Übersicht {number}"
    yield 0x00100010, b"PN", f"Patient^Number {number // 2:05}=王^小东"
    yield 0x00100020, b"LO", f"ID{number // 2:06}"
    yield 0x00100030, b"DA", "19700101"
    yield 0x00100040, b"CS", "F" if number // 2 % 2 else "M"
    yield 0x0020000D, b"UI", f"1.2.826.0.1.3680043.8.498.{number + 1}"
    yield 0x00200010, b"SH", str(number)
    yield 0x00201206, b"IS", str(number % 9 + 1)
    yield 0x00201208, b"IS", str(number % 900 + 1)


def _explicit(tag: int, vr: bytes, value: bytes) -> bytes:
    value += (b"\0" if vr == b"UI" else b" ") * (len(value) % 2)
    return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr, len(value)) + value


def _implicit(tag: int, vr: bytes, value: bytes) -> bytes:
    value += (b"\0" if vr == b"UI" else b" ") * (len(value) % 2)
    return struct.pack("<HHL", tag >> 16, tag & 0xFFFF, len(value)) + value


class Canned:
    """The script: the rows are encoded once, and put into messages by the hundred."""

    def __init__(self, count: int) -> None:
        self._rows = {syntax: rows(count, syntax) for syntax in (wire.EXPLICIT, wire.IMPLICIT)}

    def __call__(self, talk: Talk) -> None:
        talk.accept(max_pdu=131072)
        with contextlib.suppress(AssertionError, OSError):  # ends with a release or an abort
            while True:
                asked = talk.message()
                if asked.field == wire.CANCEL_RQ:
                    continue  # all answers have been sent
                status = 0x0000 if self._answer(talk, asked) else 0xFE00
                talk.send(wire.response(asked, status))
        with contextlib.suppress(OSError):
            talk.send(wire.release(wire.RELEASE_RP))

    def _answer(self, talk: Talk, asked: wire.Message) -> bool:
        """Send all rows; False: the client wants no more."""
        some = wire.response(asked, 0xFF00, b"")
        head = some[: len(some) - len(wire.pdu(wire.DATA, wire.pdv(asked.context, 2, b"")))]
        found = self._rows[talk.syntaxes[asked.context]]
        for first in range(0, len(found), _AT_ONCE):
            parts = (
                head + wire.pdu(wire.DATA, wire.pdv(asked.context, 2, row))
                for row in found[first : first + _AT_ONCE]
            )
            talk.send(b"".join(parts))
            if select.select([talk.sock], [], [], 0)[0]:
                return talk.message().field != wire.CANCEL_RQ
        return True


@contextlib.contextmanager
def serving(count: int) -> Iterator[int]:
    """A child process that serves; gives its port."""
    command = [sys.executable, "-m", "tests.benchmarks.canned", str(count)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            yield int(child.stdout.readline())
        finally:
            child.stdin.close()


if __name__ == "__main__":
    with Server(Canned(int(sys.argv[1]))) as server:
        print(server.port, flush=True)
        sys.stdin.read()
