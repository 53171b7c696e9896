"""Keeps PySide6 from reading the source of each imported module.

After each import PySide6 searches its source for its own name, to learn whether the optional naming of
``__feature__`` concerns it. Nothing here uses that, and the search takes a fifth of the time to the window.
"""

from __future__ import annotations

import sys

import PySide6.QtCore  # noqa: F401 - brings what is changed here

_SEARCH = "_mod_uses_pyside"


def import_unscanned() -> None:
    """Answer that question for all modules; does nothing where another version of PySide6 does not ask it."""
    feature = sys.modules.get("shibokensupport.feature")
    if feature is not None and hasattr(feature, _SEARCH):
        vars(feature)[_SEARCH] = lambda module: True
