"""What the demo archive sends: objects a second to our own ``get`` and ``move``, to getscu and to movescu.

Run it with ``python -m tests.benchmarks.demo_archive``; the start of each program counts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pydicom

from tests.archives import data
from tests.archives.process import ENVIRONMENT, HOST, free_port
from tests.archives.programs import find
from workstation.relaunch import command


def lines(folder: Path, count: int, size: int = 100) -> Iterator[str]:
    """A line for each program, for ``count`` images of ``size`` × ``size`` pixels."""
    files = data.study(folder / "many", count, size=size)
    study = str(pydicom.dcmread(files[0], stop_before_pixels=True).StudyInstanceUID)
    ours, theirs = free_port(), free_port()
    arguments = [*command(), "--home", folder / "home", "demo-archive", "--json", "--port", "0"]
    arguments += ["--destination", f"WORKSTATION={HOST}:{ours}", "--destination", f"MOVESCU={HOST}:{theirs}"]
    archive = subprocess.Popen(list(map(str, [*arguments, folder / "many"])), stdout=subprocess.PIPE)
    assert archive.stdout is not None
    try:
        port = json.loads(archive.stdout.readline())["port"]
        for name, program in _programs(f"DEMO@{HOST}:{port}", port, study, ours, theirs).items():
            out = folder / name
            out.mkdir()
            begun = time.perf_counter()
            subprocess.run(
                list(map(str, [*program, out])), check=True, capture_output=True, env=os.environ | ENVIRONMENT
            )
            rate = count / (time.perf_counter() - begun)
            if (arrived := sum(1 for path in out.rglob("*") if path.is_file())) != count:
                sys.exit(f"{name}: {arrived} of {count} objects arrived")
            objects = f"{count:,} × {size * size * 2 // 1000} KB"
            yield f"The demo archive to {name}, {objects}: {rate:.0f} objects/s."
    finally:
        archive.kill()
        archive.communicate()


def _programs(node: str, port: int, study: str, ours: int, theirs: int) -> dict[str, list[object]]:
    """Each command line, but for the folder at its end."""
    keys = ["-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={study}", HOST, port, "-od"]
    return {
        "get": [*command(), "get", node, "--study", study, "--out"],
        "move": [*command(), "move", "--port", ours, node, "--study", study, "--out"],
        "getscu": [find("getscu"), "-S", "+B", "-aec", "DEMO", *keys],
        "movescu": [find("movescu"), "-S", "-aec", "DEMO", "-aet", "MOVESCU", "+P", theirs, *keys],
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        for line in lines(Path(place), 1000):
            print(line, flush=True)
