"""Makes and flushes the folders of a library, and keeps part of its volume free."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from workstation.dicom.uids import path_name
from workstation.stop import Stop
from workstation.store.files import delete_part, free_space, make_private_folder, start_writing, sync_folder

_CLAIM: Final = 64 * 1024 * 1024  # bytes written between two looks at the free space
_WORTH_STARTING: Final = 64 * 1024  # bytes; of smaller files the flush at the end writes many in one go
_LONG: Final = 0.005  # seconds
_LEFT_ALONE: Final = 10


def usual_reserve(total: int) -> int:
    """Bytes to keep free on a volume of ``total`` bytes: 2 GiB or 5 %, whichever is more."""
    return max(2 * 1024**3, total // 20)


class LibraryFolder:
    """The folders of a library on the disk; safe from any thread.

    Attributes:
        root: The folder, absolute.
        incoming: The folder of part files.
    """

    def __init__(self, root: Path, reserve: Callable[[int], int]) -> None:
        """Touch no file yet.

        Args:
            root: The folder of the library.
            reserve: Gives the bytes to keep free from the size of the volume.
        """
        self.root = root
        self.incoming = str(root / "incoming")
        self._root_name = str(root)
        self._reserve = reserve
        self._claimed = 0
        self._device = 0
        self._durable: set[str] = set()  # studies whose folder is known to be on the disk
        self._space = threading.Lock()
        self._start_none_before = 0.0

    def prepare(self, stop: Stop) -> None:
        """Delete part files left over: none of them was ever acknowledged. Try the longest path.

        Raises:
            NotWritable: The folder of part files cannot be made.
            OSError: The folder cannot be used, or the system does not take such long paths.
            Cancelled: ``stop`` was requested.
        """
        for part in make_private_folder(Path(self.incoming)).glob("*.part"):
            stop.check()
            delete_part(str(part))
        _try_longest_path(self.root)
        self._device = self.root.stat().st_dev

    def left(self) -> int:
        """Bytes that may still be written; below 0 where the reserve is already used.

        Raises:
            OSError: The folder is gone.
        """
        free, total = free_space(self.root)
        return free - self._reserve(total)

    def claim(self, size: int) -> None:
        """Count bytes that are about to be written; the volume is looked at now and then.

        Raises:
            OSError: ENOSPC, the volume is below its reserve.
        """
        self._claimed -= size
        if self._claimed >= 0:
            return
        with self._space:
            left = self.left()
            if left <= 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self._claimed = min(_CLAIM, left)

    def make_incoming(self) -> None:
        """Make the folder of part files anew, and the library's own where that is gone.

        Raises:
            OSError: It cannot be made, or the volume of the library is no longer there.
        """
        existing = self.root if self.root.exists() else self.root.parent
        if existing.stat().st_dev != self._device:
            raise FileNotFoundError(errno.ENOENT, "the volume of the library is gone")
        for folder in (self.root, Path(self.incoming)):
            folder.mkdir(mode=0o700, exist_ok=True)
        self._durable.clear()

    def study_path(self, study_uid: str) -> str:
        """Where the files of a study go; ``study_uid`` must be a UID, or may be asked for as one."""
        return f"{self._root_name}{os.sep}{path_name(study_uid)}"

    def make_study(self, study_uid: str) -> None:
        """Make the folder of a study, if it is not there.

        Raises:
            OSError: It cannot be made.
        """
        self._durable.discard(study_uid)
        (self.root / path_name(study_uid)).mkdir(mode=0o700, exist_ok=True)

    def remove_study(self, study_uid: str) -> bool:
        """Remove the folder of a study if it is there and empty; False where that failed."""
        self._durable.discard(study_uid)
        try:
            (self.root / path_name(study_uid)).rmdir()
        except OSError as error:
            return error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT, errno.ENOTDIR)
        return True

    def start_writing(self, file: int, size: int) -> None:
        """Have the last ``size`` bytes of an open file written to the disk while more arrives.

        What a plan fetches is flushed when all of it is here, and would have to be written then. A disk that
        has much to do lets this wait; it is then left alone for ten times as long, so that what arrives waits
        for it a tenth of the time at most.

        Raises:
            OSError: The disk does not take it.
        """
        if size < _WORTH_STARTING or (begun := time.monotonic()) < self._start_none_before:
            return
        start_writing(file)
        ended = time.monotonic()
        if ended - begun > _LONG:
            self._start_none_before = ended + _LEFT_ALONE * (ended - begun)

    def sync_study(self, study_uid: str) -> None:
        """Flush the name of a study's folder to the disk; costs something only the first time.

        Raises:
            OSError: The disk did not take it.
        """
        if study_uid not in self._durable:
            sync_folder(self.root)
            self._durable.add(study_uid)


def _try_longest_path(root: Path) -> None:
    """Make and delete a file with as long a path as a library's can be; Windows takes 259 characters.

    Raises:
        OSError: This system does not take it.
    """
    longest = root / f"{'0' * 64}" / f"{'0' * 64}~999.dcm"
    spared = len(str(longest)) - len(str(root / "incoming" / ".part"))
    path = str(root / "incoming" / f"{'0' * spared}.part")
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
        delete_part(path)
    except OSError as error:
        if error.errno in (errno.ENAMETOOLONG, errno.ENOENT):  # others may be over when something arrives
            raise
