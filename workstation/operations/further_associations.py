"""Open the further associations of a fetch while the archive is still being asked what there is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from types import TracebackType

from workstation.operations.association_limit import FEWEST
from workstation.operations.parallel_fetch import ParallelFetch


class FurtherAssociations:
    """Those that fetch beside the first one; opened once at most, and closed at the end of a ``with`` block.

    Of one thread. They wait until they are told what to fetch.
    """

    def __init__(self, opening: Callable[[], AbstractContextManager[ParallelFetch]], least: int) -> None:
        """None is opened yet.

        Args:
            opening: Lets them be opened in threads of their own, until the end of its block.
            least: Instances of a series that are asked for at once.
        """
        self._opening = opening
        self._least = least
        self._series: Counter[str] = Counter()
        self._count = self._parts = 0
        self._fetch: ParallelFetch | None = None
        self._open = ExitStack()

    def __enter__(self) -> FurtherAssociations:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.__exit__(kind, error, trace)

    def listed(self, series: str) -> None:
        """An instance of a series is to be fetched: open as many as there will be requests, if any."""
        self._parts += self._series[series] % self._least == 0
        self._series[series] += 1
        self._count += 1
        if self._count >= FEWEST:
            self.fetch().provide(self._parts)

    def fetch(self) -> ParallelFetch:
        """What fetches over them, and has them opened."""
        if self._fetch is None:
            self._fetch = self._open.enter_context(self._opening())
        return self._fetch

    def close(self) -> None:
        """Close them if they are open: others are opened in their place when they are needed."""
        self._open.close()
        self._fetch = None
