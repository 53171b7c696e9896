"""The exchange inspector: what was asked and answered over the network, in a window of its own."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from workstation.models.exchange_models import ExchangeColumn, ExchangesModel
from workstation.models.transfer import Details
from workstation.network.exchange import Exchange
from workstation.widgets.details_panel import DetailsPanel
from workstation.widgets.exchange_pages import ExchangePages
from workstation.widgets.plain_table import PlainTable
from workstation.widgets.scrolling import fit

_SIZE = QSize(1280, 740)
_LIST = 420
"""Width that the columns of the list need, in pixels."""
_WIDTHS: dict[IntEnum, int] = {
    ExchangeColumn.TIME: 78,
    ExchangeColumn.WHAT: 74,
    ExchangeColumn.NODE: 90,
    ExchangeColumn.TOOK: 62,
    ExchangeColumn.STATE: 76,
}


class InspectorWindow(QDialog):
    """Left the exchanges, right what happened in the chosen one. Esc closes it.

    Patient values are masked whenever it is opened.

    Signals:
        watched: Whether it is visible.
        recording_wanted: Bytes are to be recorded, or not any more.
        save_requested: The chosen exchange is to be saved; masked or not.
    """

    watched = Signal(bool)
    recording_wanted = Signal(bool)
    save_requested = Signal(object, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle(self.tr("What was asked and answered"))
        self.model = ExchangesModel(self)
        words = self.tr("Exchanges, the newest first")
        self.list = PlainTable(self.model, words, _WIDTHS, ExchangeColumn.NODE)
        self.list.selectionModel().currentChanged.connect(lambda *_: self._chosen_changed())
        self.pages = ExchangePages()
        self.panel: DetailsPanel | None = None
        self.unmask = QPushButton(self.tr("Show patient values"))
        self.unmask.setCheckable(True)
        self.unmask.setToolTip(self.tr("Until this window is closed"))
        self.unmask.toggled.connect(self._unmask)
        self.record = QPushButton(self.tr("Record bytes"))
        self.record.setCheckable(True)
        self.record.setToolTip(self.tr("Keep the bytes of what goes over the network from now on"))
        self.record.toggled.connect(self._record)
        self.copy = QPushButton(self.tr("Copy"))
        self.copy.setToolTip(self.tr("Copy the page on show"))
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.pages.text()))
        self.save = QPushButton(self.tr("Save…"))
        self.save.clicked.connect(self._save)
        self.state = QLabel()
        self.state.setObjectName("quiet")
        self.state.setTextFormat(Qt.TextFormat.PlainText)
        self._lay_out()
        self._chosen_changed()
        fit(self, _SIZE)
        listed = min(_LIST, self.width() * 2 // 5)
        self._splitter.setSizes([listed, self.width() - listed])

    def _lay_out(self) -> None:
        above = QHBoxLayout()
        above.setContentsMargins(10, 8, 10, 8)
        above.setSpacing(8)
        for button in (self.unmask, self.record):
            above.addWidget(button)
        above.addWidget(self.state, 1)
        for button in (self.copy, self.save):
            above.addWidget(button)
        for button in self.findChildren(QPushButton):
            button.setAutoDefault(False)
        splitter = self._splitter = QSplitter()
        splitter.setHandleWidth(1)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(self.list)
        splitter.addWidget(self.pages)
        splitter.setStretchFactor(1, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(above)
        column.addWidget(splitter, 1)

    # --- What is shown -----------------------------------------------------------------------------

    def show_exchanges(self, exchanges: Sequence[Exchange], recorded: str) -> None:
        """Show what is kept now; ``recorded`` says how many bytes were recorded."""
        chosen = self.chosen
        self.model.show(exchanges)
        if chosen is not None and self.chosen is not chosen:
            self._choose(chosen)
        self.pages.refresh()
        self.state.setText(recorded)

    def open_at(self, exchange: Exchange | None, details: Details | None = None) -> None:
        """Open it with an exchange chosen, and with the details of a transfer if there are some."""
        self.panel = None if details is None else DetailsPanel(details)
        self.show()
        self.raise_()
        self.activateWindow()
        newest = self.model.at(0) if details is None else None
        self._choose(exchange or newest)
        self.pages.set_details(self.panel)
        self.list.setFocus()

    @property
    def chosen(self) -> Exchange | None:
        """The exchange on show."""
        return self.model.at(self.list.currentIndex().row())

    def _choose(self, exchange: Exchange | None) -> None:
        """Choose an exchange; what is not kept any more is shown without being in the list."""
        self.list.setCurrentIndex(self.model.index(self.model.row_of(exchange), 0))
        self.list.scrollTo(self.list.currentIndex())
        self.pages.show_exchange(exchange)

    def _chosen_changed(self) -> None:
        exchange = self.chosen
        if exchange is not None and exchange is not self.pages.exchange:
            self.pages.set_details(None)
            self.pages.show_exchange(exchange)
        for button in (self.copy, self.save):
            button.setEnabled(self.pages.exchange is not None)

    def _unmask(self, shown: bool) -> None:
        self.unmask.setText(self.tr("Hide patient values") if shown else self.tr("Show patient values"))
        self.pages.set_masked(not shown)

    def _record(self, on: bool) -> None:
        self.record.setText(self.tr("Stop recording") if on else self.tr("Record bytes"))
        self.recording_wanted.emit(on)

    def _save(self) -> None:
        if self.pages.exchange is not None:
            self.save_requested.emit(self.pages.exchange, not self.unmask.isChecked())

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous():
            self.watched.emit(True)

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if not event.spontaneous():
            self.unmask.setChecked(False)
            self.record.setChecked(False)
            self.watched.emit(False)
            self.pages.show_exchange(None)
