"""Give a command its settings, log, library or output folder, and a stop request."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from workstation.cli.arguments import build_node
from workstation.cli.output import Output
from workstation.cli.tls_keys import with_passphrase
from workstation.dicom.nodes import Node
from workstation.errors import BadInput, NotWritable
from workstation.settings.folders import Folders, folders
from workstation.settings.logs import install_log
from workstation.settings.nodes import load_nodes
from workstation.settings.preferences import Preferences, load_preferences
from workstation.stop import Stop

if TYPE_CHECKING:
    from workstation.cli.trace_file import TraceFile
    from workstation.network.trace import Observer
    from workstation.operations.held_associations import HeldAssociations
    from workstation.operations.instance_router import InstanceRouter
    from workstation.operations.node_quirks import NodeQuirks
    from workstation.store.library import Library
    from workstation.store.plans import Plans

_RELEASE = 5.0
"""Seconds that the end of a command waits for the node to answer the release of associations."""


class Session:
    """The environment of one command.

    Attributes:
        arguments: Parsed arguments.
        output: Prints its output.
        stop: Ends the command when requested.
        preferences: Of the user.
        held: Associations for the next query to the node; see :meth:`holding`.
    """

    def __init__(self, arguments: argparse.Namespace, output: Output, stop: Stop) -> None:
        """Read the settings.

        Raises:
            StoreError: The settings cannot be read.
        """
        self.arguments = arguments
        self.output = output
        self.stop = stop
        self._folders: Folders | None = None
        self._no_folders: NotWritable | None = None
        self.held: HeldAssociations | None = None
        try:
            self._folders = folders(arguments.home)
        except NotWritable as error:
            self._no_folders = error  # most commands need no folder of the program
        self.preferences = load_preferences(self._folders.settings) if self._folders else Preferences()

    @property
    def folders(self) -> Folders:
        """The folders of this program.

        Raises:
            NotWritable: They cannot be made.
        """
        if self._folders is None:
            assert self._no_folders is not None
            raise self._no_folders
        return self._folders

    @property
    def quirks(self) -> NodeQuirks:
        """Known quirks of the nodes; kept for this run only if no folder can be made."""
        from workstation.operations.node_quirks import NodeQuirks

        return NodeQuirks(self._folders.learnt if self._folders else None)

    @property
    def observer(self) -> Observer | None:
        """Prints the association trace; None unless ``-v`` was given."""
        from workstation.cli.association_log import AssociationLog

        if not self.output.verbose:
            return None
        return AssociationLog(self.output) if self.arguments.verbose > 1 else self.output.event

    def node(self, name: str = "") -> Node:
        """The node the arguments name, or that of a ``name`` with the options of the arguments.

        Raises:
            BadInput: There is no such node.
            StoreError: The configured nodes cannot be read.
        """
        nodes = load_nodes(self._folders.nodes) if self._folders else ()
        arguments = self.arguments
        if name:
            arguments = argparse.Namespace(**(vars(arguments) | {"node": name}))
        node = build_node(arguments, nodes, self.preferences.ae_title)
        return replace(node, tls=with_passphrase(node.tls, self.output))

    def hosts(self) -> list[str]:
        """The hosts of the configured nodes.

        Raises:
            StoreError: The configured nodes cannot be read.
        """
        return [node.host for node in load_nodes(self._folders.nodes)] if self._folders else []

    @contextmanager
    def holding(self, *, several: bool) -> Iterator[HeldAssociations]:
        """Hold associations while the block runs, if ``several`` queries are to come.

        Else they are released at once, in the background.
        """
        from workstation.dicom.nodes import MAX_IDLE
        from workstation.operations.held_associations import HeldAssociations

        self.held = held = HeldAssociations(longest=MAX_IDLE if several else 0.0)
        try:
            yield held
        finally:
            held.close(_RELEASE)

    @contextmanager
    def logging(self) -> Iterator[None]:
        """Write the log file while the block runs, if a folder can be made."""
        ours = logging.getLogger("workstation")
        silent = logging.NullHandler()
        ours.addHandler(silent)  # or warnings would go to standard error
        remove = install_log(self._folders.logs) if self._folders else lambda: None
        try:
            yield
        finally:
            remove()
            ours.removeHandler(silent)

    @contextmanager
    def tracing(self) -> Iterator[None]:
        """Write what is asked and answered while the block runs to the file of ``--trace``, if it was given.

        Raises:
            NotWritable: It cannot be made.
            BadInput: It is not named.
        """
        from workstation.network.exchanges import EXCHANGES

        path: Path | None = self.arguments.trace
        wanted: bool = self.arguments.trace_identifiers
        if wanted and path is None:
            raise BadInput("trace file", "", "--trace-identifiers needs --trace FILE.")
        kept, EXCHANGES.keeps = EXCHANGES.keeps, path is not None
        try:
            if path is None:
                yield
            else:
                with self._traced(path, identifiers=wanted) as EXCHANGES.sink:
                    yield
        finally:
            EXCHANGES.keeps, EXCHANGES.sink = kept, None

    @contextmanager
    def _traced(self, path: Path, *, identifiers: bool) -> Iterator[TraceFile]:
        from workstation.cli.trace_file import WARNING, TraceFile

        if identifiers:
            self.output.warn(WARNING)
        trace = TraceFile(path, identifiers=identifiers)
        try:
            yield trace
        finally:
            trace.close()
            if trace.failure is not None:
                self.output.known_error(trace.failure)

    @contextmanager
    def router(self, out: Path | None, *, pushes: bool = False) -> Iterator[InstanceRouter]:
        """The destination of received objects: a folder, else the library.

        Raises:
            LibraryInUse: Another process writes the library.
            StoreError: It cannot be opened, or the folder not be made.
        """
        from workstation.operations.instance_router import FolderRouter, LibraryRouter

        if out is not None:
            yield FolderRouter(out, pushes=pushes)
            return
        from workstation.store.plans import Plans

        with self.library() as library:
            plans = Plans(self.folders.plans)
            try:
                yield LibraryRouter(library, plans, pushes=pushes)
            finally:
                plans.close()

    @contextmanager
    def plans_to_read(self) -> Iterator[Plans]:
        """Open the plans for reading, even while another process writes them."""
        from workstation.store.plans import Plans

        plans = Plans(self.folders.plans, later=True)
        plans.begin_to_read(NotWritable(str(self.folders.plans), "it is open for reading only"))
        try:
            yield plans
        finally:
            plans.close()

    @contextmanager
    def library(self, *, write: bool = True) -> Iterator[Library]:
        """Open the library for writing; or for reading, even while another process writes it.

        Raises:
            LibraryInUse: Another process writes it.
            StoreError: It cannot be opened.
        """
        from workstation.store.library import Library

        chosen = self.preferences.library
        root = Path(chosen) if chosen else self.folders.library
        if write:
            with self.output.progress("Opening the library", json=False) as report:
                library = Library.open(root, error=self.output.known_error, report=report, stop=self.stop)
        else:
            library = Library.open_to_read(root)
        try:
            yield library
        finally:
            library.close()
