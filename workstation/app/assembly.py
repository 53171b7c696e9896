"""Everything behind the window: built and wired once the first paint is done."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from workstation.app.dialogs import Dialogs
from workstation.app.row_actions import RowActions
from workstation.app.shell import Shell, show_shell
from workstation.app.shutdown import Shutdown
from workstation.app.wiring import wire
from workstation.controllers.arrivals import Arrivals
from workstation.controllers.cine import Cine
from workstation.controllers.deferred_writes import DeferredWrites
from workstation.controllers.demo import Demo
from workstation.controllers.documents import Documents
from workstation.controllers.echo import Echo
from workstation.controllers.elements import Elements
from workstation.controllers.file_opening import FileOpening
from workstation.controllers.library_opening import LibraryOpening
from workstation.controllers.local_completeness import LocalCompleteness
from workstation.controllers.nodes import Nodes
from workstation.controllers.notices import Notices
from workstation.controllers.passcodes import Passcodes
from workstation.controllers.preview import Preview
from workstation.controllers.pushes import Pushes
from workstation.controllers.retrieve import Retrieve
from workstation.controllers.row_expansion import RowExpansion
from workstation.controllers.search import Search
from workstation.controllers.settings import Listener, Settings
from workstation.controllers.sources import Sources
from workstation.imaging.decoding import Decoding
from workstation.jobs.lanes import Lanes
from workstation.models.transfers_model import TransfersModel
from workstation.models.tree_model import TreeModel
from workstation.operations.instance_router import LibraryRouter
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.on_demand_listener import OnDemandListener
from workstation.operations.opened_files import OpenedFiles
from workstation.settings.folders import Folders
from workstation.settings.preferences import Preferences
from workstation.store.library import Library
from workstation.store.plans import Plans
from workstation.widgets.main_window import MainWindow


@dataclass
class Workstation:
    """All parts of the running program, by name: for wiring, shutting down, and tests."""

    folders: Folders
    lanes: Lanes
    library: Library
    plans: Plans
    router: LibraryRouter
    listening: OnDemandListener
    arrivals: Arrivals
    notices: Notices
    writing: DeferredWrites
    sources: Sources
    tree_model: TreeModel
    transfers_model: TransfersModel
    search: Search
    tree: RowExpansion
    local_copies: LocalCompleteness
    retrieve: Retrieve
    pushes: Pushes
    preview: Preview
    cine: Cine
    elements: Elements
    documents: Documents
    library_opening: LibraryOpening
    settings: Settings
    nodes: Nodes
    passcodes: Passcodes
    echo: Echo
    listener: Listener
    demo: Demo
    opening: FileOpening
    window: MainWindow
    shutdown: Shutdown
    configuring: Dialogs = field(init=False)
    browsing: RowActions = field(init=False)


def build(where: Folders, preferences: Preferences, *, beside: bool = False) -> Workstation:
    """The whole program, ready to be shown; the library is opened behind it.

    Raises:
        WorkstationError: The nodes cannot be read.
    """
    return complete(show_shell(where, preferences, beside=beside))


def complete(front: Shell) -> Workstation:
    """Build and wire every part behind the window; files are opened in lanes."""
    where, preferences = front.folders, front.preferences
    lanes, notices, writing, shutdown = front.lanes, front.notices, front.writing, front.shutdown
    root = Path(preferences.library) if preferences.library else where.library
    library = Library(root, error=notices.hear)
    plans = Plans(where.plans, later=True)
    shutdown.last("library", library.close)
    shutdown.last("plans", plans.close)
    router = LibraryRouter(library, plans)
    listening = OnDemandListener(
        router, preferences.port, address=preferences.address, tls=preferences.listener_tls
    )
    quirks, arrivals = NodeQuirks(where.learnt), Arrivals()
    sources = Sources(front.nodes, library.index, quirks)
    router.hosts.learn(node.host for node in front.nodes)
    kept = Nodes(where.nodes, front.nodes, sources, writing, beside=front.beside)
    tree_model, transfers_model = front.tree_model, front.transfers_model
    search = Search(lanes, sources, tree_model, notices)
    opened = OpenedFiles(where.cache / "opened")
    shutdown.last("opened files", opened.close)
    decoding = Decoding(where.cache / "broken-objects.json")
    preview = Preview(lanes, library.index, opened, decoding)
    preview.keep(preferences.kept_frames)
    retrieve = Retrieve(lanes, sources, router, listening, plans, quirks, transfers_model, notices, writing)
    workstation = Workstation(
        where,
        lanes,
        library,
        plans,
        router,
        listening,
        arrivals,
        notices,
        writing,
        sources,
        tree_model,
        transfers_model,
        search,
        RowExpansion(lanes, sources, library.index, tree_model, notices),
        LocalCompleteness(lanes, library, plans, tree_model, notices),
        retrieve,
        Pushes(lanes, transfers_model, notices),
        preview,
        Cine(preview),
        Elements(lanes, preview),
        Documents(lanes, preview, where.cache / ("beside" if front.beside else "documents"), notices),
        LibraryOpening(lanes, library, plans, notices),
        Settings(where.settings, preferences, writing, beside=front.beside),
        kept,
        Passcodes(lanes, kept, sources),
        Echo(lanes, notices),
        Listener(lanes, listening, router, notices),
        Demo(lanes, kept, notices, where.cache),
        FileOpening(lanes, opened, sources, search, tree_model, notices),
        front.window,
        shutdown,
    )
    unwatch = router.watch(arrivals, arrivals.refused)
    unwatch_pushes = router.watch_pushes(workstation.pushes.heard)
    shutdown.first("arrivals", lambda seconds: unwatch())
    shutdown.first("pushes", lambda seconds: unwatch_pushes())
    shutdown.first("opening", lambda seconds: workstation.library_opening.give_up())
    shutdown.first("decoders", lambda seconds: decoding.close())
    shutdown.first("playing", lambda seconds: workstation.cine.stop())
    shutdown.then("decoding", preview.close)
    shutdown.then("documents", lambda seconds: workstation.documents.close())
    shutdown.then("listener", lambda seconds: listening.close())
    shutdown.then("pushes", lambda seconds: workstation.pushes.close())
    shutdown.then("demo archive", lambda seconds: workstation.demo.close())
    workstation.configuring = Dialogs(workstation)
    workstation.browsing = RowActions(workstation)
    shutdown.then("trash", lambda seconds: workstation.browsing.hand_on.close())
    wire(workstation)
    workstation.library_opening.run()
    front.early.hand_over()
    return workstation
