"""Names the parts of the running program: for wiring, shutting down, and tests."""

from __future__ import annotations

from dataclasses import dataclass

from workstation.app.dialogs import Dialogs
from workstation.app.shutdown import Shutdown
from workstation.controllers.arrivals import Arrivals
from workstation.controllers.cine import Cine
from workstation.controllers.configuration import Configuration
from workstation.controllers.counts import Counts
from workstation.controllers.deferred_writes import DeferredWrites
from workstation.controllers.demo import Demo
from workstation.controllers.documents import Documents
from workstation.controllers.echo import Echo
from workstation.controllers.elements import Elements
from workstation.controllers.file_opening import FileOpening
from workstation.controllers.library_opening import LibraryOpening
from workstation.controllers.listener import Listener
from workstation.controllers.local_completeness import LocalCompleteness
from workstation.controllers.local_studies import LocalStudies
from workstation.controllers.nodes import Nodes
from workstation.controllers.notices import Notices
from workstation.controllers.open_ahead import OpenAhead
from workstation.controllers.passcodes import Passcodes
from workstation.controllers.preview import Preview
from workstation.controllers.pushes import Pushes
from workstation.controllers.retrieve import Retrieve
from workstation.controllers.row_actions import RowActions
from workstation.controllers.row_expansion import RowExpansion
from workstation.controllers.search import Search
from workstation.controllers.settings import Settings
from workstation.controllers.sources import Sources
from workstation.controllers.transfer_actions import TransferActions
from workstation.jobs.lanes import Lanes
from workstation.models.transfers_model import TransfersModel
from workstation.models.tree_model import TreeModel
from workstation.operations.instance_router import LibraryRouter
from workstation.operations.on_demand_listener import OnDemandListener
from workstation.settings.folders import Folders
from workstation.store.library import Library
from workstation.store.plans import Plans
from workstation.widgets.main_window import MainWindow


@dataclass(frozen=True, kw_only=True)
class Workstation:
    """All parts. A part gets in its constructor what it needs, never this object."""

    # jobs and files
    folders: Folders
    lanes: Lanes
    deferred_writes: DeferredWrites
    library: Library
    plans: Plans
    router: LibraryRouter
    on_demand_listener: OnDemandListener
    # models and window
    tree_model: TreeModel
    transfers_model: TransfersModel
    window: MainWindow
    dialogs: Dialogs
    notices: Notices
    # controllers of nodes and settings
    settings: Settings
    nodes: Nodes
    sources: Sources
    passcodes: Passcodes
    configuration: Configuration
    echo: Echo
    listener: Listener
    demo: Demo
    # controllers of rows
    search: Search
    row_expansion: RowExpansion
    counts: Counts
    row_actions: RowActions
    file_opening: FileOpening
    # controllers of local copies and transfers
    library_opening: LibraryOpening
    local_completeness: LocalCompleteness
    local_studies: LocalStudies
    retrieve: Retrieve
    open_ahead: OpenAhead
    pushes: Pushes
    arrivals: Arrivals
    transfer_actions: TransferActions
    # controllers of pictures
    preview: Preview
    cine: Cine
    elements: Elements
    documents: Documents

    shutdown: Shutdown
