"""Makes series of images: geometry, presets and acquisition data around the pixels of the phantoms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any

from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.uid import (
    UID,
    ComputedRadiographyImageStorage,
    CTImageStorage,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    MRImageStorage,
    RLELossless,
    UltrasoundImageStorage,
    UltrasoundMultiFrameImageStorage,
)

from workstation.demo.phantoms import chest_ct, chest_film, head_scans, heart_echo
from workstation.demo.phantoms.canvas import Plane, grid
from workstation.demo.phantoms.head import Bleed, Head
from workstation.demo.study import Instance, Study, grey, position, stored

_AXIAL = [1, 0, 0, 0, 1, 0]
_SAGITTAL = [0, 1, 0, 0, 0, -1]
_INTERCEPT = -1024

_head_ct = lru_cache(maxsize=2)(head_scans.HeadCT)
_head_mr = lru_cache(maxsize=2)(head_scans.HeadMR)
_heart = lru_cache(maxsize=2)(heart_echo.HeartEcho)


def chest_ct_series(study: Study, number: int, *, slices: int, syntax: UID) -> list[Instance]:
    """A thorax with contrast, from top to bottom."""
    gap = chest_ct.LENGTH / slices
    series = _ct(study, number, f"Thorax {gap:g} mm Br40", "CHEST", gap)
    series.ContrastBolusAgent = "Iodine, as drawn"
    series.WindowCenter, series.WindowWidth = [50, -550, 480], [400, 1600, 2500]
    series.WindowCenterWidthExplanation = ["MEDIASTINUM", "LUNG", "BONE"]
    size, spacing = chest_ct.SIZE, chest_ct.SPACING
    corner = grid(size, spacing)[0], grid(size, spacing, 14.0)[0]
    build = study.patient.chest

    def frames(depth: float) -> Sequence[NDArray[Any]]:
        return [stored(chest_ct.chest(build).slice(depth), -_INTERCEPT)]

    places = [(gap * index, -gap * index) for index in range(slices)]
    return _stack(study, series, syntax, size, spacing, corner, places, frames)


def head_ct_series(
    study: Study, number: int, *, slices: int, syntax: UID, bleed: Bleed | None = None
) -> list[Instance]:
    """A head without contrast, from the skull's base upwards."""
    gap = 160.0 / slices
    series = _ct(study, number, f"Head {gap:g} mm Hr40", "HEAD", gap)
    series.WindowCenter, series.WindowWidth = [38, 500], [80, 2500]
    series.WindowCenterWidthExplanation = ["BRAIN", "BONE"]
    size, spacing = head_scans.CT_SIZE, head_scans.CT_SPACING
    corner = grid(size, spacing)[0], grid(size, spacing, 2.0)[0]
    head = Head(study.patient.head.seed, study.patient.head.scale, study.patient.head.ventricles, bleed)

    def frames(z: float) -> Sequence[NDArray[Any]]:
        return [stored(_head_ct(head).slice(z), -_INTERCEPT)]

    places = [(-66 + gap * index,) * 2 for index in range(slices)]
    return _stack(study, series, syntax, size, spacing, corner, places, frames)


def _ct(study: Study, number: int, description: str, part: str, thickness: float) -> Dataset:
    return study.series(
        number,
        "CT",
        description,
        BodyPartExamined=part,
        ImageType=["ORIGINAL", "PRIMARY", "AXIAL"],
        PatientPosition="HFS",
        FrameOfReferenceUID=study.uid("frame of reference"),
        PositionReferenceIndicator="",
        KVP=120,
        XRayTubeCurrent=210,
        ExposureTime=500,
        GantryDetectorTilt=0,
        ConvolutionKernel="Br40" if part == "CHEST" else "Hr40",
        SliceThickness=thickness,
        SpacingBetweenSlices=thickness,
        RescaleIntercept=_INTERCEPT,
        RescaleSlope=1,
        RescaleType="HU",
        AcquisitionNumber=1,
        ImageOrientationPatient=_AXIAL,
    )


def _stack(
    study: Study,
    series: Dataset,
    syntax: UID,
    size: int,
    spacing: float,
    corner: tuple[float, float],
    places: Sequence[tuple[float, float]],
    frames: Callable[[float], Sequence[NDArray[Any]]],
) -> list[Instance]:
    """Axial slices; each place is what the phantom is asked for and its z."""
    return [
        study.instance(
            series,
            CTImageStorage if series.Modality == "CT" else MRImageStorage,
            index,
            syntax=syntax,
            frames=partial(frames, place),
            **grey(size, size),
            PixelSpacing=[spacing, spacing],
            ImagePositionPatient=position(*corner, z),
            SliceLocation=round(z, 3),
        )
        for index, (place, z) in enumerate(places, 1)
    ]


