"""The bottom line of the window: all transfers in one line, which unfolds into the list, and the messages."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from workstation.models.transfer import TransferState
from workstation.models.transfer_cells import TransferColumn
from workstation.models.transfer_summary import TransferSummary, summarise
from workstation.models.transfers_model import TransferRole, TransfersModel
from workstation.widgets.elided_label import ElidedLabel
from workstation.widgets.message_line import MessageLine
from workstation.widgets.transfer_menu import TransferAction, TransferMenu
from workstation.widgets.transfers_table import TransfersTable

_SUM_UP_MS = 200
_TITLE_WIDTH = 130
"""Of the progress in the line at least, in pixels; what needs the user gives way."""
_BAR_WIDTH = 120
_INCOMPLETE = (TransferState.PARTIAL, TransferState.FAILED, TransferState.UNFINISHED)
_PAUSED = (TransferState.ON_HOLD, TransferState.PAUSED)


class TransfersStrip(QWidget):
    """The view of a :class:`TransfersModel`; folded to one line until the user unfolds it.

    Attributes:
        messages: The right half of the line.

    Signals:
        chosen: A :class:`TransferAction` and the number of the transfer it is about; 0: all.
        action_requested: Number of the transfer whose first action (cancel, resume, remove) was chosen.
        second_requested: Number of the transfer whose second action (pause, resume, remove) was chosen.
        moved: Number of a transfer, and the row it is to be put above.
        unfolded_changed: The list was opened or closed by the user.
        summarised: The :class:`TransferSummary` is another.
    """

    chosen = Signal(object, int)
    action_requested = Signal(int)
    second_requested = Signal(int)
    moved = Signal(int, int)
    unfolded_changed = Signal(bool)
    summarised = Signal(object)

    def __init__(self, model: TransfersModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("strip")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._model = model
        self._listening = ""
        self.summary = TransferSummary("")
        self.view = TransfersTable(model)
        self._make_line()
        self._lay_out()
        self.view.clicked.connect(self._clicked)
        self.view.key_pressed.connect(self.chosen)
        self.view.dropped.connect(self.moved)
        self.view.menu_requested.connect(self._open_menu)
        self._sum_up_timer = QTimer(self)
        self._sum_up_timer.setSingleShot(True)
        self._sum_up_timer.setInterval(_SUM_UP_MS)
        self._sum_up_timer.timeout.connect(self.sum_up)
        for changed in (model.rowsInserted, model.rowsRemoved, model.dataChanged):
            changed.connect(self._sum_up_soon)
        self.sum_up()

    def _make_line(self) -> None:
        self.toggle = QToolButton()
        self.toggle.setObjectName("menu")
        self.toggle.setCheckable(True)
        self.toggle.setToolTip(self.tr("Show or hide the list of transfers (Ctrl+J)"))
        self.toggle.setAccessibleName(self.tr("List of transfers"))
        self.toggle.toggled.connect(self._toggled)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(6)
        self.bar.setMinimumWidth(_BAR_WIDTH // 4)
        self.bar.setMaximumWidth(_BAR_WIDTH)
        self.bar.setAccessibleName(self.tr("Progress of all transfers"))
        self.title = ElidedLabel()
        self.title.setObjectName("quiet")
        self.title.setMinimumWidth(_TITLE_WIDTH)
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.failed, self.needs_user = QLabel(), ElidedLabel()
        self.failed.setObjectName("failed")
        self.needs_user.setObjectName("warning")
        self.links: dict[TransferAction, QPushButton] = {}
        for action, title, tip in (
            (TransferAction.PAUSE_ALL, self.tr("Pause all"), self.tr("Pause what runs and what waits")),
            (TransferAction.RESUME_ALL, self.tr("Resume all"), self.tr("Go on with all that is paused")),
            (TransferAction.RETRY_ALL, self.tr("Retry incomplete"), self.tr("Ask again for what is missing")),
            (
                TransferAction.CANCEL_ALL,
                self.tr("Cancel all"),
                self.tr("End what runs, waits or is paused"),
            ),
            (
                TransferAction.CLEAR,
                self.tr("Clear finished"),
                self.tr("Remove what has ended from the list"),
            ),
        ):
            link = self.links[action] = QPushButton(title)
            link.setObjectName("link")
            link.setToolTip(tip)
            link.clicked.connect(lambda _=False, action=action: self.chosen.emit(action, 0))
        self.finished = self.links[TransferAction.CLEAR]
        self.messages = MessageLine()

    def _lay_out(self) -> None:
        self._links_box = QWidget()
        links = QHBoxLayout(self._links_box)
        links.setContentsMargins(6, 0, 10, 4)
        links.setSpacing(8)
        links.addStretch(1)
        for link in self.links.values():
            links.addWidget(link)
        self._line = QWidget()
        summary = QWidget()
        summary.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        summary.setMinimumWidth(1)
        left = QHBoxLayout(summary)
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(10)
        left.addWidget(self.toggle)
        left.addWidget(self.title, 1)
        left.addWidget(self.failed)
        left.addWidget(self.needs_user)
        left.addWidget(self.bar)
        row = QHBoxLayout(self._line)
        row.setContentsMargins(6, 1, 6, 1)
        row.setSpacing(16)
        row.addWidget(summary, 1)
        row.addWidget(self.messages, 1)
        self._line.setFixedHeight(34)
        self.none = QLabel(self.tr("Transfers are listed here"))
        self.none.setObjectName("none")
        self.none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._list = QWidget()
        self._list.setObjectName("transfers")
        self._list.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._links_box.setObjectName("strip")
        self._links_box.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        below = self._below = QVBoxLayout(self._list)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(0)
        below.addWidget(self._links_box)
        for part in (self.view, self.none):
            below.addWidget(part, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._line)
        layout.addWidget(self._list, 1)
        self._toggled(unfolded=False)

    # --- Folding ------------------------------------------------------------------------------------------

    @property
    def unfolded(self) -> bool:
        """Whether the list is shown."""
        return self.toggle.isChecked()

    def unfold(self, unfolded: bool = True) -> None:
        """Show or hide the list."""
        self.toggle.setChecked(unfolded)

    @property
    def line_height(self) -> int:
        """Height of the line alone, in pixels."""
        return self._line.height()

    @property
    def focus_target(self) -> QWidget:
        """What gets the focus when the user goes here."""
        return self.view if self.unfolded and not self.view.isHidden() else self.toggle

    def _toggled(self, unfolded: bool) -> None:
        if self._list.isAncestorOf(self.focusWidget()) and not unfolded:
            self.toggle.setFocus()
        self.toggle.setArrowType(Qt.ArrowType.DownArrow if unfolded else Qt.ArrowType.RightArrow)
        self._list.setVisible(unfolded)
        self.unfolded_changed.emit(unfolded)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        room = self.height() - self._line.height() - self._links_box.sizeHint().height()
        self._below.setContentsMargins(0, 0, 0, max(0, room - self.view.whole_rows(room)))

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and event.position().y() < self._line.height():
            self.toggle.toggle()
        super().mousePressEvent(event)

    # --- The line -----------------------------------------------------------------------------------------

    def set_listening(self, words: str) -> None:
        """Show the address of the listener; empty: it is off."""
        self._listening = words
        self.sum_up()

    def _sum_up_soon(self) -> None:
        self._enable_links()
        if not self._sum_up_timer.isActive():
            self._sum_up_timer.start()

    def sum_up(self) -> None:
        """Show in the line how all transfers stand now."""
        model, counts = self._model, self._model.counts
        self.summary = summary = summarise(counts, list(model.round.values()))
        self.title.setText("  ·  ".join(filter(None, [summary.text, self._listening])))
        for label, words in ((self.failed, summary.failed), (self.needs_user, summary.needs_user)):
            label.setText(words)
            label.setVisible(bool(words))
        self.bar.setValue(round(100 * (summary.share or 0)))
        self.bar.setVisible(summary.share is not None)
        self._enable_links()
        self.summarised.emit(summary)

    def _enable_links(self) -> None:
        can = self._possible()
        for action, link in self.links.items():
            link.setEnabled(action in can)
        listed = self._model.rowCount() > 0
        self.view.setVisible(listed)
        self.none.setVisible(not listed)

    def _possible(self) -> set[TransferAction]:
        """What can be done with all."""
        counts, can = self._model.counts, set[TransferAction]()
        open_ones = self._model.running_count - counts[TransferState.CANCELLING]
        paused, deferred = sum(counts[state] for state in _PAUSED), counts[TransferState.DEFERRED]
        for action, number in (
            (TransferAction.PAUSE_ALL, open_ones + deferred + counts[TransferState.PAUSED]),
            (TransferAction.RESUME_ALL, paused),
            (TransferAction.RETRY_ALL, sum(counts[state] for state in _INCOMPLETE)),
            (TransferAction.CANCEL_ALL, open_ones + deferred + paused),
            (TransferAction.CLEAR, self._model.ended_count),
        ):
            if number:
                can.add(action)
        return can

    # --- The list -----------------------------------------------------------------------------------------

    def _open_menu(self, number: int, place: QPoint) -> None:
        menu = TransferMenu(self._model.find(number), self._possible(), self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.chosen.connect(lambda action: self.chosen.emit(action, number))
        menu.popup(place)

    def _clicked(self, index: QModelIndex) -> None:
        if not index.data():
            return
        number = index.data(TransferRole.NUMBER)
        if index.column() == TransferColumn.ACTION:
            self.action_requested.emit(number)
        elif index.column() == TransferColumn.SECOND:
            self.second_requested.emit(number)
        elif index.column() == TransferColumn.DETAILS:
            self.chosen.emit(TransferAction.DETAILS, number)
