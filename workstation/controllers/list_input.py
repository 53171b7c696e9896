"""Reads a list that was pasted, or stands in a file, and makes its entries: in a lane, it may be long."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from workstation.controllers.notices import message
from workstation.dicom.list_entries import ListEntries, list_entries
from workstation.dicom.pasted_list import MAX_BYTES, PastedTable, Uses, decoded, read_table
from workstation.errors import Unreadable
from workstation.jobs.current_job import CurrentJob
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes, Report
from workstation.jobs.run import Ended, Run


class ListInput(QObject):
    """Of what was asked for, only the last counts.

    Signals:
        loaded: The text of a file.
        taken_apart: A :class:`PastedTable`.
        made: :class:`ListEntries`.
        failed: Why it cannot be read.
    """

    loaded = Signal(str)
    taken_apart = Signal(object)
    made = Signal(object)
    failed = Signal(str)

    def __init__(self, lanes: Lanes) -> None:
        super().__init__()
        self._lanes = lanes
        self._file, self._table, self._entries = CurrentJob(), CurrentJob(), CurrentJob()

    def load(self, path: Path) -> None:
        """Read a file."""

        def work(run: Run) -> str:
            try:
                with path.open("rb") as file:
                    return decoded(file.read(MAX_BYTES + 1))
            except OSError as error:
                raise Unreadable(str(path), error.strerror or str(error)) from error

        def ended(end: Ended) -> None:
            if isinstance(end.result, str):
                self.loaded.emit(end.result)
            self._tell_failure(end)

        job = self._lanes.submit(Lane.SMALL_FILES, "read a list", work, report=Report.BUGS)
        self._file.replace(job, ended=ended)

    def take_apart(self, text: str, separator: str | None) -> None:
        """Take a list apart; without a ``separator`` by what seems to part it."""
        self._entries.drop()

        def ended(end: Ended) -> None:
            if isinstance(end.result, PastedTable):
                self.taken_apart.emit(end.result)
            self._tell_failure(end)

        job = self._lanes.submit(
            Lane.LISTS, "take a list apart", lambda run: read_table(text, separator), report=Report.BUGS
        )
        self._table.replace(job, ended=ended)

    def make(self, table: PastedTable, uses: Uses, *, header: bool) -> None:
        """Make the entries, once it is said what the columns are."""

        def ended(end: Ended) -> None:
            if isinstance(end.result, ListEntries):
                self.made.emit(end.result)
            self._tell_failure(end)

        job = self._lanes.submit(
            Lane.LISTS,
            "make the entries of a list",
            lambda run: list_entries(table, uses, header=header),
            report=Report.BUGS,
        )
        self._entries.replace(job, ended=ended)

    def _tell_failure(self, end: Ended) -> None:
        if end.error is not None:
            self.failed.emit(message(end.error))
