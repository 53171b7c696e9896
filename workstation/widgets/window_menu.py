"""The menu of windows (centre and width) that the shown image and its modality offer."""

from __future__ import annotations

from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from workstation.dicom import display
from workstation.imaging.grey_mapping import Lut, Window
from workstation.imaging.view import CT_WINDOWS, Choice, Follow
from workstation.widgets.canvas import Canvas


class WindowMenu(QMenu):
    """Lists them when it opens; the applied one is ticked.

    Attributes:
        presets: The windows of CT in Hounsfield units, on the keys 1 to 5.
    """

    def __init__(self, canvas: Canvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self.setToolTipsVisible(True)
        self._offered = QActionGroup(self)
        self.presets = [self._preset(window) for window in CT_WINDOWS]
        self.aboutToShow.connect(self._fill)

    def _preset(self, window: Window) -> QAction:
        action = QAction(f"{self.tr(window.name)}  {window.centre:g} / {window.width:g}", self)
        action.setCheckable(True)
        action.setToolTip(self.tr("CT window, centre and width in Hounsfield units"))
        action.triggered.connect(lambda: self._choose(window))
        return action

    def _choose(self, window: Window) -> None:
        if self._is_ct:
            self._canvas.choose_window(window)

    @property
    def _is_ct(self) -> bool:
        return self._canvas.picture is not None and self._canvas.caption.modality == "CT"

    def _fill(self) -> None:
        picture = self._canvas.picture
        self.clear()
        self._offered = QActionGroup(self)
        if picture is None or picture.grey is None:
            self.addAction(self.tr("No window for this image")).setEnabled(False)
            return
        for n, voi in enumerate(picture.grey.voi):
            span = voi.span if isinstance(voi, Lut) else voi
            name = display.plain(voi.name) or (
                self.tr("Lookup table") if isinstance(voi, Lut) else self.tr("Image")
            )
            text = f"{name}  {span.centre:g} / {span.width:g}".replace("&", "&&")
            self._offer(text, Follow.IMAGE if n == 0 else n)
        self._offer(
            self.tr("Automatic, from the pixel values"), Follow.PIXELS if picture.grey.voi else Follow.IMAGE
        )
        if self._is_ct:
            self.addSeparator()
            for action, window in zip(self.presets, CT_WINDOWS, strict=True):
                action.setChecked(self._canvas.view.choice == window)
                self.addAction(self._offered.addAction(action))

    def _offer(self, text: str, choice: Choice) -> None:
        action = self.addAction(text, lambda: self._canvas.choose_window(choice))
        action.setCheckable(True)
        self._offered.addAction(action)
        action.setChecked(self._canvas.view.choice == choice)
