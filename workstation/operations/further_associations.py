"""Open the further associations of a fetch while the archive is still being asked what there is."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from types import TracebackType

from workstation.operations.parallel_fetch import ParallelFetch


class FurtherAssociations:
    """Those that fetch beside the first one; opened once at most, and closed at the end of a ``with`` block.

    Of one thread. They wait until they are told what to fetch.
    """

    def __init__(self, opening: Callable[[], AbstractContextManager[ParallelFetch]]) -> None:
        """None is opened yet.

        Args:
            opening: Has them opened in threads of their own, until the end of its block.
        """
        self._opening = opening
        self._fetch: ParallelFetch | None = None
        self._open = ExitStack()

    def __enter__(self) -> FurtherAssociations:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.__exit__(kind, error, trace)

    def open(self) -> ParallelFetch:
        """What fetches over them; has them opened if they are not, without waiting for it."""
        if self._fetch is None:
            self._fetch = self._open.enter_context(self._opening())
        return self._fetch

    def close(self) -> None:
        """Close them if they are open: others are opened in their place when they are needed."""
        self._open.close()
        self._fetch = None
