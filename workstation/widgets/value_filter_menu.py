"""Entries of the menu of rows that write a value into the filter, to see only what has it, or all else."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QMenu

from workstation.models.columns import Column, title
from workstation.models.rows import Row
from workstation.models.value_terms import CellValue, value_of

_LONGEST = 40
"""Letters of a value in a menu."""


def add_value_filters(
    menu: QMenu, row: Row, clicked: Column, shown: Sequence[Column], write: Callable[[str], None]
) -> None:
    """Add entries for the value of a row in the column that was clicked, and in all that are shown.

    Args:
        menu: To which they are added.
        row: A patient or study; for others nothing is added.
        clicked: The column at which the menu was opened.
        shown: The columns of the list.
        write: Adds a term to the filter.
    """
    values = {found.column: found for column in shown if (found := value_of(row, column)) is not None}
    if not values:
        return
    menu.addSeparator()
    if (chosen := value_of(row, clicked)) is not None:
        for words, before in ((_only(chosen), ""), (_hide(chosen), "-")):
            action = menu.addAction(words.replace("&", "&&"))
            action.triggered.connect(lambda _, term=before + chosen.term: write(term))
    for words, before in ((_tr("Show only"), ""), (_tr("Hide"), "-")):
        below = menu.addMenu(words)
        for found in values.values():
            text = f"{title(found.column)}: {_short(found) or _tr('(empty)')}"
            action = below.addAction(text.replace("&", "&&"))
            action.triggered.connect(lambda _, term=before + found.term: write(term))


def _only(found: CellValue) -> str:
    if not found.value:
        return _tr("Show only rows without “{column}”").format(column=title(found.column))
    return _tr("Show only “{value}”").format(value=_short(found))


def _hide(found: CellValue) -> str:
    if not found.value:
        return _tr("Hide rows without “{column}”").format(column=title(found.column))
    return _tr("Hide “{value}”").format(value=_short(found))


def _short(found: CellValue) -> str:
    value = found.value
    return value if len(value) <= _LONGEST else f"{value[: _LONGEST - 1]}…"


def _tr(text: str) -> str:
    return QCoreApplication.translate("ValueFilterMenu", text)
