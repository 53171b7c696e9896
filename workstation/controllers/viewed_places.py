"""Remembers which series of each study was looked at last, and which picture of each series."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, TypeVar

from workstation.imaging.frame_cache import Key

_LIMIT: Final = 1000
"""Studies, and series, that are remembered; the ones looked at longest ago are forgotten."""
_T = TypeVar("_T")


class ViewedPlaces:
    """What was on show, for as long as the program runs."""

    def __init__(self) -> None:
        self._series: OrderedDict[str, str] = OrderedDict()
        self._pictures: OrderedDict[str, Key] = OrderedDict()

    def keep(self, study: str, series: str, picture: Key) -> None:
        """Remember that this picture of the series of the study, all by UID, was on show last."""
        _put(self._series, study, series)
        _put(self._pictures, series, picture)

    def series(self, study: str) -> str:
        """Series Instance UID of what was shown last of a study; empty: nothing was."""
        return self._series.get(study, "")

    def picture(self, series: str) -> Key | None:
        """The picture shown last of a series; None: none was."""
        return self._pictures.get(series)


def _put(kept: OrderedDict[str, _T], uid: str, value: _T) -> None:
    kept[uid] = value
    kept.move_to_end(uid)
    if len(kept) > _LIMIT:
        kept.popitem(last=False)
