"""Associate with a node: take an association that is held, or open one; afterwards hold it, or release it."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import replace
from types import TracebackType

from workstation.dicom.nodes import Node
from workstation.errors import (
    AssociationAborted,
    AssociationRejected,
    ConnectionLost,
    NetworkError,
    ProtocolError,
    Unreachable,
    UserMessage,
)
from workstation.network.association import Association, Released
from workstation.network.limits import LIMITS, Limits
from workstation.network.pdus import Proposal
from workstation.network.requestor import open_association
from workstation.network.trace import Observer, remark
from workstation.operations.held_associations import HeldAssociations, Idle, Terms
from workstation.operations.node_quirks import NodeQuirks
from workstation.stop import Stop

_UNANSWERED = 0.5
"""Seconds for the answer to a release, where the last one brought none."""

AHEAD = 2.0
"""Seconds that an association which was opened ahead is kept."""

_ROOM = 1.0
"""Seconds that an archive which took no further association has to end those that were held, all in all."""

_PAUSES = (0.05, 0.2, 0.5)
"""Seconds before it is asked again: it may notice the end of an association later than we do."""


def takes_no_more(error: NetworkError) -> bool:
    """Whether an archive that did not take an association may take it once another has ended.

    Some reject it for now, or for good without a reason (PS3.8 9.3.4), others hang up on it, or do not listen
    meanwhile.
    """
    if isinstance(error, AssociationRejected):
        return error.transient or (error.source, error.reason) == (1, 1)
    if isinstance(error, Unreachable):
        return isinstance(error.__cause__, ConnectionError)
    return isinstance(error, AssociationAborted | ConnectionLost)


class NodeAssociation:
    """One association, of the thread that enters the ``with`` block, for the length of it.

    If the block raises it is aborted, else held, or released: in the background where others may be held.

    Attributes:
        association: Open.
        reused: It was held before.
    """

    def __init__(
        self,
        node: Node,
        proposals: Sequence[Proposal],
        quirks: NodeQuirks,
        stop: Stop,
        *,
        observer: Observer | None = None,
        limits: Limits = LIMITS,
        held: HeldAssociations | None = None,
        keep: bool = False,
        ahead: bool = False,
    ) -> None:
        """Nothing is opened yet; errors of :func:`workstation.network.requestor.associate` come by entering.

        Args:
            node: Where, and as whom. One that ignored a release before has a short release timeout.
            proposals: Presentation contexts.
            quirks: What is known of nodes.
            stop: Ends it from another thread.
            observer: Called with every PDU and message.
            limits: Bounds on the peer.
            held: The associations that are held; None: open a new one, and release it in the block's end.
            keep: Hold it afterwards, as long as the node says.
            ahead: It is not needed yet: what is held of the archive may stay.
        """
        self.association: Association
        self.reused = False
        self._terms = Terms.of(node, proposals, limits)
        self._limits = limits
        self._quirks = quirks
        self._stop = stop
        self._observer = observer
        self._held = held
        self._keep = keep
        self._ahead = ahead
        self._own_stop = Stop()
        self._following = ExitStack()

    def __enter__(self) -> NodeAssociation:
        idle = None if self._held is None else self._held.take(self._terms)
        if idle is None:
            self._open()
            return self
        self.reused, self._own_stop, self.association = True, idle.stop, idle.association
        self._following.enter_context(self._stop.watching(self._follow))
        self.association.observe_by(self._observer)
        if self._keep:  # a query: it is asked again at once where the network went away meanwhile
            self.association.limit_silence(self._terms.node.timeouts.connect)
        return self

    def reopen(self) -> Association:
        """Open a new one in place of one that was held and has ended.

        Raises:
            NetworkError, Cancelled: It cannot be opened, or a stop was requested.
        """
        self._following.close()
        self.association.close()
        self._stop.check()
        self._open()
        return self.association

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._leave()
            elif isinstance(error, AssociationAborted | ConnectionLost | ProtocolError | Released):
                self.association.close()
            else:
                self.association.abort()
        finally:
            self._following.close()
        if isinstance(error, Released):
            label = self._terms.node.label
            raise ConnectionLost(label, "the peer released the association in the middle") from None

    def _follow(self) -> None:
        self._own_stop.request(at_once=self._stop.at_once)

    def _open(self) -> None:
        self.reused, self._own_stop = False, Stop()
        with ExitStack() as following:
            following.enter_context(self._stop.watching(self._follow))
            self.association = self._opened()
            self._following = following.pop_all()

    def _opened(self) -> Association:
        terms, quirks = self._terms, self._quirks
        node = terms.node
        if quirks.ignores_releases(node):
            timeout = replace(node.timeouts, release=min(node.timeouts.release, _UNANSWERED))
            node = replace(node, timeouts=timeout)
        open_one = (node, terms.proposals, self._own_stop, self._observer)
        if self._held is None or self._ahead:
            return open_association(*open_one, self._limits)
        with self._held.room(terms.archive) as ending:
            if ending:
                once = replace(self._limits, tries=1)
                until = time.monotonic() + _ROOM
                for pause in (0.0, *_PAUSES):
                    try:
                        return open_association(*open_one, once)
                    except NetworkError as error:
                        if not takes_no_more(error):
                            raise
                        words = (
                            "Not taken beside the association that was held: asked again when that has ended"
                        )
                        remark(self._observer, UserMessage(words))
                    for end in ending:  # it may have been the very one that we held
                        self._await_end(end, until)
                    self._stop.pause(pause)
            return open_association(*open_one, self._limits)

    def _await_end(self, end: Future[None], until: float) -> None:
        """Wait for the end of an association that was held, at most ``until`` then (monotonic seconds).

        Raises:
            Cancelled: A stop was requested, before or meanwhile.
        """
        over = threading.Event()
        end.add_done_callback(lambda _: over.set())
        with self._stop.watching(over.set):
            over.wait(max(0.0, until - time.monotonic()))
        self._stop.check()

    def _leave(self) -> None:
        association = self.association
        if self._held is None or not association.at_rest:
            with contextlib.suppress(OSError):
                association.release()
            self._released(association)
            return
        self._following.close()  # from here on it ends by itself
        node = self._terms.node
        alone = min([node.associations, *self._quirks.refused_associations(node)]) == 1
        wanted = self._keep and not alone and not self._own_stop.requested
        self._held.give(
            Idle(association, self._own_stop),
            self._terms,
            0.0 if not wanted else AHEAD if self._ahead else node.idle,
            lambda: self._released(association),
        )

    def _released(self, association: Association) -> None:
        if association.release_ignored:
            self._quirks.ignored_a_release(self._terms.node)
