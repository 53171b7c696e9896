"""End an association: release, collision, abort, draining (PS3.8 7.2 to 7.4, 9.2.3).

Whatever the peer does meanwhile, the connection is closed when one of these returns.
"""

from __future__ import annotations

import contextlib
import time

from workstation.errors import AssociationAborted, ConnectionLost, NetworkError, TimedOut
from workstation.network import pdus
from workstation.network.channel import Channel
from workstation.network.limits import Limits
from workstation.network.pdus import ProtocolFault
from workstation.network.reader import Reader
from workstation.network.trace import Event, Observer
from workstation.stop import Cancelled, Stop

_AT_ONCE = 0.2
"""Seconds granted to last words when the program is closing."""


class Closing:
    """Ends one association, in the thread that owns it."""

    def __init__(
        self, channel: Channel, reader: Reader, *, stop: Stop, limits: Limits, observer: Observer | None
    ) -> None:
        self._channel = channel
        self._reader = reader
        self._stop = stop
        self._limits = limits
        self.observer = observer

    def arrives(self, seconds: float) -> bool:
        """Whether the peer ends an association on which nothing is asked, or says something unasked.

        Args:
            seconds: How long to wait for it; :meth:`Channel.wake` ends the wait.
        """
        try:
            return self._reader.arrives(seconds)
        except Cancelled:
            return False
        except NetworkError:
            self._channel.close()
            return True

    def answer_end(self) -> None:
        """Answer what :meth:`arrives` saw, if it ends the association; that is closed then. Never raises."""
        try:
            if not self._reader.arrives(0.0):
                return
            kind, body = self._reader.next_pdu(self._limits.control_time, "the rest of a PDU")
            self.observe(False, pdus.PDU_NAMES[kind])
            if kind == pdus.P_DATA:
                self._reader.skip_pdu()
            elif kind == pdus.RELEASE_RQ:
                self.confirm()
            elif kind == pdus.ABORT:
                aborted(self._channel, body)
            else:
                self.abort(2, 2)  # PS3.8 9.3.8: service provider, unexpected PDU
        except ProtocolFault:
            self.abort(2, 6)
        except (NetworkError, Cancelled):
            self._channel.close()

    def release(self, timeout: float, *, requestor: bool) -> bool:
        """Release in order, collisions included; whether the peer ended it, too.

        The work is done by now, so errors here are observed, not raised.

        Args:
            timeout: Seconds the peer's answer is awaited.
            requestor: We opened the association: it decides who answers first in a collision.
        """
        self._begin(timeout)
        try:
            self._write(pdus.release(pdus.RELEASE_RQ))
            self.observe(True, "A-RELEASE-RQ")
            self._await_release(timeout, requestor=requestor)
        except (NetworkError, Cancelled, ProtocolFault) as error:
            self.observe(False, "release failed", reason=type(error).__name__)
            return not isinstance(error, Cancelled | TimedOut) or self._stop.requested
        finally:
            self._channel.close()
        return True

    def _await_release(self, timeout: float, *, requestor: bool) -> None:
        reply_after = False
        while True:
            kind, _ = self._reader.next_pdu(timeout, "its answer to the release")
            if kind == pdus.P_DATA:
                self._reader.skip_pdu()
                continue
            self.observe(False, pdus.PDU_NAMES[kind])
            if kind == pdus.RELEASE_RQ:
                if requestor:  # Sta9: answer, then wait on for the peer's answer (Sta11)
                    self._write(pdus.release(pdus.RELEASE_RP))
                reply_after = not requestor  # Sta10: the peer's answer first, then ours (Sta12)
            elif kind == pdus.RELEASE_RP and reply_after:
                self._write(pdus.release(pdus.RELEASE_RP))
                self._channel.finish(self._limits.drain)
                return
            else:
                return

    def confirm(self) -> None:
        """Answer the peer's A-RELEASE-RQ.

        Raises:
            NetworkError, Cancelled: The answer could not be sent.
        """
        self._write(pdus.release(pdus.RELEASE_RP))
        self.observe(True, pdus.PDU_NAMES[pdus.RELEASE_RP])
        self._channel.finish(self._limits.drain)

    def abort(self, source: int, reason: int) -> None:
        """Send A-ABORT; never raises, never lasts longer than the drain time."""
        if self._channel.torn:
            self._channel.close()
        if self._channel.closed:
            return
        self._begin(self._limits.drain)
        try:
            self._channel.send(pdus.abort(source, reason), self._limits.drain)
            self.observe(True, "A-ABORT", source=source, reason=reason)
            self._channel.finish(self._limits.drain)
        except (NetworkError, Cancelled, OSError):
            self._channel.close()

    def _write(self, data: bytes) -> None:
        try:
            self._channel.send(data, self._limits.time_for(len(data)))
        except ConnectionLost as lost:
            raise why_lost(self._channel, self._reader, lost) from lost

    def observe(self, sent: bool, what: str, **facts: object) -> None:
        """Tell the observer, if there is one."""
        if self.observer is not None:
            self.observer(Event(sent, what, facts))

    def _begin(self, seconds: float) -> None:
        """From here on a stop request only shortens the deadline."""
        timeout = time.monotonic() + (_AT_ONCE if self._stop.at_once else seconds)
        self._channel.limit = min(timeout, self._channel.stopped + self._limits.cancel)
        self._channel.on_stop = self._hurry

    def _hurry(self) -> None:
        if self._stop.at_once:
            self._channel.limit = min(self._channel.limit, time.monotonic() + _AT_ONCE)


def aborted(channel: Channel, body: bytes) -> AssociationAborted:
    """The peer's A-ABORT (PS3.8 9.3.8): close, and what to raise."""
    source, reason = (body[2], body[3]) if len(body) >= 4 else (0, 0)
    channel.close()
    return AssociationAborted(channel.node, source, reason)


def why_lost(channel: Channel, reader: Reader, lost: ConnectionLost) -> NetworkError:
    """Why a connection was lost: the A-ABORT of a peer that aborted while we sent may be here already."""
    try:
        while True:
            reader.skip_pdu()
            kind, body = reader.next_pdu(0.0, "")
            if kind == pdus.ABORT:
                return aborted(channel, body)
    except (NetworkError, ProtocolFault, Cancelled):
        return lost


def abort_early(channel: Channel, source: int, reason: int, seconds: float) -> None:
    """Send A-ABORT before there is an association, and close; never raises."""
    channel.on_stop = lambda: None
    with contextlib.suppress(NetworkError, Cancelled, OSError):
        if not channel.torn:
            channel.send(pdus.abort(source, reason), seconds)
            channel.finish(seconds)
    channel.close()
