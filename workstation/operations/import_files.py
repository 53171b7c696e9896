"""Take files into the library by the rules for what is sent: nothing is overwritten."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from workstation.dicom.association_facts import Context, Peer
from workstation.dicom.outcomes import End, Failure, Outcome
from workstation.errors import LibraryInUse, UserMessage
from workstation.stop import Progress, Report, Stop
from workstation.store.instance_file import NotAnInstance, read_instance_file
from workstation.store.library import Library
from workstation.store.library_sink import Admission, LibrarySink
from workstation.store.store_results import OnStored, Refused, Status, Stored

_BLOCK = 1024 * 1024
_FILES = Peer(ae_title="", own_ae_title="", address="")
"""Nobody sent them."""


def import_files(
    paths: Sequence[Path], library: Library, stored: OnStored, stop: Stop, report: Report
) -> Outcome:
    """Copy ``paths`` into ``library``, on its disk when it is done; the files themselves stay as they are.

    One that cannot be taken costs only itself, and is named in the outcome.

    Args:
        paths: DICOM files.
        library: Open for writing.
        stored: Called with each object that is kept, as soon as it is.
        stop: A request to end; what was copied stays.
        report: Progress, in files.

    Raises:
        LibraryInUse: Another program writes the library.
        NotWritable, DiskFull: The disk did not take what was copied.
    """
    if not library.writable:
        raise LibraryInUse(str(library.root))
    return _Import(library, stored).run(paths, stop, report)


class _Import:
    """What has come of the files so far."""

    def __init__(self, library: Library, stored: OnStored) -> None:
        self._told = stored
        self._library = library
        # As what a plan fetches: flushed at the end, all at once, for the files themselves are still there.
        self._sink = LibrarySink(library, lambda uids, peer: Admission.PLAN, self._stored, self._refused)
        self._files: list[str] = []
        self._kept, self._bytes = 0, 0
        self._failed: list[Failure] = []

    def run(self, paths: Sequence[Path], stop: Stop, report: Report) -> Outcome:
        begun = time.monotonic()
        for number, path in enumerate(paths, 1):
            if stop.requested:
                break
            self._take(path, stop)
            report(Progress(number, len(paths), self._bytes))
        self._library.flush(self._files)
        end = End.COMPLETE if self._kept == len(paths) else End.PARTIAL
        if stop.requested and self._kept + len(self._failed) < len(paths):
            end = End.CANCELLED
        words = UserMessage("{done} of {all} files were added.", done=self._kept, all=len(paths))
        return Outcome(
            end=end,
            expected=len(paths),
            received=self._kept,
            failed=tuple(self._failed),
            bytes=self._bytes,
            seconds=round(time.monotonic() - begun, 3),
            message="" if end is End.COMPLETE else words,
        )

    def _take(self, path: Path, stop: Stop) -> None:
        """Hand one file to the sink; why it is not kept goes to the failures."""
        try:
            found = read_instance_file(path, lenient_uids=True)
            if isinstance(found, NotAnInstance):
                self._failed.append(Failure(path.name, None, found.reason))
            else:
                self._copy(found, stop)
        except OSError as error:
            reason = error.strerror or UserMessage("it cannot be read")
            self._failed.append(Failure(path.name, None, reason))

    def _copy(self, found: Stored, stop: Stop) -> None:
        context = Context(1, found.sop_class, found.transfer_syntax)
        with found.path.open("rb") as file:
            file.seek(-found.size, 2)  # the data set; a new head is written before it
            incoming = self._sink.begin(context, found.sop_class, found.sop_uid, _FILES)
            try:
                while (piece := file.read(_BLOCK)) and not stop.requested:
                    incoming.write(memoryview(piece))
            except OSError:
                incoming.abort()
                raise
        if stop.requested:
            incoming.abort()
            return
        incoming.finish()
        incoming.answered()

    def _stored(self, stored: Stored) -> None:
        self._kept, self._bytes = self._kept + 1, self._bytes + stored.size
        self._files.append(stored.file)
        self._told(stored)

    def _refused(self, refused: Refused) -> None:
        status = int(refused.status) if refused.status is not Status.SUCCESS else None
        self._failed.append(Failure(refused.sop_uid, status, refused.reason))
