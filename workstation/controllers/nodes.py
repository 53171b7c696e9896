"""Keeps the configured nodes: in their file, as sources, and while they are changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from workstation.controllers.deferred_writes import DeferredWrites
from workstation.controllers.sources import Sources
from workstation.dicom.nodes import Node
from workstation.errors import KeptElsewhere
from workstation.settings.nodes import check_names, save_nodes


class Nodes(QObject):
    """The nodes of the user, in their order, and those of this session only.

    Running jobs keep the node they began with. Passcodes stay in memory.

    Signals:
        changed: The nodes, or their order, are others.
        renamed: The name a node had, and the one it goes by now.
    """

    changed = Signal()
    renamed = Signal(str, str)

    def __init__(
        self,
        path: Path,
        nodes: Sequence[Node],
        sources: Sources,
        deferred_writes: DeferredWrites,
        *,
        read_only: bool = False,
    ) -> None:
        """``read_only``: another window keeps the file; it must not be written here."""
        super().__init__()
        self._read_only = read_only
        self._path = path
        self._sources = sources
        self._deferred_writes = deferred_writes
        self._session: tuple[Node, ...] = ()
        self.kept = tuple(nodes)

    @property
    def all(self) -> tuple[Node, ...]:
        """Those that are kept, then those of this session."""
        return self.kept + self._session

    @property
    def names(self) -> list[str]:
        """The names of all."""
        return [node.name for node in self.all]

    def set_kept(self, nodes: Sequence[Node]) -> None:
        """Replace the nodes that are kept.

        Raises:
            BadInput: Two have one name.
            KeptElsewhere: Another window keeps it.
        """
        self._save(nodes)
        self._set_sources()

    def add(self, node: Node) -> None:
        """Add a node. Raises as :meth:`set_kept`."""
        self.set_kept((*self.kept, node))

    def put(self, position: int, node: Node) -> None:
        """Replace the node at ``position``; plans of the old one are the new one's.

        Raises:
            BadInput, KeptElsewhere: As :meth:`set_kept`.
        """
        old = self.kept[position]
        self._save((*self.kept[:position], node, *self.kept[position + 1 :]))
        if old.name != node.name:
            self._sources.rename(old.name, node.name)
            self.renamed.emit(old.name, node.name)
        self._set_sources()

    def add_for_session(self, node: Node) -> Node:
        """Offer a node until the program ends; returns it with a name that is still free."""
        names = {name.casefold() for name in self.names}
        name, number = node.name, 2
        while name.casefold() in names:
            name, number = f"{node.name} {number}", number + 1
        node = replace(node, name=name)
        self._session = (*self._session, node)
        self._set_sources()
        return node

    def remove_from_session(self, name: str) -> None:
        """Remove a node of this session."""
        self._session = tuple(node for node in self._session if node.name != name)
        self._set_sources()

    def give_passcode(self, name: str, passcode: str) -> None:
        """Set the passcode of a node."""

        def with_it(node: Node) -> Node:
            if node.identity is None:
                return node
            return replace(node, identity=replace(node.identity, passcode=passcode))

        self._change(name, with_it)

    def agree_in_clear(self, name: str) -> None:
        """The user agrees that a node's passcode goes to its host and port unencrypted; that is kept."""
        self._change(name, Node.with_consent)
        if not self._read_only:
            self._deferred_writes.put("nodes", partial(save_nodes, self._path, self.kept))

    def shown_charset(self, name: str) -> str:
        """The character set that the texts of a node are shown by; empty: as its answers say."""
        return next((node.shown_charset for node in self.all if node.name == name), "")

    def show_texts_by(self, name: str, charset: str) -> None:
        """Keep the character set that the texts of a node are shown by; empty: as its answers say.

        A node of this session, and where another window keeps the file, is changed for this session only.
        """
        if charset == self.shown_charset(name):
            return
        self._change(name, lambda node: replace(node, shown_charset=charset))
        if not self._read_only:
            self._deferred_writes.put("nodes", partial(save_nodes, self._path, self.kept))

    def _change(self, name: str, change: Callable[[Node], Node]) -> None:
        """Replace a node by a changed one of the same name."""

        def changed(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
            return tuple(change(node) if node.name == name else node for node in nodes)

        self.kept, self._session = changed(self.kept), changed(self._session)
        self._sources.set_nodes(self.all)

    def follow_ae_title(self, old: str, new: str) -> None:
        """Use our new AE title for the nodes that know us by the old one.

        Raises:
            KeptElsewhere: As :meth:`set_kept`.
        """
        nodes = [
            replace(node, calling_ae_title=new) if node.calling_ae_title == old else node
            for node in self.kept
        ]
        if nodes != list(self.kept):
            self.set_kept(nodes)

    def _save(self, nodes: Sequence[Node]) -> None:
        if self._read_only:
            raise KeptElsewhere
        check_names(nodes)
        self.kept = tuple(nodes)
        self._deferred_writes.put("nodes", partial(save_nodes, self._path, self.kept))

    def _set_sources(self) -> None:
        self._sources.set_nodes(self.all)
        self.changed.emit()
