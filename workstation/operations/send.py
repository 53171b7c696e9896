"""Send files and folders to a node, with storage commitment if it is asked for (PS3.4 B, J)."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path

from workstation.dicom.nodes import Node
from workstation.dicom.outcomes import Failure, Outcome
from workstation.dicom.uids import MEDIA_DIRECTORY
from workstation.errors import NetworkError, Unreadable, UserMessage
from workstation.network.association import Association
from workstation.network.contexts import STORAGE_COMMITMENT, query
from workstation.network.exchange import Kind
from workstation.network.exchanges import recorded
from workstation.network.file_to_send import FileToSend, read_file_to_send, same_content
from workstation.network.limits import LIMITS
from workstation.network.pdus import Proposal
from workstation.network.requestor import associate
from workstation.network.send import offers, proposals
from workstation.network.trace import Observer, remark
from workstation.operations.association_limit import FEWEST, NEAR, was_slow
from workstation.operations.concluding import conclude_transfer
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.parallel_send import BROKE_OFF, TELLING, ParallelSend, is_made_with_dcmtk
from workstation.operations.send_conversion import Conversion
from workstation.operations.send_object import ObjectSender
from workstation.operations.send_queue import SendQueue
from workstation.operations.send_report import SendReport
from workstation.operations.storage_commitment import Commit, committed
from workstation.stop import Cancelled, Report, Stop

_MAX_BROKEN = 3
"""How often in a row the last association breaks at an object; then nothing more is tried."""
_LARGE = 16_000_000
"""Bytes for which a second association is worth its opening, however few objects they are."""
_MAX_REFUSED = 3
"""Objects in a row that are refused alone, as they were beside others; then no more are sent again."""
_TAKEN = "it has the SOP Instance UID of {other}, which is sent, and another content"


@dataclass(slots=True, kw_only=True)
class _Sending:
    node: Node
    stop: Stop
    report: SendReport
    sender: ObjectSender
    quirks: NodeQuirks
    commit: Commit | None
    observer: Observer | None
    associations: int | None
    again: list[FileToSend] = field(default_factory=list)
    broken: int = 0
    asked_to_commit: bool = False

    def run(self) -> str:
        """Send everything; returns the message of the error that ended it early, else an empty text."""
        files = self.report.waiting()
        groups = list(_groups(files, LIMITS.contexts - len(TELLING)))
        try:
            for group in groups:
                self._send_group(group, last=group is groups[-1])
        except NetworkError as error:
            if not self.report.sent:
                raise
            if self.commit is not None and not self.asked_to_commit:
                self.report.committed(None, error.message)
            return error.message
        if self.commit is not None and self.report.sent and not self.asked_to_commit:
            self._have_committed(self.commit)
        return ""

    def _send_group(self, group: list[FileToSend], *, last: bool) -> None:
        """Send files that fit into one proposal; where the last association breaks, the rest get another."""
        queue, broke = SendQueue(group), False
        while queue:
            sent = len(self.report.sent)
            failure = self._over_associations(group, queue, alone=broke, last=last)
            if failure is None:
                continue
            broke = True
            remark(self.observer, UserMessage("The association broke: the rest is sent over another one"))
            self.broken = 1 if len(self.report.sent) > sent else self.broken + 1
            nothing = not (queue or self.report.sent)
            if nothing or self.broken == _MAX_BROKEN or not isinstance(failure, BROKE_OFF):
                raise failure

    def _over_associations(
        self, group: Sequence[FileToSend], queue: SendQueue, *, alone: bool, last: bool
    ) -> NetworkError | None:
        """Send over as many associations as help; returns the error that ended the last one.

        Raises:
            NetworkError: The first could not be opened.
            Cancelled: Stopped.
        """
        contexts = proposals(group)
        commitment = query(STORAGE_COMMITMENT) if self.commit is not None else []
        opened = False
        try:
            with (
                self.quirks.budget(self.node).share() as share,
                self._associate([*contexts, *commitment], self.stop) as association,
            ):
                opened = True
                most = 1 if alone else self._most_associations(association, queue)
                telling = query(*TELLING) if is_made_with_dcmtk(association) else []
                sending = ParallelSend(
                    association,
                    lambda stop: self._associate([*contexts, *telling], stop, tries=1),
                    queue,
                    self.sender,
                    self.report,
                    node=self.node,
                    quirks=self.quirks,
                    stop=self.stop,
                    share=share,
                    most=most,
                    start=self.associations,
                )
                self._send_all(sending, one=most == 1)
                self._send_again(association)
                if self.commit is not None and last and not queue and not association.closed:
                    self._have_committed_over(association, self.commit)
        except NetworkError as error:
            if not opened:
                raise
            return error
        return None

    def _associate(
        self, contexts: Sequence[Proposal], stop: Stop, *, tries: int = LIMITS.tries
    ) -> AbstractContextManager[Association]:
        limits = replace(LIMITS, tries=tries)
        return associate(self.node, contexts, stop, observer=self.observer, limits=limits)

    def _send_all(self, sending: ParallelSend, *, one: bool) -> None:
        begun, answers, size = time.monotonic(), self.report.answers, self.report.bytes
        sending.run()
        self.stop.check()
        self.again += sending.refused_beside_others
        if sending.failure is not None:
            raise sending.failure
        if one:
            seconds = time.monotonic() - begun
            self._learn(self.report.answers - answers, self.report.bytes - size, seconds)

    def _send_again(self, association: Association) -> None:
        """Send alone what was refused beside others, until some in a row are refused for themselves."""
        in_row = 0
        while self.again and in_row < _MAX_REFUSED and not association.closed:
            file = self.again.pop(0)
            association.remark(UserMessage("Refused beside other objects: sent again alone"))
            self.sender.send(association, file)
            in_row = 0 if self.report.is_sent(file) else in_row + 1
        self.again.clear()

    def _most_associations(self, association: Association, queue: SendQueue) -> int:
        """How many may help: a single one is at its best where the archive is near, and quick."""
        slow = self.quirks.takes_in_slowly(self.node)
        helps = association.round_trip >= NEAR or self.associations is not None or slow
        enough = len(queue) >= FEWEST or queue.bytes >= _LARGE
        if not (helps and enough and len(queue) > 1):
            return 1
        return self.quirks.most_associations(self.node, self.associations)

    def _learn(self, count: int, size: int, seconds: float) -> None:
        """Remember whether the archive let one association wait."""
        if (slow := was_slow(count, size, seconds)) is not None:
            self.quirks.stored_slowly(self.node, slow)

    # --- Storage commitment --------------------------------------------------------------------------

    def _have_committed(self, commit: Commit) -> None:
        """Ask over an association for that alone: none of those that sent is left."""
        try:
            with self._associate(query(STORAGE_COMMITMENT), self.stop) as association:
                self._have_committed_over(association, commit)
        except NetworkError as error:
            if not self.asked_to_commit:
                self.report.committed(None, error.message)

    def _have_committed_over(self, association: Association, commit: Commit) -> None:
        files = self.report.sent.values()
        objects = list(dict.fromkeys((file.sop_class, file.sop_instance) for file in files))
        if not objects:
            return
        self.report.tell(UserMessage("Waiting for storage commitment"))
        self.asked_to_commit = True
        words = UserMessage("{node} did not confirm storage commitment in time.", node=self.node.label)
        try:
            answer = committed(association, commit, objects, self.stop)
        except NetworkError as error:
            self.report.committed(None, error.message)
        else:
            self.report.committed(answer, words)


def send(
    node: Node,
    paths: Iterable[Path],
    stop: Stop,
    report: Report,
    *,
    commit: Commit | None = None,
    observer: Observer | None = None,
    lossy: bool = False,
    quirks: NodeQuirks | None = None,
    associations: int | None = None,
) -> Outcome:
    """Send files, and the files in folders, as they are; converted where the archive does not take them so.

    Args:
        node: Where to.
        paths: Files and folders; what is no DICOM file is reported, in folders passed over.
        stop: Ends it.
        report: Called after each object.
        commit: Have the archive commit to what was sent.
        observer: Called with every message, from several threads.
        lossy: Decode also lossily compressed images where the archive does not take them otherwise.
        quirks: What is known of nodes.
        associations: How many to send over at once, from the beginning; None: as many as bring a gain, at
            most those of the node's settings.

    Returns:
        How it ended; ``received`` counts what the archive took, with or without a warning, and ``committed``
        what it committed to, if it was asked. ``missing`` are the objects of which no answer came.

    Raises:
        Unreadable: The one path that was given is no DICOM file, or a folder without any.
        NetworkError: Nothing could be sent at all.
    """
    begun = time.monotonic()
    notes = SendReport(report)
    asked = tuple(paths)
    unreadable = _read(notes, asked, stop)
    if not notes.files and len(asked) == 1:
        raise unreadable[0] if unreadable else Unreadable(str(asked[0]), "there is no DICOM file in it")
    conversion = Conversion(stop, lossy=lossy)
    with recorded(Kind.SEND, observer, node.label, node) as told:
        sending = _Sending(
            node=node,
            stop=stop,
            report=notes,
            sender=ObjectSender(conversion, notes),
            quirks=quirks or NodeQuirks(),
            commit=commit,
            observer=told,
            associations=associations,
        )
        message, cancelled = "", False
        try:
            message = sending.run()
        except Cancelled:
            cancelled = True
        finally:
            conversion.close()
        outcome = notes.outcome(
            [Failure("", None, error.message) for error in unreadable],
            commit=commit is not None,
            cancelled=cancelled,
            message=message,
        )
        conclude_transfer(told, outcome)
    return replace(outcome, seconds=round(time.monotonic() - begun, 3))


def _read(report: SendReport, paths: tuple[Path, ...], stop: Stop) -> list[Unreadable]:
    """Find the files; what is wrong with those that were named and cannot be sent."""
    unreadable: list[Unreadable] = []
    first_of: dict[str, FileToSend] = {}
    for path in paths:
        for file in _files(path):
            stop.check()
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
                report.files.append(found)
            elif not _same(first, found):
                report.files.append(found)
                report.not_sent(found, UserMessage(_TAKEN, other=first.path.name))
    return unreadable


def _same(first: FileToSend, found: FileToSend) -> bool:
    try:
        return same_content(first, found)
    except Unreadable:
        return False


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
