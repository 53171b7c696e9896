"""The pictures of one series: which one is current, what is decoded around it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from workstation.imaging.cine import Timing
from workstation.imaging.frame_cache import Key
from workstation.imaging.picture import MAX_FRAMES, Card, Picture
from workstation.imaging.pool import DecodePool, Frame, FrameRequest
from workstation.imaging.prefetch import nearest
from workstation.imaging.stack import Stack

WINDOW = 40
"""Pictures decoded around the current one, if they take no more than half of what the store keeps."""
_FEWEST = 4


class Scrolling(QObject):
    """Goes through a stack; the pool decodes what is wished for.

    Signals:
        shown: A :class:`Picture` or :class:`Card` of the stack.
        placed: Which picture, counted from 0, of how many.
        late: Whether what is shown is not yet the picture of that place, but one near it.
        longer: A :class:`Slice` holds more frames than its header says, and how many.
    """

    shown = Signal(object)
    placed = Signal(int, int)
    late = Signal(bool)
    longer = Signal(object, int)

    def __init__(self, pool: DecodePool) -> None:
        super().__init__()
        self._pool: DecodePool | None = pool
        self._generation = 0
        self.stack = Stack()
        self.place = 0
        self._places: dict[Key, int] = {}
        self._first = 0
        self._shown_key: Key | None = None
        self._direction = 1
        self._looping = False
        self._bytes = 0
        self._timing = Timing()

    @property
    def path(self) -> Path | None:
        """The file the current picture is in."""
        return self.stack.positions[self.place].slice.path if self.stack.positions else None

    @property
    def clip(self) -> tuple[int, int, Timing]:
        """What playing goes through: its first place, how many, how long each is shown.

        The frames of the current instance, if it has several; else the whole stack.
        """
        places = self.stack.positions
        if not places:
            return 0, 0, Timing()
        current = places[self.place]
        if current.slice.frames > 1:
            return self.place - current.frame, current.slice.frames, self._timing
        return 0, len(places), Timing()

    def forget(self) -> None:
        """There is no stack; frames of the old one that are still decoded are not shown."""
        self._generation += 1
        self.stack, self._places = Stack(), {}
        self.place, self._shown_key, self._direction = 0, None, 1
        self._bytes, self._timing, self._looping = 0, Timing(), False
        if self._pool is not None:
            self._pool.want([])

    def restack(self, stack: Stack, wished: str = "") -> bool:
        """Go through ``stack`` from now on, staying at the current picture.

        Args:
            stack: The same series, grown, or the first there is after :meth:`forget`.
            wished: SOP Instance UID to begin with.

        Returns:
            False if ``wished`` is not in it; there is no stack then.
        """
        current = self.stack.positions[self.place] if self.stack.positions else None
        begin = stack.find(wished) if wished and current is None else 0
        if begin is None:
            self.stack, self._places = Stack(), {}
            return False
        self.stack = stack
        self._places = stack.positions_by_key()
        if current is None:
            self.place = self._first = begin
            self._show()
        else:
            self.place = self._places.get(current.key, 0)
            self.placed.emit(self.place, len(stack.positions))
        return True

    def go_to(self, place: int, *, looping: bool = False) -> None:
        """Go to a picture, counted from 0; ``looping``: after the last one of its clip comes the first.

        What is not decoded yet leaves the old picture until it is.
        """
        self._looping = looping
        if not 0 <= place < len(self.stack.positions) or place == self.place:
            return
        self._direction = 1 if place > self.place or looping else -1
        self.place = place
        self._show()

    def repeat(self) -> None:
        """Wish for the current picture anew, also if it ended decoding processes before."""
        if self._pool is not None and self.stack.positions:
            self._shown_key = None
            self._pool.want([replace(self.request(self.place), again=True)])

    def renew(self, paths: Collection[Path]) -> None:
        """These files came, or came anew: what was shown instead, or of an older one, is no more true."""
        if self._pool is None:
            return
        self._pool.drop(*paths)
        if self.path in paths:
            self._shown_key = None
            self._show()

    def receive(self, frame: Frame) -> None:
        """A frame was decoded."""
        key, place = frame.request.key, self._places.get(frame.request.key)
        if frame.request.generation != self._generation or place is None or key == self._shown_key:
            return
        # where decoding cannot keep up with scrolling, the nearest picture is better than an old one
        shown = self._places.get(self._shown_key) if self._shown_key is not None else None
        near = place == self._first if shown is None else abs(place - self.place) < abs(shown - self.place)
        if near or place == self.place:
            self._say(frame.content, place)

    def request(self, place: int) -> FrameRequest:
        """The wish for a picture of the stack."""
        one = self.stack.positions[place]
        return FrameRequest(generation=self._generation, path=one.slice.path, frame=one.frame)

    def close(self) -> None:
        """Wish for nothing any more, tell nobody."""
        self._pool = None
        self.blockSignals(True)

    def _show(self) -> None:
        """Show what is decoded; wish for the current one, then for what lies near, 3 ahead for 1 behind."""
        if self._pool is None:
            return
        self.placed.emit(self.place, len(self.stack.positions))
        if not self.stack.positions:
            return
        kept = self._pool.store.get(self.request(self.place).key)
        if kept is not None:
            self._say(kept, self.place)
        else:
            self.late.emit(self._shown_key is not None)
        self._wish(self._pool)

    def _wish(self, pool: DecodePool) -> None:
        store = pool.store
        limit = WINDOW if not self._bytes else max(_FEWEST, min(WINDOW, store.limit // 2 // self._bytes))
        first, count, _ = self.clip if self._looping else (0, len(self.stack.positions), Timing())
        near = nearest(self.place - first, count, self._direction, limit, loop=self._looping)
        requests = [self.request(first + place) for place in near]
        missing = [one for one in reversed(requests) if store.get(one.key) is None]  # nearest used last
        pool.want(missing[::-1])

    def _say(self, content: Picture | Card, place: int) -> None:
        self._shown_key = self.request(place).key
        if isinstance(content, Picture):
            self._bytes, self._timing = content.bytes, content.timing
        self.shown.emit(content)
        self.late.emit(place != self.place)
        told = self.stack.positions[place].slice
        if isinstance(content, Picture) and content.frames > told.frames:
            self.longer.emit(told, min(content.frames, MAX_FRAMES))
