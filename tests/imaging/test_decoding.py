"""Decoding in processes of their own: the same pictures, and whatever ends a process costs one card."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

import numpy as np
import pytest
from pydicom.data import get_testdata_file

from tests.imaging.hostile import element, file, image, native
from workstation import relaunch
from workstation.imaging import child_process
from workstation.imaging.child_process import ChildProcess
from workstation.imaging.decoding import Decoding
from workstation.imaging.picture import Card, Picture, Undecodable
from workstation.imaging.read_elements import read_elements
from workstation.imaging.sandbox import Limits
from workstation.imaging.worker import Instances
from workstation.imaging.worker_messages import Content, FrameWanted, Kind
from workstation.selftest.codecs import known_files
from workstation.stop import Cancelled

DEADLINE = 20.0
posix = pytest.mark.skipif(os.name != "posix", reason="signals and named pipes are POSIX's")
linux = pytest.mark.skipif(sys.platform != "linux", reason="these limits are Linux'")


def sample(name: str) -> Path:
    found = get_testdata_file(name, download=False)
    assert found is not None, name
    return Path(str(found))


SAMPLES = [
    *known_files(),
    *map(sample, ("CT_small.dcm", "MR_small_bigendian.dcm", "liver_1frame.dcm", "examples_overlay.dcm")),
    *map(sample, ("examples_palette.dcm", "rtdose.dcm", "test-SR.dcm", "rtplan.dcm", "image_dfl.dcm")),
]


@pytest.fixture
def decoding() -> Iterator[Callable[..., Decoding]]:
    made: list[Decoding] = []

    def make(broken: Path | None = None, **options: float) -> Decoding:
        made.append(Decoding(broken, 1, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def stuck(tmp_path: Path) -> Path:
    """A file that nobody can read to its end, nor from its beginning: opening it blocks."""
    path = tmp_path / "stuck.dcm"
    os.mkfifo(path)
    return path


def eventually(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        threading.Event().wait(0.01)


def same(one: object, other: object) -> bool:
    if isinstance(one, np.ndarray):
        return isinstance(other, np.ndarray) and one.dtype == other.dtype and np.array_equal(one, other)
    if is_dataclass(one):
        return type(one) is type(other) and all(
            same(getattr(one, part.name), getattr(other, part.name)) for part in fields(one)
        )
    if isinstance(one, tuple):
        return isinstance(other, tuple) and len(one) == len(other) and all(map(same, one, other))
    template = getattr(one, "template", None)
    return one == other and template == getattr(other, "template", None)


@pytest.mark.parametrize("by_pipe", [False, True], ids=["by shared memory", "by the pipe"])
def test_the_same_comes_out_as_in_one_process(by_pipe: bool) -> None:
    child, here = ChildProcess(by_pipe=by_pipe), Instances()
    try:
        for path in SAMPLES:
            for thumbnail in (False, True):
                wanted = FrameWanted(str(path), 0, thumbnail)
                assert same(child.ask(Kind.FRAME, wanted, Content, 20), here.content(wanted)), path.name
    finally:
        child.close()


def test_the_tag_list_is_the_same_as_in_one_process(
    decoding: Callable[..., Decoding], tmp_path: Path
) -> None:
    for name in ("CT_small.dcm", "test-SR.dcm", "rtplan.dcm"):
        assert same(decoding().elements(sample(name)), read_elements(sample(name)))
    (tmp_path / "empty").touch()
    with pytest.raises(Undecodable, match="not a DICOM file"):
        decoding().elements(tmp_path / "empty")
    with pytest.raises(OSError, match="cannot be read"):
        decoding().elements(Path(__file__).with_name("absent"))


def test_a_picture_larger_than_the_memory_that_is_kept(
    decoding: Callable[..., Decoding], tmp_path: Path
) -> None:
    path = tmp_path / "large.dcm"
    rows, columns = 5000, 4000  # 40 MB, and its halves
    path.write_bytes(file("1.2.840.10008.1.2.1", image(rows, columns), native(b"\1\2" * rows * columns)))
    one = decoding()
    for _ in range(2):
        found = one.frame(path, 0)
        assert isinstance(found, Picture)
        assert found.pixels.shape == (rows, columns)
        assert (found.pixels == 0x0201).all()
        assert isinstance(one.frame(sample("CT_small.dcm"), 0), Picture)


@posix
def test_what_takes_too_long_is_given_up_and_costs_one_card(
    decoding: Callable[..., Decoding], stuck: Path
) -> None:
    one = decoding(frame_seconds=0.5)
    assert isinstance(one.frame(sample("CT_small.dcm"), 0), Picture)
    before = one.pids
    card = one.frame(stuck, 0)
    assert isinstance(card, Card)
    assert "longer than 0.5 seconds" in card.text
    assert card.again
    assert isinstance(one.frame(sample("CT_small.dcm"), 0), Picture)
    assert one.pids != before
    with pytest.raises(Undecodable, match="longer than"):
        one.elements(stuck)


@posix
def test_a_dead_process_is_replaced_at_once_and_makes_one_card(
    decoding: Callable[..., Decoding], stuck: Path
) -> None:
    one = decoding()
    one.start_ahead()
    assert isinstance(one.frame(sample("CT_small.dcm"), 0), Picture)
    (before,) = one.pids
    found: list[Picture | Card] = []
    asking = threading.Thread(target=lambda: found.append(one.frame(stuck, 0)))
    asking.start()
    with stuck.open("wb"):  # opens when the process has
        os.kill(before, signal.SIGSEGV)
        asking.join(DEADLINE)
    assert isinstance(found[0], Card)
    assert "broke the decoder" in found[0].text
    eventually(lambda: len(one.pids) == 1 and one.pids != [before])
    assert isinstance(one.frame(sample("CT_small.dcm"), 0), Picture)


@posix
def test_what_ended_a_process_twice_is_not_tried_again_by_itself(
    decoding: Callable[..., Decoding], stuck: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "broken.json"
    one = decoding(kept, frame_seconds=0.3)
    for _ in range(2):
        assert "longer than" in str(getattr(one.frame(stuck, 0), "text", ""))
    for again in (one, decoding(kept)):  # also after a restart
        for thumbnail in (False, True):
            card = again.frame(stuck, 0, thumbnail=thumbnail)
            assert isinstance(card, Card)
            assert "twice" in card.text
            assert card.again
        with pytest.raises(Undecodable, match="twice"):
            again.elements(stuck)
    assert str(stuck) not in kept.read_text("ascii")
    one.try_again(stuck)
    assert "longer than" in str(getattr(one.frame(stuck, 0), "text", ""))
    assert isinstance(one.frame(sample("CT_small.dcm"), 0), Picture)


@posix
def test_a_slow_thumbnail_does_not_count_against_its_picture(
    decoding: Callable[..., Decoding], stuck: Path
) -> None:
    one = decoding(frame_seconds=0.3)
    for _ in range(3):
        assert "longer than" in str(getattr(one.frame(stuck, 0, thumbnail=True), "text", ""))
    assert "twice" not in str(getattr(one.frame(stuck, 0), "text", ""))


@posix
def test_closing_ends_whoever_waits(decoding: Callable[..., Decoding], stuck: Path) -> None:
    one = decoding()
    assert isinstance(one.frame(sample("CT_small.dcm"), 0), Picture)
    (pid,) = one.pids
    outcome: list[BaseException] = []

    def ask() -> None:
        try:
            one.frame(stuck, 0)
        except Cancelled as told:
            outcome.append(told)

    asking = threading.Thread(target=ask)
    asking.start()
    with stuck.open("wb"):
        one.close()
        asking.join(DEADLINE)
    assert len(outcome) == 1
    eventually(lambda: not alive(pid))
    with pytest.raises(Cancelled):
        one.frame(sample("CT_small.dcm"), 0)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_program_that_cannot_be_started_is_said(
    decoding: Callable[..., Decoding], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(relaunch, "command", lambda: [str(tmp_path / "absent")])
        one = decoding()
        card = one.frame(sample("CT_small.dcm"), 0)
        assert "cannot be started" in str(getattr(card, "text", ""))
        patched.setattr(relaunch, "command", lambda: [sys.executable, "-c", "pass"])
        with pytest.raises(Undecodable, match="cannot be started"):
            one.elements(sample("CT_small.dcm"))
    assert isinstance(one.frame(sample("CT_small.dcm"), 0), Picture)


READY = child_process.ANSWER.pack(0, 0, 0)
LIARS = {
    "text": b"Hello, I am no decoder.\n" * 20,
    "too many bytes": READY + child_process.ANSWER.pack(1, 0xFFFFFFFF, 0),
    "arrays of no size": READY + child_process.ANSWER.pack(1, 4, 64) + bytes(4),
    "an array larger than numpy allows": READY
    + child_process.ANSWER.pack(1, 18, 0)
    + b"\1\0\0\0\0\3"
    + bytes(4)
    + b"\xff" * 8,
    "an unknown form": READY + child_process.ANSWER.pack(1, 9, 0) + b"\0\0\0\0\7ABCD",
}


@pytest.mark.parametrize("lie", LIARS)
def test_a_process_that_says_something_else_costs_one_card(
    decoding: Callable[..., Decoding], monkeypatch: pytest.MonkeyPatch, lie: str
) -> None:
    said = f"import sys, os; os.write(1, {LIARS[lie]!r}); sys.stdin.buffer.read()"
    with monkeypatch.context() as patched:
        patched.setattr(relaunch, "command", lambda: [sys.executable, "-c", said])
        one = decoding()
        assert isinstance(one.frame(sample("CT_small.dcm"), 0), Card)
    assert isinstance(one.frame(sample("CT_small.dcm"), 0), Picture)


SAYS = """
import os, sys
from workstation.imaging.array_shapes import shape_of, shapes_head
from workstation.imaging.serialization import write
from workstation.imaging.encapsulated_document import Document
from workstation.imaging.worker_messages import ANSWER, DocumentAnswer
answer = write(Document(sys.argv[1], b"#!/bin/sh"), DocumentAnswer)
value = shapes_head([shape_of(one) for one in answer.arrays]) + answer.data
os.write(1, ANSWER.pack(0, 0, 0) + ANSWER.pack(0, len(value), 64) + value + b"#!/bin/sh")
sys.stdin.buffer.read()
"""


@pytest.mark.parametrize("kind", ["exe", "desktop", "pdf", "pdf/../../x", ""])
def test_a_document_of_a_kind_that_is_not_opened_is_never_handed_on(
    decoding: Callable[..., Decoding], monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(relaunch, "command", lambda: [sys.executable, "-c", SAYS, kind])
    monkeypatch.setattr(child_process, "shared_memory", lambda: None)
    with pytest.raises(Undecodable, match="broke the decoder"):
        decoding().document(sample("CT_small.dcm"))


# --- what it denies itself ------------------------------------------------------------------------------


@linux
def test_it_denies_itself_what_the_system_can_deny(decoding: Callable[..., Decoding]) -> None:
    assert decoding().limits() == ~Limits.NONE


DENIED = """
import ctypes, os, resource, signal, socket, sys, threading
from workstation.imaging.sandbox import confine
place, parent = sys.argv[1], os.getppid()
there = os.path.join(place, "there")
TGKILL = {"x86_64": 234, "aarch64": 131}[os.uname().machine]
libc = ctypes.CDLL(None, use_errno=True)
confine(parent)
done = []

