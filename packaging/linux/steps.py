"""Runs other programs as steps of the build, under constant conditions."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from product import BuildFailed, moment


def fixed() -> dict[str, str]:
    """Our variables with the seed and the moment: what is hashed and stamped is the same each time.

    The modules stay uncompressed: they are read faster then, and xz packs them better.
    """
    return os.environ | {
        "PYTHONHASHSEED": "0",
        "SOURCE_DATE_EPOCH": str(moment()),
        "PYINSTALLER_ZLIB_COMPRESSION_LEVEL": "0",
    }


def run(command: list[str]) -> None:
    """Run one step to its end.

    Raises:
        BuildFailed: It failed, or there is no such program.
    """
    try:
        subprocess.run(command, env=fixed(), check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise BuildFailed(f"{Path(command[0]).name} failed: {error}") from error
