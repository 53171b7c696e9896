"""Where pictures are painted: fit, zoom, window and level, wheel through the series.

Left drag sets the window, right drag or Ctrl and wheel zooms, middle drag moves, double-click starts over.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, QPointF, QRectF, QSizeF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from workstation.imaging.grey import Function, Lut, Voi, Window, render
from workstation.imaging.picture import Caption, Card, Picture, Rgb32
from workstation.models import texts

_NOTCH = 120
_SETTLED_MS = 80
_MARGIN = 12


class Canvas(QWidget):
    """The picture of the current row.

    Signals:
        scrolled: Pictures to go forward (negative: back) in the series.
    """

    scrolled = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 200)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Image"))
        self._picture: Picture | None = None
        self._words = ""
        self._caption = Caption()
        self._place = ""
        self._own: Rgb32 = np.empty((0, 0), np.uint32)
        self._painted: Rgb32 = self._own
        self._image: QImage | None = None
        self._voi: Voi | None = None
        self._chosen: Window | None = None
        self._zoom = 1.0
        self._offset = QPointF()
        self._turned = 0
        self._held: tuple[Qt.MouseButton, QPoint] | None = None
        self._moving = False
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLED_MS)
        self._settle.timeout.connect(self._settled)

    # --- setters ----------------------------------------------------------------------------------------

    def clear(self, caption: Caption | None = None, words: str = "") -> None:
        """Show no picture: whose it would be, and in ``words`` why there is none. The view starts over."""
        self._picture, self._image, self._voi = None, None, None
        self._caption, self._words, self._place = caption or Caption(), words, ""
        self._start_over()
        self.update()

    def set_content(self, content: Picture | Card) -> None:
        """Show a frame; zoom and a window set by hand stay."""
        self._caption = content.caption
        if isinstance(content, Card):
            self._picture, self._image = None, None
            self._words = f"{content.title}\n\n{content.text}"
        else:
            self._picture, self._words = content, ""
            self._voi = self._chosen
            if self._voi is None and content.grey is not None:
                self._voi = content.grey.default(content.pixels)
            self._shade()
        self.update()

    def set_place(self, index: int, count: int) -> None:
        """Say which picture of how many is meant; it may not be decoded yet."""
        self._place = f"{index + 1} / {count}"
        self.update()

    @property
    def picture(self) -> Picture | None:
        """The frame on show."""
        return self._picture

    @property
    def image(self) -> QImage:
        """What is painted, one pixel for each of the frame; null when there is none."""
        return self._image.copy() if self._image is not None else QImage()

    @property
    def words(self) -> str:
        """What is said instead of a picture."""
        return self._words

    @property
    def caption(self) -> Caption:
        """Whose picture it is."""
        return self._caption

    @property
    def window_level(self) -> Window | None:
        """The window in force; None for colour and lookup tables."""
        return self._voi if isinstance(self._voi, Window) else None

    # --- mouse and keys ---------------------------------------------------------------------------------

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        self._turned += event.angleDelta().y()
        notches = int(self._turned / _NOTCH)
        self._turned -= notches * _NOTCH
        if notches and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._magnify(1.15**notches, event.position())
        elif notches:
            self._hurry()
            self.scrolled.emit(-notches)
        event.accept()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_PageUp: -10,
            Qt.Key.Key_PageDown: 10,
            Qt.Key.Key_Home: -(1 << 30),
            Qt.Key.Key_End: 1 << 30,
        }.get(Qt.Key(event.key()))
        if steps is None:
            super().keyPressEvent(event)
        else:
            self.scrolled.emit(steps)

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._held = event.button(), event.position().toPoint()

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._held = None

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held is None or self._picture is None:
            return
        button, before = self._held
        here = event.position().toPoint()
        moved = here - before
        self._held = button, here
        self._hurry()
        if button is Qt.MouseButton.LeftButton:
            self._drag_window(moved)
        elif button is Qt.MouseButton.RightButton:
            self._magnify(1.01 ** -moved.y(), QRectF(self.rect()).center())
        else:
            self._offset += QPointF(moved)
            self.update()

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._start_over()
        if self._picture is not None:
            self.set_content(self._picture)

    def _start_over(self) -> None:
        self._zoom, self._offset, self._chosen = 1.0, QPointF(), None

    def _drag_window(self, moved: QPoint) -> None:
        """Right: wider; down: darker, that is a higher centre. A lookup table gives way to its span."""
        old = self._voi.span if isinstance(self._voi, Lut) else self._voi
        if old is None:
            return
        step = max(old.width, 0.001) / 500
        smallest = 1.0 if old.width >= 1 and old.function is Function.LINEAR else old.width / 100
        width = max(smallest, old.width + moved.x() * step)
        self._chosen = Window(old.centre + moved.y() * step, width, old.function)
        self._voi = self._chosen
        self._shade()
        self.update()

    def _magnify(self, factor: float, about: QPointF) -> None:
        zoom = min(64.0, max(0.05, self._zoom * factor))
        middle = QRectF(self.rect()).center() + self._offset
        self._offset += (about - middle) * (1 - zoom / self._zoom)
        self._zoom = zoom
        self.update()

    def _hurry(self) -> None:
        """Draw coarsely while something moves."""
        self._moving = True
        self._settle.start()

    def _settled(self) -> None:
        self._moving = False
        self.update()

    # --- painting ---------------------------------------------------------------------------------------

    def _shade(self) -> None:
        picture = self._picture
        if picture is None:
            return
        rows, columns = picture.pixels.shape
        shaded: Rgb32
        if picture.grey is None:
            shaded = np.ascontiguousarray(picture.pixels)
        else:
            assert self._voi is not None
            if self._own.shape != (rows, columns):
                self._own = np.empty((rows, columns), np.uint32)
            shaded = self._own
            render(picture.pixels, picture.grey, self._voi, shaded)
        self._painted = shaded  # the image does not own its pixels: both live in this object
        self._image = QImage(shaded.data, columns, rows, 4 * columns, QImage.Format.Format_RGB32)

    def _target(self, picture: Picture) -> QRectF:
        """Where the picture goes: fitted into the widget, then zoomed and moved."""
        rows, columns = picture.pixels.shape
        size = QSizeF(columns, rows * picture.aspect)
        size.scale(QSizeF(self.size()), Qt.AspectRatioMode.KeepAspectRatio)
        size *= self._zoom
        box = QRectF(QPointF(), size)
        box.moveCenter(QRectF(self.rect()).center() + self._offset)
        return box

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            painter.fillRect(self.rect(), Qt.GlobalColor.black)
            if self._picture is not None and self._image is not None:
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not self._moving)
                painter.drawImage(self._target(self._picture), self._image)
            self._paint_words(painter)
            self._paint_corners(painter)
        finally:
            painter.end()  # a painter left open would end the process

    def _paint_words(self, painter: QPainter) -> None:
        if self._words:
            painter.setPen(QColor("#c8cdd2"))
            box = self.rect().adjusted(40, 60, -40, -60)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._words)

    def _paint_corners(self, painter: QPainter) -> None:
        caption = self._caption
        window = self.window_level
        lower_right = "" if window is None else f"C {window.centre:g}  W {window.width:g}"
        if self._picture is not None and not self._picture.complete:
            lower_right = self.tr("Incomplete image") + ("\n" + lower_right if lower_right else "")
        born = texts.day(caption.birth_date)
        left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        top, bottom = Qt.AlignmentFlag.AlignTop, Qt.AlignmentFlag.AlignBottom
        corners = (
            (left | top, _lines(texts.person_name(caption.name), texts.plain(caption.patient_id), born)),
            (
                right | top,
                _lines(
                    texts.plain(caption.study_description),
                    texts.plain(caption.series_description),
                    texts.day(caption.study_date),
                ),
            ),
            (left | bottom, self._place),
            (right | bottom, lower_right),
        )
        box = self.rect().adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        half = box.width() // 2 - _MARGIN
        for where, text in corners:
            area = box.adjusted(0, 0, -half - 2 * _MARGIN, 0) if where & left else box.adjusted(half, 0, 0, 0)
            elided = "\n".join(
                painter.fontMetrics().elidedText(line, Qt.TextElideMode.ElideRight, area.width())
                for line in text.split("\n")
            )
            painter.setPen(QColor(0, 0, 0, 200))
            painter.drawText(area.translated(1, 1), where, elided)
            painter.setPen(QColor("#e6e9ec"))
            painter.drawText(area, where, elided)


def _lines(*parts: str) -> str:
    return "\n".join(part for part in parts if part)
