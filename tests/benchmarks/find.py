"""C-FIND of 10,000 rows beside ``findscu``: ``python -m tests.benchmarks.find``.

The rows come from a server that costs nothing.
Ours decodes every row into a match; findscu decodes and prints every row (to /dev/null, as ours keeps none).
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from tests.archives.process import ENVIRONMENT
from tests.benchmarks.canned import serving
from workstation.dicom.criteria import Criteria
from workstation.dicom.nodes import Node
from workstation.operations.sources import Archive
from workstation.stop import Stop

ROUNDS = 7


def ours(port: int) -> int:
    source = Archive(Node("", "CANNED", "127.0.0.1", port), limit=1_000_000)
    return sum(1 for _ in source.search(Criteria(), Stop()))


def findscu(port: int) -> int:
    keys = [part for key in ("QueryRetrieveLevel=STUDY", "PatientName", "StudyDate") for part in ("-k", key)]
    subprocess.run(
        ["findscu", "-S", "-aec", "CANNED", *keys, "127.0.0.1", str(port)],
        env=ENVIRONMENT | {"PATH": "/usr/bin:/bin"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    return 0


def timed(client, port: int) -> float:  # type: ignore[no-untyped-def]
    begun = time.perf_counter()
    client(port)
    return time.perf_counter() - begun


def main() -> int:
    with serving(10_000) as many, serving(1) as one:
        if (count := ours(many)) != 10_000:
            sys.exit(f"{count} of 10000 rows came")
        findscu(many)  # the server has made its answers for both by now
        pairs = []
        for _ in range(ROUNDS):
            pairs.append([timed(client, many) - timed(client, one) for client in (ours, findscu)])
    mine, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(their / own for own, their in pairs)
    print(f"C-FIND, 10,000 rows: ours {mine:.2f} s, findscu {theirs:.2f} s, {ratio:.2f} ×")
    return 0


if __name__ == "__main__":
    sys.exit(main())
