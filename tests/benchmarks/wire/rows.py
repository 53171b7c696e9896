"""Which rows ``python -m tests.benchmarks.wan`` measures, and how its table shows them."""

from __future__ import annotations

import argparse
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.benchmarks.wire.emulator import Shape

SERVICES = {"get": ("C-GET", "getscu +B"), "move": ("C-MOVE", "movescu +P"), "send": ("sending", "storescu")}
"""What each service is called, and DCMTK's program beside ours."""

ENOUGH = 1.2
"""A row counts when the wire alone carries so many times what the row asks of it."""

_UNITS = {"KB": 1_000, "MB": 1_000_000}
_OBJECTS = re.compile(r"([1-9][0-9]{0,5})x([0-9]{1,4}(?:\.[0-9]{1,3})?)(KB|MB)", re.IGNORECASE)


@dataclass(frozen=True)
class Objects:
    """A study of ``count`` images, each with ``size`` bytes of pixels."""

    count: int
    size: int

    @property
    def side(self) -> int:
        """Rows and columns of a square image of 16 bits that comes closest to the size."""
        return max(1, round((self.size / 2) ** 0.5))

    @property
    def bits(self) -> int:
        return self.count * self.side**2 * 2 * 8

    def __str__(self) -> str:
        unit = "MB" if self.size >= 100_000 else "KB"
        return f"{self.count:,} × {self.size / _UNITS[unit]:g} {unit}"


def objects(text: str) -> Objects:
    """The study written as 400x0.5MB or 2000x20KB; ValueError if it is none."""
    found = _OBJECTS.fullmatch(text)
    if found is None:
        raise ValueError(f"not a study: {text!r}")
    size = round(float(found[2]) * _UNITS[found[3].upper()])
    if not 2 <= size <= 1_000_000_000:
        raise ValueError(f"not a study: {text!r}")
    return Objects(int(found[1]), size)


@dataclass(frozen=True)
class Row:
    """One line of the table: a service, a study, a wire, and over how many associations ours does it.

    Attributes:
        associations: Of our program; None: as it does by itself.
    """

    service: str
    objects: Objects
    shape: Shape
    associations: int | None = None

    @property
    def ours(self) -> list[str]:
        """The arguments of our program for it."""
        return [] if self.associations is None else ["--associations", str(self.associations)]


@dataclass(frozen=True)
class Took:
    """One run of a program.

    Attributes:
        seconds: What it took from its first connection to its end.
        cpu: Seconds of the processor, of all of it; less what one object took, the start of the program.
        start: Seconds from its start to its first connection.
        dropped: Packets for which the queue of the wire had no room.
        failure: Why the run is worth nothing; empty: it is.
    """

    seconds: float
    cpu: float
    start: float = 0
    dropped: int = 0
    failure: str = ""


SETS = ("400x0.5MB", "6x32MB", "2000x20KB")
FEW_SETS = ("100x0.5MB", "2x32MB", "200x20KB")


def parser(description: str | None) -> argparse.ArgumentParser:
    """The arguments of the command."""
    made = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.wan",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )

    def several(option: str, kind: Any, default: Sequence[Any], words: str, **more: Any) -> None:
        made.add_argument(option, nargs="+", type=kind, default=None, help=words, **more)
        made.set_defaults(**{f"all_{option[2:]}": default})

    several("--services", str, list(SERVICES), "get, move, send", choices=SERVICES)
    several("--sets", objects, [objects(text) for text in SETS], "studies, as 400x0.5MB or 2000x20KB")
    several("--rtt", _milliseconds, [2.0, 10.0, 50.0, 150.0], "round trips in ms")
    several("--loss", _count, [0, 1000], "one packet in so many is lost; 0: none")
    made.add_argument("--rate", type=_count, default=1000, help="Mbit/s of the line; 0: no limit")
    made.add_argument(
        "--queue",
        type=_count,
        default=0,
        help="bytes that wait in front of the line; 0: those of a round trip",
    )
    made.add_argument("--seed", type=_count, default=1, help="of the losses")
    made.add_argument("--congestion", default="cubic", help="TCP congestion control, as cubic or bbr")
    made.add_argument("--tcp-rmem", metavar="“MIN DEFAULT MAX”", help="net.ipv4.tcp_rmem on the wire")
    made.add_argument(
        "--rmem-max", type=_count, metavar="BYTES", help="net.core.rmem_max of this computer, meanwhile"
    )
    several("--associations", _associations, [], "of our program; 0: as it does by itself")
    made.add_argument("--library", action="store_true", help="ours fetches into a library, not a folder")
    made.add_argument("--rounds", type=_positive, default=1, help="the medians of so many are shown")
    made.add_argument("--longest", type=float, default=1800, metavar="S", help="a run is ended after so long")
    made.add_argument("--quick", action="store_true", help="small studies, 10 and 50 ms, no loss: minutes")
    return made


