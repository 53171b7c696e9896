"""Streams whose markers lie are refused before a codec sees them; what breaks off is marked or refused."""

from __future__ import annotations

import contextlib
import struct
from dataclasses import replace

import imagecodecs
import numpy as np
import pytest

from tests.imaging.hostile import of_size
from tests.imaging.mutated_streams import Whole, wholes
from workstation.imaging.codecs import decode
from workstation.imaging.jpeg import read_stream
from workstation.imaging.picture import PixelSpec, Undecodable

WHOLE = {one.name: one for one in wholes()}
JPEG, TWELVE, LOSSLESS = (
    "jpeg-baseline 8 bit grey",
    "jpeg-extended 12 bit grey",
    "jpeg-lossless-1 16 bit grey",
)
LS, NEAR = "jpeg-ls 8 bit grey", "jpeg-ls-near 16 bit grey"
J2K, J2K_LOSSY, HT = "jpeg-2000 16 bit grey", "jpeg-2000-lossy 8 bit colour", "htj2k 16 bit grey"


def bytes_of(one: Whole) -> bytes:
    return b"".join(one.parts)


def changed(name: str, marker: int, at: int, *values: int) -> bytes:
    """The stream ``name`` with other bytes ``at`` bytes behind the first ``marker``."""
    parts = [bytearray(part) for part in WHOLE[name].parts]
    part = next(part for part in parts if part[:2] == bytes((0xFF, marker)))
    part[at : at + len(values)] = bytes(values)
    return b"".join(parts)


def without(name: str, *markers: int) -> bytes:
    gone = {bytes((0xFF, marker)) for marker in markers}
    return b"".join(part for part in WHOLE[name].parts if part[:2] not in gone)


def sized(name: str, **fields: int) -> bytes:
    """SIZ with other numbers (ISO/IEC 15444-1 table A.9)."""
    places = {"XO": 14, "YO": 18, "XT": 22, "YT": 26, "XTO": 30, "YTO": 34}
    stream = bytearray(bytes_of(WHOLE[name]))
    start = stream.index(b"\xff\x51")
    for field, value in fields.items():
        struct.pack_into(">I", stream, start + places[field], value)
    return bytes(stream)


