"""Checks fonts, every icon, and the window in both themes: draws them and looks for blank images."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from PySide6.QtCore import QCollator, QLocale, QSize
from PySide6.QtGui import QFontDatabase, QGuiApplication, QIcon, QImage
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from workstation.models.transfers_model import TransfersModel
from workstation.models.tree_model import TreeModel
from workstation.resources import resource
from workstation.selftest.report import CheckFailed, CheckReport
from workstation.widgets.icons import NAMES, icon
from workstation.widgets.main_window import MainWindow
from workstation.widgets.theme import apply_theme, themed_application

_COLOURS = 24
"""A window with text, frames and icons has more colours; an empty or a black one fewer."""


def check_screen(report: CheckReport, platform: str) -> None:
    """Draw everything.

    Args:
        report: Takes the results.
        platform: Qt's name of the screen to draw on; empty: the usual one, none where there is none.
    """
    with report.check("Qt") as seen:
        application = themed_application(*_platform(platform))
        seen.detail = f"on {QGuiApplication.platformName()}"
        _draw(report, application)
        application.shutdown()


def _platform(wanted: str) -> list[str]:
    """Qt's option for the screen."""
    if not wanted and sys.platform == "linux" and not os.environ.get("QT_QPA_PLATFORM"):
        seated = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
        wanted = "" if seated else "offscreen"
    return ["-platform", wanted] if wanted else []


def _draw(report: CheckReport, application: QApplication) -> None:
    with report.check("fonts") as seen:
        families = len(QFontDatabase.families())
        # The offscreen screen of Windows knows no fonts (that of Linux does).
        if not families and (sys.platform == "linux" or QGuiApplication.platformName() != "offscreen"):
            raise CheckFailed("there are none; text cannot be read")
        seen.detail = f"{families} families"
    with report.check("icons") as seen:
        seen.detail = f"{_icons(application)}"
    if sys.platform == "linux":  # elsewhere the system sorts
        with report.check("sorting"):
            _sorting()
    for theme in ("dark", "light"):
        with report.check(f"the window, {theme}") as seen:
            apply_theme(application, theme == "dark")
            seen.detail = f"{_window(application)} colours"


def _sorting() -> None:
    """The tables are there by which files are sorted in dialogs: in Swedish, Ö is the last letter."""
    swedish, german = (QCollator(QLocale(language)) for language in ("sv", "de"))
    if not (swedish.compare("Zebra", "Ödla") < 0 < german.compare("Zebra", "Ödla")):
        raise CheckFailed("it does not know the languages")


def _icons(application: QApplication) -> int:
    """Draw every icon; how many there are."""
    for name in NAMES:
        _drawn(icon(name, application.palette()), name)
    files = sorted(resource("icons/workstation.svg").parent.glob("*.svg"))
    if {path.stem for path in files} < set(NAMES):
        raise CheckFailed("some are missing")
    for path in files:
        if not QSvgRenderer(str(path)).isValid():
            raise CheckFailed(f"{path.name} is no picture")
    _drawn(_icon_of_a_file(resource("icons/workstation.svg")), "workstation")
    return len(files)


def _icon_of_a_file(path: Path) -> QIcon:
    """Needs Qt's plugin for icons in SVG, as the window's own icon does."""
    return QIcon(str(path))


def _drawn(drawing: QIcon, name: str) -> None:
    if _colours(drawing.pixmap(QSize(32, 32)).toImage(), 1) < 2:
        raise CheckFailed(f"{name} is blank")


def _window(application: QApplication) -> int:
    """Show the empty window; how many colours it has."""
    window = MainWindow(TreeModel(), TransfersModel())
    try:
        window.resize(1280, 800)
        window.show()
        application.processEvents()
        found = _colours(window.grab().toImage(), 2)
    finally:
        window.close()
        window.deleteLater()
        application.processEvents()
    if found < _COLOURS:
        raise CheckFailed(f"it is blank: {found} colours")
    return found


def _colours(image: QImage, step: int) -> int:
    """How many colours an image has, looking at each ``step``-th pixel of each row and column."""
    return len(
        {image.pixel(x, y) for y in range(0, image.height(), step) for x in range(0, image.width(), step)}
    )
