"""The head of a DICOM file: preamble and file meta information (PS3.10 7.1)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from workstation.dicom.uids import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME

if TYPE_CHECKING:
    from workstation.dicom.arrival import Context, Peer

PREAMBLE = bytes(128) + b"DICM"
NOT_DICOM = "it is not a DICOM file"
MAX_META = 64 * 1024
"""Bytes in which the file meta information ends."""
_LONG_VRS = frozenset(
    (b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV")
)

_MARK = (0x0100, 0x0102)
"""Private Information Creator UID, Private Information (PS3.10 7.1)."""
_READ = (0x0002, 0x0003, 0x0010, 0x0016, *_MARK)

_SHORT = struct.Struct("<HH2sH")
_LONG = struct.Struct("<HH2s2xI")


@dataclass(frozen=True, slots=True)
class FileMeta:
    """What the head of a file says of the data set behind it.

    Attributes:
        sop_class: Media Storage SOP Class UID (0002,0002).
        sop_instance: Media Storage SOP Instance UID (0002,0003).
        transfer_syntax: Transfer Syntax UID (0002,0010).
        offset: Where the data set begins, in bytes from the start of the file.
        sender: Source AE title (0002,0016); empty where it is not given.
        mark: What this program noted when it kept the object although something is wrong with it.
        filed: Study and Series Instance UID that a list told of it where the object itself does not.
    """

    sop_class: str
    sop_instance: str
    transfer_syntax: str
    offset: int
    sender: str = ""
    mark: str = ""
    filed: tuple[str, str] = ("", "")


def filed_mark(mark: str, study: str, series: str) -> str:
    """The mark of an object that is filed by what a list told of it."""
    return "\n".join((mark, study, series))


def meta_prefix(context: Context, sop_class: str, sop_instance: str, peer: Peer, mark: str = "") -> bytes:
    """Everything that stands before the data set of an object received from ``peer``.

    A preamble of zeros, whatever the sender's may have held; the AE titles are cleaned of what VR AE does
    not allow. Only the instance UID is put in per object: the rest is prepared once.

    Args:
        context: The presentation context it came on; its transfer syntax is the file's.
        sop_class: A UID by the grammar.
        sop_instance: A UID by the grammar.
        peer: Source and sender; its own-AE title is the receiver.
        mark: What is wrong with the object, in ASCII; see :attr:`FileMeta.mark`.
    """
    length, middle, tail = _frame(context.transfer_syntax, sop_class, peer.ae_title, peer.own_ae_title)
    if mark:
        value = _even(mark.encode("ascii", "replace"), b" ")
        noted = _uid(_MARK[0], IMPLEMENTATION_CLASS_UID) + _LONG.pack(2, _MARK[1], b"OB", len(value)) + value
        length, tail = length + len(noted), tail + noted
    uid = _even(sop_instance.encode("ascii"), b"\0")
    size = len(uid)
    group_length = (length + size).to_bytes(4, "little")
    return b"".join((_HEAD, group_length, middle, size.to_bytes(2, "little"), uid, tail))


_HEAD = PREAMBLE + struct.pack("<HH2sH", 2, 0, b"UL", 4)


@lru_cache(maxsize=512)
def _frame(syntax: str, sop_class: str, sender: str, receiver: str) -> tuple[int, bytes, bytes]:
    """The bytes around the instance UID, and the group length without it."""
    version = _LONG.pack(2, 1, b"OB", 2) + b"\0\1"
    middle = version + _uid(0x0002, sop_class) + struct.pack("<HH2s", 2, 3, b"UI")
    tail = _uid(0x0010, syntax) + _uid(0x0012, IMPLEMENTATION_CLASS_UID)
    tail += _element(0x0013, b"SH", _even(IMPLEMENTATION_VERSION_NAME.encode("ascii"), b" "))
    for element, title in ((0x0016, sender), (0x0017, sender), (0x0018, receiver)):
        if cleaned := clean_title(title):
            tail += _element(element, b"AE", _even(cleaned.encode("ascii"), b" "))
    return len(middle) + 2 + len(tail), middle, tail


def clean_title(title: str) -> str:
    """An AE title as a file may name it: without what its VR does not allow (PS3.5 6.2)."""
    return "".join(mark for mark in title if " " <= mark <= "~" and mark != "\\").strip()[:16]


def _uid(element: int, uid: str) -> bytes:
    return _element(element, b"UI", _even(uid.encode("ascii"), b"\0"))


def _element(element: int, vr: bytes, value: bytes) -> bytes:
    return _SHORT.pack(2, element, vr, len(value)) + value


def _even(value: bytes, padding: bytes) -> bytes:
    return value + padding if len(value) % 2 else value


def read_meta(head: bytes) -> FileMeta | str:
    """Read the file meta information from the first bytes of a file.

    Args:
        head: The start of the file, up to 64 KiB of it.

    Returns:
        What it says, or in plain words why this is not the head of a DICOM file.
    """
    if head[128:132] != b"DICM":
        return NOT_DICOM
    meta = meta_at(head, 132)
    if meta is None:
        return "its file meta information has no end"
    return meta if meta.transfer_syntax else "its transfer syntax is not given"


def read_head(head: bytes) -> FileMeta | str:
    """The same of a head that lacks the preamble, the file meta information or the transfer syntax.

    A transfer syntax that is not given is one of the three plain ones, told by the first element.
    """
    meta = meta_at(head, 132 if head[128:132] == b"DICM" else 0)
    if meta is None:
        return "its file meta information has no end"
    if meta.transfer_syntax:
        return meta
    return replace(meta, transfer_syntax=_plain_syntax(head[meta.offset : meta.offset + 8]))


def meta_at(head: bytes, position: int, order: str = "<") -> FileMeta | None:
    """The elements of group 0002 that stand at ``position``; None if they do not end within the head.

    They are walked one by one: their group length may be absent or wrong. They should be Explicit VR;
    ``order`` is their byte order, as :mod:`struct` names it.
    """
    found: dict[int, str] = {}
    end = min(len(head), MAX_META)
    fields = struct.Struct(order + "HH2sH")
    while position + 8 <= end:
        group, element, vr, length = fields.unpack_from(head, position)
        if group != 2:
            break
        position += 8
        if not (vr.isalpha() and vr.isupper()):
            (length,) = struct.unpack_from(order + "I", head, position - 4)
        elif vr in _LONG_VRS:
            if position + 4 > len(head):
                break
            (length,) = struct.unpack_from(order + "I", head, position)
            position += 4
        if element in _READ:
            found[element] = (
                head[position : position + min(length, 512)].rstrip(b" \0").decode("ascii", "replace")
            )
        position += length
    if position > end:
        return None
    sop_class, sop_instance, syntax, sender, creator, mark = (found.get(one, "") for one in _READ)
    mark, study, series = (*(mark if creator == IMPLEMENTATION_CLASS_UID else "").split("\n"), "", "")[:3]
    return FileMeta(sop_class, sop_instance, syntax, position, clean_title(sender), mark, (study, series))


def _plain_syntax(start: bytes) -> str:
    """By the first element of a data set: whether it has a VR, and which way its group is a small number."""
    if len(start) < 6 or not (start[4:6].isalpha() and start[4:6].isupper()):
        return "1.2.840.10008.1.2"
    big = int.from_bytes(start[:2], "little") >= 0x0400 > int.from_bytes(start[:2], "big")
    return "1.2.840.10008.1.2.2" if big else "1.2.840.10008.1.2.1"
