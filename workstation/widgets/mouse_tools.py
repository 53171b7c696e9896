"""What dragging with a mouse button does to the picture."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import Qt
from PySide6.QtGui import QMouseEvent

PIXELS_PER_IMAGE = 12
"""Dragging so far with the scroll tool turns to the next image."""


class MouseTool(Enum):
    """A tool; its value is the name of its icon."""

    WINDOW = "contrast"
    ZOOM = "zoom"
    MOVE = "move"
    SCROLL = "scroll"


def tool_of(event: QMouseEvent, left: MouseTool, *, space: bool) -> MouseTool:
    """The tool of a press: ``left`` of the left button, zoom of the right one, else moving.

    With Shift, or while the space bar is held, every button moves.
    """
    if space or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
        return MouseTool.MOVE
    if event.button() is Qt.MouseButton.LeftButton:
        return left
    return MouseTool.ZOOM if event.button() is Qt.MouseButton.RightButton else MouseTool.MOVE
