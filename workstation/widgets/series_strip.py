"""Thumbnails of the series of the shown study."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPen
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget
from typing_extensions import override

from workstation.models.model_index import ModelIndex
from workstation.models.series_model import SeriesModel, SeriesRole
from workstation.widgets.theme import colours

_CELL = QSize(104, 124)
_PICTURE = 80
_GAP = 4
_BAR = 8
"""Width of the scroll bar, which lies beside the cells."""
_BAND = 170
"""Opacity behind the words over a picture, of 255."""


class _Delegate(QStyledItemDelegate):
    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: ModelIndex) -> QSize:
        return _CELL

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: ModelIndex) -> None:
        chosen = colours(option.palette)
        box = option.rect.adjusted(2, 2, -2, -2)
        current = bool(index.data(SeriesRole.CURRENT))
        painter.save()
        painter.fillRect(box, QColor(chosen.selected if current else chosen.panel))
        if current or option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(chosen.accent), 1))
            painter.drawRect(box.adjusted(0, 0, -1, -1))
        picture = QRect(box.left() + _GAP, box.top() + _GAP, box.width() - 2 * _GAP, _PICTURE)
        painter.fillRect(picture, Qt.GlobalColor.black)
        self._paint_thumbnail(painter, QRectF(picture), index)
        if note := index.data(SeriesRole.NOTE):
            band = picture.adjusted(0, picture.height() - option.fontMetrics.height() - _GAP, 0, 0)
            painter.fillRect(band, QColor(0, 0, 0, _BAND))
            painter.setPen(Qt.GlobalColor.white)
            painter.drawText(band, Qt.AlignmentFlag.AlignCenter, note)
        words = QRect(
            box.left() + _GAP, picture.bottom() + 1, picture.width(), box.bottom() - picture.bottom()
        )
        left, right = (
            words.adjusted(0, 0, 0, -words.height() // 2),
            words.adjusted(0, words.height() // 2, 0, 0),
        )
        metrics, middle = option.fontMetrics, Qt.AlignmentFlag.AlignVCenter
        count = str(index.data(SeriesRole.COUNT))
        room = left.width() - metrics.horizontalAdvance(count) - 6
        head = metrics.elidedText(index.data(SeriesRole.HEAD), Qt.TextElideMode.ElideRight, room)
        painter.setPen(QColor(chosen.text))
        painter.drawText(left, Qt.AlignmentFlag.AlignLeft | middle, head)
        painter.setPen(QColor(chosen.quiet))
        painter.drawText(left, Qt.AlignmentFlag.AlignRight | middle, count)
        name = metrics.elidedText(index.data() or "", Qt.TextElideMode.ElideRight, right.width())
        painter.drawText(right, Qt.AlignmentFlag.AlignLeft | middle, name)
        painter.restore()

    def _paint_thumbnail(self, painter: QPainter, box: QRectF, index: ModelIndex) -> None:
        pixels = index.data(SeriesRole.THUMBNAIL)
        if pixels is None:
            painter.setPen(Qt.GlobalColor.gray)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, index.data(SeriesRole.KIND))
            return
        rows, columns = pixels.shape
        image = QImage(pixels.data, columns, rows, 4 * columns, QImage.Format.Format_RGB32)
        size = QSize(columns, rows).scaled(box.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRectF(QPointF(), size.toSizeF())
        target.moveCenter(box.center())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(target, image)


class SeriesStrip(QListView):
    """A column beside the picture, which is there whether the study has series or not.

    Signals:
        series_chosen: Series Instance UID, clicked or reached by the arrow keys.
    """

    series_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("series")
        self.setAccessibleName(self.tr("Series"))
        self.setFlow(QListView.Flow.TopToBottom)
        self.setWrapping(False)
        self.setUniformItemSizes(True)
        self.setItemDelegate(_Delegate(self))
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFixedWidth(_CELL.width() + _BAR)
        self.clicked.connect(self._choose)

    def show_series(self, model: SeriesModel) -> None:
        """Show ``model``."""
        self._model = model
        self.setModel(model)
        model.dataChanged.connect(self._follow)

    def _follow(self) -> None:
        """Keep the shown series visible and current."""
        position = self._model.position(self._model.current)
        if position is not None and self.currentIndex().row() != position:
            index = self._model.index(position)
            self.selectionModel().setCurrentIndex(index, self.selectionModel().SelectionFlag.ClearAndSelect)
            self.scrollTo(index)

    @override
    def currentChanged(self, current: ModelIndex, previous: ModelIndex) -> None:
        super().currentChanged(current, previous)
        if self.hasFocus():
            self._choose(current)

    def _choose(self, index: ModelIndex) -> None:
        uid = self._model.uid(index)
        if uid and uid != self._model.current:
            self.series_chosen.emit(uid)
