"""Decodes requested frames in threads, each of which waits for a decoding process; without Qt."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from workstation.imaging.decoding import Decoding
from workstation.imaging.frame_cache import FrameCache, Key, is_of
from workstation.imaging.picture import Card, Picture
from workstation.imaging.system_memory import give_back, memory
from workstation.stop import Cancelled

RELEASE_AFTER = 45.0
"""Seconds after a study was closed, until its frames are given back."""

_MIN_STORE, _MAX_STORE = 256 * 1024 * 1024, 1536 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameRequest:
    """A request for one frame.

    Attributes:
        generation: Returned with the frame, so that the caller recognises outdated ones.
        thumbnail: Only its thumbnail is wanted.
        again: Decode it although the file ended decoding processes before: the user asked for it.
    """

    generation: int
    path: Path
    frame: int = 0
    thumbnail: bool = False
    again: bool = False

    @property
    def key(self) -> Key:
        """Its key in the cache."""
        return str(self.path), self.frame


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """The answer to a request."""

    request: FrameRequest
    content: Picture | Card


class DecodePool:
    """Decodes the requested frames, in the order of the newest list of requests.

    Args:
        deliver: Takes each :class:`Frame`, on a decode thread; must be quick and must not raise.
        decoding: The processes that decode; closed with the pool.
        threads: How many frames are decoded at once.
        store_bytes: Limit of what is kept; None: a quarter of the memory, within reason.
        release_after: Seconds after :meth:`leave`, until no more than ``kept`` is kept.

    Attributes:
        kept: Bytes of frames of closed studies that may be kept, for coming back to them.
    """

    def __init__(
        self,
        deliver: Callable[[Frame], None],
        decoding: Decoding,
        threads: int = 2,
        store_bytes: int | None = None,
        release_after: float = RELEASE_AFTER,
    ) -> None:
        self.store = FrameCache(store_bytes or _quarter_of_memory())
        self.decoding = decoding
        self.kept = self.store.limit
        self._release_after = release_after
        self._release_at: float | None = None
        self._deliver = deliver
        self._changed = threading.Condition()
        self._requests: list[FrameRequest] = []
        self._idle: list[FrameRequest] = []
        self._at_work: set[Key] = set()
        self._outdated: set[Key] = set()
        self._closed = False
        self._threads = [
            threading.Thread(target=self._serve, name=f"workstation-decode-{n}", daemon=True)
            for n in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def want(self, requests: Sequence[FrameRequest]) -> None:
        """Replace all requests that are not being decoded yet, the most urgent first."""
        with self._changed:
            self._requests = list(requests)
            self._changed.notify_all()

    def want_when_idle(self, requests: Sequence[FrameRequest]) -> None:
        """Replace the requests that wait until there are no others."""
        with self._changed:
            self._idle = list(requests)
            self._changed.notify_all()

    def drop(self, *paths: Path) -> None:
        """Forget files, or folders, that were deleted or replaced, also what is being decoded of them."""
        gone = set(map(str, paths))
        with self._changed:
            self._outdated.update(key for key in self._at_work if is_of(key, gone))
        self.store.drop(*gone)

    def leave(self) -> None:
        """A study was closed: after a while free the memory of its frames beyond ``kept``."""
        self.store.leave()
        with self._changed:
            if self._release_at is None:
                self._release_at = time.monotonic() + self._release_after
                self._changed.notify()

    def hold(self, paths: Iterable[Path]) -> None:
        """These files are of the study that is open."""
        self.store.hold(map(str, paths))

    def close(self, seconds: float) -> bool:
        """Take no more work and wait for the threads; whether all ended in time."""
        with self._changed:
            self._closed = True
            self._requests, self._idle = [], []
            self._changed.notify_all()
        self.decoding.close()
        for thread in self._threads:
            thread.join(seconds / len(self._threads))
        return not any(thread.is_alive() for thread in self._threads)

    def decode(self, request: FrameRequest) -> Frame | None:
        """The frame, decoded now and in this thread unless it is kept; None: its file came anew meanwhile.

        Raises:
            Cancelled: The pool was closed.
        """
        if request.again:
            self.decoding.try_again(request.path)
        content = self.store.get(request.key)
        if content is None:
            content = self.decoding.frame(request.path, request.frame, thumbnail=request.thumbnail)
        elif request.thumbnail and isinstance(content, Picture):
            from workstation.imaging.downscaling import thumbnail

            content = thumbnail(content)
        lasting = not request.thumbnail and not (isinstance(content, Card) and content.again)
        with self._changed:
            self._at_work.discard(request.key)
            outdated = request.key in self._outdated
            self._outdated.discard(request.key)
            if lasting and not outdated:
                self.store.put(request.key, content)  # under the lock of drop(), or it would come after that
        return None if outdated and not request.thumbnail else Frame(request, content)

    def _serve(self) -> None:
        while (request := self._next()) is not None:
            try:
                frame = self.decode(request)
            except Cancelled:
                return
            with self._changed:
                closed = self._closed
            if frame is not None and not closed:
                self._deliver(frame)
            del frame, request

    def _next(self) -> FrameRequest | None:
        while True:
            self._release_when_due()
            with self._changed:
                if self._closed:
                    return None
                request = self._take()
                if request is not None:
                    return request
                due = self._release_at
                self._changed.wait(None if due is None else max(0.0, due - time.monotonic()))

    def _take(self) -> FrameRequest | None:
        for requests in (self._requests, self._idle):
            for n, request in enumerate(requests):
                if request.key not in self._at_work:
                    self._at_work.add(request.key)
                    return requests.pop(n)
        return None

    def _release_when_due(self) -> None:
        with self._changed:
            if self._release_at is None or time.monotonic() < self._release_at:
                return
            self._release_at = None
        before = self.store.bytes
        self.store.release(self.kept)
        if self.store.bytes < before:
            give_back()


def _quarter_of_memory() -> int:
    """Bytes; where the system does not tell, the least."""
    return min(max(memory() // 4, _MIN_STORE), _MAX_STORE)
