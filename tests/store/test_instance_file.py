"""Files that lie about themselves: taken, refused in words, or told to be cut; none ends the program."""

from __future__ import annotations

import struct
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.library_contents import counts_of, quarantined
from tests.peers.wire import explicit
from tests.store.objects import CT, encoded, made
from workstation.dicom.part10 import PREAMBLE
from workstation.errors import UserMessage
from workstation.stop import Stop
from workstation.store.instance_file import NotAnInstance, read_instance_file
from workstation.store.library import Library
from workstation.store.store_results import Stored
from workstation.store.verify import verify

EXPLICIT, IMPLICIT, DEFLATED = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.1.99"
HEAD = explicit(
    (0x00080016, "UI", CT.encode()), (0x00080018, "UI", b"1.2.3.1"), (0x00100020, "LO", b"P1"),
)  # fmt: skip
TAIL = explicit(
    (0x0020000D, "UI", b"1.2.4"), (0x0020000E, "UI", b"1.2.5"), (0x00280010, "US", b"\4\0"),
    (0x00280011, "US", b"\4\0"),
)  # fmt: skip
UNDEFINED = 0xFFFFFFFF


def file(data: bytes, syntax: str = EXPLICIT) -> bytes:
    return PREAMBLE + explicit((0x00020010, "UI", syntax.encode())) + data


def element(group: int, number: int, vr: bytes, value: bytes, length: int | None = None) -> bytes:
    size = len(value) if length is None else length
    if vr in (b"OB", b"OW", b"SQ", b"UN", b"UT", b"ZZ"):
        return struct.pack("<HH2sHI", group, number, vr, 0, size) + value
    return struct.pack("<HH2sH", group, number, vr, size) + value


def nested(depth: int, *, defined: bool, implicit: bool = False) -> bytes:
    """(0008,1140) inside itself, so many times."""
    opening = struct.pack("<HH", 8, 0x1140) + (b"" if implicit else b"SQ\0\0") + struct.pack("<I", UNDEFINED)
    if not defined:
        item = struct.pack("<HHI", 0xFFFE, 0xE000, UNDEFINED)
        ends = struct.pack("<HHIHHI", 0xFFFE, 0xE00D, 0, 0xFFFE, 0xE0DD, 0)
        return (opening + item) * depth + ends * depth
    pieces = []
    size = 0
    for _ in range(depth):
        head = opening[:-4] + struct.pack("<I", size + 8) + struct.pack("<HHI", 0xFFFE, 0xE000, size)
        pieces.append(head)
        size += len(head)
    return b"".join(reversed(pieces))


def implicitly(data: bytes) -> bytes:
    """Short explicit elements in Implicit VR."""
    out, position = b"", 0
    while position < len(data):
        group, number, _, length = struct.unpack_from("<HH2sH", data, position)
        out += struct.pack("<HHI", group, number, length) + data[position + 8 : position + 8 + length]
        position += 8 + length
    return out


def deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def bomb(megabytes: int) -> bytes:
    """A data set whose private element inflates to so much; made without being so large itself."""
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    packed = packer.compress(HEAD + element(0x0019, 0x1001, b"OB", b"", megabytes << 20))
    for _ in range(megabytes):
        packed += packer.compress(bytes(1 << 20))
    return packed + packer.compress(TAIL) + packer.flush()


@pytest.mark.parametrize("to_end", [True, False])
@pytest.mark.parametrize("implicit", [True, False])
@pytest.mark.parametrize("depth", [50, 64, 65, 100, 250, 1000, 5000, 20_000])
def test_nesting(tmp_path: Path, depth: int, implicit: bool, to_end: bool) -> None:
    """Without lengths: to the bound, and refused beyond it. With lengths it is stepped over unread."""
    path = tmp_path / "nested.dcm"
    begin, end = (implicitly(HEAD), implicitly(TAIL)) if implicit else (HEAD, TAIL)
    middle = begin.index(b"\x10\0\x20\0")
    for defined in (True, False):
        inside = nested(depth, defined=defined, implicit=implicit)
        path.write_bytes(
            file(begin[:middle] + inside + begin[middle:] + end, IMPLICIT if implicit else EXPLICIT)
        )
        found = read_instance_file(path, to_end=to_end)
        if defined or depth <= 64:
            assert isinstance(found, Stored), found
            assert (found.sop_uid, found.study_uid) == ("1.2.3.1", "1.2.4")
        else:
            assert found == NotAnInstance(UserMessage("its sequences are nested too deep"))


