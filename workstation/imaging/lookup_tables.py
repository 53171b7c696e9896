"""Reads lookup tables: grey ones of a Modality or VOI LUT Sequence, and the palette of PALETTE COLOR.

Their descriptors are "US or SS": each has a rule of its own for its sign, whatever VR the file gives them
(PS3.3 C.11.1.1.1, C.11.2.1.1, C.7.6.3.1.5).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from workstation.imaging.colour import Palette
from workstation.imaging.grey_mapping import Lut
from workstation.imaging.image_header import is_big_endian, items, numbers, text, value_of
from workstation.imaging.picture import Mark, PixelSpec, Undecodable, doubtful
from workstation.imaging.segmented_palette import expanded

Entries = npt.NDArray[np.uint16]
_COLOURS = ("Red", "Green", "Blue")
UNUSED_BITS = doubtful("Its lookup table does not use the bits that it tells.")
_MORE_BITS = doubtful("Its lookup table uses more bits than it tells.")
_SHORT = doubtful("Its lookup table holds fewer entries than it tells.")


def word(value: float, *, signed: bool) -> int:
    """The 16 bits of a "US or SS" value, read with or without sign."""
    bits = int(value) & 0xFFFF
    return bits - 0x10000 if signed and bits > 0x7FFF else bits


def grey_tables(
    holder: Dataset, keyword: str, inputs: tuple[float, float]
) -> Iterator[tuple[Lut, Mark | None]]:
    """The usable tables of a sequence, and what is wrong with each.

    Args:
        holder: What holds the sequence.
        keyword: Of the sequence.
        inputs: The lowest and the highest value that may be looked up.
    """
    for item in items(holder, keyword):
        descriptor, raw = numbers(item, "LUTDescriptor"), value_of(item, "LUTData")
        if len(descriptor) != 3 or raw is None:
            continue
        count = word(descriptor[0], signed=False) or 65536
        entries = _entries(raw, count, int(descriptor[2]), big=is_big_endian(item))
        if not entries.size:
            continue
        first = _first_mapped(descriptor[1], count, inputs)
        depth = min(max(1, int(descriptor[2])), 16)
        top, highest = float(2**depth - 1), float(entries.max())
        mark = (
            _SHORT if entries.size < count else _MORE_BITS if descriptor[2] >= 1 and highest > top else None
        )
        if 0 < highest < top / 2:  # by the letter all of it would be dark
            top, mark = highest, mark or UNUSED_BITS
        yield Lut(first, entries.astype(np.float32), max(top, highest), text(item, "LUTExplanation")), mark


def _first_mapped(value: float, count: int, inputs: tuple[float, float]) -> int:
    """The first input: signed if inputs may be negative (C.11.2.1.1), unless the table would meet none."""
    lowest, highest = inputs
    found, other = word(value, signed=lowest < 0), word(value, signed=lowest >= 0)
    meets = [first for first in (found, other) if first <= highest and first + count > lowest]
    return meets[0] if meets else found


def _entries(raw: object, count: int, depth: int, *, big: bool) -> Entries:
    """Entries are unsigned, whatever the pixels are; eight-bit ones may come two in a word."""
    if isinstance(raw, bytes):
        raw = _swapped(raw) if big else raw
        return _bytes(raw, count) if _are_packed(raw, count, depth) else _words(raw, count)
    try:
        return np.asarray(raw, np.int64).reshape(-1)[:count].astype(np.uint16)
    except (TypeError, ValueError):
        return np.empty(0, np.uint16)


def _are_packed(raw: bytes, count: int, depth: int) -> bool:
    """Whether each entry has a byte: their number tells, and of a table that is cut off its depth."""
    return len(raw) in (count, count + 1) or (len(raw) < count and depth <= 8)


def _words(raw: bytes, count: int) -> Entries:
    return np.frombuffer(raw, "<u2", min(count, len(raw) // 2)).astype(np.uint16)


def _bytes(raw: bytes, count: int) -> Entries:
    return np.frombuffer(raw, np.uint8)[:count].astype(np.uint16)


def _swapped(raw: bytes) -> bytes:
    return np.frombuffer(raw, np.uint16, len(raw) // 2).byteswap().tobytes()


def palette(dataset: Dataset, spec: PixelSpec) -> Palette:
    """The palette of PALETTE COLOR; how its entries are packed is decided for all three colours at once.

    Raises:
        Undecodable: It is missing or broken.
    """
    described = [numbers(dataset, f"{colour}PaletteColorLookupTableDescriptor") for colour in _COLOURS]
    if any(len(one) != 3 for one in described):
        raise Undecodable("Its colour palette is missing or not of a kind that is drawn.")
    counts = [word(one[0], signed=False) or 65536 for one in described]
    raws = [value_of(dataset, f"{colour}PaletteColorLookupTableData") for colour in _COLOURS]
    big, tables = is_big_endian(dataset), []
    plain = [raw for raw in raws if isinstance(raw, bytes)]
    depth = max(int(one[2]) for one in described)
    packed = bool(plain) and all(
        _are_packed(raw, count, depth)
        for raw, count in zip(raws, counts, strict=True)
        if isinstance(raw, bytes)
    )
    for colour, raw, count in zip(_COLOURS, raws, counts, strict=True):
        if isinstance(raw, bytes):
            raw = _swapped(raw) if big else raw
            tables.append(_bytes(raw, count) if packed else _words(raw, count))
            continue
        segments = value_of(dataset, f"Segmented{colour}PaletteColorLookupTableData")
        if not isinstance(segments, bytes):
            raise Undecodable("Its colour palette is missing or not of a kind that is drawn.")
        words = np.frombuffer(segments, ">u2" if big else "<u2", len(segments) // 2)
        tables.append(expanded(words.tolist(), count))
    size = min(map(len, tables))
    if not size:
        raise Undecodable("Its colour palette is empty.")
    short = any(len(table) < count for table, count in zip(tables, counts, strict=True))
    marks = (doubtful("Its colour palette holds fewer colours than it tells."),) if short else ()
    rgb = np.array([table[:size] for table in tables], np.uint16).T
    first = word(described[0][1], signed=spec.signed)
    return Palette(first, _eight_bits(rgb, depth).astype(np.uint8), marks)


def _eight_bits(entries: Entries, depth: int) -> Entries:
    """Entries as 0 to 255; those of 16 bits that hold 8-bit values are common."""
    highest = int(entries.max())
    if highest <= 255:
        return entries
    return np.right_shift(
        entries, depth - 8 if 8 < depth < 16 and highest < 1 << depth else 8, dtype=np.uint16
    )
