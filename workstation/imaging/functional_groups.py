"""Reads the functional groups of each frame: its own, the shared ones, the root (PS3.3 C.7.6.16)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

import numpy as np
from pydicom.dataset import Dataset

from workstation.imaging.arrays import Array
from workstation.imaging.grey_mapping import Function, Grey, Voi, Window
from workstation.imaging.image_header import caption, items, number, numbers, parts, text
from workstation.imaging.lookup_tables import UNUSED_BITS, grey_tables, word
from workstation.imaging.orientation import Sides, location, sides
from workstation.imaging.picture import Mark, PixelSpec, Segment, doubtful
from workstation.imaging.segmentation import full_range, is_label_map, segments_of
from workstation.imaging.slice_order import Site, grouped

_SPACINGS = ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing", "PixelAspectRatio")
_MOMENT = (
    ("FrameContentSequence", "TemporalPositionIndex"),
    ("MREchoSequence", "EffectiveEchoTime"),
    ("MRDiffusionSequence", "DiffusionBValue"),
    ("CardiacSynchronizationSequence", "NominalCardiacTriggerDelayTime"),
    ("FrameContentSequence", "FrameAcquisitionNumber"),
)
"""What distinguishes frames of one position, the most significant first."""
_MOST_NAMED: Final = 256
"""Segments of a label map that are named for one frame."""
_NOT_RESCALED = doubtful("Its rescale slope is 0, or slope or intercept is missing.")
_CONTRADICTED = doubtful("Its header says MONOCHROME1 and the presentation LUT shape IDENTITY.")


@dataclass(frozen=True, slots=True, eq=False)
class FrameMeaning:
    """How the values of a frame are meant, and where it lies.

    Attributes:
        aspect: Height of a pixel divided by its width.
        location: Where along its normal it lies, such as "H 12.5 mm"; empty if unknown.
        segment: Whose mask it is; None if it is none.
        marks: What was wrong with it.
    """

    grey: Grey
    sides: Sides
    aspect: float
    location: str
    segment: Segment | None = None
    marks: tuple[Mark, ...] = ()


class FunctionalGroups:
    """What is said of the frames of one object.

    Attributes:
        order: The frames, counted from 0 as they lie in the file, in the order one looks at them: each stack
            or segment and each temporal position together, by position, in the direction in which they are
            stored.
        marks: What is contradictory about all of them.
    """

    def __init__(self, dataset: Dataset, spec: PixelSpec, frames: int) -> None:
        """Read what ``dataset`` says of its first ``frames`` frames."""
        self._spec = spec
        # where information was lost, padding is no longer one value, and the value may be tissue
        self._padding = None if caption(dataset).lossy else _padding(dataset, spec)
        self._segments = segments_of(dataset)
        self._label_map = is_label_map(dataset)
        self._full = None if self._label_map else full_range(dataset, spec)
        shape = text(dataset, "PresentationLUTShape")
        self._invert = spec.photometric == "MONOCHROME1" or (
            spec.photometric == "MONOCHROME2" and shape == "INVERSE"
        )
        contradicted = spec.photometric == "MONOCHROME1" and shape == "IDENTITY"
        self.marks = (_CONTRADICTED,) if contradicted else ()
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

    def of(self, frame: int) -> FrameMeaning:
        """The meaning of ``frame``, counted from 0 as it lies in the file."""
        return self._frames[frame] if frame < len(self._frames) else self._common

    def segments(self, meaning: FrameMeaning, pixels: Array) -> tuple[Segment, ...]:
        """What a frame shows: the segment it is a mask of, or those its labels name."""
        if not self._label_map:
            return () if meaning.segment is None else (meaning.segment,)
        present = (self._segments.get(label) for label in np.unique(pixels).tolist())
        return tuple(islice((segment for segment in present if segment is not None), _MOST_NAMED))

    def _meaning(self, groups: Sequence[Dataset]) -> FrameMeaning:
        grey, marks = self._grey(groups)
        segment = self._segments.get(_segment(groups) or 0)
        return FrameMeaning(grey, _sides(groups), _aspect(groups), _location(groups), segment, marks)

    def _grey(self, groups: Sequence[Dataset]) -> tuple[Grey, tuple[Mark, ...]]:
        slope, intercept, marks = _rescaled(groups)
        stored = _stored_range(self._spec)
        tables = grey_tables(groups[-1], "ModalityLUTSequence", stored)
        modality, wrong = next(tables, (None, None))
        inputs = sorted(one * slope + intercept for one in stored)
        if modality is not None:
            marks = (wrong,) if wrong is not None and wrong is not UNUSED_BITS else ()
            inputs = [float(modality.entries.min()), float(modality.entries.max())]
        voi: tuple[Voi, ...] = ()
        for holder in _holders(groups, "FrameVOILUTSequence"):
            luts = list(grey_tables(holder, "VOILUTSequence", (inputs[0], inputs[1])))
            voi = (*_windows(holder), *(lut for lut, _ in luts))
            if voi:
                marks += tuple(mark for lut, mark in luts if mark is not None and lut is voi[0])
                break
        labels = tuple(sorted(self._segments)) if self._label_map else () if self._spec.stored == 1 else None
        grey = Grey(
            slope=slope,
            intercept=intercept,
            modality=modality,
            voi=voi,
            padding=self._padding,
            invert=self._invert,
            full=self._full,
            labels=labels,
        )
        return grey, marks


def _rescaled(groups: Sequence[Dataset]) -> tuple[float, float, tuple[Mark, ...]]:
    """Rescale Slope and Intercept; each needs the other (PS3.3 C.11.1), and no slope is 0."""
    for holder in _holders(groups, "PixelValueTransformationSequence"):
        slope, intercept = number(holder, "RescaleSlope"), number(holder, "RescaleIntercept")
        if slope is not None or intercept is not None:
            sound = slope is not None and intercept is not None and slope != 0
            return slope or 1.0, intercept or 0.0, () if sound else (_NOT_RESCALED,)
    return 1.0, 0.0, ()


def _stored_range(spec: PixelSpec) -> tuple[float, float]:
    """The lowest and the highest value a pixel may have."""
    if spec.signed:
        return -(1 << spec.stored - 1), (1 << spec.stored - 1) - 1
    return 0, (1 << spec.stored) - 1


def _segment(groups: Sequence[Dataset]) -> int | None:
    """The number of the segment that a frame is a mask of."""
    found = _first(groups, "SegmentIdentificationSequence", "ReferencedSegmentNumber")
    return int(found[0]) if found else None


def _holders(groups: Sequence[Dataset], sequence: str) -> Iterator[Dataset]:
    """Where a transform may stand: in the group's macro, else in the root itself."""
    for holder in groups[:-1]:
        yield from items(holder, sequence)
    yield groups[-1]


