"""How the list of results arranges studies."""

from __future__ import annotations

from enum import StrEnum


class ListLayout(StrEnum):
    """TREE: studies below their patients; FLAT: each by itself; the others: by itself, in groups of it."""

    TREE = "tree"
    FLAT = "flat"
    DAY = "day"
    MODALITY = "modality"
    SOURCE = "source"

    @property
    def grouped(self) -> bool:
        """Whether studies stand below the headers of groups."""
        return self not in (ListLayout.TREE, ListLayout.FLAT)
