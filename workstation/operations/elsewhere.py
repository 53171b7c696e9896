"""Asks another archive what it has of a study, to learn whether it has more than is here."""

from __future__ import annotations

from workstation.dicom.nodes import Node
from workstation.dicom.targets import Target
from workstation.operations.asking import asking
from workstation.operations.deliver import Deliveries
from workstation.operations.expect import expect
from workstation.operations.habits import Habits
from workstation.stop import Stop


def has_more(node: Node, target: Target, deliveries: Deliveries, stop: Stop, habits: Habits) -> bool:
    """Whether an archive names something of a target that is not here; what it told is kept.

    Raises:
        WorkstationError: It cannot be asked.
        Cancelled: ``stop`` was requested.
    """
    with asking(node, habits, stop) as asker:
        expected = expect(asker, target)
    if expected.series is not None:
        count = expected.count if expected.instances is None and not target.series else None
        deliveries.hear(target.study, node.label, expected.series, count)
    here: frozenset[str] = frozenset().union(*deliveries.held(target).values())
    if expected.instances is not None:
        return not expected.instances.keys() <= here
    return expected.count is not None and expected.count > len(here)
