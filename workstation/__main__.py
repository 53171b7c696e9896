"""The only entry: decides between window and command line, then imports just that one."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from pathlib import Path

from workstation.cli_commands import COMMANDS, FLAGS, WITH_VALUE, command_at


def wants_window(arguments: Sequence[str]) -> bool:
    """Whether these arguments ask for the window: its own options only, or files to open.

    Files follow ``open``, or the first is there and has no command's name.
    """
    index = command_at(arguments)
    if index is not None:
        return arguments[index] == "open" or (
            arguments[index] not in COMMANDS and Path(arguments[index]).exists()
        )
    names = {argument.partition("=")[0] for argument in arguments if argument.startswith("-")}
    return names <= FLAGS | WITH_VALUE


def main() -> int:
    """The console script ``workstation``, and ``python -m workstation``."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["decode-worker"]:
        from workstation.imaging.start_worker import main as decode

        return decode(arguments[1:])
    if wants_window(arguments):
        return window()
    index = command_at(arguments)
    if index is not None and arguments[index] == "selftest":
        from workstation.selftest.main import main as selftest

        return selftest([*arguments[:index], *arguments[index + 1 :]])
    from workstation.cli.main import main as command_line

    status = command_line(arguments)
    gc.freeze()  # else the interpreter looks through all of it before it ends, for 0.1 s
    return status


def window() -> int:
    """The GUI script ``workstation-window``, which has no console on Windows."""
    gc.disable()  # what is imported and built now stays: looking for garbage is left for later
    from workstation.app.start import start

    return start(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
