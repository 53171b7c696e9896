"""Limit the associations opened to us, and choose which one is ended when another peer needs its slot.

A peer is known if it is an archive that was asked for something; known peers may take any slot, and some
are reserved for them. Unknown peers share the rest: each host is guaranteed a few, and may take more while at
least as many stay free for other hosts. When none is free, an association on which nothing useful has
happened for a while is ended; one in use never is.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from workstation.dicom.association_facts import Peer
from workstation.network.limits import Limits
from workstation.network.pending_connections import host_of
from workstation.stop import Stop


class PeerAllowance(NamedTuple):
    """How many associations a peer may have.

    Attributes:
        known: Something was asked of it: it may have any slot.
        more: How many associations its host may have for sure besides the usual: as many as C-MOVEs run,
            whose archive may come from an address, and under an AE title, that are not known here.
    """

    known: bool = False
    more: int = 0


AllowanceOf = Callable[[Peer], PeerAllowance]
"""Asked for each association; must be quick."""


def no_allowance(peer: Peer) -> PeerAllowance:
    """The allowance of a peer that nothing was asked of."""
    return PeerAllowance()


@dataclass(eq=False, slots=True)
class AssociationSlot:
    """One association.

    Attributes:
        host: Address by which the associations of a peer are counted.
        known: See :class:`PeerAllowance`.
        stop: Ends it.
        useful: Monotonic moment of the last object that was kept, or of the last commitment report; before
            the first of them, when the association began.
        kept: An object was kept, or a commitment report came.
        busy: A request is being answered.
    """

    host: str
    known: bool
    stop: Stop
    useful: float = field(default_factory=time.monotonic)
    kept: bool = False
    busy: bool = False

    def was_useful(self) -> None:
        """Note an object that was kept, or a commitment report."""
        self.useful, self.kept = time.monotonic(), True


class AssociationSlots:
    """All of them; any thread may call."""

    def __init__(self, limits: Limits, allowance: AllowanceOf = no_allowance) -> None:
        self._limits = limits
        self._allowance = allowance
        self._lock = threading.Lock()
        self._taken: list[AssociationSlot] = []
        self._lost: dict[str, float] = {}  # until when a host can take no slot from others

    def __len__(self) -> int:
        with self._lock:
            return len(self._taken)

    def take(self, peer: Peer, stop: Stop) -> AssociationSlot | None:
        """A slot for an association of ``peer``; None if all are taken and none can be given up for it."""
        known, more = self._allowance(peer)
        slot = AssociationSlot(host_of(peer.address), known, stop)
        with self._lock:
            if not self._make_room(slot, self._limits.inbound_host + more):
                return None
            self._taken.append(slot)
        return slot

    def leave(self, slot: AssociationSlot) -> None:
        """The association has ended."""
        with self._lock:
            if slot in self._taken:
                self._taken.remove(slot)

    def _make_room(self, slot: AssociationSlot, sure: int) -> bool:
        """Whether there is a free slot, or one can be given up; ``sure`` slots are guaranteed to the host."""
        limits = self._limits
        strangers = [one for one in self._taken if not one.known]
        if not slot.known:
            left = limits.inbound_unknown - len(strangers)
            own = [one for one in strangers if one.host == slot.host]
            if len(own) >= sure and left <= limits.inbound_host:
                return self._give_up_one(own, slot)
            if left <= 0:
                return self._give_up_one(strangers, slot)
        return len(self._taken) < limits.inbound or self._give_up_one(strangers or self._taken, slot)

    def _give_up_one(self, taken: list[AssociationSlot], slot: AssociationSlot) -> bool:
        """End a useless one; False if none is useless.

        Those that never brought anything go first, then those of the host with the most, then the idlest.
        """
        moment = time.monotonic()
        self._lost = {host: until for host, until in self._lost.items() if until > moment}
        if slot.host in self._lost and not slot.known:
            return False
        counts = Counter(one.host for one in taken)
        useless = [one for one in taken if self._is_useless(one)]
        if not useless:
            return False
        surplus = min(useless, key=lambda one: (one.kept, -counts[one.host], one.useful))
        if not surplus.kept and surplus.host != slot.host:
            self._lost[surplus.host] = moment + self._limits.inbound_lost
        self._taken.remove(surplus)
        surplus.stop.request(at_once=True)
        return True

    def _is_useless(self, slot: AssociationSlot) -> bool:
        """Whether it was nothing but silence and C-ECHO for a while."""
        timeout = self._limits.inbound_pause if slot.kept else self._limits.inbound_start
        return not slot.busy and slot.useful + timeout <= time.monotonic()
