"""What all rows of a result tree share: how the list shows studies, and what the user noted of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from workstation.models.row_marks import RowMarks
from workstation.settings.list_layout import ListLayout


@dataclass(eq=False, slots=True)
class Layout:
    """One object for all rows of a result tree.

    Attributes:
        kind: How studies are arranged.
        version: Grows with each change of the rows: what was worked out of several of them is outdated.
        counts: By number of a group, how many studies are in it.
        marks: Labels, notes and pins of studies, and which are unread.
    """

    kind: ListLayout = ListLayout.TREE
    version: int = 0
    counts: Mapping[int, int] = field(default_factory=dict)
    marks: RowMarks = field(default_factory=RowMarks)

    @property
    def flat(self) -> bool:
        """Whether each study stands by itself; else below its patient, unless that is listed for one only."""
        return self.kind is not ListLayout.TREE

    @property
    def grouped(self) -> bool:
        """Whether studies that stand by themselves are in groups."""
        return self.kind.grouped


TREE: Final = Layout()
"""That of rows outside of a tree of results; nobody changes it."""
