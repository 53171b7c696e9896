"""Where the shipped pictures and texts lie, installed or in a checkout."""

from __future__ import annotations

from pathlib import Path


def resource(name: str) -> Path:
    """The path of a shipped resource, ``name`` relative to the resources folder.

    Raises:
        FileNotFoundError: No such resource; a broken installation or a bug of ours.
    """
    here = Path(__file__).parent
    installed = here / "_resources"
    path = (installed if installed.is_dir() else here.parent / "resources") / name
    if not path.is_file():
        raise FileNotFoundError(path)
    return path
