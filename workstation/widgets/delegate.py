"""How a row of the tree looks: weight by level, a mark for what is here, a sign for doubt."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QWidget
from typing_extensions import override

from workstation.dicom.levels import Level
from workstation.models.columns import Column
from workstation.models.rows import Fill, Local
from workstation.models.tree import Role
from workstation.widgets.theme import colours

Index = QModelIndex | QPersistentModelIndex
_MARK = 9


class TreeDelegate(QStyledItemDelegate):
    """The one delegate of the tree."""

    @override
    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        level = index.data(Role.LEVEL)
        chosen = colours(option.palette)
        if index.data(Role.TROUBLE):
            option.palette.setColor(option.palette.ColorRole.Text, QColor(chosen.bad))
            option.font.setItalic(True)
        elif level == Level.PATIENT:
            option.font.setBold(index.column() == Column.NAME)
        elif level != Level.STUDY or index.column() in (Column.LOCAL, Column.SOURCE):
            palette = option.palette
            palette.setColor(
                palette.ColorRole.Text, QColor(chosen.quiet if level != Level.SERIES else chosen.text)
            )
        option.textElideMode = Qt.TextElideMode.ElideRight
        if index.column() == Column.NAME:  # the text ends where the mark begins
            width = max(0, option.rect.width() - _MARK - 18)
            metrics = QFontMetrics(option.font)
            option.text = metrics.elidedText(option.text, Qt.TextElideMode.ElideRight, width)

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        found = super().sizeHint(option, index)
        return QSize(found.width() + (_MARK + 8 if index.column() == Column.NAME else 0), found.height() + 4)

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        if index.column() != Column.NAME:
            return
        local, fill = index.data(Role.LOCAL), index.data(Role.FILL)
        box = QRectF(option.rect)
        place = QPointF(box.right() - _MARK, box.center().y())
        chosen = colours(option.palette)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if index.data(Role.DOUBTFUL):
            painter.setPen(QColor(chosen.warning))
            painter.drawText(
                QRectF(place.x() - 6, box.top(), 14, box.height()), Qt.AlignmentFlag.AlignCenter, "!"
            )
        elif fill == Fill.PENDING:
            painter.setPen(QColor(chosen.quiet))
            painter.drawText(
                QRectF(place.x() - 6, box.top(), 14, box.height()), Qt.AlignmentFlag.AlignCenter, "…"
            )
        elif local != Local.NONE and index.data(Role.LEVEL) != Level.PATIENT:
            _mark(painter, place, QColor(chosen.good), whole=local == Local.HERE)
        painter.restore()


def _mark(painter: QPainter, place: QPointF, colour: QColor, *, whole: bool) -> None:
    """A full disc for what is here, a half one for a part of it."""
    half = _MARK / 2
    box = QRectF(place.x() - half, place.y() - half, _MARK, _MARK)
    painter.setPen(QPen(colour, 1.4))
    painter.setBrush(colour if whole else Qt.BrushStyle.NoBrush)
    painter.drawEllipse(box)
    if not whole:
        painter.setBrush(colour)
        painter.drawPie(box, 90 * 16, 180 * 16)


class ProgressDelegate(QStyledItemDelegate):
    """A bar behind the numbers of a transfer."""

    def __init__(self, role: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._role = role

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        share = index.data(self._role)
        if isinstance(share, float) and share > 0:
            box = QRectF(option.rect).adjusted(2, 4, -2, -4)
            chosen = colours(option.palette)
            painter.fillRect(box, QColor(chosen.panel))
            box.setWidth(box.width() * share)
            painter.fillRect(box, QColor(chosen.selected))
        super().paint(painter, option, index)


class ActionDelegate(QStyledItemDelegate):
    """The one thing to do for a transfer, drawn as a link."""

    @override
    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        palette = option.palette
        palette.setColor(palette.ColorRole.Text, QColor(colours(palette).accent))
