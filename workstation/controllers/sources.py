"""The sources a person can tick: the library and the configured nodes."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from workstation.dicom.nodes import Node
from workstation.operations.habits import Habits
from workstation.operations.sources import LIBRARY, Archive, LocalLibrary, Source
from workstation.store.index import Index

WITHOUT_LIMIT = 1_000_000
"""Rows of one search that a person asked for with "load all"; a bound for memory's sake."""


class Sources:
    """Sources by their keys, the library last."""

    def __init__(self, nodes: Sequence[Node], index: Index, habits: Habits) -> None:
        self._nodes = {node.name: node for node in nodes}
        self._sources: dict[str, Source] = {name: Archive(node, habits) for name, node in self._nodes.items()}
        self._sources[LIBRARY] = LocalLibrary(index)
        self._habits = habits

    def whole(self, key: str) -> Source | None:
        """The source of a key, without the usual limit of rows."""
        node = self._nodes.get(key)
        return self._sources.get(key) if node is None else Archive(node, self._habits, limit=WITHOUT_LIMIT)

    @property
    def keys(self) -> list[str]:
        """All keys in their order."""
        return list(self._sources)

    def get(self, key: str) -> Source | None:
        """The source of a key; None if it is no longer configured."""
        return self._sources.get(key)

    def node(self, key: str) -> Node | None:
        """The node of a key; None for the library."""
        return self._nodes.get(key)

    def place(self, key: str) -> Hashable:
        """What names the lanes of a source: a node's connection values, so that edits change them."""
        node = self._nodes.get(key)
        if node is None:
            return key
        return (node.ae_title, node.host, node.port, node.calling_ae_title, node.tls, node.identity)
