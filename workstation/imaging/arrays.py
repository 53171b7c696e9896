"""Names the types of arrays: pixels of any type, and RGB32."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Array: TypeAlias = "npt.NDArray[Any]"
Rgb32: TypeAlias = "npt.NDArray[np.uint32]"
"""Qt's RGB32: 0xFFRRGGBB."""
