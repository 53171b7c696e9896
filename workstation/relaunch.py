"""How this program starts itself again as a child: from a checkout, an installation, a frozen product."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

NO_WINDOW = getattr(subprocess, "CREATE_NO_WINDOW", 0)
"""Creation flags of a child: on Windows without a console of its own."""


def command() -> list[str]:
    """The beginning of the command line; the words of a sub-command follow."""
    if getattr(sys, "frozen", False):
        # The window's own executable has no console on Windows; the one beside it has.
        beside = Path(sys.executable).with_name("workstation-cli.exe")
        return [str(beside if beside.exists() else sys.executable)]
    return [sys.executable, "-P", "-m", "workstation"]


def environment() -> dict[str, str]:
    """The variables of this process, and where the child finds this package."""
    package = str(Path(__file__).parents[1])
    path = os.pathsep.join(each for each in (package, os.environ.get("PYTHONPATH", "")) if each)
    return os.environ | {"PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"}
