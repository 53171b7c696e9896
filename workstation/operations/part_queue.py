"""Split what is to be fetched into requests, one at a time, for several associations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Set
from dataclasses import dataclass

from workstation.dicom.targets import Target
from workstation.operations.repair import CHUNK, may_be_fetched

LEAST = 4
"""UIDs in one request at least: each request costs a round trip."""

_MOST_TIMES = 3
"""How often an instance is asked for here; then it is left to the repair."""


@dataclass(frozen=True, slots=True)
class Part:
    """One request.

    Attributes:
        target: What it names: a list of UIDs, or a whole series.
        uids: The SOP Instance UIDs that it is to bring.
    """

    target: Target
    uids: tuple[str, ...]


class PartQueue:
    """What is still to be asked for, by series; each is handed out once. Not thread-safe.

    Requests are large while much is left and small towards the end, so that all associations end together.

    Attributes:
        lists: The archive takes lists of UIDs.
    """

    def __init__(
        self,
        target: Target,
        instances: Mapping[str, tuple[str, str]],
        wanted: Set[str],
        *,
        lists: bool = True,
        first: str = "",
        numbers: Mapping[str, int] | None = None,
    ) -> None:
        """Nothing is handed out yet.

        Args:
            target: What the retrieve is for.
            instances: All that the archive listed: series and SOP class by SOP Instance UID.
            wanted: Those to ask for.
            lists: The archive takes lists of UIDs.
            first: The series to ask for before all others, from its middle outwards.
            numbers: Instance Numbers.
        """
        self.lists = lists
        self._target = target
        self._series: dict[str, list[str]] = {}
        self._times: Counter[str] = Counter()
        sizes = Counter(series for series, _ in instances.values())
        if any(series == first for series, _ in instances.values()):
            self._series[first] = []
        for uid, (series, _) in instances.items():
            if uid in wanted and may_be_fetched(uid, series):
                self._series.setdefault(series, []).append(uid)
        self._whole = {
            series
            for series, uids in self._series.items()
            if len(uids) == sizes[series] and not target.instances
        }
        if first in self._series and numbers:
            self._series[first] = from_the_middle(self._series[first], numbers)
        for uids in self._series.values():
            uids.reverse()  # they are taken from the end

    def __len__(self) -> int:
        return sum(map(len, self._series.values()))

    def take(self, associations: int, here: Container[str]) -> Part | None:
        """The next request; None if nothing is left.

        Args:
            associations: How many share what is left.
            here: What has arrived meanwhile, and is left out.
        """
        while self._series:
            series, uids = next(iter(self._series.items()))
            size = self._size(associations)
            if series in self._whole and len(uids) <= size:
                del self._series[series]
                return self._part(series, uids, whole=True)
            self._whole.discard(series)
            part: list[str] = []
            while uids and len(part) < (size if self.lists else 1):
                if (uid := uids.pop()) not in here:
                    part.append(uid)
            if not uids:
                del self._series[series]
            if part:
                return self._part(series, part)
        return None

    def take_one(self, associations: int) -> Part | None:
        """A request for the first instance alone; None where its series is asked for as a whole."""
        for series, uids in self._series.items():
            if len(uids) <= self._size(associations):
                return None
            self._whole.discard(series)
            return self._part(series, [uids.pop()])
        return None

    def _size(self, associations: int) -> int:
        return max(LEAST, min(CHUNK, len(self) // (2 * associations)))

    def _part(self, series: str, uids: list[str], *, whole: bool = False) -> Part:
        self._times.update(uids)
        named = () if whole else tuple(uids)
        return Part(Target(self._target.study, (series,), named, self._target.patient_id), tuple(uids))

    def give_back(self, part: Part, here: Container[str]) -> None:
        """Have what is not ``here`` of a request asked for once more, after all others of its series."""
        [series] = part.target.series
        if again := [uid for uid in part.uids if uid not in here and self._times[uid] < _MOST_TIMES]:
            self._series[series] = [*reversed(again), *self._series.get(series, ())]
            self._whole.discard(series)


def from_the_middle(uids: list[str], numbers: Mapping[str, int]) -> list[str]:
    """Those in the middle by Instance Number first, then outwards; those without a number last."""
    known = sorted((uid for uid in uids if uid in numbers), key=lambda uid: numbers[uid])
    middle = len(known) // 2
    order = sorted(range(len(known)), key=lambda place: abs(place - middle))
    return [*(known[place] for place in order), *(uid for uid in uids if uid not in numbers)]
