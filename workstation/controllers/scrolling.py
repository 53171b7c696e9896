"""Scrolls through the pictures of one series, and has those near the current one decoded."""

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
"""Pictures decoded around the current one, if they take at most half of the frame cache."""
_FEWEST = 4


class Scrolling(QObject):
    """Goes through a stack; the pool decodes what is requested.

    Signals:
        shown: A :class:`Picture` or :class:`Card` of the stack.
        placed: Which picture, counted from 0, of how many.
        late: Whether what is shown is not yet the picture at that position, but one near it.
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
        self.position = 0
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
        return self.stack.positions[self.position].slice.path if self.stack.positions else None

    @property
    def key(self) -> Key | None:
        """The current picture; None: there is none."""
        return self.stack.positions[self.position].key if self.stack.positions else None

    @property
    def clip(self) -> tuple[int, int, Timing]:
        """What playing goes through: the first position, how many, how long each is shown.

        The frames of the current instance, if it has several; else the whole stack.
        """
        places = self.stack.positions
        if not places:
            return 0, 0, Timing()
        current = places[self.position]
        if current.slice.frames > 1:
            return self.position - current.frame, current.slice.frames, self._timing
        return 0, len(places), Timing()

    def forget(self) -> None:
        """Go through no stack; frames of the old one that are still being decoded are not shown."""
        self._generation += 1
        self.stack, self._places = Stack(), {}
        self.position, self._shown_key, self._direction = 0, None, 1
        self._bytes, self._timing, self._looping = 0, Timing(), False
        if self._pool is not None:
            self._pool.want([])

    def restack(self, stack: Stack, first_uid: str = "", last_seen: Key | None = None) -> bool:
        """Go through ``stack`` from now on, staying at the current picture.

        Args:
            stack: The same series, grown, or the first there is after :meth:`forget`.
            first_uid: SOP Instance UID to begin with.
            last_seen: Without it, the picture to begin with, if it is still there.

        Returns:
            False if ``first_uid`` is not in it; there is no stack then.
        """
        current = self.stack.positions[self.position] if self.stack.positions else None
        begin = stack.find(first_uid) if first_uid and current is None else 0
        if begin is None:
            self.stack, self._places = Stack(), {}
            return False
        self.stack = stack
        self._places = stack.positions_by_key()
        if current is None:
            if not first_uid and last_seen is not None:
                begin = self._places.get(last_seen, 0)
            self.position = self._first = begin
            self._show()
        else:
            self.position = self._places.get(current.key, 0)
            self.placed.emit(self.position, len(stack.positions))
        return True

    def go_to(self, position: int, *, looping: bool = False) -> None:
        """Go to a picture, counted from 0; ``looping``: after the last one of its clip comes the first.

        What is not decoded yet leaves the old picture until it is.
        """
        self._looping = looping
        if not 0 <= position < len(self.stack.positions) or position == self.position:
            return
        self._direction = 1 if position > self.position or looping else -1
        self.position = position
        self._show()

    def repeat(self) -> None:
        """Request the current picture anew, also if it ended decoding processes before."""
        if self._pool is not None and self.stack.positions:
            self._shown_key = None
            self._pool.want([replace(self.request(self.position), again=True)])

    def renew(self, paths: Collection[Path]) -> None:
        """Drop what was decoded of these files, which came anew; one that is on show is shown again.

        A frame of them may be on its way here, decoded before: none from before counts any more.
        """
        if self._pool is None:
            return
        self._pool.drop(*paths)
        if any((str(path), 0) in self._places for path in paths):
            self._generation += 1
            if self.path in paths:
                self._shown_key = None
            self._show()

    def receive(self, frame: Frame) -> None:
        """Show a decoded frame, if it is nearer to the current position than what is shown."""
        key, position = frame.request.key, self._places.get(frame.request.key)
        if frame.request.generation != self._generation or position is None or key == self._shown_key:
            return
        # where decoding cannot keep up with scrolling, the nearest picture is better than an old one
        shown = self._places.get(self._shown_key) if self._shown_key is not None else None
        off = abs(position - self.position)
        near = position == self._first if shown is None else off < abs(shown - self.position)
        if near or position == self.position:
            self._emit(frame.content, position)

    def request(self, position: int) -> FrameRequest:
        """The request for a picture of the stack."""
        one = self.stack.positions[position]
        return FrameRequest(generation=self._generation, path=one.slice.path, frame=one.frame)

    def close(self) -> None:
        """Request and emit nothing more."""
        self._pool = None
        self.blockSignals(True)

    def _show(self) -> None:
        """Show what is decoded; request the current one, then those near it: 3 ahead for 1 behind."""
        if self._pool is None:
            return
        self.placed.emit(self.position, len(self.stack.positions))
        if not self.stack.positions:
            return
        kept = self._pool.store.get(self.request(self.position).key)
        if kept is not None:
            self._emit(kept, self.position)
        else:
            self.late.emit(self._shown_key is not None)
        self._request_near(self._pool)

    def _request_near(self, pool: DecodePool) -> None:
        store = pool.store
        limit = WINDOW if not self._bytes else max(_FEWEST, min(WINDOW, store.limit // 2 // self._bytes))
        first, count, _ = self.clip if self._looping else (0, len(self.stack.positions), Timing())
        near = nearest(self.position - first, count, self._direction, limit, loop=self._looping)
        requests = [self.request(first + position) for position in near]
        missing = [one for one in reversed(requests) if store.get(one.key) is None]  # nearest used last
        pool.want(missing[::-1])

    def _emit(self, content: Picture | Card, position: int) -> None:
        self._shown_key = self.request(position).key
        if isinstance(content, Picture):
            self._bytes, self._timing = content.bytes, content.timing
        self.shown.emit(content)
        self.late.emit(position != self.position)
        one = self.stack.positions[position].slice
        if isinstance(content, Picture) and content.frames > one.frames:
            self.longer.emit(one, min(content.frames, MAX_FRAMES))
