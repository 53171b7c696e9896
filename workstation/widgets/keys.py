"""The keys of the window, gathered from its actions, labels and handlers, for the sheet that lists them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QLabel, QWidget

_MOST = 4
"""Keys that are named one by one."""


@dataclass(frozen=True, slots=True)
class Key:
    """What a key does, and its name as Qt writes it in a file, for example ``Ctrl+F``; several: by blanks."""

    words: str
    keys: str

    @property
    def shown(self) -> str:
        """The keys as they are called on this system; of many in a row the first and the last."""
        native = QKeySequence.SequenceFormat.NativeText
        names = [QKeySequence(key).toString(native) for key in self.keys.split()]
        return "  ".join(names) if len(names) <= _MOST else f"{names[0]} … {names[-1]}"


@dataclass(frozen=True, slots=True)
class KeyGroup:
    """The keys of one part of the window."""

    title: str
    keys: tuple[Key, ...]


def of_actions(actions: Iterable[QAction]) -> tuple[Key, ...]:
    """The keys of those actions that have some."""
    return tuple(
        Key(
            _plain(action.text()),
            " ".join(each.toString() for each in action.shortcuts()),
        )
        for action in actions
        if action.shortcuts()
    )


def of_labels(widget: QWidget) -> tuple[Key, ...]:
    """The keys that go to the fields of a form, without those of its popups."""
    labels = [
        label
        for label in widget.findChildren(QLabel)
        if label.buddy() is not None and label.window() is widget.window()
    ]
    return tuple(
        Key(_plain(label.text()), QKeySequence.mnemonic(label.text()).toString()) for label in labels
    )


def _plain(text: str) -> str:
    """Of a menu or a label, without the mark of its mnemonic."""
    return text.replace("&", "").rstrip("…")
