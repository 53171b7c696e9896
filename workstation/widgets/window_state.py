"""What the main window keeps for the next start: size, splitters, columns, the form; nothing of patients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray

from workstation.errors import StoreError
from workstation.settings import document
from workstation.widgets.form_values import form_values, restore_form
from workstation.widgets.tree_header import layout_by_number

if TYPE_CHECKING:
    from workstation.widgets.main_window import MainWindow

_CRITERIA = "criteria"
_COLUMNS = "columns"
_NUMBERED_COLUMNS = "columns-12-fit"
"""Where the columns were kept when they had no keys."""
_NAMES_FIT = "names-fit"
_TRANSFERS = "transfers"
_HISTORY = "history"
_OTHER_WINDOWS = "windows"


def restore_window(window: MainWindow, path: Path) -> None:
    """Restore what :func:`window_writer` wrote; does nothing if it cannot be read."""
    with suppress(StoreError):  # how a window looks is no reason to refuse one
        _restore(window, document.read(path, ()) or {})


def window_writer(window: MainWindow, path: Path) -> Callable[[], None]:
    """Return a function that writes the present state; it may run in any thread.

    Raises NotWritable when the disk refuses.
    """
    header = window.tree.header()
    values = {
        "geometry": _text(window.saveGeometry()),
        "across": _text(window.splitter.kept),
        "viewer": _text(window.placement.kept),
        _TRANSFERS: window.transfers_splitter.kept,
        _HISTORY: window.history_splitter.kept,
        _COLUMNS: header.layout_by_key,
        _NAMES_FIT: header.names_fit,
        _CRITERIA: form_values(window.criteria),
        _OTHER_WINDOWS: dict(window.other_windows),
    }
    return partial(document.write, path, (), values)


def _restore(window: MainWindow, kept: Mapping[str, object]) -> None:
    for name, take in (
        ("geometry", window.restoreGeometry),
        ("across", window.splitter.restore),
        ("viewer", window.placement.restore),
    ):
        if (state := _bytes(kept.get(name))) is not None:
            take(state)
    window.transfers_splitter.restore(kept.get(_TRANSFERS))
    window.history_splitter.restore(kept.get(_HISTORY))
    header = window.tree.header()
    columns, numbered = kept.get(_COLUMNS), _bytes(kept.get(_NUMBERED_COLUMNS))
    if isinstance(columns, dict):
        header.restore_layout(columns)
    elif numbered is not None:
        header.restore_layout(layout_by_number(numbered))
    header.names_fit = kept.get(_NAMES_FIT) is not False
    if isinstance(others := kept.get(_OTHER_WINDOWS), dict):
        window.other_windows = dict(others)
    values = kept.get(_CRITERIA)
    if isinstance(values, dict):
        restore_form(window.criteria, {name: text for name, text in values.items() if isinstance(text, str)})
    window.tree.sortByColumn(header.sortIndicatorSection(), header.sortIndicatorOrder())


def _bytes(value: object) -> QByteArray | None:
    return QByteArray.fromBase64(value.encode("ascii", "replace")) if isinstance(value, str) else None


def _text(state: QByteArray) -> str:
    return bytes(state.toBase64().data()).decode("ascii")
