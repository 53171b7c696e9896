"""Which programs the tests marked ``archives`` and ``screen`` need, and which of them this computer lacks."""

from __future__ import annotations

import os
import shutil

DCMTK = (
    "dcmqridx", "dcmqrscp", "dcmsend", "echoscu", "findscu", "getscu", "movescu", "storescp", "storescu",
    "wlmscpfs",
)  # fmt: skip
ORTHANC = "Orthanc"
NEEDED = {"archives": (*DCMTK, ORTHANC), "screen": ("Xvfb", "openbox", "xdotool")}
"""By the mark of a test."""

DEMANDED = "WORKSTATION_ARCHIVES"
"""Environment variable: ``demanded`` makes a missing program a failure instead of a skip."""

_SBIN = os.pathsep.join(("/usr/sbin", "/usr/local/sbin"))


def find(program: str) -> str | None:
    """Where ``program`` is, or None; Debian keeps Orthanc in a folder that is not on everybody's path."""
    return shutil.which(program) or shutil.which(program, path=_SBIN)


def missing(mark: str) -> list[str]:
    """The programs for tests of a mark that are not here."""
    return [program for program in NEEDED[mark] if find(program) is None]


def demanded() -> bool:
    """Whether leaving tests out is a failure (continuous integration)."""
    return os.environ.get(DEMANDED) == "demanded"
