"""Builds the window and everything behind it, runs it, takes it down."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QMessageBox

from workstation import __version__
from workstation.app.beside import NoPlans
from workstation.app.browsing import Browsing
from workstation.app.configuring import Configuring
from workstation.app.hooks import install_hooks
from workstation.app.interrupts import close_on_signals
from workstation.app.shutdown import Shutdown
from workstation.app.warm_up import warm_up_soon
from workstation.app.wiring import open_files, start_demo, wire
from workstation.controllers.arrivals import Arrivals
from workstation.controllers.cine import Cine
from workstation.controllers.demo import Demo
from workstation.controllers.documents import Documents
from workstation.controllers.echo import Echo
from workstation.controllers.elements import Elements
from workstation.controllers.nodes import Nodes
from workstation.controllers.notices import Notices, sentence
from workstation.controllers.opening import Opening
from workstation.controllers.passcodes import Passcodes
from workstation.controllers.preview import Preview
from workstation.controllers.retrieve import Retrieve
from workstation.controllers.scan import LibraryScan
from workstation.controllers.search import Search
from workstation.controllers.settings import Listener, Settings
from workstation.controllers.sources import Sources
from workstation.controllers.tree import Tree
from workstation.errors import LibraryInUse, WorkstationError
from workstation.jobs.lanes import Lanes
from workstation.models.transfers import TransfersModel
from workstation.models.tree import TreeModel
from workstation.operations.deliver import LibraryDeliveries
from workstation.operations.habits import Habits
from workstation.operations.listening import Listening
from workstation.operations.opened import OpenedFiles
from workstation.resources import resource
from workstation.settings.logs import install_log
from workstation.settings.nodes import load_nodes
from workstation.settings.places import Places, places
from workstation.settings.preferences import Preferences, Theme, load_preferences
from workstation.store.library import Library
from workstation.store.plans import Plans
from workstation.widgets.main_window import MainWindow
from workstation.widgets.theme import apply_theme

_log = logging.getLogger(__name__)

SHUTDOWN_SECONDS = 2.0


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
    sources: Sources
    tree_model: TreeModel
    transfers_model: TransfersModel
    search: Search
    tree: Tree
    retrieve: Retrieve
    preview: Preview
    cine: Cine
    elements: Elements
    documents: Documents
    scan: LibraryScan
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
    """Open the library and build every part, wired and ready to be shown.

    Args:
        where: The folders.
        preferences: As they are kept.
        beside: Another Workstation holds the library: only read it, and fetch and receive nothing.

    Raises:
        WorkstationError: The library, the plans or the nodes cannot be opened; nothing is left open.
    """
    nodes = load_nodes(where.nodes)
    shutdown = Shutdown()
    try:
        folder = Path(preferences.library) if preferences.library else where.library
        library = Library.open_to_read(folder) if beside else Library.open(folder, scan=False)
        shutdown.last("library", library.close)
        plans = NoPlans(folder) if beside else Plans(where.plans)
        shutdown.last("plans", plans.close)
        deliveries = LibraryDeliveries(library, plans)
        listening = Listening(deliveries, preferences.ae_title, preferences.port, address=preferences.address)
    except BaseException:
        shutdown.now(0)
        raise
    habits, lanes, notices, arrivals = Habits(), Lanes(), Notices(), Arrivals()
    sources = Sources(nodes, library.index, habits)
    kept = Nodes(where.nodes, nodes, sources, plans)
    tree_model, transfers_model = TreeModel(), TransfersModel()
    search = Search(lanes, sources, tree_model, notices)
    opened = OpenedFiles(where.cache / "opened")
    shutdown.last("opened files", opened.close)
    preview = Preview(lanes, library.index, opened)
    retrieve = Retrieve(lanes, sources, deliveries, listening, plans, habits, transfers_model, notices)
    workstation = Workstation(
        where,
        lanes,
        library,
        plans,
        deliveries,
        listening,
        arrivals,
        notices,
        sources,
        tree_model,
        transfers_model,
        search,
        Tree(lanes, sources, library.index, tree_model, notices),
        retrieve,
        preview,
        Cine(preview),
        Elements(lanes, preview),
        Documents(lanes, preview, where.cache / ("beside" if beside else "documents"), notices),
        LibraryScan(lanes, library, notices),
        Settings(where.settings, preferences),
        kept,
        Passcodes(lanes, kept, sources),
        Echo(lanes, notices),
        Listener(lanes, listening, deliveries, notices),
        Demo(lanes, kept, notices, where.cache),
        Opening(lanes, opened, sources, search, tree_model, notices),
        MainWindow(tree_model, transfers_model),
        shutdown,
    )
    unwatch = deliveries.watch(arrivals)
    shutdown.first("arrivals", lambda seconds: unwatch())
    shutdown.first("playing", lambda seconds: workstation.cine.stop())
    shutdown.then("lanes", lanes.shutdown)
    shutdown.then("signals", lambda seconds: lanes.dismiss())
    shutdown.then("decoding", preview.close)
    shutdown.then("documents", lambda seconds: workstation.documents.close())
    shutdown.then("listener", lambda seconds: listening.close())
    shutdown.then("demo archive", lambda seconds: workstation.demo.close())
    workstation.configuring = Configuring(workstation)
    workstation.browsing = Browsing(workstation)
    wire(workstation)
    if preferences.listen_always and not beside:
        workstation.listener.follow(preferences)
    return workstation


def main(arguments: Sequence[str]) -> int:
    """Show the window until it is closed; the exit status."""
    options = _parse(arguments)
    application = _application()
    try:
        where = places(options.home)
        preferences = load_preferences(where.settings)
        remove_log = install_log(where.logs)
        beside = False
        try:
            workstation = build(where, preferences)
        except LibraryInUse:
            if options.command is None:
                raise
            beside = True
            workstation = build(where, preferences, beside=True)
        # Last: a widget that moves into another one is styled anew each time.
        apply_theme(
            application, None if preferences.theme is Theme.SYSTEM else preferences.theme is Theme.DARK
        )
    except WorkstationError as trouble:
        return _give_up(sentence(trouble), options.quit_after_ms)
    _log.info("Workstation %s starts", __version__)
    remove_hooks = install_hooks(workstation.notices)
    restore_signals = close_on_signals(workstation.window.close)
    try:
        workstation.window.restore(where.window)
        workstation.window.show()
        QTimer.singleShot(0, _collect_garbage)
        warm_up_soon(workstation.lanes)
        _log.info("the window is shown")
        if options.paths:
            open_files(workstation, options.paths)
        if beside:
            workstation.notices.note(
                "Another Workstation uses the library: here you can look at files, but not fetch any."
            )
        if options.demo:
            start_demo(workstation)
        if options.quit_after_ms is not None:
            QTimer.singleShot(options.quit_after_ms, workstation.window.close)
        application.exec()
    finally:
        clean = take_down(workstation)
        restore_signals()
        remove_hooks()
        _log.info("Workstation ends")
        remove_log()
        if not clean:  # a thread that hears nothing would keep the process for ever
            os._exit(0)
    return 0


def _collect_garbage() -> None:
    """From now on; what is there now stays to the end."""
    gc.freeze()
    gc.enable()


def take_down(workstation: Workstation) -> bool:
    """End everything in order, within :data:`SHUTDOWN_SECONDS` and a little; whether all threads ended."""
    workstation.window.keep(workstation.places.window)
    return workstation.shutdown.now(SHUTDOWN_SECONDS)


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="workstation", description="A DICOM query/retrieve workstation.", allow_abbrev=False
    )
    parser.add_argument("--home", type=Path, metavar="DIR", help="keep everything below this folder")
    parser.add_argument("--demo", action="store_true", help="with a demo archive of invented patients")
    parser.add_argument("command", nargs="?", choices=["open"], help="show the files that follow")
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="files, folders, DICOMDIR")
    parser.add_argument("--quit-after-ms", type=int, metavar="N", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def _application() -> QApplication:
    existing = QApplication.instance()
    application = existing if isinstance(existing, QApplication) else QApplication(["workstation"])
    application.setApplicationName("Workstation")
    application.setApplicationVersion(__version__)
    application.setDesktopFileName("workstation")
    application.setWindowIcon(QIcon(str(resource("icons/workstation.svg"))))
    return application


def _give_up(text: str, quit_after_ms: int | None) -> int:
    """Say why there will be no window."""
    _log.error("no window: see the message")
    if sys.stderr is not None:
        sys.stderr.write(f"{text}\n")
    if sys.stderr is None or not sys.stderr.isatty():
        box = QMessageBox(QMessageBox.Icon.Critical, "Workstation", text)
        box.setTextFormat(Qt.TextFormat.PlainText)
        if quit_after_ms is not None:
            QTimer.singleShot(quit_after_ms, box.close)
        box.exec()
    return 1
