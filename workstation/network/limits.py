"""Bounds on what a peer may make us hold, wait for or open; not settings. Tests inject smaller ones."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, times in seconds.

    Attributes:
        associate: An A-ASSOCIATE PDU.
        contexts: Presentation contexts in one (PS3.8 9.3.2.2 numbers them 1 to 255, odd).
        pdu: A P-DATA PDU we take although we announced less; beyond it: A-ABORT.
        command: A command set.
        identifier: A C-FIND identifier or another data set that is held in memory.
        failed_list: The data set of a retrieve response: a list of failed UIDs.
        control_time: From the first byte of a PDU that carries no data to its last.
        data_time: The least time given to a P-DATA PDU, and to any write.
        data_rate: Bytes a second below which a long PDU, or a long write, is given up.
        drain: How long the peer's last bytes are awaited after the conversation ended.
        grace: How long the answer to C-CANCEL is awaited.
        cancel: From the request to stop to the closed socket, all in all.
        retry: The longest pause after a transient rejection; the least is a quarter of it.
        inbound: Associations the listener serves at once.
        unassociated: Sockets that have not yet associated, in all.
        unassociated_host: The same, from one address.
        queued: Sockets from such an address that wait, unheard, for one of the others to be done.
        backlog: Connections the system queues for the listener.
        inbound_idle: Seconds an inbound association may be silent.
    """

    associate: int = 256 * 1024
    contexts: int = 128
    pdu: int = 16 * 1024 * 1024
    command: int = 64 * 1024
    identifier: int = 256 * 1024
    failed_list: int = 16 * 1024 * 1024
    control_time: float = 5.0
    data_time: float = 10.0
    data_rate: float = 16 * 1024
    drain: float = 2.0
    grace: float = 2.0
    cancel: float = 5.0
    retry: float = 2.0
    inbound: int = 25
    unassociated: int = 16
    unassociated_host: int = 4
    queued: int = 128
    backlog: int = 128
    inbound_idle: float = 30.0

    def time_for(self, length: int) -> float:
        """Seconds granted for ``length`` bytes of data."""
        return max(self.data_time, length / self.data_rate)


LIMITS = Limits()
