"""Labels above the fields of a search form."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget


def field_label(words: str, field: QWidget) -> QLabel:
    """Return the label of a field: Alt and its letter go there, and screen readers call the field by it."""
    label = QLabel(words)
    label.setObjectName("quiet")
    target = field.focusProxy() or field  # Alt and the letter do not follow a proxy
    label.setBuddy(target)
    target.setAccessibleName(words.replace("&", ""))
    return label


def below(above: QWidget, field: QWidget) -> QWidget:
    """Return a field with what stands above it, as one."""
    cell = QWidget()
    column = QVBoxLayout(cell)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(3)
    column.addWidget(above)
    column.addWidget(field, 1)
    return cell
