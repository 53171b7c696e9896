"""Serve C-STORE requests, and pass the objects to a sink; the protocol that sinks fulfil.

C-GET sub-operations and the listener hand every object to a :class:`Sink`. ``store/library_sink.py`` (the
library) and ``store/folder_sink.py`` (``--out``) fulfil it by their methods alone, without importing this
package. A data set is streamed from the socket buffer into :meth:`Incoming.write`; memory does not depend on
its size.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Protocol

from workstation.dicom.association_facts import Context, Peer
from workstation.network.association import Association, Message
from workstation.network.command import (
    MOVE_ORIGINATOR,
    MOVE_ORIGINATOR_ID,
    Command,
    Field,
    response,
)
from workstation.network.contexts import is_storage_class


class Incoming(Protocol):
    """One object on its way in; exactly one of :meth:`finish` and :meth:`abort` ends it.

    :meth:`answered` follows each :meth:`finish`, whether or not the answer could be sent.

    None of the methods raises for an error of the disk or the object: that is the status
    :meth:`finish` returns, and bytes that follow it are dropped.
    """

    def write(self, data: memoryview) -> None:
        """Take the next piece of the encoded data set; the memory is reused after the call."""
        ...

    def finish(self) -> int:
        """All bytes are here: keep the object and return the C-STORE status to answer with."""
        ...

    def answered(self) -> None:
        """Do what the peer need not wait for: it prepares its next object meanwhile."""
        ...

    def abort(self) -> None:
        """The rest will not come: leave nothing behind."""
        ...


class Sink(Protocol):
    """Keeps objects. May be called from several association threads at once."""

    def begin(self, context: Context, sop_class: str, sop_instance: str, peer: Peer) -> Incoming:
        """An object is announced by a C-STORE request (PS3.7 9.3.1).

        Args:
            context: The presentation context it arrives on.
            sop_class: Affected SOP Class UID as received, unchecked.
            sop_instance: Affected SOP Instance UID as received, unchecked: it may be hostile.
            peer: Who sends it.
        """
        ...


class Reception:
    """Takes the C-STORE requests of one association into a sink and answers them.

    Attributes:
        last: Monotonic moment of the last object that ended, 0 before the first.
        count: How many objects were answered.
        kept: How many of them with success or a warning.
    """

    def __init__(self, association: Association, sink: Sink, gap: float) -> None:
        self.last = 0.0
        self.count = 0
        self.kept = 0
        self._association = association
        self._sink = sink
        self._gap = gap

    def serve(self, message: Message) -> bool:
        """Receive one object if ``message`` announces one; False if it is something else.

        The status comes from the sink; the association goes on whatever it is.

        Raises:
            NetworkError, Cancelled: The association broke before the object was whole.
        """
        request = message.command
        if request.field != Field.C_STORE_RQ:
            return False
        association = self._association
        if not is_storage_class(message.context.abstract_syntax) or not request.has_data:
            return False
        incoming = self._sink.begin(
            message.context, request.sop_class, request.sop_instance, self._sender(request)
        )
        success = response(request, 0)  # while the data set is still on its way
        try:
            for piece in association.data(self._gap):
                incoming.write(piece)
        except BaseException:
            incoming.abort()
            raise
        status = incoming.finish()
        try:
            association.send(message.context.id, success if status == 0 else response(request, status))
        finally:
            incoming.answered()
        self.last = time.monotonic()
        self.count += 1
        self.kept += status == 0 or status >> 12 == 0xB  # PS3.7 C.2, C.3
        return True

    def _sender(self, request: Command) -> Peer:
        """The peer, and the originator of the C-MOVE by its request (PS3.7 9.1.1.1.7, 9.1.1.1.8)."""
        peer = self._association.peer
        message_id = request.number(MOVE_ORIGINATOR_ID) if peer.called else None
        if message_id is None:
            return peer
        return replace(peer, move_originator=request.text(MOVE_ORIGINATOR)[:16], move_message_id=message_id)
