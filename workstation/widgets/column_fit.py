"""Fit the columns of a table into its width."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QTableView
from typing_extensions import override

_NARROWEST = 20
"""To which the user can size a column, in pixels."""


def shared_widths(
    least: Mapping[int, int], wanted: Sequence[tuple[int, int]], takers: Sequence[int], room: int
) -> dict[int, int]:
    """Return the widths of columns in ``room``, all in pixels.

    Each has at least its ``least``, even if that is more than the room. Of what is left, each column of
    ``wanted`` is given what it lacks, one after the other; then ``takers`` share the rest.
    """
    widths = dict(least)
    left = max(0, room - sum(widths.values()))
    for column, width in wanted:
        given = max(0, min(left, width - widths[column]))
        widths[column] += given
        left -= given
    for place, column in enumerate(takers):
        given = left // (len(takers) - place)
        widths[column] += given
        left -= given
    return widths


class ColumnFit(QObject):
    """Shares the width of a table among its columns whenever that changes, until the user sizes one.

    Titles are left-aligned, and cut off with an ellipsis.
    """

    def __init__(self, view: QTableView) -> None:
        super().__init__(view)
        self._view = view
        self._least: Mapping[int, int] = {}
        self._wanted: Sequence[tuple[int, int]] = ()
        self._takers: Sequence[int] = ()
        self._fitting, self._sized = False, False
        header = view.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setTextElideMode(Qt.TextElideMode.ElideRight)
        header.setMinimumSectionSize(_NARROWEST)
        header.sectionResized.connect(lambda *_: self._section_resized())
        view.viewport().installEventFilter(self)

    def share(
        self,
        least: Iterable[tuple[int, int]],
        wanted: Sequence[tuple[int, int]] = (),
        takers: Sequence[int] = (),
    ) -> None:
        """Share the width as :func:`shared_widths` does, whatever the user sized before."""
        self._least, self._wanted, self._takers = dict(least), wanted, takers
        self._sized = False
        self._view.horizontalHeader().setStretchLastSection(False)
        self._fit()

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize and not self._sized:
            self._fit()
        return False

    def _fit(self) -> None:
        header = self._view.horizontalHeader()
        room = self._view.viewport().width()
        self._fitting = True
        for column, width in shared_widths(self._least, self._wanted, self._takers, room).items():
            header.resizeSection(column, width)
        self._fitting = False

    def _section_resized(self) -> None:
        if not self._fitting and not self._sized:
            self._sized = True
            self._view.horizontalHeader().setStretchLastSection(True)  # no gap beside it
