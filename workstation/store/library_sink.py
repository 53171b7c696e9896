"""Writes received objects into the library, or moves them to the quarantine, or refuses them."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from workstation.dicom.part10 import clean_title
from workstation.dicom.uids import path_name
from workstation.store.duplicates import place_file
from workstation.store.files import new_part, refuse_link, sync_file, sync_folder, sync_path
from workstation.store.incoming_file import IncomingFile
from workstation.store.instance_header import HEADER_TAGS, InstanceUids, header_of, uid_fault, uids_of
from workstation.store.store_results import Duplicate, OnRefused, OnStored, Status, Stored, ignore_result

if TYPE_CHECKING:
    from workstation.dicom.association_facts import Context, Peer
    from workstation.store.library import Library


class Admission(Enum):
    """How an arriving object is admitted."""

    PLAN = "plan"  # part of a running plan: the archive still has it; the plan flushes before it is complete
    PUSH = "push"  # the sender may delete it after status 0000H: it is flushed before that
    REFUSED = "refused"


_STEP: Final = 16 * 1024 * 1024  # bytes of a large object between two starts of their writing

Admit = Callable[[InstanceUids, "Peer"], Admission]
"""Called with the UIDs of an object, and who sends it."""


class LibrarySink:
    """Stores objects in a library; implements ``network.receive.Sink``.

    Status 0000H means that the complete data set is in a file of its final name (PUSH: and flushed). It does
    not wait for the index. What a plan fetches on an association of ours is told of after the answer: a
    program that is killed in between finds the file at its next start, as one that the index lacks.
    """

    def __init__(
        self,
        library: Library,
        admit: Admit,
        stored: OnStored = ignore_result,
        refused: OnRefused = ignore_result,
    ) -> None:
        """Callbacks run in the receiving thread and must be quick.

        Args:
            library: Where the objects go.
            admit: Decides as soon as the header was read.
            stored: Called with every object kept.
            refused: Called with every object not kept.
        """
        self.library = library
        self.admit = admit
        self.stored = stored
        self.refused = refused

    def begin(self, context: Context, sop_class: str, sop_instance: str, peer: Peer) -> IncomingFile:
        """An object is announced; see ``network.receive.Sink``."""
        return _Incoming(self, context, sop_class, sop_instance, peer)


class _Incoming(IncomingFile):
    __slots__ = ("_admission", "_decided", "_sink", "_unstarted")

    def __init__(
        self, sink: LibrarySink, context: Context, sop_class: str, sop_instance: str, peer: Peer
    ) -> None:
        self._sink = sink
        self._admission: Admission | None = None
        self._decided = 0
        self._unstarted = 0  # bytes that the system was not told to write
        super().__init__(context, sop_class, sop_instance, peer, HEADER_TAGS, sink.refused)

    def _open(self) -> tuple[str, int]:
        library = self._sink.library
        try:
            library.folder.claim(0)
            return new_part(library.folder.incoming)
        except FileNotFoundError:  # somebody removed the folder, or moved the library
            library.folder.make_incoming()
            return new_part(library.folder.incoming)

    def _passed(self, size: int) -> None:
        self._sink.library.folder.claim(size)
        self._unstarted += size
        if self._unstarted >= _STEP:
            self._start_writing()
        if self._admission is None and self.walk.beyond(0x0028, 0x0011):
            self._decide(uids_of(self.walk))

    def _decide(self, uids: InstanceUids) -> None:
        """Call ``admit`` once the header is known; a faulty object is judged at its end."""
        if self.walk.fault or uid_fault(uids, lenient_uids=True):
            return
        self._decided = self.walk.found
        self._admission = self._sink.admit(uids, self.peer)
        if self._admission is not Admission.PLAN and uid_fault(uids):
            return  # what only a plan may ask for is refused for what it is
        if self._admission is Admission.REFUSED:
            self.refuse(Status.NOT_AUTHORISED, "nobody asked for it")

    @property
    def _unfiled_in(self) -> str:
        return str(self._sink.library.root)

    def _admits_unfiled(self, uids: InstanceUids) -> bool:
        uids = uids._replace(sop_uid=self.sop_instance)
        return self._sink.admit(uids, self.peer) is not Admission.REFUSED

    def _asked_for(self, uids: InstanceUids) -> bool:
        if self._admission is None:
            self._decide(uids)
        return self._admission is Admission.PLAN

    def _keep(self, uids: InstanceUids) -> None:
        if self._admission is None or self._decided != self.walk.found:  # a value came out of its order
            self._decide(uids)
        if self.status is not None:
            return
        durable = self._admission is not Admission.PLAN
        if durable:
            sync_file(self.file)
        else:
            self._start_writing()
        self.close()
        self.placed = self._place(uids)
        if durable:
            self._tell_now()

    def _start_writing(self) -> None:
        size, self._unstarted = self._unstarted, 0
        self._sink.library.folder.start_writing(self.file, size)

    def _tell(self, path: str, duplicate: Duplicate) -> None:
        header = header_of(self.walk, self.context.transfer_syntax, clean_title(self.peer.ae_title))
        stored = Stored(
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
        self._sink.library.index.add(stored)  # first: a file of a final name must be indexed
        if self._admission is not Admission.PLAN:
            self._make_durable(stored)
        self._replace_cut(path)
        self._sink.stored(stored)

    def _place(self, uids: InstanceUids) -> tuple[str, Duplicate]:
        library = self._sink.library
        folder = library.folder.study_path(uids.study_uid)
        try:
            refuse_link(folder)
            path, duplicate = place_file(self.part, folder, path_name(uids.sop_uid))
        except FileNotFoundError:  # the first of its study, or its folder was deleted just now
            library.folder.make_study(uids.study_uid)
            path, duplicate = place_file(self.part, folder, path_name(uids.sop_uid))
        self.part = ""
        return path, duplicate

    def _make_durable(self, stored: Stored) -> None:
        library = self._sink.library
        if stored.duplicate in (Duplicate.SAME, Duplicate.KEPT_FIRST):
            sync_path(stored.file)  # the file that is here already may have come without a flush
        sync_folder(stored.path.parent)
        library.folder.sync_study(stored.study_uid)

    def _set_aside(self, status: Status, reason: str) -> None:
        self.close()
        if self.size:
            part, self.part = self.part, ""
            self._sink.library.quarantine.add_arrived(Path(part), reason, status, self.peer)
        self.refuse(status, reason)
