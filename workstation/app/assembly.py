"""Builds everything behind the window once the first paint is done, and has it wired."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from workstation.app.dialogs import Dialogs
from workstation.app.parts import Workstation
from workstation.app.shell import Shell, show_shell
from workstation.app.wiring import wire
from workstation.controllers.arrivals import Arrivals
from workstation.controllers.cine import Cine
from workstation.controllers.configuration import Configuration
from workstation.controllers.counts import Counts
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
from workstation.imaging.decoding import Decoding
from workstation.operations.held_associations import HeldAssociations
from workstation.operations.instance_router import LibraryRouter
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.on_demand_listener import OnDemandListener
from workstation.operations.opened_files import OpenedFiles
from workstation.settings.folders import Folders
from workstation.settings.preferences import Preferences
from workstation.store.library import Library
from workstation.store.plans import Plans

_RELEASE = 1.0
"""Seconds that the end of the program waits for archives to answer the release of associations."""


def build(folders: Folders, preferences: Preferences, *, second_window: bool = False) -> Workstation:
    """Build the whole program, ready to be shown; the library is opened afterwards, in a lane.

    Raises:
        WorkstationError: The nodes cannot be read.
    """
    return complete(show_shell(folders, preferences, second_window=second_window))


def complete(shell: Shell) -> Workstation:
    """Build and wire every part behind the window; files are opened in lanes."""
    folders, preferences, second = shell.folders, shell.preferences, shell.second_window
    lanes, notices, writes = shell.lanes, shell.notices, shell.deferred_writes
    tree, transfers, view = shell.tree_model, shell.transfers_model, shell.window.tree

    root = Path(preferences.library) if preferences.library else folders.library
    library = Library(root, error=notices.queue_error)
    plans = Plans(folders.plans, later=True, schedule=partial(writes.put, "plans"))
    router = LibraryRouter(library, plans)
    on_demand_listener = OnDemandListener(
        router, preferences.port, address=preferences.address, tls=preferences.listener_tls
    )
    quirks, held = NodeQuirks(folders.learnt), HeldAssociations()
    opened = OpenedFiles(folders.cache / "opened")
    decoding = Decoding(folders.cache / "broken-objects.json")

    sources = Sources(shell.nodes, library.index, quirks, held)
    settings = Settings(folders.settings, preferences, writes, read_only=second)
    nodes = Nodes(folders.nodes, shell.nodes, sources, writes, read_only=second)
    passcodes = Passcodes(lanes, nodes, sources)
    configuration = Configuration(
        lanes=lanes, nodes=nodes, passcodes=passcodes, settings=settings, notices=notices
    )
    echo = Echo(lanes, notices, held)
    search = Search(lanes, sources, tree, notices)
    preview = Preview(lanes, library.index, opened, decoding)
    local_completeness = LocalCompleteness(lanes, library, plans, tree)
    local_studies = LocalStudies(
        lanes=lanes,
        sources=sources,
        library=library,
        plans=plans,
        transfers=transfers,
        notices=notices,
        settings=settings,
        unlock=passcodes.unlock,
        held=held,
    )
    retrieve = Retrieve(
        lanes=lanes,
        sources=sources,
        router=router,
        on_demand_listener=on_demand_listener,
        plans=plans,
        quirks=quirks,
        transfers=transfers,
        notices=notices,
        unlock=passcodes.unlock,
        held=held,
    )
    pushes = Pushes(lanes, transfers, notices)

    workstation = Workstation(
        folders=folders,
        lanes=lanes,
        deferred_writes=writes,
        library=library,
        plans=plans,
        router=router,
        on_demand_listener=on_demand_listener,
        tree_model=tree,
        transfers_model=transfers,
        window=shell.window,
        dialogs=Dialogs(
            window=shell.window,
            folders=folders,
            library_root=library.root,
            nodes=nodes,
            settings=settings,
            passcodes=passcodes,
            echo=echo,
            configuration=configuration,
            notices=notices,
        ),
        notices=notices,
        settings=settings,
        nodes=nodes,
        sources=sources,
        passcodes=passcodes,
        configuration=configuration,
        echo=echo,
        listener=Listener(lanes, on_demand_listener, router),
        demo=Demo(lanes, nodes, folders.cache),
        search=search,
        row_expansion=RowExpansion(lanes, sources, library.index, tree, notices, unlock=passcodes.unlock),
        counts=Counts(lanes, sources, tree),
        row_actions=RowActions(
            model=tree,
            sources=sources,
            search=search,
            library=library,
            retrieve=retrieve,
            local_studies=local_studies,
            local_completeness=local_completeness,
            preview=preview,
            notices=notices,
            selected=lambda: view.selected,
            current=lambda: view.currentIndex().internalId(),
        ),
        file_opening=FileOpening(
            lanes=lanes, opened=opened, sources=sources, search=search, tree=tree, notices=notices
        ),
        library_opening=LibraryOpening(lanes, library, plans, notices),
        local_completeness=local_completeness,
        local_studies=local_studies,
        retrieve=retrieve,
        open_ahead=OpenAhead(
            lanes=lanes,
            sources=sources,
            tree=tree,
            retrieve=retrieve,
            on_demand_listener=on_demand_listener,
            quirks=quirks,
            held=held,
            selected=lambda: view.only_selected,
        ),
        pushes=pushes,
        arrivals=Arrivals(),
        transfer_actions=TransferActions(retrieve, local_studies, pushes),
        preview=preview,
        cine=Cine(preview),
        elements=Elements(lanes, preview),
        documents=Documents(lanes, preview, folders.cache / ("beside" if second else "documents"), notices),
        shutdown=shell.shutdown,
    )
    _plan_shutdown(workstation, opened, decoding, held)
    wire(workstation)
    workstation.library_opening.run()
    shell.signal_buffer.replay()
    return workstation


def _plan_shutdown(
    workstation: Workstation, opened: OpenedFiles, decoding: Decoding, held: HeldAssociations
) -> None:
    """Register what ends each part: in a group in the order of these lines, files in the opposite one."""
    shutdown, router = workstation.shutdown, workstation.router
    unwatch = router.watch(workstation.arrivals.add, workstation.arrivals.add_refused)
    unwatch_pushes = router.watch_pushes(workstation.pushes.add)
    shutdown.first("arrivals", lambda seconds: unwatch())
    shutdown.first("pushes", lambda seconds: unwatch_pushes())
    shutdown.first("opening", lambda seconds: workstation.library_opening.give_up())
    shutdown.first("decoders", lambda seconds: decoding.close())
    shutdown.first("playing", lambda seconds: workstation.cine.stop())
    shutdown.first("row actions", lambda seconds: workstation.row_actions.finish())
    shutdown.then("held associations", lambda seconds: held.close(min(seconds, _RELEASE)))
    shutdown.then("decoding", workstation.preview.close)
    shutdown.then("documents", lambda seconds: workstation.documents.close())
    shutdown.then("listener", lambda seconds: workstation.on_demand_listener.close())
    shutdown.then("pushes", lambda seconds: workstation.pushes.close())
    shutdown.then("demo archive", lambda seconds: workstation.demo.close())
    shutdown.then("trash", lambda seconds: workstation.local_studies.close())
    shutdown.last("library", workstation.library.close)
    shutdown.last("plans", workstation.plans.close)
    shutdown.last("opened files", opened.close)
