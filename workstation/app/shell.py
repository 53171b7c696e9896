"""Makes what the first paint shows, and nothing behind it: the rest is imported and built afterwards."""

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
from workstation.widgets.window_state import window_writer

SHUTDOWN_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """The window, and what everything behind it is built on.

    Attributes:
        second_window: Another window keeps the settings of these folders: this one must not write them.
        signal_buffer: What the user did before anything could act on it.
    """

    folders: Folders
    preferences: Preferences
    nodes: tuple[Node, ...]
    second_window: bool
    lanes: Lanes
    notices: Notices
    deferred_writes: DeferredWrites
    tree_model: TreeModel
    transfers_model: TransfersModel
    window: MainWindow
    shutdown: Shutdown
    signal_buffer: SignalBuffer


def show_shell(folders: Folders, preferences: Preferences, *, second_window: bool = False) -> Shell:
    """Make the window as it is first seen; it can be typed into at once.

    Raises:
        WorkstationError: The nodes cannot be read.
    """
    nodes = load_nodes(folders.nodes)
    tree_model, transfers_model = TreeModel(), TransfersModel()
    window = MainWindow(tree_model, transfers_model)
    offer(window, [*(node.name for node in nodes), LIBRARY])
    window.invite(not nodes)
    if not nodes and not folders.nodes.exists():  # the first start: nothing can be searched yet
        window.empty_state.add.setFocus()
    notices, lanes, shutdown = Notices(), Lanes(), Shutdown()
    notices.posted.connect(lambda text, detail, calm: window.notice.show_notice(text, detail, calm=calm))
    lanes.failed.connect(notices.report)
    deferred_writes = DeferredWrites(lanes)
    shutdown.first("deferred writes", deferred_writes.flush)
    shutdown.then("lanes", lanes.shutdown)
    shutdown.then("signals", lambda seconds: lanes.dismiss())
    return Shell(
        folders=folders,
        preferences=preferences,
        nodes=nodes,
        second_window=second_window,
        lanes=lanes,
        notices=notices,
        deferred_writes=deferred_writes,
        tree_model=tree_model,
        transfers_model=transfers_model,
        window=window,
        shutdown=shutdown,
        signal_buffer=SignalBuffer(
            window.criteria.search_requested,
            window.criteria.stop_requested,
            window.criteria.searches.save_requested,
            window.criteria.searches.manage_requested,
            window.files_dropped,
            window.menu.files_requested,
            window.menu.folder_requested,
            window.menu.worklist_requested,
            window.menu.nodes_requested,
            window.menu.cancelled_requested,
            window.menu.settings_requested,
            window.menu.list_requested,
            window.menu.inspector_requested,
            window.menu.keys_requested,
            window.menu.about_requested,
            window.empty_state.add_requested,
            window.empty_state.demo_requested,
        ),
    )


def offer(window: MainWindow, keys: Sequence[str]) -> None:
    """Offer these sources of a search, all ticked but those the user unticked."""
    names = [(key, window.tr("Library") if key == LIBRARY else key) for key in keys]
    window.criteria.set_sources(names, keys)


class Running(Protocol):
    """The shell, or all of the program behind it."""

    @property
    def folders(self) -> Folders: ...
    @property
    def window(self) -> MainWindow: ...
    @property
    def shutdown(self) -> Shutdown: ...
    @property
    def deferred_writes(self) -> DeferredWrites: ...


def shut_down(running: Running, *, second_window: bool = False) -> bool:
    """End everything in order, within :data:`SHUTDOWN_SECONDS` and a little; whether all threads ended.

    ``second_window``: another window keeps the size and layout of the window.
    """
    if not second_window:
        running.deferred_writes.put("window", window_writer(running.window, running.folders.window))
    return running.shutdown.run(SHUTDOWN_SECONDS)
