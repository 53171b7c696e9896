"""What of a header decides the picture, taken out of pydicom's lazy values, checked, with defaults."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from pydicom import uid
from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence as Items

from workstation.imaging.cine import Timing, timing
from workstation.imaging.colour import Palette
from workstation.imaging.grey import Function, Grey, Lut, Voi, Window
from workstation.imaging.orientation import Sides, sides
from workstation.imaging.picture import Caption, PixelSpec, Undecodable
from workstation.imaging.segments import expanded
from workstation.imaging.syntaxes import always_lossy, syntax_words

MAX_FRAMES = 1_000_000
BROKEN = (
    *(ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, NotImplementedError),
    *(struct.error, EOFError, OSError, RecursionError, UserWarning, BytesLengthException),
)
"""What pydicom raises, or warns of, when a value is not what its VR says: it costs this value only."""


def caption(dataset: Dataset) -> Caption:
    """Who and what the picture shows."""
    meta = getattr(dataset, "file_meta", None)
    syntax = text(meta, "TransferSyntaxUID") if meta is not None else ""
    return Caption(
        name=text(dataset, "PatientName"),
        patient_id=text(dataset, "PatientID"),
        birth_date=text(dataset, "PatientBirthDate"),
        study_date=text(dataset, "StudyDate"),
        study_description=text(dataset, "StudyDescription"),
        series_description=text(dataset, "SeriesDescription"),
        modality=text(dataset, "Modality"),
        number=whole(dataset, "InstanceNumber"),
        sex=text(dataset, "PatientSex"),
        series_number=whole(dataset, "SeriesNumber"),
        syntax=syntax_words(syntax),
        lossy=always_lossy(syntax) or text(dataset, "LossyImageCompression") == "01",
    )


def clip_timing(dataset: Dataset) -> Timing:
    """How long the frames are shown (PS3.3 C.7.6.5)."""
    return timing(
        number(dataset, "FrameTime"),
        numbers(dataset, "FrameTimeVector"),
        (number(dataset, "RecommendedDisplayFrameRate"), number(dataset, "CineRate")),
        sweep=whole(dataset, "PreferredPlaybackSequencing") == 1,
    )


def text(dataset: Dataset, keyword: str) -> str:
    """A value as text, empty if absent; several values keep their backslash."""
    return "\\".join(str(part) for part in _parts(dataset, keyword)).strip(" \0")


def numbers(dataset: Dataset, keyword: str) -> list[float]:
    """All finite numbers of a value; none if it holds anything else."""
    try:
        found = [float(part) for part in _parts(dataset, keyword)]
    except (TypeError, ValueError):
        return []
    return found if all(math.isfinite(part) for part in found) else []


def number(dataset: Dataset, keyword: str) -> float | None:
    """The first number of a value, or None."""
    return next(iter(numbers(dataset, keyword)), None)


def whole(dataset: Dataset, keyword: str) -> int | None:
    """The first number of a value if it is whole, or None."""
    found = number(dataset, keyword)
    return int(found) if found is not None and found == int(found) else None


def _parts(dataset: Dataset, keyword: str) -> list[Any]:
    value = _value(dataset, keyword)
    if value is None or value == "":
        return []
    return list(value) if isinstance(value, (list, tuple, MultiValue)) else [value]


def _value(dataset: Dataset, keyword: str) -> object:
    try:
        return dataset.get(keyword)
    except BROKEN:
        return None


def pixel_spec(dataset: Dataset, keyword: str, *, swapped: bool) -> PixelSpec:
    """The Image Pixel module.

    Raises:
        Undecodable: A number is missing or impossible.
    """
    floating = keyword != "PixelData"
    bits = {"FloatPixelData": 32, "DoubleFloatPixelData": 64}.get(keyword) or whole(dataset, "BitsAllocated")
    rows, columns = whole(dataset, "Rows"), whole(dataset, "Columns")
    samples = whole(dataset, "SamplesPerPixel") or 1
    if rows is None or columns is None or not (0 < rows < 65536 and 0 < columns < 65536):
        raise Undecodable("its header gives no size of the image")
    if bits not in (1, 8, 16, 32, 64) or samples not in (1, 3, 4):
        raise Undecodable(f"pixels of {samples} × {bits or '?'} bits are not drawn")
    stored = min(max(1, whole(dataset, "BitsStored") or bits), bits)
    high = whole(dataset, "HighBit")
    meta = getattr(dataset, "file_meta", None)
    syntax = text(meta, "TransferSyntaxUID") if meta is not None else ""
    return PixelSpec(
        rows,
        columns,
        samples,
        bits,
        stored,
        high if high is not None and stored - 1 <= high < bits else stored - 1,
        signed=whole(dataset, "PixelRepresentation") == 1,
        photometric=text(dataset, "PhotometricInterpretation").upper().strip(),
        planar=whole(dataset, "PlanarConfiguration") == 1,
        frames=min(max(1, whole(dataset, "NumberOfFrames") or 1), MAX_FRAMES),
        syntax=syntax or uid.ExplicitVRLittleEndian,
        floating=floating,
        swapped=swapped,
    )


def extended_offsets(dataset: Dataset) -> Sequence[int]:
    """The Extended Offset Table (PS3.3 C.7.6.3.1.8)."""
    raw = _value(dataset, "ExtendedOffsetTable")
    if not isinstance(raw, bytes):
        return ()
    return struct.unpack(f"<{len(raw) // 8}Q", raw[: len(raw) // 8 * 8])


def aspect(dataset: Dataset) -> float:
    """Height of a pixel divided by its width (PS3.3 C.7.6.3.1.7); only the ratio is used."""
    for keyword in ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing", "PixelAspectRatio"):
        pair = numbers(dataset, keyword)
        if len(pair) == 2 and min(pair) > 0 and 0.05 <= pair[0] / pair[1] <= 20:
            return pair[0] / pair[1]
    return 1.0


def palette(dataset: Dataset) -> Palette:
    """The palette of PALETTE COLOR.

    Raises:
        Undecodable: It is missing or broken.
    """
    tables: list[list[int]] = []
    first = 0
    for colour in ("Red", "Green", "Blue"):
        descriptor = numbers(dataset, f"{colour}PaletteColorLookupTableDescriptor")
        raw = _value(dataset, f"{colour}PaletteColorLookupTableData")
        segments = _value(dataset, f"Segmented{colour}PaletteColorLookupTableData")
        if len(descriptor) != 3:
            raise Undecodable("its colour palette is missing or not of a kind that is drawn")
        count, first = int(descriptor[0]) or 65536, int(descriptor[1])
        swapped = dataset.original_encoding[1] is False
        if not isinstance(raw, bytes):
            if not isinstance(segments, bytes):
                raise Undecodable("its colour palette is missing or not of a kind that is drawn")
            words = np.frombuffer(segments, ">u2" if swapped else "<u2", len(segments) // 2)
            entries = expanded(words.tolist(), count)
        elif len(raw) >= 2 * count:
            entries = np.frombuffer(raw, ">u2" if swapped else "<u2", count)
        else:
            entries = np.frombuffer(raw, np.uint8)[:count].astype(np.uint16)
        if not entries.size:
            raise Undecodable("its colour palette is empty")
        # 16-bit entries that hold 8-bit values are common
        tables.append(list(entries >> 8 if entries.max() > 255 else entries))
    size = min(map(len, tables))
    rgb = np.array([table[:size] for table in tables], np.uint8).T
    return Palette(first, rgb)


class Groups:
    """The grey transform of each frame: per-frame group, shared group, root, in that order."""

    def __init__(self, dataset: Dataset, spec: PixelSpec) -> None:
        self._spec = spec
        # where information was lost, padding is no longer one value, and the value may be tissue
        self._padding = None if caption(dataset).lossy else _padding(dataset)
        self._invert = spec.photometric == "MONOCHROME1" or (
            spec.photometric == "MONOCHROME2" and text(dataset, "PresentationLUTShape") == "INVERSE"
        )
        shared = next(_items(dataset, "SharedFunctionalGroupsSequence"), None)
        self._common = self._grey([part for part in (shared, dataset) if part is not None])
        frames = list(_items(dataset, "PerFrameFunctionalGroupsSequence"))
        self._frames = [
            self._grey([part for part in (frame, shared, dataset) if part is not None])
            if frame.get("PixelValueTransformationSequence") or frame.get("FrameVOILUTSequence")
            else self._common
            for frame in frames
        ]
        self._sides = [
            _sides([part for part in (frame, shared, dataset) if part is not None]) for frame in frames
        ]
        self._common_sides = _sides([part for part in (shared, dataset) if part is not None])

    def sides(self, frame: int) -> Sides:
        """Which side of ``frame``, counted from 0, is which side of the patient."""
        return self._sides[frame] if frame < len(self._sides) else self._common_sides

    def grey(self, frame: int) -> Grey:
        """The transform of ``frame``, counted from 0."""
        return self._frames[frame] if frame < len(self._frames) else self._common

    def _grey(self, places: Sequence[Dataset]) -> Grey:
        slope, intercept = 1.0, 0.0
        for place in _places(places, "PixelValueTransformationSequence"):
            found = number(place, "RescaleSlope"), number(place, "RescaleIntercept")
            if found != (None, None):
                slope, intercept = found[0] or 1.0, found[1] or 0.0
                break
        voi: tuple[Voi, ...] = ()
        for place in _places(places, "FrameVOILUTSequence"):
            voi = (*_windows(place), *_luts(place, "VOILUTSequence", signed=False))
            if voi:
                break
        modality = next(_luts(places[-1], "ModalityLUTSequence", signed=self._spec.signed), None)
        return Grey(slope, intercept, modality, voi, self._padding, self._invert)


def _places(places: Sequence[Dataset], sequence: str) -> Iterator[Dataset]:
    """Where a transform may stand: in the group's macro, else in the root itself."""
    for place in places[:-1]:
        yield from _items(place, sequence)
    yield places[-1]


