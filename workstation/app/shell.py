"""What the first paint shows, and nothing behind it; the rest is imported and built after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from workstation.app.shutdown import Shutdown
from workstation.app.signal_buffer import SignalBuffer
from workstation.controllers.deferred_writes import DeferredWrites
from workstation.controllers.notices import Notices
from workstation.dicom.matches import LIBRARY
from workstation.dicom.nodes import Node
from workstation.jobs.lanes import Lanes
from workstation.models.transfers_model import TransfersModel
from workstation.models.tree_model import TreeModel
from workstation.settings.folders import Folders
from workstation.settings.nodes import load_nodes
from workstation.settings.preferences import Preferences
from workstation.widgets.main_window import MainWindow

SHUTDOWN_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Shell:
    """The window, and what everything built behind it hangs on.

    Attributes:
        beside: Another window keeps the settings of these folders: this one must not write them.
        early: What was asked for before anything could answer.
    """

    folders: Folders
    preferences: Preferences
    nodes: tuple[Node, ...]
    beside: bool
    lanes: Lanes
    notices: Notices
    writing: DeferredWrites
    tree_model: TreeModel
    transfers_model: TransfersModel
    window: MainWindow
    shutdown: Shutdown
    early: SignalBuffer


def show_shell(where: Folders, preferences: Preferences, *, beside: bool = False) -> Shell:
    """Make the window as it is first seen; it can be typed into at once.

    Raises:
        WorkstationError: The nodes cannot be read.
    """
    nodes = load_nodes(where.nodes)
    tree_model, transfers_model = TreeModel(), TransfersModel()
    window = MainWindow(tree_model, transfers_model)
    offer(window, [*(node.name for node in nodes), LIBRARY])
    window.invite(not nodes)
    if not nodes and not where.nodes.exists():  # the first start: nothing can be searched yet
        window.empty_state.add.setFocus()
    notices = Notices()
    notices.posted.connect(lambda text, detail, calm: window.notice.show_notice(text, detail, calm=calm))
    lanes, shutdown = Lanes(), Shutdown()
    writing = DeferredWrites(lanes, notices)
    shutdown.first("writing", writing.flush)
    shutdown.then("lanes", lanes.shutdown)
    shutdown.then("signals", lambda seconds: lanes.dismiss())
    early = SignalBuffer(
        window.criteria.search_requested,
        window.criteria.stop_requested,
        window.files_dropped,
        window.menu.nodes_requested,
        window.menu.settings_requested,
        window.menu.about_requested,
        window.empty_state.add_requested,
        window.empty_state.demo_requested,
    )
    return Shell(
        where,
        preferences,
        nodes,
        beside,
        lanes,
        notices,
        writing,
        tree_model,
        transfers_model,
        window,
        shutdown,
        early,
    )


def offer(window: MainWindow, keys: Sequence[str]) -> None:
    """Offer these sources of a search, all ticked but those a person unticked."""
    names = [(key, window.tr("Library") if key == LIBRARY else key) for key in keys]
    window.criteria.set_sources(names, keys)


class Running(Protocol):
    """The front, or all of the program behind it."""

    @property
    def folders(self) -> Folders: ...
    @property
    def window(self) -> MainWindow: ...
    @property
    def shutdown(self) -> Shutdown: ...
    @property
    def writing(self) -> DeferredWrites: ...


def shut_down(running: Running, *, beside: bool = False) -> bool:
    """End everything in order, within :data:`SHUTDOWN_SECONDS` and a little; whether all threads ended.

    ``beside``: another window keeps how the window looks.
    """
    if not beside:
        running.writing.put("window", running.window.keeping(running.folders.window))
    return running.shutdown.now(SHUTDOWN_SECONDS)
