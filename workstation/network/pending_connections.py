"""Limit the accepted connections that have not associated yet, and choose which ones are closed.

A socket costs a descriptor until its first byte, and a thread from then on. No peer is refused because there
are many: when there are too many, the oldest of the host with the most of them goes. Archives that were asked
for something come first, with as many as they open.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections import Counter
from dataclasses import dataclass, field

from workstation.network.limits import Limits
from workstation.stop import Stop


@dataclass(eq=False, slots=True)
class PendingConnection:
    """An accepted socket.

    Attributes:
        sock: It.
        address: IP address and port of the other side.
        since: Monotonic moment at which it was accepted; from its first byte on, at which it got its thread.
        known: It is an archive's that was asked for something.
        host: What is counted as one host; see :func:`host_of`.
        stop: Ends the thread that serves it.
    """

    sock: socket.socket
    address: tuple[str, int]
    since: float
    known: bool = False
    host: str = ""
    stop: Stop = field(default_factory=Stop)

    def __post_init__(self) -> None:
        self.host = host_of(self.address[0])


def host_of(address: str) -> str:
    """What an IP address is counted as: an IPv6 host has all addresses of its network (RFC 4291 2.5.1)."""
    if ":" not in address:
        return address
    try:
        return str(ipaddress.ip_network((address.partition("%")[0], 64), strict=False))
    except ValueError:
        return address


class PendingConnections:
    """Those that have not yet associated: ``silent``, then ``queued``, then ``served`` by a thread.

    Each list has the oldest first. All but :meth:`leave` is for the accepting thread.
    """

    def __init__(self, limits: Limits) -> None:
        self.silent: list[PendingConnection] = []
        self.queued: list[PendingConnection] = []
        self.served: list[PendingConnection] = []
        self._limits = limits
        self._lock = threading.Lock()

    def add(self, caller: PendingConnection) -> PendingConnection | None:
        """Add one that has sent nothing yet; returns the one to be closed if there are too many."""
        self.silent.append(caller)
        waiting = self.silent + self.queued
        if len(waiting) <= self._limits.queued:
            return None
        surplus, _ = _oldest_of_the_most(sorted(waiting, key=lambda each: each.since))
        (self.silent if surplus in self.silent else self.queued).remove(surplus)
        return surplus

    def speaks(self, caller: PendingConnection) -> None:
        """Its first byte is here, or its end."""
        self.silent.remove(caller)
        self.queued.append(caller)

    def overdue(self, moment: float) -> list[PendingConnection]:
        """Those that have sent nothing for too long; their sockets are to be closed."""
        late = [each for each in self.silent if each.since + self._limits.first_byte <= moment]
        self.silent = self.silent[len(late) :]
        return late

    def next_served(self, moment: float) -> PendingConnection | None:
        """The next to get a thread, of the host with the fewest; one that has one may have to stop for it."""
        with self._lock:
            counts = Counter(each.host for each in self.served)
            most_each = self._limits.unassociated_host
            waiting = [each for each in self.queued if each.known or counts[each.host] < most_each]
            if not waiting:
                return None
            found = min(waiting, key=lambda each: (not each.known, counts[each.host]))
            if len(self.served) >= self._limits.unassociated:
                surplus, most = _oldest_of_the_most(self.served)
                fair = found.known or most > counts[found.host] + 1
                if not fair and moment < surplus.since + self._limits.unassociated_least:
                    return None
                self.served.remove(surplus)
                surplus.stop.request(at_once=True)
            self.queued.remove(found)
            found.since = moment
            self.served.append(found)
            return found

    def leave(self, caller: PendingConnection) -> None:
        """It has associated, or ended."""
        with self._lock:
            if caller in self.served:
                self.served.remove(caller)

    def timeout(self, moment: float) -> float | None:
        """Seconds until :meth:`overdue` or :meth:`next_served` may return something new, if ever."""
        moments = [each.since + self._limits.first_byte for each in self.silent[:1]]
        with self._lock:
            if self.queued and len(self.served) >= self._limits.unassociated:
                moments.append(self.served[0].since + self._limits.unassociated_least)
        return max(0.0, min(moments) - moment) if moments else None

    def close(self) -> None:
        """Close the sockets that are not served."""
        for caller in self.silent + self.queued:
            caller.sock.close()
        self.silent, self.queued = [], []


def _oldest_of_the_most(callers: list[PendingConnection]) -> tuple[PendingConnection, int]:
    """The first of the host with the most, and how many that has; of an archive's if there are no others."""
    callers = [each for each in callers if not each.known] or callers
    counts = Counter(each.host for each in callers)
    most = max(counts.values())
    return next(each for each in callers if counts[each.host] == most), most
