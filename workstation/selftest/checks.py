"""Runs all checks; each imports what it checks, so that a failing import is a failed check."""

from __future__ import annotations

import argparse
import faulthandler
import logging
import os
import platform
import sys
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path

import workstation
from workstation.selftest.report import CheckFailed, CheckReport, say
from workstation.settings.folders import HOME_VARIABLE

TIMEOUT = 180.0
"""Seconds after which it gives up and tells where it hung."""


def run(arguments: Sequence[str]) -> int:
    """Check everything and say so, one line each; the exit status."""
    options = _parse(arguments)
    if options.home is not None:
        os.environ[HOME_VARIABLE] = options.home  # for children, too
    if sys.stderr is not None:
        faulthandler.dump_traceback_later(TIMEOUT, exit=True)
    warnings.simplefilter("ignore")  # libraries warn of values they meet
    logging.getLogger("workstation").addHandler(logging.NullHandler())
    say(f"Workstation {workstation.__version__}, Python {platform.python_version()}, {sys.platform}")
    report = CheckReport()
    with tempfile.TemporaryDirectory(prefix="workstation-selftest-", ignore_cleanup_errors=True) as folder:
        _parts(report, Path(folder), options.platform)
    faulthandler.cancel_dump_traceback_later()
    if report.failed:
        say(f"{report.failed} checks failed, {report.passed} passed: this installation is not whole.")
        return 1
    say(f"All {report.passed} checks passed.")
    return 0


def _parts(report: CheckReport, folder: Path, screen: str) -> None:
    with report.check("libraries") as seen:
        seen.detail = _libraries()
    with report.check("all parts of the program") as seen:
        seen.detail = f"{_modules()} modules"
    with report.check("keyring") as seen:
        seen.detail = _keyring()
    with report.part("codecs"):
        from workstation.selftest.codecs import check_codecs

        check_codecs(report)
    with report.part("network"):
        from workstation.selftest.network import check_network

        check_network(report, folder)
    with report.part("screen"):
        from workstation.selftest.screen import check_screen

        check_screen(report, screen)


def _libraries() -> str:
    import ssl

    import imagecodecs
    import numpy
    import pydicom
    import pynetdicom
    import PySide6

    named = {
        "Qt": PySide6.__version__,
        "numpy": numpy.__version__,
        "pydicom": pydicom.__version__,
        "pynetdicom": pynetdicom.__version__,
        "imagecodecs": imagecodecs.__version__,
    }
    # As the bill of materials names them: "libjpeg_turbo 3.1.3/8.0" is libjpeg-turbo 3.1.3.
    inside = (
        told().partition("/")[0].replace("_", "-")
        for told in (
            imagecodecs.jpeg8_version,
            imagecodecs.jpegls_version,
            imagecodecs.jpeg2k_version,
            imagecodecs.htj2k_version,
        )
    )
    return ", ".join(
        [*(f"{name} {version}" for name, version in named.items()), *inside, ssl.OPENSSL_VERSION]
    )


def _modules() -> int:
    """Import every module of ours; how many there are."""
    import importlib
    import pkgutil

    names = [found.name for found in pkgutil.walk_packages(workstation.__path__, "workstation.")]
    for name in names:
        if not name.endswith("__main__"):
            importlib.import_module(name)
    return len(names)


def _keyring() -> str:
    """Load what speaks with the keyrings of this system, which is found by name; none has to be running."""
    import importlib.util
    from importlib.metadata import entry_points

    if importlib.util.find_spec("keyring") is None:
        return "left out; passcodes are asked for"
    wanted = {"linux": "SecretService", "win32": "Windows", "darwin": "macOS"}.get(sys.platform, "")
    found = [each for each in entry_points(group="keyring.backends") if each.name == wanted]
    if not found:
        raise CheckFailed(f"it lacks {wanted}")
    found[0].load()
    if sys.platform == "linux":
        importlib.import_module("secretstorage")  # the one before does without, in silence
    return wanted


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="workstation selftest",
        description="Check that this installation is whole: everything a package may lack is used once.",
        allow_abbrev=False,
    )
    parser.add_argument("--platform", default="", metavar="NAME", help="Qt’s screen: offscreen, xcb, windows")
    parser.add_argument("--home", metavar="DIR", help="settings, library and logs are there")
    return parser.parse_args(arguments)
