"""Paint pictures: fit, zoom, window and level; scroll through the series by the wheel.

Left drag does what the chosen tool says; right drag or Ctrl and wheel zooms; middle drag, or any drag with
Shift or Space, moves; double-click asks for the whole window.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget
from typing_extensions import override

from workstation.dicom import display
from workstation.imaging.grey_mapping import Voi, Window
from workstation.imaging.orientation import Sides
from workstation.imaging.view import Choice, View
from workstation.models.translation import translated
from workstation.widgets.card_panel import CardPanel
from workstation.widgets.keys import Key
from workstation.widgets.mouse_tools import PIXELS_PER_IMAGE, MouseTool, tool_of
from workstation.widgets.picture_painter import PicturePainter
from workstation.widgets.theme import colours

if TYPE_CHECKING:
    from workstation.imaging.picture import Caption, Card, Picture
    from workstation.widgets.annotation_painter import AnnotationPainter

_NOTCH = 120
_SETTLED_MS = 80
_COARSE_ABOVE = 3_000_000
"""Device pixels; a larger widget is drawn without smoothing during interaction."""
_VIEWS = 100
_LOW = 200
"""Height below which words and corners would not have room above each other, in pixels."""
_STEPS = {
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_PageUp: -10,
    Qt.Key.Key_PageDown: 10,
    Qt.Key.Key_Home: -(1 << 30),
    Qt.Key.Key_End: 1 << 30,
}


class Canvas(QWidget):
    """Shows the current picture.

    Signals:
        scrolled: Number of pictures to scroll forward in the series; negative: back.
        play_toggled: Play or pause was requested.
        document_requested: The document of the shown card is to be opened in another program.
        again_requested: The file of the shown card is to be decoded again.
        content_changed: The picture, its window or its overlays changed.
        filling_requested: The picture is to fill the window, or to go back beside the list.

    Attributes:
        left_tool: What dragging with the left button does.
    """

    scrolled = Signal(int)
    play_toggled = Signal()
    document_requested = Signal()
    again_requested = Signal()
    content_changed = Signal()
    filling_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(180, 40)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Image"))
        self._picture: Picture | None = None
        self._words = self.tr("Choose a study")
        self._caption: Caption | None = None
        self._place = self._remark = ""
        self._late = False
        self._shown = PicturePainter()
        self._view = View()
        self._views: OrderedDict[str, View] = OrderedDict()
        self._corners: AnnotationPainter | None = None
        self._card = CardPanel(self)
        self._card.open_requested.connect(self.document_requested)
        self._card.again_requested.connect(self.again_requested)
        self._turned = 0
        self.left_tool = MouseTool.WINDOW
        self._held: tuple[MouseTool, QPoint] | None = None
        self._pulled = 0
        self._space = self._dragged = False
        self._moving = self._coarse = False
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLED_MS)
        self._settle.timeout.connect(self._end_interaction)

    # --- setters ----------------------------------------------------------------------------------------

    def clear(self, caption: Caption | None = None, words: str = "") -> None:
        """Show no picture, but the caption and in ``words`` the reason. Resets the view."""
        self._picture = None
        self._caption, self._words, self._place, self._late = caption, words, "", False
        self._view = View()
        self._card.hide_card()
        self._discard_image()
        self.content_changed.emit()

    def begin_series(self, uid: str) -> None:
        """Restore the view last used for a series."""
        self._view = self._views.setdefault(uid, View())
        self._shown.image.clear()
        self._views.move_to_end(uid)
        if len(self._views) > _VIEWS:
            self._views.popitem(last=False)

    def set_content(self, content: Picture | Card) -> None:
        """Show a frame; zoom and a window set by the user are kept."""
        from workstation.imaging.picture import Card

        self._caption = content.caption
        if isinstance(content, Card):
            self._picture = None
            self._words = "\n\n".join(translated(part) for part in (content.title, content.text) if part)
            self._card.show_card(content)
        else:
            self._picture, self._words = content, ""
            self._card.hide_card()
        self._discard_image()
        self.content_changed.emit()

    def set_position(self, index: int, count: int) -> None:
        """Show the number of the picture and the count; it may not be decoded yet."""
        self._place = self.tr("{0} of {1}").format(index + 1, count)
        self.update()

    def set_late(self, late: bool) -> None:
        """Whether the shown picture is not yet the one :meth:`set_position` named."""
        self._late = late
        self.update()

    def set_remark(self, remark: str) -> None:
        """Show a remark on the study, for example that images are missing; empty: none."""
        self._remark = remark
        self.update()

    @property
    def remark(self) -> str:
        """The remark on the study."""
        return self._remark

    def choose_window(self, choice: Choice) -> None:
        """Use a window, or a rule that computes one, for the whole series."""
        self._view.choice = choice
        self._discard_image()

    def invert(self) -> None:
        """Invert the picture, or show it as stored again."""
        self._view.inverted = not self._view.inverted
        self._discard_image()

    def toggle_overlays(self) -> None:
        """Show or hide overlay planes."""
        self._view.overlays = not self._view.overlays
        self.update()
        self.content_changed.emit()

    def fit(self) -> None:
        """Fit the picture into the widget."""
        self._view.fit()
        self.update()

    def one_to_one(self) -> None:
        """Zoom to one column of the picture for each device pixel."""
        if self._picture is not None:
            fitting = self._zoom(self._picture) / self._view.zoom
            self._view.fit()
            self._view.zoom = 1 / fitting
            self._discard_image()

    def reset(self) -> None:
        """Reset window, inversion, zoom and position."""
        self._view.reset()
        self._discard_image()
        self.content_changed.emit()

    @property
    def picture(self) -> Picture | None:
        """The shown frame."""
        return self._picture

    @property
    def image(self) -> QImage:
        """The shown frame at its own size; null if there is none."""
        if self._picture is None:
            return QImage()
        return self._shown.image.image(self._picture, self._view, 0).copy()

    @property
    def words(self) -> str:
        """The text shown instead of a picture."""
        return self._words

    @property
    def caption(self) -> Caption:
        """Patient, study and series of the picture."""
        from workstation.imaging.picture import Caption

        return self._caption or Caption()

    @property
    def view(self) -> View:
        """Window, zoom and other display settings of the series."""
        return self._view

    @property
    def voi(self) -> Voi | None:
        """The applied window or lookup table; None for colour."""
        return None if self._picture is None else self._view.voi(self._picture)

    @property
    def window_level(self) -> Window | None:
        """The applied window; None for colour and lookup tables."""
        voi = self.voi
        return voi if isinstance(voi, Window) else None

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys that :meth:`keyPressEvent` takes."""
        return (
            Key(self.tr("Image before, next"), "Up Down Left Right"),
            Key(self.tr("Ten images back, on"), "PgUp PgDown"),
            Key(self.tr("First image, last"), "Home End"),
            Key(self.tr("Play or pause; held while dragging: move"), "Space"),
        )

    # --- mouse and keys ---------------------------------------------------------------------------------

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        self._turned += event.angleDelta().y()
        notches = int(self._turned / _NOTCH)
        self._turned -= notches * _NOTCH
        if notches and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._magnify(1.15**notches, event.position())
        elif notches:
            self._begin_interaction()
            self.scrolled.emit(-notches)
        event.accept()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _STEPS:
            self.scrolled.emit(_STEPS[key])
        elif key is Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self._space, self._dragged = True, False
        else:
            super().keyPressEvent(event)

    @override
    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() != Qt.Key.Key_Space:
            super().keyReleaseEvent(event)
        elif not event.isAutoRepeat() and self._space:
            self._space = False
            if not self._dragged:
                self.play_toggled.emit()

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._held = tool_of(event, self.left_tool, space=self._space), event.position().toPoint()
        self._pulled = 0

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._held = None

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held is None or self._picture is None:
            return
        tool, before = self._held
        here = event.position().toPoint()
        moved = here - before
        self._held = tool, here
        self._dragged = True
        self._begin_interaction()
        if tool is MouseTool.WINDOW:
            self._view.drag(self._picture, moved.x(), moved.y())
            self._discard_image()
        elif tool is MouseTool.ZOOM:
            self.magnify(1.01 ** -moved.y())
        elif tool is MouseTool.SCROLL:
            self._scroll_by(moved.y())
        else:
            self._view.move(moved.x(), moved.y())
            self.update()

    def _scroll_by(self, pixels: int) -> None:
        self._pulled += pixels
        images = int(self._pulled / PIXELS_PER_IMAGE)
        self._pulled -= images * PIXELS_PER_IMAGE
        if images:
            self.scrolled.emit(images)

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.filling_requested.emit()

    def magnify(self, factor: float) -> None:
        """Zoom about the middle."""
        self._magnify(factor, QRectF(self.rect()).center())

    def _magnify(self, factor: float, about: QPointF) -> None:
        from_middle = about - QRectF(self.rect()).center()
        self._view.magnify(factor, (from_middle.x(), from_middle.y()))
        self.update()

    def _begin_interaction(self) -> None:
        """Paint without smoothing during interaction."""
        self._moving = True
        self._settle.start()

    def _end_interaction(self) -> None:
        """Interaction has ended: paint again with smoothing."""
        self._moving = False
        if self._coarse:
            self.update()

    @override
    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            tip = self._corners.tool_tip_at(event.pos()) if self._corners is not None else ""
            QToolTip.showText(event.globalPos(), display.tool_tip(tip), self)
            return True
        return super().event(event)

    # --- painting ---------------------------------------------------------------------------------------

    def _discard_image(self) -> None:
        """Discard the cached image; the next paint event makes it anew."""
        self._shown.image.clear()
        self.update()

    def _zoom(self, picture: Picture) -> float:
        """Device-independent pixels per column of the picture."""
        wide = self._shown.target(picture, self._view, QRectF(self.rect())).width()
        return float(wide * self.devicePixelRatioF() / picture.pixels.shape[1])

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._card.move_over(self.rect())
        super().resizeEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        picture = self._picture
        painter = QPainter(self)
        try:
            if picture is not None:
                self._paint_picture(painter, picture)
            else:
                painter.fillRect(self.rect(), Qt.GlobalColor.black)
            if self._words and not self._card.isVisible():
                painter.setPen(Qt.GlobalColor.lightGray)
                box, place = self.rect().adjusted(40, 60, -40, -60), Qt.AlignmentFlag.AlignCenter
                if self.height() < _LOW:  # below the corners, and whole
                    box = self.rect().adjusted(12, 82, -12, 0)
                    place = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
                painter.drawText(box, place | Qt.TextFlag.TextWordWrap, self._words)
            self._annotate(painter, picture)
            if self.hasFocus():
                painter.setPen(QColor(colours(self.palette()).accent))
                painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        finally:
            painter.end()  # an unfinished painter aborts the process

    def _annotate(self, painter: QPainter, picture: Picture | None) -> None:
        """Paint what is known into the corners; before the first paint of the window that is nothing."""
        if picture is None and self._caption is None and not (self._place or self._remark):
            self._corners = None
            return
        from workstation.widgets.annotation_painter import AnnotationPainter
        from workstation.widgets.annotations import DisplayState, corner_annotations

        self._corners = self._corners or AnnotationPainter()
        sides = picture.sides if picture is not None else Sides()
        voi = self._shown.image.voi(picture, self._view) if picture is not None else None
        zoom = self._zoom(picture) if picture is not None else 1.0
        state = DisplayState(self._place, self._late, zoom, voi, self._remark)
        lines = corner_annotations(self.caption, picture, state)
        if self._card.covers_the_bottom:
            lines = (*lines[:2], (), ())
        self._corners.paint(painter, self.rect(), lines, sides)

    def _paint_picture(self, painter: QPainter, picture: Picture) -> None:
        """Paint the picture, without smoothing while a large one moves."""
        ratio = self.devicePixelRatioF()
        self._coarse = self._moving and self.width() * self.height() * ratio**2 > _COARSE_ABOVE
        box = QRectF(self.rect())
        self._shown.paint(painter, picture, self._view, box, ratio=ratio, smooth=not self._coarse)
