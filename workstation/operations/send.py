"""Send files and folders to a node, with storage commitment if it is asked for (PS3.4 B, J)."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydicom.uid import UID

from workstation.dicom.association_facts import Context
from workstation.dicom.nodes import Node
from workstation.dicom.outcomes import End, Failure, Outcome
from workstation.dicom.statuses import StatusClass, meaning
from workstation.dicom.transfer_syntaxes import PLAIN
from workstation.dicom.uids import MEDIA_DIRECTORY
from workstation.errors import (
    AssociationAborted,
    ConnectionLost,
    NetworkError,
    Unreadable,
    UserMessage,
)
from workstation.network.association import Association
from workstation.network.contexts import STORAGE_COMMITMENT
from workstation.network.file_to_send import FileToSend, cut_off, read_file_to_send, same_content
from workstation.network.limits import LIMITS
from workstation.network.pdus import Proposal
from workstation.network.requestor import associate
from workstation.network.send import context_for, offers, plain_context_for, proposals, store
from workstation.network.trace import Observer
from workstation.operations.send_conversion import Conversion
from workstation.operations.storage_commitment import Commit, committed
from workstation.stop import Cancelled, Progress, Report, Stop

_MAX_BROKEN = 3
"""Objects in a row at each of which the archive broke off; then nothing more is tried."""
_TAKEN = "it has the SOP Instance UID of {other}, which is sent, and another content"


@dataclass(slots=True, kw_only=True)
class _Sending:
    node: Node
    stop: Stop
    report: Report
    commit: Commit | None
    observer: Observer | None
    conversion: Conversion
    files: list[FileToSend] = field(default_factory=list)
    sent: list[FileToSend] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    remarks: list[Failure] = field(default_factory=list)
    converted: list[Failure] = field(default_factory=list)
    renamed: list[Failure] = field(default_factory=list)
    uncommitted: list[Failure] = field(default_factory=list)
    refused: set[Path] = field(default_factory=set)
    current: FileToSend | None = None
    broken: int = 0
    committed: int = 0
    bytes: int = 0

    def run(self) -> str:
        """Send everything; returns the message of the error that ended it early, else an empty text."""
        files = [file for file in self.files if file.path not in self.refused]
        for group in _groups(files, LIMITS.contexts - (self.commit is not None)):
            try:
                self._send_group(group)
            except NetworkError as error:
                if not self.sent:
                    raise
                return error.message
        return ""

    def _send_group(self, group: list[FileToSend]) -> None:
        """Send files over one association; where one breaks off in the middle, the rest get another."""
        contexts = proposals(group)
        if self.commit is not None:
            contexts.append(Proposal(STORAGE_COMMITMENT, PLAIN))
        waiting, before = list(reversed(group)), len(self.sent)
        whole = False
        while not whole:
            try:
                with associate(self.node, contexts, self.stop, observer=self.observer) as association:
                    while waiting and not association.closed:
                        self._send(association, waiting.pop())
                    whole = not association.closed or not (waiting or self.commit)
                    if self.commit is not None and whole:
                        self._have_committed(association, self.commit, self.sent[before:])
            except (AssociationAborted, ConnectionLost) as error:
                self._broke_off(error, others=bool(waiting or self.sent))
                whole = not (waiting or self.commit)

    def _broke_off(self, error: NetworkError, *, others: bool) -> None:
        """The object that was being sent may be the reason: it is a failure, the rest may be sent.

        Raises:
            NetworkError: It was not for an object, or for one after the other, or there is no other.
        """
        file, self.current = self.current, None
        if file is None or not others:
            raise error
        words = "{name}: {error} It may have been for this object."
        self._failed(file, UserMessage(words, name=file.path.name, error=error.message))
        self.broken += 1
        if self.broken == _MAX_BROKEN:
            raise error

    def _send(self, association: Association, file: FileToSend) -> None:
        if not self._is_whole(file):
            return
        context = context_for(association, file)
        going: FileToSend | None = file
        if context is None and (context := plain_context_for(association, file)) is not None:
            going = self._converted(file, context.transfer_syntax)
        if context is None:
            self.fail(
                file, None, UserMessage("the archive does not accept its SOP class in its transfer syntax")
            )
        elif going is not None:
            self.current = file
            self._store(association, context, file, going)
            self.current = None

    def _is_whole(self, file: FileToSend) -> bool:
        """Archives break off at what ends too early; others would keep less than they think."""
        try:
            fault = cut_off(file)
        except Unreadable as error:
            self._failed(file, error.message)
            return False
        if fault:
            self.fail(file, None, UserMessage("it is cut off: {fault}", fault=UserMessage(fault)))
        return not fault

    def _converted(self, file: FileToSend, syntax: str) -> FileToSend | None:
        """``file`` in ``syntax``; None: it cannot be converted; that is a failure already."""
        found = self.conversion.converted(file, syntax)
        if isinstance(found, FileToSend):
            return found
        words = "{reason} The archive does not accept its transfer syntax, {stored}, and it was not converted"
        self.fail(file, None, UserMessage(words, reason=found, stored=UID(file.transfer_syntax).name))
        return None

    def _store(self, association: Association, context: Context, file: FileToSend, going: FileToSend) -> None:
        """Send ``file`` as ``going``, itself or its conversion."""
        try:
            response = store(association, context, going)
        except Unreadable as error:
            self._failed(file, error.message)
            return
        words = meaning("C-STORE", response.status)
        if response.comment:
            words = UserMessage.joined(" ", (words, response.comment.rstrip(". ")))
        if response.kind in (StatusClass.SUCCESS, StatusClass.WARNING):
            self.sent.append(file)
            self.broken = 0
            self.bytes += going.length
            self._note_differences(file, going)
            if response.kind is StatusClass.WARNING:
                reason = words or UserMessage("it took it with a warning")
                self.remarks.append(_about(file, response.status, reason))
        else:
            self.fail(file, response.status, words or UserMessage("the archive refused it"))
        self.report(Progress(len(self.sent), len(self.files), self.bytes))

    def _note_differences(self, file: FileToSend, going: FileToSend) -> None:
        """Say in what the archive's copy differs from the file."""
        if going is not file:
            words = "it was sent in {sent}: the archive does not accept {stored}"
            names = {"sent": UID(going.transfer_syntax).name, "stored": UID(file.transfer_syntax).name}
            self.converted.append(_about(file, None, UserMessage(words, **names)))
        if file.differs:
            words = "its file meta information names another object; it was sent as what its data set says"
            self.renamed.append(_about(file, None, UserMessage(words)))

    def fail(self, file: FileToSend, status: int | None, reason: str) -> None:
        self.refused.add(file.path)
        self.failures.append(_about(file, status, reason))

    def _failed(self, file: FileToSend, message: UserMessage) -> None:
        self.refused.add(file.path)
        self.failures.append(Failure(file.sop_instance, None, message))

    def _have_committed(self, association: Association, commit: Commit, sent: list[FileToSend]) -> None:
        objects = list(dict.fromkeys((file.sop_class, file.sop_instance) for file in sent))
        if not objects:
            return
        self.report(
            Progress(
                len(self.sent), len(self.files), self.bytes, UserMessage("Waiting for storage commitment")
            )
        )
        try:
            answer = committed(association, commit, objects, self.stop)
        except NetworkError as error:
            answer = None
            reason = error.message
        else:
            reason = UserMessage("{node} did not confirm storage commitment in time.", node=self.node.label)
        kept = set(answer.committed) if answer is not None else set()
        reasons = dict(answer.failed) if answer is not None else {}
        for file in sent:
            uid = file.sop_instance
            if uid in kept:
                self.committed += 1
                continue
            refused = UserMessage("The archive did not commit to keep it.")
            words = refused if uid in reasons else reason
            self.uncommitted.append(Failure(uid, reasons.get(uid), words))


