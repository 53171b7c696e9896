"""Colours of the window: a dark and a light palette, and a style sheet for what a palette cannot set."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from workstation.resources import resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Colours:
    """Named colours of a theme, as ``#rrggbb``."""

    window: str
    panel: str
    field: str
    text: str
    quiet: str
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
    text="#e4e7ea",
    quiet="#98a1aa",
    line="#353b42",
    accent="#4a9eda",
    on_accent="#0d1013",
    selected="#2c4a63",
    good="#5cb98a",
    warning="#e0b050",
    bad="#f08a80",
    bad_field="#4a2523",
)
LIGHT = Colours(
    window="#f3f4f6",
    panel="#fafbfc",
    field="#ffffff",
    text="#1d2126",
    quiet="#5f6873",
    line="#d3d7dc",
    accent="#1f6fb2",
    on_accent="#ffffff",
    selected="#cfe3f5",
    good="#1d7f52",
    warning="#8f6200",
    bad="#a8261b",
    bad_field="#fbe4e1",
)

_RULES = """
QMainWindow, QWidget#page {{ background: {window}; }}
QWidget#bar, QWidget#strip {{ background: {panel}; }}
QLineEdit {{
    background: {field}; color: {text}; border: 1px solid {line}; border-radius: 4px;
    padding: 4px 7px; min-height: 20px;
}}
QComboBox {{
    background: {field}; color: {text}; border: 1px solid {line}; border-radius: 4px;
    padding: 4px 7px; min-height: 20px;
}}
QComboBox::drop-down {{ border: none; width: 20px; }}
QComboBox::down-arrow {{ image: url("{down}"); width: 12px; height: 12px; }}
QComboBox QAbstractItemView {{
    background: {panel}; color: {text}; border: 1px solid {line}; selection-background-color: {selected};
    selection-color: {text}; outline: 0;
}}
QAbstractSpinBox {{
    background: {field}; color: {text}; border: 1px solid {line}; border-radius: 4px;
    padding: 3px 4px 3px 7px; min-height: 20px;
}}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ border: none; width: 20px; }}
QAbstractSpinBox::up-arrow {{ image: url("{up}"); width: 12px; height: 12px; }}
QAbstractSpinBox::down-arrow {{ image: url("{down}"); width: 12px; height: 12px; }}
QDateEdit::drop-down {{ border: none; width: 20px; }}
QLineEdit:focus, QComboBox:focus, QAbstractSpinBox:focus {{ border-color: {accent}; }}
QPushButton {{
    background: {panel}; color: {text}; border: 1px solid {line}; border-radius: 4px;
    padding: 4px 14px; min-height: 20px;
}}
QPushButton:hover {{ border-color: {accent}; }}
QPushButton:focus {{ border-color: {accent}; }}
QDialog QPushButton:default {{ background: {accent}; color: {on_accent}; border-color: {accent}; }}
QDialog QPushButton:default:focus {{ border-color: {text}; }}
QPushButton:disabled {{ color: {quiet}; }}
QDialog QPushButton:default:disabled {{ background: {panel}; color: {quiet}; border-color: {line}; }}
QDialogButtonBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
QCheckBox::indicator {{
    width: 14px; height: 14px; background: {field}; border: 1px solid {quiet}; border-radius: 3px;
}}
QCheckBox::indicator:hover, QCheckBox::indicator:focus {{ border-color: {accent}; }}
QCheckBox::indicator:checked {{ background: {accent}; border-color: {accent}; image: url("{check}"); }}
QCheckBox::indicator:checked:focus {{ border-color: {text}; }}
QCheckBox::indicator:disabled {{ background: {panel}; border-color: {line}; }}
QTabBar {{ qproperty-drawBase: 0; }}
QPushButton#primary {{ background: {accent}; color: {on_accent}; border-color: {accent}; font-weight: bold; }}
QPushButton#primary:focus {{ border: 2px solid {text}; padding: 3px 13px; }}
QPushButton#listed {{ text-align: left; padding: 4px 12px 4px 8px; }}
QPushButton#link {{ background: transparent; border: none; color: {accent}; padding: 0 4px; }}
QPushButton#link:disabled {{ color: {quiet}; }}
QPushButton#link:hover, QPushButton#link:focus {{ text-decoration: underline; }}
QLabel#quiet {{ color: {quiet}; }}
QDialog, QTabWidget > QWidget, QStackedWidget {{ background: {window}; }}
QWidget#empty {{ background: {field}; }}
QLabel#warning {{ color: {warning}; }}
QLabel#failed {{ color: {bad}; }}
QProgressBar {{ background: {field}; border: 1px solid {line}; border-radius: 3px; }}
QProgressBar::chunk {{ background: {accent}; border-radius: 2px; }}
QLabel#none {{ background: {field}; color: {quiet}; }}
QLabel#headline {{ font-size: 20px; font-weight: 600; }}
QLabel#note {{ color: {quiet}; }}
QLabel#note[error="true"] {{ color: {bad}; }}
QLineEdit[error="true"] {{ border-color: {bad}; }}
QLineEdit:disabled, QComboBox:disabled, QToolButton:disabled {{ color: {quiet}; background: {panel}; }}
QPlainTextEdit {{ background: {field}; color: {text}; border: 1px solid {line}; border-radius: 4px; }}
QLabel#cardTitle {{ color: #eef1f3; font-size: 15px; font-weight: 600; }}
QLabel#cardText {{ color: #c4cad1; }}
QPlainTextEdit#cardSheet {{ background: #14171a; color: #e3e6e9; border: 1px solid #3a4047; padding: 6px; }}
QDialog QTreeView {{ border: 1px solid {line}; border-radius: 4px; }}
QLabel#chip {{ color: {quiet}; }}
QLabel#chip[phase="done"] {{ color: {good}; }}
QLabel#chip[phase="incomplete"] {{ color: {warning}; }}
QLabel#chip[phase="failed"] {{ color: {bad}; }}
QToolButton {{
    background: {field}; color: {text}; border: 1px solid {line}; border-radius: 4px; padding: 4px 8px;
}}
QToolButton[popupMode="2"] {{ padding-right: 22px; }}
QToolButton:hover, QToolButton:focus {{ border-color: {accent}; }}
QToolButton:checked {{ background: {selected}; border-color: {accent}; }}
QToolButton#more[popupMode="2"] {{ padding: 4px 10px; }}
QToolButton#more::menu-indicator {{ subcontrol-position: center; right: 0; }}
QToolButton#menu {{ background: transparent; padding: 3px; }}
QToolButton#menu::menu-indicator, QToolButton#more::menu-indicator {{ image: none; width: 0; }}
QToolButton::menu-indicator {{
    image: url("{down}"); width: 12px; height: 12px; subcontrol-position: right center; right: 6px;
}}
QMenu {{ background: {panel}; color: {text}; border: 1px solid {line}; padding: 4px 0; }}
QMenu::item {{ padding: 5px 20px 5px 32px; }}
QMenu::item:selected {{ background: {selected}; }}
QMenu::item:disabled {{ color: {quiet}; }}
QMenu::icon {{ left: 9px; }}
QMenu::indicator {{
    left: 9px; width: 12px; height: 12px; background: {field}; border: 1px solid {quiet}; border-radius: 3px;
}}
QMenu::indicator:exclusive {{ border-radius: 7px; }}
QMenu::indicator:checked {{ background: {accent}; border-color: {accent}; image: url("{check}"); }}
QMenu::separator {{ height: 1px; background: {line}; margin: 4px 0; }}
QTreeView, QTableView {{
    background: {field}; color: {text}; border: none; outline: 0; alternate-background-color: {field};
    selection-background-color: {selected}; selection-color: {text};
}}
QTreeView::item, QTableView::item {{ padding: 3px 4px; border: none; }}
QTreeView::item:selected {{ background: {selected}; color: {text}; }}
QHeaderView {{ background: {panel}; }}
QHeaderView::section {{
    background: {panel}; color: {quiet}; border: none; border-bottom: 1px solid {line}; padding: 5px 6px;
}}
QHeaderView::up-arrow {{ image: url("{up}"); width: 12px; height: 12px; }}
QHeaderView::down-arrow {{ image: url("{down}"); width: 12px; height: 12px; }}
QSplitter::handle {{ background: {line}; }}
QFrame#notice {{ background: transparent; border: none; border-radius: 4px; }}
QFrame#notice[kind="error"] {{ background: {bad_field}; }}
QFrame#notice[kind="question"] {{ background: {selected}; }}
QFrame#notice QLabel {{ color: {text}; background: transparent; }}
QFrame#notice QPushButton {{ padding: 2px 10px; }}
QFrame#notice QPushButton#link {{ padding: 0 4px; }}
QFrame#popover {{ background: {panel}; border: 1px solid {line}; border-radius: 4px; }}
QToolTip {{ background: {panel}; color: {text}; border: 1px solid {line}; padding: 3px; }}
"""

