"""``workstation selftest``; exit status 0: the installation is whole, 1: it is not, 2: bad usage."""

from __future__ import annotations

from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    """Check the installation, or be what its start is compared with; the exit status."""
    if "--empty-window" in arguments:
        from workstation.selftest.empty_window import show

        return show()
    from workstation.selftest.checks import run

    return run(arguments)
