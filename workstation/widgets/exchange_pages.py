"""What happened in one exchange: its head, its time line, and pages with messages, commands and bytes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from enum import IntEnum

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QResizeEvent
from PySide6.QtWidgets import (
    QLabel,
    QPlainTextEdit,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from workstation.models import exchange_texts
from workstation.models.exchange_models import LineColumn, LinesModel
from workstation.models.exchange_timeline import timeline
from workstation.models.hex_dump import hex_dump
from workstation.network.exchange import Exchange
from workstation.operations.exchange_commands import exchange_commands
from workstation.widgets.details_panel import DetailsPanel
from workstation.widgets.plain_table import PlainTable
from workstation.widgets.timeline_view import TimelineView

_WIDTHS: dict[IntEnum, int] = {
    LineColumn.TIME: 58,
    LineColumn.ASSOCIATION: 24,
    LineColumn.DIRECTION: 26,
    LineColumn.WHAT: 124,
    LineColumn.STATUS: 100,
    LineColumn.SIZE: 64,
}


_BESIDE = 700
"""From this width on, in pixels, a message stands beside the list of them."""
MANY = 5000
"""Messages from which on those that follow are shown only each :data:`SELDOM` seconds."""
SELDOM = 2.0
MOST_COPIED = 1000
"""Messages that are copied as text."""


class ExchangePages(QWidget):
    """Shows one exchange; patient values are masked until :meth:`set_masked` says otherwise."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.masked = True
        self._filled, self._settled = 0.0, False
        self.lines = LinesModel(self)
        self.head = QLabel()
        self.head.setTextFormat(Qt.TextFormat.PlainText)
        self.head.setWordWrap(True)
        self.head.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.head.setMargin(8)
        self.timeline = TimelineView()
        self.table = PlainTable(self.lines, self.tr("Messages"), _WIDTHS, LineColumn.STATUS)
        self.table.selectionModel().currentChanged.connect(lambda *_: self._fill_message())
        self.message = _text(self.tr("The chosen message"))
        self.commands = _text(self.tr("DCMTK commands"))
        self.bytes = _text(self.tr("Bytes"))
        messages = self._messages = QSplitter()
        messages.setHandleWidth(1)
        messages.setChildrenCollapsible(False)
        messages.addWidget(self.table)
        messages.addWidget(self.message)
        messages.setSizes([480, 380])
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(messages, self.tr("Messages"))
        self.tabs.addTab(self.commands, self.tr("DCMTK command"))
        self.tabs.addTab(self.bytes, self.tr("Bytes"))
        self.tabs.currentChanged.connect(lambda _: self._fill_page())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addWidget(self.timeline)
        column.addWidget(self.tabs, 1)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show a message below the list of them where there is not room for both."""
        super().resizeEvent(event)
        beside = event.size().width() >= _BESIDE
        self._messages.setOrientation(Qt.Orientation.Horizontal if beside else Qt.Orientation.Vertical)

    @property
    def exchange(self) -> Exchange | None:
        """The exchange on show."""
        return self.lines.exchange

    def show_exchange(self, exchange: Exchange | None) -> None:
        """Show another one."""
        if exchange is self.exchange and exchange is not None:
            return
        self._settled = False
        self.lines.show(exchange)
        self.table.setCurrentIndex(self.lines.index(0, 0))
        self._fill()

    def set_details(self, panel: DetailsPanel | None) -> None:
        """Show the details of a transfer on a page of their own; None: they are of another exchange."""
        for place in reversed(range(self.tabs.count())):
            page = self.tabs.widget(place)
            if isinstance(page, DetailsPanel):
                self.tabs.removeTab(place)
                page.deleteLater()
        if panel is not None:
            panel.set_masked(self.masked)
            self.tabs.setCurrentIndex(self.tabs.insertTab(0, panel, self.tr("Transfer")))

    def set_masked(self, masked: bool) -> None:
        """Mask what may be a patient's, or show it."""
        self.masked = masked
        for place in range(self.tabs.count()):
            page = self.tabs.widget(place)
            if isinstance(page, DetailsPanel):
                page.set_masked(masked)
        self._fill_message()
        self._fill()

    def refresh(self) -> None:
        """Show what has happened since."""
        exchange = self.exchange
        if exchange is None or (exchange.ended and self._settled):
            return
        now = time.monotonic()
        if exchange.running and self.lines.rowCount() > MANY and now - self._filled < SELDOM:
            return
        changed = self.lines.refresh()
        self._settled = bool(exchange.ended) and not changed
        self._fill()

    def text(self) -> str:
        """The page on show, as text."""
        page = self.tabs.currentWidget()
        if isinstance(page, QPlainTextEdit):
            return page.toPlainText()
        if isinstance(page, DetailsPanel):
            return f"{page.report.toPlainText()}\n\n{page.command.toPlainText()}".strip()
        return "\n".join([self.head.text(), "", *self._copied_lines(), "", self.message.toPlainText()])

    def _copied_lines(self) -> Iterator[str]:
        columns = range(self.lines.columnCount())
        count = self.lines.rowCount()
        for row in range(min(count, MOST_COPIED)):
            yield "\t".join(str(self.lines.index(row, column).data() or "") for column in columns)
        if count > MOST_COPIED:
            yield self.tr("… {n} more; “Save…” writes all.").format(n=count - MOST_COPIED)

    def _fill(self) -> None:
        exchange, self._filled = self.exchange, time.monotonic()
        if exchange is None:
            self.head.setText(self.tr("Nothing was asked so far."))
            self.timeline.show_timeline(None)
        else:
            remarks = exchange_texts.remarks(exchange, masked=self.masked)
            self.head.setText("\n".join([exchange_texts.heading(exchange), *remarks]))
            self.timeline.show_timeline(timeline(exchange, self.lines.lines, time.monotonic()))
        if self.table.currentIndex().row() < 0 and self.lines.rowCount():
            self.table.setCurrentIndex(self.lines.index(0, 0))
        self._fill_page()

    def _fill_message(self) -> None:
        row = self.table.currentIndex().row()
        known = 0 <= row < len(self.lines.lines)
        text = exchange_texts.line_text(self.lines.lines[row], masked=self.masked) if known else ""
        _put(self.message, text)

    def _fill_page(self) -> None:
        """Fill the page on show; the others when they are."""
        exchange, page = self.exchange, self.tabs.currentWidget()
        if page is self.commands:
            commands = exchange_commands(exchange, masked=self.masked) if exchange is not None else []
            _put(self.commands, "\n\n".join(commands) or self.tr("There is no command for this."))
        elif page is self.bytes:
            dump = hex_dump(exchange) if exchange is not None else ""
            if dump:
                warning = self.tr("These bytes cannot be masked: they hold patient data.")
                _put(self.bytes, f"{warning}\n\n{dump}")
            else:
                _put(self.bytes, self.tr("No bytes were recorded. “Record bytes” keeps those that follow."))


def _put(edit: QPlainTextEdit, text: str) -> None:
    if edit.toPlainText() != text:
        edit.setPlainText(text)


def _text(name: str) -> QPlainTextEdit:
    edit = QPlainTextEdit()
    edit.setReadOnly(True)
    edit.setTabChangesFocus(True)
    edit.setAccessibleName(name)
    edit.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
    edit.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
    return edit
