"""Parses the arguments and looks for a window that is open already; without Qt, to be quick."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from workstation.app.single_instance import LaunchRequest, LaunchResult, claim_or_forward
from workstation.errors import WorkstationError
from workstation.settings.folders import folders


def start(arguments: Sequence[str]) -> int:
    """Show the window, or hand the request to the one that is open; the exit status."""
    options = parse(arguments)
    request = LaunchRequest(tuple(str(path.absolute()) for path in options.paths), options.demo)
    try:
        launch = claim_or_forward(folders(options.home).running, request)
    except WorkstationError:
        launch = LaunchResult(None, handed_over=False)  # the window will show the error
    if launch.handed_over:
        return _report_not_shown(options.paths) if options.paths else 0
    from workstation.app.pyside_import_patch import import_unscanned

    import_unscanned()
    from workstation.app.main import main

    return main(options, request, launch.first_instance)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the arguments; ends the program if they are wrong."""
    parser = argparse.ArgumentParser(
        prog="workstation", description="A DICOM query/retrieve workstation.", allow_abbrev=False
    )
    parser.add_argument("--home", type=Path, metavar="DIR", help="keep everything below this folder")
    parser.add_argument("--demo", action="store_true", help="with a demo archive of invented patients")
    parser.add_argument("paths", nargs="*", type=Path, metavar="[open] PATH", help="files, folders, DICOMDIR")
    parser.add_argument("--quit-after-ms", type=int, metavar="N", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    paths: list[Path] = options.paths
    if paths and str(paths[0]) == "open":
        del paths[0]
    elif paths and not paths[0].exists():
        parser.error(f"“{paths[0]}” is neither a command of the window nor a file; write “open {paths[0]}”")
    return options


def _report_not_shown(paths: Sequence[Path]) -> int:
    """Write why the open window has nothing new to show, and return 1; else 0."""
    from workstation.operations.opened_files import look_into
    from workstation.stop import Stop

    found = look_into(paths, Stop())
    if found.shown:
        return 0
    lines = [f"{one.name}: {one.reason}." for one in found.skipped]
    if not lines:
        lines = [f"There is no DICOM file among {found.looked_at} files."]
    if sys.stderr is not None:  # without a console only the window shows it
        sys.stderr.write("".join(f"{line}\n" for line in lines))
    return 1
