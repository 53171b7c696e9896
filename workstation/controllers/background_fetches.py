"""Lets fetches in the background run in their hours, while nothing else is fetched from their archive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer

from workstation.controllers.fetch_task import FetchTask
from workstation.dicom.hours import clock_time, minute_of_day

LOOK_MS: Final = 15_000
"""How often the hours are looked at."""


class BackgroundFetches(QObject):
    """Starts what may run, one at a time for each archive, and lets what runs make way."""

    def __init__(
        self,
        tasks: Callable[[], Iterable[FetchTask]],
        start: Callable[[FetchTask], None],
        *,
        minute: Callable[[], int] = minute_of_day,
    ) -> None:
        """``tasks`` returns all fetches, ``start`` starts one; ``minute`` tells the minute of the day."""
        super().__init__()
        self._tasks = tasks
        self._start = start
        self.minute = minute
        self._any = False
        self._hours_timer = QTimer(self)
        self._hours_timer.setTimerType(Qt.TimerType.VeryCoarseTimer)
        self._hours_timer.setInterval(LOOK_MS)
        self._hours_timer.timeout.connect(self.look)
        self._soon_timer = QTimer(self)
        self._soon_timer.setSingleShot(True)
        self._soon_timer.setInterval(0)
        self._soon_timer.timeout.connect(self.look)

    def wait(self, one: FetchTask) -> None:
        """Let a fetch wait until it may run."""
        one.wait(one.transfer.waits_for or self.tr("Waits"))
        self._any = True
        self._soon_timer.start()

    def look_soon(self) -> None:
        """Look once more, because another fetch has begun or ended."""
        if self._any:
            self._soon_timer.start()

    def look(self) -> None:
        """Start what may run now, and let what must not run any more make way."""
        tasks = list(self._tasks())
        busy = Counter(one.plan.node for one in tasks if not one.idle)
        behind = [one for one in tasks if one.background is not None and (one.waiting or not one.idle)]
        for one in behind:
            why = self._why_waiting(one, busy[one.plan.node] - (not one.idle))
            if one.job is not None and why:
                one.make_way()
            elif one.waiting and not why:
                self._start(one)
                busy[one.plan.node] += not one.idle
            elif one.waiting:
                one.wait(why)
        self._any = bool(behind)
        if self._any:
            self._hours_timer.start()
        else:
            self._hours_timer.stop()

    def _why_waiting(self, one: FetchTask, others: int) -> str:
        """Why a fetch may not run now while so many others of its archive do; empty: it may."""
        hours = one.background.hours if one.background is not None else None
        if hours is not None and not hours.include(self.minute()):
            return self.tr("Waits until {time}").format(time=clock_time(hours.begin))
        return self.tr("Waits until nothing else is fetched from there") if others else ""
