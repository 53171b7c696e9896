"""Pictures of the program on screens of several sizes, dark and light, to be looked at.

``python -m tests.screenshots FOLDER`` takes all of them; ``--size 1280x720``, ``--scale 2`` a part.
Each is of the whole screen of an X server of its own with a window manager: what is beside it is missing.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.desktop.x_server import desktop

SCREENS = (
    ("1280x720", 1.0),
    ("1440x900", 1.0),
    ("1920x1080", 1.0),
    ("1920x1080", 1.5),
    ("1440x900", 1.5),
    ("1440x900", 2.0),
)
"""Size in pixels, and how many of them are one of the program's."""


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m tests.screenshots", description=__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--size", metavar="WIDTHxHEIGHT", choices={size for size, _ in SCREENS})
    arguments.add_argument("--scale", type=float, choices={scale for _, scale in SCREENS})
    given = arguments.parse_args()
    statuses = [
        take(given.folder / f"{size}-{scale:.0%}", size, scale)
        for size, scale in SCREENS
        if given.size in (None, size) and given.scale in (None, scale)
    ]
    return max(statuses)


def take(folder: Path, size: str, scale: float) -> int:
    """Take all on one screen; the exit status."""
    width, height = map(int, size.split("x"))
    with tempfile.TemporaryDirectory() as own, desktop(Path(own), width, height) as screen:
        return subprocess.run(
            [sys.executable, "-P", "-m", "tests.screenshots.states", str(folder)],
            env=screen.variables | {"QT_SCALE_FACTOR": str(scale)},
            check=False,
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
