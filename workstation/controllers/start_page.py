"""Shows at the start what is in the library, unless the user already asked for something else."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from workstation.controllers.search import Search
from workstation.dicom.criteria import Criteria
from workstation.dicom.matches import LIBRARY


class StartPage(QObject):
    """Searches the library, and nothing else, once it is open.

    Signals:
        filled: The studies of the library are being listed.
    """

    filled = Signal()

    def __init__(self, search: Search) -> None:
        super().__init__()
        self._search = search
        self._wanted = True

    def skip(self) -> None:
        """The user asked for something else."""
        self._wanted = False

    def show(self, holds_studies: bool) -> None:
        """List the studies of the library, if it ``holds_studies``."""
        wanted, self._wanted = self._wanted, False
        if wanted and holds_studies:
            self.filled.emit()
            self._search.search(Criteria(), [LIBRARY])
