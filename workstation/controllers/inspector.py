"""Tells the inspector what is recorded while it is open, and saves an exchange."""

from __future__ import annotations

import json
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from workstation.atomic_files import atomic_write
from workstation.controllers.notices import Notices
from workstation.dicom import display
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes
from workstation.jobs.run import Ended, Ending, Run
from workstation.models.translation import translated
from workstation.network.exchange import Exchange, State
from workstation.network.exchanges import EXCHANGES, Exchanges
from workstation.operations.exchange_report import report
from workstation.store.files import store_error

_PERIOD = 250
"""Milliseconds between two looks while it is open."""


class Inspector(QObject):
    """Looks at what is recorded, while the window of the inspector is visible.

    Signals:
        changed: The exchanges that are kept, the oldest first, and how many bytes were recorded, in words.
    """

    changed = Signal(object, str)

    def __init__(self, *, lanes: Lanes, notices: Notices, kept: Exchanges = EXCHANGES) -> None:
        super().__init__()
        self._lanes = lanes
        self._notices = notices
        self._kept = kept
        self._timer = QTimer(self)
        self._timer.setInterval(_PERIOD)
        self._timer.timeout.connect(self.look)

    def watch(self, watched: bool) -> None:
        """It is visible, or not any more; bytes are recorded no longer than that."""
        if watched:
            self._timer.start()
            self.look()
        else:
            self._timer.stop()

    def look(self) -> None:
        """Tell what is kept now."""
        self.changed.emit(self._kept.recent(), self._recorded())

    def record(self, on: bool) -> None:
        """Begin, or end, to keep the bytes of connections; beginning drops those of before."""
        if on:
            self._kept.forget_recorded()
        self._kept.record(on)
        self.look()

    def failed_with(self, message: str) -> Exchange | None:
        """The last exchange that failed with a message, as it is shown; None: it is not kept."""
        for exchange in reversed(self._kept.recent()):
            words = f"{translated(exchange.message)} {translated(exchange.what_to_try)}".rstrip()
            if exchange.state is State.FAILED and words == message:
                return exchange
        return None

    def save(self, path: Path, exchange: Exchange, masked: bool) -> None:
        """Write an exchange as JSON, for the user alone; a message tells how it ended."""

        def work(run: Run) -> None:
            content = json.dumps(report(exchange, masked=masked), indent=1, default=str) + "\n"
            try:
                atomic_write(path, content.encode())
            except OSError as error:
                raise store_error(path, error) from error

        def ended(end: Ended) -> None:
            if end.ending is Ending.DONE:
                self._notices.show_note(self.tr("Saved as {name}.").format(name=display.plain(path.name)))

        self._lanes.submit(Lane.SMALL_FILES, "save an exchange", work).ended.connect(ended)

    def _recorded(self) -> str:
        kept = self._kept
        if not kept.recording and not kept.recorded:
            return ""
        size = display.size(kept.recorded)
        if kept.not_recorded:
            return self.tr("{size} recorded; the rest was too much").format(size=size)
        return self.tr("{size} recorded").format(size=size)
