"""Send files over several associations at once."""

from __future__ import annotations

import time
from pathlib import Path

from typing_extensions import override

from workstation.dicom.levels import Model
from workstation.dicom.nodes import Node
from workstation.errors import (
    AssociationAborted,
    AssociationRejected,
    ConnectionLost,
    NetworkError,
    UserMessage,
    WorkstationError,
)
from workstation.network.association import Association
from workstation.network.contexts import FIND, STORAGE_COMMITMENT
from workstation.network.file_to_send import FileToSend
from workstation.operations.association_limit import AssociationShare
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.parallel_associations import Opener, ParallelAssociations
from workstation.operations.send_object import ObjectSender
from workstation.operations.send_queue import SendQueue
from workstation.operations.send_report import SendReport
from workstation.stop import Stop

BROKE_OFF = (AssociationAborted, ConnectionLost)
"""What an archive does at an object that it cannot stand."""

TELLING = (FIND[Model.STUDY], STORAGE_COMMITMENT)
"""SOP classes that tell dcmqrscp from other programs made with DCMTK."""


def is_made_with_dcmtk(association: Association) -> bool:
    """Whether the peer may be dcmqrscp: :func:`loses_files` tells, if :data:`TELLING` was proposed."""
    return association.implementation.startswith("OFFIS_DCMTK")


def loses_files(association: Association) -> bool:
    """Whether the peer is dcmqrscp, which gives objects that come in the same second the same file name.

    It acknowledges both and loses one where they come over different associations, whoever sends them: two
    storescu, too. It answers queries, which storescp does not; it has no storage commitment, as Orthanc has.
    """
    accepted = {context.abstract_syntax for context in association.contexts.values()}
    find, commitment = (uid in accepted for uid in TELLING)
    return is_made_with_dcmtk(association) and find and not commitment


class ParallelSend(ParallelAssociations[Association, FileToSend, None]):
    """Sends the files of a queue; one association, too, is sent over so.

    Attributes:
        refused_beside_others: What the archive refused while it was sent others, and may take alone.
    """

    def __init__(
        self,
        first: Association,
        open_one: Opener[Association],
        queue: SendQueue,
        sender: ObjectSender,
        report: SendReport,
        *,
        node: Node,
        quirks: NodeQuirks,
        stop: Stop,
        share: AssociationShare,
        most: int,
        start: int | None,
    ) -> None:
        """Nothing is sent yet.

        Args:
            first: The association that is open, of this thread.
            open_one: Opens a further association.
            queue: What to send.
            sender: Sends each.
            report: Notes what came of it.
            node: The archive.
            quirks: What is known of nodes.
            stop: Ends it.
            share: What the sending may have of the node's associations.
            most: How many may be open at once.
            start: How many begin; None: two, and more where that brings a gain.
        """
        super().__init__(
            first,
            open_one,
            stop=stop,
            share=share,
            most=most,
            start=start,
            round_trip=first.round_trip,
        )
        self._queue = queue
        self._sender = sender
        self._report = report
        self._node = node
        self._quirks = quirks
        self._again: set[Path] = set()
        self.refused_beside_others: list[FileToSend] = []
        report.associations = max(report.associations, 1)

    @override
    def ready(self) -> bool:
        """Whether the first object was answered: it makes patient and study at the archive, alone."""
        return self._report.answers > 0

    @override
    def opened(self, association: Association, number: int) -> None:
        if not self.useless(association):
            self._report.associations = max(self._report.associations, number)

    @override
    def close_after(self, association: Association, error: WorkstationError) -> None:
        association.close_after(error)

    @override
    def useless(self, association: Association) -> bool:
        return loses_files(association)

    @override
    def ended(self, association: Association) -> bool:
        return association.closed

    @override
    def ending(self, association: Association) -> None:
        self._queue.leave(association)

    @override
    def refused(self, error: WorkstationError, rest: int, *, opened: bool) -> None:
        # One that broke in the middle may have done so for its object: that says nothing of the next time.
        if not opened and isinstance(error, AssociationRejected | AssociationAborted | ConnectionLost):
            self._quirks.takes_associations(self._node, rest)

    @override
    def left(self) -> int:
        return len(self._queue)

    @override
    def take(self, association: Association) -> FileToSend | None:
        return self._queue.take(association)

    @override
    def do(self, association: Association, item: FileToSend) -> None:
        self._sender.send(association, item)

    @override
    def done(self, association: Association, item: FileToSend, result: None) -> None:
        if self.at_work > 1 and self._report.is_refused(item):
            self.refused_beside_others.append(item)
        self.measure(time.monotonic(), self._report.bytes, self._report.answers)

    @override
    def broke(self, association: Association, item: FileToSend, error: BaseException, others: bool) -> None:
        """The object may be the reason, and may have arrived: then it is not sent again.

        It is, once, where the archive cannot have all of it and may have ended one association of several.
        """
        if not isinstance(error, NetworkError) or not (others or isinstance(error, BROKE_OFF)):
            return
        may_be_there = self._report.may_have_arrived(item)
        if others and not may_be_there and item.path not in self._again:
            self._again.add(item.path)
            self._queue.give_back(item)
            return
        words = "{name}: {error} It may have been for this object."
        self._report.failed(item, UserMessage(words, name=item.path.name, error=error.message))
