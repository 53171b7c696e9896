"""What a retrieve knows at any moment, and what it comes to: counted by what is here, not by counters."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from workstation.dicom.nodes import Node
from workstation.dicom.statuses import StatusClass, meaning
from workstation.dicom.targets import End, Failure, Outcome, Target
from workstation.dicom.uids import fault_of_uid
from workstation.errors import (
    MoveDestinationUnknown,
    NoSuchStudy,
    NotKept,
    OperationFailed,
    Sentence,
    WorkstationError,
)
from workstation.network.exchange import Final
from workstation.operations.deliver import Collection
from workstation.operations.expect import Expected
from workstation.operations.fetch import ByMove, Way
from workstation.operations.listening import Listening
from workstation.operations.repair import may_be_fetched

_PERMANENT = range(0xA900, 0xD000)  # our own refusals that another try cannot change


@dataclass(slots=True)
class Tally:
    """The books of one retrieve.

    Attributes:
        node: The archive.
        target: What was asked for.
        collection: What has arrived.
        expected: What the archive says there is; None until it was asked.
        endings: The final statement of each request.
        said_failed: Failed SOP Instance UID Lists together.
    """

    node: Node
    target: Target
    collection: Collection
    expected: Expected | None = None
    endings: list[Final] = field(default_factory=list)
    said_failed: set[str] = field(default_factory=set)
    started: float = field(default_factory=time.monotonic)

    def note(self, ending: Final) -> None:
        """Note the final statement of a request."""
        self.endings.append(ending)
        self.said_failed.update(ending.failed_uids)

    @property
    def last(self) -> Final:
        """The last final statement; one without a status if there was none."""
        return self.endings[-1] if self.endings else Final(None)

    @property
    def count(self) -> int | None:
        """How many instances there should be; None: unknown."""
        return self.expected.count if self.expected is not None else None

    @property
    def here(self) -> int:
        """How many instances of the target are here."""
        return len(self.collection.held) + self.collection.fresh

    @property
    def _uids(self) -> set[str]:
        return {*self.collection.held, *self.collection.arrived}

    @property
    def missing(self) -> set[str] | None:
        """Expected and not here; None while it is unknown what to expect."""
        if self.expected is None or self.expected.instances is None:
            return None
        return self.expected.instances.keys() - self._uids

    @property
    def worth_asking(self) -> set[str]:
        """What is missing and may be asked for, less what arrived and was refused by ourselves for good."""
        refused, known = self.collection.failures, self._told
        return {
            uid
            for uid in self.missing or ()
            if may_be_fetched(uid, known[uid][0])
            and (uid not in refused or refused[uid].status not in _PERMANENT)
        }

    @property
    def _told(self) -> dict[str, tuple[str, str]]:
        """See :attr:`Expected.instances`; empty where it is unknown."""
        return (self.expected.instances if self.expected is not None else None) or {}

    @property
    def _whole(self) -> bool:
        """Whether all that was told of stands in a list."""
        return self.expected is not None and self.expected.whole

    def outcome(self, end: End | None, trouble: WorkstationError | None) -> Outcome:
        """How it ended.

        Args:
            end: CANCELLED, or None to judge by what is here.
            trouble: What broke it off after something had arrived.
        """
        missing = self.missing
        end = end or self._judge(missing, trouble)
        return Outcome(
            end=end,
            verified=missing is not None and not missing and self._whole and self.here > 0,
            expected=self.count,
            received=self.here,
            missing=tuple(sorted(missing or ())),
            failed=self._failures(missing),
            bytes=self.collection.bytes,
            seconds=round(time.monotonic() - self.started, 3),
            sentence=self._sentence(end, missing, trouble),
            interrupted=trouble is not None and end is not End.COMPLETE,
        )

    def _judge(self, missing: set[str] | None, trouble: WorkstationError | None) -> End:
        if not self.here:
            return End.FAILED
        if missing:
            return End.PARTIAL
        if missing is not None and self._whole:
            return End.COMPLETE
        clean = bool(self.endings) and all(each.kind is StatusClass.SUCCESS for each in self.endings)
        enough = self.count is None or self.here >= self.count
        return End.COMPLETE if clean and enough and trouble is None else End.PARTIAL

    def _failures(self, missing: set[str] | None) -> tuple[Failure, ...]:
        known = dict(self.collection.failures)
        for uid in self.said_failed:
            known.setdefault(uid, Failure(uid, None, unsent(self.node.label)))
        for uid in missing or ():
            if not may_be_fetched(uid, self._told[uid][0]):
                known.setdefault(uid, Failure(uid, None, _unusable(uid)))
        here = self._uids
        return tuple(
            failure
            for uid, failure in sorted(known.items())
            if uid not in here and (missing is None or uid in missing)
        )

    def _sentence(self, end: End, missing: set[str] | None, trouble: WorkstationError | None) -> str:
        if end is End.COMPLETE:
            unsure = Sentence("The archive could not say how many images there should be.")
            return "" if missing is not None or self.count is not None else unsure
        counted = self._counted()
        if trouble is None:
            return counted
        return Sentence("{trouble} {counted}", trouble=trouble.sentence, counted=counted)

    def _counted(self) -> Sentence:
        if self.count is None:
            return Sentence("{here} images are here; how many there should be is unknown.", here=self.here)
        if self.count == 1:
            return Sentence("{here} of 1 image is here.", here=self.here)
        return Sentence("{here} of {total} images are here.", here=self.here, total=self.count)

    def failure(self, way: Way, listening: Listening | None) -> WorkstationError:
        """Why nothing came although nothing broke."""
        if self.collection.failures:  # whatever the archive calls it, the trouble is on this side
            first = next(iter(self.collection.failures.values()))
            return NotKept(self.node.label, first.reason, first.status)
        ending = self.last
        words = meaning(way.service, ending.status)
        known = bool(self.count)
        # A801H says so; others use A702H or Cxxx for it, which means it where the study does exist.
        about_destination = ending.status == 0xA801 or (known and ending.kind is StatusClass.FAILURE)
        if isinstance(way, ByMove) and listening is not None and about_destination:
            return MoveDestinationUnknown(
                self.node.label,
                way.service,
                ending.status,
                ending.comment,
                words,
                way.destination,
                listening.port,
            )
        if ending.kind not in (StatusClass.FAILURE, StatusClass.WARNING):
            if not known:
                return NoSuchStudy(self.node.label, self.target.level.value.lower())
            words = Sentence("it reported success, but nothing arrived")
        return OperationFailed(self.node.label, way.service, ending.status, ending.comment, words)


def _unusable(uid: str) -> Sentence:
    """Why an instance is not asked for by itself."""
    fault = fault_of_uid(uid)
    if fault is None:
        return Sentence("It cannot be asked for: the UID of its series is not valid.")
    return Sentence("It cannot be asked for: its SOP Instance UID {fault}.", fault=fault)


def unsent(node: str) -> Sentence:
    """Why an instance failed that an archive lists in its Failed SOP Instance UID List."""
    return Sentence("{node} says that it could not send it.", node=node)
