"""Holds how a series is viewed: window, inversion, zoom, offset; plain values, without Qt."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from workstation.imaging.grey_mapping import Function, Lut, Voi, Window, automatic

if TYPE_CHECKING:
    from workstation.imaging.picture import Picture


class Follow(Enum):
    """A window that is chosen anew for each image."""

    IMAGE = "image"
    """The first window or table the image brings, else one by its pixels."""
    PIXELS = "pixels"
    """By the pixels, whatever the image brings."""


Choice = Follow | int | Window
"""A rule; the n-th window or table each image brings; or one window for the whole series."""

CT_WINDOWS = (
    Window(-600, 1500, name="Lung"),
    Window(40, 400, name="Soft tissue"),
    Window(400, 2000, name="Bone"),
    Window(40, 80, name="Brain"),
    Window(60, 360, name="Abdomen"),
)
"""In Hounsfield units, on the keys 1 to 5."""

_PIXELS_FOR_WIDTH = 500
"""Dragging so far changes the window by its own width."""
_MIN_ZOOM, _MAX_ZOOM = 0.05, 64.0


@dataclass(slots=True)
class View:
    """What stays the same while a series is scrolled.

    Attributes:
        choice: Which window.
        inverted: By hand; on top of what MONOCHROME1 asks for.
        overlays: Whether overlay planes are drawn.
        zoom: 1 fits the picture into the widget.
        offset: Its middle against the widget's, in the widget's pixels.
    """

    choice: Choice = Follow.IMAGE
    inverted: bool = False
    overlays: bool = True
    zoom: float = 1.0
    offset: tuple[float, float] = (0.0, 0.0)

    def voi(self, picture: Picture) -> Voi | None:
        """The window or table for ``picture``; None for colour."""
        grey = picture.grey
        if grey is None:
            return None
        if isinstance(self.choice, Window):
            return self.choice
        if self.choice is Follow.PIXELS:
            return automatic(grey, picture.pixels)
        if isinstance(self.choice, int) and self.choice < len(grey.voi):
            return grey.voi[self.choice]
        return picture.voi or grey.default(picture.pixels)

    def drag(self, picture: Picture, right: float, down: float) -> None:
        """Right: wider; down: a higher centre, that is darker. A lookup table gives way to its span."""
        old = self.voi(picture)
        if old is None:
            return
        window = old.span if isinstance(old, Lut) else old
        step = max(window.width, 0.001) / _PIXELS_FOR_WIDTH
        whole = window.width >= 1 and window.function is Function.LINEAR
        width = max(1.0 if whole else window.width / 100, window.width + right * step)
        self.choice = Window(window.centre + down * step, width, window.function)

    def magnify(self, factor: float, about: tuple[float, float]) -> None:
        """Zoom, keeping what lies at ``about``, counted from the widget's middle, where it is."""
        zoom = min(_MAX_ZOOM, max(_MIN_ZOOM, self.zoom * factor))
        change = 1 - zoom / self.zoom
        x, y = self.offset
        self.offset = x + (about[0] - x) * change, y + (about[1] - y) * change
        self.zoom = zoom

    def move(self, right: float, down: float) -> None:
        """Move the picture."""
        self.offset = self.offset[0] + right, self.offset[1] + down

    def fit(self) -> None:
        """Fit the picture into the widget; the window stays."""
        self.zoom, self.offset = 1.0, (0.0, 0.0)

    def reset(self) -> None:
        """Everything as it was at first."""
        self.fit()
        self.choice, self.inverted, self.overlays = Follow.IMAGE, False, True
