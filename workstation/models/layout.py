"""Say how the list shows studies: below their patients, or each by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(eq=False, slots=True)
class Layout:
    """How the list shows studies; one object for all rows of a result tree.

    Attributes:
        flat: Each study stands by itself; else below its patient, unless that is listed for one study only.
    """

    flat: bool = False


TREE: Final = Layout()
"""That of rows outside of a tree of results; nobody changes it."""