@pytest.mark.parametrize("to_end", [True, False])
def test_deflate_bomb_is_refused_in_little_memory(tmp_path: Path, to_end: bool) -> None:
    path = tmp_path / "bomb.dcm"
    path.write_bytes(file(bomb(300), DEFLATED))
    assert path.stat().st_size < 1_000_000
    tracemalloc.start()
    try:
        found = read_instance_file(path, to_end=to_end)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found == NotAnInstance(UserMessage("it inflates to too many bytes"))
    assert peak < 8 << 20


GARBAGE = element(0x0009, 0x0010, b"LO", b"MAKER ") + element(0x0009, 0x1001, b"UN", bytes(range(256)))
STRANGE: dict[str, bytes] = {
    "a VR nobody knows": element(0x0019, 0x1001, b"ZZ", b"12"),
    "a short value of odd length": element(0x0018, 0x0050, b"DS", b"123"),
    "a long value of odd length": element(0x0019, 0x1001, b"OB", b"123"),
    "private garbage": GARBAGE,
    "a private sequence of unknown content": element(0x0019, 0x1001, b"UN", b"\xff" * 200),
    "a creator that is none": element(0x0019, 0x0010, b"UN", b"\xff\xfe"),
    "a character set nobody knows": b"",
    "a number that is none": element(0x0020, 0x0011, b"IS", b"many"),
    "a position that is none": element(0x0020, 0x0032, b"DS", b"1\\x\\nan "),
    "an empty sequence": element(0x0008, 0x1140, b"SQ", b""),
    "elements out of order": element(0x0008, 0x0060, b"CS", b"CT"),
}


@pytest.mark.parametrize("name", STRANGE)
def test_strange_but_whole_is_taken(tmp_path: Path, name: str) -> None:
    path = tmp_path / "strange.dcm"
    begin = element(0x0008, 0x0005, b"CS", b"ISO_IR 999") if "character" in name else b""
    path.write_bytes(file(begin + HEAD + STRANGE[name] + TAIL))
    found = read_instance_file(path, to_end=True)
    assert isinstance(found, Stored), found
    assert found.header is not None
    assert (found.sop_uid, found.header.rows, found.header.patient_id) == ("1.2.3.1", 4, "P1")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0",
        bytes(131),
        bytes(128) + b"DICM",
        PREAMBLE + b"\x02\0\x10\0UI",
        b"\xff" * 5000,
        b"II*\0" * 100,
    ],
)
def test_what_is_no_dicom_file_is_said(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "none"
    path.write_bytes(data)
    for to_end in (True, False):
        found = read_instance_file(path, to_end=to_end)
        assert isinstance(found, NotAnInstance)
        assert found.reason


def cut_anywhere(whole: bytes) -> list[bytes]:
    return [whole[:-missing] for missing in (1, 2, 3, 7, 31, 40)]


def last_element_short(whole: bytes) -> list[bytes]:
    return [whole + element(0x7FE1, 0x0010, b"LO", b"abc", length) for length in (4, 100, 65534)]


def longer_than_the_file(whole: bytes) -> list[bytes]:
    """Pixels that claim up to four gigabytes."""
    start = whole.rindex(b"\xe0\x7f\x10\0OW\0\0") + 8
    return [
        whole[:start] + struct.pack("<I", size) + whole[start + 4 :] for size in (34, 1 << 20, 0xFFFFFFFE)
    ]


@pytest.mark.logs("not whole")
@pytest.mark.parametrize("damage", [cut_anywhere, last_element_short, longer_than_the_file])
def test_cut_file_is_never_indexed_as_good(root: Path, damage: Callable[[bytes], list[bytes]]) -> None:
    """Neither after an accident, nor when the index is made anew, nor is it verified."""
    Library.open(root).close()
    whole = file(encoded(made("1.2.4.0", "1.2.4")))
    (root / "1.2.4").mkdir()
    cut = damage(whole)
    for name in ("unclean", "rebuilt", "closed"):
        (root / "1.2.4" / "1.2.4.0.dcm").write_bytes(whole)
        for number, data in enumerate(cut, 1):
            (root / "1.2.4" / f"1.2.4.{number}.dcm").write_bytes(data)
        if name == "unclean":
            (root / "unclean").touch()
        elif name == "rebuilt":
            (root / "index.db").unlink()
        library = Library.open(root)
        if name == "closed":
            flaws = verify(root, library.index, lambda _: None, Stop()).flaws
            assert len(flaws) == len(cut)
        assert library.index.sop_uids("1.2.4") == {"1.2.4.0"}
        assert counts_of(library.index, "1.2.4") == (1, 1)
        library.close()
    assert len(quarantined(library.quarantine)) == 2 * len(cut)