def called(worked):
    if worked in (-1, None):
        raise PermissionError

def fork():
    if os.fork() == 0:
        os._exit(0)

for name, work in {
    "make a file": lambda: open(os.path.join(place, "made"), "w"),
    "write a file": lambda: open(os.path.join(place, "there"), "r+b"),
    "remove a file": lambda: os.unlink(os.path.join(place, "there")),
    "open a socket": lambda: socket.socket(),
    "run a program": lambda: os.execv("/bin/true", ["true"]),
    "signal another process": lambda: os.kill(os.getppid(), 0),
    "empty a file": lambda: os.open(there, os.O_RDONLY | os.O_TRUNC),
    "change its mode": lambda: os.chmod(there, 0o777),
    "change its owner": lambda: os.chown(there, os.getuid(), os.getgid()),
    "change its time": lambda: os.utime(there, (1, 1)),
    "name it once more": lambda: os.link(there, there + "2"),
    "make a process": fork,
    "signal a thread of another process": lambda: called(libc.syscall(TGKILL, parent, parent, 0)),
    "limit another process": lambda: resource.prlimit(parent, resource.RLIMIT_CORE),
    "slow another process down": lambda: os.setpriority(os.PRIO_PROCESS, parent, 10),
    "leave memory behind": lambda: called(libc.shmget(0, 4096, 0o1600)),
    "outlive its parent": lambda: called(libc.prctl(1, 0, 0, 0, 0)),
    "take 8 GiB": lambda: bytearray(8 << 30),
}.items():
    try:
        work()
        done.append(name)
    except (PermissionError, MemoryError):
        pass
