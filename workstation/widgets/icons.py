"""Load icons: line drawings in one colour on a 24 pixel grid, tinted by the theme."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Final

from PySide6.QtCore import QByteArray, QRect, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from typing_extensions import override

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


def icon(name: str, palette: QPalette, colour: str = "") -> QIcon:
    """The icon ``name`` for a palette: in its text colour, or another; paler when disabled.

    Raises:
        FileNotFoundError: No such icon.
    """
    chosen = colours(palette)
    return _drawn(name, colour or chosen.text, chosen.off)


@cache
def _drawn(name: str, colour: str, pale: str) -> QIcon:
    lines = resource(f"icons/{name}.svg").read_text("utf-8")
    return QIcon(_Engine(*(lines.replace("currentColor", ink).encode() for ink in (colour, pale))))


_CLONES: Final[list[QIconEngine]] = []
"""Kept, as Qt does not keep the Python part of what it is given; icons that are changed are few."""


class _Engine(QIconEngine):
    """Draws an icon in the sizes that are asked for, when they are: most never are."""

    def __init__(self, enabled: bytes, disabled: bytes) -> None:
        super().__init__()
        self._enabled, self._disabled = enabled, disabled

    @override
    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        lines = self._disabled if mode is QIcon.Mode.Disabled else self._enabled
        return _picture(lines, size.width(), size.height())

    @override
    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        ratio = painter.device().devicePixelRatioF()
        painter.drawPixmap(rect, self.pixmap(rect.size() * ratio, mode, state))

    @override
    def clone(self) -> QIconEngine:
        copy = _Engine(self._enabled, self._disabled)
        _CLONES.append(copy)
        return copy


@lru_cache(maxsize=256)
def _picture(lines: bytes, width: int, height: int) -> QPixmap:
    picture = QPixmap(width, height)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    QSvgRenderer(QByteArray(lines)).render(painter)
    painter.end()
    return picture
