"""Opens the association that a double-click would need when a row is selected, where the node is set so."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from PySide6.QtCore import QObject, QTimer

from workstation.controllers.retrieve import Retrieve
from workstation.controllers.sources import Sources
from workstation.dicom.nodes import Node
from workstation.dicom.targets import Target
from workstation.jobs.current_job import CurrentJob
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes, Report
from workstation.jobs.run import Run
from workstation.models.row_targets import target_of
from workstation.models.tree_model import TreeModel
from workstation.operations.held_associations import HeldAssociations
from workstation.operations.instance_router import LibraryRouter
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.on_demand_listener import OnDemandListener
from workstation.operations.open_ahead import open_ahead

_SETTLED: Final = 150
"""Milliseconds that a row is selected before anything is opened: arrow keys pass over many."""


class OpenAhead(QObject):
    """Follows the selection; what cannot be opened is not told: a fetch tries again, and says so."""

    def __init__(
        self,
        *,
        lanes: Lanes,
        sources: Sources,
        tree: TreeModel,
        retrieve: Retrieve,
        router: LibraryRouter,
        on_demand_listener: OnDemandListener,
        quirks: NodeQuirks,
        held: HeldAssociations,
        selected: Callable[[], int | None],
    ) -> None:
        """``selected`` returns the number of the selected row, if it is the only one."""
        super().__init__()
        self._lanes = lanes
        self._sources = sources
        self._tree = tree.results
        self._open = partial(open_ahead, quirks=quirks, held=held)
        self._retrieve = retrieve
        self._router = router
        self._on_demand_listener = on_demand_listener
        self._job = CurrentJob()
        self._selected = selected
        self._timer = QTimer(self, singleShot=True, interval=_SETTLED)
        self._timer.timeout.connect(self._settled)

    def selection_changed(self) -> None:
        """Open one as soon as the selection stays; not for several rows at once."""
        self._timer.start()

    def _settled(self) -> None:
        number = None if self._lanes.closed else self._selected()  # the view is gone by then
        row = None if number is None else self._tree.find(number)
        if row is None or row.settled:
            return
        target, keys = target_of(row), self._sources.archives_of(row)
        node = self._sources.node(keys[0]) if keys else None
        if target is None or node is None or not node.opens_ahead or self._retrieve.fetching([target.study]):
            return
        if node.lacks_passcode or node.lacks_consent:  # nobody is asked for a passcode by selecting a row
            return
        self._submit(node, target)

    def _submit(self, node: Node, target: Target) -> None:
        def work(run: Run) -> None:
            self._open(node, target, self._router, self._on_demand_listener, run.stop)

        job = self._lanes.submit(
            Lane.AHEAD,
            f"open ahead to {node.label}",
            work,
            key=self._sources.lane_key(node.name),
            report=Report.BUGS,
        )
        self._job.replace(job, ended=lambda end: None)