assert open(there, "rb").read() == b"kept"
thread = threading.Thread(target=print, args=("a thread",))
thread.start()
thread.join()
print(done)
"""


@linux
def test_it_can_read_and_nothing_else(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    (place / "there").write_bytes(b"kept")
    told = run_alone(DENIED, str(place))
    assert (told.stdout, told.returncode) == ("a thread\n[]\n", 0), told.stderr
    assert [path.name for path in place.iterdir()] == ["there"]


@posix
def test_it_ends_by_itself_when_it_has_used_its_time() -> None:
    told = run_alone("from workstation.imaging.sandbox import limit_cpu\nlimit_cpu(0.2)\nwhile True: pass\n")
    assert told.returncode == -signal.SIGPROF


def run_alone(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env=relaunch.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@linux
def test_it_inherits_its_pipes_and_its_memory_only(decoding: Callable[..., Decoding], tmp_path: Path) -> None:
    with (tmp_path / "secret").open("wb") as secret:
        os.set_inheritable(secret.fileno(), True)
        one = decoding()
        assert isinstance(one.frame(sample("CT_small.dcm"), 0), Picture)
        (pid,) = one.pids
        held = sorted(str(path.readlink()).partition(":")[0] for path in Path(f"/proc/{pid}/fd").iterdir())
    assert held == ["/dev/null", "/dev/null", "/dev/null", "/memfd", "pipe", "pipe"]


ALONE = """
import sys, time
from pathlib import Path
from workstation.imaging.decoding import Decoding
decoding = Decoding(processes=2)
decoding.start_ahead()
for path in map(Path, sys.argv[1:]):
    decoding.frame(path, 0)
