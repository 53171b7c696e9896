"""Split what is to be fetched into requests, one at a time, for several associations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from math import ceil

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
        one_of_each: bool = False,
    ) -> None:
        """Nothing is handed out yet.

        Args:
            target: What the retrieve is for.
            instances: All that the archive listed: series and SOP class by SOP Instance UID.
            wanted: Those to ask for.
            lists: The archive takes lists of UIDs.
            first: The series to ask for before all others, from its middle outwards.
            numbers: Instance Numbers.
            one_of_each: Ask for the middle image of each series before anything else.
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
        self._middles: list[tuple[str, str]] = []
        if one_of_each and not target.instances:
            self._middles = middles(self._series, numbers or {})
            for series, uid in self._middles:
                self._series[series].remove(uid)
            self._middles.reverse()
        for uids in self._series.values():
            uids.reverse()  # they are taken from the end

    def __len__(self) -> int:
        return len(self._middles) + sum(map(len, self._series.values()))

    @property
    def parts(self) -> int:
        """How many requests there may be: more associations have nothing to do."""
        least = LEAST if self.lists else 1
        return len(self._middles) + sum(ceil(len(uids) / least) for uids in self._series.values())

    def take(self, associations: int, here: Container[str]) -> Part | None:
        """The next request; None if nothing is left.

        Args:
            associations: How many share what is left.
            here: What has arrived meanwhile, and is left out.
        """
        while self._middles:
            series, uid = self._middles.pop()
            self._whole.discard(series)
            if uid not in here:
                return self._part(series, [uid])
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
        if self._middles:
            return self.take(associations, ())
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


def middle_parts(
    target: Target,
    instances: Mapping[str, tuple[str, str]],
    wanted: Set[str],
    numbers: Mapping[str, int],
    first: str = "",
) -> Iterator[Target]:
    """One request for the image in the middle of each series; arguments as of :class:`PartQueue`."""
    by_series: dict[str, list[str]] = {first: []}
    for uid, (series, _) in instances.items():
        if uid in wanted and may_be_fetched(uid, series):
            by_series.setdefault(series, []).append(uid)
    for series, uid in middles(by_series, numbers):
        yield Target(target.study, (series,), (uid,), target.patient_id)


def in_one(requests: Iterable[Target]) -> Iterator[Target]:
    """The same in fewer requests: neighbours that name a whole series each become one that names them all."""
    series: list[str] = []
    about: Target | None = None
    for part in requests:
        if part.instances or len(series) == CHUNK:
            yield from _whole(about, series)
            series = []
        about = part
        if part.instances:
            yield part
        else:
            series += part.series
    yield from _whole(about, series)


def _whole(about: Target | None, series: list[str]) -> Iterator[Target]:
    if about is not None and series:
        yield Target(about.study, tuple(series), (), about.patient_id)


def middles(series: Mapping[str, Sequence[str]], numbers: Mapping[str, int]) -> list[tuple[str, str]]:
    """The image in the middle of each series, by Instance Number; the series in their order."""
    return [(one, _middle(uids, numbers)) for one, uids in series.items() if uids]


def _middle(uids: Sequence[str], numbers: Mapping[str, int]) -> str:
    known = sorted((uid for uid in uids if uid in numbers), key=lambda uid: numbers[uid]) or uids
    return known[len(known) // 2]


def from_the_middle(uids: list[str], numbers: Mapping[str, int]) -> list[str]:
    """Those in the middle by Instance Number first, then outwards; those without a number last."""
    known = sorted((uid for uid in uids if uid in numbers), key=lambda uid: numbers[uid])
    middle = len(known) // 2
    order = sorted(range(len(known)), key=lambda place: abs(place - middle))
    return [*(known[place] for place in order), *(uid for uid in uids if uid not in numbers)]
