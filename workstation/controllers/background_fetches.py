"""Lets fetches in the background run in their hours only."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer

from workstation.controllers.fetch_task import FetchTask
from workstation.controllers.transfer_task import TransferTask
from workstation.dicom.hours import clock_time, minute_of_day
from workstation.models.transfer import Transfer

LOOK_MS: Final = 15_000
"""How often the hours are looked at."""


class BackgroundFetches(QObject):
    """Starts what may run, and stops what runs beyond its hours; the queue does the rest."""

    def __init__(
        self,
        tasks: Callable[[], Iterable[FetchTask]],
        start: Callable[[FetchTask], None],
        withdraw: Callable[[TransferTask], None],
        tell: Callable[[Transfer], None],
        *,
        minute: Callable[[], int] = minute_of_day,
    ) -> None:
        """Nothing is looked at yet.

        Args:
            tasks: Returns all fetches.
            start: Starts one.
            withdraw: Takes one out of the queue.
            tell: Shows the row of one anew.
            minute: Tells the minute of the day.
        """
        super().__init__()
        self._tasks = tasks
        self._start = start
        self._withdraw = withdraw
        self._tell = tell
        self.minute = minute
        self._hours_timer = QTimer(self)
        self._hours_timer.setTimerType(Qt.TimerType.VeryCoarseTimer)
        self._hours_timer.setInterval(LOOK_MS)
        self._hours_timer.timeout.connect(self.look)

    def begin(self, one: FetchTask) -> None:
        """Start a fetch, or let it wait until it may run."""
        self._look_at(one)
        self._hours_timer.start()

    def look(self) -> None:
        """Start what may run now, and stop what must not run any more."""
        behind = [one for one in self._tasks() if one.background is not None]
        for one in behind:
            if one.deferred or not one.idle:
                self._look_at(one)
        if not any(one.deferred or not one.idle for one in behind):
            self._hours_timer.stop()

    def _look_at(self, one: FetchTask) -> None:
        hours = one.background.hours if one.background is not None else None
        if hours is None or hours.include(self.minute()):
            if one.idle:
                self._start(one)
            return
        why = self.tr("Waits until {time}").format(time=clock_time(hours.begin))
        if one.make_way(self._withdraw, why):
            self._tell(one.transfer)
