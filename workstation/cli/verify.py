"""``workstation verify``: compare the files of the library with its index."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from workstation.cli.output import printable
from workstation.dicom.display import size

if TYPE_CHECKING:
    from workstation.cli.session import Session
    from workstation.store.library import Library
    from workstation.store.verify import Flaw, VerifyResult

SUMMARY = "Check that each file of the library is in its index, and unchanged"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``verify``."""
    parser.add_argument(
        "--thorough", action="store_true", help="read every byte, to find files that the disk has damaged"
    )
    parser.add_argument(
        "--repair",
        action="store_true",
        help="move broken files to the quarantine, and rebuild the index",
    )


def run(session: Session) -> int:
    """Verify, repair if asked to and verify again; print a line for each flaw."""
    output = session.output
    with session.library(write=session.arguments.repair) as library:
        found = _verified(session, library)
        for flaw in (*found.flaws, *found.doubtful):
            _print_flaw(session, flaw)
        if found.flaws and session.arguments.repair:
            with output.progress("Rebuilding the index", json=False) as report:
                library.rebuild(report, session.stop)
            found = _verified(session, library)
    flaws = len(found.flaws)
    if output.json:
        state = "failed" if flaws else "complete"
        counts = {"files": found.files, "bytes": found.bytes, "flaws": flaws, "doubtful": len(found.doubtful)}
        output.value({"state": state, **counts})
    else:
        count = f"{found.files} file{'' if found.files == 1 else 's'}, {size(found.bytes)}"
        doubtful = f", {len(found.doubtful)} doubtful" if found.doubtful else ""
        output.result(f"{count}: {'all in order' if not flaws else f'{flaws} not in order'}{doubtful}.")
    return 1 if flaws else 0


def _verified(session: Session, library: Library) -> VerifyResult:
    from workstation.store.verify import verify

    with session.output.progress("Checking the files") as report:
        return verify(library.root, library.index, report, session.stop, thorough=session.arguments.thorough)


def _print_flaw(session: Session, flaw: Flaw) -> None:
    if session.output.json:
        session.output.value({"file": flaw.name, "fault": flaw.kind.value, "reason": flaw.reason})
    else:
        session.output.result(f"{printable(flaw.name)}: {flaw.reason}")
