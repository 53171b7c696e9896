"""Builds everything behind the window once the first paint is done, and has it wired."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from workstation.app.dialogs import Dialogs
from workstation.app.keep_awake import KeepAwake, system_inhibitor
from workstation.app.parts import Workstation
from workstation.app.shell import Shell, show_shell
from workstation.app.taskbar_progress import TaskbarProgress
from workstation.app.wiring import wire
from workstation.controllers.added_files import AddedFiles
from workstation.controllers.arrivals import Arrivals
from workstation.controllers.cine import Cine
from workstation.controllers.configuration import Configuration
from workstation.controllers.counts import Counts
from workstation.controllers.demo import Demo
from workstation.controllers.documents import Documents
from workstation.controllers.echo import Echo
from workstation.controllers.elements import Elements
from workstation.controllers.fetch_task import FetchServices
from workstation.controllers.file_import import FileImport
from workstation.controllers.file_opening import FileOpening
from workstation.controllers.history_actions import HistoryActions
from workstation.controllers.inspector import Inspector
from workstation.controllers.library_opening import LibraryOpening
from workstation.controllers.list_export import ListExport
from workstation.controllers.list_fetching import ListFetching
from workstation.controllers.list_input import ListInput
from workstation.controllers.list_search import ListSearch
from workstation.controllers.listener import Listener
from workstation.controllers.local_completeness import LocalCompleteness
from workstation.controllers.local_copy_actions import LocalCopyActions
from workstation.controllers.local_studies import LocalStudies
from workstation.controllers.move_actions import MoveActions
from workstation.controllers.nodes import Nodes
from workstation.controllers.open_ahead import OpenAhead
from workstation.controllers.passcodes import Passcodes
from workstation.controllers.patient_history import PatientHistory
from workstation.controllers.preview import Preview
from workstation.controllers.priors import Priors
from workstation.controllers.pushes import Pushes
from workstation.controllers.retrieve import Retrieve
from workstation.controllers.row_actions import RowActions
from workstation.controllers.row_expansion import RowExpansion
from workstation.controllers.row_fetching import RowFetching
from workstation.controllers.samples import Samples
from workstation.controllers.saved_search_runs import SavedSearchRuns
from workstation.controllers.saved_searches import SavedSearches
from workstation.controllers.search import Search
from workstation.controllers.search_refresh import SearchRefresh
from workstation.controllers.search_repetition import SearchRepetition
from workstation.controllers.search_requests import SearchRequests
from workstation.controllers.selected_rows import SelectedRows
from workstation.controllers.series_fetching import SeriesFetching
from workstation.controllers.settings import Settings
from workstation.controllers.shown_fetching import ShownFetching
from workstation.controllers.sources import Sources
from workstation.controllers.start_page import StartPage
from workstation.controllers.study_marking import StudyMarking
from workstation.controllers.third_party_moves import ThirdPartyMoves
from workstation.controllers.transfer_actions import TransferActions
from workstation.controllers.transfer_activity import TransferActivity
from workstation.controllers.transfer_queue import TransferQueue
from workstation.controllers.wake_detection import WakeDetection
from workstation.controllers.worklist import WorklistSearch
from workstation.imaging.decoding import Decoding
from workstation.models.history_model import HistoryModel
from workstation.models.list_search_model import ListSearchModel
from workstation.operations.held_associations import HeldAssociations
from workstation.operations.instance_router import LibraryRouter
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.on_demand_listener import OnDemandListener
from workstation.operations.opened_files import OpenedFiles
from workstation.operations.sample_router import InboundRouter, SampleRouter
from workstation.settings.folders import Folders
from workstation.settings.preferences import Preferences
from workstation.store.library import Library
from workstation.store.plans import Plans
from workstation.store.sample_cache import SampleCache

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
    sample_router = SampleRouter(SampleCache(folders.cache / "samples"))
    on_demand_listener = OnDemandListener(
        InboundRouter(router, sample_router),
        preferences.port,
        address=preferences.address,
        tls=preferences.listener_tls,
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
    echo = Echo(lanes, notices, held, quirks)
    search = Search(lanes, sources, tree, notices)
    saved_searches = SavedSearches(folders.searches, lanes, writes, notices, read_only=second)
    preview = Preview(lanes, library.index, opened, decoding)
    local_completeness = LocalCompleteness(lanes, library, plans, tree)
    queue = TransferQueue(transfers.position)
    local_studies = LocalStudies(
        lanes=lanes,
        sources=sources,
        library=library,
        opened=opened,
        plans=plans,
        transfers=transfers,
        notices=notices,
        settings=settings,
        queue=queue,
        unlock=passcodes.unlock,
        quirks=quirks,
        held=held,
    )
    arrivals = Arrivals()
    file_import = FileImport(lanes, library, opened, transfers, notices, arrivals.add)
    added_files = AddedFiles(local_studies, transfers)
    fetching = FetchServices(
        lanes=lanes,
        sources=sources,
        router=router,
        on_demand_listener=on_demand_listener,
        plans=plans,
        quirks=quirks,
        held=held,
    )
    retrieve = Retrieve(fetching, transfers, notices, queue=queue, unlock=passcodes.unlock)
    samples = Samples(
        lanes=lanes,
        sources=sources,
        router=sample_router,
        on_demand_listener=on_demand_listener,
        quirks=quirks,
        held=held,
        retrieve=retrieve,
        preview=preview,
        notices=notices,
        unlock=passcodes.unlock,
    )
    third_party_moves = ThirdPartyMoves(
        lanes=lanes,
        sources=sources,
        quirks=quirks,
        transfers=transfers,
        notices=notices,
        queue=queue,
        unlock=passcodes.unlock,
        held=held,
    )
    expansion = RowExpansion(lanes, sources, library.index, tree, notices, unlock=passcodes.unlock)
    list_search = ListSearch(
        lanes=lanes,
        sources=sources,
        quirks=quirks,
        held=held,
        unlock=passcodes.unlock,
        notices=notices,
        model=ListSearchModel(),
    )
    pushes = Pushes(lanes, transfers, notices)
    rows = SelectedRows(
        tree, sources, lambda: view.selection.numbers, lambda: view.currentIndex().internalId()
    )

    history = HistoryModel()
    table = shell.window.history.table
    history_rows = SelectedRows(
        history.tree,
        sources,
        lambda: [number] if (number := table.current_number) else [],
        lambda: table.current_number,
    )
    history_completeness = LocalCompleteness(lanes, library, plans, history.tree)
    history_fetching = RowFetching(
        model=history.tree,
        rows=history_rows,
        search=search,
        retrieve=retrieve,
        local_completeness=history_completeness,
        preview=preview,
        notices=notices,
    )

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
            inspector=Inspector(lanes=lanes, notices=notices),
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
        worklist=WorklistSearch(lanes, sources, notices, passcodes.unlock),
        search=search,
        search_repetition=SearchRepetition(search, tree, rows, view.height_of),
        search_requests=SearchRequests(search, sources, passcodes.unlock),
        search_refresh=SearchRefresh(search, sources, tree, notices),
        saved_searches=saved_searches,
        saved_search_runs=SavedSearchRuns(saved_searches, sources, notices),
        row_expansion=expansion,
        counts=Counts(lanes, sources, tree),
        row_actions=RowActions(
            model=tree,
            rows=rows,
            sources=sources,
            library=library,
            preview=preview,
            samples=samples,
            file_import=file_import,
        ),
        row_fetching=RowFetching(
            model=tree,
            rows=rows,
            search=search,
            retrieve=retrieve,
            local_completeness=local_completeness,
            preview=preview,
            notices=notices,
        ),
        history=PatientHistory(lanes, sources, history, notices, unlock=passcodes.unlock),
        history_actions=HistoryActions(history, history_rows, history_fetching, preview),
        history_fetching=history_fetching,
        history_completeness=history_completeness,
        history_expansion=RowExpansion(lanes, sources, library.index, history.tree, notices),
        series_fetching=SeriesFetching(
            model=tree, rows=rows, expansion=expansion, retrieve=retrieve, notices=notices
        ),
        shown_fetching=ShownFetching(
            lanes=lanes,
            model=tree,
            rows=rows,
            retrieve=retrieve,
            library=library,
            plans=plans,
            router=router,
            notices=notices,
        ),
        list_export=ListExport(lanes=lanes, model=tree, notices=notices),
        list_input=ListInput(lanes),
        list_search=list_search,
        list_fetching=ListFetching(
            lanes=lanes,
            found=list_search.model,
            tree=tree,
            search=search,
            retrieve=retrieve,
            library=library,
            plans=plans,
            router=router,
            notices=notices,
        ),
        local_copy_actions=LocalCopyActions(
            rows=rows,
            results=tree.results,
            library=library,
            retrieve=retrieve,
            local_studies=local_studies,
            file_import=file_import,
            added_files=added_files,
            local_completeness=local_completeness,
            notices=notices,
        ),
        study_marking=StudyMarking(
            folders=folders, lanes=lanes, writes=writes, tree=tree, rows=rows, notices=notices
        ),
        move_actions=MoveActions(rows, sources, third_party_moves, notices),
        file_opening=FileOpening(
            lanes=lanes, opened=opened, sources=sources, search=search, tree=tree, notices=notices
        ),
        library_opening=LibraryOpening(lanes, library, plans, notices),
        start_page=StartPage(search),
        local_completeness=local_completeness,
        local_studies=local_studies,
        retrieve=retrieve,
        priors=Priors(
            lanes=lanes,
            sources=sources,
            quirks=quirks,
            held=held,
            library=library,
            plans=plans,
            retrieve=retrieve,
        ),
        third_party_moves=third_party_moves,
        open_ahead=OpenAhead(
            lanes=lanes,
            sources=sources,
            tree=tree,
            retrieve=retrieve,
            router=router,
            on_demand_listener=on_demand_listener,
            quirks=quirks,
            held=held,
            selected=lambda: view.selection.only,
        ),
        pushes=pushes,
        arrivals=arrivals,
        file_import=file_import,
        added_files=added_files,
        transfer_actions=TransferActions(
            transfers, retrieve, local_studies, file_import, third_party_moves, pushes
        ),
        transfer_activity=TransferActivity(transfers),
        keep_awake=KeepAwake(system_inhibitor()),
        taskbar_progress=TaskbarProgress(lanes),
        wake_detection=WakeDetection(),
        preview=preview,
        samples=samples,
        cine=Cine(preview),
        elements=Elements(lanes, preview),
        documents=Documents(lanes, preview, folders.cache / ("beside" if second else "documents"), notices),
        shutdown=shell.shutdown,
    )
    _plan_shutdown(workstation, opened, decoding, sample_router.cache, held)
    wire(workstation)
    workstation.study_marking.read()
    workstation.saved_searches.load()
    workstation.library_opening.run()
    shell.signal_buffer.replay()
    return workstation


def _plan_shutdown(
    workstation: Workstation,
    opened: OpenedFiles,
    decoding: Decoding,
    samples: SampleCache,
    held: HeldAssociations,
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
    shutdown.first("row fetching", lambda seconds: workstation.row_fetching.finish())
    shutdown.first("history fetching", lambda seconds: workstation.history_fetching.finish())
    shutdown.first("shown fetching", lambda seconds: workstation.shown_fetching.finish())
    shutdown.first("list fetching", lambda seconds: workstation.list_fetching.finish())
    shutdown.first("transfer actions", lambda seconds: workstation.transfer_actions.finish())
    shutdown.first("keeping awake", lambda seconds: workstation.keep_awake.close())
    shutdown.then("held associations", lambda seconds: held.close(min(seconds, _RELEASE)))
    shutdown.then("decoding", workstation.preview.close)
    shutdown.then("documents", lambda seconds: workstation.documents.close())
    shutdown.then("listener", lambda seconds: workstation.on_demand_listener.close())
    shutdown.then("pushes", lambda seconds: workstation.pushes.close())
    shutdown.then("demo archive", lambda seconds: workstation.demo.close())
    shutdown.then("trash", lambda seconds: workstation.local_studies.close())
    shutdown.last("library", workstation.library.close)
    shutdown.last("plans", workstation.plans.close)
    shutdown.last("marks", workstation.study_marking.store.close)
    shutdown.last("opened files", opened.close)
    shutdown.last("samples", samples.close)
