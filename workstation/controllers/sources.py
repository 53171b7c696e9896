"""Keeps the sources the user can tick: the library, opened files and the configured nodes."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import partial

from workstation.dicom.matches import LIBRARY, OPENED
from workstation.dicom.nodes import Node
from workstation.dicom.worklist import WorklistCriteria
from workstation.models.rows import Row
from workstation.operations.held_associations import HeldAssociations
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.opened_files import OpenedFiles
from workstation.operations.query_session import ROW_LIMIT, WITHOUT_LIMIT
from workstation.operations.sources import Archive, LocalLibrary, Source
from workstation.operations.worklist import Worklist
from workstation.stop import Stop
from workstation.store.index import Index


class Sources:
    """Sources by their keys, local ones last. Rows and plans of a node stay with it when it is edited."""

    def __init__(
        self, nodes: Sequence[Node], index: Index, quirks: NodeQuirks, held: HeldAssociations | None = None
    ) -> None:
        self._quirks = quirks
        self._held = held
        self._index = index
        self._opened: OpenedFiles | None = None
        self._renamed: dict[str, str] = {}
        self._limit = ROW_LIMIT
        self._extra: frozenset[str] = frozenset()
        self.set_nodes(nodes)

    def set_nodes(self, nodes: Sequence[Node]) -> None:
        """Use these nodes, the library and the opened files from now on."""
        self._nodes = {node.name: node for node in nodes}
        self._sources: dict[str, Source] = {
            name: self._archive(node, self._limit) for name, node in self._nodes.items()
        }
        self._sources[LIBRARY] = LocalLibrary(self._index, nodes)
        if self._opened is not None:
            self._sources[OPENED] = self._opened

    def limit_rows(self, limit: int) -> None:
        """End searches of archives after so many rows from now on."""
        if limit != self._limit:
            self._limit = limit
            self.set_nodes(list(self._nodes.values()))

    def ask_for(self, extra: frozenset[str]) -> None:
        """Ask archives for these fields of studies and series from now on, beside those of every query."""
        if extra != self._extra:
            self._extra = extra
            self.set_nodes(list(self._nodes.values()))

    def offer_opened(self, opened: OpenedFiles) -> bool:
        """Add the opened files; False if they were there before."""
        new, self._opened = self._opened is None, opened
        self._sources[OPENED] = opened
        return new

    def rename(self, old: str, new: str) -> None:
        """Find a node also under its old name."""
        self._renamed[old] = new

    def whole(self, key: str) -> Source | None:
        """The source of a key, without the usual limit of rows."""
        node = self.node(key)
        if node is None:
            return self.get(key)
        return self._archive(node, WITHOUT_LIMIT)

    def by_date(self, key: str) -> Source | None:
        """The archive of a key, searched by parts of the period; None: it is none."""
        node = self.node(key)
        if node is None:
            return None
        return self._archive(node, WITHOUT_LIMIT, by_date=True)

    def _archive(self, node: Node, limit: int, *, by_date: bool = False) -> Archive:
        return Archive(node, self._quirks, limit=limit, by_date=by_date, held=self._held, extra=self._extra)

    def worklist(
        self, key: str, criteria: WorklistCriteria, *, whole: bool = False
    ) -> Callable[[Stop], Worklist] | None:
        """A search of a node's worklist, ``whole`` without the usual limit; None: the node is gone."""
        node = self.node(key)
        if node is None:
            return None
        limit = WITHOUT_LIMIT if whole else self._limit
        return partial(Worklist, node, criteria, quirks=self._quirks, limit=limit, held=self._held)

    @property
    def worklist_nodes(self) -> list[tuple[str, bool]]:
        """The nodes that may have a worklist, each with whether that is known; those that have it first.

        What is known of nodes may have to be read from its file.
        """
        known = {name: self._quirks.worklist_offered(node) for name, node in self._nodes.items()}
        return sorted(
            ((name, has is True) for name, has in known.items() if has is not False),
            key=lambda one: not one[1],
        )

    @property
    def keys(self) -> list[str]:
        """All keys in their order."""
        return list(self._sources)

    def get(self, key: str) -> Source | None:
        """The source of a key; None if it is no longer configured."""
        return self._sources.get(self._now(key))

    def node(self, key: str) -> Node | None:
        """The node of a key; None for what is local."""
        return self._nodes.get(self._now(key))

    def is_locked(self, key: str) -> bool:
        """Whether a node needs something of the user before it is asked: a passcode, or consent."""
        node = self.node(key)
        return node is not None and (node.lacks_passcode or node.lacks_consent)

    @property
    def destinations(self) -> list[tuple[str, str]]:
        """The AE titles of the nodes, each with the names of the nodes that have it."""
        names: dict[str, list[str]] = {}
        for node in self._nodes.values():
            names.setdefault(node.ae_title.strip(), []).append(node.name)
        return [(title, f"{title}  ·  {', '.join(of_title)}") for title, of_title in names.items()]

    def archives_of(self, row: Row) -> list[str]:
        """The archives that know a row, the one that counts most first: it is fetched from that."""
        keys = [source for source in row.sources if self.node(source) is not None]
        return sorted(keys, key=lambda source: row.count_by(source) or 0, reverse=True)

    def lane_key(self, key: str) -> Hashable:
        """The key of the lanes of a source: a node's connection values, so that edits change them."""
        node = self.node(key)
        if node is None:
            return key
        return (node.ae_title, node.host, node.port, node.calling_ae_title, node.tls, node.identity)

    def _now(self, key: str) -> str:
        seen: set[str] = set()
        while key not in self._sources and key in self._renamed and key not in seen:
            seen.add(key)
            key = self._renamed[key]
        return key