def _milliseconds(text: str) -> float:
    if not 0 <= (number := float(text)) <= 10_000:
        raise ValueError(text)
    return number


def _count(text: str) -> int:
    if not 0 <= (number := int(text)) <= 2**31:
        raise ValueError(text)
    return number


def _associations(text: str) -> int | None:
    if not 0 <= (number := int(text)) <= 16:
        raise ValueError(text)
    return number or None


def _positive(text: str) -> int:
    if not (number := _count(text)):
        raise ValueError(text)
    return number


def plan(asked: argparse.Namespace) -> list[Row]:
    """The rows that were asked for, by service, round trip and loss."""
    sets, rtts, losses = asked.all_sets, asked.all_rtt, asked.all_loss
    if asked.quick:
        sets, rtts, losses = [objects(text) for text in FEW_SETS], [10.0, 50.0], [0]
    return [
        Row(service, study, Shape(rtt, asked.rate, lose, asked.seed, asked.queue), number)
        for service, rtt, lose, study in itertools.product(
            asked.services or asked.all_services,
            asked.rtt or rtts,
            losses if asked.loss is None else asked.loss,
            asked.sets or sets,
        )
        for number in asked.associations or _usual_associations(service, rtt)
    ]


def _usual_associations(service: str, rtt: float) -> list[int | None]:
    """By itself, and for C-GET with more, so that it shows what the setting is worth."""
    if service != "get":
        return [None]
    return [None, 8, 16] if rtt == 50 else [None, 8]


HEAD = (
    "| what | objects | RTT, ms | lost | associations | ours, s | start | CPU, s/GB | DCMTK | s | start "
    "| CPU, s/GB | ratio | ours, Mbit/s | TCP of 1; of 8, Mbit/s | dropped | |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True)
class Ceiling:
    """What plain TCP carries over a wire, in Mbit/s.

    Attributes:
        one: By one connection.
        eight: By eight together.
    """

    one: float
    eight: float


def line(row: Row, ours: Took, theirs: Took, tcp: Ceiling, ceiling: float) -> str:
    """One line of the table.

    Args:
        row: What was measured.
        ours: What our program took.
        theirs: What DCMTK's took.
        tcp: What plain TCP carries over this wire.
        ceiling: What one connection carries with neither limit, delay nor loss, in Mbit/s.
    """
    what, peer = SERVICES[row.service]
    lost = f"1 in {row.shape.lose:,}" if row.shape.lose else "0"
    cells = [what, str(row.objects), f"{row.shape.rtt:g}", lost, str(row.associations or "default")]
    cells += [*_cells(row, ours), peer, *_cells(row, theirs)]
    cells.append("" if ours.failure or theirs.failure else f"{theirs.seconds / ours.seconds:.2f} ×")
    cells.append("" if ours.failure else f"{_rate(row, ours):.0f}")
    cells += [f"{tcp.one:.0f}; {tcp.eight:.0f}", f"{ours.dropped:,}; {theirs.dropped:,}"]
    cells += ["" if counts(row, ours, theirs, ceiling) else "does not count"]
    return f"| {' | '.join(cells)} |"


def _cells(row: Row, took: Took) -> tuple[str, str, str]:
    if took.failure:
        return (took.failure, "", "")
    return (f"{took.seconds:.2f}", f"{took.start:.2f}", f"{took.cpu * 8e9 / row.objects.bits:.1f}")


def _rate(row: Row, took: Took) -> float:
    return row.objects.bits / 1e6 / took.seconds


def counts(row: Row, ours: Took, theirs: Took, ceiling: float) -> bool:
    """Whether the wire alone carries enough more than its line rate, or without one than what was reached."""
    asked = row.shape.rate or max((_rate(row, one) for one in (ours, theirs) if not one.failure), default=0)
    return ceiling >= ENOUGH * asked
