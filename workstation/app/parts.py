"""Names the parts of the running program: for wiring, shutting down, and tests."""

from __future__ import annotations

from dataclasses import dataclass

from workstation.app.dialogs import Dialogs
from workstation.app.keep_awake import KeepAwake
from workstation.app.shutdown import Shutdown
from workstation.app.taskbar_progress import TaskbarProgress
from workstation.controllers.added_files import AddedFiles
from workstation.controllers.arrivals import Arrivals
from workstation.controllers.cine import Cine
from workstation.controllers.configuration import Configuration
from workstation.controllers.counts import Counts
from workstation.controllers.deferred_writes import DeferredWrites
from workstation.controllers.demo import Demo
from workstation.controllers.documents import Documents
from workstation.controllers.echo import Echo
from workstation.controllers.elements import Elements
from workstation.controllers.file_import import FileImport
from workstation.controllers.file_opening import FileOpening
from workstation.controllers.history_actions import HistoryActions
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
from workstation.controllers.notices import Notices
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
from workstation.controllers.series_fetching import SeriesFetching
from workstation.controllers.settings import Settings
from workstation.controllers.shown_fetching import ShownFetching
from workstation.controllers.sources import Sources
from workstation.controllers.start_page import StartPage
from workstation.controllers.study_marking import StudyMarking
from workstation.controllers.third_party_moves import ThirdPartyMoves
from workstation.controllers.transfer_actions import TransferActions
from workstation.controllers.transfer_activity import TransferActivity
from workstation.controllers.wake_detection import WakeDetection
from workstation.controllers.worklist import WorklistSearch
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
    worklist: WorklistSearch
    # controllers of rows
    search: Search
    search_repetition: SearchRepetition
    search_requests: SearchRequests
    search_refresh: SearchRefresh
    saved_searches: SavedSearches
    saved_search_runs: SavedSearchRuns
    row_expansion: RowExpansion
    counts: Counts
    row_actions: RowActions
    row_fetching: RowFetching
    history: PatientHistory
    history_actions: HistoryActions
    history_fetching: RowFetching
    history_completeness: LocalCompleteness
    history_expansion: RowExpansion
    series_fetching: SeriesFetching
    shown_fetching: ShownFetching
    list_export: ListExport
    list_input: ListInput
    list_search: ListSearch
    list_fetching: ListFetching
    local_copy_actions: LocalCopyActions
    study_marking: StudyMarking
    move_actions: MoveActions
    file_opening: FileOpening
    file_import: FileImport
    added_files: AddedFiles
    # controllers of local copies and transfers
    library_opening: LibraryOpening
    start_page: StartPage
    local_completeness: LocalCompleteness
    local_studies: LocalStudies
    retrieve: Retrieve
    priors: Priors
    third_party_moves: ThirdPartyMoves
    open_ahead: OpenAhead
    pushes: Pushes
    arrivals: Arrivals
    transfer_actions: TransferActions
    transfer_activity: TransferActivity
    keep_awake: KeepAwake
    taskbar_progress: TaskbarProgress
    wake_detection: WakeDetection
    # controllers of pictures
    preview: Preview
    samples: Samples
    cine: Cine
    elements: Elements
    documents: Documents

    shutdown: Shutdown
