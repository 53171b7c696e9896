"""Convert objects to another transfer syntax, for an archive that does not accept their own."""

from __future__ import annotations

from workstation.errors import UserMessage
from workstation.imaging.decoding import Decoding
from workstation.imaging.picture import Undecodable
from workstation.network.file_to_send import FileToSend
from workstation.stop import Stop

_SECONDS = 120.0
"""What the conversion of one object may take."""


class Conversion:
    """Converts in a decoding process of its own, started when the first object needs it."""

    def __init__(self, stop: Stop, *, lossy: bool = False) -> None:
        """Nothing is started yet.

        Args:
            stop: Ends what is being converted.
            lossy: Decode also what is lossily compressed.
        """
        self._stop = stop
        self._lossy = lossy
        self._decoding = Decoding(processes=1, frame_seconds=_SECONDS)

    def converted(self, file: FileToSend, syntax: str) -> FileToSend | str:
        """``file`` in ``syntax``, or why it cannot go out so: a message.

        Raises:
            Cancelled: A stop was requested.
        """
        try:
            with self._stop.watching(self._decoding.close):
                content = self._decoding.converted(file.path, syntax, lossy=self._lossy)
        except Undecodable as reason:
            return reason.reason
        except OSError:
            return UserMessage("Its file cannot be read.")
        return file.in_syntax(syntax, memoryview(content.data).cast("B"))

    def close(self) -> None:
        """End the process."""
        self._decoding.close()
