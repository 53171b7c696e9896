"""Several modalities from one drop-down of check boxes."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QMenu, QPushButton, QToolButton, QWidget, QWidgetAction

MODALITIES = (
    *("CT", "MR", "CR", "DX", "US", "MG", "XA", "RF", "NM", "PT"),
    *("OPT", "OP", "ES", "SM", "RTSTRUCT", "RTPLAN", "RTDOSE", "SR", "SC", "OT"),
)
_COLUMNS = 4


class ModalityBox(QToolButton):
    """A button that names what is ticked.

    Signals:
        changed: The ticked ones are others.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip(self.tr("Studies that hold any of the ticked modalities"))
        self.boxes = {code: QCheckBox(code) for code in MODALITIES}
        panel = QWidget()
        grid = QGridLayout(panel)
        for place, box in enumerate(self.boxes.values()):
            grid.addWidget(box, place // _COLUMNS, place % _COLUMNS)
            box.toggled.connect(self._say)
        none = QPushButton(self.tr("Any modality"))
        none.setObjectName("link")
        none.clicked.connect(lambda: self.choose(()))
        grid.addWidget(none, grid.rowCount(), 0, 1, _COLUMNS)
        menu = QMenu(self)
        action = QWidgetAction(menu)
        action.setDefaultWidget(panel)
        menu.addAction(action)
        menu.aboutToShow.connect(self.boxes[MODALITIES[0]].setFocus)
        self.setMenu(menu)
        self._say()

    @property
    def chosen(self) -> tuple[str, ...]:
        """The ticked codes; none: any modality."""
        return tuple(code for code, box in self.boxes.items() if box.isChecked())

    def choose(self, codes: Sequence[str]) -> None:
        """Tick exactly these; unknown codes are passed over."""
        for code, box in self.boxes.items():
            box.setChecked(code in codes)

    def _say(self) -> None:
        chosen = self.chosen
        first = " ".join(chosen[:3])
        more = f" +{len(chosen) - 3}" if len(chosen) > 3 else ""
        self.setText(f"{first}{more}" if chosen else self.tr("Any"))
        self.changed.emit()
