"""Expands segmented palettes (PS3.3 C.7.9.2)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_MAX_ENTRIES = 65536


def expanded(words: Sequence[int], count: int) -> npt.NDArray[np.uint16]:
    """The entries of a segmented table, at most ``count``; a broken one gives what comes before the break.

    Args:
        words: Segments as unsigned 16-bit words: 0 discrete, 1 linear, 2 indirect.
        count: Entries the descriptor promises.
    """
    entries: list[int] = []
    _expand(words, 0, len(words), entries, min(count, _MAX_ENTRIES), indirect=False)
    return np.array(entries[:count], np.uint16)


def _expand(
    words: Sequence[int], at: int, segments: int, entries: list[int], count: int, *, indirect: bool
) -> None:
    while segments > 0 and at + 2 <= len(words) and len(entries) < count:
        segments -= 1
        kind, length = words[at], words[at + 1]
        if kind == 0:
            entries.extend(words[at + 2 : at + 2 + length])
            at += 2 + length
        elif kind == 1 and at + 2 < len(words) and entries:
            begin, end = entries[-1], words[at + 2]
            entries.extend(round(begin + (end - begin) * n / length) for n in range(1, length + 1))
            at += 3
        elif kind == 2 and at + 4 <= len(words) and not indirect:  # an indirect segment names no other one
            start = (words[at + 2] | words[at + 3] << 16) // 2
            _expand(words, start, length, entries, count, indirect=True)
            at += 4
        else:
            return