while len(decoding.pids) < 2:
    time.sleep(0.01)
print(*decoding.pids, flush=True)
time.sleep(60)
"""


@linux
def test_it_ends_with_a_killed_parent_and_leaves_no_pixels(tmp_path: Path) -> None:
    places = [Path("/dev/shm"), tmp_path]
    before = {path for place in places for path in place.iterdir()}
    with subprocess.Popen(
        [sys.executable, "-c", ALONE, str(sample("CT_small.dcm"))],
        env=relaunch.environment() | {"TMPDIR": str(tmp_path), "HOME": str(tmp_path)},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        pids = list(map(int, parent.stdout.readline().split()))
        assert len(pids) == 2
        assert all(map(alive, pids))
        parent.kill()
    eventually(lambda: not any(map(alive, pids)))
    made = {path for place in places for path in place.iterdir()} - before
    assert not [path for path in made if path.is_file()]  # other programs make folders there meanwhile
    with contextlib.suppress(FileNotFoundError):
        assert not list(Path("/tmp").glob("*workstation-pixels*"))


STARTING = """
import sys
from workstation.imaging import start_worker
sys.modules["workstation.imaging.worker"] = None  # what it imports next fails, so that it waits there
try:
    start_worker.main(["--parent", sys.argv[1]])
except ImportError:
    print("importing", flush=True)
    sys.stdin.read()
"""

STARTS = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", sys.argv[1], str(os.getpid())], stdin=int(sys.argv[2]))
print(child.pid, flush=True)
time.sleep(60)
"""


@linux
def test_it_ends_with_a_killed_parent_also_while_it_starts() -> None:
    reading, writing = os.pipe()  # its input does not end with its parent
    with subprocess.Popen(
        [sys.executable, "-c", STARTS, STARTING, str(reading)],
        env=relaunch.environment(),
        pass_fds=[reading],
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert parent.stdout.readline() == "importing\n"
        parent.kill()
    eventually(lambda: not alive(pid))
    os.close(reading)
    os.close(writing)


LITTLE_MEMORY = """
import os, sys
from workstation.imaging import sandbox
from workstation.imaging.worker_messages import FrameWanted
from workstation.imaging.worker import Instances
sandbox.MIN_MEMORY = sandbox.MAX_MEMORY = 400 << 20
sandbox.confine(os.getppid())
print(Instances().content(FrameWanted(sys.argv[1], 0, False)).text)
"""


@linux
def test_an_object_that_needs_more_memory_than_there_may_be_is_said(tmp_path: Path) -> None:
    path = tmp_path / "wide.dcm"
    rows, columns = 12_000, 16_000  # 384 MB
    head = file("1.2.840.10008.1.2.1", image(rows, columns))
    with path.open("wb") as content:
        content.write(head + element(0x7FE0, 0x10, b"OW", b"", 2 * rows * columns))
        content.truncate(content.tell() + 2 * rows * columns)
    told = run_alone(LITTLE_MEMORY, str(path))
    assert (told.stdout, told.returncode) == ("It needs more memory than one image may take.\n", 0)


CLOSED = """
import os, sys
os.close(0)
from pathlib import Path
from workstation.imaging.decoding import Decoding
decoding = Decoding(processes=1)
print([bool(decoding.frame(Path(sys.argv[1]), 0).pixels.any()) for _ in range(2)])
decoding.close()
"""


@linux
def test_a_program_that_was_started_without_standard_input() -> None:
    told = run_alone(CLOSED, str(sample("CT_small.dcm")))
    assert (told.stdout, told.returncode) == ("[True, True]\n", 0), told.stderr
