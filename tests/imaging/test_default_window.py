"""What a picture is shown in where it brings no window: few bits by their range, labels one level each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRBigEndian

from tests.imaging.made import image, noise, picture, saved, shown
from workstation.imaging.picture import Segment

LABEL_MAP = "1.2.840.10008.5.1.4.1.1.66.7"


def packed(masks: np.ndarray, **values: object) -> Dataset:
    made = image(masks, BitsAllocated=1, BitsStored=1, **values)
    bits = np.packbits(masks.reshape(-1), bitorder="little").tobytes()
    made.PixelData = bits + b"\0" * (len(bits) % 2)
    return made


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_one_bit_is_black_and_white(tmp_path: Path, photometric: str) -> None:
    masks = noise(5, 7, 9, most=2)
    path = saved(tmp_path / "a", packed(masks, PhotometricInterpretation=photometric))
    for frame, mask in enumerate(masks):
        wanted = 255 * (1 - mask if photometric == "MONOCHROME1" else mask)
        np.testing.assert_array_equal(shown(path, frame), wanted)
    blank = saved(tmp_path / "b", packed(np.zeros((3, 3), np.uint8), PhotometricInterpretation=photometric))
    assert set(shown(blank).flat) == {255 if photometric == "MONOCHROME1" else 0}


@pytest.mark.parametrize("kind", ["u1", "<u2"])
@pytest.mark.parametrize("bits", range(1, 9))
def test_few_bits_are_shown_from_nothing_to_all_of_them(tmp_path: Path, bits: int, kind: str) -> None:
    top = (1 << bits) - 1
    pixels = np.minimum(np.arange(64).reshape(8, 8), top // 2 + 1).astype(kind)
    path = saved(tmp_path / "a", image(pixels, BitsStored=bits))
    assert np.abs(shown(path) - pixels * (255 / top)).max() <= 0.51


def test_few_bits_of_a_colour_too(tmp_path: Path) -> None:
    rgb = noise(4, 6, 3, most=16)
    np.testing.assert_array_equal(shown(saved(tmp_path / "a", image(rgb, "RGB", BitsStored=4))), rgb * 17)
    rgb[0, 0] = 200  # more than it says
    np.testing.assert_array_equal(shown(saved(tmp_path / "b", image(rgb, "RGB", BitsStored=4))), rgb)


@pytest.mark.parametrize("kind", ["<u2", "<i2", "<u4", "i1"])
@pytest.mark.parametrize("value", [0, 100])
def test_a_constant_frame_is_black(tmp_path: Path, kind: str, value: int) -> None:
    assert not shown(saved(tmp_path / "a", image(np.full((4, 4), value, kind)))).any()


def segmentation(pixels: np.ndarray, kind: str, numbers: tuple[int, ...] = (), **values: object) -> Dataset:
    made = image(pixels, SegmentationType=kind, **values)
    made.SOPClassUID = LABEL_MAP if kind == "LABELMAP" else "1.2.840.10008.5.1.4.1.1.66.4"
    items = []
    for number in numbers:
        item = Dataset()
        item.SegmentNumber, item.SegmentLabel = number, f"Part {number}"
        items.append(item)
    made.SegmentSequence = Sequence(items)
    return made


@pytest.mark.parametrize("kind", ["u1", "<u2"])
@pytest.mark.parametrize("numbers", [(), (1, 2, 3)])
def test_labels_have_a_level_each(tmp_path: Path, kind: str, numbers: tuple[int, ...]) -> None:
    pixels = noise(8, 8, most=4, kind=kind)
    path = saved(tmp_path / "a", segmentation(pixels, "LABELMAP", numbers))
    np.testing.assert_array_equal(shown(path), pixels * 85)


def test_labels_that_lie_far_apart_are_told_apart(tmp_path: Path) -> None:
    pixels = np.array([[0, 1, 2], [40_000, 2, 1]], "<u2")
    path = saved(tmp_path / "a", segmentation(pixels, "LABELMAP"))
    np.testing.assert_array_equal(shown(path), [[0, 85, 170], [255, 170, 85]])


def test_a_label_keeps_its_level_on_frames_that_lack_others(tmp_path: Path) -> None:
    pixels = np.array([[[0, 1], [2, 2]], [[0, 2], [3, 5]]], "u1")
    path = saved(tmp_path / "a", segmentation(pixels, "LABELMAP", (1, 2, 5)))
    np.testing.assert_array_equal(shown(path, 0), [[0, 85], [170, 170]])
    untold = saved(tmp_path / "b", segmentation(pixels, "LABELMAP"))
    np.testing.assert_array_equal(shown(untold, 0), [[0, 128], [255, 255]])


def test_the_labels_of_a_frame_are_named(tmp_path: Path) -> None:
    """Those that occur in it and are described; 0 is background."""
    pixels = np.array([[[0, 1], [2, 2]], [[0, 2], [3, 5]], [[0, 0], [0, 0]]], "u1")
    path = saved(tmp_path / "a", segmentation(pixels, "LABELMAP", (1, 2, 5)))
    named = [tuple(one.number for one in picture(path, frame).segments) for frame in range(3)]
    assert named == [(1, 2), (2, 5), ()]
    assert picture(path, 1).segments[1] == Segment(5, "Part 5")


def test_fractions_are_shown_up_to_the_highest(tmp_path: Path) -> None:
    pixels = np.array([[0, 10], [50, 100]], "u1")
    made = segmentation(pixels, "FRACTIONAL", (1,), MaximumFractionalValue=100)
    assert np.abs(shown(saved(tmp_path / "a", made)) - pixels * 2.55).max() <= 0.51


def frame(segment: int, z: float) -> Dataset:
    made, place, orientation, which = Dataset(), Dataset(), Dataset(), Dataset()
    place.ImagePositionPatient = [0, 0, z]
    orientation.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    which.ReferencedSegmentNumber = segment
    made.PlanePositionSequence, made.PlaneOrientationSequence = [place], [orientation]
    made.SegmentIdentificationSequence = [which]
    return made


@pytest.mark.parametrize("seed", range(4))
def test_sparse_segments_come_one_after_the_other(tmp_path: Path, seed: int) -> None:
    """Each at slices of its own, which overlap; all in one direction."""
    sites = [
        (segment, z) for segment, zs in ((1, range(10)), (2, range(5, 20)), (3, range(15, 26))) for z in zs
    ]
    stored = [sites[n] for n in np.random.default_rng(seed).permutation(len(sites))] if seed else sites
    masks = np.zeros((len(sites), 4, 9), np.uint8)
    for number, site in enumerate(stored):
        masks[number].reshape(-1)[sites.index(site)] = 1
    made = segmentation(masks, "BINARY", (1, 2, 3))
    made.BitsAllocated = made.BitsStored = 1
    made.HighBit = 0
    made.PixelData = np.packbits(masks.reshape(-1), bitorder="little").tobytes()
    made.PerFrameFunctionalGroupsSequence = Sequence([frame(*site) for site in stored])
    path = saved(tmp_path / "a", made)
    seen = [sites[int(np.flatnonzero(picture(path, n).pixels)[0])] for n in range(len(sites))]
    if seen[0][1] > seen[1][1]:
        seen = [(segment, -z) for segment, z in seen]
    assert seen == sorted(seen)
    for number, (segment, _) in enumerate(seen):
        assert picture(path, number).segments == (Segment(segment, f"Part {segment}"),)


def test_a_segment_has_the_colour_it_recommends(tmp_path: Path) -> None:
    """Pure red is L 54.29, a 80.81, b 69.89 under D50; white and black have no a and b."""
    pixels = noise(2, 4, 4, most=2)
    for lab, rgb in (
        ((35579, 53664, 50857), (255, 0, 0)),
        ((65535, 32896, 32896), (255, 255, 255)),
        ((0, 32896, 32896), (0, 0, 0)),
    ):
        made = segmentation(pixels, "BINARY", (1,))
        made.SegmentSequence[0].RecommendedDisplayCIELabValue = list(lab)
        made.PerFrameFunctionalGroupsSequence = Sequence([frame(1, 0), frame(1, 1)])
        [segment] = picture(saved(tmp_path / "a", made)).segments
        assert segment.colour is not None
        assert np.abs(np.subtract(segment.colour, rgb)).max() <= 4


@pytest.mark.parametrize("vr", ["OB", "OW"])
def test_one_bit_in_big_endian(tmp_path: Path, vr: str) -> None:
    """Frames begin anywhere in a byte; bytes of words stand crosswise."""
    masks = noise(3, 7, 9, most=2)
    made = packed(masks)
    made.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    if vr == "OW":
        made.PixelData = np.frombuffer(made.PixelData, "<u2").byteswap().tobytes()
    made["PixelData"].VR = vr
    path = saved(tmp_path / "a", made)
    for frame, mask in enumerate(masks):
        np.testing.assert_array_equal(picture(path, frame).pixels, mask)
