"""Fetching and sending over a long wire, beside DCMTK: python -m tests.benchmarks.wan; a Markdown table.

Two network namespaces of this computer are joined by a program that delays, limits and loses packets
(tests/benchmarks/wire/wire.c). The archive, DCMTK's, is in one; our program and DCMTK's run in the other,
each as a command, one after the other. All DCMTK programs have TCP_NODELAY=1. Printed first is what the wire
carries with neither delay nor limit. A run counts from its first connection to its end; what came before is
its start. A ratio is DCMTK's time by ours. CPU is that of the program, less what it needs for one object, for
each GB of pixels. TCP is what one and eight plain connections carry over the same wire, without DICOM;
dropped are packets that found the queue of the wire full, with ours and with DCMTK's program. A row does not
count where the wire alone carries less than 1.2 times its line rate.

Linux, as root; exit status 2 where the wire cannot be had. Everything takes about four hours, most of them
with DCMTK's programs over 150 ms and with losses; --loss 0 takes an hour and a half, --quick some minutes.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import platform
import signal
import statistics
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.benchmarks.wire import clients
from tests.benchmarks.wire.clients import Site, run, site
from tests.benchmarks.wire.emulator import NoWire, Shape, Wire, check, plain_tcp, several_tcp, wire
from tests.benchmarks.wire.rows import HEAD, SERVICES, Ceiling, Row, Took, line, parser, plan

_TCP_BYTES = 200_000_000
_TCP_SECONDS = 10.0
_RMEM_MAX = Path("/proc/sys/net/core/rmem_max")


def main() -> int:
    asked = parser(__doc__).parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the archives end, too
    try:
        check(clients.DCMTK)
        with tempfile.TemporaryDirectory() as name, rmem_max(asked.rmem_max), wire(Path(name)) as made:
            made.control_congestion(asked.congestion)
            if asked.tcp_rmem:
                made.set("tcp_rmem", asked.tcp_rmem)
            measure(Path(name), made, asked)
    except NoWire as reason:
        print(reason, file=sys.stderr)
        return 2
    return 0


@contextlib.contextmanager
def rmem_max(size: int | None) -> Iterator[None]:
    """Change net.core.rmem_max of this computer meanwhile; None: leave it."""
    before = _RMEM_MAX.read_text()
    try:
        if size is not None:
            _RMEM_MAX.write_text(str(size))
        yield
    finally:
        if size is not None:
            _RMEM_MAX.write_text(before)


def measure(folder: Path, made: Wire, asked: argparse.Namespace) -> None:
    """Print all of it."""
    ceiling = statistics.median(plain_tcp(made, _TCP_BYTES, _TCP_SECONDS) for _ in range(5))
    kept = ("ipv4/tcp_rmem", "ipv4/tcp_wmem", "core/rmem_max")
    settings = ", ".join(f"{name.rpartition('/')[2]} {made.setting(name)}" for name in kept)
    print(f"Linux {platform.release()}, TCP {asked.congestion}, {settings}.")
    queue = f"{asked.queue:,} bytes" if asked.queue else "of one round trip"
    print(f"Line {asked.rate or 'of unlimited'} Mbit/s, queue {queue}, seed {asked.seed}.")
    print(f"The wire alone, with neither delay, limit nor loss: {ceiling:,.0f} Mbit/s of plain TCP.")
    rows = plan(asked)
    with site(folder, made, [row.objects for row in rows], asked.library) as here:
        names = dict.fromkeys(name for row in rows for name in programs(row))
        start = {name: first_run(made, here, name, asked.longest) for name in names}
        print(f"\n{HEAD}", flush=True)
        tcp: dict[Shape, Ceiling] = {}
        for _, group in itertools.groupby(rows, lambda row: (row.service, row.shape, row.objects)):
            for row, ours, theirs in compared(made, here, list(group), asked):
                if row.shape not in tcp:
                    tcp[row.shape] = carried(made, row.shape)
                mine, other = programs(row)
                took = (less(ours, start[mine]), less(theirs, start[other]))
                print(line(row, *took, tcp[row.shape], ceiling), flush=True)


def first_run(made: Wire, here: Site, name: str, longest: float) -> float:
    """CPU seconds of a program that moves one object; run twice, so that all is loaded."""
    return [run(made, here, name, clients.ONE, Shape(), longest).cpu for _ in range(2)][-1]


def less(took: Took, cpu: float) -> Took:
    return replace(took, cpu=max(0.0, took.cpu - cpu))


def carried(made: Wire, shape: Shape) -> Ceiling:
    """What plain TCP carries over the wire."""
    made.shape(shape)
    one = plain_tcp(made, _TCP_BYTES, _TCP_SECONDS)
    return Ceiling(one, several_tcp(made, _TCP_BYTES // 8, _TCP_SECONDS, 8))


def compared(
    made: Wire, here: Site, rows: list[Row], asked: argparse.Namespace
) -> Iterator[tuple[Row, Took, Took]]:
    """Rows that differ in our associations only, with what ours and DCMTK's took, which runs once for all."""
    mine, other = programs(rows[0])
    runs: dict[Row | None, list[Took]] = {row: [] for row in (*rows, None)}
    for number in range(asked.rounds):
        for row in list(runs)[:: 1 if number % 2 == 0 else -1]:
            name, further = (other, []) if row is None else (mine, row.ours)
            took = run(made, here, name, rows[0].objects, rows[0].shape, asked.longest, further)
            runs[row].append(took)
    for row in rows:
        yield row, median(runs[row]), median(runs[None])


def programs(row: Row) -> tuple[str, str]:
    """Ours, as the command line calls it, and DCMTK's."""
    return row.service, SERVICES[row.service][1].split()[0]


def median(runs: list[Took]) -> Took:
    """The medians; a failure is one of all."""
    for took in runs:
        if took.failure:
            return took
    return Took(
        statistics.median(one.seconds for one in runs),
        statistics.median(one.cpu for one in runs),
        statistics.median(one.start for one in runs),
        statistics.median_low(one.dropped for one in runs),
    )


if __name__ == "__main__":
    sys.exit(main())
