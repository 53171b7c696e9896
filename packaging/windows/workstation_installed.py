"""Starts the installed Windows program: sets up what an installation has and a checkout has not."""

from __future__ import annotations

import sys
from pathlib import Path

FOLDER = Path(sys.executable).parent


def main() -> int:
    """Run the program; ``precompile`` is the installer's own word."""
    sys.frozen = "windows"  # type: ignore[attr-defined] # sys.executable is the program itself
    if sys.argv[1:] == ["precompile"]:
        return precompile()
    try:
        from workstation.__main__ import main as run

        return run()
    except Exception as error:  # the outermost frame
        if sys.stderr is not None:
            raise
        complain(f"{type(error).__name__}: {error}")
        return 1


def precompile() -> int:
    """Translate every module once, where later nobody may write.

    The files never change between two installations, so nothing compares their times at each start.
    """
    import compileall
    from py_compile import PycInvalidationMode

    unchecked = PycInvalidationMode.UNCHECKED_HASH
    return 0 if compileall.compile_dir(FOLDER / "Lib", quiet=2, invalidation_mode=unchecked) else 1


def complain(words: str) -> None:
    """A window is all that a program without a console has."""
    import ctypes

    ok_and_error = 0x10
    ctypes.windll.user32.MessageBoxW(None, words, "Workstation cannot start", ok_and_error)  # type: ignore[attr-defined]


if __name__ == "__main__":
    sys.exit(main())
