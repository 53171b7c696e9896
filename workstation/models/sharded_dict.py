"""Map hundreds of thousands of keys without a rehash that would stall the GUI thread."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from itertools import chain
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
_PARTS = 256


class _Part(dict[K, V]):
    """A dictionary that garbage collection always tracks.

    Python stops tracking a plain one while it holds only strings, numbers and tuples of them, and tracks it
    again, as a new object, when the next tuple comes. The next collection would then go through all that it
    holds, although it had been kept out of them (:func:`gc.freeze`).
    """

    __slots__ = ()


class ShardedDict(Generic[K, V]):
    """Like a dictionary, in parts that are rehashed one by one where a single one would be as a whole.

    The keys are in no order.

    Attributes:
        parts: Dictionaries that garbage collection always tracks.
    """

    __slots__ = ("parts",)

    def __init__(self) -> None:
        self.parts: list[dict[K, V]] = [_Part() for _ in range(_PARTS)]

    # Which part is written out each time: a call would take as long as the rest. The hash is that of a tuple
    # because numbers in a row would fill all parts alike, which then grew at the same moment.

    def __getitem__(self, key: K) -> V:
        return self.parts[hash((key,)) % _PARTS][key]

    def __setitem__(self, key: K, value: V) -> None:
        self.parts[hash((key,)) % _PARTS][key] = value

    def __delitem__(self, key: K) -> None:
        del self.parts[hash((key,)) % _PARTS][key]

    def __contains__(self, key: K) -> bool:
        return key in self.parts[hash((key,)) % _PARTS]

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    def get(self, key: K) -> V | None:
        """The value of a key; None if there is none."""
        return self.parts[hash((key,)) % _PARTS].get(key)

    def setdefault(self, key: K, value: V) -> V:
        """The value of a key, which is ``value`` if there was none."""
        return self.parts[hash((key,)) % _PARTS].setdefault(key, value)

    def pop(self, key: K) -> V | None:
        """Take a key out; its value, or None if there was none."""
        return self.parts[hash((key,)) % _PARTS].pop(key, None)

    def update(self, others: Mapping[K, V]) -> None:
        """Put all of these in."""
        for key, value in others.items():
            self.parts[hash((key,)) % _PARTS][key] = value

    def values(self) -> Iterator[V]:
        """All values."""
        return chain.from_iterable(part.values() for part in self.parts)
