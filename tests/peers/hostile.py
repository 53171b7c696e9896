"""A peer that keeps to a script up to a byte, and then does something else.

A :class:`Script` is a conversation written down once: what the peer says, and what it waits to hear between.
It can be played as it is, in fragments of any size, with a lie anywhere, or with a *deed* at any byte: leave
(:data:`ENDS`), fall silent, drip, go deaf, flood. Server or client, plain or TLS: it only needs a ``Talk``.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise

from tests.peers import wire
from tests.peers.peer import PATIENCE, Talk

Hear = Callable[[Talk], object]
"""Waits for something our side says: ``Talk.request``, ``Talk.message``, :func:`release_asked`."""

Deed = Callable[[Talk, bytes], object]
"""What happens instead of the rest of the script; given the bytes the peer would have said next."""


class Script:
    """One conversation, from the peer's side.

    Attributes:
        steps: Bytes are said, anything else is heard.
        said: All bytes together.
        boundaries: The offsets in ``said`` at which a PDU begins or ends.
    """

    def __init__(self, *steps: bytes | Hear) -> None:
        self.steps = steps
        self.said = b"".join(step for step in steps if isinstance(step, bytes))
        self.boundaries = list(_boundaries(self.said))

    def inside(self) -> list[int]:
        """An offset in the middle of each PDU, and one in the middle of each PDU's header."""
        pairs = list(pairwise(self.boundaries))
        return [begin + 3 for begin, _ in pairs] + [(begin + 6 + end) // 2 for begin, end in pairs]

    def points(self) -> list[int]:
        """Every boundary, and inside each PDU: in its header and in its body."""
        return sorted({*self.boundaries[:-1], *self.inside()})

    def lying(self, at: int, lie: bytes) -> bytes:
        """All that is said, with the bytes at ``at`` replaced."""
        return self.said[:at] + lie + self.said[at + len(lie) :]

    def play(
        self, talk: Talk, at: int | None = None, deed: Deed | None = None, *, every: int | None = None
    ) -> None:
        """Hold the conversation.

        Args:
            talk: With whom.
            at: How many bytes are said before the deed; None: all, and no deed.
            deed: What is done then.
            every: Say so many bytes at a time.
        """
        said = 0
        for step in self.steps:
            if not isinstance(step, bytes):
                step(talk)
            elif at is None or said + len(step) < at:
                talk.send(step, every=every)
                said += len(step)
            else:
                talk.send(step[: at - said], every=every)
                assert deed is not None
                deed(talk, self.said[at:])
                return


def _boundaries(said: bytes) -> Iterator[int]:
    position = 0
    while position < len(said):
        yield position
        position += 6 + int.from_bytes(said[position + 2 : position + 6], "big")
    yield position


def release_asked(talk: Talk) -> None:
    """Hear our A-RELEASE-RQ."""
    talk.expect(wire.RELEASE_RQ)


def released(talk: Talk) -> None:
    """Hear our answer to the peer's A-RELEASE-RQ, and the end of the connection."""
    talk.expect(wire.RELEASE_RP)
    assert talk.rest() == b""


# --- Deeds -------------------------------------------------------------------------------------------


def abort(talk: Talk, rest: bytes) -> None:
    """A-ABORT, wherever the conversation is; in the middle of a PDU it reads as a part of it."""
    talk.send(wire.abort(2, 0))
    half_close(talk, rest)


def close(talk: Talk, rest: bytes) -> None:
    """Hang up."""
    talk.close()


def reset(talk: Talk, rest: bytes) -> None:
    """Hang up by a reset."""
    talk.reset()


def half_close(talk: Talk, rest: bytes) -> None:
    """Say no more, and listen to the end."""
    with contextlib.suppress(OSError):
        socket.socket.shutdown(talk.sock, socket.SHUT_WR)
    stall(talk, rest)


def stall(talk: Talk, rest: bytes) -> None:
    """Say nothing more, but listen until our side hangs up."""
    with contextlib.suppress(TimeoutError):
        talk.rest()
        return
    raise AssertionError("our side did not hang up")


def dripping(pause: float, drop: bytes = b"") -> Deed:
    """Every ``pause`` seconds a byte of the rest, then of zeros, or a ``drop``, until our side hangs up."""

    def drip(talk: Talk, rest: bytes) -> None:
        wait = threading.Event()
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            for number in range(int(PATIENCE / pause)):
                talk.send(drop or rest[number : number + 1] or b"\0")
                wait.wait(pause)
            raise AssertionError("the drip was not cut")

    return drip


def deaf(until: threading.Event) -> Deed:
    """Neither say nor read anything until the test is over."""

    def wait(talk: Talk, rest: bytes) -> None:
        assert until.wait(PATIENCE), "our side did not give up"

    return wait


def flooding(block: bytes) -> Deed:
    """Say ``block`` over and over until our side hangs up."""

    def flood(talk: Talk, rest: bytes) -> None:
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            while True:
                talk.send(block)

    return flood


ENDS: tuple[Deed, ...] = (abort, close, reset, half_close)
"""All the ways to leave."""


def offsets(script: Script, first: int = 64) -> list[int]:
    """Every byte of the first ones, and each PDU boundary."""
    return sorted({*range(first), *script.boundaries})
