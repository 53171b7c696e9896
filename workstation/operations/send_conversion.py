"""Convert objects to another transfer syntax, for an archive that does not accept their own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from workstation.errors import UserMessage
from workstation.imaging.decoding import Decoding
from workstation.imaging.picture import Undecodable
from workstation.network.file_to_send import FileToSend
from workstation.stop import Stop

_SECONDS = 120.0
"""What the conversion of one object may take."""

_MOST_BYTES = 256 * 1024 * 1024
"""Of converted objects that are held at once; beyond them one alone is."""


class Conversion:
    """Converts in decoding processes of its own, started when the first object needs it; thread-safe."""

    def __init__(self, stop: Stop, *, lossy: bool = False) -> None:
        """Nothing is started yet.

        Args:
            stop: Ends what is being converted.
            lossy: Decode also what is lossily compressed.
        """
        self._stop = stop
        self._lossy = lossy
        self._decoding = Decoding(frame_seconds=_SECONDS)
        self._changed = threading.Condition()
        self._held = 0

    @contextmanager
    def converted(self, file: FileToSend, syntax: str) -> Iterator[FileToSend | UserMessage]:
        """``file`` in ``syntax``, or why it cannot go out so, for the length of the block.

        Raises:
            Cancelled: A stop was requested.
        """
        self._wait_for_room()
        found = self._convert(file, syntax)
        size = found.length if isinstance(found, FileToSend) else 0
        self._hold(size)
        try:
            yield found
        finally:
            self._hold(-size)

    def _wait_for_room(self) -> None:
        with self._stop.watching(self._wake), self._changed:
            while self._held >= _MOST_BYTES:
                self._stop.check()
                self._changed.wait()

    def _hold(self, size: int) -> None:
        with self._changed:
            self._held += size
            self._changed.notify_all()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _convert(self, file: FileToSend, syntax: str) -> FileToSend | UserMessage:
        try:
            with self._stop.watching(self._decoding.close):
                content = self._decoding.converted(file.path, syntax, lossy=self._lossy)
        except Undecodable as reason:
            return UserMessage(reason.reason)
        except OSError:
            return UserMessage("Its file cannot be read.")
        return file.in_syntax(syntax, memoryview(content.data).cast("B"))

    def close(self) -> None:
        """End the processes."""
        self._decoding.close()
