"""Which pictures will be wanted next."""

from __future__ import annotations

AHEAD_FOR_BEHIND = 3
"""So many are decoded in the direction of scrolling for one in the other."""


def nearest(place: int, count: int, direction: int, limit: int, *, loop: bool = False) -> list[int]:
    """At most ``limit`` places of ``count``, the current one first, then by distance.

    Args:
        place: The current one, counted from 0.
        count: How many there are.
        direction: 1 forward, -1 back.
        limit: How many to name.
        loop: What lies behind the last one is the first; nothing is wanted of what has been passed.
    """
    found: dict[int, None] = {}
    ahead = behind = 0
    while len(found) < min(limit, count) and ahead + behind <= 4 * count:
        if not loop and ahead >= AHEAD_FOR_BEHIND * (behind + 1):
            behind += 1
            wanted = place - direction * behind
        else:
            wanted = place + direction * ahead
            ahead += 1
        if loop:
            wanted %= count
        if 0 <= wanted < count:
            found[wanted] = None
    return list(found)
