"""Ask for a thumbnail of each series on show, while nothing else is to be decoded."""

from __future__ import annotations

from workstation.controllers.known_series import KnownSeries
from workstation.imaging.frame_cache import Key
from workstation.imaging.picture import Picture
from workstation.imaging.pool import DecodePool, Frame, FrameRequest
from workstation.models.series_model import SeriesModel


class Thumbnails:
    """Fills the pictures of a :class:`SeriesModel`."""

    def __init__(self, model: SeriesModel) -> None:
        self._model = model
        self._asked: dict[Key, tuple[str, FrameRequest]] = {}

    def forget(self, pool: DecodePool | None) -> None:
        """Ask for no more: other series are on show."""
        self._asked = {}
        if pool is not None:
            pool.want_when_idle([])

    def ask(self, known: KnownSeries, pool: DecodePool | None) -> None:
        """Ask for the middle picture of each series that has none, or has grown; one alone needs none."""
        if pool is None or len(known) < 2:
            return
        for series in known:
            if series.wants_thumbnail():
                series.shown_at = max(1, len(series.slices))
                pictures = series.stack().positions
                middle = pictures[len(pictures) // 2]
                request = FrameRequest(
                    generation=0, path=middle.slice.path, frame=middle.frame, thumbnail=True
                )
                self._asked[request.key] = series.uid, request
        pool.want_when_idle([request for _, request in self._asked.values()])

    def receive(self, frame: Frame, known: KnownSeries) -> None:
        """Show a thumbnail, if its series still holds the file."""
        uid, _ = self._asked.pop(frame.request.key, ("", None))
        series = known.get(uid)
        if series is not None and series.holds(frame.request.path) and isinstance(frame.content, Picture):
            self._model.set_thumbnail(uid, frame.content.pixels)