FAR = 0xFFFFFFFF
REFUSED = {
    "a frame header too long": (JPEG, changed(JPEG, 0xC0, 3, 12), "SOF"),
    "five components": (JPEG, changed(JPEG, 0xC0, 9, 5), "header says"),
    "sampling 0": (JPEG, changed(JPEG, 0xC0, 11, 0x01), "SOF"),
    "sampling 5": (JPEG, changed(JPEG, 0xC0, 11, 0x15), "SOF"),
    "9 bits in a DCT": (JPEG, changed(JPEG, 0xC0, 4, 9), "SOF"),
    "17 bits without loss": (LOSSLESS, changed(LOSSLESS, 0xC3, 4, 17), "SOF"),
    "1 bit without loss": (LOSSLESS, changed(LOSSLESS, 0xC3, 4, 1), "SOF"),
    "no scan": (JPEG, without(JPEG, 0xDA), "break off|no frame header|SOS"),
    "a scan of no component": (JPEG, changed(JPEG, 0xDA, 4, 0), "SOS"),
    "a scan of another component": (JPEG, changed(JPEG, 0xDA, 5, 9), "SOS"),
    "a scan header too short": (JPEG, changed(JPEG, 0xDA, 3, 7), "SOS"),
    "no quantisation table": (JPEG, without(JPEG, 0xDB), "DQT"),
    "a quantisation table too short": (JPEG, changed(JPEG, 0xDB, 4, 0x10), "DQT"),
    "no Huffman table": (LOSSLESS, without(LOSSLESS, 0xC4), "DHT"),
    "a Huffman table that is none of the four": (JPEG, changed(JPEG, 0xC4, 4, 4), "DHT"),
    "three codes of one bit": (JPEG, changed(JPEG, 0xC4, 5, 3), "DHT"),
    "more codes than values": (JPEG, changed(JPEG, 0xC4, 20, 200), "DHT"),
    "NEAR of 128 with 8 bits": (LS, changed(LS, 0xDA, 7, 128), "SOS"),
    "ILV of 3": (LS, changed(LS, 0xDA, 8, 3), "SOS"),
    "a point transform in JPEG-LS": (LS, changed(LS, 0xDA, 9, 1), "SOS"),
    "a tile of no width": (HT, sized(HT, XT=0), "SIZ"),
    "a tile of no height": (HT, sized(HT, YT=0), "SIZ"),
    "tiles that begin behind the picture": (HT, sized(HT, XTO=1000), "SIZ"),
    "tiles that begin far away": (HT, sized(HT, XTO=FAR, YTO=FAR), "SIZ"),
    "a first tile that ends before the picture": (HT, sized(HT, XO=70, XT=10, XTO=0), "header says|SIZ"),
    "a tile for every pixel": (HT, sized(HT, XT=1, YT=1), "SIZ"),
    "a subsampled component": (HT, changed(HT, 0x51, 41, 2), "SIZ"),
    "a component sampled nowhere": (HT, changed(HT, 0x51, 41, 0), "SIZ"),
    "39 bits": (J2K, changed(J2K, 0x51, 40, 38), "SIZ"),
    "SIZ too short": (J2K, changed(J2K, 0x51, 3, 40), "SIZ|FF"),
    "no COD": (J2K, without(J2K, 0x52), "COD"),
    "no QCD": (J2K, without(J2K, 0x5C), "QCD"),
    "no CAP": (HT, without(HT, 0x50), "CAP"),
    "33 levels": (J2K, changed(J2K, 0x52, 9, 33), "COD"),
    "levels without step sizes": (J2K, changed(J2K, 0x52, 9, 9), "QCD"),
    "no layer": (J2K, changed(J2K, 0x52, 6, 0, 0), "COD"),
    "layers without bytes for them": (J2K, changed(J2K, 0x52, 6, 0xFF, 0xFF), "COD"),
    "code-blocks of 2048": (J2K, changed(J2K, 0x52, 10, 9, 0), "COD"),
    "code-blocks of 512 x 512": (J2K, changed(J2K, 0x52, 10, 7, 7), "COD"),
    "a progression that is none": (J2K, changed(J2K, 0x52, 5, 5), "COD"),
    "a wavelet that is none": (J2K, changed(J2K, 0x52, 13, 2), "COD"),
    "precincts of one sample": (J2K_LOSSY, changed(J2K_LOSSY, 0x52, 15, 0x10), "COD"),
    "no tile": (J2K, bytes_of(WHOLE[J2K]).split(b"\xff\x90")[0], "break off"),
    "a tile that is none": (J2K, changed(J2K, 0x90, 4, 0, 9), "SOT"),
    "a tile-part too short": (J2K, changed(J2K, 0x90, 6, 0, 0, 0, 13), "SOT"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_marker_that_lies_is_named(what: str) -> None:
    name, stream, said = REFUSED[what]
    with pytest.raises(Undecodable, match=said):
        decode(stream, WHOLE[name].spec)


def larger(name: str, rows: int, columns: int) -> tuple[bytearray, PixelSpec]:
    """A stream that claims more pixels than it has, and the header that believes it."""
    stream = bytearray(of_size(bytes_of(WHOLE[name]), rows, columns))
    return stream, replace(WHOLE[name].spec, rows=rows, columns=columns)


def test_code_blocks_without_bytes_for_them_are_refused() -> None:
    stream, spec = larger(J2K, 5600, 5600)
    start = stream.index(b"\xff\x52")
    stream[start + 10 : start + 12] = b"\0\0"
    with pytest.raises(Undecodable, match="COD"):
        decode(bytes(stream), spec)


def test_precincts_without_bytes_for_them_are_refused() -> None:
    stream, spec = larger(J2K, 5600, 5600)
    start = stream.index(b"\xff\x52")
    levels = stream[start + 9]
    stream[start + 2 : start + 5] = bytes((0, 13 + levels, stream[start + 4] | 1))
    stream[start + 14 : start + 14] = b"\x33" * (levels + 1)
    with pytest.raises(Undecodable, match="COD"):
        decode(bytes(stream), spec)


@pytest.mark.parametrize("name", [JPEG, LOSSLESS])
def test_too_few_bytes_for_so_many_pixels_are_marked(name: str) -> None:
    stream, spec = larger(name, 4000, 4000)
    assert not decode(bytes(stream), spec).complete


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_right_is_drawn_whole(name: str) -> None:
    one = WHOLE[name]
    assert decode(bytes_of(one), one.spec).complete


@pytest.mark.parametrize("name", [LS, NEAR, "jpeg-ls 8 bit colour"])
def test_a_cut_jpeg_ls_is_refused_before_its_codec_sees_it(name: str) -> None:
    whole = bytes_of(WHOLE[name])
    scan = whole.index(b"\xff\xda") + 2
    for end in range(scan + 20, len(whole), 11):
        with pytest.raises(Undecodable, match="JPEG-LS data break off"):
            read_stream(whole[:end])


@pytest.mark.parametrize("name", [JPEG, TWELVE, LOSSLESS, "jpeg-lossless-6 12 bit grey"])
def test_a_cut_jpeg_is_drawn_and_marked(name: str) -> None:
    one = WHOLE[name]
    whole = bytes_of(one)
    scan = next(whole.index(part) + len(part) for part in one.parts if part[:2] == b"\xff\xda")
    for end in (len(whole) - 2, len(whole) * 3 // 4, scan + 1):
        assert not decode(whole[:end], one.spec).complete
    assert decode(whole + bytes(40), one.spec).complete


@pytest.mark.parametrize("name", [J2K, J2K_LOSSY, HT, "htj2k-lossy 8 bit grey"])
def test_jpeg_2000_without_its_end_is_marked(name: str) -> None:
    one = WHOLE[name]
    decoded = decode(bytes_of(one)[:-2], one.spec)
    assert not decoded.complete
    assert np.array_equal(decoded.pixels, decode(bytes_of(one), one.spec).pixels)
    assert decode(bytes_of(one) + b"\0", one.spec).complete


@pytest.mark.parametrize("name", [J2K, HT])
@pytest.mark.parametrize(("wrong", "whole"), [(2, True), (3, False), (4000, False)])
def test_a_last_tile_part_that_is_counted_wrong(name: str, wrong: int, whole: bool) -> None:
    """Some encoders count the end marker in; what claims more than there is breaks off."""
    stream = bytearray(bytes_of(WHOLE[name]))
    part = stream.index(b"\xff\x90")
    struct.pack_into(">I", stream, part + 6, len(stream) - 2 - part + wrong)
    assert read_stream(bytes(stream)).complete == whole
    struct.pack_into(">I", stream, part + 6, 0)
    assert read_stream(bytes(stream)).complete


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_a_cut_htj2k_is_never_drawn_as_whole(share: float) -> None:
    one = WHOLE[HT]
    whole = bytes_of(one)
    assert not decode(whole[: int(len(whole) * share)], one.spec).complete


@pytest.mark.parametrize("left", [1000, 3000, 6000])
def test_what_openjph_gives_up_without_a_word_is_refused(left: int) -> None:
    """Its wrapper returns black rows then."""
    one = WHOLE[HT]
    stream = bytearray(bytes_of(one))
    part = stream.index(b"\xff\x90")
    struct.pack_into(">I", stream, part + 6, left)
    with pytest.raises(Undecodable, match="JPEG 2000 data are broken"):
        decode(bytes(stream[: part + left]) + b"\xff\xd9", one.spec)


def test_a_plain_stream_is_drawn_where_its_syntax_says_high_throughput() -> None:
    plain, one = WHOLE[J2K], WHOLE[HT]
    assert np.array_equal(
        decode(bytes_of(plain), one.spec).pixels, decode(bytes_of(plain), plain.spec).pixels
    )


def test_tiles_are_drawn() -> None:
    """Four streams become the tiles of one: 32 is a multiple of all their decompositions."""
    pixels = np.random.default_rng(1).integers(0, 4096, (64, 64)).astype(np.uint16)
    header, parts = b"", []
    for number in range(4):
        row, column = 32 * (number // 2), 32 * (number % 2)
        tile = np.ascontiguousarray(pixels[row : row + 32, column : column + 32])
        stream = imagecodecs.jpeg2k_encode(tile, codecformat="j2k", level=0, reversible=True, numthreads=1)
        start = stream.index(b"\xff\x90")
        header = stream[:8] + struct.pack(">II", 64, 64) + stream[16:start]
        parts.append(stream[start : start + 4] + struct.pack(">H", number) + stream[start + 6 : -2])
    spec = replace(WHOLE[J2K].spec, rows=64, columns=64)
    decoded = decode(b"".join((header, *parts, b"\xff\xd9")), spec)
    assert decoded.complete
    assert np.array_equal(decoded.pixels, pixels)
    with contextlib.suppress(Undecodable):  # OpenJPEG wants all tiles
        assert not decode(b"".join((header, *parts[:3])), spec).complete


def test_bytes_between_the_segments_of_a_jpeg_are_passed_over() -> None:
    one = WHOLE[JPEG]
    at = next(n for n, part in enumerate(one.parts) if part[:2] == b"\xff\xda")
    stream = b"".join((*one.parts[:at], b"\0\1\2", *one.parts[at:]))
    assert np.array_equal(decode(stream, one.spec).pixels, decode(bytes_of(one), one.spec).pixels)


@pytest.mark.parametrize(
    ("batch", "marker"), [(b"\xff\xfe\0\2", 0xDB), (b"\xff\xfe\0\2", 0xD9), (b"\xff", 0xDB)]
)
def test_a_jpeg_of_nothing_but_markers_is_refused(batch: bytes, marker: int) -> None:
    one = WHOLE[JPEG]
    at = next(n for n, part in enumerate(one.parts) if part[:2] == bytes((0xFF, marker)))
    with pytest.raises(Undecodable, match="more than 10000 markers"):
        decode(b"".join((*one.parts[:at], batch * 20_000, *one.parts[at:])), one.spec)


def test_a_jpeg_2000_of_nothing_but_tile_parts_is_refused() -> None:
    one = WHOLE[J2K]
    header, tile = bytes_of(one).split(b"\xff\x90", 1)
    empty = b"\xff\x90" + tile[:4] + b"\0\0\0\x0e\0\1\xff\x93"
    with pytest.raises(Undecodable, match="SOT"):
        decode(header + empty * 110_000, one.spec)


def test_deflated_data_that_are_broken_are_refused_in_words() -> None:
    one = WHOLE["deflated 16 bit grey"]
    with pytest.raises(Undecodable, match="deflated data are broken"):
        decode(b"\xff" + bytes_of(one), one.spec)
