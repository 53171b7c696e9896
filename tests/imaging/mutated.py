"""pydicom's sample files, damaged at random, through header, decoding and tag list.

``python -m tests.imaging.mutated FIRST COUNT`` does this for so many damages, each told by its number, and
prints a line of JSON at the end: what was shown, refused, and any exception nobody expected.
"""

from __future__ import annotations

import faulthandler
import json
import random
import sys
import tempfile
import warnings
from collections import Counter
from functools import cache
from pathlib import Path

from pydicom.data import get_testdata_file

from workstation.imaging.instance import open_instance
from workstation.imaging.picture import Picture, Undecodable
from workstation.imaging.read_elements import read_elements

BIGGEST = 300_000


@cache
def samples() -> tuple[Path, ...]:
    folder = Path(str(get_testdata_file("CT_small.dcm", download=False))).parent
    return tuple(path for path in sorted(folder.glob("*.dcm")) if path.stat().st_size <= BIGGEST)


@cache
def content(path: Path) -> bytes:
    return path.read_bytes()


def damaged(number: int) -> bytes:
    """A sample with up to eight damages; the same for the same number."""
    dice = random.Random(number)
    data = bytearray(content(dice.choice(samples())))
    for _ in range(dice.choice((1, 1, 2, 4, 8))):
        # headers are short, and more can go wrong in them
        at = dice.randrange(min(len(data), dice.choice((400, 2000, len(data)))))
        match dice.randrange(7):
            case 0:
                data[at] ^= 1 << dice.randrange(8)
            case 1:
                data[at] = dice.choice((0, 1, 0x7F, 0x80, 0xFE, 0xFF))
            case 2:
                data[at : at + 4] = dice.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f"))
            case 3:
                del data[at : at + dice.randrange(1, 64)]
            case 4:
                data[at:at] = dice.randbytes(dice.randrange(1, 64))
            case 5:
                del data[max(at, 140) :]
            case _:
                other = dice.randrange(len(data))
                data[at : at + 32] = data[other : other + 32]
        if not data:
            break
    return bytes(data)


def outcome(path: Path) -> str:
    """What became of the file; the name of an exception that should not have come out."""
    try:
        opened = open_instance(path)
        shown = [opened.picture(frame) for frame in {0, opened.frames - 1}]
        read_elements(path)
    except Undecodable:
        return "refused"
    except Exception as bug:  # noqa: BLE001 - that is what is counted
        frame = bug.__traceback__
        while frame is not None and frame.tb_next is not None:
            frame = frame.tb_next
        place = f"{Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}" if frame else ""
        return f"{type(bug).__name__} {place}"
    return "shown" if all(isinstance(one, Picture) for one in shown) else "a card"


def main(first: int, count: int) -> None:
    faulthandler.enable()
    warnings.simplefilter("ignore")
    found: Counter[str] = Counter()
    unexpected: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "damaged.dcm"
        for number in range(first, first + count):
            path.write_bytes(damaged(number))
            print(number, file=sys.stderr, flush=True)
            what = outcome(path)
            found[what] += 1
            if what not in ("shown", "refused", "a card"):
                unexpected.setdefault(what, number)
    print(json.dumps({"found": found, "unexpected": unexpected}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