def _about(file: FileToSend, status: int | None, reason: str) -> Failure:
    return Failure(
        file.sop_instance, status, UserMessage("{name}: {reason}.", name=file.path.name, reason=reason)
    )


def send(
    node: Node,
    paths: Iterable[Path],
    stop: Stop,
    report: Report,
    *,
    commit: Commit | None = None,
    observer: Observer | None = None,
    lossy: bool = False,
) -> Outcome:
    """Send files, and the files in folders, as they are; converted where the archive does not take them so.

    Args:
        node: Where to.
        paths: Files and folders; what is no DICOM file is reported, in folders passed over.
        stop: Ends it.
        report: Called after each object.
        commit: Have the archive commit to what was sent.
        observer: Called with every message.
        lossy: Decode also lossily compressed images where the archive does not take them otherwise.

    Returns:
        How it ended; ``received`` counts what the archive took, with or without a warning, and ``committed``
        what it committed to, if it was asked. ``missing`` are the objects that were not tried.

    Raises:
        Unreadable: The one path that was given is no DICOM file, or a folder without any.
        NetworkError: Nothing could be sent at all.
    """
    begun = time.monotonic()
    conversion = Conversion(stop, lossy=lossy)
    sending = _Sending(
        node=node, stop=stop, report=report, commit=commit, observer=observer, conversion=conversion
    )
    asked = tuple(paths)
    unreadable = _read(sending, asked)
    if not sending.files and len(asked) == 1:
        raise unreadable[0] if unreadable else Unreadable(str(asked[0]), "there is no DICOM file in it")
    message, cancelled = "", False
    try:
        message = sending.run()
    except Cancelled:
        cancelled = True
    finally:
        conversion.close()
    outcome = _outcome(sending, [Failure("", None, error.message) for error in unreadable])
    if cancelled:
        outcome = replace(outcome, end=End.CANCELLED)
    if outcome.end is not End.COMPLETE:
        outcome = replace(outcome, message=message or _counted(outcome))
    return replace(outcome, seconds=round(time.monotonic() - begun, 3))


