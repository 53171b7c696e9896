"""Choose several modalities in a drop-down."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QMenu, QToolButton, QWidget, QWidgetAction

from workstation.dicom.modalities import MODALITIES, is_modality

if TYPE_CHECKING:
    from workstation.widgets.modality_panel import ModalityPanel


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
        self._menu.aboutToShow.connect(lambda: self.panel.begin())
        self._menu.aboutToHide.connect(self._see_pointer)
        self.setMenu(self._menu)
        self.chosen: tuple[str, ...] = ()
        self._update_text()

    @cached_property
    def panel(self) -> ModalityPanel:
        """What the menu shows; created on first use."""
        from workstation.widgets.modality_panel import ModalityPanel

        panel = ModalityPanel()
        panel.show_chosen(self.chosen)
        panel.ticked.connect(self._tick)
        panel.cleared.connect(lambda: self.choose(()))
        panel.done.connect(self._menu.close)
        self.changed.connect(lambda: panel.show_chosen(self.chosen))
        action = QWidgetAction(self._menu)
        action.setDefaultWidget(panel)
        self._menu.addAction(action)
        return panel

    def choose(self, codes: Sequence[str]) -> None:
        """Tick exactly these, the usual ones first; what can be no code is skipped."""
        usual = [code for code in MODALITIES if code in codes]
        chosen = tuple(dict.fromkeys([*usual, *filter(is_modality, codes)]))
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

    def _update_text(self) -> None:
        chosen = self.chosen
        first = " ".join(chosen[:3])
        more = f" +{len(chosen) - 3}" if len(chosen) > 3 else ""
        self.setText(f"{first}{more}" if chosen else self.tr("Any"))
        self.changed.emit()
