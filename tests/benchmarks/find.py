"""C-FIND of 10,000 rows beside ``findscu``: ``python -m tests.benchmarks.find``.

The rows come from a server that costs nothing.
Ours decodes every row into a match; findscu decodes and prints every row (to /dev/null, as ours keeps none).
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

from tests.archives.process import ENVIRONMENT
from tests.benchmarks.canned import serving
from tests.benchmarks.race import HEAD, line, race, timed
from workstation.dicom.criteria import Criteria
from workstation.dicom.nodes import Node
from workstation.operations.sources import Archive
from workstation.stop import Stop

OURS, FINDSCU = "C-FIND", "findscu"
ROWS = 10_000


def lines(rounds: int) -> Iterator[str]:
    """The line of the table."""
    with serving(ROWS) as many, serving(1) as one:
        if (count := ours(many)) != ROWS:
            sys.exit(f"{count} of {ROWS} rows came")
        findscu(many)  # the server has made its answers for both by now
        laps = race(
            {
                OURS: lambda whole: timed(lambda: ours(many if whole else one)),
                FINDSCU: lambda whole: timed(lambda: findscu(many if whole else one)),
            },
            rounds,
        )
    yield line(f"C-FIND, {ROWS:,} rows, every row decoded", laps, OURS, FINDSCU)


def ours(port: int) -> int:
    """How many rows a search brings, as the window makes it."""
    source = Archive(Node(name="", ae_title="CANNED", host="127.0.0.1", port=port), limit=1_000_000)
    return sum(1 for _ in source.search(Criteria(), Stop()))


def findscu(port: int) -> None:
    """DCMTK's client, for the same rows."""
    keys = [part for key in ("QueryRetrieveLevel=STUDY", "PatientName", "StudyDate") for part in ("-k", key)]
    subprocess.run(
        ["findscu", "-S", "-aec", "CANNED", *keys, "127.0.0.1", str(port)],
        env=ENVIRONMENT | {"PATH": "/usr/bin:/bin"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )


if __name__ == "__main__":
    print(HEAD, *lines(7), sep="\n")