def _sides(places: Sequence[Dataset]) -> Sides:
    root = places[-1]
    quadruped = text(root, "AnatomicalOrientationType") == "QUADRUPED"
    for place in _places(places, "PlaneOrientationSequence"):
        cosines = numbers(place, "ImageOrientationPatient")
        if cosines:
            return sides(cosines, quadruped=quadruped)
    return sides((), [str(word) for word in _parts(root, "PatientOrientation")], quadruped=quadruped)


def _items(dataset: Dataset, keyword: str) -> Iterator[Dataset]:
    value = _value(dataset, keyword)
    if isinstance(value, Items):
        yield from value


def _padding(dataset: Dataset) -> tuple[float, float] | None:
    value = number(dataset, "PixelPaddingValue")
    if value is None:
        return None
    limit = number(dataset, "PixelPaddingRangeLimit")
    limit = value if limit is None else limit
    return min(value, limit), max(value, limit)


def _windows(place: Dataset) -> Iterator[Window]:
    """Usable pairs only: a width of 0 or less is none (PS3.3 C.11.2.1.2)."""
    function = text(place, "VOILUTFunction").split("\\")[0].upper()
    kind = Function(function) if function in list(Function) else Function.LINEAR
    names = text(place, "WindowCenterWidthExplanation").split("\\")
    pairs = zip(numbers(place, "WindowCenter"), numbers(place, "WindowWidth"), strict=False)
    for n, (centre, width) in enumerate(pairs):
        if width > 0:
            yield Window(centre, width, kind, names[n] if n < len(names) else "")


