"""Why a retrieve brought nothing, and its outcome: by statuses and local copies, without a network."""

from __future__ import annotations

import pytest

from workstation.dicom.completeness import Accepted, SeriesListing, StudyListing
from workstation.dicom.nodes import Node
from workstation.dicom.outcomes import End, Failure
from workstation.dicom.targets import Target
from workstation.errors import MoveDestinationUnknown, NoSuchStudy, NotKept, OperationFailed, Unreachable
from workstation.network.dimse import DimseResponse
from workstation.network.suboperations import FirstObjectWait
from workstation.operations.collection import Collection
from workstation.operations.expected_instances import Expected
from workstation.operations.fetch import ByGet, ByMove, RetrieveService
from workstation.operations.on_demand_listener import OnDemandListener
from workstation.operations.refusing_router import RefusingRouter
from workstation.operations.retrieve_state import RetrieveState

NODE = Node(name="PACS", ae_title="PACS", host="192.0.2.1", port=104)
TARGET = Target("1.2")
GET, MOVE = ByGet(RefusingRouter(), FirstObjectWait(1.0)), ByMove("ME")
CT = "1.2.840.10008.5.1.4.1.1.2"
LISTED = Expected(instances={"1.2.3.1": ("1.2.3", CT), "1.2.3.2": ("1.2.3", CT)}, count=2)
ABSENT, UNKNOWN = Expected(instances={}, count=0, absent=True), Expected()


def state(expected: Expected | None = LISTED, *here: str) -> RetrieveState:
    """A retrieve that is over, of which the instances ``here`` have come."""
    found = RetrieveState(node=NODE, target=TARGET, collection=Collection(TARGET), expected=expected)
    found.seen = {"1.2.3": frozenset(here)} if here else {}
    if expected is not None and expected.instances:
        series = {"1.2.3": SeriesListing(uids=frozenset(expected.instances))}
        found.listings = (StudyListing(source=NODE.label, series=series, every_series=True),)
    return found


def ended(
    expected: Expected | None, *responses: tuple[RetrieveService, int | None], failed: tuple[str, ...] = ()
) -> RetrieveState:
    """A retrieve that brought nothing, with the final statuses of its requests."""
    found = state(expected)
    for service, status in responses:
        found.note(DimseResponse(status=status, failed_uids=failed), service)
    return found


@pytest.fixture(scope="module")
def listener() -> OnDemandListener:
    return OnDemandListener(RefusingRouter(), 11112)


@pytest.mark.parametrize(
    ("expected", "responses", "error"),
    [
        (LISTED, [(MOVE, 0xA801)], MoveDestinationUnknown),
        (UNKNOWN, [(MOVE, 0xA801)], MoveDestinationUnknown),
        (LISTED, [(MOVE, 0xA702)], MoveDestinationUnknown),
        (LISTED, [(MOVE, 0xC000)], MoveDestinationUnknown),
        (LISTED, [(GET, 0xC000), (MOVE, 0xA801)], MoveDestinationUnknown),
        (LISTED, [(MOVE, 0xA801), (GET, 0xC000)], MoveDestinationUnknown),
        (LISTED, [(GET, 0xC000), (MOVE, 0xC000)], OperationFailed),
        (UNKNOWN, [(MOVE, 0xA702)], OperationFailed),
        (ABSENT, [(MOVE, 0xA702)], OperationFailed),
        (LISTED, [(GET, 0xA701)], OperationFailed),
        (LISTED, [(GET, 0x0000)], OperationFailed),
        (LISTED, [(GET, 0xB000)], OperationFailed),
        (ABSENT, [(GET, 0x0000)], NoSuchStudy),
        (UNKNOWN, [(GET, 0x0000)], NoSuchStudy),
        (None, [(MOVE, 0x0000)], NoSuchStudy),
    ],
)
def test_why_nothing_came(
    listener: OnDemandListener,
    expected: Expected | None,
    responses: list[tuple[RetrieveService, int]],
    error: type[Exception],
) -> None:
    assert type(ended(expected, *responses).failure(listener)) is error


def test_only_our_own_listener_can_be_unknown_to_an_archive() -> None:
    error = ended(LISTED, (MOVE, 0xA801)).failure(None)
    assert type(error) is OperationFailed
    assert error.status == 0xA801