def _sides(groups: Sequence[Dataset]) -> Sides:
    root = groups[-1]
    quadruped = _quadruped(root)
    cosines = _first(groups, "PlaneOrientationSequence", "ImageOrientationPatient")
    if cosines:
        return sides(cosines, quadruped=quadruped)
    return sides((), [str(word) for word in parts(root, "PatientOrientation")], quadruped=quadruped)


def _quadruped(root: Dataset) -> bool:
    return text(root, "AnatomicalOrientationType") == "QUADRUPED"


def _first(groups: Sequence[Dataset], sequence: str, keyword: str) -> tuple[float, ...]:
    """The numbers of the first holder that has them; empty if none has."""
    return next(
        (tuple(found) for holder in _holders(groups, sequence) if (found := numbers(holder, keyword))), ()
    )


def _aspect(groups: Sequence[Dataset]) -> float:
    """Height of a pixel divided by its width (PS3.3 C.7.6.3.1.7); only the ratio is used."""
    for holder in _holders(groups, "PixelMeasuresSequence"):
        for keyword in _SPACINGS:
            pair = numbers(holder, keyword)
            if len(pair) == 2 and min(pair) > 0 and 0.05 <= pair[0] / pair[1] <= 20:
                return pair[0] / pair[1]
    return 1.0


def _location(groups: Sequence[Dataset]) -> str:
    position = _first(groups, "PlanePositionSequence", "ImagePositionPatient")
    orientation = _first(groups, "PlaneOrientationSequence", "ImageOrientationPatient")
    distance = Site(position=position, orientation=orientation).distance
    if distance is None:
        return ""
    return location(orientation, distance, quadruped=_quadruped(groups[-1]))


def _sites(frames: Sequence[Sequence[Dataset]]) -> list[Site]:
    """Where and when each frame was taken; Dimension Index Values number them without positions."""
    found = []
    for n, groups in enumerate(frames):
        content = next(_holders(groups, "FrameContentSequence"))
        found.append(
            Site(
                number=n,
                position=_first(groups, "PlanePositionSequence", "ImagePositionPatient") or None,
                orientation=_first(groups, "PlaneOrientationSequence", "ImageOrientationPatient") or None,
                moment=tuple(next(iter(_first(groups, *where)), None) for where in _MOMENT),
                kind=text(content, "StackID"),
                part=_segment(groups) or 0,
            )
        )
    if all(site.position is not None for site in found):
        return found
    ranked = sorted(range(len(found)), key=lambda n: (_dimensions(frames[n]), n))
    return [replace(found[n], number=rank) for rank, n in sorted(enumerate(ranked), key=lambda pair: pair[1])]


def _dimensions(groups: Sequence[Dataset]) -> tuple[float, ...]:
    content = next(_holders(groups, "FrameContentSequence"))
    declared = numbers(content, "DimensionIndexValues")
    return tuple(declared) or tuple(
        number(content, keyword) or 0 for keyword in ("TemporalPositionIndex", "InStackPositionNumber")
    )


def _padding(dataset: Dataset, spec: PixelSpec) -> tuple[float, float] | None:
    """Stored values that are no image; the pixels decide on their sign (PS3.3 C.7.5.1.1.2)."""
    kind = ("DoubleFloat" if spec.bits == 64 else "Float") if spec.floating else ""
    value = number(dataset, f"{kind}PixelPaddingValue")
    if value is None:
        return None
    limit = number(dataset, f"{kind}PixelPaddingRangeLimit")
    ends = [value, value if limit is None else limit]
    if not spec.floating:
        ends = [word(end, signed=spec.signed) for end in ends]
    return min(ends), max(ends)


def _windows(holder: Dataset) -> Iterator[Window]:
    """Usable pairs only: a width of 0 or less is none (PS3.3 C.11.2.1.2)."""
    function = text(holder, "VOILUTFunction").split("\\")[0].upper()
    kind = Function(function) if function in list(Function) else Function.LINEAR
    names = text(holder, "WindowCenterWidthExplanation").split("\\")
    pairs = zip(numbers(holder, "WindowCenter"), numbers(holder, "WindowWidth"), strict=False)
    for n, (centre, width) in enumerate(pairs):
        if width > 0:
            yield Window(centre, width, kind, names[n] if n < len(names) else "")
