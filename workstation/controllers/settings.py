"""Keeps the preferences while the program runs."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from workstation.controllers.deferred_writes import DeferredWrites
from workstation.errors import KeptElsewhere
from workstation.settings.preferences import Preferences, save_preferences


class Settings(QObject):
    """The preferences; what follows them listens to ``changed``.

    Signals:
        changed: The :class:`Preferences` before, and now.
    """

    changed = Signal(object, object)

    def __init__(
        self,
        path: Path,
        preferences: Preferences,
        deferred_writes: DeferredWrites,
        *,
        read_only: bool = False,
    ) -> None:
        """``read_only``: another window keeps the file; it must not be written here."""
        super().__init__()
        self._path = path
        self._deferred_writes = deferred_writes
        self._read_only = read_only
        self.preferences = preferences

    def change(self, preferences: Preferences) -> None:
        """Go by ``preferences`` from now on, and have them written.

        Raises:
            KeptElsewhere: Another window keeps the file.
        """
        if self._read_only:
            raise KeptElsewhere
        self._deferred_writes.put("settings", partial(save_preferences, self._path, preferences))
        before, self.preferences = self.preferences, preferences
        self.changed.emit(before, preferences)
