"""Damaged frames and files through the decoding processes, as the window has them decoded.

``python -m tests.imaging.fuzz streams|files FIRST COUNT`` prints a line of JSON: what became of them, how
many ended a process and which, the slowest, and the most memory of a process.
"""

from __future__ import annotations

import json
import struct
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count as counting
from pathlib import Path

from tests.imaging import mutated
from tests.imaging.hostile import CT, element, encapsulated, file
from tests.imaging.mutated_streams import mutant
from workstation.imaging.decoding import Decoding
from workstation.imaging.picture import Picture, PixelSpec, Undecodable

SEED = 20


def of_stream(number: int) -> bytes:
    """The file around a damaged frame."""
    _, data, spec = mutant(SEED, number)
    return file(spec.syntax, _header(spec), encapsulated(data + b"\0" * (len(data) % 2)))


def _header(spec: PixelSpec) -> bytes:
    words = {
        0x02: spec.samples, 0x06: spec.planar, 0x10: spec.rows, 0x11: spec.columns,
        0x100: spec.bits, 0x101: spec.stored, 0x102: spec.high, 0x103: spec.signed,
    }  # fmt: skip
    photometric = spec.photometric.encode() + b" " * (len(spec.photometric) % 2)
    parts = {0x04: element(0x28, 0x04, b"CS", photometric)}
    parts |= {
        number: element(0x28, number, b"US", struct.pack("<H", value)) for number, value in words.items()
    }
    name = element(0x10, 0x10, b"PN", b"Doe^John")
    start = element(8, 0x16, b"UI", CT) + element(8, 0x18, b"UI", b"1.2.3\0") + name
    return start + b"".join(parts[number] for number in sorted(parts))


@dataclass
class Outcome:
    """What became of all of them."""

    found: Counter[str] = field(default_factory=Counter)
    ended: list[int] = field(default_factory=list)
    slowest: float = 0.0
    memory: int = 0


def run(make: Callable[[int], bytes], first: int, count: int, *, with_tags: bool) -> Outcome:
    """Show ``count`` files, and list their tags, by two askers."""
    outcome, numbers, lock = Outcome(), counting(first), threading.Lock()
    decoding = Decoding(processes=2)

    def ask(folder: Path) -> None:
        while (number := next(numbers)) < first + count:
            path = folder / f"{number}.dcm"
            path.write_bytes(make(number))
            begun = time.monotonic()
            shown = decoding.frame(path, 0)
            if with_tags:
                try:
                    decoding.elements(path)
                except Undecodable as refused:
                    if "decoder" in str(refused) or "longer" in str(refused):
                        outcome.ended.append(number)
            taken = time.monotonic() - begun
            path.unlink()
            with lock:
                outcome.found["shown" if isinstance(shown, Picture) else "a card"] += 1
                outcome.slowest = max(outcome.slowest, taken)
                if not isinstance(shown, Picture) and shown.again:
                    outcome.ended.append(number)
                if number % 100 == 0:
                    outcome.memory = max(outcome.memory, *map(_peak, decoding.pids), 0)

    with tempfile.TemporaryDirectory() as folder:
        sessions = [threading.Thread(target=ask, args=(Path(folder),)) for _ in range(2)]
        for session in sessions:
            session.start()
        for session in sessions:
            session.join()
        decoding.close()
    return outcome


def _peak(pid: int) -> int:
    """The most memory the process has had, MiB; 0 where the system does not tell."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")), 0)


def main(what: str, first: int, count: int) -> None:
    make = of_stream if what == "streams" else mutated.damaged
    begun = time.monotonic()
    outcome = run(make, first, count, with_tags=what == "files")
    print(
        json.dumps(
            {
                "found": outcome.found,
                "ended a process": len(outcome.ended),
                "numbers": sorted(outcome.ended)[:20],
                "slowest, s": round(outcome.slowest, 2),
                "most memory, MiB": outcome.memory,
                "seconds": round(time.monotonic() - begun),
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
