"""Colours of the window: a dark and a light palette. The style sheet is in :mod:`style_sheet`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from workstation.resources import resource
from workstation.widgets.style_sheet import PLAIN, VIEWER


@dataclass(frozen=True, slots=True, kw_only=True)
class Colours:
    """Named colours of a theme, as ``#rrggbb``.

    Every ink (text, quiet, accent, good, warning, bad) is readable on every ground (window, panel, field,
    hover, selected, bad_field): WCAG 2.1, 1.4.3, a contrast of at least 4.5. ``off``, the ink of what is
    disabled, is exempt from that: it is paler on purpose.
    """

    window: str
    panel: str
    field: str
    hover: str
    text: str
    quiet: str
    off: str
    line: str
    accent: str
    on_accent: str
    selected: str
    good: str
    warning: str
    bad: str
    bad_field: str


DARK = Colours(
    window="#1b1e22",
    panel="#23272c",
    field="#16191c",
    hover="#2d3339",
    text="#e4e7ea",
    quiet="#a4adb6",
    off="#717a83",
    line="#3a4148",
    accent="#64b0e8",
    on_accent="#0d1013",
    selected="#23405a",
    good="#62c092",
    warning="#e3b458",
    bad="#f4978e",
    bad_field="#4a2523",
)
LIGHT = Colours(
    window="#f3f4f6",
    panel="#fafbfc",
    field="#ffffff",
    hover="#e9ecef",
    text="#1d2126",
    quiet="#545d68",
    off="#8b939c",
    line="#d0d5da",
    accent="#1a62a0",
    on_accent="#ffffff",
    selected="#d3e6f7",
    good="#17694a",
    warning="#775100",
    bad="#a8261b",
    bad_field="#fbe4e1",
)


def colours(palette: QPalette) -> Colours:
    """The named colours that go with a palette."""
    return DARK if palette.color(QPalette.ColorRole.Window).lightness() < 128 else LIGHT


def themed_application(*options: str) -> QApplication:
    """The application, in the style the rules count on: to change that of a running one would make two.

    ``options`` are those of Qt.
    """
    return QApplication(["workstation", "-style", "Fusion", *options])


def apply_theme(application: QApplication, dark: bool | None) -> None:
    """Apply the theme to the application; None: that of the desktop."""
    if dark is None:
        dark = application.styleHints().colorScheme() is Qt.ColorScheme.Dark
    chosen = DARK if dark else LIGHT
    application.setPalette(_palette(chosen))
    names = asdict(chosen)
    for icon in ("check", "down", "up"):
        names[icon] = resource(f"icons/{icon}-{'dark' if dark else 'light'}.svg").as_posix()
    application.setStyleSheet(PLAIN.format(**names) + VIEWER.format(**asdict(DARK)))


def mark(widget: QWidget, name: str, value: object) -> None:
    """Set a property that the style sheet tests; one never set counts as false and empty."""
    before = widget.property(name)
    if before != value and (before is not None or value):
        widget.setProperty(name, value)
        if widget.testAttribute(Qt.WidgetAttribute.WA_WState_Polished):  # else it is, before it is shown
            widget.style().polish(widget)


@cache
def dark_palette() -> QPalette:
    """The palette of the viewer."""
    return _palette(DARK)


def _palette(chosen: Colours) -> QPalette:
    palette = QPalette()
    roles = QPalette.ColorRole
    for role, colour in (
        (roles.Window, chosen.window),
        (roles.WindowText, chosen.text),
        (roles.Base, chosen.field),
        (roles.AlternateBase, chosen.panel),
        (roles.Text, chosen.text),
        (roles.Button, chosen.panel),
        (roles.ButtonText, chosen.text),
        (roles.ToolTipBase, chosen.panel),
        (roles.ToolTipText, chosen.text),
        (roles.Highlight, chosen.selected),
        (roles.HighlightedText, chosen.text),
        (roles.PlaceholderText, chosen.quiet),
        (roles.Link, chosen.accent),
        (roles.Mid, chosen.line),
    ):
        palette.setColor(role, QColor(colour))
    for role in (roles.WindowText, roles.Text, roles.ButtonText, roles.PlaceholderText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(chosen.off))
    return palette
