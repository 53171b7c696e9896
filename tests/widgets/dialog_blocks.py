"""Open and delete a dialog over and over: ``python -m tests.widgets.dialog_blocks NAME``.

Exits with 1 where each dialog leaves a block of Python's memory. In a process of its own: tests that ran
before leave caches of Qt and PySide in any state.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from workstation.models.row_marks import LabelChoice
from workstation.settings.preferences import Preferences
from workstation.widgets.about_dialog import AboutDialog
from workstation.widgets.background_dialog import BackgroundDialog
from workstation.widgets.inspector_window import InspectorWindow
from workstation.widgets.key_sheet import KeySheet
from workstation.widgets.keys import Key, KeyGroup
from workstation.widgets.labels_dialog import LabelsDialog
from workstation.widgets.node_dialog import NodeDialog
from workstation.widgets.nodes_dialog import NodesDialog
from workstation.widgets.note_dialog import NoteDialog
from workstation.widgets.passcode_dialog import PasscodeDialog
from workstation.widgets.settings_dialog import SettingsDialog

OPENED = 60
ENOUGH = 55
"""Blocks that tell of a connection that is left by each; what grows for another reason comes on top."""

DIALOGS: dict[str, Callable[[QWidget], QDialog]] = {
    "about": lambda parent: AboutDialog((("Qt", "6"),), parent),
    "background": lambda parent: BackgroundDialog("A study", parent),
    "inspector": InspectorWindow,
    "keys": lambda parent: KeySheet([KeyGroup("List", (Key("Open", "Return"),))], parent),
    "labels": lambda parent: LabelsDialog(
        "A study", LabelChoice(on_all=("a",), on_some=("b",), used=("a", "b", "c")), parent
    ),
    "note": lambda parent: NoteDialog("A study", "text", parent),
    "node": lambda parent: NodeDialog(None, parent),
    "nodes": lambda parent: NodesDialog([], parent),
    "passcode": lambda parent: PasscodeDialog("A", "b", parent),
    "settings": lambda parent: SettingsDialog(Preferences(), parent),
}


def blocks_left(make: Callable[[QWidget], QDialog], parent: QWidget) -> int:
    """How many blocks of Python's memory are left by :data:`OPENED` dialogs."""
    before = sys.getallocatedblocks()
    for _ in range(OPENED):
        make(parent).deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # type: ignore[call-overload]
    gc.collect()
    return sys.getallocatedblocks() - before


if __name__ == "__main__":
    application = QApplication([])
    window = QWidget()
    left = [blocks_left(DIALOGS[sys.argv[1]], window)]  # what is made once, too
    while len(left) < 20 and (len(left) == 1 or left[-1] >= ENOUGH):
        left.append(blocks_left(DIALOGS[sys.argv[1]], window))
    print(left)
    sys.exit(left[-1] >= ENOUGH)
