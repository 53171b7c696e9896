"""Keep what has arrived for one running retrieve: filled by network threads, read by those that fetch."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from workstation.dicom.association_facts import Peer
from workstation.dicom.outcomes import Failure
from workstation.dicom.targets import Target
from workstation.dicom.uids import may_be_asked_for
from workstation.errors import StoreError, UserMessage
from workstation.store.store_results import Refused, Status, Stored

MAX_FAILURES = 5000
_MESSAGE_IDS = 0xFFFF


class Collection:
    """What has arrived for one running retrieve; filled by network threads, read by those that fetch.

    Whatever changes while the retrieve runs is changed under ``lock``, and iterated under it. It is taken
    after the lock of the router, never before it; nothing that waits is done under it.

    Attributes:
        lock: Of all that follows, and of the books that the retrieve keeps beside it.
        target: What was asked for.
        expected: SOP Instance UIDs the archive says it holds of the target; None: it was not asked yet, or
            gave no list.
        held: SOP Instance UIDs of the target that were here before.
        fresh: How many instances have arrived that were not here before.
        arrived: Transfer syntax by SOP Instance UID, of what is kept.
        failures: What arrived and could not be kept, at most :data:`MAX_FAILURES`, only what may have been
            asked for.
        unnamed: The first that could not be kept and is not among ``failures``.
        sources: The archive, as the associations that fetch from it reach it.
        moves: (our AE title, Message ID) of each C-MOVE request.
        asked_to_move: How many C-MOVEs there were.
        files: By SOP Instance UID, the Series Instance UID and the path of the file that is kept.
        flushed: Those of their paths that are known to be on the disk.
        not_flushed: Why others could not be flushed; None: nothing of that is known.
        announced: How many instances the archive's responses speak of; 0: of none.
        cancelled: C-CANCEL was sent.
        doubtful: What is wrong with those that are kept although something is, by SOP Instance UID.
        unfiled: What is in the folder "unfiled" and may be filed, by SOP Instance UID.
        cut: How many times an instance arrived truncated, by SOP Instance UID; after the first time it is
            asked for again, since it may come whole then.
        unasked: SOP Instance UIDs of the same study that arrived and are kept, but were not asked for.
        bytes: Data-set bytes of what arrived.
        last: Monotonic moment of the last arrival.
        changed: Called after each kept object.
    """

    def __init__(self, target: Target) -> None:
        self.lock = threading.RLock()
        self.target = target
        self.expected: frozenset[str] | None = None
        self.held: frozenset[str] = frozenset()
        self.fresh = 0
        self.arrived: dict[str, str] = {}
        self.failures: dict[str, Failure] = {}
        self.unnamed: Failure | None = None
        self.sources: frozenset[Peer] = frozenset()
        self.moves: frozenset[tuple[str, int]] = frozenset()
        self.asked_to_move = 0
        self.files: dict[str, tuple[str, str]] = {}
        self.flushed: set[str] = set()
        self.not_flushed: StoreError | None = None
        self.announced = 0
        self.cancelled = False
        self.doubtful: dict[str, str] = {}
        self.unfiled: dict[str, Refused] = {}
        self.cut: dict[str, int] = {}
        self.unasked: set[str] = set()
        self.bytes = 0
        self.last = time.monotonic()
        self.changed: Callable[[], None] = lambda: None

    def add(self, stored: Stored) -> None:
        """Note a kept object of this target."""
        with self.lock:
            self._add(stored)
            self.changed()

    def _add(self, stored: Stored) -> None:
        if stored.sop_uid not in self.arrived and stored.sop_uid not in self.held:
            self.fresh += 1
        self.arrived[stored.sop_uid] = stored.transfer_syntax
        self.failures.pop(stored.sop_uid, None)
        if stored.doubt:
            self.doubtful[stored.sop_uid] = stored.doubt
        self.files[stored.sop_uid] = stored.series_uid, stored.file
        self.bytes += stored.size
        self.last = time.monotonic()

    @property
    def cut_once(self) -> set[str]:
        """SOP Instance UIDs that arrived truncated once and were not asked for again yet."""
        return {uid for uid, times in self.cut.items() if times == 1}

    @property
    def cut_short(self) -> bool:
        """C-CANCEL was sent, and fewer instances came than the archive's responses spoke of."""
        came = len(self.arrived) + len(self.unasked)
        return self.cancelled and not 0 < self.announced <= came

    def fail(self, refused: Refused) -> None:
        """Note an object of this retrieve's archive that was not kept, or cannot be filed."""
        with self.lock:
            self._fail(refused)

    def _fail(self, refused: Refused) -> None:
        self.last = time.monotonic()
        uid, wanted = refused.sop_uid, self.target.instances
        named = may_be_asked_for(uid) and (not wanted or uid in wanted)
        template = "It arrived but was not kept: {reason}."
        if refused.status is Status.SUCCESS:
            template = "It is in the folder “unfiled”: {reason}."
        failure = Failure(
            uid if named else "",
            int(refused.status),
            UserMessage(template, reason=refused.reason),
        )
        if named and (uid in self.failures or len(self.failures) < MAX_FAILURES):
            self.failures[uid] = failure
            if refused.unfiled is not None and refused.unfiled.cut:
                self.cut[uid] = self.cut.get(uid, 0) + 1
            elif refused.unfiled is not None:
                self.unfiled[uid] = refused
        elif self.unnamed is None:
            self.unnamed = failure

    def fetches_from(self, archive: Peer) -> None:
        """Note an association of ours that fetches."""
        with self.lock:
            self.sources |= {archive}

    def moves_from(self, archive: Peer, next_message_id: Callable[[], int]) -> int:
        """Note a C-MOVE that is about to be sent; returns its Message ID, which no other one of ours has.

        Each association counts for itself, and an archive may tell its C-MOVEs apart by the ID.
        """
        with self.lock:
            self.sources |= {archive}
            message_id = next_message_id()
            for _ in range(_MESSAGE_IDS):
                if (archive.own_ae_title, message_id) not in self.moves:
                    break
                message_id = next_message_id()
            self.moves |= {(archive.own_ae_title, message_id)}
            self.asked_to_move += 1
            return message_id

    def announce(self, more: int) -> None:
        """Note that a response speaks of so many further instances."""
        with self.lock:
            self.announced += more

    def is_from_archive(self, peer: Peer) -> bool:
        """Whether an object that ``peer`` sends comes from where this retrieve fetches.

        On an association that we opened: whether it is one that fetches. On one opened to the listener:
        whether the address or the AE title is the archive's, or the C-STORE request names one of our
        C-MOVE requests as its originator (PS3.7 9.1.1.1.7).
        """
        if not peer.called:
            return peer in self.sources
        return (peer.move_originator, peer.move_message_id) in self.moves or any(
            peer.address == source.address or peer.ae_title == source.ae_title for source in self.sources
        )
