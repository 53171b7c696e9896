"""An archive as a child process: started on a free port, waited for, stopped, never left behind."""

from __future__ import annotations

import atexit
import contextlib
import os
import random
import select
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.archives.programs import find
from workstation.dicom.nodes import Node, Tls

HOST = "127.0.0.1"
PATIENCE = 60.0
"""Seconds an archive may take until it answers."""

ENVIRONMENT = {"TCP_NODELAY": "1"}
"""Without it every DCMTK program waits 40 ms for each object: delayed acknowledgement against Nagle."""

_handed_out: set[int] = set()
_CHANCE = random.SystemRandom()  # not the one that is seeded alike in parallel runs
_BELOW_EPHEMERAL = (15_000, 32_000)
LASTING: set[int] = set()
"""Process ids that outlive a test on purpose: archives of the whole session."""


class NotStarted(Exception):
    """An archive ended, or stayed silent, before it answered; the message ends with its log."""


def free_port() -> int:
    """A TCP port on which nothing listens, given out only once by all processes that run tests now.

    It is none of those a system gives to whoever connects: another program would take it in the meantime.
    """
    while True:
        port = _CHANCE.randrange(*_BELOW_EPHEMERAL)
        if port in _handed_out or not claim(port):
            continue
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("", port))
            _handed_out.add(port)
            return port


