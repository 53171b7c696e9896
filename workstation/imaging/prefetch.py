"""Orders the frames to decode next by their distance from the current one."""

from __future__ import annotations

AHEAD_FOR_BEHIND = 3
"""So many are decoded in the direction of scrolling for one in the other."""


def nearest(position: int, count: int, direction: int, limit: int, *, loop: bool = False) -> list[int]:
    """At most ``limit`` positions of ``count``, the current one first, then by distance.

    Args:
        position: The current one, counted from 0.
        count: How many there are.
        direction: 1 forward, -1 back.
        limit: How many to name.
        loop: The first follows the last; nothing before the current position is wanted.
    """
    found: dict[int, None] = {}
    ahead = behind = 0
    while len(found) < min(limit, count) and ahead + behind <= 4 * count:
        if not loop and ahead >= AHEAD_FOR_BEHIND * (behind + 1):
            behind += 1
            wanted = position - direction * behind
        else:
            wanted = position + direction * ahead
            ahead += 1
        if loop:
            wanted %= count
        if 0 <= wanted < count:
            found[wanted] = None
    return list(found)
