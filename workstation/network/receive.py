"""One door for arriving objects: what the engine asks of whoever keeps them.

C-GET sub-operations and the listener hand every object to a :class:`Sink`. ``store/writer.py`` (the
library) and ``store/folder.py`` (``--out``) fulfil it by shape alone, without importing this room. A data
set is streamed from the socket buffer into :meth:`Incoming.write`; memory does not depend on its size.
"""

from __future__ import annotations

from typing import Protocol

from workstation.dicom.arrival import Context, Peer


class Incoming(Protocol):
    """One object on its way in; exactly one of :meth:`finish` and :meth:`abort` ends it.

    None of the methods raises for trouble with the disk or the object: that is the status
    :meth:`finish` returns, and bytes that follow it are dropped.
    """

    def write(self, data: memoryview) -> None:
        """Take the next piece of the encoded data set; the memory is reused after the call."""
        ...

    def finish(self) -> int:
        """All bytes are here: keep the object and return the C-STORE status to answer with."""
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
