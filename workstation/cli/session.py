"""What a command runs in: settings, the log, the library or a folder, and a way to be stopped."""

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
from workstation.cli.tls_keys import unlocked
from workstation.dicom.nodes import Node
from workstation.errors import NotWritable
from workstation.settings.folders import Folders, folders
from workstation.settings.logs import install_log
from workstation.settings.nodes import load_nodes
from workstation.settings.preferences import Preferences, load_preferences
from workstation.stop import Stop

if TYPE_CHECKING:
    from workstation.network.trace import Observer
    from workstation.operations.instance_router import InstanceRouter
    from workstation.operations.node_quirks import NodeQuirks
    from workstation.store.library import Library
    from workstation.store.plans import Plans


class Session:
    """One run of one command.

    Attributes:
        arguments: As parsed.
        output: What it says.
        stop: Ends it.
        preferences: The person's.
    """

    def __init__(self, arguments: argparse.Namespace, output: Output, stop: Stop) -> None:
        """Read the settings.

        Raises:
            StoreError: They cannot be read.
        """
        self.arguments = arguments
        self.output = output
        self.stop = stop
        self._places: Folders | None = None
        self._no_places: NotWritable | None = None
        try:
            self._places = folders(arguments.home)
        except NotWritable as error:
            self._no_places = error  # most commands need no folder of ours
        self.preferences = load_preferences(self._places.settings) if self._places else Preferences()

    @property
    def folders(self) -> Folders:
        """The folders of this program.

        Raises:
            NotWritable: There is no place for them.
        """
        if self._places is None:
            assert self._no_places is not None
            raise self._no_places
        return self._places

    @property
    def quirks(self) -> NodeQuirks:
        """What was learnt about nodes, if there is a place for it."""
        from workstation.operations.node_quirks import NodeQuirks

        return NodeQuirks(self._places.learnt if self._places else None)

    @property
    def observer(self) -> Observer | None:
        """Takes the association talk, if it is to be shown."""
        from workstation.cli.association_log import AssociationLog

        if not self.output.verbose:
            return None
        return AssociationLog(self.output) if self.arguments.verbose > 1 else self.output.event

    def node(self) -> Node:
        """The node the arguments name.

        Raises:
            BadInput: They name none.
            StoreError: The configured nodes cannot be read.
        """
        nodes = load_nodes(self._places.nodes) if self._places else ()
        node = build_node(self.arguments, nodes, self.preferences.ae_title)
        return replace(node, tls=unlocked(node.tls, self.output))

    def hosts(self) -> list[str]:
        """The hosts of the configured nodes.

        Raises:
            StoreError: The configured nodes cannot be read.
        """
        return [node.host for node in load_nodes(self._places.nodes)] if self._places else []

    @contextmanager
    def logging(self) -> Iterator[None]:
        """Keep a log while the block runs, if there is a place for it."""
        ours = logging.getLogger("workstation")
        silent = logging.NullHandler()
        ours.addHandler(silent)  # or warnings would go to standard error
        remove = install_log(self._places.logs) if self._places else lambda: None
        try:
            yield
        finally:
            remove()
            ours.removeHandler(silent)

    @contextmanager
    def router(self, out: Path | None, *, pushes: bool = False) -> Iterator[InstanceRouter]:
        """Where arriving objects go: a folder, else the library.

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
        """What was told of studies, also beside another process that writes it."""
        from workstation.store.plans import Plans

        plans = Plans(self.folders.plans, later=True)
        plans.begin_to_read(NotWritable(str(self.folders.plans), "it is open for reading only"))
        try:
            yield plans
        finally:
            plans.close()

    @contextmanager
    def library(self, *, write: bool = True) -> Iterator[Library]:
        """The library, to write; else to read, also beside another process that writes it.

        Raises:
            LibraryInUse: Another process writes it.
            StoreError: It cannot be opened.
        """
        from workstation.store.library import Library

        chosen = self.preferences.library
        root = Path(chosen) if chosen else self.folders.library
        if write:
            with self.output.progress("Looking through the library", told=False) as report:
                library = Library.open(root, error=self.output.known_error, report=report, stop=self.stop)
        else:
            library = Library.open_to_read(root)
        try:
            yield library
        finally:
            library.close()
