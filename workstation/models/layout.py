"""What all rows of a result tree share: how the list shows studies, and how often facts of them changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(eq=False, slots=True)
class Layout:
    """One object for all rows of a result tree.

    Attributes:
        flat: Each study stands by itself; else below its patient, unless that is listed for one study only.
        version: Grows with each change of the rows: what was worked out of several of them is outdated.
    """

    flat: bool = False
    version: int = 0


TREE: Final = Layout()
"""That of rows outside of a tree of results; nobody changes it."""
