"""Choose between C-GET and C-MOVE, and count the tries of a retrieve that bring nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

from workstation.dicom.levels import Model
from workstation.dicom.nodes import Node, RetrieveMethod
from workstation.dicom.transfer_syntaxes import USUAL_SYNTAXES
from workstation.errors import BadInput
from workstation.network.dimse import DimseResponse
from workstation.network.limits import LIMITS, Limits
from workstation.network.suboperations import FirstObjectWait
from workstation.network.trace import Observer
from workstation.operations.fetch import ByGet, ByMove, RetrieveService
from workstation.operations.held_associations import HeldAssociations
from workstation.operations.instance_router import InstanceRouter
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.on_demand_listener import OnDemandListener

MAX_TRIES = 4
"""Associations in a row that bring nothing."""

MAX_FRUITLESS = 20
"""Requests in a row on one association that bring nothing."""

NOT_AUTHORIZED, CLASS_NOT_SUPPORTED, UNRECOGNISED, UNKNOWN_DESTINATION = 0x0124, 0x0122, 0x0211, 0xA801
_FOR_GOOD = (NOT_AUTHORIZED, CLASS_NOT_SUPPORTED, UNRECOGNISED, UNKNOWN_DESTINATION)


def forbids(response: DimseResponse) -> bool:
    """Whether an archive that answered so is not to be asked by the same service again."""
    return response.status in _FOR_GOOD


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrieveOptions:
    """Choices that are not the node's.

    Attributes:
        method: C-GET or C-MOVE; None: as the node says.
        again: Fetch also what is here already.
        syntaxes: Transfer syntaxes to propose.
        models: Information models in order of preference.
        cancel_after: Send C-CANCEL after so many objects.
        observer: Called with every message.
        limits: Bounds on the peer.
        associations: How many to fetch with at once, from the beginning; None: as many as bring a gain, at
            most those of the node's settings.
        first: Series Instance UID of what is to come first; over several associations from its middle on.
        one_of_each: The middle image of each series is to come before all others.
        watched: Somebody waits for the first image: far away it is fetched while further associations are
            opened, though all of the target takes up to as much longer.
        count: How many instances the target is known to have; None: unknown.
        held: The associations that are held.
    """

    method: RetrieveMethod | None = None
    again: bool = False
    syntaxes: tuple[str, ...] = USUAL_SYNTAXES
    models: tuple[Model, ...] = (Model.STUDY, Model.PATIENT)
    cancel_after: int | None = None
    observer: Observer | None = None
    limits: Limits = LIMITS
    associations: int | None = None
    first: str = ""
    one_of_each: bool = False
    watched: bool = False
    count: int | None = None
    held: HeldAssociations | None = None


@dataclass(slots=True)
class RetrieveServices:
    """C-GET, C-MOVE or both.

    Attributes:
        left: Those that may still work, the likelier first.
        persist: Go on beyond :data:`MAX_TRIES`.
    """

    left: list[RetrieveService]
    persist: bool = False
    _tries: int = field(default=MAX_TRIES, init=False)

    @classmethod
    def of(
        cls,
        node: Node,
        router: InstanceRouter,
        listening: OnDemandListener | None,
        quirks: NodeQuirks,
        options: RetrieveOptions,
    ) -> RetrieveServices:
        """The services to try with a node; of AUTOMATIC both, the one that worked before first.

        Raises:
            BadInput: C-MOVE is wanted, and there is no listener.
        """
        wanted, cancel_after = options.method or node.retrieve, options.cancel_after
        first_object = FirstObjectWait(options.limits.first_object)
        get: RetrieveService = ByGet(router, first_object, cancel_after=cancel_after)
        move: RetrieveService = ByMove(node.calling_ae_title, first_object, cancel_after=cancel_after)
        if wanted is RetrieveMethod.GET or (wanted is RetrieveMethod.AUTOMATIC and listening is None):
            return cls([get])
        if listening is None:
            raise BadInput("retrieve method", "C-MOVE", "it needs a listener, and none is set up.")
        if wanted is RetrieveMethod.MOVE:
            return cls([move])
        return cls([move, get] if quirks.lacks_get(node) else [get, move])

    @property
    def get(self) -> ByGet | None:
        """C-GET, if it is among those left."""
        return next((service for service in self.left if isinstance(service, ByGet)), None)

    def drop(self, service: RetrieveService) -> None:
        """It will not work."""
        self.left = [other for other in self.left if other is not service]

    def restore(self, service: RetrieveService) -> None:
        """It works after all."""
        self.left = [service, *(other for other in self.left if other is not service)]

    def tried(self, *, progress: bool) -> None:
        """Note an association."""
        self._tries = MAX_TRIES if progress else self._tries - 1

    @property
    def exhausted(self) -> bool:
        """No further association is worth it."""
        return not self.left or (self._tries <= 0 and not self.persist)
