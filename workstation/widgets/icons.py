"""Load icons: line drawings in one colour on a 24 pixel grid, tinted by the theme."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer

from workstation.resources import resource
from workstation.widgets.theme import colours

NAMES = (
    *("about", "actual-size", "add", "archive", "bad", "cancelled", "contrast", "delete", "down"),
    *("duplicate", "edit"),
    *(
        "fill-window",
        "fit",
        "folder",
        "good",
        "inspector",
        "invert",
        "keys",
        "list",
        "menu",
        "move",
        "open",
        "overlay",
    ),
    *("own-window", "presets"),
    *("reset", "saved-searches", "scroll", "search-archive", "settings", "tags", "up", "worklist", "zoom"),
)
_SIZES = (16, 24, 32, 48, 64)


def icon(name: str, palette: QPalette, colour: str = "") -> QIcon:
    """The icon ``name`` for a palette: in its text colour, or another; paler when disabled.

    Raises:
        FileNotFoundError: No such icon.
    """
    chosen = colours(palette)
    return _drawn(name, colour or chosen.text, chosen.off)


@cache
def _drawn(name: str, colour: str, pale: str) -> QIcon:
    made, lines = QIcon(), resource(f"icons/{name}.svg").read_text("utf-8")
    for mode, ink in ((QIcon.Mode.Normal, colour), (QIcon.Mode.Disabled, pale)):
        drawing = QSvgRenderer(QByteArray(lines.replace("currentColor", ink).encode()))
        for size in _SIZES:
            picture = QPixmap(size, size)
            picture.fill(Qt.GlobalColor.transparent)
            painter = QPainter(picture)
            drawing.render(painter)
            painter.end()
            made.addPixmap(picture, mode)
    return made
