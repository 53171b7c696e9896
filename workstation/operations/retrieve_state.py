"""Hold the state of one retrieve, and derive its outcome from the files that are here, not from counters."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

from workstation.dicom.completeness import Accepted, Completeness, Extent, StudyListing, completeness
from workstation.dicom.nodes import Node
from workstation.dicom.outcomes import End, Failure, Outcome
from workstation.dicom.statuses import StatusClass, meaning
from workstation.dicom.targets import Target
from workstation.dicom.uids import fault_of_uid
from workstation.errors import (
    MoveDestinationUnknown,
    NoSuchStudy,
    NotKept,
    OperationFailed,
    UserMessage,
    WorkstationError,
)
from workstation.network.dimse import DimseResponse, failed
from workstation.operations.breaks import Break
from workstation.operations.collection import Collection
from workstation.operations.expected_instances import Expected
from workstation.operations.fetch import ByGet, ByMove, Fetcher, RetrieveService
from workstation.operations.on_demand_listener import OnDemandListener
from workstation.operations.repair import may_be_fetched
from workstation.store.index_check import Here

_PERMANENT = range(0xA900, 0xD000)  # our own refusals that another try cannot change
_NO_RESOURCES = 0xA7
_UNFILED = 0x0000  # it arrived, and is cut off or lacks UIDs
_FOR_GOOD = frozenset((*_PERMANENT, _UNFILED))


@dataclass(slots=True, kw_only=True)
class RetrieveState:
    """The state of one retrieve.

    What changes while it runs is changed under the lock of the collection, by whichever thread fetches.

    Attributes:
        node: The archive.
        target: What was asked for.
        collection: What has arrived.
        expected: What the archive lists; None until it was queried.
        responses: The final response of each request.
        listed_as_failed: Failed SOP Instance UID Lists together.
        listings: Those of the study by all sources, this archive's newest included.
        accepted: What the user accepted of it.
        seen: What of the target is here by its files; None until the transfer is over.
        broken: It was cancelled or broke off.
        proposed: Storage SOP classes that were proposed to the archive for C-GET.
        agreed: SOP classes it accepted, each with a transfer syntax.
        by_service: The last final response by service, of each that was tried.
        got: Something came by C-GET.
        associations: How many fetched at once, at most.
        breaks: The requests over which associations broke.
        given_up: Why an instance is not asked for again, by SOP Instance UID.
    """

    node: Node
    target: Target
    collection: Collection
    expected: Expected | None = None
    responses: list[DimseResponse] = field(default_factory=list)
    listed_as_failed: set[str] = field(default_factory=set)
    listings: tuple[StudyListing, ...] = ()
    accepted: Accepted | None = None
    seen: Here | None = None
    broken: bool = False
    proposed: set[str] = field(default_factory=set)
    agreed: set[tuple[str, str]] = field(default_factory=set)
    by_service: dict[str, tuple[RetrieveService, DimseResponse]] = field(default_factory=dict)
    got: bool = False
    associations: int = 0
    breaks: list[Break] = field(default_factory=list)
    given_up: dict[str, UserMessage] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)

    def note(self, response: DimseResponse, service: RetrieveService) -> None:
        """Note the final response of a request."""
        with self.collection.lock:
            self.responses.append(response)
            self.by_service[service.name] = service, response
            self.listed_as_failed.update(response.failed_uids)

    def negotiated(self, fetcher: Fetcher, at_once: int = 1) -> None:
        """Note what the archive agreed to in a new association, one of ``at_once``."""
        with self.collection.lock:
            self.proposed |= fetcher.proposed
            self.agreed |= fetcher.agreed
            self.by_service.setdefault(fetcher.service.name, (fetcher.service, DimseResponse(status=None)))
            self.associations = max(self.associations, at_once)

    def forget_negotiated(self) -> None:
        """Nothing was fetched yet over what was agreed to: it does not tell what can come."""
        with self.collection.lock:
            self.proposed.clear()
            self.agreed.clear()

    @property
    def agreed_classes(self) -> set[str]:
        """The SOP classes that were accepted in some transfer syntax."""
        return {sop_class for sop_class, _ in self.agreed}

    @property
    def unsent(self) -> bool:
        """The archive reported objects that it could not send."""
        return any(response.failed or response.kind is not StatusClass.SUCCESS for response in self.responses)

    @property
    def names_unsent(self) -> bool:
        """It reported as failed what is missing here, or reported failures and sent something by C-GET."""
        named = bool(self.listed_as_failed.intersection(self.missing or ()))
        return named or (self.got and any(response.failed for response in self.responses))

    @property
    def lacks_room(self) -> bool:
        """We refused something for want of resources (PS3.4 B.2.3)."""
        with self.collection.lock:
            refused = [*self.collection.failures.values(), *filter(None, (self.collection.unnamed,))]
        return any(each.status is not None and each.status >> 8 == _NO_RESOURCES for each in refused)

    @property
    def last(self) -> DimseResponse:
        """The last final response; one without a status if there was none."""
        return self.responses[-1] if self.responses else DimseResponse(status=None)

    @property
    def count(self) -> int | None:
        """How many instances there should be, by the listings of all sources; None: unknown."""
        counts = [listings.within(self.target).expected for listings in self.listings]
        counts.append(self.expected.count if self.expected is not None else None)
        return max((count for count in counts if count is not None), default=None)

    @property
    def here(self) -> int:
        """How many instances of the target are here."""
        if self.seen is not None:
            return len(frozenset().union(*self.seen.values()))
        return len(self.collection.held) + self.collection.fresh

    @property
    def _uids(self) -> frozenset[str]:
        if self.seen is not None:
            return frozenset().union(*self.seen.values())
        with self.collection.lock:
            return self.collection.held.union(self.collection.arrived)

    @property
    def ended_well(self) -> bool:
        """The archive reported for each request that it sent everything, and all that came was kept."""
        lost = self.collection.failures.keys() - self._uids
        refused = bool(lost) or self.collection.unnamed is not None
        return (
            not self.broken
            and not refused
            and all(each.kind is StatusClass.SUCCESS for each in self.responses)
        )

    @property
    def unfinished(self) -> int | None:
        """What is to be kept of a transfer that did not end; see :attr:`StudyListing.unfinished`."""
        return None if self.ended_well else self.collection.announced

    @property
    def completeness(self) -> Completeness:
        """How complete the target is here, once the transfer is over."""
        assert self.seen is not None
        others = [source for source in self.listings if source.source != self.node.label]
        [own] = [source for source in self.listings if source not in others] or [
            StudyListing(self.node.label)
        ]
        listings = [
            source.within(self.target) for source in (*others, replace(own, unfinished=self.unfinished))
        ]
        return completeness(
            listings, self.seen, accepted=self.accepted, doubtful=len(self.collection.doubtful)
        )

    @property
    def missing(self) -> set[str] | None:
        """Expected and not here; None while it is unknown what to expect."""
        if self.expected is None or self.expected.instances is None:
            return None
        return self.expected.instances.keys() - self._uids

    @property
    def askable(self) -> set[str]:
        """What is missing and can be asked for again, without what we refused for a permanent reason."""
        refused, known = self.collection.failures, self._listed_instances
        return {
            uid
            for uid in self.missing or ()
            if may_be_fetched(uid, known[uid][0])
            and uid not in self.given_up
            and (
                uid not in refused or refused[uid].status not in _FOR_GOOD or uid in self.collection.cut_once
            )
        }

    @property
    def _listed_instances(self) -> dict[str, tuple[str, str]]:
        """See :attr:`Expected.instances`; empty where it is unknown."""
        return (self.expected.instances if self.expected is not None else None) or {}

    def outcome(self, end: End | None, error: WorkstationError | None) -> Outcome:
        """How it ended.

        Args:
            end: CANCELLED, or None to judge by what is here.
            error: What broke it off after something had arrived.
        """
        self.broken = error is not None or end is not None
        found = self.completeness
        unsent = {uid for uid in self.listed_as_failed if uid} - self._uids
        end = end or self._judge(found, unsent)
        missing = found.missing
        return Outcome(
            end=end,
            verified=found.verified,
            expected=found.expected,
            received=found.here,
            missing=tuple(sorted(missing)),
            failed=self._failures(self.missing),
            bytes=self.collection.bytes,
            associations=self.associations,
            seconds=round(time.monotonic() - self.started, 3),
            message=UserMessage.joined(
                " ", (self._message(end, found, error), self._unasked(found), self._doubtful())
            ),
            interrupted=error is not None and not end.good,
            accepted=found.extent is Extent.ACCEPTED,
            unasked=len(self.collection.unasked),
            doubtful=len(self.collection.doubtful),
            found=found,
        )

    def _judge(self, found: Completeness, unsent: set[str]) -> End:
        match found.extent:
            case Extent.NOTHING:
                return End.FAILED
            case Extent.COMPLETE:
                return End.COMPLETE
            case Extent.ACCEPTED:
                return End.RECEIVED
            case Extent.PARTIAL:
                return End.PARTIAL
        return End.PARTIAL if unsent else End.RECEIVED

    def _failures(self, missing: set[str] | None) -> tuple[Failure, ...]:
        known = dict(self.collection.failures)
        for uid in missing or ():
            if (sop_class := self._refused_class(uid)) is not None:
                known.setdefault(uid, Failure(uid, None, _not_agreed(self.node.label, sop_class)))
        for uid, reason in self.given_up.items():
            known.setdefault(uid, Failure(uid, None, reason))
        for uid in self.listed_as_failed:
            known.setdefault(uid, Failure(uid, None, unsent(self.node.label)))
        for uid in missing or ():
            if not may_be_fetched(uid, self._listed_instances[uid][0]):
                known.setdefault(uid, Failure(uid, None, _unusable(uid)))
        here = self._uids
        return tuple(
            failure
            for uid, failure in sorted(known.items())
            if uid not in here and (missing is None or uid in missing)
        )

    def _refused_class(self, uid: str) -> str | None:
        """The SOP class of an instance, if the archive did not accept it; empty if it is not known."""
        sop_class = self._listed_instances.get(uid, ("", ""))[1]
        if sop_class:
            return sop_class if sop_class in self.proposed - self.agreed_classes else None
        return "" if uid in self.listed_as_failed and self.proposed else None

    def _message(self, end: End, found: Completeness, error: WorkstationError | None) -> str:
        if end is End.COMPLETE:
            return ""
        if end is End.RECEIVED:
            return self._unsure(found)
        counted = self._counted(found)
        if error is None:
            return counted
        return UserMessage("{error} {counted}", error=error.message, counted=counted)

    def _unsure(self, found: Completeness) -> UserMessage:
        if found.extent is Extent.ACCEPTED:
            return UserMessage("{counted} It was accepted as all there is.", counted=self._counted(found))
        if found.extent is Extent.LISTED:
            words = "All {here} that the archive lists are here; it counts {counted}."
            return UserMessage(words, here=found.here, counted=found.expected)
        if found.extent is Extent.COUNTED:
            return UserMessage("The archive counts as many, but it gave no list of them to compare with.")
        if found.expected is not None:
            return UserMessage("The archive counts fewer than are here, and gave no list of them.")
        return UserMessage("The archive could not say how many images there should be.")

    def _unasked(self, found: Completeness) -> str:
        more = len(self.collection.unasked)
        if not more:
            return ""
        arrived = more + len(self.collection.arrived)
        if found.expected is None:
            return UserMessage(
                "{came} files came, {more} of them were not asked for.", came=arrived, more=more
            )
        if found.expected == 1:
            return UserMessage("{came} files came, 1 was asked for.", came=arrived)
        return UserMessage("{came} files came, {asked} were asked for.", came=arrived, asked=found.expected)

    def _doubtful(self) -> str:
        doubtful = self.collection.doubtful
        if not doubtful:
            return ""
        return UserMessage("{count} doubtful: {reason}.", count=len(doubtful), reason=min(doubtful.values()))

    def _counted(self, found: Completeness) -> UserMessage:
        if found.total is None:
            return UserMessage(
                "{here} images are here; how many there should be is unknown.", here=found.here
            )
        if found.total == 1:
            return UserMessage("{here} of 1 image is here.", here=found.here)
        return UserMessage("{here} of {total} images are here.", here=found.here, total=found.total)

    def failure(self, listening: OnDemandListener | None, *, get_refused: bool = False) -> WorkstationError:
        """Why nothing came although nothing broke; ``get_refused``: the archive offers no C-GET."""
        service, response = self._decisive()
        first = next(iter(self.collection.failures.values()), self.collection.unnamed)
        if first is not None:  # whatever the archive calls it, the cause is on this side
            if first.status == _UNFILED:
                return OperationFailed(
                    self.node.label,
                    service.name,
                    response.status,
                    response.comment,
                    UserMessage(
                        "what came is cut off or does not tell whose it is; it is in the folder “unfiled”"
                    ),
                )
            return NotKept(self.node.label, first.reason, first.status)
        words = meaning(service.name, response.status)
        # A801H says so; others use A702H or Cxxx for it, which means it where the study does exist.
        alone = len(self.by_service) == 1 and response.kind is StatusClass.FAILURE and self._exists
        if isinstance(service, ByMove) and listening is not None and (response.status == 0xA801 or alone):
            return MoveDestinationUnknown(
                self.node.label,
                service.name,
                response.status,
                response.comment,
                words,
                service.destination,
                listening.port,
                get_refused,
                ByGet.name in self.by_service,
            )
        if response.kind not in (StatusClass.FAILURE, StatusClass.WARNING):
            if not self._exists:
                return NoSuchStudy(self.node.label, self.target.level.value.lower())
            words = UserMessage("it reported success, but nothing arrived")
        refused = {sop_class for uid in self.missing or () if (sop_class := self._refused_class(uid))}
        if refused:
            words = UserMessage("it does not agree to send objects of the SOP class {uid}", uid=min(refused))
        found = failed(self.node.label, service.name, response)
        found.meaning = words
        return found

    @property
    def _exists(self) -> bool:
        expected = self.expected
        return expected is not None and not expected.absent and bool(expected.count or expected.series)

    def _decisive(self) -> tuple[RetrieveService, DimseResponse]:
        """The response that explains best why nothing came: an unknown destination can be helped."""
        found = sorted(
            self.by_service.values(),
            key=lambda each: (
                each[1].status == 0xA801,
                each[1].kind is StatusClass.FAILURE,
                isinstance(each[0], ByGet),
            ),
        )
        return found[-1]


def _unusable(uid: str) -> UserMessage:
    """Why an instance is not asked for by itself."""
    fault = fault_of_uid(uid)
    if fault is None:
        return UserMessage("It cannot be asked for: the UID of its series is not valid.")
    return UserMessage("It cannot be asked for: its SOP Instance UID {fault}.", fault=fault)


def _not_agreed(node: str, sop_class: str) -> UserMessage:
    """Why an instance did not come by C-GET; ``sop_class`` is empty where it is not known."""
    if sop_class:
        return UserMessage(
            "{node} does not agree to send objects of the SOP class {uid}.", node=node, uid=sop_class
        )
    return UserMessage(
        "{node} does not tell its SOP class, and sent it under none of those that were proposed.", node=node
    )


def unsent(node: str) -> UserMessage:
    """Why an instance failed that an archive lists in its Failed SOP Instance UID List."""
    return UserMessage("{node} says that it could not send it.", node=node)
