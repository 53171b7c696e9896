"""Builds the seccomp filter that denies system calls no decoder makes (Linux).

Landlock knows no rights for the mode, owner and times of a file, nor for other processes; and older kernels
lack it, or its newer rights. So what it denies is denied here once more.
"""

from __future__ import annotations

import struct

_X86_64, _AARCH64 = 0xC000003E, 0xC00000B7
"""How the kernel tells the architecture a call was made for (AUDIT_ARCH)."""
_ARCHITECTURES = {"x86_64": (_X86_64, 0), "aarch64": (_AARCH64, 1)}
"""The value, and which column of the tables below."""

_REFUSED: tuple[tuple[str, int | None, int | None], ...] = (
    # sockets, and what works like one
    *(("socket", 41, 198), ("socketpair", 53, 199), ("connect", 42, 203), ("bind", 49, 200)),
    *(("io_uring_setup", 425, 425), ("bpf", 321, 280), ("userfaultfd", 323, 282)),
    # other programs and processes; a thread is a clone, which is looked at below
    *(("execve", 59, 221), ("execveat", 322, 281), ("fork", 57, None), ("vfork", 58, None)),
    *(("kill", 62, 129), ("tkill", 200, 130), ("tgkill", 234, 131), ("rt_sigqueueinfo", 129, 138)),
    *(("rt_tgsigqueueinfo", 297, 240), ("pidfd_send_signal", 424, 424), ("pidfd_open", 434, 434)),
    *(("pidfd_getfd", 438, 438), ("ptrace", 101, 117), ("process_vm_readv", 310, 270)),
    *(("process_vm_writev", 311, 271), ("process_madvise", 440, 440), ("kcmp", 312, 272)),
    *(("prlimit64", 302, 261), ("setpriority", 141, 140), ("ioprio_set", 251, 30)),
    *(("sched_setparam", 142, 118), ("sched_setscheduler", 144, 119), ("sched_setaffinity", 203, 122)),
    *(("sched_setattr", 314, 274), ("perf_event_open", 298, 241)),
    # what outlives this process
    *(("shmget", 29, 194), ("msgget", 68, 186), ("semget", 64, 190), ("mq_open", 240, 180)),
    *(("mq_unlink", 241, 181), ("add_key", 248, 217), ("request_key", 249, 218), ("keyctl", 250, 219)),
    # another view of the system
    *(("unshare", 272, 97), ("setns", 308, 268), ("mount", 165, 40), ("umount2", 166, 39)),
    *(("chroot", 161, 51), ("open_by_handle_at", 304, 265), ("open_tree", 428, 428)),
    # files
    *(("creat", 85, None), ("truncate", 76, 45), ("ftruncate", 77, 46), ("rename", 82, None)),
    *(("renameat", 264, 38), ("renameat2", 316, 276), ("link", 86, None), ("linkat", 265, 37)),
    *(("symlink", 88, None), ("symlinkat", 266, 36), ("unlink", 87, None), ("unlinkat", 263, 35)),
    *(("mkdir", 83, None), ("mkdirat", 258, 34), ("rmdir", 84, None), ("mknod", 133, None)),
    *(("mknodat", 259, 33), ("chmod", 90, None), ("fchmod", 91, 52), ("fchmodat", 268, 53)),
    *(("fchmodat2", 452, 452), ("chown", 92, None), ("fchown", 93, 55), ("lchown", 94, None)),
    *(("fchownat", 260, 54), ("utime", 132, None), ("utimes", 235, None), ("futimesat", 261, None)),
    *(("utimensat", 280, 88), ("setxattr", 188, 5), ("lsetxattr", 189, 6), ("fsetxattr", 190, 7)),
    *(("setxattrat", 463, 463), ("removexattr", 197, 14), ("lremovexattr", 198, 15)),
    *(("fremovexattr", 199, 16), ("removexattrat", 466, 466), ("file_setattr", 469, 469)),
)
_UNKNOWN = (("clone3", 435, 435), ("openat2", 437, 437))
"""Their arguments lie in memory, where a filter cannot look: libc then takes the older call."""

_TO_WRITE = 0o1 | 0o2 | 0o100 | 0o1000
"""O_WRONLY, O_RDWR, O_CREAT, O_TRUNC."""
_THREAD = 0x10000
"""CLONE_THREAD."""
_ENDS_WITH = 1
"""PR_SET_PDEATHSIG."""

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _GIVE = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _REFUSE, _NO_SUCH_CALL = 0x7FFF0000, 0x00050000 | 1, 0x00050000 | 38
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
"""Where they stand in what a filter sees (struct seccomp_data)."""
_X32 = 0x40000000
"""Calls from here on are the same ones, numbered differently."""

_BY_ARGUMENT = (
    ("open", 2, None, 1, _ANY_BIT, _TO_WRITE, True),
    ("openat", 257, 56, 2, _ANY_BIT, _TO_WRITE, True),
    ("clone", 56, 220, 0, _ANY_BIT, _THREAD, False),
    ("prctl", 157, 167, 0, _EQUAL, _ENDS_WITH, True),
)
"""Calls; which argument is compared, how, with what; whether it is refused if that is true, or if not."""


def filter_program(machine: str) -> bytes | None:
    """The filter for this kind of ``machine``, as the kernel runs it; None: its numbers are not known."""
    known = _ARCHITECTURES.get(machine)
    if known is None:
        return None
    architecture, column = known
    lines = [(_LOAD, 0, 0, _ARCHITECTURE), (_EQUAL, 1, 0, architecture), (_GIVE, 0, 0, _REFUSE)]
    lines += [(_LOAD, 0, 0, _NUMBER), (_AT_LEAST, 0, 1, _X32), (_GIVE, 0, 0, _REFUSE)]
    for calls, answer in ((_REFUSED, _REFUSE), (_UNKNOWN, _NO_SUCH_CALL)):
        for _, *numbers in calls:
            if (number := numbers[column]) is not None:
                lines += [(_EQUAL, 0, 1, number), (_GIVE, 0, 0, answer)]
    for _, *numbers, argument, compare, value, refused in _BY_ARGUMENT:
        if (number := numbers[column]) is not None:
            lines += [(_EQUAL, 0, 4, number), (_LOAD, 0, 0, _ARGUMENTS + 8 * argument)]
            lines += [(compare, not refused, refused, value), (_GIVE, 0, 0, _REFUSE), (_GIVE, 0, 0, _ALLOW)]
    lines.append((_GIVE, 0, 0, _ALLOW))
    return b"".join(struct.pack("<HBBI", *line) for line in lines)
