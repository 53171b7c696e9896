"""Reads the header values that decide a picture from a pydicom data set, checked, with defaults."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Sequence
from typing import Any

from pydicom import uid
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence as Items
from pydicom.values import convert_SQ

from workstation.dicom.text import assumed_for, decode
from workstation.dicom.value_readers import kept_date, read_decimal, read_decimals, read_integer
from workstation.imaging.cine import Timing, timing
from workstation.imaging.picture import MAX_FRAMES, Caption, PixelSpec, Undecodable
from workstation.imaging.syntaxes import always_lossy, syntax_words

BROKEN = (
    *(ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, NotImplementedError),
    *(struct.error, EOFError, OSError, RecursionError, UserWarning, BytesLengthException),
)
"""What pydicom raises, or warns of, when a value is not what its VR says: it costs this value only."""


BY_CHARSET = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})
"""The VRs that Specific Character Set is about (PS3.5 6.1.2.3)."""
_ITEM = b"\xfe\xff\x00\xe0"
_NUMBERS = frozenset({"DS", "IS"})
_TEXTS = ("PatientName", "StudyDescription", "SeriesDescription", "ReferringPhysicianName")

Which = str | int | tuple[int, int]
"""An element by its keyword, or by its tag, or its group and number where these vary."""


def caption(dataset: Dataset) -> Caption:
    """Who and what the picture shows."""
    meta = getattr(dataset, "file_meta", None)
    syntax = text(meta, "TransferSyntaxUID") if meta is not None else ""
    return Caption(
        name=text(dataset, "PatientName"),
        patient_id=text(dataset, "PatientID"),
        birth_date=kept_date(text(dataset, "PatientBirthDate")),
        study_date=kept_date(text(dataset, "StudyDate")),
        study_description=text(dataset, "StudyDescription"),
        series_description=text(dataset, "SeriesDescription"),
        modality=text(dataset, "Modality"),
        number=integer(dataset, "InstanceNumber"),
        sex=text(dataset, "PatientSex"),
        series_number=integer(dataset, "SeriesNumber"),
        syntax=syntax_words(syntax),
        lossy=always_lossy(syntax) or text(dataset, "LossyImageCompression") == "01",
    )


def clip_timing(dataset: Dataset) -> Timing:
    """How long the frames are shown (PS3.3 C.7.6.5)."""
    return timing(
        number(dataset, "FrameTime"),
        numbers(dataset, "FrameTimeVector"),
        (number(dataset, "RecommendedDisplayFrameRate"), number(dataset, "CineRate")),
        sweep=integer(dataset, "PreferredPlaybackSequencing") == 1,
    )


def text(dataset: Dataset, keyword: str) -> str:
    """A value as text, empty if absent; several values keep their backslash."""
    vr, raw = unread(dataset, keyword)
    if vr in BY_CHARSET:
        return decode(raw, charset(dataset))
    return "\\".join(str(part) for part in parts(dataset, keyword)).strip(" \0")


def charset(dataset: Dataset) -> tuple[str, ...]:
    """The terms of its Specific Character Set, or what to assume; an item has those of what is around it."""
    declared = parts(dataset, "SpecificCharacterSet")
    if not declared and isinstance(inherited := dataset.original_character_set, list):
        declared = inherited  # pydicom tells it by the names of Python's codecs
    terms = tuple(map(str, declared))
    assumed = assumed_for(terms, (unread(dataset, keyword)[1] for keyword in _TEXTS))
    return (assumed,) if assumed else terms


def numbers(dataset: Dataset, keyword: Which) -> list[float]:
    """All finite numbers of a value; none if it holds anything else."""
    vr, raw = unread(dataset, keyword)
    if vr in _NUMBERS:
        return list(read_decimals(raw))
    try:
        found = [float(part) for part in parts(dataset, keyword)]
    except (TypeError, ValueError):
        return []
    return found if all(math.isfinite(part) for part in found) else []


def number(dataset: Dataset, keyword: str) -> float | None:
    """The first number of a value, or None."""
    vr, raw = unread(dataset, keyword)
    if vr in _NUMBERS:
        return read_decimal(raw)
    return next(iter(numbers(dataset, keyword)), None)


def integer(dataset: Dataset, keyword: str) -> int | None:
    """The first number of a value if it is whole, or None."""
    vr, raw = unread(dataset, keyword)
    if vr in _NUMBERS:
        return read_integer(raw)
    found = number(dataset, keyword)
    return int(found) if found is not None and found == int(found) else None


def unread(dataset: Dataset, keyword: Which) -> tuple[str, bytes]:
    """VR and bytes of an element that pydicom has not converted; both empty if it has, or there is none."""
    tag = tag_for_keyword(keyword) if isinstance(keyword, str) else keyword
    try:
        raw = dataset.get_item(tag) if tag is not None else None
        if not isinstance(raw, RawDataElement) or raw.value is None:
            return "", b""
        vr = raw.VR if raw.VR not in (None, "UN") else dictionary_VR(raw.tag)
    except BROKEN:
        return "", b""
    return str(vr), raw.value


def parts(dataset: Dataset, keyword: Which) -> list[Any]:
    """The values of an element; none if it is absent or broken."""
    value = value_of(dataset, keyword)
    if value is None or value == "":
        return []
    return list(value) if isinstance(value, (list, tuple, MultiValue)) else [value]


def items(dataset: Dataset, keyword: str) -> Iterator[Dataset]:
    """The items of a sequence; none if it is absent or broken."""
    value = value_of(dataset, keyword)
    if isinstance(value, Items):
        yield from value


def is_big_endian(dataset: Dataset) -> bool:
    """Whether its binary values are."""
    return dataset.original_encoding[1] is False


def _unknown_sequence(dataset: Dataset, keyword: Which) -> Items | None:
    """A sequence of VR UN in a big endian file: what is inside is little endian (PS3.5 6.2.2)."""
    tag = tag_for_keyword(keyword) if isinstance(keyword, str) else keyword
    raw = dataset.get_item(tag) if tag is not None else None
    if not isinstance(raw, RawDataElement) or raw.VR != "UN" or not (raw.value or b"").startswith(_ITEM):
        return None
    return convert_SQ(raw.value, True, True) if dictionary_VR(raw.tag) == "SQ" else None


def value_of(dataset: Dataset, keyword: Which) -> object:
    """The value of an element as pydicom gives it; None if it is absent or broken."""
    try:
        if is_big_endian(dataset) and (inside := _unknown_sequence(dataset, keyword)) is not None:
            return inside
        if isinstance(keyword, str):
            return dataset.get(keyword)
        return dataset[keyword].value if keyword in dataset else None
    except BROKEN:
        return None


def pixel_spec(dataset: Dataset, keyword: str, *, swapped: bool) -> PixelSpec:
    """The Image Pixel module.

    Raises:
        Undecodable: A number is missing or impossible.
    """
    floating = keyword != "PixelData"
    bits = {"FloatPixelData": 32, "DoubleFloatPixelData": 64}.get(keyword) or integer(
        dataset, "BitsAllocated"
    )
    rows, columns = integer(dataset, "Rows"), integer(dataset, "Columns")
    samples = integer(dataset, "SamplesPerPixel") or 1
    if rows is None or columns is None or not (0 < rows < 65536 and 0 < columns < 65536):
        raise Undecodable("Its header gives no size of the image.")
    if bits not in (1, 8, 16, 32, 64) or samples not in (1, 3, 4):
        raise Undecodable(
            "Pixels of {samples} × {bits} bits are not drawn.", samples=samples, bits=bits or "?"
        )
    stored = min(max(1, integer(dataset, "BitsStored") or bits), bits)
    high = integer(dataset, "HighBit")
    meta = getattr(dataset, "file_meta", None)
    syntax = text(meta, "TransferSyntaxUID") if meta is not None else ""
    return PixelSpec(
        rows=rows,
        columns=columns,
        samples=samples,
        bits=bits,
        stored=stored,
        high=high if high is not None and stored - 1 <= high < bits else stored - 1,
        signed=integer(dataset, "PixelRepresentation") == 1,
        photometric=text(dataset, "PhotometricInterpretation").upper().strip(),
        planar=integer(dataset, "PlanarConfiguration") == 1,
        frames=min(max(1, integer(dataset, "NumberOfFrames") or 1), MAX_FRAMES),
        syntax=syntax or uid.ExplicitVRLittleEndian,
        floating=floating,
        swapped=swapped,
    )


def extended_offsets(dataset: Dataset) -> Sequence[int]:
    """The Extended Offset Table (PS3.3 C.7.6.3.1.8)."""
    raw = value_of(dataset, "ExtendedOffsetTable")
    if not isinstance(raw, bytes):
        return ()
    return struct.unpack(f"<{len(raw) // 8}Q", raw[: len(raw) // 8 * 8])
