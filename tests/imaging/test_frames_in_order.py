"""Enhanced multi-frame objects made here, their frames shuffled: each in its place, with its own values."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import EnhancedMRImageStorage, ExplicitVRLittleEndian, generate_uid

from workstation.imaging.grey_mapping import Window
from workstation.imaging.instance import open_instance
from workstation.imaging.orientation import Sides
from workstation.imaging.picture import Picture

AXIAL = [1, 0, 0, 0, 1, 0]
CORONAL = [1, 0, 0, 0, 0, -1]


def item(**values: object) -> Dataset:
    made = Dataset()
    for keyword, value in values.items():
        setattr(made, keyword, [value] if isinstance(value, Dataset) else value)
    return made


def frame(
    number: int, z: float | None, orientation: Sequence[float] = AXIAL, stack: str = "1", **values: Dataset
) -> Dataset:
    """A frame whose window, rescale and pixels all hold ``number``."""
    axial = list(orientation) == AXIAL
    made = item(
        PlaneOrientationSequence=item(ImageOrientationPatient=list(orientation)),
        PixelValueTransformationSequence=item(RescaleSlope=1, RescaleIntercept=number, RescaleType="US"),
        FrameVOILUTSequence=item(WindowCenter=number, WindowWidth=100),
        **({"FrameContentSequence": item(StackID=stack)} | values),
    )
    if z is not None:
        position = [0, 0, z] if axial else [0, z, 0]
        made.PlanePositionSequence = [item(ImagePositionPatient=position)]
    return made


def written(path: Path, numbers: Sequence[int], frames: Sequence[Dataset]) -> Path:
    image = item(
        SOPClassUID=EnhancedMRImageStorage, SOPInstanceUID=generate_uid(), Modality="MR", Rows=4, Columns=6,
        SamplesPerPixel=1, PhotometricInterpretation="MONOCHROME2", BitsAllocated=16, BitsStored=12,
        HighBit=11, PixelRepresentation=0, NumberOfFrames=len(frames),
        SharedFunctionalGroupsSequence=item(PixelMeasuresSequence=item(PixelSpacing=[2, 1])),
        PerFrameFunctionalGroupsSequence=list(frames),
        PixelData=b"".join(np.full((4, 6), number, "<u2").tobytes() for number in numbers),
    )  # fmt: skip
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image.save_as(path, enforce_file_format=True)
    return path


def shown(path: Path) -> list[Picture]:
    opened = open_instance(path)
    found = [opened.picture(place) for place in range(opened.frames)]
    assert all(isinstance(one, Picture) for one in found)
    return [one for one in found if isinstance(one, Picture)]


def numbers_of(pictures: Sequence[Picture]) -> list[int]:
    return [int(one.pixels[0, 0]) for one in pictures]


def shuffled(path: Path, frames: dict[int, Dataset], seed: int = 3) -> list[Picture]:
    order = list(frames)
    random.Random(seed).shuffle(order)
    return shown(written(path, order, [frames[number] for number in order]))


def upwards(found: list[int], wanted: list[int]) -> bool:
    """Shuffled frames have no direction of their own: either is right."""
    return found in (wanted, wanted[::-1])


@pytest.mark.parametrize("seed", range(5))
def test_frames_run_by_position_each_with_its_own_values(tmp_path: Path, seed: int) -> None:
    pictures = shuffled(tmp_path / "e.dcm", {n: frame(n, 2.5 * n) for n in range(1, 9)}, seed)
    assert upwards(numbers_of(pictures), list(range(1, 9)))
    for number, one in zip(numbers_of(pictures), pictures, strict=True):
        assert one.grey is not None
        assert one.grey.intercept == number
        assert one.voi == Window(number, 100)
        assert one.location == f"H {2.5 * number:.1f} mm"
        assert one.sides == Sides("R", "L", "A", "P")
        assert one.aspect == 2


def test_the_direction_is_that_in_which_they_are_stored(tmp_path: Path) -> None:
    frames = [frame(n, -3.0 * n) for n in range(6)]
    assert numbers_of(shown(written(tmp_path / "e.dcm", range(6), frames))) == list(range(6))


def test_stacks_stay_together_and_have_their_own_sides(tmp_path: Path) -> None:
    frames = {n: frame(n, 5.0 * n) for n in range(4)}
    frames |= {10 + n: frame(10 + n, 5.0 * n, CORONAL, stack="2") for n in range(4)}
    pictures = shuffled(tmp_path / "e.dcm", frames)
    found = numbers_of(pictures)
    for half in (found[:4], found[4:]):
        assert upwards(half, [0, 1, 2, 3]) or upwards(half, [10, 11, 12, 13])
    for number, one in zip(found, pictures, strict=True):
        coronal = number >= 10
        assert (one.sides.top, one.sides.bottom) == (("H", "F") if coronal else ("A", "P"))
        assert one.location.startswith(("A", "P") if coronal else ("F", "H"))


def test_parallel_stacks_are_not_mixed(tmp_path: Path) -> None:
    frames = {n: frame(n, 5.0 * n) for n in range(4)}
    frames |= {10 + n: frame(10 + n, 5.0 * n + 2, stack="2") for n in range(4)}
    found = numbers_of(shuffled(tmp_path / "e.dcm", frames))
    assert {number // 10 for number in found[:4]} in ({0}, {1})
    assert {number // 10 for number in found[4:]} in ({0}, {1})


@pytest.mark.parametrize(
    ("sequence", "keyword"),
    [
        ("FrameContentSequence", "TemporalPositionIndex"),
        ("MREchoSequence", "EffectiveEchoTime"),
        ("MRDiffusionSequence", "DiffusionBValue"),
        ("CardiacSynchronizationSequence", "NominalCardiacTriggerDelayTime"),
        ("SegmentIdentificationSequence", "ReferencedSegmentNumber"),
    ],
)
def test_times_echoes_b_values_and_segments_stay_together(
    tmp_path: Path, sequence: str, keyword: str
) -> None:
    frames = {}
    for step, place in product((1, 2, 3), range(4)):
        number = 10 * step + place
        frames[number] = frame(number, 4.0 * place, **{sequence: item(**{keyword: step})})
    found = numbers_of(shuffled(tmp_path / "e.dcm", frames))
    assert [number // 10 for number in found] == [1] * 4 + [2] * 4 + [3] * 4
    assert all(upwards(found[n : n + 4], sorted(found[n : n + 4])) for n in (0, 4, 8))
    assert found[:4] == [number - 10 for number in found[4:8]]


def test_without_positions_the_dimensions_decide(tmp_path: Path) -> None:
    frames = {
        10 * time + place: frame(
            10 * time + place, None, FrameContentSequence=item(DimensionIndexValues=[time, place])
        )
        for time, place in product((1, 2), (1, 2, 3))
    }
    assert numbers_of(shuffled(tmp_path / "e.dcm", frames)) == [11, 12, 13, 21, 22, 23]


def test_without_anything_frames_stay_as_they_are_stored(tmp_path: Path) -> None:
    order = [5, 2, 9, 1]
    frames = [frame(number, None) for number in order]
    assert numbers_of(shown(written(tmp_path / "e.dcm", order, frames))) == order


def test_fewer_groups_than_frames_order_nothing_and_lose_nothing(tmp_path: Path) -> None:
    frames = [frame(n, 10.0 * (n % 3)) for n in range(6)]
    path = written(tmp_path / "e.dcm", range(6), frames)
    dataset = pydicom.dcmread(path)
    dataset.PerFrameFunctionalGroupsSequence = list(dataset.PerFrameFunctionalGroupsSequence)[:4]
    dataset.save_as(path)
    assert numbers_of(shown(path)) == list(range(6))
