"""Choose several modalities in a drop-down of check boxes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QCheckBox, QGridLayout, QMenu, QPushButton, QToolButton, QWidget, QWidgetAction

from workstation.dicom.modalities import MODALITIES

_COLUMNS = 4


class ModalityBox(QToolButton):
    """A button that shows the ticked modalities.

    Signals:
        changed: The choice changed.

    Attributes:
        chosen: The ticked codes; empty: any modality.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip(self.tr("Studies with any of the ticked modalities"))
        self._menu = QMenu(self)
        self._menu.aboutToShow.connect(lambda: self.boxes[MODALITIES[0]].setFocus())
        self._menu.aboutToHide.connect(self._see_pointer)
        self.setMenu(self._menu)
        self.chosen: tuple[str, ...] = ()
        self._update_text()

    @cached_property
    def boxes(self) -> dict[str, QCheckBox]:
        """The check boxes by modality; created on first use."""
        boxes = {code: QCheckBox(code) for code in MODALITIES}
        panel = QWidget()
        grid = QGridLayout(panel)
        for index, (code, box) in enumerate(boxes.items()):
            grid.addWidget(box, index // _COLUMNS, index % _COLUMNS)
            box.setChecked(code in self.chosen)
            box.toggled.connect(partial(self._tick, code))
            self.changed.connect(partial(self._follow, code, box))
        widest = max(box.sizeHint().width() for box in boxes.values())
        for column in range(_COLUMNS):
            grid.setColumnMinimumWidth(column, widest)
        none = QPushButton(self.tr("Any modality"))
        none.setObjectName("link")
        none.clicked.connect(lambda: self.choose(()))
        grid.addWidget(none, grid.rowCount(), 0, 1, _COLUMNS)
        action = QWidgetAction(self._menu)
        action.setDefaultWidget(panel)
        self._menu.addAction(action)
        return boxes

    def choose(self, codes: Sequence[str]) -> None:
        """Tick exactly these; unknown codes are skipped."""
        chosen = tuple(code for code in MODALITIES if code in codes)
        if chosen != self.chosen:
            self.chosen = chosen
            self._update_text()

    def _see_pointer(self) -> None:
        """See where the pointer is: Qt does not tell the button that it left while the menu was open."""
        over = self.rect().contains(self.mapFromGlobal(QCursor.pos()))
        self.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, over)
        self.update()

    def _tick(self, code: str, ticked: bool) -> None:
        others = tuple(other for other in self.chosen if other != code)
        self.choose((*others, code) if ticked else others)

    def _follow(self, code: str, box: QCheckBox) -> None:
        box.setChecked(code in self.chosen)

    def _update_text(self) -> None:
        chosen = self.chosen
        first = " ".join(chosen[:3])
        more = f" +{len(chosen) - 3}" if len(chosen) > 3 else ""
        self.setText(f"{first}{more}" if chosen else self.tr("Any"))
        self.changed.emit()
