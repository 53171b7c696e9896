"""Qt brings ICU with tables for every purpose; here those for sorting and conversion are used.

Names of languages and currencies, ends of words and the like Qt has from tables of its own; names of time
zones, which it would ask ICU for, are nowhere shown. More than half of the product's largest library goes.
"""

from __future__ import annotations

import struct
import tempfile
from pathlib import Path

from linux.steps import run
from product import BuildFailed

LEFT_OUT = ("brkitr", "curr", "lang", "rbnf", "region", "translit", "unit", "zone")
"""Folders of ICU's data that nothing here asks for."""

_MAGIC = b"\xda\x27"
_ALIGNED = 16
_SOURCE = """\
.section .note.GNU-stack,"",@progbits
.section .rodata
.balign {aligned}
.globl {symbol}
.type {symbol}, @object
{symbol}:
.incbin "{data}"
.size {symbol}, . - {symbol}
"""


def lighten(library: Path) -> None:
    """Make ``libicudata.so.NN`` anew without what is left out.

    Raises:
        BuildFailed: It is not what it was, or binutils cannot make another.
    """
    version = library.name.rpartition(".")[2]
    with tempfile.TemporaryDirectory() as name:
        data, source, made = (Path(name) / kind for kind in ("data", "source.s", "object.o"))
        run(["objcopy", "--output-target=binary", "--only-section=.rodata", str(library), str(data)])
        data.write_bytes(without(data.read_bytes(), LEFT_OUT))
        text = _SOURCE.format(symbol=f"icudt{version}_dat", data=data, aligned=_ALIGNED)
        source.write_text(text, "utf-8")
        run(["as", "-o", str(made), str(source)])
        link = [
            "ld",
            "-shared",
            "-soname",
            library.name,
            "-z",
            "noexecstack",
            "-z",
            "relro",
            "--build-id=none",
        ]
        run([*link, "--strip-all", "-o", str(library), str(made)])


def without(data: bytes, folders: tuple[str, ...]) -> bytes:
    """A package of ICU's ("CmnD", version 1) without some of its folders.

    Raises:
        BuildFailed: It is no such package.
    """
    if data[2:4] != _MAGIC or data[12:17] != b"CmnD\x01":
        raise BuildFailed("ICU's data have another form than they had")
    (begin,) = struct.unpack_from("<H", data)
    (count,) = struct.unpack_from("<I", data, begin)
    entries = [struct.unpack_from("<II", data, begin + 4 + 8 * index) for index in range(count)]
    ends = [*(place for _, place in entries[1:]), len(data) - begin]
    kept = []
    for (name, place), end in zip(entries, ends, strict=True):
        path = data[begin + name : data.index(b"\0", begin + name) + 1]
        if path.decode("ascii").split("/")[1] not in folders:
            kept.append((path, data[begin + place : begin + end]))
    return data[:begin] + _packed(kept)


def _packed(items: list[tuple[bytes, bytes]]) -> bytes:
    """Table, names, contents; the order of the names stays, for ICU looks them up by halves."""
    table, names, contents = bytearray(struct.pack("<I", len(items))), bytearray(), bytearray()
    first_name = 4 + 8 * len(items)
    first = first_name + sum(len(path) for path, _ in items)
    first += -first % _ALIGNED
    for path, content in items:
        table += struct.pack("<II", first_name + len(names), first + len(contents))
        names += path
        contents += content + bytes(-len(content) % _ALIGNED)
    names += bytes(first - first_name - len(names))
    return bytes(table + names + contents)
