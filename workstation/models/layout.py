"""What all rows of a result tree share: how the list shows studies, and what the user noted of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from workstation.models.row_marks import RowMarks


@dataclass(eq=False, slots=True)
class Layout:
    """One object for all rows of a result tree.

    Attributes:
        flat: Each study stands by itself; else below its patient, unless that is listed for one study only.
        version: Grows with each change of the rows: what was worked out of several of them is outdated.
        marks: Labels, notes and pins of studies, and which are unread.
    """

    flat: bool = False
    version: int = 0
    marks: RowMarks = field(default_factory=RowMarks)


TREE: Final = Layout()
"""That of rows outside of a tree of results; nobody changes it."""