_VIEWER_RULES = """
QWidget#viewer {{ background: #000000; }}
#viewer QWidget#tools {{ background: {panel}; }}
#viewer QListView#series {{
    background: {field}; border: none; border-left: 1px solid {line}; border-right: 1px solid {line};
}}
#viewer QFrame#separator {{ background: {line}; border: none; }}
#viewer QToolButton {{
    background: transparent; color: {text}; border: 1px solid transparent; border-radius: 4px; padding: 4px;
}}
#viewer QToolButton::menu-indicator {{ image: none; width: 0; }}
#viewer QToolButton:hover {{ background: {line}; }}
#viewer QToolButton:focus {{ border-color: {accent}; }}
#viewer QToolButton:checked {{ background: {selected}; }}
#viewer QToolButton:checked:disabled {{ background: transparent; }}
#viewer QSlider::groove:horizontal {{ height: 3px; background: {line}; border-radius: 1px; }}
#viewer QSlider::sub-page:horizontal {{ height: 3px; background: {accent}; border-radius: 1px; }}
#viewer QSlider::handle:horizontal {{
    width: 12px; height: 12px; margin: -5px 0; border-radius: 6px;
    background: {text}; border: 1px solid {text};
}}
#viewer QSlider::handle:horizontal:focus {{ border-color: {accent}; background: {accent}; }}
#viewer QSlider::handle:horizontal:disabled, #viewer QSlider::sub-page:horizontal:disabled {{
    background: {line}; border-color: {line};
}}
#viewer QLabel {{ color: {text}; }}
#viewer QLabel#quiet, #viewer QLabel:disabled {{ color: {quiet}; }}
"""
"""The viewer is dark in every theme: no bright area beside a picture."""


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
    application.setStyleSheet(_RULES.format(**names) + _VIEWER_RULES.format(**asdict(DARK)))


def mark(widget: QWidget, name: str, value: object) -> None:
    """Set a property that the style sheet tests; one never set counts as false and empty."""
    before = widget.property(name)
    if before != value and (before is not None or value):
        widget.setProperty(name, value)
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
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(chosen.quiet))
    return palette
