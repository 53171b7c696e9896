"""The list of archives over its file, a library and plans."""

from __future__ import annotations

from pathlib import Path

from workstation.controllers.deferred_writes import DeferredWrites
from workstation.controllers.nodes import Nodes
from workstation.controllers.notices import Notices
from workstation.controllers.sources import Sources
from workstation.dicom.nodes import Node
from workstation.jobs.lanes import Lanes
from workstation.operations.node_quirks import NodeQuirks
from workstation.settings.nodes import load_nodes, save_nodes
from workstation.store.library import Library
from workstation.store.plans import Plans

DEADLINE = 40_000
A = Node(name="PACS-A", ae_title="ARCHIVE", host="10.0.0.5", port=104)
B = Node(name="PACS-B", ae_title="B", host="b.example", port=2762)


class NodesSetup:
    """The node list with what hangs on it: sources, plans, library, deferred writes."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "nodes.json"
        save_nodes(self.path, [A, B])
        self.library = Library.open(folder / "library")
        self.plans = Plans(folder / "plans.db")
        self.sources = Sources([A, B], self.library.index, NodeQuirks())
        self.lanes, self.notices = Lanes(), Notices()
        self.lanes.failed.connect(self.notices.report)
        self.writing = DeferredWrites(self.lanes)
        self.nodes = Nodes(self.path, [A, B], self.sources, self.writing)
        self.nodes.renamed.connect(self.plans.rename_node)

    def written(self) -> tuple[Node, ...]:
        """What the file holds once everything is written."""
        assert self.writing.flush(DEADLINE / 1000)
        return load_nodes(self.path)

    def close(self) -> None:
        assert self.lanes.shutdown(DEADLINE / 1000)
        self.lanes.dismiss()
        self.plans.close()
        self.library.close()
