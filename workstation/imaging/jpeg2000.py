"""Checks JPEG 2000 and HTJ2K headers before a codec reads them (ISO/IEC 15444-1 annex A)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from workstation.imaging.compressed_stream import Size, Stream, need, same_size

_SIZ, _COD, _COC, _QCD, _QCC, _CAP = 0x51, 0x52, 0x53, 0x5C, 0x5D, 0x50
_SOT, _SOD, _EOC = b"\xff\x90", b"\xff\x93", b"\xff\xd9"
_LEAST_TILE = 14
"""Bytes of a tile-part without data: SOT and SOD."""
_MOST_TILE_PARTS = 100_000
_PACKETS_A_BYTE = 16
"""A packet is a byte at least (B.10.3); some of a stream that breaks off may be missing."""
_PACKETS_OF_ANY = 100_000
"""So many are always allowed."""
_BLOCKS_A_BYTE = 16
_BLOCKS_OF_ANY = 500_000
"""Code-blocks likewise: a codec keeps some six hundred bytes for each, also if it is empty."""


@dataclass(frozen=True, slots=True)
class _Size:
    """SIZ (A.5.1), checked."""

    columns: int
    rows: int
    tile: tuple[int, int]
    tiles: int
    samples: int
    depth: int

    @property
    def covered(self) -> tuple[int, int]:
        """Columns and rows of a tile, no more than the picture has."""
        return min(self.tile[0], self.columns), min(self.tile[1], self.rows)


@dataclass(frozen=True, slots=True)
class _Coding:
    """How a component is coded: decomposition levels, block coder, exponents of its blocks and precincts."""

    levels: int
    block: tuple[int, int]
    high_throughput: bool
    reversible: bool
    precincts: bytes

    def packets(self, columns: int, rows: int) -> int:
        """Precincts of all resolutions of a tile that large (B.6)."""
        count = 0
        for level in range(self.levels + 1):
            down = self.levels - level
            across, high = self.precincts[level] & 15, self.precincts[level] >> 4
            count += -(-columns >> down + across) * -(-rows >> down + high)
        return count

    def blocks(self, columns: int, rows: int) -> int:
        """Code-blocks of such a tile, about (B.7)."""
        across, high = self.block
        return -(-columns >> across) * -(-rows >> high)


@dataclass(slots=True)
class _Header:
    """What the segments of a main header, or of a tile's, have said; component -1 is any."""

    size: _Size
    coding: dict[int, _Coding] = field(default_factory=dict)
    steps: dict[int, int] = field(default_factory=dict)
    """Decomposition levels the quantisation is enough for."""
    layers: int = 1
    transformed: bool = False
    """The first three components are transformed together."""
    extended: bool = False
    """It has a CAP marker segment."""

    def read(self, marker: int, content: bytes) -> None:
        if marker == _COD:
            self._default_coding(content)
        elif marker == _QCD:
            self.steps[-1] = _levels_told(content)
        elif marker in (_COC, _QCC):
            self._of_component(marker, content)
        elif marker == _CAP:
            self.extended = True

    def _default_coding(self, content: bytes) -> None:
        """COD (A.6.1)."""
        style, progression, self.layers, transform = struct.unpack_from(">BBHB", content)
        need(progression <= 4 and self.layers >= 1 and transform <= 1, "JPEG 2000", "COD")
        self.transformed = transform == 1
        self.coding[-1] = _coding(content[5:], "COD", own_precincts=bool(style & 1))

    def _of_component(self, marker: int, content: bytes) -> None:
        """COC and QCC (A.6.2, A.6.5)."""
        name, wide = ("COC" if marker == _COC else "QCC"), 2 if self.size.samples > 256 else 1
        component = int.from_bytes(content[:wide], "big")
        need(component < self.size.samples, "JPEG 2000", name)
        if marker == _COC:
            self.coding[component] = _coding(content[wide + 1 :], name, own_precincts=bool(content[wide] & 1))
        else:
            self.steps[component] = _levels_told(content[wide:])

    def check(self, data_bytes: int) -> None:
        """Whether all that decoding needs has been said, and fits together."""
        need(-1 in self.coding, "JPEG 2000", "COD")
        need(-1 in self.steps, "JPEG 2000", "QCD")
        own = {*self.coding, *self.steps} - {-1}
        counts = [(1, *self._component(component)) for component in own]
        if len(own) < self.size.samples:
            counts.append((self.size.samples - len(own), *self._component(-1)))
        packets = self.size.tiles * self.layers * sum(times * packets for times, packets, _ in counts)
        blocks = self.size.tiles * sum(times * blocks for times, _, blocks in counts)
        need(packets <= max(_PACKETS_OF_ANY, _PACKETS_A_BYTE * data_bytes), "JPEG 2000", "COD")
        need(blocks <= max(_BLOCKS_OF_ANY, _BLOCKS_A_BYTE * data_bytes), "JPEG 2000", "COD")

    def _component(self, component: int) -> tuple[int, int]:
        """Check one, and count the packets of a tile and layer, and its code-blocks."""
        coding = self.coding.get(component, self.coding[-1])
        need(coding.levels <= self.steps.get(component, self.steps[-1]), "JPEG 2000", "QCD")
        need(self.extended or not coding.high_throughput, "JPEG 2000", "CAP")
        return coding.packets(*self.size.covered), coding.blocks(*self.size.covered)

    def of_tile(self) -> _Header:
        """What a tile begins with."""
        return replace(self, coding=dict(self.coding), steps=dict(self.steps))


