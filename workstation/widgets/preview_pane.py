"""The preview: canvas, tools, play bar, series strip, tag list."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSplitter, QToolButton, QVBoxLayout, QWidget

from workstation.dicom import display
from workstation.imaging.grey_mapping import Lut, Window
from workstation.imaging.view import CT_WINDOWS, Choice, Follow
from workstation.widgets.canvas import Canvas

if TYPE_CHECKING:
    from workstation.widgets.elements_view import ElementsView
    from workstation.widgets.play_bar import PlayBar
    from workstation.widgets.series_strip import SeriesStrip


class PreviewPane(QWidget):
    """Holds the canvas. Its keys work while the focus is in it: letters typed elsewhere are text.

    What is hidden at first is made when first asked for: the first paint does not wait for it.

    Signals:
        play_toggled: Play or pause was pressed.
        elements_watched: Whether the tag list is visible.
    """

    play_toggled = Signal()
    elements_watched = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self.canvas = Canvas()
        self._actions: list[QAction] = []
        self.fit = self._action(self.tr("Fit"), "F", self.canvas.fit, self.tr("Fit the image into the pane"))
        self.actual = self._action(
            self.tr("1:1"), "Z", self.canvas.one_to_one, self.tr("One image pixel for each screen pixel")
        )
        self.invert = self._action(
            self.tr("Invert"), "I", self.canvas.invert, self.tr("Swap black and white")
        )
        self.overlays = self._action(
            self.tr("Overlay"), "O", self.canvas.toggle_overlays, self.tr("Show or hide overlay planes")
        )
        self.overlays.setCheckable(True)
        self.reset = self._action(
            self.tr("Reset"),
            "R",
            self.canvas.reset,
            self.tr("Reset window, zoom and position; or double-click"),
        )
        self.tags = self._action(self.tr("Tags"), "T", None, self.tr("All elements of this file"))
        self.tags.setCheckable(True)
        self.tags.toggled.connect(self._show_elements)
        self.play = self._action(self.tr("Play"), "P", self.play_toggled.emit, self.tr("Play or pause"))
        self.presets = [self._ct_window(n, window) for n, window in enumerate(CT_WINDOWS, 1)]
        self.windows = QMenu(self)
        self.windows.setToolTipsVisible(True)
        self._offered = QActionGroup(self.windows)
        self.windows.aboutToShow.connect(self._list_windows)
        self._lay_out()
        self.canvas.play_toggled.connect(self.play_toggled)
        self.canvas.content_changed.connect(self._follow_content)
        self._follow_content()

    @cached_property
    def play_bar(self) -> PlayBar:
        """The bar below a picture with several frames."""
        from workstation.widgets.play_bar import PlayBar

        bar = PlayBar()
        bar.play_toggled.connect(self.play_toggled)
        self._below.insertWidget(0, bar)
        return bar

    @cached_property
    def strip(self) -> SeriesStrip:
        """The series of the study, at the bottom."""
        from workstation.widgets.series_strip import SeriesStrip

        strip = SeriesStrip()
        self._below.addWidget(strip)
        return strip

    @cached_property
    def elements(self) -> ElementsView:
        """The tag list, below the picture."""
        from workstation.widgets.elements_view import ElementsView

        view = ElementsView()
        view.closed.connect(lambda: self.tags.setChecked(False))
        self._down.addWidget(view)
        self._down.setSizes([500, 300])
        return view

    def _action(self, text: str, key: str, slot: Callable[[], object] | None, tip: str) -> QAction:
        action = QAction(text, self)
        action.setShortcut(QKeySequence(key))
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.setToolTip(self.tr("{0} ({1}, in the image)").format(tip, key))
        if slot is not None:
            action.triggered.connect(lambda: slot())
        self._actions.append(action)
        self.addAction(action)
        return action

    def _ct_window(self, key: int, window: Window) -> QAction:
        action = self._action(
            f"{self.tr(window.name)}  {window.centre:g} / {window.width:g}",
            str(key),
            lambda: self._choose_ct_window(window),
            self.tr("CT window, centre and width in Hounsfield units"),
        )
        action.setCheckable(True)
        return action

    def _choose_ct_window(self, window: Window) -> None:
        if self._is_ct:
            self.canvas.choose_window(window)

    @property
    def _is_ct(self) -> bool:
        return self.canvas.picture is not None and self.canvas.caption.modality == "CT"

    def _list_windows(self) -> None:
        """List the windows of the shown image; the applied one is ticked."""
        menu, picture = self.windows, self.canvas.picture
        menu.clear()
        self._offered = QActionGroup(menu)
        if picture is None or picture.grey is None:
            menu.addAction(self.tr("No window for this image")).setEnabled(False)
            return
        for n, voi in enumerate(picture.grey.voi):
            span = voi.span if isinstance(voi, Lut) else voi
            name = display.plain(voi.name) or (
                self.tr("Lookup table") if isinstance(voi, Lut) else self.tr("Image")
            )
            text = f"{name}  {span.centre:g} / {span.width:g}".replace("&", "&&")
            self._offer(text, Follow.IMAGE if n == 0 else n)
        self._offer(
            self.tr("Automatic, from the pixel values"), Follow.PIXELS if picture.grey.voi else Follow.IMAGE
        )
        if self._is_ct:
            menu.addSeparator()
            for action, window in zip(self.presets, CT_WINDOWS, strict=True):
                action.setChecked(self.canvas.view.choice == window)
                menu.addAction(self._offered.addAction(action))

    def _offer(self, text: str, choice: Choice) -> None:
        action = self.windows.addAction(text, lambda: self.canvas.choose_window(choice))
        action.setCheckable(True)
        self._offered.addAction(action)
        action.setChecked(self.canvas.view.choice == choice)

    def _lay_out(self) -> None:
        tools = QWidget()
        tools.setObjectName("bar")
        tools.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(tools)
        row.setContentsMargins(6, 7, 6, 7)
        row.setSpacing(2)
        window = self._button(None)
        window.setText(self.tr("Window"))
        window.setToolTip(self.tr("Choose a window; CT: keys 1 to 5; or drag in the image"))
        window.setMenu(self.windows)
        window.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        row.addWidget(window)
        for action in (self.fit, self.actual, self.invert, self.reset):
            row.addWidget(self._button(action))
        self._overlays_button = self._button(self.overlays)
        row.addWidget(self._overlays_button)
        row.addStretch(1)
        row.addWidget(self._button(self.tags))
        self._down = QSplitter(Qt.Orientation.Vertical)
        self._down.setHandleWidth(1)
        self._down.setChildrenCollapsible(False)
        self._down.addWidget(self.canvas)
        self._down.setStretchFactor(0, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(tools)
        column.addWidget(self._down, 1)
        self._below = QVBoxLayout()
        column.addLayout(self._below)

    def _button(self, action: QAction | None) -> QToolButton:
        button = QToolButton()
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        if action is not None:
            button.setDefaultAction(action)
        return button

    def _follow_content(self) -> None:
        """Show the overlay button if the picture has overlays."""
        picture = self.canvas.picture
        there = picture is not None and picture.overlay is not None
        self.overlays.setEnabled(there)
        self._overlays_button.setVisible(there)
        self.overlays.setChecked(self.canvas.view.overlays)

    def _show_elements(self, shown: bool) -> None:
        self.elements.setVisible(shown)
        self.elements_watched.emit(shown)
