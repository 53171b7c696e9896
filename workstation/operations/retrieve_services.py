"""The ways of fetching that a retrieve may still go, and how many tries that bring nothing it has left."""

from __future__ import annotations

from dataclasses import dataclass, field

from workstation.dicom.nodes import Node, RetrieveMethod
from workstation.errors import BadInput
from workstation.network.dimse import DimseResponse
from workstation.network.suboperations import FirstObject
from workstation.operations.fetch import ByGet, ByMove, RetrieveService
from workstation.operations.instance_router import InstanceRouter
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.on_demand_listener import OnDemandListener

MOST_TRIES = 4
"""Associations in a row that bring nothing."""

MOST_FRUITLESS = 20
"""Requests in a row on one association that bring nothing."""

NOT_AUTHORIZED, CLASS_NOT_SUPPORTED, UNRECOGNISED, UNKNOWN_DESTINATION = 0x0124, 0x0122, 0x0211, 0xA801
_FOR_GOOD = (NOT_AUTHORIZED, CLASS_NOT_SUPPORTED, UNRECOGNISED, UNKNOWN_DESTINATION)


def forbids(ending: DimseResponse) -> bool:
    """Whether an archive that answered so is not to be asked the same way again."""
    return ending.status in _FOR_GOOD


@dataclass(slots=True)
class RetrieveServices:
    """C-GET, C-MOVE or both.

    Attributes:
        left: Those that may still work, the likelier first.
        persist: Go on beyond :data:`MOST_TRIES`.
    """

    left: list[RetrieveService]
    persist: bool = False
    _tries: int = field(default=MOST_TRIES, init=False)

    @classmethod
    def of(
        cls,
        node: Node,
        wanted: RetrieveMethod,
        router: InstanceRouter,
        listening: OnDemandListener | None,
        quirks: NodeQuirks,
        first: FirstObject,
        cancel_after: int | None,
    ) -> RetrieveServices:
        """The ways to a node, if ``wanted`` is AUTOMATIC both, the one that worked before first.

        Raises:
            BadInput: C-MOVE is wanted, and there is no listener.
        """
        get: RetrieveService = ByGet(router, first, cancel_after=cancel_after)
        move: RetrieveService = ByMove(node.calling_ae_title, first, cancel_after=cancel_after)
        if wanted is RetrieveMethod.GET or (wanted is RetrieveMethod.AUTOMATIC and listening is None):
            return cls([get])
        if listening is None:
            raise BadInput("way to fetch", "C-MOVE", "it needs a listener, and none is set up.")
        if wanted is RetrieveMethod.MOVE:
            return cls([move])
        return cls([move, get] if quirks.lacks_get(node) else [get, move])

    @property
    def get(self) -> ByGet | None:
        """C-GET, if it is among those left."""
        return next((way for way in self.left if isinstance(way, ByGet)), None)

    def drop(self, way: RetrieveService) -> None:
        """It will not work."""
        self.left = [other for other in self.left if other is not way]

    def tried(self, *, progress: bool) -> None:
        """Note an association."""
        self._tries = MOST_TRIES if progress else self._tries - 1

    @property
    def tired(self) -> bool:
        """No further association is worth it."""
        return not self.left or (self._tries <= 0 and not self.persist)
