"""The rules for what a palette cannot set. Names in braces are those of :class:`~.theme.Colours`, and icons.

A pointer over something changes its ground, the keyboard focus its border: the two never look alike.
The one main action of a window or dialog has the property ``primary``; it does not go with the focus.
"""

from __future__ import annotations

# What the viewer has, too, but always in dark colours: AT is replaced by where a rule holds.
_SHARED = """
AT QPushButton {{
    background: {panel}; color: {text}; border: 1px solid {line}; border-radius: 4px;
    padding: 4px 14px; min-height: 20px;
}}
AT QPushButton:hover {{ background: {hover}; }}
AT QPushButton:pressed {{ background: {selected}; }}
AT QPushButton:focus {{ border: 2px solid {accent}; padding: 3px 13px; }}
AT QPushButton:disabled {{ background: transparent; color: {off}; }}
AT QScrollBar {{ background: transparent; border: none; margin: 0; }}
AT QScrollBar:vertical {{ width: 10px; }}
AT QScrollBar:horizontal {{ height: 10px; }}
AT QScrollBar::handle {{ background: {off}; border: none; border-radius: 3px; margin: 2px; }}
AT QScrollBar::handle:vertical {{ min-height: 28px; }}
AT QScrollBar::handle:horizontal {{ min-width: 28px; }}
AT QScrollBar::handle:hover, AT QScrollBar::handle:pressed {{ background: {quiet}; }}
AT QScrollBar::add-line, AT QScrollBar::sub-line {{ width: 0; height: 0; border: none; background: none; }}
AT QScrollBar::add-page, AT QScrollBar::sub-page {{ background: none; }}
AT QPlainTextEdit {{ background: {field}; color: {text}; border: 1px solid {line}; border-radius: 4px; }}
AT QPlainTextEdit:focus {{ border-color: {accent}; }}
"""

_FIELDS = """
QLineEdit, QComboBox {{
    background: {field}; color: {text}; border: 1px solid {line}; border-radius: 4px;
    padding: 4px 7px; min-height: 20px;
}}
QLineEdit {{ placeholder-text-color: {quiet}; }}
QLineEdit:hover, QComboBox:hover, QAbstractSpinBox:hover {{ border-color: {off}; }}
QLineEdit:focus, QComboBox:focus {{ border: 2px solid {accent}; padding: 3px 6px; }}
QComboBox {{ combobox-popup: 0; }}
QComboBox::drop-down {{ border: none; width: 20px; }}
QComboBox::down-arrow {{ image: url("{down}"); width: 12px; height: 12px; }}
QComboBox QAbstractItemView {{
    background: {panel}; color: {text}; border: 1px solid {line}; selection-background-color: {selected};
    selection-color: {text}; outline: 0; padding: 2px 0;
}}
QComboBox QAbstractItemView::item {{ min-height: 26px; padding: 0 8px; }}
QAbstractSpinBox {{
    background: {field}; color: {text}; border: 1px solid {line}; border-radius: 4px;
    padding: 3px 4px 3px 7px; min-height: 20px;
}}
QAbstractSpinBox:focus {{ border: 2px solid {accent}; padding: 2px 3px 2px 6px; }}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ border: none; width: 20px; }}
QAbstractSpinBox::up-arrow {{ image: url("{up}"); width: 12px; height: 12px; }}
QAbstractSpinBox::down-arrow {{ image: url("{down}"); width: 12px; height: 12px; }}
QDateEdit::drop-down {{ border: none; width: 20px; }}
QLineEdit[error="true"], QComboBox[error="true"], QDateEdit[error="true"] {{ border-color: {bad}; }}
QLineEdit:disabled {{ placeholder-text-color: {off}; }}
QLineEdit:disabled, QComboBox:disabled, QAbstractSpinBox:disabled {{
    color: {off}; background: transparent; border-color: {line};
}}
QCheckBox:disabled {{ color: {off}; }}
QCheckBox::indicator {{
    width: 14px; height: 14px; background: {field}; border: 1px solid {quiet}; border-radius: 3px;
}}
QCheckBox::indicator:hover {{ background: {hover}; }}
QCheckBox::indicator:checked {{ background: {accent}; border-color: {accent}; image: url("{check}"); }}
QCheckBox::indicator:focus {{ width: 12px; height: 12px; border: 2px solid {accent}; }}
QCheckBox::indicator:checked:focus {{ border-color: {text}; }}
QListWidget {{
    background: {field}; color: {text}; border: 1px solid {line}; border-radius: 4px; outline: 0;
    selection-background-color: {selected}; selection-color: {text};
}}
QListWidget:focus {{ border: 2px solid {accent}; }}
QListWidget::indicator {{
    width: 12px; height: 12px; border: 1px solid {quiet}; border-radius: 3px; background: {field};
}}
QListWidget::indicator:checked {{ background: {accent}; border-color: {accent}; image: url("{check}"); }}
QListWidget::indicator:indeterminate {{ background: {off}; border-color: {accent}; }}
QCheckBox::indicator:disabled {{ background: transparent; border-color: {off}; }}
QCheckBox::indicator:checked:disabled {{ background: {off}; }}
QCalendarWidget QWidget#qt_calendar_navigationbar {{ background: {panel}; }}
QCalendarWidget QToolButton {{ background: transparent; border-color: transparent; }}
QCalendarWidget QAbstractItemView {{ selection-background-color: {accent}; selection-color: {on_accent}; }}
"""

