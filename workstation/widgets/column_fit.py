"""Fit the columns of a table into its width."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
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

    Attributes:
        stopped: The columns have the widths that they were given.
    """

    def __init__(self, view: QTableView) -> None:
        super().__init__(view)
        self._view = view
        self._least: Mapping[int, int] = {}
        self._wanted: Sequence[tuple[int, int]] = ()
        self._takers: Sequence[int] = ()
        self._fitting, self._pressed, self.stopped = False, False, False
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self._settle)
        header = view.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setTextElideMode(Qt.TextElideMode.ElideRight)
        header.setMinimumSectionSize(_NARROWEST)
        header.sectionResized.connect(lambda *_: self._section_resized())
        header.viewport().installEventFilter(self)
        view.viewport().installEventFilter(self)

    def share(
        self,
        least: Iterable[tuple[int, int]],
        wanted: Sequence[tuple[int, int]] = (),
        takers: Sequence[int] = (),
    ) -> None:
        """Share the width as :func:`shared_widths` does, whatever the user sized before."""
        self._least, self._wanted, self._takers = dict(least), wanted, takers
        self.stopped = False
        self._view.horizontalHeader().setStretchLastSection(False)
        self._fit()

    def stop(self) -> None:
        """Let columns have the widths that they are given; the last one takes what is left."""
        self.stopped = True
        self._settle()

    def _settle(self) -> None:
        if self.stopped:
            self._view.horizontalHeader().setStretchLastSection(True)
        else:
            self._fit()

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()  # looked at first: other kinds come while the view is being destroyed
        if kind is QEvent.Type.Resize:
            self._fit()
        elif kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick):
            self._pressed = watched is self._view.horizontalHeader().viewport()
        elif kind is QEvent.Type.MouseButtonRelease:
            self._pressed = False
        return False

    def _fit(self) -> None:
        if self._fitting or self.stopped:
            return
        header, room = self._view.horizontalHeader(), self._view.viewport().width()
        self._fitting = True
        for column, width in shared_widths(self._least, self._wanted, self._takers, room).items():
            header.resizeSection(column, width)
        self._fitting = False

    def _section_resized(self) -> None:
        """A user's drag stays. Qt sizes columns, too, while it resets a header: they are fitted then."""
        if not self._fitting:
            self.stopped = self.stopped or self._pressed
            self._later.start()  # a header must not be changed meanwhile