def claim(port: int) -> bool:
    """Keep a port from all other processes that run tests, until this one ends; False: one of them has it.

    A port stays claimed while nothing listens on it: what listens on demand opens it again and again.
    """
    if _claims is None:
        return True
    import fcntl  # here: the rest can be imported on Windows, too

    try:
        fcntl.lockf(_claims, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    return True


def _claims_file() -> int | None:
    """A file in which the byte at each port's number is locked by who uses that port; None on Windows.

    Its folder is not that of TMPDIR, which differs between runs. Opened once, until this process ends: to
    close a file unlocks it.

    Returns:
        Its descriptor.
    """
    if os.name != "posix":
        return None
    claims = os.open(f"/tmp/workstation-test-ports-{os.getuid()}", os.O_WRONLY | os.O_CREAT, 0o600)
    atexit.register(os.close, claims)
    return claims


_claims = _claims_file()


@dataclass(frozen=True)
class Result:
    """What a client program said (both streams) and returned."""

    output: str
    status: int


@dataclass(eq=False)
class Archive:
    """A running archive.

    Attributes:
        ae_title: Its AE title.
        port: Where it listens, on ``host``.
        folder: Its own folder: configuration and data.
        log: What it printed.
        process: The child; leader of its own process group.
        tls: The files a client needs, or None for a plain connection.
    """

    ae_title: str
    port: int
    folder: Path
    log: Path
    process: subprocess.Popen[bytes]
    host: str = HOST
    tls: Tls | None = None
    _ended: bool = field(default=False, repr=False)
    _family: list[int] = field(default_factory=list, repr=False)

    def node(self, **changes: Any) -> Node:
        """How a person would configure it; ``changes`` are fields of :class:`Node`."""
        return replace(
            Node(name=self.ae_title, ae_title=self.ae_title, host=self.host, port=self.port, tls=self.tls),
            **changes,
        )

    def log_text(self) -> str:
        """Everything it has printed so far."""
        return self.log.read_text("utf-8", "replace")

    def pause(self) -> None:
        """Make it fall silent, with its connections open, until :meth:`resume`."""
        os.killpg(self.process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after :meth:`pause`."""
        os.killpg(self.process.pid, signal.SIGCONT)

    def stop(self) -> None:
        """End it as its administrator would, or by force after 5 seconds."""
        if self._ended:
            return
        self._family = self._children()
        if self.process.stdin is not None:
            self.process.stdin.close()
        else:
            self._signal("SIGTERM")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        self.kill()

    def kill(self) -> None:
        """End it and its children at once, as a crash would."""
        if self._ended:
            return
        self._ended = True
        family = self._family or self._children()
        self._signal("SIGKILL")
        self.process.wait()
        for handle in family:
            # dcmqrscp's children hold its port; they are not ours to wait for, but their end can be seen.
            select.select([handle], [], [], 5)
            os.close(handle)
        LASTING.discard(self.process.pid)
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()

    def _children(self) -> list[int]:
        """Handles (pidfd) of the children it has now; none where the system has no such thing."""
        pid, handles = self.process.pid, []
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split():
                handles.append(os.pidfd_open(int(child)))
        return handles

    def _signal(self, name: str) -> None:
        if not hasattr(os, "killpg"):
            self.process.kill()
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, getattr(signal, name))


def spawn(command: Sequence[str | Path], log: Path, **pipes: Any) -> subprocess.Popen[bytes]:
    """Start ``command`` in its own process group, in the folder of ``log``, which takes what it prints."""
    with log.open("ab") as output:
        return subprocess.Popen(
            [find(str(command[0])) or str(command[0]), *map(str, command[1:])],
            stdin=pipes.get("stdin", subprocess.DEVNULL),
            stdout=pipes.get("stdout", output),
            stderr=output,
            cwd=log.parent,
            env=os.environ | ENVIRONMENT,
            start_new_session=True,
        )


def launch(
    ae_title: str, folder: Path, command: Callable[[int], Sequence[str | Path]], *, tls: Tls | None = None
) -> Archive:
    """Start what ``command(port)`` says and return when it answers a C-ECHO.

    Between finding a free port and opening it another process may take it: three tries.

    Raises:
        NotStarted: It never answered.
    """
    for tries_left in (2, 1, 0):
        port = free_port()
        log = folder / "log.txt"
        archive = Archive(ae_title, port, folder, log, spawn(command(port), log), tls=tls)
        try:
            wait_until_it_answers(archive)
        except NotStarted:
            ended = archive.process.poll() is not None
            archive.kill()
            if not (ended and tries_left):
                raise
        except BaseException:
            archive.kill()
            raise
        else:
            return archive
    raise AssertionError


def wait_until_it_answers(archive: Archive) -> None:
    """Ask by C-ECHO until the answer is right.

    Raises:
        NotStarted: The process ended, or :data:`PATIENCE` is at its end.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        answer = echo(archive)
        with contextlib.suppress(subprocess.TimeoutExpired):
            # An answer counts only while our process lives: another one may have had the port.
            archive.process.wait(0 if answer.status == 0 else 0.05)
            raise NotStarted(f"It ended with {archive.process.returncode}.\n{archive.log_text()[-4000:]}")
        if answer.status == 0:
            return
        if time.monotonic() > deadline:
            raise NotStarted(f"No answer: {answer.output}\n{archive.log_text()[-4000:]}")


def echo(archive: Archive) -> Result:
    """One C-ECHO by DCMTK's echoscu; status 0 when it was answered."""
    return run("echoscu", *client_options(archive), "-to", 1, "-ta", 5, "-td", 5, *address(archive))


def address(archive: Archive) -> tuple[str, ...]:
    """The arguments by which DCMTK's clients find an archive."""
    return ("-aet", "WORKSTATION", "-aec", archive.ae_title, archive.host, str(archive.port))


def client_options(archive: Archive) -> tuple[str, ...]:
    """The TLS options DCMTK's clients need for an archive."""
    if archive.tls is None:
        return ()
    if archive.tls.certificate:
        return ("+tls", archive.tls.key, archive.tls.certificate, "+cf", archive.tls.ca)
    return ("+tla", "+cf", archive.tls.ca)


def run(
    program: str,
    *arguments: object,
    timeout: float = 60.0,
    folder: Path | None = None,
    environment: Mapping[str, str] = ENVIRONMENT,
) -> Result:
    """Run a DCMTK client to its end; its exit status says little, so read what it printed."""
    done = subprocess.run(
        [find(program) or program, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=timeout,
        cwd=folder,
        env=os.environ | environment,
        check=False,
    )
    return Result(done.stdout.decode("utf-8", "replace"), done.returncode)
