"""Has the listener follow the preferences."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal

from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes
from workstation.jobs.run import Ended, Ending, Run
from workstation.operations.instance_router import LibraryRouter
from workstation.operations.on_demand_listener import OnDemandListener
from workstation.settings.preferences import Preferences


class Listener(QObject):
    """Sets the listener in a lane: closing an old port may take a moment.

    Signals:
        standing: Where others can send images to, in words; empty: nowhere, except while a C-MOVE runs.
    """

    standing = Signal(str)

    def __init__(self, lanes: Lanes, on_demand_listener: OnDemandListener, router: LibraryRouter) -> None:
        super().__init__()
        self._lanes = lanes
        self._on_demand_listener = on_demand_listener
        self._router = router

    def follow(self, preferences: Preferences) -> None:
        """Listen as ``preferences`` say; that a port cannot be opened is reported."""

        def work(run: Run) -> None:
            self._router.welcome = frozenset(preferences.accept_from if preferences.listen_always else ())
            self._on_demand_listener.adopt(
                preferences.port,
                preferences.address,
                tls=preferences.listener_tls,
                always=preferences.listen_always,
            )

        job = self._lanes.submit(Lane.LISTENER, "set the listener", work)
        job.ended.connect(partial(self._ended, preferences))

    def _ended(self, preferences: Preferences, ended: Ended) -> None:
        listens = preferences.listen_always and ended.ending is Ending.DONE
        words = self.tr("Listening on port {port} as {title}")
        if preferences.listener_tls is not None:
            words = self.tr("Listening on port {port} as {title}, encrypted")
        words = words.format(port=preferences.port, title=preferences.ae_title)
        if not preferences.accept_from:
            words = self.tr("{listening}; what is sent unasked is refused").format(listening=words)
        self.standing.emit(words if listens else "")
