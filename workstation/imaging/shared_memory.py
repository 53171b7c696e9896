"""Shares anonymous memory in which a decoding process hands pixels to the window's process.

On Linux a memfd, read by ``pread``: a file that the other side cuts short gives fewer bytes, never a signal.
On Windows an unnamed mapping. Elsewhere there is none, and pixels come through the pipe.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from workstation.imaging.array_shapes import array_offsets, shape_of
from workstation.imaging.arrays import Array

KEPT = 32 * 1024 * 1024
"""Bytes that stay with a process; what a big picture needed more goes back to the system."""


class SharedMemory(Protocol):
    """The window's side.

    Attributes:
        token: What the other process finds it by.
        size: Its bytes.
        inherited: Descriptors the other process has to inherit.
    """

    token: int
    size: int
    inherited: tuple[int, ...]

    def grow(self, size: int) -> None:
        """Have at least ``size`` bytes; the token may change.

        Raises:
            OSError: There is not so much.
        """

    def read(self, offset: int, target: Array) -> bool:
        """Fill ``target``, contiguous, from ``offset`` on; False: there is less than that."""

    def settle(self) -> None:
        """Give back what is more than :data:`KEPT`."""

    def close(self) -> None:
        """Give everything back."""


def as_bytes(array: Array) -> memoryview:
    """The bytes of a contiguous array, without a copy."""
    return memoryview(array.reshape(-1).view(np.uint8).data)


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    _kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    _HANDLE, _SIZE = wintypes.HANDLE, ctypes.c_size_t
    _kernel.CreateFileMappingW.restype = _HANDLE
    _kernel.CreateFileMappingW.argtypes = (
        *(_HANDLE, ctypes.c_void_p, wintypes.DWORD, wintypes.DWORD, wintypes.DWORD, wintypes.LPCWSTR),
    )
    _kernel.MapViewOfFile.restype = ctypes.c_void_p
    _kernel.MapViewOfFile.argtypes = (_HANDLE, wintypes.DWORD, wintypes.DWORD, wintypes.DWORD, _SIZE)
    _kernel.UnmapViewOfFile.argtypes = (ctypes.c_void_p,)
    _kernel.CloseHandle.argtypes = (_HANDLE,)
    _kernel.GetCurrentProcess.restype = _HANDLE
    _kernel.DuplicateHandle.argtypes = (
        *(_HANDLE, _HANDLE, _HANDLE, ctypes.POINTER(_HANDLE), wintypes.DWORD, wintypes.BOOL, wintypes.DWORD),
    )
    _READ_WRITE, _MAP, _SAME_ACCESS = 0x04, 0x06, 0x02

    class _Mapping:
        """Pages of the paging file, seen by this process."""

        def __init__(self, handle: int, size: int) -> None:
            self._handle = handle
            self.address = _kernel.MapViewOfFile(handle, _MAP, 0, 0, size)
            if not self.address:
                raise ctypes.WinError(ctypes.get_last_error())

        def close(self) -> None:
            _kernel.UnmapViewOfFile(self.address)
            _kernel.CloseHandle(self._handle)

    class _Pages:
        """A mapping of a fixed size; a larger one is a new one."""

        inherited: tuple[int, ...] = ()

        def __init__(self) -> None:
            self.token, self.size = 0, 0
            self._process = 0
            self._mapping: _Mapping | None = None

        def hand_to(self, process: int) -> None:
            """The process that is to see it, by its handle."""
            self._process = process

        def grow(self, size: int) -> None:
            if size <= self.size:
                return
            self.close()
            size = max(size, KEPT)
            handle = _kernel.CreateFileMappingW(
                _HANDLE(-1), None, _READ_WRITE, size >> 32, size & 0xFFFFFFFF, None
            )
            if not handle:
                raise ctypes.WinError(ctypes.get_last_error())
            self._mapping = _Mapping(handle, size)
            theirs = _HANDLE()
            here = _kernel.GetCurrentProcess()
            if not _kernel.DuplicateHandle(
                here, handle, self._process, ctypes.byref(theirs), 0, False, _SAME_ACCESS
            ):
                raise ctypes.WinError(ctypes.get_last_error())
            self.token, self.size = int(theirs.value or 0), size

        def read(self, offset: int, target: Array) -> bool:
            if self._mapping is None or offset + target.nbytes > self.size:
                return False
            ctypes.memmove(target.ctypes.data, self._mapping.address + offset, target.nbytes)
            return True

        def settle(self) -> None:
            if self.size > KEPT:
                self.close()

        def close(self) -> None:
            mapping, self._mapping = self._mapping, None
            self.token, self.size = 0, 0
            if mapping is not None:
                mapping.close()

    def shared_memory() -> SharedMemory | None:
        """New memory to share with one process."""
        return _Pages()

    class WorkerMemory:
        """The decoding process' side."""

        def __init__(self) -> None:
            self._token = 0
            self._mapping: _Mapping | None = None

        def put(self, token: int, size: int, arrays: Sequence[Array]) -> None:
            """Write ``arrays`` one behind the other; they fit into ``size``."""
            if token != self._token:
                if self._mapping is not None:
                    self._mapping.close()
                self._mapping, self._token = _Mapping(token, size), token
            assert self._mapping is not None
            for (offset, _), array in zip(
                array_offsets([shape_of(one) for one in arrays]), arrays, strict=True
            ):
                flat = np.ascontiguousarray(array)
                ctypes.memmove(self._mapping.address + offset, flat.ctypes.data, flat.nbytes)

else:
    import fcntl

    class _MemoryFile:
        """A memfd: it grows and shrinks, and takes no more memory than was written to it."""

        def __init__(self, file: int) -> None:
            self._file = self.token = file
            self.inherited: tuple[int, ...] = (file,)
            self.size = 0

        def grow(self, size: int) -> None:
            if size > self.size:
                os.ftruncate(self._file, max(size, KEPT))
                self.size = max(size, KEPT)

        def read(self, offset: int, target: Array) -> bool:
            view = as_bytes(target)
            while len(view):
                count = os.preadv(self._file, [view], offset)
                if count <= 0:
                    return False
                view, offset = view[count:], offset + count
            return True

        def settle(self) -> None:
            if self.size > KEPT:
                os.ftruncate(self._file, 0)
                os.ftruncate(self._file, KEPT)
                self.size = KEPT

        def close(self) -> None:
            os.close(self._file)

    def shared_memory() -> SharedMemory | None:
        """New memory to share with one process; None where the system has none without a name."""
        if sys.platform != "linux":
            return None
        try:
            made = os.memfd_create("workstation-pixels")
            if made > 2:
                return _MemoryFile(made)
            # A program whose standard streams are closed: the child has others in their places.
            try:
                return _MemoryFile(fcntl.fcntl(made, fcntl.F_DUPFD_CLOEXEC, 3))
            finally:
                os.close(made)
        except OSError:
            return None

    class WorkerMemory:
        """The decoding process' side."""

        def put(self, token: int, size: int, arrays: Sequence[Array]) -> None:
            """Write ``arrays`` one behind the other; they fit into ``size``."""
            import mmap

            populate = getattr(mmap, "MAP_POPULATE", 0)
            shapes = [shape_of(one) for one in arrays]
            needed = sum(shape.room for shape in shapes)
            if not needed:
                return
            with mmap.mmap(token, needed, mmap.MAP_SHARED | populate) as view:
                for (offset, shape), array in zip(array_offsets(shapes), arrays, strict=True):
                    if shape.bytes:
                        view[offset : offset + shape.bytes] = as_bytes(array)
