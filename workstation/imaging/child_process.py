"""Starts one decoding process, sends it requests, reads its answers, kills it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from workstation import relaunch
from workstation.imaging.array_shapes import KINDS, Shape, array_offsets, shapes_of
from workstation.imaging.arrays import Array
from workstation.imaging.byte_reader import Malformed
from workstation.imaging.sandbox import Limits
from workstation.imaging.serialization import read, write
from workstation.imaging.shared_memory import as_bytes, shared_memory
from workstation.imaging.worker_messages import ANSWER, MAX_ARRAYS, MAX_VALUE, PIPE, REQUEST, Kind

SUB_COMMAND = "decode-worker"
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}


class ChildEnded(Exception):
    """The process ended, or was ended, before it answered."""


class ChildProcess:
    """A decoding process, used by one thread at a time.

    Attributes:
        deadline: Time of the monotonic clock after which the owner is to :meth:`kill` it; 0: never.
        overdue: It was killed because it took too long.
        limits: Its restrictions, once it is ready.
    """

    def __init__(self, *, by_pipe: bool = False) -> None:
        """Start the process; it is not ready yet.

        Args:
            by_pipe: Take pixels through the pipe although there is shared memory.

        Raises:
            OSError: It cannot be started.
        """
        self._memory = None if by_pipe else shared_memory()
        arguments = [*relaunch.command(), SUB_COMMAND, "--parent", str(os.getpid())]
        inherited = self._memory.inherited if self._memory is not None else ()
        try:
            self._process = subprocess.Popen(
                arguments,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                env=relaunch.environment() | _ONE_THREAD,
                creationflags=relaunch.NO_WINDOW,
                pass_fds=inherited,
            )
        except OSError:
            if self._memory is not None:
                self._memory.close()
            raise
        if sys.platform == "win32":
            from workstation.imaging.windows_job import job_for

            self._job = job_for(int(self._process._handle))
            if self._memory is not None:
                self._memory.hand_to(int(self._process._handle))
        self.deadline = 0.0
        self.overdue = False
        self.limits: Limits | None = None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def ended(self) -> bool:
        """Whether the process has ended, also while it is idle."""
        return self._process.poll() is not None

    @property
    def took_too_long(self) -> bool:
        """Whether it ended over its time: by the clock, or by its own CPU time."""
        by_itself = sys.platform != "win32" and self._process.returncode == -signal.SIGPROF
        return self.overdue or by_itself

    def await_ready(self) -> Limits:
        """Wait until the process answers requests.

        Raises:
            ChildEnded: It ended before.
        """
        if self.limits is None:
            limits, _, _ = ANSWER.unpack(self._take(ANSWER.size))
            self.limits = Limits(limits)
        return self.limits

    def ask(self, kind: Kind, wanted: object, answer: Any, cpu_seconds: float) -> Any:
        """The answer to a request, of type ``answer``.

        Raises:
            ChildEnded: It ended, was killed, or sent something that is no answer.
        """
        self.await_ready()
        memory = self._memory
        token, size = (memory.token, memory.size) if memory is not None else (PIPE, 0)
        request = bytes(write(wanted, type(wanted)).data)
        self._send(REQUEST.pack(kind, len(request), token, size, cpu_seconds) + request)
        try:
            placed, length, room = ANSWER.unpack(self._take(ANSWER.size))
            if length > MAX_VALUE or room > MAX_ARRAYS:
                raise Malformed
            shapes, value = shapes_of(self._take(length))
            if sum(shape.room for shape in shapes) != room:
                raise Malformed
            return read(value, answer, self._arrays(shapes, room, placed=bool(placed)))
        except ChildEnded:
            raise
        except Exception as broken:  # it may send anything: what that raises ends the process, not the caller
            self.kill()
            raise ChildEnded from broken

    def kill(self) -> None:
        """Kill the process: a pending request raises :class:`ChildEnded`. Safe from any thread."""
        self._process.kill()

    def close(self) -> None:
        """Kill the process and free its resources; no request may be under way."""
        self.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        if self._memory is not None:
            self._memory.close()
        if sys.platform == "win32":
            self._job.close()

    def _arrays(self, shapes: Sequence[Shape], room: int, *, placed: bool) -> list[Array]:
        """Copies of the arrays; those that did not fit into the memory are requested now."""
        if not room:
            return [np.empty(shape.dimensions, KINDS[shape.kind]) for shape in shapes]
        memory = self._memory
        if not placed and memory is not None:
            try:
                memory.grow(room)
            except OSError:
                memory = None
        if not placed:
            token, size = (memory.token, memory.size) if memory is not None else (PIPE, 0)
            self._send(REQUEST.pack(Kind.MEMORY, 0, token, size, 0))
            if memory is not None:
                self._take(ANSWER.size)
        arrays = [np.empty(shape.dimensions, KINDS[shape.kind]) for shape in shapes]
        for (offset, _), array in zip(array_offsets(shapes), arrays, strict=True):
            if memory is None:
                self._fill(as_bytes(array))
            elif not memory.read(offset, array):
                raise Malformed
        if memory is not None:
            memory.settle()
        return arrays

    def _take(self, count: int) -> bytes:
        found = bytearray(count)
        self._fill(memoryview(found))
        return bytes(found)

    def _fill(self, view: memoryview) -> None:
        output: Any = self._process.stdout
        while len(view):
            try:
                taken = output.readinto(view)
            except (OSError, ValueError):
                taken = 0
            if not taken:
                self.kill()
                self._process.wait()
                raise ChildEnded
            view = view[taken:]

    def _send(self, data: bytes) -> None:
        view, requests = memoryview(data), self._process.stdin
        assert requests is not None
        try:
            while len(view):
                view = view[requests.write(view) :]
        except (OSError, ValueError) as ended:
            self.kill()
            self._process.wait()
            raise ChildEnded from ended
