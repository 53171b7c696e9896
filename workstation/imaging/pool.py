"""Decode threads: wishes in, frames out; without Qt.

What decodes is imported by the first thread that needs it, not while the window is being built.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workstation.errors import Sentence
from workstation.imaging.memory import memory
from workstation.imaging.picture import Caption, Card, Picture, Undecodable
from workstation.imaging.store import FrameStore, Key

if TYPE_CHECKING:
    from workstation.imaging.instance import Instance

_log = logging.getLogger(__name__)

_MIN_STORE, _MAX_STORE = 256 * 1024 * 1024, 1536 * 1024 * 1024
OPEN_INSTANCES = 8
HELD_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class FrameRequest:
    """A wish for one frame.

    Attributes:
        generation: Comes back with the frame, for the asker to tell old from new.
        thumbnail: Only its thumbnail is wanted.
    """

    generation: int
    path: Path
    frame: int = 0
    thumbnail: bool = False

    @property
    def key(self) -> Key:
        """Its name in the store."""
        return str(self.path), self.frame


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """The answer to a wish."""

    request: FrameRequest
    content: Picture | Card


class DecodePool:
    """Decodes what is wished for, in the order of the newest list of wishes.

    Args:
        deliver: Takes each :class:`Frame`, on a decode thread; must be quick and must not raise.
        threads: How many decode at once; None: one less than there are processors, 2 to 4.
        store_bytes: Limit of what is kept; None: a quarter of the memory, within reason.
    """

    def __init__(
        self, deliver: Callable[[Frame], None], threads: int | None = None, store_bytes: int | None = None
    ) -> None:
        self.store = FrameStore(store_bytes or _quarter_of_memory())
        self._deliver = deliver
        self._changed = threading.Condition()
        self._wishes: list[FrameRequest] = []
        self._idle: list[FrameRequest] = []
        self._at_work: set[Key] = set()
        self._closed = False
        self._opened: OrderedDict[Path, Instance] = OrderedDict()
        self._threads = [
            threading.Thread(target=self._serve, name=f"workstation-decode-{n}", daemon=True)
            for n in range(threads or min(max((os.cpu_count() or 1) - 1, 2), 4))
        ]
        for thread in self._threads:
            thread.start()

    def want(self, requests: Sequence[FrameRequest]) -> None:
        """Replace all wishes that are not being decoded yet, the most wanted first."""
        with self._changed:
            self._wishes = list(requests)
            self._changed.notify_all()

    def want_when_idle(self, requests: Sequence[FrameRequest]) -> None:
        """Replace the wishes that wait until there are no others."""
        with self._changed:
            self._idle = list(requests)
            self._changed.notify_all()

    def drop(self, path: Path) -> None:
        """Forget a file that was deleted or replaced."""
        with self._changed:
            self._opened.pop(path, None)
        self.store.drop(str(path))

    def close(self, seconds: float) -> bool:
        """Take no more work and wait for the threads; whether all ended in time."""
        with self._changed:
            self._closed = True
            self._wishes, self._idle = [], []
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(seconds / len(self._threads))
        return not any(thread.is_alive() for thread in self._threads)

    def decode(self, request: FrameRequest) -> Frame:
        """The frame, decoded now and in this thread unless it is in the store."""
        content = self.store.get(request.key)
        if content is None:
            content = self._decoded(request)
            if not request.thumbnail:
                self.store.put(request.key, content)
        if request.thumbnail and isinstance(content, Picture):
            from workstation.imaging.reduce import thumbnail

            content = thumbnail(content)
        return Frame(request, content)

    def _serve(self) -> None:
        while (request := self._next()) is not None:
            try:
                frame = self.decode(request)
            except Exception as bug:  # noqa: BLE001 - the thread's outermost frame: one object, not the viewer
                _log.info("an image could not be parsed (%s)", type(bug).__name__)
                frame = Frame(request, _undecodable(Sentence("Its header is broken.")))
            with self._changed:
                self._at_work.discard(request.key)
                closed = self._closed
            if not closed:
                self._deliver(frame)
            del frame, request

    def _next(self) -> FrameRequest | None:
        with self._changed:
            while True:
                if self._closed:
                    return None
                for wishes in (self._wishes, self._idle):
                    for n, wish in enumerate(wishes):
                        if wish.key not in self._at_work:
                            self._at_work.add(wish.key)
                            return wishes.pop(n)
                self._changed.wait()

    def _decoded(self, request: FrameRequest) -> Picture | Card:
        instance: Instance | None = None
        try:
            instance = self._instance(request.path)
            return instance.picture(request.frame)
        except Undecodable as reason:
            return _undecodable(reason.reason, instance.caption if instance is not None else None)
        except OSError:
            return _undecodable(Sentence("Its file cannot be read."))

    def _instance(self, path: Path) -> Instance:
        with self._changed:
            if path in self._opened:
                self._opened.move_to_end(path)
                return self._opened[path]
        from workstation.imaging.instance import open_instance

        instance = open_instance(path)
        with self._changed:
            self._opened[path] = instance
            held = sum(one.held for one in self._opened.values())
            while len(self._opened) > 1 and (len(self._opened) > OPEN_INSTANCES or held > HELD_BYTES):
                held -= self._opened.popitem(last=False)[1].held
        return instance


def _undecodable(reason: Sentence, caption: Caption | None = None) -> Card:
    from workstation.imaging.cards import undecodable

    return undecodable(reason, caption)


def _quarter_of_memory() -> int:
    """Bytes; where the system does not tell, the least."""
    return min(max(memory() // 4, _MIN_STORE), _MAX_STORE)
