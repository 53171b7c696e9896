"""Writes an image that is only looked at into the cache of samples; fulfils ``network.receive.Sink``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from workstation.store.files import new_part, rename_part
from workstation.store.incoming_file import IncomingFile
from workstation.store.instance_header import HEADER_TAGS, InstanceHeader, InstanceUids, header_of
from workstation.store.sample_cache import SampleCache
from workstation.store.store_results import Duplicate, OnRefused, OnStored, Status, Stored

if TYPE_CHECKING:
    from workstation.dicom.association_facts import Context, Peer

MOST_BYTES: Final = 256 * 1024**2
"""Of one object; what is larger is fetched, not looked at."""

Fault = Callable[[InstanceHeader, "Peer"], str]
"""Why an object is not the one that was asked for; empty: it is."""


class SampleSink:
    """Keeps in the cache what was asked for; nothing goes to the library, its index or the quarantine."""

    def __init__(self, cache: SampleCache, fault: Fault, stored: OnStored, refused: OnRefused) -> None:
        """Callbacks run in the receiving thread and must be quick."""
        self.cache = cache
        self.fault = fault
        self.stored = stored
        self.refused = refused

    def begin(self, context: Context, sop_class: str, sop_instance: str, peer: Peer) -> IncomingFile:
        """An object is announced; see ``network.receive.Sink``."""
        return _Incoming(self, context, sop_class, sop_instance, peer)


class _Incoming(IncomingFile):
    __slots__ = ("_sink",)

    def __init__(
        self, sink: SampleSink, context: Context, sop_class: str, sop_instance: str, peer: Peer
    ) -> None:
        self._sink = sink
        super().__init__(context, sop_class, sop_instance, peer, HEADER_TAGS, sink.refused)

    def _open(self) -> tuple[str, int]:
        return new_part(str(self._sink.cache.folder()))

    def _passed(self, size: int) -> None:
        if self.size > MOST_BYTES:
            self.refuse(Status.OUT_OF_RESOURCES, "it is too large to be looked at before it is fetched")

    @property
    def _unfiled_in(self) -> str:
        return str(self._sink.cache.folder())

    def _admits_unfiled(self, uids: InstanceUids) -> bool:
        return False

    def _asked_for(self, uids: InstanceUids) -> bool:
        return not self._sink.fault(self._header(), self.peer)

    def _header(self) -> InstanceHeader:
        return header_of(self.walk, self.context.transfer_syntax)

    def _keep(self, uids: InstanceUids) -> None:
        if fault := self._sink.fault(self._header(), self.peer):
            self.refuse(Status.NOT_AUTHORISED, fault)
            return
        self.close()
        path = self.part.removesuffix("part") + "dcm"  # the name of a file tells nothing of a patient
        rename_part(self.part, path)
        self.placed = path, Duplicate.NEW
        self.part = ""

    def _tell(self, path: str, duplicate: Duplicate) -> None:
        header = self._header()
        self._sink.stored(
            Stored(
                sop_uid=header.sop_uid,
                sop_class=header.sop_class,
                study_uid=header.study_uid,
                series_uid=header.series_uid,
                transfer_syntax=header.transfer_syntax,
                file=path,
                size=self.size,
                duplicate=duplicate,
                peer=self.peer,
                header=header,
                doubt=self.mark,
            )
        )
