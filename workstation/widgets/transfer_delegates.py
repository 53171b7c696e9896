"""Paint the state, the progress and the action of a transfer."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QWidget
from typing_extensions import override

from workstation.models.model_index import ModelIndex
from workstation.models.transfer import TransferState
from workstation.models.transfers_model import TransferRole
from workstation.widgets.theme import colours


class TitleDelegate(QStyledItemDelegate):
    """Leaves out the middle of a title that is too long: the series is named at its end."""

    @override
    def initStyleOption(self, option: QStyleOptionViewItem, index: ModelIndex) -> None:
        super().initStyleOption(option, index)
        option.textElideMode = Qt.TextElideMode.ElideMiddle


class ProgressDelegate(QStyledItemDelegate):
    """Paints a bar behind the numbers of a transfer."""

    def __init__(self, role: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._role = role

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: ModelIndex) -> None:
        share = index.data(self._role)
        if isinstance(share, float) and share > 0:
            box = QRectF(option.rect).adjusted(2, 4, -2, -4)
            chosen = colours(option.palette)
            painter.fillRect(box, QColor(chosen.panel))
            box.setWidth(box.width() * share)
            painter.fillRect(box, QColor(chosen.selected))
        super().paint(painter, option, index)


class ActionDelegate(QStyledItemDelegate):
    """Paints one thing to do for a transfer, as a link; an empty cell looks like any, selected or not."""

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: ModelIndex) -> None:
        if index.data():
            super().paint(painter, option, index)
        else:
            painter.fillRect(option.rect, option.palette.base())  # the view has painted the selection

    @override
    def initStyleOption(self, option: QStyleOptionViewItem, index: ModelIndex) -> None:
        super().initStyleOption(option, index)
        palette = option.palette
        palette.setColor(palette.ColorRole.Text, QColor(colours(palette).accent))


class StateDelegate(QStyledItemDelegate):
    """Paints the state of a transfer, in the colour of an error where there is one."""

    @override
    def initStyleOption(self, option: QStyleOptionViewItem, index: ModelIndex) -> None:
        super().initStyleOption(option, index)
        palette, chosen = option.palette, colours(option.palette)
        inks = {
            TransferState.FAILED: chosen.bad,
            TransferState.PARTIAL: chosen.warning,
            TransferState.REFUSED: chosen.warning,
            TransferState.PAUSED: chosen.warning,
            TransferState.ON_HOLD: chosen.warning,
            TransferState.COMPLETE: chosen.good,
        }
        ink = inks.get(TransferState(index.data(TransferRole.STATE)), chosen.text)
        palette.setColor(palette.ColorRole.Text, QColor(ink))
        palette.setColor(palette.ColorRole.HighlightedText, QColor(ink))


class RateDelegate(QStyledItemDelegate):
    """Paints the rate of a transfer, or in the colour of a warning that nothing comes."""

    @override
    def initStyleOption(self, option: QStyleOptionViewItem, index: ModelIndex) -> None:
        super().initStyleOption(option, index)
        if index.data(TransferRole.SILENT):
            palette = option.palette
            ink = QColor(colours(palette).warning)
            for role in (palette.ColorRole.Text, palette.ColorRole.HighlightedText):
                palette.setColor(role, ink)
