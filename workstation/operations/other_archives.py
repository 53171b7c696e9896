"""Query another archive for a study, to learn whether it has more than is here."""

from __future__ import annotations

from workstation.dicom.nodes import Node
from workstation.dicom.targets import Target
from workstation.network.exchange import Kind
from workstation.network.exchanges import recorded
from workstation.operations.expected_instances import expect
from workstation.operations.held_associations import HeldAssociations
from workstation.operations.instance_router import InstanceRouter
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.query_session import open_query_session
from workstation.stop import Stop


def has_more(
    node: Node,
    target: Target,
    router: InstanceRouter,
    stop: Stop,
    quirks: NodeQuirks,
    held: HeldAssociations | None = None,
) -> bool:
    """Whether an archive lists something of a target that is not here; its listing is kept.

    Raises:
        WorkstationError: It cannot be asked.
        Cancelled: ``stop`` was requested.
    """
    with (
        recorded(Kind.LIST, None, node.label, node) as observer,
        open_query_session(node, quirks, stop, observer=observer, held=held) as session,
    ):
        expected = expect(session, target)
    if expected.series is not None:
        count = expected.count if expected.instances is None and not target.series else None
        router.record_listing(target.study, node.label, expected.series, count)
    here: frozenset[str] = frozenset().union(*router.held(target).values())
    if expected.instances is not None:
        return not expected.instances.keys() <= here
    return expected.count is not None and expected.count > len(here)
