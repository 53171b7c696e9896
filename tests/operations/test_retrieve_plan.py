"""Which ends of a retrieve mean that the disk is full here: these pause it (PS3.4 B.2.3)."""

from __future__ import annotations

import pytest

from workstation.dicom.outcomes import End, Failure, Outcome
from workstation.errors import DiskFull, NotKept, NotWritable, Unreachable, WorkstationError
from workstation.operations.retrieve_plan import wants_room


def failed(*statuses: int | None) -> Outcome:
    failures = tuple(Failure(f"1.2.{n}", status, "") for n, status in enumerate(statuses))
    return Outcome(end=End.PARTIAL, failed=failures)


@pytest.mark.parametrize(
    ("error", "outcome", "wants"),
    [
        (None, None, False),
        (DiskFull("/library", 1, 2), None, True),
        (NotWritable("/library", "denied"), None, False),
        (Unreachable("PACS", "192.0.2.1", 104, "no route"), None, False),
        (NotKept("PACS", "", 0xA700), None, True),
        (NotKept("PACS", "", 0xA7FF), None, True),
        (NotKept("PACS", "", 0xA900), None, False),
        (NotKept("PACS", "", None), None, False),
        (None, failed(), False),
        (None, failed(None, 0xC000), False),
        (None, failed(0xA900, 0xA700), True),
        (None, failed(0x00A7), False),
    ],
)
def test_what_wants_room(error: WorkstationError | None, outcome: Outcome | None, wants: bool) -> None:
    assert wants_room(error, outcome) is wants
