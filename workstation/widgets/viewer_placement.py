"""Where the viewer is: beside the list, over the whole window, or in a window of its own."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QByteArray, QObject, QSize, Qt, Signal
from PySide6.QtGui import QAction, QCloseEvent, QKeySequence
from PySide6.QtWidgets import QMainWindow, QSizePolicy, QSplitter, QWidget
from typing_extensions import override

from workstation.widgets.elided_label import ElidedLabel
from workstation.widgets.preview_pane import PreviewPane
from workstation.widgets.scrolling import fit, move_right

_LEAST_WIDTH = 900
"""In pixels, where the screen has them."""


class ViewerWindow(QMainWindow):
    """A window that holds the viewer, and a line for the message of the main window.

    Signals:
        closed: The user closed it.
    """

    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.line = ElidedLabel()
        self.line.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.statusBar().setSizeGripEnabled(False)
        self.statusBar().addWidget(self.line, 1)

    @override
    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self.closed.emit()


class ViewerPlacement(QObject):
    """Moves the viewer between its places; the buttons and keys of its tools say where it is.

    Attributes:
        window: Its own window while it is in one.
    """

    def __init__(self, viewer: PreviewPane, splitter: QSplitter, around: Sequence[QWidget]) -> None:
        """``around``: what is hidden while the viewer fills the window that ``splitter`` is in."""
        super().__init__(splitter)
        self._viewer, self._splitter, self._around = viewer, splitter, around
        self._hidden: list[QWidget] = []
        self._geometry = QByteArray()
        self._said = ""
        self._sizes: list[int] = []  # of the splitter, before the viewer left it
        self.window: ViewerWindow | None = None
        self._filling, self._apart = viewer.tools.filling, viewer.tools.apart
        self._filling.toggled.connect(self._fill)
        self._apart.toggled.connect(self._set_apart)
        viewer.canvas.filling_requested.connect(self._filling.toggle)

    def end_filling(self) -> bool:
        """Bring the viewer back beside the list (Esc); False: it did not fill anything."""
        filled = self._filling.isChecked()
        self._filling.setChecked(False)
        return filled

    def say(self, text: str) -> None:
        """Show the message of the main window in the viewer's own, too, if it has one."""
        self._said = text
        if self.window is not None:
            self.window.line.setText(text)

    def _fill(self, filled: bool) -> None:
        if self.window is not None:
            state = Qt.WindowState.WindowFullScreen
            states = self.window.windowState()
            self.window.setWindowState(states | state if filled else states & ~state)
            return
        if filled:
            self._hidden = [widget for widget in self._around if not widget.isHidden()]
            self._viewer.canvas.setFocus()  # before its neighbours, of which one may have the focus, go
        for widget in self._hidden:
            widget.setVisible(not filled)

    def _set_apart(self, apart: bool) -> None:
        self._filling.setChecked(False)
        if apart:
            self._splitter.refresh()  # the list may have been shown this moment, and have no size yet
            self._sizes = self._splitter.sizes()
            self._open_window()
        else:
            self._close_window()

    def _open_window(self) -> None:
        window = self.window = ViewerWindow()
        window.setObjectName("viewerWindow")
        window.setWindowTitle(self.tr("Viewer"))
        window.setWindowIcon(self._splitter.window().windowIcon())
        window.setCentralWidget(self._viewer)
        window.line.setText(self._said)
        self._place(window)
        window.restoreGeometry(self._geometry)
        window.closed.connect(lambda: self._apart.setChecked(False))
        leave = QAction(window)
        leave.setShortcut(QKeySequence(Qt.Key.Key_Escape))
        leave.triggered.connect(self.end_filling)
        window.addAction(leave)
        window.show()
        self._viewer.canvas.setFocus()

    def _place(self, window: ViewerWindow) -> None:
        """Place it at the right, as high as the screen: the names in the list stay in sight beside it."""
        room = self._splitter.screen().availableGeometry()
        fit(window, QSize(max(_LEAST_WIDTH, room.width() * 2 // 3), room.height()))
        move_right(window)

    def _close_window(self) -> None:
        window, self.window = self.window, None
        if window is None:
            return
        self._geometry, had_keys = window.saveGeometry(), window.isActiveWindow()
        self._splitter.addWidget(self._viewer)
        self._viewer.show()
        self._splitter.setSizes(self._sizes)
        window.closed.disconnect()
        window.close()
        window.deleteLater()
        if had_keys:  # they stay with the picture, not with any neighbour or the tags
            self._splitter.window().activateWindow()
            self._viewer.canvas.setFocus()

    @property
    def kept(self) -> QByteArray:
        """Where its own window was, to be saved; empty: it never had one."""
        return self.window.saveGeometry() if self.window is not None else self._geometry

    def restore(self, geometry: QByteArray) -> None:
        """Restore where its own window was; it does not open."""
        self._geometry = geometry
