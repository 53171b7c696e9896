"""What becomes of the plan of a retrieve that did not end well."""

from __future__ import annotations

from pathlib import Path

import pytest

from workstation.dicom.nodes import Node
from workstation.dicom.outcomes import End, Failure, Outcome
from workstation.dicom.targets import Target
from workstation.errors import DiskFull, NotKept, NotWritable, Unreachable, WorkstationError
from workstation.operations.collection import Collection
from workstation.operations.retrieve_plan import planned, wants_room
from workstation.operations.retrieve_state import RetrieveState
from workstation.stop import Stop
from workstation.store.plan import PlanState
from workstation.store.plans import Plans


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


@pytest.mark.parametrize(
    ("requests", "state"),
    [
        ([{}], PlanState.CANCELLED),
        ([{"resumes": True}], PlanState.UNFINISHED),
        ([{"at_once": True}], PlanState.UNFINISHED),
        ([{"resumes": True}, {}], PlanState.CANCELLED),
        ([{}, {"at_once": True}], PlanState.CANCELLED),
        ([{"resumes": True}, {}, {"at_once": True}], PlanState.CANCELLED),
        ([{}, {"resumes": True}], PlanState.UNFINISHED),
        ([{"resumes": True}, {"at_once": True}], PlanState.UNFINISHED),
    ],
)
def test_a_stopped_retrieve_can_be_resumed_if_it_was_only_paused(
    tmp_path: Path, requests: list[dict[str, bool]], state: PlanState
) -> None:
    plans, stop, target = Plans(tmp_path / "plans.db"), Stop(), Target("1.2.3")
    node = Node(name="PACS", ae_title="PACS", host="127.0.0.1", port=104)
    books = RetrieveState(node=node, target=target, collection=Collection(target))
    for request in requests:
        stop.request(**request)
    with planned(plans, None, books, stop) as record:
        record.ended(Outcome(end=End.CANCELLED, expected=9, received=4))
    [plan] = plans.every()
    assert plan.state is state
    plans.close()
