"""Ask an archive what there is of a target in another thread, while an association to fetch is opened."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from workstation.errors import NetworkError
from workstation.operations.expected_instances import Expected
from workstation.stop import Cancelled, Stop


class ConcurrentQuestion:
    """Asks from the beginning of a ``with`` block on; what is not answered at its end is called off."""

    def __init__(self, ask: Callable[[Stop, Callable[[], None]], Expected], stop: Stop) -> None:
        """Nothing is asked yet.

        Args:
            ask: Asks, until the stop that it is given is requested; calls the second argument as soon as it
                has an association.
            stop: Of the whole operation.
        """
        self._ask = ask
        self._stop = stop
        self._own_stop = Stop()
        self._begun = threading.Event()
        self._open = ExitStack()

    def __enter__(self) -> ConcurrentQuestion:
        pool = self._open.enter_context(ThreadPoolExecutor(1, "workstation-question"))
        self._open.callback(self._own_stop.request, at_once=True)
        self._open.enter_context(self._stop.watching(self._follow))
        self._answer = pool.submit(self._ask, self._own_stop, self._begun.set)
        self._answer.add_done_callback(lambda _: self._begun.set())
        self._begun.wait()  # what is held would be given up for the next association that is opened
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @property
    def failed(self) -> bool:
        """It has ended, and was not answered."""
        return self._answer.done() and self._answer.exception() is not None

    def answer(self) -> Expected | None:
        """Wait for the answer; None: it came to nothing."""
        try:
            return self._answer.result()
        except (NetworkError, Cancelled):
            return None

    def _follow(self) -> None:
        self._own_stop.request(at_once=self._stop.at_once)
