"""Finds and makes the folders of this program; no other module knows where files are."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from workstation.errors import NotWritable

HOME_VARIABLE = "WORKSTATION_HOME"
_NAME = "workstation"


@dataclass(frozen=True, slots=True)
class Folders:
    """Four folders, each readable by their owner only, and the files in them.

    Attributes:
        config: What the user set.
        data: What must not be lost: the library, the plans, and the marks of studies.
        cache: What can be made again.
        logs: The rotating log.
    """

    config: Path
    data: Path
    cache: Path
    logs: Path

    @property
    def settings(self) -> Path:
        """The preferences."""
        return self.config / "settings.json"

    @property
    def nodes(self) -> Path:
        """The configured nodes, without passcodes."""
        return self.config / "nodes.json"

    @property
    def searches(self) -> Path:
        """The searches the user saved."""
        return self.config / "searches.json"

    @property
    def learnt(self) -> Path:
        """What was learnt about archives."""
        return self.config / "learnt.json"

    @property
    def window(self) -> Path:
        """How the window looked: geometry, columns, splitters."""
        return self.config / "window.json"

    @property
    def library(self) -> Path:
        """The default library; a preference may name another folder."""
        return self.data / "library"

    @property
    def running(self) -> Path:
        """Where the running window is found; made with the others."""
        return self.data / "running"

    @property
    def plans(self) -> Path:
        """The plans of transfers."""
        return self.data / "plans.db"

    @property
    def marks(self) -> Path:
        """Labels, notes and pins of studies."""
        return self.data / "marks.db"


def folders(home: Path | None = None) -> Folders:
    """Return the folders of the user, creating those that are missing.

    Args:
        home: Put everything under this folder; without it the environment variable
            ``WORKSTATION_HOME`` is asked, then the platform's conventions.

    Raises:
        NotWritable: A folder can be neither found nor made.
    """
    if home is None and os.environ.get(HOME_VARIABLE):
        home = Path(os.environ[HOME_VARIABLE])
    found = _under(home.expanduser().absolute()) if home is not None else _of_the_platform()
    for folder in (found.config, found.data, found.cache, found.logs, found.running):
        _make_private(folder)
    return found


def _under(home: Path) -> Folders:
    return Folders(home / "config", home / "data", home / "cache", home / "logs")


def _of_the_platform() -> Folders:
    dirs = platformdirs.PlatformDirs(_NAME, appauthor=False, roaming=False)
    config, data, cache = dirs.user_config_path, dirs.user_data_path, dirs.user_cache_path
    if config == data:  # Windows and macOS have one folder for both; clearing one must spare the other
        config, data = config / "config", data / "data"
    return Folders(config, data, cache, dirs.user_log_path)


def _make_private(folder: Path) -> None:
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            folder.chmod(0o700)
    except OSError as error:
        raise NotWritable(str(folder), error.strerror or str(error)) from error
