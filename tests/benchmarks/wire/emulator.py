"""Compiles and runs ``wire.c``: two network namespaces, and what the wire between them is like."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_name("wire.c")
TUN = Path("/dev/net/tun")
NEAR, FAR = "198.18.0.1", "198.18.0.2"
MEBIBYTE = 1024 * 1024
_CLONE_NEWNET = 0x40000000


class NoWire(Exception):
    """The wire cannot be had here; the text says why and what would help."""


@dataclass(frozen=True)
class Shape:
    """What the wire is like, in both directions.

    Attributes:
        rtt: Round trip, in milliseconds.
        rate: Line rate in Mbit/s, as on Ethernet; 0: as fast as this computer carries.
        lose: One packet in so many is lost; 0: none.
        seed: Of the losses: the same packets are lost again.
        queue: Bytes that fit into the queue in front of the line; what does not is dropped. 0: what the line
            carries in one round trip, as routers are usually given, and at least 1 MiB.
    """

    rtt: float = 0
    rate: int = 0
    lose: int = 0
    seed: int = 1
    queue: int = 0

    @property
    def room(self) -> int:
        """The bytes of the queue."""
        return self.queue or max(MEBIBYTE, round(self.rate * 125 * self.rtt))

    def command(self) -> str:
        """The line that ``wire.c`` understands."""
        return f"{self.rtt * 500:.0f} {self.rate * 1000} {self.lose} {self.seed} {self.room}\n"


@dataclass(frozen=True)
class Counts:
    """What happened on the wire since its shape was set.

    Attributes:
        carried: Packets, of both directions.
        lost: Those lost on purpose.
        dropped: Those that found the queue full.
        first: When the first connection was asked for, in nanoseconds of the monotonic clock; 0: none was.
    """

    carried: int
    lost: int
    dropped: int
    first: int


def refusal(platform: str, uid: int, tun: bool, missing: Sequence[str]) -> str:
    """Why the wire cannot be had; empty: it can.

    Args:
        platform: As of ``sys.platform``.
        uid: The effective user.
        tun: Whether /dev/net/tun is there.
        missing: Programs that are not there.
    """
    if platform != "linux":
        return "The wire needs Linux: network namespaces and TUN devices."
    if uid:
        return "The wire needs root, to make network namespaces; run this with sudo."
    if not tun:
        return f"{TUN} is missing: modprobe tun, or: mkdir -p {TUN.parent}; mknod {TUN} c 10 200."
    if missing:
        return f"Not installed: {', '.join(missing)}."
    return ""


def check(programs: Sequence[str]) -> None:
    """See that the wire and these programs can be had.

    Raises:
        NoWire: They cannot.
    """
    uid = os.geteuid() if hasattr(os, "geteuid") else 0
    missing = [program for program in ("gcc", "ip", *programs) if shutil.which(program) is None]
    if reason := refusal(sys.platform, uid, TUN.exists(), missing):
        raise NoWire(reason)


class Wire:
    """A running wire. Near is the side of the clients, far that of the archive."""

    def __init__(self, process: subprocess.Popen[str], near: int, far: int) -> None:
        self.near, self.far = (f"/proc/{process.pid}/fd/{number}" for number in (near, far))
        self._process = process

    def shape(self, shape: Shape) -> Counts:
        """Change what the wire is like, and start its losses anew; returns the counts since the last time."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(shape.command())
        self._process.stdin.flush()
        return Counts(*map(int, self._process.stdout.readline().split()))

    def set(self, name: str, value: str) -> None:
        """Write a file of /proc/sys/net/ipv4 in both namespaces.

        Raises:
            NoWire: The system does not take the value.
        """
        for side in (self.near, self.far):
            with inside(side):
                try:
                    Path("/proc/sys/net/ipv4", name).write_text(value)
                except OSError as error:
                    raise NoWire(f"net.ipv4.{name} does not become {value}: {error.strerror}.") from error

    def control_congestion(self, algorithm: str) -> None:
        """Have both sides use a TCP congestion control, "cubic" or another that the system has.

        By the route, as the system-wide setting permits a namespace few of them.

        Raises:
            NoWire: The system does not have it.
        """
        for side, address in ((self.near, NEAR), (self.far, FAR)):
            route = ("198.18.0.0/15", "dev", "wire", "scope", "link", "src", address, "congctl", algorithm)
            with inside(side):
                done = subprocess.run(
                    ["ip", "route", "replace", *route],
                    capture_output=True,
                    text=True,
                    check=False,
                    timeout=60,
                )
            if done.returncode:
                raise NoWire(f"TCP does not use {algorithm}: {done.stderr.strip()}.")

    def setting(self, name: str) -> str:
        """A file of /proc/sys/net in the near namespace."""
        with inside(self.near):
            return Path("/proc/sys/net", name).read_text().strip().replace("\t", " ")


