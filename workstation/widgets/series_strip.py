"""Thumbnails of the series of the shown study."""

from __future__ import annotations

from PySide6 import QtWidgets
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPen
from PySide6.QtWidgets import QListView, QStyledItemDelegate, QStyleOptionViewItem, QWidget
from typing_extensions import override

from workstation.models.model_index import ModelIndex
from workstation.models.series_model import SeriesModel, SeriesRole
from workstation.widgets.theme import colours

_CELL, _SMALL_CELL = QSize(104, 124), QSize(68, 76)
"""Of a series, with its description below the picture, and without."""
_WORDS, _SMALL_WORDS = 36, 20
"""Height of what is written below a picture, in pixels."""
_GAP = 4
_BAR = 8 + 2
"""Width of the scroll bar, which lies beside the cells, and of the lines on both sides."""
_BAND = 170
"""Opacity behind the words over a picture, of 255."""


class _Delegate(QStyledItemDelegate):
    """Paints a series.

    Attributes:
        small: Without its description.
    """

    small = False

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: ModelIndex) -> QSize:
        return _SMALL_CELL if self.small else _CELL

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: ModelIndex) -> None:
        chosen = colours(option.palette)
        box = option.rect.adjusted(2, 2, -2, -2)
        current = bool(index.data(SeriesRole.CURRENT))
        painter.save()
        painter.fillRect(box, QColor(chosen.selected if current else chosen.panel))
        if current or option.state & QtWidgets.QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(chosen.accent), 1))
            painter.drawRect(box.adjusted(0, 0, -1, -1))
        picture = box.adjusted(_GAP, _GAP, -_GAP, -_GAP - (_SMALL_WORDS if self.small else _WORDS))
        painter.fillRect(picture, Qt.GlobalColor.black)
        self._paint_thumbnail(painter, QRectF(picture), index)
        if note := index.data(SeriesRole.NOTE):
            band = picture.adjusted(0, picture.height() - option.fontMetrics.height() - _GAP, 0, 0)
            painter.fillRect(band, QColor(0, 0, 0, _BAND))
            painter.setPen(Qt.GlobalColor.white)
            band.adjust(-_GAP, 0, _GAP, 0)
            fitting = option.fontMetrics.elidedText(note, Qt.TextElideMode.ElideRight, band.width())
            painter.drawText(band, Qt.AlignmentFlag.AlignCenter, fitting)
        words = QRect(
            box.left() + _GAP, picture.bottom() + 1, picture.width(), box.bottom() - picture.bottom()
        )
        if self.small:
            self._write_head(painter, option, words, index)
        else:
            half = words.height() // 2
            self._write_head(painter, option, words.adjusted(0, 0, 0, -half), index)
            below = words.adjusted(0, half, 0, 0)
            name = option.fontMetrics.elidedText(
                index.data() or "", Qt.TextElideMode.ElideRight, below.width()
            )
            painter.drawText(below, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
        painter.restore()

    def _write_head(
        self, painter: QPainter, option: QStyleOptionViewItem, line: QRect, index: ModelIndex
    ) -> None:
        """Write number and modality, and how many pictures there are if there is room for that, too."""
        chosen, metrics, middle = colours(option.palette), option.fontMetrics, Qt.AlignmentFlag.AlignVCenter
        head = metrics.elidedText(index.data(SeriesRole.HEAD), Qt.TextElideMode.ElideRight, line.width())
        count = str(index.data(SeriesRole.COUNT))
        if metrics.horizontalAdvance(head) + 6 + metrics.horizontalAdvance(count) > line.width():
            count = ""
        painter.setPen(QColor(chosen.text))
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | middle, head)
        painter.setPen(QColor(chosen.quiet))
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | middle, count)

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
        self._delegate = _Delegate(self)
        self.setItemDelegate(self._delegate)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFixedWidth(_CELL.width() + _BAR)
        self.clicked.connect(self._choose)

    @property
    def least_width(self) -> int:
        """The width that it has while its pictures are small, in pixels."""
        return _SMALL_CELL.width() + _BAR

    def set_small(self, small: bool) -> None:
        """Show smaller pictures without descriptions, which are in the tool tips."""
        if small != self._delegate.small:
            self._delegate.small = small
            self.setFixedWidth((_SMALL_CELL if small else _CELL).width() + _BAR)
            self.scheduleDelayedItemsLayout()

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
