"""Open the association that a fetch will need before it is asked for, where the node is set so."""

from __future__ import annotations

from workstation.dicom.nodes import Node
from workstation.dicom.targets import Target
from workstation.dicom.transfer_syntaxes import USUAL_SYNTAXES
from workstation.operations.ask_and_fetch import likely_classes
from workstation.operations.fetch import ByMove, fetching
from workstation.operations.held_associations import HeldAssociations
from workstation.operations.instance_router import InstanceRouter
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.on_demand_listener import OnDemandListener
from workstation.operations.retrieve_services import RetrieveOptions, RetrieveServices
from workstation.stop import Stop


def open_ahead(
    node: Node,
    target: Target,
    router: InstanceRouter,
    listening: OnDemandListener | None,
    stop: Stop,
    *,
    quirks: NodeQuirks,
    held: HeldAssociations,
) -> None:
    """Open an association as the first request of a retrieve would, and hold it for two seconds.

    Nothing is opened where it is not known what to negotiate, or the archive takes one association only.

    Raises:
        WorkstationError: It could not be opened.
        Cancelled: ``stop`` was requested.
    """
    service = RetrieveServices.of(node, router, listening, quirks, RetrieveOptions()).left[0]
    hinted = isinstance(service, ByMove) or bool(target.modalities)
    if not hinted or min([node.associations, *quirks.refused_associations(node)]) == 1:
        return
    with fetching(
        node,
        service,
        likely_classes(target),
        USUAL_SYNTAXES,
        quirks,
        stop,
        fill=True,
        held=held,
        ahead=True,
    ):
        pass
