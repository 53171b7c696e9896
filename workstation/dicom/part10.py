"""Read and write the head of a DICOM file: preamble and file meta information (PS3.10 7.1)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from workstation.dicom.dataset_walker import DatasetWalker, raw
from workstation.dicom.encoding_detection import SAMPLE, encoding_of, encoding_seen
from workstation.dicom.transfer_syntaxes import EXPLICIT_LE, IMPLICIT_LE
from workstation.dicom.uids import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME, is_uid
from workstation.dicom.value_readers import read_uid

if TYPE_CHECKING:
    from workstation.dicom.association_facts import Context, Peer

PREAMBLE = bytes(128) + b"DICM"
NOT_DICOM = "it is not a DICOM file"
_NO_SYNTAX = "its transfer syntax is not given"
_ENDLESS = "its file meta information has no end"
MAX_META = 64 * 1024
"""Bytes in which the file meta information ends."""
_LONG_VRS = frozenset(
    (b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV")
)

_BLANKS = b" \t\r\n\xef\xbb\xbf"
"""What text tools put before a file, the byte order mark included."""
_MARK = (0x0100, 0x0102)
"""Private Information Creator UID, Private Information (PS3.10 7.1)."""
_READ = (0x0002, 0x0003, 0x0010, 0x0016, *_MARK)

_SOP_CLASS, _SOP_INSTANCE = raw(0x0008, 0x0016), raw(0x0008, 0x0018)
_ROWS, _COLUMNS = raw(0x0028, 0x0010), raw(0x0028, 0x0011)

_SHORT = struct.Struct("<HH2sH")
_LONG = struct.Struct("<HH2s2xI")
_COMMAND = struct.Struct("<HHI")
_FIRST_OF_META = _SHORT.pack(2, 0, b"UL", 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMeta:
    """The head of a file: what it states of the data set behind it.

    Attributes:
        sop_class: Media Storage SOP Class UID (0002,0002).
        sop_instance: Media Storage SOP Instance UID (0002,0003).
        transfer_syntax: Transfer Syntax UID (0002,0010).
        offset: Where the data set begins, in bytes from the start of the file.
        start: Where the file meta information begins, likewise; 0 without a preamble.
        sender: Source AE title (0002,0016); empty where it is not given.
        mark: What this program noted when it kept the object although something is wrong with it.
        filed: Study and Series Instance UID by the list of an archive, where the object itself has none.
    """

    sop_class: str
    sop_instance: str
    transfer_syntax: str
    offset: int
    start: int = 0
    sender: str = ""
    mark: str = ""
    filed: tuple[str, str] = ("", "")


def filed_mark(mark: str, study: str, series: str) -> str:
    """The mark of an object that is filed by the list of an archive."""
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


_HEAD = PREAMBLE + _FIRST_OF_META


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


@lru_cache(maxsize=64)  # asked for every object
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
        Its contents, or in plain words why this is not the head of a DICOM file.
    """
    if head[128:132] != b"DICM":
        return NOT_DICOM
    meta = meta_at(head, 132)
    if meta is None:
        return _ENDLESS
    return meta if meta.transfer_syntax else _NO_SYNTAX


def read_head(head: bytes) -> FileMeta | str:
    """The same of any file that holds a data set, also without preamble, group 0002 or transfer syntax.

    The first element of the data set decides how it is encoded: a transfer syntax that is not given is the
    plain one it is written in, one that gives another byte order or deflates otherwise is left over. Elements
    of a command set (group 0000, PS3.7 6.3) that stand before it are passed over, and blanks before the file.

    Args:
        head: The start of the file, 64 KiB of it if it has as many.

    Returns:
        Its contents, or in plain words why this is not the head of a DICOM file.
    """
    found = _read_head(head)
    if found == NOT_DICOM and (blanks := len(head) - len(head.lstrip(_BLANKS))):
        found = _read_head(head[blanks:])
        if isinstance(found, FileMeta):
            return replace(found, offset=found.offset + blanks, start=found.start + blanks)
    return found


def _read_head(head: bytes) -> FileMeta | str:
    preamble = _behind_preamble(head)
    start = preamble or 0
    meta = meta_at(head, start, ">" if head[start : start + 2] == b"\0\2" else "<")
    marked = preamble is not None or (meta is not None and is_uid(meta.transfer_syntax))
    if meta is None:
        return _ENDLESS if marked else NOT_DICOM
    offset = _behind_command(head, meta.offset)
    seen = encoding_seen(head[offset : offset + SAMPLE])
    syntax = _syntax(meta.transfer_syntax, seen)
    if not marked and not (seen and _is_data_set(head[offset:], syntax)):
        return NOT_DICOM
    if not syntax:
        return _NO_SYNTAX
    return replace(meta, transfer_syntax=syntax, offset=offset, start=start)


def _is_data_set(data: bytes, syntax: str) -> bool:
    """Whether a file without preamble shows what it is: by a UID of its class or instance, or its size."""
    walk = DatasetWalker(syntax, frozenset((_SOP_CLASS, _SOP_INSTANCE, _ROWS, _COLUMNS)))
    walk.feed(data)
    sop_class, sop_instance, *size = (
        walk.values.get(one, b"") for one in (_SOP_CLASS, _SOP_INSTANCE, _ROWS, _COLUMNS)
    )
    return is_uid(read_uid(sop_class)) or is_uid(read_uid(sop_instance)) or [*map(len, size)] == [2, 2]


def _behind_preamble(head: bytes) -> int | None:
    """Where the file meta information begins; None: there is no preamble.

    Some programs write the prefix without the preamble, or a preamble without the prefix.
    """
    if head[128:132] == b"DICM":
        return 132
    for prefix, start in ((b"DICM", 4), (bytes(128), 128), (bytes(132), 132)):
        if head.startswith(prefix) and head[start : start + 8] == _FIRST_OF_META:
            return start
    return None


def _behind_command(head: bytes, position: int) -> int:
    """Where the elements of group 0000 end that begin at ``position``: Implicit VR Little Endian."""
    group_length = _COMMAND.pack(0, 0, 4)
    if head[position : position + 8] != group_length:
        return position
    length = int.from_bytes(head[position + 8 : position + 12], "little")
    return position + 12 + min(length, MAX_META)


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
    return FileMeta(
        sop_class=sop_class,
        sop_instance=sop_instance,
        transfer_syntax=syntax,
        offset=position,
        sender=clean_title(sender),
        mark=mark,
        filed=(study, series),
    )


def _syntax(stated: str, seen: str | None) -> str:
    """The transfer syntax of a data set whose meta information states ``stated``, encoded as ``seen``.

    Empty if neither is known.
    """
    if seen is None:
        return stated if is_uid(stated) else ""
    encoding = encoding_of(stated)
    # Compressed pixel data stay compressed, whether or not the elements around them have their VR.
    compressed = stated != encoding == EXPLICIT_LE and seen == IMPLICIT_LE
    return stated if is_uid(stated) and (encoding == seen or compressed) else seen
