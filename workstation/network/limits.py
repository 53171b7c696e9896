"""Limit what a peer may make us hold, wait for or open; no settings. Tests inject smaller ones."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
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
        data_time: The least time given to a P-DATA PDU, and to any write; the longest silence in such a PDU.
        data_rate: Bytes a second below which a long write is given up.
        object_rate: Bytes a second below which a long PDU, and an object, is given up, however many PDUs it
            comes in: half of a line of 64 kbit/s.
        first_object: How long pending responses to C-GET or C-MOVE are enough before anything has come.
        find_gaps: How many times its longest silence all of a C-FIND may last.
        drain: How long the peer's last bytes are awaited after the conversation ended.
        grace: How long the answer to C-CANCEL is awaited.
        cancel: From the request to stop to the closed socket, all in all.
        retry: The longest pause after a transient rejection; the least is a quarter of it.
        tries: How often an association is requested that is rejected for now.
        inbound: Associations the listener serves at once.
        inbound_unknown: The same, with peers of which nothing was asked.
        inbound_host: How many of these are guaranteed to one host.
        inbound_start: Seconds without anything useful after which a new association may lose its slot.
        inbound_pause: Seconds since the last useful message after which an older one may lose it.
        inbound_lost: Seconds for which a host that lost a slot cannot take one from others: it would come
            back at once and take the next.
        unassociated: Connections that sent something and have not yet associated, in all.
        unassociated_host: The same, from one host.
        unassociated_least: Seconds one of them has, however many hosts wait.
        queued: Connections that have sent nothing yet, or wait for others of their host to be done.
        first_byte: Seconds a connection may send nothing at all: a first segment that is lost comes again
            after 1, and once more after 3.
        backlog: Connections the system queues for the listener.
        inbound_idle: Seconds an inbound association may be silent.
        inbound_useless: Seconds it may go on with neither an object nor a commitment report.
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
    object_rate: float = 4 * 1024
    first_object: float = 600.0
    find_gaps: int = 10
    drain: float = 2.0
    grace: float = 2.0
    cancel: float = 5.0
    retry: float = 2.0
    tries: int = 4
    inbound: int = 25
    inbound_unknown: int = 16
    inbound_host: int = 4
    inbound_start: float = 2.0
    inbound_pause: float = 10.0
    inbound_lost: float = 60.0
    unassociated: int = 64
    unassociated_host: int = 4
    unassociated_least: float = 1.0
    queued: int = 128
    first_byte: float = 5.0
    backlog: int = 128
    inbound_idle: float = 30.0
    inbound_useless: float = 120.0

    def time_for(self, length: int) -> float:
        """Seconds granted to write ``length`` bytes of data."""
        return max(self.data_time, length / self.data_rate)

    def time_to_read(self, length: int) -> float:
        """Seconds granted for a P-DATA PDU of ``length`` bytes."""
        return max(self.data_time, length / self.object_rate)


LIMITS = Limits()
