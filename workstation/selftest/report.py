"""Prints one line for each check as soon as it is done."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


class CheckFailed(Exception):
    """A check failed; the text is the reason."""


@dataclass(slots=True)
class CheckNote:
    """What a check adds to its line."""

    detail: str = ""


class CheckReport:
    """Prints the result of each check.

    Attributes:
        passed: How many went well.
        failed: How many did not.
    """

    def __init__(self) -> None:
        self.passed = self.failed = 0

    @contextmanager
    def check(self, name: str) -> Iterator[CheckNote]:
        """Run the block as the check ``name``: whatever it raises is its failure, and goes no further."""
        with self.part(name):
            seen, begun = CheckNote(), time.monotonic()
            yield seen
            self.passed += 1
            detail = f": {seen.detail}" if seen.detail else ""
            say(f"ok      {name}{detail} ({(time.monotonic() - begun) * 1000:.0f} ms)")

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Run the block, which does checks of its own; says only what goes wrong outside of these."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - a broken installation may raise anything, anywhere
            self.failed += 1
            detail = getattr(error, "detail", "")
            say(f"FAILED  {name}: {type(error).__name__}: {error} {detail}".rstrip())


def say(line: str) -> None:
    """Print a line; does nothing in a program without standard output."""
    if sys.stdout is not None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
