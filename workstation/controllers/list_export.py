"""Copies rows of the list as text, and exports what is shown to a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from workstation.atomic_files import atomic_write
from workstation.controllers.notices import Notices
from workstation.controllers.time_slices import TimeSlices
from workstation.dicom import display
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes
from workstation.jobs.run import Ended, Ending, Run
from workstation.models.columns import Column
from workstation.models.list_texts import (
    ListFormat,
    Record,
    copied,
    copied_titles,
    exported,
    is_exported,
    record,
    uids,
)
from workstation.models.rows import Row
from workstation.models.translation import translate
from workstation.models.tree_model import TreeModel
from workstation.store.files import store_error

_AT_A_TIME = 20
"""Rows written between two looks at the clock."""


class ListExport(QObject):
    """Writes rows in time slices, and files in a lane.

    Signals:
        copied: A text for the clipboard.
    """

    copied = Signal(str)

    def __init__(self, *, lanes: Lanes, model: TreeModel, notices: Notices) -> None:
        super().__init__()
        self._lanes = lanes
        self._model = model
        self._notices = notices
        self._slices = TimeSlices(self, at_once=10)

    def copy_rows(self, numbers: Sequence[int], columns: Sequence[Column]) -> None:
        """Copy rows as lines of the texts of these columns; of several rows below a line of the titles."""
        lines: list[str] = [copied_titles(columns)] if len(numbers) > 1 else []

        def take(row: Row) -> None:
            lines.append(copied(row, columns))

        self._go_through(numbers, take, lambda: self._offer(lines))

    def copy_uids(self, numbers: Sequence[int]) -> None:
        """Copy the UIDs of rows, one in a line; of patients those of their studies."""
        lines: dict[str, None] = {}
        self._go_through(
            numbers, lambda row: lines.update(dict.fromkeys(uids(row))), lambda: self._offer(lines)
        )

    def _offer(self, lines: Iterable[str]) -> None:
        if text := "\n".join(lines):
            self.copied.emit(text)

    def export(self, path: Path, kind: ListFormat) -> None:
        """Write what the list shows now to a file, which is replaced; a message tells how it ended."""
        records: list[Record] = []
        visible = self._model.visible
        shown = visible.between(0, len(visible) - 1) if len(visible) else ()
        numbers = [row.number for row in shown]

        def take(row: Row) -> None:
            if is_exported(row):
                records.append(record(row))

        self._go_through(numbers, take, lambda: self._write(path, kind, records))

    def _write(self, path: Path, kind: ListFormat, records: Sequence[Record]) -> None:
        write_list(self._lanes, self._notices, path, lambda: exported(records, kind), len(records))

    def _go_through(
        self, numbers: Sequence[int], take: Callable[[Row], None], then: Callable[[], None]
    ) -> None:
        """Take rows in time slices; those that have gone meanwhile are left out."""

        def some(first: int) -> None:
            for number in numbers[first : first + _AT_A_TIME]:
                if (row := self._model.find(number)) is not None:
                    take(row)

        self._slices.do(partial(some, first) for first in range(0, len(numbers), _AT_A_TIME))
        self._slices.do([then])


def write_list(lanes: Lanes, notices: Notices, path: Path, content: Callable[[], bytes], count: int) -> None:
    """Write a list of ``count`` rows to a file, which is replaced; a message tells how it ended."""

    def work(run: Run) -> None:
        try:
            atomic_write(path, content())
        except OSError as error:
            raise store_error(path, error) from error

    def ended(end: Ended) -> None:
        if end.ending is Ending.DONE:
            rows = display.counted(count, translate("1 row"), translate("{n} rows"))
            notices.show_note(translate("Exported {rows} to “{file}”.", rows=rows, file=path))

    lanes.submit(Lane.SMALL_FILES, "export the list", work).ended.connect(ended)