@contextlib.contextmanager
def wire(folder: Path) -> Iterator[Wire]:
    """Compile the program into ``folder`` and run it.

    Raises:
        NoWire: It does not compile or not start.
    """
    program = folder / "wire"
    done = subprocess.run(
        ["gcc", "-O2", "-o", program, SOURCE], capture_output=True, text=True, check=False, timeout=60
    )
    if done.returncode:
        raise NoWire(f"gcc did not compile {SOURCE}:\n{done.stderr}")
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([program], text=True, bufsize=1, **pipes) as process:
        try:
            assert process.stdout is not None
            words = process.stdout.readline().split()
            if len(words) != 4:
                assert process.stderr is not None
                raise NoWire(f"The system does not permit the wire: {process.stderr.read().strip()}.")
            made = Wire(process, int(words[1]), int(words[3]))
            # Otherwise a connection would start with what the one before it learnt.
            made.set("tcp_no_metrics_save", "1")
            made.shape(Shape())
            yield made
        finally:
            process.kill()


@contextlib.contextmanager
def inside(namespace: str) -> Iterator[None]:
    """Let this thread, and the processes and sockets it makes, be in a network namespace."""
    with open("/proc/thread-self/ns/net", "rb") as before, open(namespace, "rb") as wanted:  # noqa: PTH123
        _enter(wanted.fileno())
        try:
            yield
        finally:
            _enter(before.fileno())


def _enter(namespace: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(namespace, _CLONE_NEWNET):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def several_tcp(made: Wire, size: int, seconds: float, count: int) -> float:
    """Send ``size`` bytes over each of ``count`` plain TCP connections at once; returns Mbit/s of all."""
    with ThreadPoolExecutor(count) as pool:
        return sum(pool.map(lambda _: plain_tcp(made, size, seconds), range(count)))


def plain_tcp(made: Wire, size: int, seconds: float) -> float:
    """Send ``size`` bytes by one plain TCP connection from far to near; returns Mbit/s.

    Args:
        made: The wire.
        size: Bytes to send.
        seconds: After so many it ends; what came by then counts.
    """
    with inside(made.far):
        listener = socket.create_server((FAR, 0))
    with inside(made.near):
        client = socket.socket()
    sender = threading.Thread(target=_send, args=(listener, size))
    sender.start()
    with client:
        begun = time.perf_counter()
        client.connect(listener.getsockname())
        buffer, came, ended = bytearray(MEBIBYTE), 0, begun
        while (some := client.recv_into(buffer)) and ended < begun + seconds:
            came += some
            ended = time.perf_counter()
    sender.join()
    return came * 8 / 1e6 / (ended - begun)


def _send(listener: socket.socket, size: int) -> None:
    with listener, contextlib.suppress(ConnectionError):
        connection, _ = listener.accept()
        with connection:
            block = bytes(MEBIBYTE)
            while size > 0:
                size -= connection.send(block[:size])
