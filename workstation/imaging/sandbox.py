"""Restricts a decoding process before it reads anything foreign.

Memory, file size, descriptors and core files by limits; on Linux also writing to any file, and sockets, other
programs, other processes. Each is taken where the system has it; :class:`Limits` tells which hold.
"""

from __future__ import annotations

import os
import platform
import signal
import struct
import sys
from enum import IntFlag

from workstation.imaging.seccomp_filter import filter_program
from workstation.imaging.system_memory import memory

MIN_MEMORY, MAX_MEMORY = 2 << 30, 4 << 30
"""Bytes of address space; half of this computer's memory, within these."""
_FILES = 64


class Limits(IntFlag):
    """What holds in a decoding process."""

    NONE = 0
    RESOURCES = 1
    ENDS_WITH_PARENT = 2
    NO_WRITING = 4
    NO_SOCKETS = 8


if sys.platform == "win32":

    def confine(parent: int) -> Limits:
        """Suppress crash dialogs; the Windows job that the parent made limits memory and ends the process."""
        import ctypes

        no_dialogs = 0x0001 | 0x0002 | 0x8000
        ctypes.windll.kernel32.SetErrorMode(no_dialogs)
        return Limits.RESOURCES | Limits.ENDS_WITH_PARENT

    def limit_cpu(seconds: float) -> None:
        """Windows counts CPU time for a whole job only: the parent's clock alone limits."""

else:

    def confine(parent: int) -> Limits:
        """Take every limit there is; what the system lacks is left out.

        Args:
            parent: The process to end with.
        """
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's; it ends this process
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        held = _limit_resources()
        if sys.platform == "linux":
            held |= _linux(parent)
        return held

    def limit_cpu(seconds: float) -> None:
        """From now on this process ends by SIGPROF after so much CPU time; 0: no more limit."""
        signal.setitimer(signal.ITIMER_PROF, seconds)

    def _limit_resources() -> Limits:
        import resource

        limits = (
            (resource.RLIMIT_AS, min(max(memory() // 2, MIN_MEMORY), MAX_MEMORY)),
            (resource.RLIMIT_FSIZE, 0),
            (resource.RLIMIT_NOFILE, _FILES),
            (resource.RLIMIT_CORE, 0),
        )
        try:
            for which, most in limits:
                hard = resource.getrlimit(which)[1]
                bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
                resource.setrlimit(which, (bound, bound))
        except (OSError, ValueError):
            return Limits.NONE
        return Limits.RESOURCES


if sys.platform == "linux":
    import ctypes

    _libc = ctypes.CDLL(None, use_errno=True)
    _libc.syscall.restype = ctypes.c_long
    _PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP = 1, 4, 38, 22

    def end_with_parent(parent: int) -> bool:
        """From now on this process ends with its parent, ``parent``; at once, if that is no more."""
        held = _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it ended before the line above
            os._exit(1)
        return held

    def _linux(parent: int) -> Limits:
        held = Limits.ENDS_WITH_PARENT if end_with_parent(parent) else Limits.NONE
        _prctl(_PR_SET_DUMPABLE, 0)  # no core file may hold pixels, also where a program takes them
        if _prctl(_PR_SET_NO_NEW_PRIVS, 1):
            if _deny_writing():
                held |= Limits.NO_WRITING
            if _deny_calls():
                held |= Limits.NO_SOCKETS
        return held

    def _prctl(option: int, value: int) -> bool:
        return bool(_libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) == 0)

    _CREATE_RULESET, _RESTRICT_SELF, _VERSION = 444, 446, 1
    _RIGHTS_SINCE = ((1, 0x1FF3), (2, 0x2000), (3, 0x4000))
    """Landlock's rights by the version they came with, all but reading: to run, write, make, remove."""

    def _deny_writing() -> bool:
        """Landlock without a rule: no file can be run, written, made, renamed or removed any more."""
        version = _libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION)
        if version < 1:
            return False
        rights = sum(bits for since, bits in _RIGHTS_SINCE if version >= since)
        ruleset = struct.pack("<Q", rights)
        file = _libc.syscall(_CREATE_RULESET, ruleset, ctypes.c_size_t(len(ruleset)), 0)
        if file < 0:
            return False
        try:
            return bool(_libc.syscall(_RESTRICT_SELF, file, 0) == 0)
        finally:
            os.close(file)

    def _deny_calls() -> bool:
        """A seccomp filter: what no decoder calls fails with EPERM, in every thread there will be."""
        program = filter_program(platform.machine()) if sys.maxsize > 2**32 else None
        if program is None:
            return False
        held = ctypes.create_string_buffer(program, len(program))
        filtered = struct.pack("@HP", len(program) // 8, ctypes.addressof(held))
        return bool(_libc.prctl(_PR_SET_SECCOMP, ctypes.c_ulong(2), filtered, 0, 0) == 0)

else:

    def end_with_parent(parent: int) -> bool:
        """A job of its parent, or the end of its input, ends this process."""
        return False
