"""A server whose C-FIND answers are bytes made beforehand: it costs a client nothing to wait for.

``python -m tests.benchmarks.canned ROWS`` prints its port and serves until its standard input closes.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator

from pydicom import Dataset

from tests.peers import wire
from tests.peers.peer import Server, Talk
from workstation.network.exchange import encode


def rows(count: int, syntax: str) -> list[bytes]:
    """So many different studies, as identifiers in a transfer syntax."""
    found = []
    for number in range(count):
        row = Dataset()
        row.SpecificCharacterSet = "ISO_IR 192"
        row.QueryRetrieveLevel = "STUDY"
        row.StudyDate = f"20{number % 26:02}0{number % 9 + 1}1{number % 10}"
        row.StudyTime = f"{number % 24:02}3015"
        row.AccessionNumber = f"A{number:07}"
        row.ModalitiesInStudy = ["CT", "SR"] if number % 3 else "MR"
        row.StudyDescription = f"Thorax Übersicht {number}"
        row.ReferringPhysicianName = "Referring^Physician"
        row.PatientName = f"Patient^Number {number:05}=王^小东"
        row.PatientID = f"ID{number // 2:06}"
        row.PatientBirthDate = "19700101"
        row.PatientSex = "F" if number % 2 else "M"
        row.StudyInstanceUID = f"1.2.826.0.1.3680043.8.498.{number + 1}"
        row.StudyID = str(number)
        row.NumberOfStudyRelatedSeries = number % 9 + 1
        row.NumberOfStudyRelatedInstances = number % 900 + 1
        found.append(encode(row, syntax))
    return found


class Canned:
    """The script: the answers are put together once for each context and transfer syntax."""

    def __init__(self, count: int) -> None:
        self._rows = {syntax: rows(count, syntax) for syntax in (wire.EXPLICIT, wire.IMPLICIT)}
        self._made: dict[tuple[int, int, str], bytes] = {}

    def __call__(self, talk: Talk) -> None:
        talk.accept(max_pdu=131072)
        with contextlib.suppress(AssertionError):  # ends with the release request
            while True:
                asked = talk.message()
                if asked.field == wire.CANCEL_RQ:
                    continue  # all answers have been sent
                key = (asked.context, asked.number(wire.ID), talk.syntaxes[asked.context])
                if key not in self._made:
                    answers = [wire.response(asked, 0xFF00, data) for data in self._rows[key[2]]]
                    self._made[key] = b"".join([*answers, wire.response(asked, 0x0000)])
                talk.send(self._made[key])
        talk.send(wire.release(wire.RELEASE_RP))


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
