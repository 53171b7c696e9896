"""Our icons: line drawings of one colour on a 24 pixel grid, tinted by the theme."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer

from workstation.resources import resource
from workstation.widgets.theme import colours

NAMES = (
    *("about", "add", "archive", "bad", "delete", "down", "duplicate", "edit"),
    *("folder", "good", "menu", "search-archive", "settings", "up"),
)
_SIZES = (16, 24, 32, 48, 64)


def icon(name: str, palette: QPalette, colour: str = "") -> QIcon:
    """The icon ``name`` for a palette: in its text colour, or another; paler when disabled.

    Raises:
        FileNotFoundError: No such icon.
    """
    chosen = colours(palette)
    return _drawn(name, colour or chosen.text, chosen.quiet)


@cache
def _drawn(name: str, colour: str, pale: str) -> QIcon:
    made = QIcon()
    for size in _SIZES:
        made.addPixmap(_picture(name, size, colour), QIcon.Mode.Normal)
        made.addPixmap(_picture(name, size, pale), QIcon.Mode.Disabled)
    return made


def _picture(name: str, size: int, colour: str) -> QPixmap:
    source = resource(f"icons/{name}.svg").read_text("utf-8").replace("currentColor", colour)
    picture = QPixmap(size, size)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    QSvgRenderer(QByteArray(source.encode())).render(painter)
    painter.end()
    return picture
