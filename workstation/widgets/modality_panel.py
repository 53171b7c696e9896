"""Tick modalities: check boxes of the usual ones, and a list of all others, searched by code or meaning."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QWidget,
)
from typing_extensions import override

from workstation.dicom.modalities import MEANINGS, MODALITIES, is_modality
from workstation.models.translation import translate

_COLUMNS = 4
_ROWS = 5
"""Of the list that are seen at once."""
_CODE = Qt.ItemDataRole.UserRole
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class ModalityPanel(QWidget):
    """Shows which modalities are ticked, and says when the user ticks one.

    Signals:
        ticked: A code, and whether it is ticked now.
        cleared: None is to be ticked.
        done: Enter was pressed, and nothing is typed that it could tick.

    Attributes:
        boxes: The check boxes of the usual modalities by their codes.
        field: What the others are searched by; it takes any Code String, too.
        others: The other modalities, or those that fit what is typed.
    """

    ticked = Signal(str, bool)
    cleared = Signal()
    done = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._chosen: tuple[str, ...] = ()
        grid = QGridLayout(self)
        self.boxes = {code: QCheckBox(code) for code in MODALITIES}
        for index, (code, box) in enumerate(self.boxes.items()):
            grid.addWidget(box, index // _COLUMNS, index % _COLUMNS)
            box.setToolTip(translate(MEANINGS[code]))
            box.toggled.connect(partial(self.ticked.emit, code))
        widest = max(box.sizeHint().width() for box in self.boxes.values())
        for column in range(_COLUMNS):
            grid.setColumnMinimumWidth(column, widest)
        self.field = QLineEdit()
        self.field.setClearButtonEnabled(True)
        self.field.setPlaceholderText(self.tr("Another: PX, dental, …"))
        self.field.setToolTip(self.tr("A part of a code or of what it means; Enter ticks the first."))
        self.field.setAccessibleName(self.tr("Another modality"))
        self.others = QListWidget()
        self.others.setAccessibleName(self.tr("Other modalities"))
        self.others.setSpacing(2)
        self.others.setFixedHeight(_ROWS * (self.fontMetrics().height() + 9))
        self.others.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        none = QPushButton(self.tr("Any modality"))
        none.setObjectName("link")
        none.clicked.connect(self.cleared)
        for widget in (self.field, self.others, none):
            grid.addWidget(widget, grid.rowCount(), 0, 1, _COLUMNS)
        self.field.textChanged.connect(self._list)
        self.field.returnPressed.connect(self._tick_first)
        self.others.itemChanged.connect(self._tick)

    def begin(self) -> None:
        """List all others, the ticked ones first, with the focus in the first box."""
        self.field.clear()
        self._list()
        self.boxes[MODALITIES[0]].setFocus()

    def show_chosen(self, codes: Collection[str]) -> None:
        """Tick exactly these; nothing is said."""
        self._chosen = tuple(codes)
        self.blockSignals(True)
        for code, box in self.boxes.items():
            box.setChecked(code in codes)
        self.blockSignals(False)
        self.others.blockSignals(True)
        for item in map(self.others.item, range(self.others.count())):
            if code := item.data(_CODE):
                item.setCheckState(_state(code in codes))
        self.others.blockSignals(False)

    def _list(self) -> None:
        """List what fits what is typed: codes before meanings, then what was typed as a code of its own."""
        self.others.blockSignals(True)
        self.others.clear()
        codes = self._fitting(self.field.text().strip())
        for code in codes:
            meaning = translate(MEANINGS[code]) if code in MEANINGS else self.tr("as typed")
            item = QListWidgetItem(f"{code}  ·  {meaning}", self.others)
            item.setData(_CODE, code)
            item.setToolTip(meaning)
            item.setCheckState(_state(code in self._chosen))
        if not codes:
            advice = self.tr("A code has letters, digits, blanks and underscores, at most 16.")
            QListWidgetItem(advice, self.others).setFlags(Qt.ItemFlag.NoItemFlags)
        self.others.blockSignals(False)

    def _fitting(self, typed: str) -> list[str]:
        own = [code for code in self._chosen if code not in MEANINGS]
        if not typed:
            rest = sorted(code for code in MEANINGS if code not in MODALITIES)
            ticked = [code for code in self._chosen if code in rest]
            return list(dict.fromkeys([*own, *ticked, *rest]))
        code = typed.upper()
        named = {known: known.startswith(code) for known in sorted([*MEANINGS, *own])}
        meant = [known for known in MEANINGS if typed.casefold() in translate(MEANINGS[known]).casefold()]
        found = [known for known, begins in named.items() if begins]
        return list(dict.fromkeys([*found, *meant, *([code] if is_modality(code) else [])]))

    def _tick(self, item: QListWidgetItem) -> None:
        self.ticked.emit(item.data(_CODE), item.checkState() is Qt.CheckState.Checked)

    def _tick_first(self) -> None:
        code = self.others.item(0).data(_CODE)
        if not self.field.text().strip():
            self.done.emit()
        elif code:
            self.field.clear()
            self.ticked.emit(code, True)
            self._list()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys that the focused part leaves; of others than the field, what is typed goes there."""
        typing = self.field.hasFocus()
        if event.key() in _ENTER and typing:
            event.accept()  # the field has handled it; the menu would take it for itself
        elif event.key() == Qt.Key.Key_Down and typing:
            self.others.setFocus()
            self.others.setCurrentRow(0)
        elif not typing and not self.others.hasFocus() and event.text().isalnum():
            self.field.setFocus()
            self.field.insert(event.text())
        else:
            super().keyPressEvent(event)


def _state(ticked: bool) -> Qt.CheckState:
    return Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked
