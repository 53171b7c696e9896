"""Print the resident memory of a full and an emptied frame cache: ``python -m tests.imaging.given_back``."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import numpy as np

from workstation.imaging.frame_cache import FrameCache
from workstation.imaging.picture import Picture
from workstation.imaging.system_memory import give_back


def resident() -> int:
    """The resident memory of this process in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def fill(store: FrameCache, between: list[bytearray]) -> None:
    """Put 300 frames into the cache, each followed by a small object that stays."""
    for number in range(300):
        store.put((f"/{number}", 0), Picture(pixels=np.ones(300_000 + 500 * number, np.uint8), grey=None))
        between.append(bytearray(1000))


def main() -> None:
    """Fill in a thread, as frames are: its memory is an arena of its own."""
    store, between, before = FrameCache(1 << 30), list[bytearray](), resident()
    thread = threading.Thread(target=fill, args=(store, between))
    thread.start()
    thread.join()
    full = resident() - before
    store.leave()
    store.release(0)
    give_back()
    print(full, resident() - before)


if __name__ == "__main__":
    main()