def head_mr_series(study: Study, number: int, *, t2: bool, slices: int, syntax: UID) -> list[Instance]:
    """A head: T1 weighted sagittal slices, or T2 weighted axial ones."""
    size, spacing = head_scans.MR_SIZE, head_scans.MR_SPACING
    gap = 125.0 / slices if not t2 else 138.0 / slices
    series = study.series(
        number,
        "MR",
        "T2 TSE axial" if t2 else "T1 SE sagittal",
        BodyPartExamined="HEAD",
        ImageType=["ORIGINAL", "PRIMARY", "M"],
        PatientPosition="HFS",
        FrameOfReferenceUID=study.uid("frame of reference"),
        PositionReferenceIndicator="",
        ScanningSequence="SE",
        SequenceVariant="SK" if t2 else "NONE",
        ScanOptions="",
        MRAcquisitionType="2D",
        RepetitionTime=4800 if t2 else 560,
        EchoTime=98 if t2 else 9.4,
        EchoTrainLength=15 if t2 else 1,
        MagneticFieldStrength=1.5,
        FlipAngle=150 if t2 else 90,
        SliceThickness=round(gap * 0.9, 2),
        SpacingBetweenSlices=round(gap, 4),
        ImageOrientationPatient=_AXIAL if t2 else _SAGITTAL,
        WindowCenter=560 if t2 else 430,
        WindowWidth=1150 if t2 else 900,
    )
    across, head = grid(size, spacing), study.patient.head
    if t2:
        places = [(-48 + gap * index,) * 2 for index in range(slices)]
        return _stack(
            study, series, syntax, size, spacing, (across[0], across[0]), places, partial(_axial, head)
        )
    top = grid(size, spacing, 16.0)[-1]
    return [
        study.instance(
            series,
            MRImageStorage,
            index + 1,
            syntax=syntax,
            frames=partial(_sagittal, head, x),
            **grey(size, size),
            PixelSpacing=[spacing, spacing],
            ImagePositionPatient=position(x, across[0], top),
            SliceLocation=round(x, 3),
        )
        for index, x in enumerate(-60 + gap * (index + 0.5) for index in range(slices))
    ]


def _axial(head: Head, z: float) -> Sequence[NDArray[Any]]:
    return [stored(_head_mr(head, t2=True).axial(z))]


def _sagittal(head: Head, x: float) -> Sequence[NDArray[Any]]:
    return [stored(_head_mr(head, t2=False).sagittal(x))]


def chest_film_series(
    study: Study,
    number: int,
    *,
    seed: int,
    width: float = 1.0,
    effusion: float = 0.0,
    inverse: bool = False,
    syntax: UID = JPEGLosslessSV1,
) -> list[Instance]:
    """A chest film; ``inverse`` stores it as MONOCHROME1."""

    def frames() -> Sequence[NDArray[Any]]:
        film: Plane = chest_film.chest_film(seed, width=width, effusion=effusion)
        return [stored((1 - film if inverse else film) * 4000, 40)]

    series = study.series(
        number,
        "CR",
        "Chest PA",
        BodyPartExamined="CHEST",
        ViewPosition="PA",
        ImageType=["ORIGINAL", "PRIMARY"],
        PatientOrientation=["L", "F"],
        ImagerPixelSpacing=[chest_film.SPACING] * 2,
        KVP=125,
        CassetteOrientation="PORTRAIT",
        PlateID="",
        WindowCenter=2000 if inverse else 2080,
        WindowWidth=3900,
        PresentationLUTShape="INVERSE" if inverse else "IDENTITY",
    )
    pixels = grey(
        chest_film.ROWS, chest_film.COLUMNS, photometric="MONOCHROME1" if inverse else "MONOCHROME2"
    )
    return [
        study.instance(series, ComputedRadiographyImageStorage, 1, syntax=syntax, frames=frames, **pixels)
    ]


def heart_series(study: Study, number: int, *, seed: int, frames: int = 45) -> list[Instance]:
    """A clip of the heart (JPEG), and a still of it (RLE)."""
    series = study.series(
        number,
        "US",
        "Apical four chambers",
        BodyPartExamined="HEART",
        ImageType=["ORIGINAL", "PRIMARY"],
        SamplesPerPixel=3,
        PlanarConfiguration=0,
        Rows=heart_echo.ROWS,
        Columns=heart_echo.COLUMNS,
        BitsAllocated=8,
        BitsStored=8,
        HighBit=7,
        PixelRepresentation=0,
        SequenceOfUltrasoundRegions=[_region()],
    )
    milliseconds = 33.3

    def clip() -> Sequence[NDArray[Any]]:
        return [_heart(seed).frame(index) for index in range(frames)]

    def still() -> Sequence[NDArray[Any]]:
        return [_heart(seed).frame(22)]

    moving = study.instance(
        series,
        UltrasoundMultiFrameImageStorage,
        1,
        syntax=JPEGBaseline8Bit,
        frames=clip,
        PhotometricInterpretation="YBR_FULL_422",
        NumberOfFrames=frames,
        FrameIncrementPointer=0x00181063,
        FrameTime=milliseconds,
        CineRate=30,
        RecommendedDisplayFrameRate=30,
        HeartRate=60,
        LossyImageCompression="01",
        LossyImageCompressionRatio=10,
        LossyImageCompressionMethod="ISO_10918_1",
    )
    resting = study.instance(
        series, UltrasoundImageStorage, 2, syntax=RLELossless, frames=still, PhotometricInterpretation="RGB"
    )
    return [moving, resting]


def _region() -> Dataset:
    """The sector's calibration (PS3.3 C.8.5.5)."""
    region = Dataset()
    region.RegionSpatialFormat, region.RegionDataType, region.RegionFlags = 1, 1, 0
    region.RegionLocationMinX0, region.RegionLocationMinY0 = 40, 34
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = 600, 444
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = 3
    region.PhysicalDeltaX = region.PhysicalDeltaY = heart_echo.CENTIMETRES_PER_PIXEL
    return region