_BUTTONS = """
QDialogButtonBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
QPushButton[primary="true"]:enabled {{
    background: {accent}; color: {on_accent}; border-color: {accent};
}}
QPushButton[primary="true"]:enabled:focus {{ border: 2px solid {text}; }}
QPushButton#listed {{ text-align: left; padding: 4px 12px 4px 8px; }}
QPushButton#listed:focus {{ padding: 3px 11px 3px 7px; }}
QPushButton#criterion {{ padding: 1px 8px; min-height: 18px; border-radius: 11px; }}
QPushButton#criterion:focus {{ padding: 0 7px; }}
QPushButton#link {{
    background: transparent; border: 1px solid transparent; color: {accent}; padding: 0 4px;
}}
QPushButton#link:disabled {{ color: {off}; }}
QPushButton#link:hover {{ text-decoration: underline; }}
QPushButton#link:focus {{ border-color: {accent}; }}
QToolButton {{
    background: {field}; color: {text}; border: 1px solid {line}; border-radius: 4px; padding: 4px 8px;
}}
QToolButton[popupMode="2"] {{ padding-right: 22px; }}
QToolButton:hover {{ background: {hover}; }}
QToolButton:checked {{ background: {selected}; }}
QToolButton:disabled {{ color: {off}; background: transparent; }}
QToolButton#more[popupMode="2"] {{ padding: 4px 10px; }}
QToolButton#more::menu-indicator {{ subcontrol-position: center; right: 0; }}
QToolButton#menu {{ background: transparent; padding: 3px; }}
QToolButton#menu:hover {{ background: {hover}; }}
QToolButton:focus {{ border: 2px solid {accent}; padding: 3px 7px; }}
QToolButton[popupMode="2"]:focus {{ padding-right: 21px; }}
QToolButton#more[popupMode="2"]:focus {{ padding: 3px 9px; }}
QToolButton#menu:focus {{ padding: 2px; }}
QToolButton#menu::menu-indicator, QToolButton#more::menu-indicator {{ image: none; width: 0; }}
QToolButton::menu-indicator {{
    image: url("{down}"); width: 12px; height: 12px; subcontrol-position: right center; right: 6px;
}}
"""

_WINDOWS = """
QMainWindow, QWidget#page {{ background: {window}; }}
QWidget#bar, QWidget#strip {{ background: {panel}; }}
QDialog, QTabWidget > QWidget, QStackedWidget {{ background: {window}; }}
QScrollArea {{ background: transparent; border: none; }}
QAbstractScrollArea::corner {{ background: transparent; border: none; }}
QTabWidget::pane {{ border: none; border-top: 1px solid {line}; }}
QTabWidget::tab-bar {{ left: 8px; }}
QTabBar {{ qproperty-drawBase: 0; }}
QTabBar::tab {{
    background: transparent; color: {quiet}; border: none; border-bottom: 2px solid transparent;
    padding: 7px 12px 6px 12px;
}}
QTabBar::tab:hover {{ background: {hover}; color: {text}; }}
QTabBar::tab:selected {{ color: {text}; border-bottom-color: {accent}; }}
QTabBar::tab:focus {{ background: {selected}; }}
QWidget#empty, QWidget#transfers {{ background: {field}; }}
QLabel:disabled {{ color: {off}; }}
QLabel#quiet {{ color: {quiet}; }}
QLabel#warning {{ color: {warning}; }}
QLabel#failed {{ color: {bad}; }}
QLabel#none {{ background: {field}; color: {quiet}; }}
QLabel#headline {{ font-size: 20px; font-weight: 600; }}
QLabel#note {{ color: {quiet}; }}
QLabel#note[error="true"] {{ color: {bad}; }}
QLabel#groupTitle {{ font-weight: 600; padding-bottom: 4px; }}
QLabel#key {{ background: {field}; border: 1px solid {line}; border-radius: 4px; padding: 1px 6px; }}
QLabel#chip {{ color: {quiet}; }}
QLabel#chip[phase="done"] {{ color: {good}; }}
QLabel#chip[phase="incomplete"] {{ color: {warning}; }}
QLabel#chip[phase="failed"] {{ color: {bad}; }}
QProgressBar {{ background: {field}; border: 1px solid {line}; border-radius: 3px; }}
QProgressBar::chunk {{ background: {accent}; border-radius: 2px; }}
QSplitter::handle {{ background: {line}; }}
QFrame#notice {{ background: transparent; border: none; border-radius: 4px; }}
QFrame#notice[kind="error"] {{ background: {bad_field}; }}
QFrame#notice[kind="question"] {{ background: {selected}; }}
QFrame#notice QLabel {{ color: {text}; background: transparent; }}
QFrame#notice QPushButton {{ padding: 2px 10px; }}
QFrame#notice QPushButton#link {{ padding: 0 4px; }}
QFrame#popover {{ background: {panel}; border: 1px solid {line}; border-radius: 4px; }}
QFrame#dropSign {{ background: transparent; border: 3px solid {accent}; }}
QLabel#dropWords {{
    background: {panel}; color: {text}; border: 1px solid {accent}; border-radius: 6px; padding: 14px 28px;
    font-size: 20px; font-weight: 600;
}}
QToolTip {{ background: {panel}; color: {text}; border: 1px solid {line}; padding: 3px; }}
"""

