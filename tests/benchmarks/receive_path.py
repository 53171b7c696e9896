"""Where the time of one received object goes: ``python -m tests.benchmarks.receive_path``.

C-GET of 5,000 × 20 KB from dcmqrscp into a folder. The functions below are wrapped with a clock; what a
function spends in another one of the list counts there only. The wrapping itself costs some tenths of a
microsecond a call.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.archives import data, dcmtk
from tests.benchmarks.getting import c_get
from workstation.dicom.dataset_walker import DatasetWalker
from workstation.network import association, command, dimse, receive
from workstation.network.channel import Channel
from workstation.operations.instance_router import FolderRouter
from workstation.store import duplicates, folder_sink, incoming_file

COUNT = 5000

PARTS: tuple[tuple[str, object, str], ...] = (
    ("waiting for the archive", Channel, "_wait"),
    ("reading the socket", Channel, "receive_into"),
    ("writing the answer to the socket", Channel, "send"),
    ("decoding a command set", command, "decode"),
    ("encoding the answer", receive, "response"),
    ("reading what a response says", dimse, "final_response"),
    ("making the part file", folder_sink, "new_part"),
    ("writing the file", incoming_file, "write_both"),
    ("writing the file", incoming_file, "write_all"),
    ("preamble and file meta information", incoming_file, "meta_prefix"),
    ("walking the data set: its UIDs, is it whole", DatasetWalker, "feed"),
    ("closing the file", incoming_file.IncomingFile, "close"),
    ("giving the file its name", duplicates, "rename_part"),
    ("telling of the stored object", FolderRouter, "_stored"),
    ("the rest of the sink", incoming_file.IncomingFile, "write"),
    ("the rest of the sink", incoming_file.IncomingFile, "finish"),
    ("the rest of the sink", folder_sink.FolderSink, "begin"),
    ("telling of the stored object, after the answer", incoming_file.IncomingFile, "answered"),
    ("fragments, dispatch, everything else", association.Association, "receive"),
)


class Clock:
    """Gives each moment to the innermost part that runs."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        self._running = ["fragments, dispatch, everything else"]
        self._since = time.perf_counter()

    def wrap(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any, **keywords: Any) -> Any:
            self._enter(name)
            try:
                return work(*arguments, **keywords)
            finally:
                self._leave()

        return timed

    def _enter(self, name: str) -> None:
        now = time.perf_counter()
        self.spent[self._running[-1]] += now - self._since
        self._running.append(name)
        self._since = now

    def _leave(self) -> None:
        now = time.perf_counter()
        self.spent[self._running.pop()] += now - self._since
        self._since = now


def main() -> int:
    with tempfile.TemporaryDirectory() as place:
        here = Path(place)
        many = data.study(here / "many", COUNT, size=100)
        one = data.study(here / "one", 1, size=100, key="one")
        (here / "archive").mkdir()
        archive = dcmtk.qrscp(here / "archive", [*many, *one], max_pdu=131072)
        try:
            c_get(archive, one[0], here / "first")
            begun = time.perf_counter()
            c_get(archive, many[0], here / "plain")
            plain = time.perf_counter() - begun
            clock = Clock()
            for name, owner, attribute in PARTS:
                setattr(owner, attribute, clock.wrap(name, getattr(owner, attribute)))
            c_get(archive, many[0], here / "timed")
        finally:
            archive.kill()
    print(f"C-GET, {COUNT:,} × 20 KB: {plain / COUNT * 1e6:.0f} µs an object, unwatched {plain:.2f} s")
    print("| µs an object | part |\n|---|---|")
    for name, seconds in sorted(clock.spent.items(), key=lambda each: -each[1]):
        print(f"| {seconds / COUNT * 1e6:.1f} | {name} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
