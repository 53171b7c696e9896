"""What each frame means: its own functional groups, those all frames share, the root (PS3.3 C.7.6.16)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from pydicom.dataset import Dataset

from workstation.imaging.grey import Function, Grey, Lut, Voi, Window
from workstation.imaging.header import caption, items, number, numbers, parts, text, value_of
from workstation.imaging.ordering import Site, grouped
from workstation.imaging.orientation import Sides, location, sides
from workstation.imaging.picture import PixelSpec

_SPACINGS = ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing", "PixelAspectRatio")
_MOMENT = (
    ("FrameContentSequence", "TemporalPositionIndex"),
    ("MREchoSequence", "EffectiveEchoTime"),
    ("MRDiffusionSequence", "DiffusionBValue"),
    ("CardiacSynchronizationSequence", "NominalCardiacTriggerDelayTime"),
    ("SegmentIdentificationSequence", "ReferencedSegmentNumber"),
    ("FrameContentSequence", "FrameAcquisitionNumber"),
)
"""What parts frames of one position, the most telling first."""


@dataclass(frozen=True, slots=True, eq=False)
class Meaning:
    """How the values of a frame are meant, and where it lies.

    Attributes:
        aspect: Height of a pixel divided by its width.
        location: Where along its normal it lies, such as "H 12.5 mm"; empty if nobody said.
    """

    grey: Grey
    sides: Sides
    aspect: float
    location: str


class Groups:
    """What is said of the frames of one object.

    Attributes:
        order: The frames, counted from 0 as they lie in the file, in the order one looks at them: each stack
            and each temporal position together, by position, in the direction in which they are stored.
    """

    def __init__(self, dataset: Dataset, spec: PixelSpec, frames: int) -> None:
        """Read what ``dataset`` says of its first ``frames`` frames."""
        self._spec = spec
        # where information was lost, padding is no longer one value, and the value may be tissue
        self._padding = None if caption(dataset).lossy else _padding(dataset)
        self._invert = spec.photometric == "MONOCHROME1" or (
            spec.photometric == "MONOCHROME2" and text(dataset, "PresentationLUTShape") == "INVERSE"
        )
        shared = next(items(dataset, "SharedFunctionalGroupsSequence"), None)
        self._common_places = [part for part in (shared, dataset) if part is not None]
        self._common = self._meaning(self._common_places)
        own = [
            item
            for item, _ in zip(
                items(dataset, "PerFrameFunctionalGroupsSequence"), range(frames), strict=False
            )
        ]
        self._frames = [self._meaning([frame, *self._common_places]) for frame in own]
        sites = _sites([[frame, *self._common_places] for frame in own]) if 1 < len(own) == frames else []
        groups = sorted(grouped(sites), key=min)
        self.order = tuple(frame for group in groups for frame in group) or tuple(range(frames))
        del self._common_places

    def of(self, frame: int) -> Meaning:
        """The meaning of ``frame``, counted from 0 as it lies in the file."""
        return self._frames[frame] if frame < len(self._frames) else self._common

    def _meaning(self, places: Sequence[Dataset]) -> Meaning:
        return Meaning(self._grey(places), _sides(places), _aspect(places), _location(places))

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
        yield from items(place, sequence)
    yield places[-1]


def _sides(places: Sequence[Dataset]) -> Sides:
    root = places[-1]
    quadruped = _quadruped(root)
    cosines = _first(places, "PlaneOrientationSequence", "ImageOrientationPatient")
    if cosines:
        return sides(cosines, quadruped=quadruped)
    return sides((), [str(word) for word in parts(root, "PatientOrientation")], quadruped=quadruped)


def _quadruped(root: Dataset) -> bool:
    return text(root, "AnatomicalOrientationType") == "QUADRUPED"


def _first(places: Sequence[Dataset], sequence: str, keyword: str) -> tuple[float, ...]:
    """The numbers of the first place that has them; empty if none has."""
    return next(
        (tuple(found) for place in _places(places, sequence) if (found := numbers(place, keyword))), ()
    )


def _aspect(places: Sequence[Dataset]) -> float:
    """Height of a pixel divided by its width (PS3.3 C.7.6.3.1.7); only the ratio is used."""
    for place in _places(places, "PixelMeasuresSequence"):
        for keyword in _SPACINGS:
            pair = numbers(place, keyword)
            if len(pair) == 2 and min(pair) > 0 and 0.05 <= pair[0] / pair[1] <= 20:
                return pair[0] / pair[1]
    return 1.0


def _location(places: Sequence[Dataset]) -> str:
    position = _first(places, "PlanePositionSequence", "ImagePositionPatient")
    orientation = _first(places, "PlaneOrientationSequence", "ImageOrientationPatient")
    distance = Site(position=position, orientation=orientation).distance
    if distance is None:
        return ""
    return location(orientation, distance, quadruped=_quadruped(places[-1]))


def _sites(frames: Sequence[Sequence[Dataset]]) -> list[Site]:
    """Where and when each frame was taken; Dimension Index Values number them without positions."""
    found = []
    for n, places in enumerate(frames):
        content = next(_places(places, "FrameContentSequence"))
        found.append(
            Site(
                number=n,
                position=_first(places, "PlanePositionSequence", "ImagePositionPatient") or None,
                orientation=_first(places, "PlaneOrientationSequence", "ImageOrientationPatient") or None,
                moment=tuple(next(iter(_first(places, *where)), None) for where in _MOMENT),
                kind=text(content, "StackID"),
            )
        )
    if all(site.position is not None for site in found):
        return found
    ranked = sorted(range(len(found)), key=lambda n: (_dimensions(frames[n]), n))
    return [replace(found[n], number=rank) for rank, n in sorted(enumerate(ranked), key=lambda pair: pair[1])]


def _dimensions(places: Sequence[Dataset]) -> tuple[float, ...]:
    content = next(_places(places, "FrameContentSequence"))
    told = numbers(content, "DimensionIndexValues")
    return tuple(told) or tuple(
        number(content, keyword) or 0 for keyword in ("TemporalPositionIndex", "InStackPositionNumber")
    )


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
    for item in items(place, keyword):
        descriptor, raw = numbers(item, "LUTDescriptor"), value_of(item, "LUTData")
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