_LISTS = """
QMenu {{
    background: {panel}; color: {text}; border: 1px solid {line}; padding: 4px 0;
    menu-scrollable: 1;
}}
QMenu::item {{ padding: 5px 20px 5px 32px; }}
QMenu::item:selected {{ background: {selected}; }}
QMenu::item:disabled {{ color: {off}; }}
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
QTreeView, QTableView {{ placeholder-text-color: {quiet}; }}
QTreeView::item, QTableView::item {{ padding: 3px 4px; border: none; }}
QTreeView::item:selected {{ background: {selected}; color: {text}; }}
QListView#offered {{ background: {panel}; color: {text}; border: 1px solid {line}; outline: 0; }}
QListView#offered::item {{ padding: 3px 10px; }}
QListView#offered::item:selected {{ background: {selected}; color: {text}; }}
QDialog QTreeView {{ border: 1px solid {line}; border-radius: 4px; }}
QDialog QTreeView:focus {{ border-color: {accent}; }}
QDialog QTableView {{ border: 1px solid {field}; }}
QDialog QTableView:focus {{ border-color: {accent}; }}
QHeaderView {{ background: {panel}; }}
QHeaderView::section {{
    background: {panel}; color: {quiet}; border: none; border-bottom: 1px solid {line}; padding: 5px 6px;
}}
QHeaderView::up-arrow {{ image: url("{up}"); width: 12px; height: 12px; }}
QHeaderView::down-arrow {{ image: url("{down}"); width: 12px; height: 12px; }}
"""

_VIEWER = """
QWidget#viewer, QMainWindow#viewerWindow {{ background: #000000; }}
#viewer QWidget#tools, #viewerWindow QStatusBar {{ background: {panel}; }}
#viewer QListView#series {{
    background: {field}; border: none; border-left: 1px solid {line}; border-right: 1px solid {line};
}}
#viewer QScrollBar:vertical {{ width: 8px; }}
#viewer QScrollBar::handle {{ margin: 1px; }}
#viewer QFrame#separator {{ background: {line}; border: none; margin: 0 4px; }}
#viewer QToolButton {{
    background: transparent; color: {text}; border: 1px solid transparent; border-radius: 4px; padding: 4px;
}}
#viewer QToolButton::menu-indicator {{ image: none; width: 0; }}
#viewer QToolButton:hover {{ background: {line}; }}
#viewer QToolButton:checked {{ background: {selected}; }}
#viewer QToolButton:focus {{ border: 2px solid {accent}; padding: 3px; }}
#viewer QToolButton:checked:disabled {{ background: transparent; }}
#viewer QSlider::groove:horizontal {{ height: 3px; background: {off}; border-radius: 1px; }}
#viewer QSlider::sub-page:horizontal {{ height: 3px; background: {accent}; border-radius: 1px; }}
#viewer QSlider::handle:horizontal {{
    width: 12px; height: 12px; margin: -5px 0; border-radius: 6px;
    background: {text}; border: 1px solid {text};
}}
#viewer QSlider::handle:horizontal:focus {{ border-color: {accent}; background: {accent}; }}
#viewer QSlider::handle:horizontal:disabled, #viewer QSlider::sub-page:horizontal:disabled,
#viewer QSlider::groove:horizontal:disabled {{ background: {line}; border-color: {line}; }}
#viewer QLabel {{ color: {text}; }}
#viewer QLabel#quiet {{ color: {quiet}; }}
#viewer QLabel:disabled {{ color: {off}; }}
QLabel#cardTitle, QLabel#cardText {{ color: {text}; }}
QLabel#cardTitle {{ font-size: 15px; font-weight: 600; }}
QPlainTextEdit#cardSheet {{ background: {field}; color: {text}; border: 1px solid {line}; padding: 6px; }}
"""

PLAIN = _SHARED.replace("AT ", "") + _FIELDS + _BUTTONS + _WINDOWS + _LISTS
"""Of everything but the viewer."""
VIEWER = _SHARED.replace("AT ", "#viewer ") + _VIEWER
"""The viewer is dark in every theme: no bright area beside a picture."""
