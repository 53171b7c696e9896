"""The only entry: decides between window and command line, then imports just that one."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence

_FLAGS = frozenset({"--demo"})
_WITH_VALUE = frozenset({"--home", "--quit-after-ms"})


def wants_window(arguments: Sequence[str]) -> bool:
    """Whether these arguments ask for the window: nothing but its own options, or ``open``."""
    rest = iter(arguments)
    for argument in rest:
        if argument in _WITH_VALUE:
            next(rest, None)
        elif argument not in _FLAGS and argument.partition("=")[0] not in _WITH_VALUE:
            return argument == "open"
    return True


def main() -> int:
    """The console script ``workstation``, and ``python -m workstation``."""
    arguments = sys.argv[1:]
    if wants_window(arguments):
        return window()
    if arguments[0] == "decode-worker":
        from workstation.imaging.worker import main as decode

        return decode(arguments[1:])
    if arguments[0] == "selftest":
        from workstation.selftest.main import main as selftest

        return selftest(arguments[1:])
    from workstation.cli.main import main as command_line

    return command_line(arguments)


def window() -> int:
    """The GUI script ``workstation-window``, which has no console on Windows."""
    gc.disable()  # what is imported and built now stays: looking for garbage is left for later
    from workstation.app.start import start

    return start(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
