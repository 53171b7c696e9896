"""The programs that are measured over the wire, each as its user starts it, and their archives."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydicom import dcmread

from tests.archives import data, dcmtk
from tests.archives.process import ENVIRONMENT
from tests.benchmarks.wire.emulator import FAR, NEAR, Shape, Wire, inside
from tests.benchmarks.wire.rows import Objects, Took
from workstation.settings.folders import folders

ROOT = Path(__file__).parents[3]
LONGEST_PDU = 131_072
MOVE_PORT = 11112
ONE = Objects(1, 20_000)
"""What each program moves once, to have been started before."""

_REJECTED, _PAUSE, _TRIES = "Association Rejected", 0.5, 30
"""What DCMTK's programs say then, seconds until they are run again, and how often they are."""

DCMTK = ("dcmqridx", "dcmqrscp", "echoscu", "getscu", "movescu", "storescp", "storescu")


@dataclass(frozen=True)
class Study:
    """A study at the archive, and the files it is sent from."""

    uid: str
    folder: Path
    count: int


@dataclass(frozen=True)
class Site:
    """The archive of the far namespace and the storage SCP beside it, and what the near one needs.

    Attributes:
        qr_port: Of dcmqrscp, which holds the studies.
        store_port: Of storescp, which keeps what is sent in ``kept``.
        home: Settings and log of our program.
        library: Our program fetches into its library.
    """

    studies: dict[Objects, Study]
    qr_port: int
    store_port: int
    kept: Path
    home: Path
    library: bool

    def command(
        self, program: str, objects: Objects, out: Path, further: Sequence[str] = ()
    ) -> list[str | Path]:
        """How a program is started, for what ``rows.SERVICES`` calls get, move or send, ours or DCMTK's.

        ``further`` are arguments of ours.
        """
        study = self.studies[objects]
        port = self.store_port if program in ("send", "storescu") else self.qr_port
        called = "STORESCP" if port == self.store_port else "DCMQRSCP"
        node = f"{called}@{FAR}:{port}"
        ours: list[str | Path] = [sys.executable, "-P", "-m", "workstation", program, node]
        ours += ["--home", self.home, *further]
        into: list[str | Path] = [] if self.library else ["--out", out]
        titles = ("-aet", "WORKSTATION", "-aec", called)
        keys = ("-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={study.uid}")
        where = (FAR, str(port))
        commands: dict[str, list[str | Path]] = {
            "get": [*ours, "--study", study.uid, *into],
            "move": [*ours, "--study", study.uid, "--port", str(MOVE_PORT), *into],
            "send": [*ours, study.folder],
            "getscu": ["getscu", "-S", "+B", *titles, *keys, "-od", out, *where],
            "movescu": [
                "movescu", "-S", "+B", "-aem", "WORKSTATION", "+P", str(MOVE_PORT), *titles, *keys,
                "-od", out, *where,
            ],
            "storescu": ["storescu", "+sd", *titles, *where, study.folder],
        }  # fmt: skip
        return commands[program]


@contextlib.contextmanager
def site(folder: Path, made: Wire, sets: Sequence[Objects], library: bool) -> Iterator[Site]:
    """Make the studies and start the archives in the far namespace."""
    studies, files = {}, []
    for number, each in enumerate(dict.fromkeys((ONE, *sets))):
        place = folder / "studies" / str(number)
        images = data.study(place, each.count, key=f"wan {number}", size=each.side)
        studies[each] = Study(
            str(dcmread(images[0], stop_before_pixels=True).StudyInstanceUID), place, each.count
        )
        files += images
    (folder / "archive").mkdir()
    kept = folder / "kept"
    with inside(made.far), contextlib.ExitStack() as running:
        archive = dcmtk.qrscp(
            folder / "archive",
            files,
            max_pdu=LONGEST_PDU,
            destinations={"WORKSTATION": MOVE_PORT},
            destination_host=NEAR,
        )
        running.callback(archive.kill)
        storescp = dcmtk.storescp(kept, "+B", "--fork", "--max-pdu", str(LONGEST_PDU))
        running.callback(storescp.kill)
        yield Site(studies, archive.port, storescp.port, kept, folder / "home", library)


def run(
    made: Wire,
    here: Site,
    program: str,
    objects: Objects,
    shape: Shape,
    longest: float,
    further: Sequence[str] = (),
) -> Took:
    """Run a program in the near namespace, and count what arrived; CPU is that of its process.

    DCMTK's programs give up where the archive still counts associations of the run before: they run again.
    """
    took, log = _run_once(made, here, program, objects, shape, longest, further)
    for _ in range(_TRIES):
        if not took.failure or _REJECTED not in log:
            break
        time.sleep(_PAUSE)
        took, log = _run_once(made, here, program, objects, shape, longest, further)
    if log:
        print(log, file=sys.stderr)
    return took


def _run_once(
    made: Wire,
    here: Site,
    program: str,
    objects: Objects,
    shape: Shape,
    longest: float,
    further: Sequence[str],
) -> tuple[Took, str]:
    """Run it once; returns also what it said if it failed."""
    with tempfile.TemporaryDirectory(dir=here.kept.parent, prefix="out-") as name:
        out = Path(name, "out")
        out.mkdir()
        log = Path(name, "log.txt")
        command = here.command(program, objects, out, further)
        made.shape(shape)
        cpu, begun = _cpu(), time.monotonic_ns()
        status = _run(made, command, out, log, longest)
        ended, cpu = time.monotonic_ns(), _cpu() - cpu
        counts = made.shape(Shape())
        failure = "" if status is not None else f"not within {longest:g} s"
        if not failure and (arrived := _arrived(here, program, out)) != objects.count:
            failure = f"{arrived} of {objects.count:,}"
        words = ""
        if failure or status:
            words = f"{program}: exit status {status}\n{log.read_text('utf-8', 'replace')[-2000:]}"
        first = counts.first or begun
        return Took((ended - first) / 1e9, cpu, (first - begun) / 1e9, counts.dropped, failure), words


def _run(made: Wire, command: Sequence[str | Path], out: Path, log: Path, longest: float) -> int | None:
    """The exit status; None: it was ended, as it took too long."""
    with inside(made.near), log.open("wb") as output, contextlib.suppress(subprocess.TimeoutExpired):
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | ENVIRONMENT | {"PYTHONPATH": str(ROOT)},
            cwd=out,  # where movescu writes with +B, whatever -od says
            timeout=longest,
            check=False,
        ).returncode
    return None


def _cpu() -> float:
    """Seconds of the processor of all processes that were started here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _arrived(here: Site, program: str, out: Path) -> int:
    """How many objects came; they are deleted."""
    place = out
    if program in ("send", "storescu"):
        place = here.kept
    elif program in ("get", "move") and here.library:
        place = folders(here.home).library
    files = [path for path in place.rglob("*") if path.is_file() and _is_object(path)]
    for file in files:
        file.unlink()
    if here.library:
        shutil.rmtree(here.home, ignore_errors=True)
    return len(files)


def _is_object(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(132)[128:] == b"DICM"
