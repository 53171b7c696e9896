"""Hand out the files that are sent over several associations, neighbours over the same one."""

from __future__ import annotations

from collections.abc import Iterable

from workstation.network.file_to_send import FileToSend


class SendQueue:
    """Files that are still to be sent, in their order; not thread-safe.

    The files of a series stand together, as a rule. So each association sends a run of neighbours: who has
    none takes the second half of the longest. That way few series come over two associations, and all end
    together.
    """

    def __init__(self, files: Iterable[FileToSend]) -> None:
        self._left = list(reversed(list(files)))  # what nobody has begun; the next one is the last
        self._runs: dict[object, list[FileToSend]] = {}

    def __len__(self) -> int:
        return len(self._left) + sum(map(len, self._runs.values()))

    @property
    def bytes(self) -> int:
        """Of all that is left."""
        return sum(file.length for run in (self._left, *self._runs.values()) for file in run)

    def take(self, association: object) -> FileToSend | None:
        """The next file for an association; None: nothing is left."""
        if not (run := self._runs.get(association)):
            run = self._runs[association] = self._next_run()
        return run.pop() if run else None

    def _next_run(self) -> list[FileToSend]:
        if self._left:
            run, self._left = self._left, []
            return run
        longest = max(self._runs.values(), key=len, default=[])
        half = (len(longest) + 1) // 2
        run = longest[:half]
        del longest[:half]
        return run

    def give_back(self, file: FileToSend) -> None:
        """Have a file sent once more, by who has nothing else to send."""
        self._left.insert(0, file)

    def leave(self, association: object) -> None:
        """An association sends no more: others send the rest of its run."""
        self._left[:0] = self._runs.pop(association, [])