@pytest.mark.parametrize(
    ("responses", "refused", "words"),
    [
        ([(MOVE, 0xA801)], False, "or fetch by C-GET."),
        ([(MOVE, 0xA801)], True, "and offers no C-GET."),
        ([(GET, 0xC000), (MOVE, 0xA801)], False, "and C-GET brought nothing."),
    ],
)
def test_an_unknown_destination_is_explained(
    listener: OnDemandListener, responses: list[tuple[RetrieveService, int]], refused: bool, words: str
) -> None:
    message = str(ended(LISTED, *responses).failure(listener, get_refused=refused))
    assert words in message
    assert "“ME”" in message
    assert "port 11112" in message


@pytest.mark.parametrize(
    ("status", "error"), [(0xA700, NotKept), (0xA900, NotKept), (0x0000, OperationFailed)]
)
def test_what_we_refused_ourselves_is_not_blamed_on_the_archive(
    listener: OnDemandListener, status: int, error: type[Exception]
) -> None:
    found = ended(LISTED, (MOVE, 0xA801))
    found.collection.failures["1.2.3.1"] = Failure("1.2.3.1", status, "It is broken.")
    assert type(found.failure(listener)) is error


def test_a_sop_class_that_was_not_agreed_is_named() -> None:
    found = ended(LISTED, (GET, 0xC000))
    found.proposed.add(CT)
    assert CT in str(found.failure(None))
    found.agreed.add((CT, "1.2.840.10008.1.2"))
    assert CT not in str(found.failure(None))


GONE = Unreachable("PACS", "192.0.2.1", 104, "no route")


@pytest.mark.parametrize(
    ("found", "end", "error", "outcome"),
    [
        (state(LISTED), None, None, End.FAILED),
        (state(LISTED, "1.2.3.1"), None, None, End.PARTIAL),
        (state(LISTED, "1.2.3.1", "1.2.3.2"), None, None, End.COMPLETE),
        (state(LISTED, "1.2.3.1"), None, GONE, End.PARTIAL),
        (state(LISTED, "1.2.3.1"), End.CANCELLED, None, End.CANCELLED),
        (state(None, "1.2.3.1"), None, None, End.RECEIVED),
        (state(UNKNOWN, "1.2.3.1", "1.2.3.2"), None, None, End.RECEIVED),
    ],
)
def test_how_it_ended(found: RetrieveState, end: End | None, error: Unreachable | None, outcome: End) -> None:
    ended = found.outcome(end, error)
    assert ended.end is outcome
    assert ended.interrupted == (error is not None)
    assert ended.received == len((found.seen or {}).get("1.2.3", ()))


def test_instances_listed_as_failed_make_it_partial() -> None:
    found = state(None, "1.2.3.1")
    found.note(DimseResponse(status=0xB000, failed_uids=("1.2.3.2",)), GET)
    outcome = found.outcome(None, None)
    assert outcome.end is End.PARTIAL
    assert [failure.uid for failure in outcome.failed] == ["1.2.3.2"]


def test_failed_instances_that_are_here_count_as_here() -> None:
    found = state(None, "1.2.3.1")
    found.note(DimseResponse(status=0x0000, failed_uids=("1.2.3.1",)), GET)
    outcome = found.outcome(None, None)
    assert outcome.end is End.RECEIVED
    assert outcome.failed == ()


def test_what_was_accepted_is_received() -> None:
    found = state(None, "1.2.3.1")
    found.note(DimseResponse(status=0xB000, remaining=1, failed=1), GET)
    found.accepted = Accepted(here=1, total=None)
    assert found.outcome(None, None).end is End.RECEIVED


@pytest.mark.parametrize(
    ("refusals", "askable"),
    [
        ({}, {"1.2.3.1", "1.2.3.2"}),
        ({"1.2.3.1": 0xA700}, {"1.2.3.1", "1.2.3.2"}),
        ({"1.2.3.1": 0xA900}, {"1.2.3.2"}),
        ({"1.2.3.1": 0xC000}, {"1.2.3.2"}),
        ({"1.2.3.1": 0x0000}, {"1.2.3.2"}),
        ({"1.2.3.1": 0x0124}, {"1.2.3.1", "1.2.3.2"}),
    ],
)
def test_what_another_request_may_bring(refusals: dict[str, int], askable: set[str]) -> None:
    found = state(LISTED)
    for uid, status in refusals.items():
        found.collection.failures[uid] = Failure(uid, status, "It is broken.")
    assert found.askable == askable


@pytest.mark.parametrize(
    ("status", "failed", "unsent"),
    [(0x0000, None, False), (0x0000, 0, False), (0x0000, 2, True), (0xB000, 0, True), (0xA702, None, True)],
)
def test_whether_the_archive_left_something_out(status: int, failed: int | None, unsent: bool) -> None:
    found = state(LISTED)
    found.note(DimseResponse(status=status, failed=failed), GET)
    assert found.unsent is unsent
