"""Run a query with the keys as they are given, for the command line: what ``findscu`` does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from workstation.dicom.levels import Model
from workstation.dicom.nodes import Node
from workstation.network.contexts import FIND, VERIFICATION, query
from workstation.network.exchange import Kind
from workstation.network.exchanges import conclude, recorded
from workstation.network.find import Find, FindResponse
from workstation.network.requestor import associate
from workstation.network.trace import Observer
from workstation.stop import Stop

if TYPE_CHECKING:
    from pydicom import Dataset


class RawFind:
    """One query under one model; iterate for the answers as they are.

    Attributes:
        incomplete: The archive stopped early; final after the iteration.
        cancelled: We sent C-CANCEL. Whether what came is all there is cannot be known then, whatever the
            final status.
        empty: See :attr:`workstation.network.find.Find.empty`.
        status: The final status; None before the end.
    """

    def __init__(
        self,
        node: Node,
        model: Model,
        keys: Dataset,
        stop: Stop,
        *,
        cancel_after: int | None = None,
        observer: Observer | None = None,
    ) -> None:
        """Nothing is asked yet.

        Args:
            node: The archive.
            model: Information model.
            keys: The whole identifier, Query/Retrieve Level included where the model has one.
            stop: Ends it.
            cancel_after: Send C-CANCEL after so many answers.
            observer: Called with every message.
        """
        self.incomplete = False
        self.cancelled = False
        self.empty = 0
        self.status: int | None = None
        self._ask = (node, model, keys, stop)
        self._cancel_after = cancel_after
        self._observer = observer

    def __iter__(self) -> Iterator[FindResponse]:
        """The answers; those that cross our C-CANCEL too.

        Raises:
            WorkstationError, Cancelled: The query came to nothing.
        """
        node, model, keys, stop = self._ask
        proposals = query(VERIFICATION, FIND[model])
        with (
            recorded(Kind.QUERY, self._observer, node.label, node) as observer,
            associate(node, proposals, stop, observer=observer) as association,
        ):
            asked = Find(association, model, keys)
            for count, found in enumerate(asked, 1):
                yield found
                if self._cancel_after is not None and count == self._cancel_after:
                    asked.cancel()
                    self.cancelled = True
            self.empty = asked.empty
            if asked.response is not None:
                self.status = asked.response.status
            self.incomplete = asked.incomplete
            conclude(observer, incomplete=asked.incomplete or self.cancelled)
        stop.check()
