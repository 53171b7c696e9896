"""A process that has everything imported and forks a child for each piece of work: a start costs little.

``python -m tests.crash.child_processes`` reads a line of JSON for each child, ``[function in
tests.crash.work, arguments…]``, waits for its end and says its status. The child writes to the same
standard output, first its process ID.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.crash import work

ENDS = ("signal", "exit")


class ForkServer:
    """The parent, as a test sees it; one child at a time."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.pid = 0  # of the child, while there is one

    def start(self, work: str, *arguments: object) -> int:
        """Fork a child; its process ID."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([work, *map(str, arguments)]) + "\n")
        self._process.stdin.flush()
        self.pid = int(self.hear())
        return self.pid

    def hear(self) -> str:
        """The next line: what the child says, or its status when it has ended."""
        assert self._process.stdout is not None
        said = self._process.stdout.readline().strip()
        if said.startswith(ENDS):
            self.pid = 0
        return said

    def ended(self) -> str:
        """Wait for the child's end: ``signal 9``, ``exit 0``…; what it says before is passed over."""
        while not (said := self.hear()).startswith(ENDS):
            assert said, "the fork server itself ended"
        return said


@contextmanager
def fork_server() -> Iterator[ForkServer]:
    """A warmed parent for the length of the block."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.crash.child_processes"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as process:
        found = ForkServer(process)
        try:
            yield found
        finally:
            if found.pid:  # the test failed
                with suppress(ProcessLookupError):
                    os.kill(found.pid, signal.SIGKILL)
                found.ended()
            assert process.stdin is not None
            process.stdin.close()


def main() -> None:
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        child = os.fork()
        if child == 0:
            os.close(0)
            status = 1
            try:
                work.say(os.getpid())
                getattr(work, name)(*arguments)
                status = 0
            finally:
                sys.stderr.flush()
                os._exit(status)
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status)
        print(
            f"signal {os.WTERMSIG(status)}" if killed else f"exit {os.waitstatus_to_exitcode(status)}",
            flush=True,
        )


if __name__ == "__main__":
    main()
