"""The viewer: series strip, tools, canvas, play bar; dark in every theme."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget
from typing_extensions import override

from workstation.widgets.canvas import Canvas
from workstation.widgets.play_bar import PlayBar
from workstation.widgets.series_strip import SeriesStrip
from workstation.widgets.theme import dark_palette
from workstation.widgets.viewer_tools import ViewerTools

if TYPE_CHECKING:
    from workstation.widgets.elements_window import ElementsWindow


_NARROW = 620
"""Width below which the series are small, in pixels."""


class PreviewPane(QWidget):
    """Holds the canvas and what belongs to it. Nothing in it appears, vanishes or moves with the picture.

    Signals:
        play_toggled: Play or pause was pressed.
        elements_watched: Whether the tag list is visible.
    """

    play_toggled = Signal()
    elements_watched = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("viewer")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setPalette(dark_palette())
        self.canvas = Canvas()
        self.tools = ViewerTools(self.canvas, self)
        self.strip = SeriesStrip()
        self.play_bar = PlayBar()
        self._lay_out()
        play = QAction(self.tr("Play or pause"), self)
        play.setShortcut(QKeySequence("P"))
        play.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.addAction(play)
        for asked in (play.triggered, self.canvas.play_toggled, self.play_bar.play_toggled):
            asked.connect(lambda *_: self.play_toggled.emit())
        self.tools.tags.toggled.connect(self._show_elements)

    def _lay_out(self) -> None:
        picture = QVBoxLayout()
        picture.setSpacing(0)
        picture.addWidget(self.tools)
        picture.addWidget(self.canvas, 1)
        picture.addWidget(self.play_bar)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.strip)
        whole.addLayout(picture, 1)

    @override
    def minimumSizeHint(self) -> QSize:
        least = super().minimumSizeHint()
        return QSize(least.width() - self.strip.width() + self.strip.least_width, least.height())

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.strip.set_small(self.width() < _NARROW)

    @cached_property
    def elements(self) -> ElementsWindow:
        """The tag list, in a window of its own; made when it is first asked for."""
        from workstation.widgets.elements_window import ElementsWindow

        window = ElementsWindow(self.window())
        window.closed.connect(lambda: self.tools.tags.setChecked(False))
        return window

    @override
    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ParentChange and "elements" in self.__dict__:
            self.elements.move_to(self.window())
        return super().event(event)

    def _show_elements(self, shown: bool) -> None:
        self.elements.setVisible(shown)
        self.elements_watched.emit(shown)