def _read(sending: _Sending, paths: tuple[Path, ...]) -> list[Unreadable]:
    """Find the files; what is wrong with those that were named and cannot be sent."""
    unreadable: list[Unreadable] = []
    first_of: dict[str, FileToSend] = {}
    for path in paths:
        for file in _files(path):
            sending.stop.check()
            try:
                found = read_file_to_send(file)
            except Unreadable as error:
                if file == path:
                    unreadable.append(error)
                continue
            if found.sop_class == MEDIA_DIRECTORY:
                continue
            first = first_of.setdefault(found.sop_instance, found)
            if first is found:
                sending.files.append(found)
            elif not _same(first, found):
                sending.files.append(found)
                sending.fail(found, None, UserMessage(_TAKEN, other=first.path.name))
    return unreadable


def _same(first: FileToSend, found: FileToSend) -> bool:
    try:
        return same_content(first, found)
    except Unreadable:
        return False


def _outcome(sending: _Sending, unreadable: list[Failure]) -> Outcome:
    """How it ended, unless it was cancelled."""
    failures = unreadable + sending.failures
    settled = {file.path for file in sending.sent} | sending.refused
    missing = tuple(file.sop_instance for file in sending.files if file.path not in settled)
    whole = not (failures or missing or sending.uncommitted)
    wanted = sending.commit is not None
    return Outcome(
        end=End.COMPLETE if whole else (End.PARTIAL if sending.sent else End.FAILED),
        verified=wanted and whole,
        expected=len(sending.files) + len(unreadable),
        received=len(sending.sent),
        missing=missing,
        failed=tuple(failures),
        bytes=sending.bytes,
        message=_remarked(sending),
        committed=sending.committed if wanted else None,
        uncommitted=tuple(sending.uncommitted),
        remarks=(*sending.remarks, *sending.converted, *sending.renamed),
    )


def _counted(outcome: Outcome) -> UserMessage:
    counts = {"sent": outcome.received, "all": outcome.expected, "committed": outcome.committed}
    if outcome.committed is None:
        return UserMessage("{sent} of {all} objects were sent.", **counts)
    return UserMessage(
        "{sent} of {all} objects were sent; the archive committed to keep {committed}.", **counts
    )


def _remarked(sending: _Sending) -> str:
    remarks = []
    if (count := len(sending.remarks)) == 1:
        remarks.append(
            UserMessage("All were taken, 1 with a warning. {reason}", reason=sending.remarks[0].reason)
        )
    elif count:
        words = "All were taken, {n} with a warning. {reason}"
        remarks.append(UserMessage(words, n=count, reason=sending.remarks[0].reason))
    if count := len(sending.converted):
        words = "Sent in another transfer syntax than they are stored in: {n}. {reason}"
        remarks.append(UserMessage(words, n=count, reason=sending.converted[0].reason))
    if count := len(sending.renamed):
        words = "Named by their data sets, not by their file meta information: {n}."
        remarks.append(UserMessage(words, n=count))
    return UserMessage.joined(" ", remarks) if remarks else ""


def _files(path: Path) -> Iterator[Path]:
    """A file as it is, a folder's files in their order."""
    if path.is_dir():
        yield from sorted(entry for entry in path.rglob("*") if entry.is_file())
    else:
        yield path


def _groups(files: list[FileToSend], room: int) -> Iterator[list[FileToSend]]:
    """Files in associations of at most ``room`` presentation contexts, order kept."""
    group: list[FileToSend] = []
    pairs: set[tuple[str, str]] = set()
    for file in files:
        offered = offers(file)
        if len(pairs.union(offered)) > room:
            yield group
            group, pairs = [], set()
        pairs.update(offered)
        group.append(file)
    if group:
        yield group
