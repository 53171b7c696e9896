"""The tools of the viewer: icons in a dark bar above the picture, each with its key."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QFrame, QToolButton, QWidget

from workstation.widgets.canvas import Canvas
from workstation.widgets.icons import icon
from workstation.widgets.mouse_tools import MouseTool
from workstation.widgets.theme import dark_palette
from workstation.widgets.tool_row import ToolRow
from workstation.widgets.window_menu import WindowMenu

_ICON = 20
_ZOOM_STEP = 1.15
"""As one notch of the wheel."""


class ViewerTools(ToolRow):
    """A row of buttons, with a menu for those that a narrow viewer has no room for.

    The keys work while the focus is in ``owner``: letters typed elsewhere are text.

    Attributes:
        mouse: By tool, what chooses it for the left button.
        windows: Windows of the shown image.
        overlays: Shows or hides overlay planes; enabled where there are some.
        tags: Shows or hides the tag list.
        filling: The viewer fills the window.
        apart: The viewer is in a window of its own.
    """

    def __init__(self, canvas: Canvas, owner: QWidget) -> None:
        super().__init__(owner)
        self.setObjectName("tools")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._canvas, self._owner = canvas, owner
        self._adding: Callable[[QToolButton], None] = self.add
        self._add_mouse_tools()
        self._add_separator()
        self._add_windows()
        fit, actual = self.tr("Fit the image into the pane"), self.tr("One image pixel for each screen pixel")
        self.fit = self._button("fit", self.tr("Fit"), "F", fit, canvas.fit)
        self.actual = self._button("actual-size", self.tr("1:1"), "Z", actual, canvas.one_to_one)
        swap, again = self.tr("Swap black and white"), self.tr("Reset window, zoom and position")
        self.invert = self._button("invert", self.tr("Invert"), "I", swap, canvas.invert)
        self.reset = self._button("reset", self.tr("Reset"), "R", again, canvas.reset)
        planes = self.tr("Show or hide overlay planes")
        self.overlays = self._button("overlay", self.tr("Overlay"), "O", planes, canvas.toggle_overlays)
        self.overlays.setCheckable(True)
        self._add_zoom_keys()
        self._adding = self.add_staying
        self.tags = self._switch("tags", self.tr("Tags"), "T", self.tr("All elements of this file"))
        large, other = self.tr("The picture fills the window"), self.tr("The picture in a window of its own")
        self.filling = self._switch("fill-window", self.tr("Fill the window"), "F11", large)
        self.apart = self._switch("own-window", self.tr("Own window"), "F12", other)
        canvas.content_changed.connect(self._follow_content)
        self._follow_content()

    def _add_mouse_tools(self) -> None:
        group = QActionGroup(self)
        self.mouse: dict[MouseTool, QAction] = {}
        for tool, words, key, tip in (
            (MouseTool.WINDOW, self.tr("Window"), "W", self.tr("Drag changes brightness and contrast")),
            (MouseTool.ZOOM, self.tr("Zoom"), "Q", self.tr("Drag zooms; so does the right button")),
            (MouseTool.MOVE, self.tr("Move"), "M", self.tr("Drag moves; so does the middle button")),
            (MouseTool.SCROLL, self.tr("Scroll"), "S", self.tr("Drag scrolls; so does the wheel")),
        ):
            action = self._switch(tool.value, words, key, tip)
            action.toggled.connect(lambda chosen, tool=tool: self._choose(tool, chosen=chosen))
            self.mouse[tool] = group.addAction(action)
        self.mouse[self._canvas.left_tool].setChecked(True)

    def _choose(self, tool: MouseTool, *, chosen: bool) -> None:
        if chosen:
            self._canvas.left_tool = tool

    def _add_windows(self) -> None:
        self.windows = WindowMenu(self._canvas, self)
        for key, action in enumerate(self.windows.presets, 1):
            self._give_key(action, str(key), action.toolTip())
        button = QToolButton()
        button.setIcon(icon("presets", dark_palette()))
        button.setAccessibleName(self.tr("Windows"))
        button.setToolTip(self.tr("Choose a window; CT: keys 1 to 5"))
        self.windows.setTitle(self.tr("Windows"))
        button.setMenu(self.windows)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._add(button)

    def _add_zoom_keys(self) -> None:
        for words, keys, factor in (
            (self.tr("Zoom in"), ("+", "="), _ZOOM_STEP),
            (self.tr("Zoom out"), ("-",), 1 / _ZOOM_STEP),
        ):
            action = QAction(words, self._owner)
            action.setShortcuts([QKeySequence(key) for key in keys])
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            action.triggered.connect(lambda _, factor=factor: self._canvas.magnify(factor))
            self._owner.addAction(action)

    def _switch(self, picture: str, words: str, key: str, tip: str) -> QAction:
        action = self._button(picture, words, key, tip, None)
        action.setCheckable(True)
        return action

    def _button(
        self, picture: str, words: str, key: str, tip: str, slot: Callable[[], object] | None
    ) -> QAction:
        action = QAction(icon(picture, dark_palette()), words, self._owner)
        self._give_key(action, key, tip)
        action.setIconVisibleInMenu(False)  # icons are for the dark bar
        action.setShortcutVisibleInContextMenu(True)
        if slot is not None:
            action.triggered.connect(lambda: slot())
        button = QToolButton()
        button.setDefaultAction(action)
        self._add(button)
        return action

    def _give_key(self, action: QAction, key: str, tip: str) -> None:
        """Letters and digits work in the viewer only, other keys in the whole window."""
        action.setShortcut(QKeySequence(key))
        if len(key) == 1:
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            tip = self.tr("{0} ({1}, in the image)").format(tip, key)
        else:
            tip = self.tr("{0} ({1})").format(tip, key)
        action.setToolTip(tip)
        self._owner.addAction(action)

    def _add(self, button: QToolButton) -> None:
        button.setIconSize(QSize(_ICON, _ICON))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._adding(button)

    def _add_separator(self) -> None:
        line = QFrame()
        line.setObjectName("separator")
        line.setFixedSize(9, _ICON + 8)
        self.add(line)

    def _follow_content(self) -> None:
        picture = self._canvas.picture
        there = picture is not None and picture.overlay is not None
        self.overlays.setEnabled(there)
        self.overlays.setChecked(there and self._canvas.view.overlays)