def _luts(place: Dataset, keyword: str, *, signed: bool) -> Iterator[Lut]:
    for item in _items(place, keyword):
        descriptor, raw = numbers(item, "LUTDescriptor"), _value(item, "LUTData")
        if len(descriptor) != 3 or raw is None:
            continue
        count = int(descriptor[0]) % 65536 or 65536
        entries = _entries(raw, count)
        if not entries.size:
            continue
        first = int(descriptor[1])
        if signed and first > 32767:
            first -= 65536
        depth = min(max(1, int(descriptor[2])), 16)
        top = max(float(2**depth - 1), float(entries.max()))
        yield Lut(first, entries.astype(np.float32), top, text(item, "LUTExplanation"))


def _entries(raw: object, count: int) -> np.ndarray[tuple[int], np.dtype[np.uint16]]:
    """Entries are unsigned, whatever the pixels are; eight-bit ones may come two in a word."""
    if isinstance(raw, bytes):
        if len(raw) >= 2 * count:
            return np.frombuffer(raw, "<u2", count).astype(np.uint16)
        return np.frombuffer(raw, np.uint8)[:count].astype(np.uint16)
    try:
        return np.asarray(raw, np.int64).reshape(-1)[:count].astype(np.uint16)
    except (TypeError, ValueError):
        return np.empty(0, np.uint16)