def read_jpeg2000(data: bytes, start: int, declared: Size | None) -> Stream:
    """Look at all headers of the code stream that begins at ``start``.

    Raises:
        Undecodable: One of them says what cannot be, or the picture is not of the size ``declared``.
        struct.error, IndexError: It breaks off in the first of them.
    """
    segments = _segments(data, start + 2)
    _, content, at = next(segments)  # SIZ: it is how the stream was found
    size = _size(content)
    same_size((size.rows, size.columns, size.samples), declared)
    tiles = size.tiles <= 65535 and (size.tiles - 1) * _LEAST_TILE <= len(data)
    need(tiles, "JPEG 2000", "SIZ")
    header = _Header(size)
    for marker, content, after in segments:
        header.read(marker, content)
        at = after
    header.check(len(data))
    return Stream(
        rows=size.rows,
        columns=size.columns,
        samples=size.samples,
        precision=(size.depth & 0x7F) + 1,
        signed=bool(size.depth & 0x80),
        high_throughput=header.coding[-1].high_throughput,
        transformed=header.transformed,
        lossy=not header.coding[-1].reversible,
        complete=_tile_parts(data, at, header),
    )


def _segments(data: bytes, at: int) -> Iterator[tuple[int, bytes, int]]:
    """Marker segments up to SOT or SOD: marker, content, and where the next begins."""
    while data[at : at + 2] not in (_SOT, _SOD):
        before, marker, length = struct.unpack_from(">BBH", data, at)
        need(before == 0xFF and length >= 2, "JPEG 2000", f"FF{marker:02X}")
        content, at = data[at + 4 : at + 2 + length], at + 2 + length
        yield marker, content, at


def _size(content: bytes) -> _Size:
    """SIZ (A.5.1)."""
    _, right, bottom, left, top, *tiles, samples = struct.unpack_from(">HIIIIIIIIH", content)
    width, height, across, down = tiles
    need(left < right and top < bottom and len(content) == 36 + 3 * samples, "JPEG 2000", "SIZ")
    need(across <= left < across + width and down <= top < down + height, "JPEG 2000", "SIZ")
    need(1 <= samples <= 16384 and all(one & 0x7F < 38 for one in content[36::3]), "JPEG 2000", "SIZ")
    need(set(content[37::3]) | set(content[38::3]) == {1}, "JPEG 2000", "SIZ")  # no codec here draws others
    count = -(-(right - across) // width) * -(-(bottom - down) // height)
    return _Size(right - left, bottom - top, (width, height), count, samples, content[36])


def _coding(content: bytes, marker: str, *, own_precincts: bool) -> _Coding:
    """SPcod and SPcoc (table A.20): code-blocks of 4 to 1024 samples a side, 4096 at most."""
    levels, across, high, style, transform = struct.unpack_from(">5B", content)
    need(levels <= 32 and across <= 8 and high <= 8 and across + high <= 8, "JPEG 2000", marker)
    need(transform <= 1, "JPEG 2000", marker)
    precincts = content[5:] if own_precincts else b"\xff" * (levels + 1)
    need(len(precincts) == levels + 1, "JPEG 2000", marker)
    need(all(one & 15 and one >> 4 for one in precincts[1:]), "JPEG 2000", marker)
    return _Coding(levels, (across + 2, high + 2), bool(style & 0x40), transform == 1, precincts)


def _levels_told(content: bytes) -> int:
    """QCD and QCC (table A.27): for how many decomposition levels there are step sizes."""
    style, count = content[0] & 31, len(content) - 1
    need(style <= 2, "JPEG 2000", "QCD")
    if style == 1:
        need(count == 2, "JPEG 2000", "QCD")
        return 32
    bands = count if style == 0 else count // 2
    need(bands >= 1, "JPEG 2000", "QCD")
    return (bands - 1) // 3


def _tile_parts(data: bytes, at: int, main: _Header) -> bool:
    """Look at the header of each tile-part (A.4.2); whether the end marker follows the last."""
    count = 0
    while data[at : at + 2] == _SOT:
        try:
            length, tile, size = struct.unpack_from(">HHI", data, at + 2)
            need(length == 10 and tile < main.size.tiles and (size == 0 or size >= _LEAST_TILE), *_OF_TILE)
            header, own = main.of_tile(), False
            for marker, content, _ in _segments(data, at + 12):
                header.read(marker, content)
                own = True
            if own:
                header.check(len(data))
        except (IndexError, struct.error):
            if not count:
                raise
            return False
        count += 1
        if size == 0:  # up to the end marker
            break
        at += size
        need(count <= _MOST_TILE_PARTS, *_OF_TILE)
    need(count > 0, *_OF_TILE)
    # some encoders count the last tile-part wrong; padding may follow the end marker
    return data[at : at + 2] == _EOC or (at <= len(data) and data[-17:].rstrip(b"\0").endswith(_EOC))


_OF_TILE = ("JPEG 2000", "SOT")
