"""Writes one arriving object into a part file, parses it, and decides what becomes of it."""

from __future__ import annotations

import logging
import os
from abc import ABC, abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from workstation.dicom.dataset_walker import DatasetWalker
from workstation.dicom.part10 import meta_prefix
from workstation.dicom.stray_file_meta import UNDECIDED, StrayFileMeta, settled, strip_deflated_meta
from workstation.dicom.transfer_syntaxes import DEFLATED
from workstation.dicom.uids import is_uid, may_be_asked_for, path_name
from workstation.errors import UserMessage
from workstation.store.duplicates import TooManyVersions
from workstation.store.files import copy_behind, copy_stripped, delete_part, write_all, write_both
from workstation.store.instance_header import (
    CONTRADICTS,
    IDENTIFYING_TAGS,
    InstanceUids,
    header_of,
    uid_fault,
    uids_of,
)
from workstation.store.store_results import Duplicate, OnRefused, Refused, Status, Unfiled
from workstation.store.unfiled import CUT, drop_cut, set_apart

if TYPE_CHECKING:
    from workstation.dicom.association_facts import Context, Peer

log = logging.getLogger(__name__)

MAX_OBJECT: Final = 8 * 1024**3
_OUR_BUG: Final = "of an error in this program"
_NO_UID: Final = "its SOP Instance UID is not a UID"


