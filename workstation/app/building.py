"""Everything behind the window: built and wired once the first paint is done."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from workstation.app.browsing import Browsing
from workstation.app.configuring import Configuring
from workstation.app.front import Front, put_up
from workstation.app.shutdown import Shutdown
from workstation.app.wiring import wire
from workstation.controllers.arrivals import Arrivals
from workstation.controllers.cine import Cine
from workstation.controllers.demo import Demo
from workstation.controllers.documents import Documents
from workstation.controllers.echo import Echo
from workstation.controllers.elements import Elements
from workstation.controllers.library import LibraryOpening
from workstation.controllers.local_copies import LocalCopies
from workstation.controllers.nodes import Nodes
from workstation.controllers.notices import Notices
from workstation.controllers.opening import Opening
from workstation.controllers.passcodes import Passcodes
from workstation.controllers.preview import Preview
from workstation.controllers.pushes import Pushes
from workstation.controllers.retrieve import Retrieve
from workstation.controllers.search import Search
from workstation.controllers.settings import Listener, Settings
from workstation.controllers.sources import Sources
from workstation.controllers.tree import Tree
from workstation.controllers.writing import Writing
from workstation.imaging.decoding import Decoding
from workstation.jobs.lanes import Lanes
from workstation.models.transfers import TransfersModel
from workstation.models.tree import TreeModel
from workstation.operations.deliver import LibraryDeliveries
from workstation.operations.habits import Habits
from workstation.operations.listening import Listening
from workstation.operations.opened import OpenedFiles
from workstation.settings.places import Places
from workstation.settings.preferences import Preferences
from workstation.store.library import Library
from workstation.store.plans import Plans
from workstation.widgets.main_window import MainWindow


@dataclass
class Workstation:
    """All parts of the running program, by name: for wiring, shutting down, and tests."""

    places: Places
    lanes: Lanes
    library: Library
    plans: Plans
    deliveries: LibraryDeliveries
    listening: Listening
    arrivals: Arrivals
    notices: Notices
    writing: Writing
    sources: Sources
    tree_model: TreeModel
    transfers_model: TransfersModel
    search: Search
    tree: Tree
    local_copies: LocalCopies
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
    opening: Opening
    window: MainWindow
    shutdown: Shutdown
    configuring: Configuring = field(init=False)
    browsing: Browsing = field(init=False)


def build(where: Places, preferences: Preferences, *, beside: bool = False) -> Workstation:
    """The whole program, ready to be shown; the library is opened behind it.

    Raises:
        WorkstationError: The nodes cannot be read.
    """
    return complete(put_up(where, preferences, beside=beside))


def complete(front: Front) -> Workstation:
    """Build and wire every part behind the window; files are opened in lanes."""
    where, preferences = front.places, front.preferences
    lanes, notices, writing, shutdown = front.lanes, front.notices, front.writing, front.shutdown
    root = Path(preferences.library) if preferences.library else where.library
    library = Library(root, trouble=notices.hear)
    plans = Plans(where.plans, later=True)
    shutdown.last("library", library.close)
    shutdown.last("plans", plans.close)
    deliveries = LibraryDeliveries(library, plans)
    listening = Listening(
        deliveries, preferences.port, address=preferences.address, tls=preferences.listener_tls
    )
    habits, arrivals = Habits(where.learnt), Arrivals()
    sources = Sources(front.nodes, library.index, habits)
    deliveries.hosts.learn(node.host for node in front.nodes)
    kept = Nodes(where.nodes, front.nodes, sources, writing, beside=front.beside)
    tree_model, transfers_model = front.tree_model, front.transfers_model
    search = Search(lanes, sources, tree_model, notices)
    opened = OpenedFiles(where.cache / "opened")
    shutdown.last("opened files", opened.close)
    decoding = Decoding(where.cache / "broken-objects.json")
    preview = Preview(lanes, library.index, opened, decoding)
    preview.keep(preferences.kept_frames)
    retrieve = Retrieve(
        lanes, sources, deliveries, listening, plans, habits, transfers_model, notices, writing
    )
    workstation = Workstation(
        where,
        lanes,
        library,
        plans,
        deliveries,
        listening,
        arrivals,
        notices,
        writing,
        sources,
        tree_model,
        transfers_model,
        search,
        Tree(lanes, sources, library.index, tree_model, notices),
        LocalCopies(lanes, library, plans, tree_model, notices),
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
        Listener(lanes, listening, deliveries, notices),
        Demo(lanes, kept, notices, where.cache),
        Opening(lanes, opened, sources, search, tree_model, notices),
        front.window,
        shutdown,
    )
    unwatch = deliveries.watch(arrivals, arrivals.refused)
    unwatch_pushes = deliveries.watch_pushes(workstation.pushes.heard)
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
    workstation.configuring = Configuring(workstation)
    workstation.browsing = Browsing(workstation)
    shutdown.then("trash", lambda seconds: workstation.browsing.hand_on.close())
    wire(workstation)
    workstation.library_opening.run()
    front.early.hand_over()
    return workstation
