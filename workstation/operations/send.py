"""Sending files and folders to a node, with storage commitment if it is asked for (PS3.4 B, J)."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from workstation.dicom.nodes import Node
from workstation.dicom.statuses import StatusClass, meaning
from workstation.dicom.targets import End, Failure, Outcome
from workstation.errors import NetworkError, Sentence, Unreadable
from workstation.network.associate import Proposal
from workstation.network.association import Association
from workstation.network.commit import Commitment, Reports, request_commitment
from workstation.network.contexts import PLAIN, STORAGE_COMMITMENT
from workstation.network.limits import LIMITS
from workstation.network.requestor import associate
from workstation.network.send import Stored, context_for, proposals, read_meta, store
from workstation.network.trace import Observer
from workstation.stop import Cancelled, Progress, Report, Stop

_MEDIA_DIRECTORY = "1.2.840.10008.1.3.10"


@dataclass(frozen=True, slots=True)
class Commit:
    """Storage commitment is wanted.

    Attributes:
        transaction: A fresh UID.
        seconds: How long the report is awaited.
        reports: Where a listener of ours puts the reports archives bring on their own associations; None:
            only a report on the sending association counts.
    """

    transaction: str
    seconds: float = 60.0
    reports: queue.SimpleQueue[Commitment] | None = None


@dataclass(slots=True)
class _Sending:
    node: Node
    stop: Stop
    report: Report
    commit: Commit | None
    observer: Observer | None
    files: list[Stored] = field(default_factory=list)
    sent: dict[str, Stored] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    bytes: int = 0

    def run(self) -> str:
        """Send everything; returns the trouble that ended it early, in words, else an empty text."""
        for group in _groups(self.files, LIMITS.contexts - (self.commit is not None)):
            contexts = proposals(group)
            if self.commit is not None:
                contexts.append(Proposal(STORAGE_COMMITMENT, PLAIN))
            try:
                with associate(self.node, contexts, self.stop, observer=self.observer) as association:
                    for file in group:
                        self._send(association, file)
                    if self.commit is not None:
                        self._have_committed(association, self.commit, group)
            except NetworkError as trouble:
                if not self.sent:
                    raise
                return trouble.sentence
        return ""

    def _send(self, association: Association, file: Stored) -> None:
        context = context_for(association, file)
        if context is None:
            self._fail(
                file, None, Sentence("the archive does not accept its SOP class in its transfer syntax")
            )
            return
        ending = store(association, context, file)
        if ending.kind in (StatusClass.SUCCESS, StatusClass.WARNING):
            self.sent[file.sop_instance] = file
            self.bytes += file.length
        else:
            words = meaning("C-STORE", ending.status) or Sentence("the archive refused it")
            if ending.comment:
                words = Sentence("{words} {comment}", words=words, comment=ending.comment)
            self._fail(file, ending.status, words)
        self.report(Progress(len(self.sent), len(self.files), self.bytes))

    def _fail(self, file: Stored, status: int | None, reason: str) -> None:
        told = Sentence("{name}: {reason}.", name=file.path.name, reason=reason)
        self.failures.append(Failure(file.sop_instance, status, told))

    def _have_committed(self, association: Association, commit: Commit, group: list[Stored]) -> None:
        objects = [(f.sop_class, f.sop_instance) for f in group if f.sop_instance in self.sent]
        if not objects:
            return
        told: queue.SimpleQueue[Commitment] = commit.reports or queue.SimpleQueue()
        self.report(
            Progress(len(self.sent), len(self.files), self.bytes, Sentence("Waiting for storage commitment"))
        )
        try:
            request_commitment(association, commit.transaction, objects, told.put)
            answer = self._await_report(association, commit, told)
        except NetworkError as trouble:
            answer = None
            reason = trouble.sentence
        else:
            reason = Sentence("{node} did not confirm storage commitment in time.", node=self.node.label)
        vouched = set(answer.committed) if answer is not None else set()
        reasons = dict(answer.failed) if answer is not None else {}
        for _, uid in objects:
            if uid not in vouched:
                refused = Sentence("The archive did not commit to keep it.")
                words = refused if uid in reasons else reason
                self.failures.append(Failure(uid, reasons.get(uid), words))
                del self.sent[uid]

    def _await_report(
        self, association: Association, commit: Commit, told: queue.SimpleQueue[Commitment]
    ) -> Commitment | None:
        """The report on our transaction: it may come here, or through the listener."""
        reports = Reports(association, told.put)
        deadline = time.monotonic() + commit.seconds
        # With a listener both doors must be watched; an archive that reports here does so within moments.
        here = min(2.0, commit.seconds) if commit.reports is not None else commit.seconds
        if told.empty():
            reports.wait(here)
        with self.stop.watching(lambda: told.put(_NOBODY)):
            while True:
                try:
                    answer = told.get(timeout=max(0.0, deadline - time.monotonic()))
                except queue.Empty:
                    return None
                self.stop.check()
                if answer.transaction == commit.transaction:
                    return answer


_NOBODY = Commitment("", (), ())


def send(
    node: Node,
    paths: Iterable[Path],
    stop: Stop,
    report: Report,
    *,
    commit: Commit | None = None,
    observer: Observer | None = None,
) -> Outcome:
    """Send files, and the files in folders, as they are.

    Args:
        node: Where to.
        paths: Files and folders; what is no DICOM file is reported, in folders passed over.
        stop: Ends it.
        report: Told after each object.
        commit: Have the archive commit to what was sent.
        observer: Told of every message.

    Returns:
        How it ended; ``received`` counts what the archive took (and, if asked, committed to).

    Raises:
        WorkstationError: Nothing could be sent at all.
    """
    begun = time.monotonic()
    sending = _Sending(node, stop, report, commit, observer)
    unreadable: list[Failure] = []
    for path in paths:
        for file in _files(path):
            stop.check()
            try:
                found = read_meta(file)
            except Unreadable as trouble:
                if file == path:
                    unreadable.append(Failure("", None, trouble.sentence))
                continue
            if found.sop_class != _MEDIA_DIRECTORY:
                sending.files.append(found)
    if not sending.files:
        raise Unreadable(", ".join(map(str, paths)), unreadable[0].reason if unreadable else "no DICOM file")
    sentence, end = "", None
    try:
        sentence = sending.run()
    except Cancelled:
        end = End.CANCELLED
    failures = unreadable + sending.failures
    failed = {failure.uid for failure in failures}
    wanted = dict.fromkeys(file.sop_instance for file in sending.files)
    missing = tuple(uid for uid in wanted if uid not in sending.sent and uid not in failed)
    if end is None:
        whole = not failures and not missing
        end = End.COMPLETE if whole else (End.PARTIAL if sending.sent else End.FAILED)
    if end is not End.COMPLETE and not sentence:
        counts = {"sent": len(sending.sent), "all": len(wanted) + len(unreadable)}
        sentence = Sentence("{sent} of {all} objects were sent.", **counts)
    return Outcome(
        end=end,
        verified=commit is not None and end is End.COMPLETE,
        expected=len(wanted) + len(unreadable),
        received=len(sending.sent),
        missing=missing,
        failed=tuple(failures),
        bytes=sending.bytes,
        seconds=round(time.monotonic() - begun, 3),
        sentence=sentence,
    )


def _files(path: Path) -> Iterator[Path]:
    """A file as it is, a folder's files in their order."""
    if path.is_dir():
        yield from sorted(entry for entry in path.rglob("*") if entry.is_file())
    else:
        yield path


def _groups(files: list[Stored], room: int) -> Iterator[list[Stored]]:
    """Files in associations of at most ``room`` presentation contexts, order kept."""
    group: list[Stored] = []
    pairs: set[tuple[str, str]] = set()
    for file in files:
        pair = (file.sop_class, file.transfer_syntax)
        if pair not in pairs and len(pairs) == room:
            yield group
            group, pairs = [], set()
        pairs.add(pair)
        group.append(file)
    if group:
        yield group
