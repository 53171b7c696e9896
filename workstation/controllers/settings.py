"""The preferences while the program runs, and the listener that follows them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from workstation.controllers.deferred_writes import DeferredWrites
from workstation.controllers.notices import Notices
from workstation.errors import KeptElsewhere
from workstation.jobs.lanes import Lanes, Purpose
from workstation.jobs.run import Ended, Ending, Run
from workstation.operations.instance_router import LibraryRouter
from workstation.operations.on_demand_listener import OnDemandListener
from workstation.settings.preferences import Preferences, save_preferences


class Settings(QObject):
    """Keeps the preferences.

    Signals:
        changed: The :class:`Preferences` before, and now.
    """

    changed = Signal(object, object)

    def __init__(
        self, path: Path, preferences: Preferences, writing: DeferredWrites, *, beside: bool = False
    ) -> None:
        """``beside``: another window keeps the file; it must not be written here."""
        super().__init__()
        self._path = path
        self._writing = writing
        self._beside = beside
        self.preferences = preferences

    def change(self, preferences: Preferences) -> None:
        """Go by ``preferences`` from now on, and have them written.

        Raises:
            KeptElsewhere: Another window keeps it.
        """
        if self._beside:
            raise KeptElsewhere
        self._writing.put("settings", partial(save_preferences, self._path, preferences))
        before, self.preferences = self.preferences, preferences
        self.changed.emit(before, preferences)


class Listener(QObject):
    """Has the listener follow the preferences; closing an old port may take a moment, so in a lane.

    Signals:
        standing: Where others can send images to, in words; empty: nowhere, but while a C-MOVE runs.
    """

    standing = Signal(str)

    def __init__(
        self, lanes: Lanes, listening: OnDemandListener, router: LibraryRouter, notices: Notices
    ) -> None:
        super().__init__()
        self._lanes = lanes
        self._listening = listening
        self._router = router
        self._notices = notices

    def follow(self, wanted: Preferences) -> None:
        """Listen as ``wanted``; that a port cannot be opened is told."""

        def work(run: Run) -> None:
            self._router.welcome = frozenset(wanted.accept_from if wanted.listen_always else ())
            self._listening.adopt(
                wanted.port, wanted.address, tls=wanted.listener_tls, always=wanted.listen_always
            )

        # A transfer lane keeps its order: the last wish is the one that stays.
        job = self._lanes.submit("listener", Purpose.TRANSFER, "set the listener", work)
        job.ended.connect(partial(self._ended, wanted))

    def _ended(self, wanted: Preferences, ended: Ended) -> None:
        listens = wanted.listen_always and ended.ending is Ending.DONE
        words = self.tr("Listening on port {port} as {title}")
        if wanted.listener_tls is not None:
            words = self.tr("Listening on port {port} as {title}, encrypted")
        self.standing.emit(words.format(port=wanted.port, title=wanted.ae_title) if listens else "")
        if ended.error is not None:
            self._notices.tell(ended.error)
        elif ended.ending is Ending.CRASHED:
            self._notices.bug()
