"""An entry for the path of a file or folder, with a file dialog."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton
from shiboken6 import isValid

from workstation.errors import BadInput
from workstation.models.translation import translate
from workstation.widgets.form import Entry

Look = Callable[[str, Callable[[bool], None]], None]
"""Checks whether a file exists and reports it later: a network share may not answer."""


def _look(path: str, tell: Callable[[bool], None]) -> None:
    tell(Path(path).is_file())


class FileEntry(Entry):
    """A path; may be empty."""

    def __init__(
        self,
        what: str,
        text: str,
        *,
        folder: bool = False,
        hint: str = "",
        also: Callable[[str], object] = lambda text: None,
    ) -> None:
        """An entry for the file ``what``, or a folder, which need not exist yet; ``also`` checks more."""
        super().__init__(text, self._existing, hint)
        self._what = what
        self._folder = folder
        self._also = also
        self._looked: tuple[str, bool] = ("", True)
        self.look: Look = _look
        self.browse = QPushButton(translate("Browse…"))
        self.browse.clicked.connect(self._choose)
        self.line.left.connect(self._look)
        self.row = QHBoxLayout()
        self.row.setSpacing(6)
        self.row.addWidget(self.line, 1)
        self.row.addWidget(self.browse)

    def enable(self, enabled: bool) -> None:
        """Enable or disable the entry."""
        self.line.setEnabled(enabled)
        self.browse.setEnabled(enabled)
        self.refresh()

    def _existing(self, text: str) -> None:
        if text and not Path(text).is_absolute():
            raise BadInput(self._what, text, "give the whole path.")
        if self._looked == (text, False):
            raise BadInput(self._what, text, "there is no such file.")
        self._also(text)

    def _look(self) -> None:
        """Check that the file exists when the field is left, not at each key: a share may be slow."""
        if self._folder or not self.text:
            self._found(self.text, True)
        else:
            self.look(self.text, partial(self._found, self.text))

    def _found(self, text: str, found: bool) -> None:
        if isValid(self.line):  # the dialog may be closed by now
            self._looked = (text, found)
            self.touch()
            self.changed.emit()

    def _choose(self) -> None:
        parent, start = self.line.window(), self.text or str(Path.home())
        if self._folder:
            chosen = QFileDialog.getExistingDirectory(parent, self._what, start)
        else:
            chosen, _ = QFileDialog.getOpenFileName(parent, self._what, start)
        if chosen:
            self.line.setText(str(Path(chosen)))
            self._look()