class IncomingFile(ABC):
    """Implements ``network.receive.Incoming``: writes, parses, checks; a subclass opens and keeps the file.

    Attributes:
        part: Path of the part file; empty while there is none.
        file: Its descriptor; -1 while it is not open.
        prefix: What stands before the data set; empty once it is written.
        leading: Skips what precedes the data set; None once that is done.
        mark: What is wrong with it although it is kept; empty: nothing.
        placed: Where it is kept, and how it compares to earlier ones, until :meth:`_tell` has told of it.
        size: Bytes of the data set so far.
        status: Why the object is refused, once it is.
        reason: The same in words.
    """

    __slots__ = (
        "_candidates", "_offset", "_refused", "_wanted", "context", "file", "leading", "mark", "part", "peer",
        "placed", "prefix", "reason", "size", "sop_class", "sop_instance", "status", "walk",
    )  # fmt: skip

    def __init__(
        self,
        context: Context,
        sop_class: str,
        sop_instance: str,
        peer: Peer,
        wanted: frozenset[int],
        refused: OnRefused,
    ) -> None:
        self.context = context
        self.sop_class = sop_class.strip("\0 ")
        self.sop_instance = sop_instance.strip("\0 ")
        self.peer = peer
        self.part = ""
        self.file = -1
        self.size = 0
        self.status: Status | None = None
        self.reason = UserMessage("")
        self.prefix = b""
        self.mark = ""
        self.placed: tuple[str, Duplicate] | None = None
        self._refused = refused
        self._wanted = wanted
        self._offset = 0
        self._candidates: tuple[str, ...] = ()
        self.leading: StrayFileMeta | None = StrayFileMeta(context.transfer_syntax)
        self.walk = self._new_walk()
        if not may_be_asked_for(self.sop_instance):
            self.refuse(Status.INVALID_INSTANCE, _NO_UID)
        elif not (is_uid(self.sop_class) and is_uid(context.transfer_syntax)):
            self.refuse(Status.CLASS_NOT_SUPPORTED, "its SOP Class UID is not a UID")
        else:
            self._begin()

    def _new_walk(self) -> DatasetWalker:
        syntax = self.context.transfer_syntax
        return DatasetWalker(syntax, self._wanted, strip_deflated_meta() if syntax in DEFLATED else None)

    def refuse(self, status: Status, reason: str) -> None:
        """Refuse the object: delete its part file and ignore the bytes that follow."""
        self.status, self.reason = status, UserMessage(reason)
        self.discard()

    def write(self, data: memoryview) -> None:
        """Take the next piece of the data set; see ``network.receive.Incoming``."""
        if self.status is not None:
            return
        try:
            if self.leading is not None:
                self._write_behind(self.leading, data)
            else:
                self._write(data)
        except OSError as error:
            self.refuse(Status.OUT_OF_RESOURCES, _in_words(error))
        except Exception:  # a bug costs this object, not the association
            log.exception("An arriving object could not be written.")
            self.refuse(Status.PROCESSING_FAILURE, _OUR_BUG)

    def _write_behind(self, leading: StrayFileMeta, data: memoryview | bytes, *, last: bool = False) -> None:
        behind = leading.strip(data, last=last)
        if leading.endless:
            self.refuse(Status.NOT_UNDERSTOOD, "it begins with file meta elements that do not end")
        if behind is None or self.status is not None:
            return
        self.leading, self._candidates = None, leading.candidates
        if self._candidates and self._candidates[0] != self.context.transfer_syntax:
            self._name_syntax(self._candidates[0])
            self.walk = self._new_walk()
        self._write(behind)

    def _name_syntax(self, syntax: str) -> None:
        self.context = replace(self.context, transfer_syntax=syntax)
        self.prefix = self._meta()

    def _meta(self) -> bytes:
        return meta_prefix(self.context, self.sop_class, self.sop_instance, self.peer, self.mark)

    def _write(self, data: memoryview | bytes) -> None:
        if self.prefix:
            write_both(self.file, self.prefix, data)
            self._offset, self.prefix = len(self.prefix), b""
        else:
            write_all(self.file, data)
        self.size += len(data)
        self.walk.feed(data)
        self._passed(len(data))
        if self.size > MAX_OBJECT:
            self.refuse(Status.OUT_OF_RESOURCES, "it is larger than 8 GiB")

    def _settle_meta(self, doubt: str = "") -> None:
        """Note what is wrong with the object, and the transfer syntax its bytes are in, where that was open.

        Raises:
            OSError: The disk refused.
        """
        syntax, sure = self.context.transfer_syntax, True
        if self._candidates:
            syntax, sure = settled(self._candidates, encapsulated=self.walk.encapsulated)
        twice = CONTRADICTS if self.walk.contradicts else ""
        self.mark = doubt or self.walk.doubt or twice or ("" if sure else UNDECIDED)
        if self.mark or syntax != self.context.transfer_syntax or self._must_strip:
            self._rewrite(syntax)

    @property
    def _must_strip(self) -> bool:
        """Stray group 0002 elements are deflated with the data set, and it could be inflated to its end."""
        return self.walk.stripped > 0 and not (self.walk.lost or self.walk.cut)

    def _rewrite(self, syntax: str) -> None:
        """Make the part file anew, with another file meta information.

        Raises:
            OSError: The disk refused.
        """
        self.close()
        old, offset = self.part, self._offset
        self.part, self.file = self._open()
        try:
            self._passed(self.size)
            self._name_syntax(syntax)
            write_all(self.file, self.prefix)
            self._offset, self.prefix = len(self.prefix), b""
            if self._must_strip:
                copy_stripped(old, offset, self.file, self.walk.stripped)
                self.size = os.fstat(self.file).st_size - self._offset
            else:
                copy_behind(old, offset, self.file)
        finally:
            delete_part(old)

    def finish(self) -> int:
        """Check and keep the object; the C-STORE status."""
        try:
            if self.status is None and self.leading is not None:
                self._write_behind(self.leading, b"", last=True)
            if self.status is None:
                self._finish()
        except OSError as error:
            self.refuse(Status.OUT_OF_RESOURCES, _in_words(error))
        except Exception:  # as above
            log.exception("An arriving object could not be kept.")
            self.refuse(Status.PROCESSING_FAILURE, _OUR_BUG)
        if self.status is None:
            return Status.SUCCESS
        self._report_refusal(self.status, self.reason)
        return self.status

    def _report_refusal(self, status: Status, reason: UserMessage, unfiled: Unfiled | None = None) -> None:
        try:
            self._refused(Refused(self.sop_instance, status, reason, self.peer, unfiled))
        except Exception:
            log.exception("Nobody could be told of a refused object.")

    def answered(self) -> None:
        """Tell of an object that was kept, if that could wait for the answer."""
        if self.placed is None:
            return
        try:
            self._tell(*self.placed)
        except Exception:  # as above; its file is looked at when the library is compared with its index
            log.exception("A stored object could not be told of.")
        self.placed = None

    def abort(self) -> None:
        """Delete the part file: the association ended within the object."""
        self.discard()

    def close(self) -> None:
        """Close the part file, if it is open.

        Raises:
            OSError: Some of its bytes could not be written.
        """
        file, self.file = self.file, -1
        if file >= 0:
            os.close(file)

    def discard(self) -> None:
        """Close and delete the part file; one that cannot be deleted is deleted at the next opening."""
        try:
            self.close()
        except OSError:
            log.warning("A part file could not be closed.")
        part, self.part = self.part, ""
        if part:
            delete_part(part)

    def _begin(self) -> None:
        """Open the part file while the data set is still on its way."""
        try:
            self.prefix = self._meta()
            self.part, self.file = self._open()
        except OSError as error:
            self.refuse(Status.OUT_OF_RESOURCES, _in_words(error))
        except Exception:  # as above
            log.exception("No file could be opened for an arriving object.")
            self.refuse(Status.PROCESSING_FAILURE, _OUR_BUG)

    def _finish(self) -> None:
        try:
            self._keep_or_refuse()
        except TooManyVersions:
            self._set_aside(Status.NOT_UNDERSTOOD, "there are too many different objects of its UID")

    def _keep_or_refuse(self) -> None:
        fault: str | None = self.walk.end()  # which may find the UIDs of a short object
        fault = fault or (CONTRADICTS if self.walk.contradicts & IDENTIFYING_TAGS else "")
        uids = uids_of(self.walk)
        fault = fault or (self.walk.doubt if "" in uids else "") or uid_fault(uids, lenient_uids=True)
        odd = uid_fault(uids)
        asked = odd is None or (not fault and self._asked_for(uids))
        if not is_uid(self.sop_instance) and (odd is None or uids.sop_uid != self.sop_instance or not asked):
            self.refuse(Status.INVALID_INSTANCE, _NO_UID)
        elif fault and (why := self._why_apart(uids)) and self._admits_unfiled(uids):
            self._keep_apart(uids, why)
        elif fault or not asked:
            self._set_aside(Status.NOT_UNDERSTOOD, fault or odd or "")
        elif uids.sop_uid != self.sop_instance:
            self._set_aside(Status.CLASS_MISMATCH, "its SOP Instance UID is not the one announced")
        elif uids.sop_class != self.sop_class:
            self._set_aside(Status.CLASS_MISMATCH, "its SOP Class UID is not the one announced")
        else:
            self._settle_meta()
            self._keep(uids)
            if self.peer.called:  # who asked for it by C-MOVE waits in another thread
                self._tell_now()

    def _tell_now(self) -> None:
        """Tell of the object before it is acknowledged.

        Raises:
            OSError: The disk refused.
        """
        placed, self.placed = self.placed, None
        if placed is not None:
            self._tell(*placed)

    def _why_apart(self, uids: InstanceUids) -> str:
        """Why it may be kept unfiled; empty where it can be filed, or must not be kept.

        It is truncated, or lacks UIDs of its patient, study or series, and nothing that was read contradicts
        the command.
        """
        walk, end = self.walk, self.walk.end()
        apart = walk.cut if end else bool(walk.doubt) and "" in uids
        if not apart or walk.contradicts & IDENTIFYING_TAGS or not self.size:
            return ""
        command = (self.sop_instance, self.sop_class)
        agrees = all(uid in ("", announced) for uid, announced in zip(uids, command, strict=False))
        if not agrees or not all(not uid or is_uid(uid) for uid in uids):
            return ""
        return f"{CUT}: {end}" if end else f"it does not tell whose it is: {walk.doubt}"

    def _keep_apart(self, uids: InstanceUids, why: str) -> None:
        """Move it, flushed, to the unfiled objects: none of those is ever evicted, it may be the only copy.

        Raises:
            OSError: The disk refused.
        """
        self._settle_meta(why)
        path = set_apart(self.part, self.file, self._unfiled_in, self.sop_instance)
        self.part = ""
        self.close()
        header = header_of(self.walk, self.context.transfer_syntax)
        cut = why.startswith(CUT)
        found = Unfiled(path, uids.study_uid, uids.series_uid, header.patient_id, header.name, cut)
        self._report_refusal(Status.SUCCESS, UserMessage(why), found)

    def _replace_cut(self, path: str) -> None:
        """Delete truncated copies of the object: a complete one has arrived."""
        drop_cut(self._unfiled_in, path_name(self.sop_instance), path)

    def _passed(self, size: int) -> None:  # noqa: B027 - a folder has nothing to do here
        """Called after each piece of ``size`` bytes.

        Raises:
            OSError: No more may be written.
        """

    def _set_aside(self, status: Status, reason: str) -> None:
        """Refuse a faulty object; a subclass may keep it elsewhere first."""
        self.refuse(status, reason)

    @abstractmethod
    def _asked_for(self, uids: InstanceUids) -> bool:
        """Whether a running plan asked for the object; only such an object may have invalid UIDs."""

    @property
    @abstractmethod
    def _unfiled_in(self) -> str:
        """The folder above the one for what cannot be filed."""

    @abstractmethod
    def _admits_unfiled(self, uids: InstanceUids) -> bool:
        """Whether an object may come in that tells only these UIDs, some of them empty."""

    @abstractmethod
    def _open(self) -> tuple[str, int]:
        """Create the part file.

        Raises:
            OSError: It cannot be created.
        """

    @abstractmethod
    def _keep(self, uids: InstanceUids) -> None:
        """Give the object its place, noted in :attr:`placed`, or refuse it.

        Raises:
            OSError: The disk refused.
        """

    @abstractmethod
    def _tell(self, path: str, duplicate: Duplicate) -> None:
        """Tell of the object, which is kept.

        Raises:
            OSError: The disk refused.
        """


def _in_words(error: OSError) -> UserMessage:
    """The reason of an error without its path, which may name private folders."""
    return UserMessage("it could not be written ({why})", why=error.strerror or type(error).__name__)
