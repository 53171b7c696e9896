"""Note what came of each file that is sent, and make the outcome of it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pydicom.uid import UID

from workstation.dicom.outcomes import End, Failure, Outcome
from workstation.dicom.statuses import StatusClass, meaning
from workstation.errors import UserMessage
from workstation.network.dimse import DimseResponse
from workstation.network.file_to_send import FileToSend
from workstation.network.storage_commitment import Commitment
from workstation.stop import Progress, Report


class SendReport:
    """What came of each file, which is one thing only; thread-safe.

    Attributes:
        files: All, in their order.
        sent: Those the archive took.
        answers: How many the archive answered.
        bytes: Of those it took.
        associations: How many were open at once, at most.
    """

    def __init__(self, report: Report) -> None:
        """Nothing is sent yet; ``report`` is told of every object, from one thread at a time."""
        self.files: list[FileToSend] = []
        self.sent: dict[Path, FileToSend] = {}
        self.answers = 0
        self.bytes = 0
        self.associations = 0
        self._unanswered: set[Path] = set()
        self._failed: dict[Path, Failure] = {}
        self._remarks: dict[Path, Failure] = {}
        self._converted: dict[Path, Failure] = {}
        self._renamed: dict[Path, Failure] = {}
        self._uncommitted: list[Failure] = []
        self._committed = 0
        self._report = report
        self._lock = threading.Lock()  # nothing else is locked, and nobody called, under it
        self._reporting = threading.Lock()

    def waiting(self) -> list[FileToSend]:
        """The files of which nothing came yet, in their order."""
        with self._lock:
            settled = self.sent.keys() | self._failed.keys()
        return [file for file in self.files if file.path not in settled]

    # --- One file ----------------------------------------------------------------------------------

    def is_sent(self, file: FileToSend) -> bool:
        """The archive took it."""
        return file.path in self.sent

    def is_refused(self, file: FileToSend) -> bool:
        """The archive answered that it did not take it."""
        with self._lock:
            failure = self._failed.get(file.path)
        return failure is not None and failure.status is not None

    def await_answer(self, file: FileToSend) -> None:
        """It was sent to its last byte."""
        with self._lock:
            self._unanswered.add(file.path)

    def may_have_arrived(self, file: FileToSend) -> bool:
        """It was sent to its last byte, and not answered."""
        with self._lock:
            return file.path in self._unanswered

    def answered(self, file: FileToSend, going: FileToSend, response: DimseResponse) -> None:
        """The archive answered ``file``, which went out as ``going``: itself, or its conversion."""
        words = meaning("C-STORE", response.status)
        if response.comment:
            words = UserMessage.joined(" ", (words, response.comment.rstrip(". ")))
        with self._lock:
            self._unanswered.discard(file.path)
            self.answers += 1
            if response.kind in (StatusClass.SUCCESS, StatusClass.WARNING):
                self._took(file, going)
                if response.kind is StatusClass.WARNING:
                    reason = words or UserMessage("it took it with a warning")
                    self._remarks[file.path] = _about(file, response.status, reason)
            else:
                reason = words or UserMessage("the archive refused it")
                self._failed[file.path] = _about(file, response.status, reason)
        self.tell()

    def _took(self, file: FileToSend, going: FileToSend) -> None:
        """Note it, and in what the archive's copy differs from the file."""
        self.sent[file.path] = file
        self._failed.pop(file.path, None)  # it was refused before
        self.bytes += going.length
        if going is not file:
            words = "it was sent in {sent}: the archive does not accept {stored}"
            names = {"sent": UID(going.transfer_syntax).name, "stored": UID(file.transfer_syntax).name}
            self._converted[file.path] = _about(file, None, UserMessage(words, **names))
        if file.differs:
            words = "its file meta information names another object; it was sent as what its data set says"
            self._renamed[file.path] = _about(file, None, UserMessage(words))

    def not_sent(self, file: FileToSend, reason: str) -> None:
        """It was not sent, for a reason that goes behind its name."""
        self.failed(file, _about(file, None, reason).reason)

    def failed(self, file: FileToSend, message: str) -> None:
        """It failed, for a reason that is a sentence."""
        with self._lock:
            self._unanswered.discard(file.path)
            self._failed[file.path] = Failure(file.sop_instance, None, message)

    def tell(self, message: str = "") -> None:
        """Tell how far it is."""
        with self._reporting:
            self._report(Progress(len(self.sent), len(self.files), self.bytes, message))

    # --- Storage commitment --------------------------------------------------------------------------

    def committed(self, answer: Commitment | None, reason: UserMessage) -> None:
        """What the archive committed to of all that it took; where it did not say why not: ``reason``."""
        kept = set(answer.committed) if answer is not None else set()
        reasons = dict(answer.failed) if answer is not None else {}
        for file in self.sent.values():
            uid = file.sop_instance
            if uid in kept:
                self._committed += 1
                continue
            refused = UserMessage("The archive did not commit to keep it.")
            words = refused if uid in reasons else reason
            self._uncommitted.append(Failure(uid, reasons.get(uid), words))

    # --- All of it -----------------------------------------------------------------------------------

    def outcome(
        self, unreadable: Sequence[Failure], *, commit: bool, cancelled: bool, message: str
    ) -> Outcome:
        """How it ended.

        Args:
            unreadable: Of paths that are no file to send.
            commit: Storage commitment was wanted.
            cancelled: It was stopped.
            message: Of the error that ended it early; empty: none did.
        """
        failures = (*unreadable, *self._in_order(self._failed))
        missing = tuple(file.sop_instance for file in self.waiting())
        whole = not (failures or missing or self._uncommitted)
        end = End.COMPLETE if whole else (End.PARTIAL if self.sent else End.FAILED)
        outcome = Outcome(
            end=End.CANCELLED if cancelled else end,
            verified=commit and whole,
            expected=len(self.files) + len(unreadable),
            received=len(self.sent),
            missing=missing,
            failed=failures,
            bytes=self.bytes,
            message=self._remarked(),
            committed=self._committed if commit else None,
            uncommitted=tuple(self._uncommitted),
            remarks=(
                *self._in_order(self._remarks),
                *self._in_order(self._converted),
                *self._in_order(self._renamed),
            ),
            associations=self.associations,
        )
        if outcome.end is End.COMPLETE:
            return outcome
        return replace(outcome, message=message or _counted(outcome))

    def _in_order(self, found: dict[Path, Failure]) -> list[Failure]:
        return [found[file.path] for file in self.files if file.path in found]

    def _remarked(self) -> str:
        remarks = []
        if found := self._in_order(self._remarks):
            words = "All were taken, {n} with a warning. {reason}"
            if len(found) == 1:
                words = "All were taken, 1 with a warning. {reason}"
            remarks.append(UserMessage(words, n=len(found), reason=found[0].reason))
        if found := self._in_order(self._converted):
            words = "Sent in another transfer syntax than they are stored in: {n}. {reason}"
            remarks.append(UserMessage(words, n=len(found), reason=found[0].reason))
        if count := len(self._renamed):
            words = "Named by their data sets, not by their file meta information: {n}."
            remarks.append(UserMessage(words, n=count))
        return UserMessage.joined(" ", remarks) if remarks else ""


def _counted(outcome: Outcome) -> UserMessage:
    counts = {"sent": outcome.received, "all": outcome.expected, "committed": outcome.committed}
    if outcome.committed is None:
        return UserMessage("{sent} of {all} objects were sent.", **counts)
    return UserMessage(
        "{sent} of {all} objects were sent; the archive committed to keep {committed}.", **counts
    )


def _about(file: FileToSend, status: int | None, reason: str) -> Failure:
    return Failure(
        file.sop_instance, status, UserMessage("{name}: {reason}.", name=file.path.name, reason=reason)
    )
