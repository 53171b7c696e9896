"""From what a file says to the grey that is shown: windows, tables, functional groups, inversion, padding.

Oracles are PS3.3 C.11 in plain arithmetic, and pydicom where it is right (not for a negative slope).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom import uid
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.pixels import apply_modality_lut, apply_voi_lut

from tests.imaging.made import image, saved
from workstation.imaging.grey_mapping import Function, Lut, Window, render
from workstation.imaging.instance import open_instance
from workstation.imaging.picture import Picture

RAMP = np.arange(256, dtype="<u2").reshape(16, 16)
Make = Callable[..., Path]


def item(**values: object) -> Dataset:
    made = Dataset()
    for keyword, value in values.items():
        setattr(made, keyword, value)
    return made


def words(values: Iterable[int]) -> bytes:
    return np.array(list(values), "<u2").tobytes()


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A file of 16 × 16 unsigned values 0 to 255, or of several such frames, without any window."""

    def make(*, frames: int = 1, **values: object) -> Path:
        dataset = pydicom.dcmread(str(get_testdata_file("CT_small.dcm", download=False)))
        for keyword in (
            "WindowCenter",
            "WindowWidth",
            "PixelPaddingValue",
            "RescaleSlope",
            "RescaleIntercept",
        ):
            if keyword in dataset:
                del dataset[keyword]
        dataset.Rows = dataset.Columns = 16
        dataset.PixelRepresentation, dataset.NumberOfFrames = 0, frames
        dataset.PixelData = RAMP.tobytes() * frames
        for keyword, value in values.items():
            setattr(dataset, keyword, value)
            if dataset[keyword].VR == "US or SS":
                dataset[keyword].VR = "US"
        path = tmp_path / "made.dcm"
        dataset.save_as(path)
        return path

    return make


def opened(path: Path, frame: int = 0) -> Picture:
    content = open_instance(path).picture(frame)
    assert isinstance(content, Picture)
    assert content.grey is not None
    return content


def shown(path: Path, frame: int = 0) -> np.ndarray:
    """Grey levels in the default window."""
    content = opened(path, frame)
    assert content.grey is not None
    assert content.voi is not None
    out = np.empty(content.pixels.shape, np.uint32)
    render(content.pixels, content.grey, content.voi, out)
    return (out & 255).astype(int)


def linear(values: np.ndarray, centre: float, width: float) -> np.ndarray:
    return 255 * np.clip((values - (centre - 0.5)) / (width - 1) + 0.5, 0, 1)


@pytest.mark.parametrize(
    ("slope", "intercept"), [(1, 0), (2, -100), (-1, 255), (0.5, 10), (None, 7), (3, None)]
)
def test_rescale_then_window(make: Make, slope: float | None, intercept: float | None) -> None:
    path = make(RescaleSlope=slope, RescaleIntercept=intercept, WindowCenter=100, WindowWidth=120)
    values = RAMP.astype(float) * (1.0 if slope is None else slope) + (intercept or 0)
    assert np.abs(shown(path) - linear(values, 100, 120)).max() <= 0.51


def test_a_slope_of_nothing_is_one(make: Make) -> None:
    path = make(RescaleSlope=0, RescaleIntercept=0, WindowCenter=100, WindowWidth=120)
    assert np.abs(shown(path) - linear(RAMP, 100, 120)).max() <= 0.51


def test_several_windows_are_paired_and_named(make: Make) -> None:
    path = make(
        WindowCenter=[40, 50, 60],
        WindowWidth=[400, 0],
        WindowCenterWidthExplanation=["SOFT", "NONE", "LOST"],
    )
    content = opened(path)
    assert content.grey is not None
    assert content.grey.voi == (Window(40, 400, name="SOFT"),)
    path = make(WindowCenter=[40, -600], WindowWidth=[400, 1500], WindowCenterWidthExplanation="SOFT")
    content = opened(path)
    assert content.grey is not None
    assert content.grey.voi == (Window(40, 400, name="SOFT"), Window(-600, 1500))


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    ("told", "function"),
    [
        ("SIGMOID", Function.SIGMOID),
        ("sigmoid ", Function.SIGMOID),
        (["LINEAR_EXACT", "LINEAR"], Function.LINEAR_EXACT),
        ("CURVED", Function.LINEAR),
        ("", Function.LINEAR),
    ],
)
def test_the_function_of_a_window(make: Make, told: object, function: Function) -> None:
    voi = opened(make(WindowCenter=100, WindowWidth=50, VOILUTFunction=told)).voi
    assert isinstance(voi, Window)
    assert voi.function is function


@pytest.mark.parametrize("width", [0, -5])
def test_an_unusable_window_is_chosen_by_the_pixels(make: Make, width: int) -> None:
    levels = shown(make(WindowCenter=0, WindowWidth=width))
    assert levels[0, 0] == 0
    assert levels[15, 15] == 255
    assert levels.flat[128] == pytest.approx(128, abs=3)


def test_a_width_of_one_is_a_step(make: Make) -> None:
    levels = shown(make(WindowCenter=100, WindowWidth=1)).ravel()
    assert set(levels[:100]) == {0}
    assert set(levels[100:]) == {255}


LUT_ITEM = item(
    LUTDescriptor=[256, 0, 12], LUTData=words(min(4095, 20 * n) for n in range(256)), LUTExplanation="CURVE"
)


def test_a_voi_table_equals_pydicoms(make: Make) -> None:
    path = make(VOILUTSequence=[LUT_ITEM])
    dataset = pydicom.dcmread(path)
    wanted = apply_voi_lut(dataset.pixel_array, dataset) / 4095 * 255
    assert np.abs(shown(path) - wanted).max() <= 0.51
    voi = opened(path).voi
    assert isinstance(voi, Lut)
    assert voi.name == "CURVE"


def test_a_window_comes_before_a_table_which_stays_a_choice(make: Make) -> None:
    content = opened(make(WindowCenter=100, WindowWidth=50, VOILUTSequence=[LUT_ITEM]))
    assert content.voi == Window(100, 50)
    assert content.grey is not None
    assert [type(voi) for voi in content.grey.voi] == [Window, Lut]


def test_a_modality_table_wins_over_rescale(make: Make) -> None:
    table = item(
        LUTDescriptor=[256, 0, 16], LUTData=words(60000 - 200 * n for n in range(256)), ModalityLUTType="OD"
    )
    path = make(
        ModalityLUTSequence=[table], RescaleSlope=5, RescaleIntercept=5, WindowCenter=40000, WindowWidth=30000
    )
    dataset = pydicom.dcmread(path)
    values = apply_modality_lut(dataset.pixel_array, dataset)
    assert values[0, 0] == 60000
    assert np.abs(shown(path) - linear(values.astype(float), 40000, 30000)).max() <= 0.51


@pytest.mark.parametrize(
    ("photometric", "shape", "white_at_nothing"),
    [
        ("MONOCHROME2", None, False),
        ("MONOCHROME1", None, True),
        ("MONOCHROME1", "INVERSE", True),
        ("MONOCHROME1", "IDENTITY", True),
        ("MONOCHROME2", "INVERSE", True),
        ("MONOCHROME2", "IDENTITY", False),
    ],
)
def test_one_inversion_and_never_two(
    make: Make, photometric: str, shape: str | None, white_at_nothing: bool
) -> None:
    values: dict[str, object] = {"PhotometricInterpretation": photometric}
    if shape is not None:
        values["PresentationLUTShape"] = shape
    levels = shown(make(WindowCenter=128, WindowWidth=256, **values))
    assert (levels[0, 0], levels[15, 15]) == ((255, 0) if white_at_nothing else (0, 255))


def test_padding_is_black_and_counts_for_nothing(make: Make) -> None:
    levels = shown(make(PixelPaddingValue=200, PixelPaddingRangeLimit=255)).ravel()
    assert set(levels[200:]) == {0}
    assert levels[199] == 255
    inverse = shown(make(PixelPaddingValue=0, PhotometricInterpretation="MONOCHROME1")).ravel()
    assert inverse[0] == 0
    assert inverse[1] == 255


def test_padding_means_nothing_where_information_was_lost(make: Make) -> None:
    levels = shown(make(PixelPaddingValue=200, PixelPaddingRangeLimit=255, LossyImageCompression="01"))
    assert levels[15, 15] == 255
    assert opened(make(LossyImageCompression="01")).caption.lossy


def group(centre: float, width: float, slope: float | None = None) -> Dataset:
    made = item(FrameVOILUTSequence=[item(WindowCenter=centre, WindowWidth=width)])
    if slope is not None:
        made.PixelValueTransformationSequence = [
            item(RescaleSlope=slope, RescaleIntercept=0, RescaleType="US")
        ]
    return made


def test_the_frame_decides_then_what_frames_share_then_the_root(make: Make) -> None:
    path = make(
        frames=3,
        SOPClassUID=uid.EnhancedCTImageStorage,
        WindowCenter=1,
        WindowWidth=2,
        RescaleSlope=9,
        SharedFunctionalGroupsSequence=[group(70, 80, 2)],
        PerFrameFunctionalGroupsSequence=[group(10, 20), group(30, 40, 3), Dataset()],
    )
    for frame, (centre, width, slope) in enumerate([(10, 20, 2), (30, 40, 3)]):
        assert opened(path, frame).voi == Window(centre, width)
        assert np.abs(shown(path, frame) - linear(RAMP * float(slope), centre, width)).max() <= 0.51


def test_a_frame_that_says_nothing_takes_what_is_shared(make: Make) -> None:
    path = make(
        frames=2,
        SharedFunctionalGroupsSequence=[group(70, 80, 2)],
        PerFrameFunctionalGroupsSequence=[group(10, 20), Dataset()],
    )
    assert opened(path, 0).voi == Window(10, 20)
    assert opened(path, 1).voi == Window(70, 80)


def mapped(first: bytes, *, count: int = 256, depth: int = 16, data: bytes | None = None) -> bytes:
    """A VOI LUT Sequence in implicit VR, its first mapped value as these two bytes."""
    curve = words(257 * n for n in range(count)) if data is None else data
    described = np.array([count % 65536], "<u2").tobytes() + first + np.array([depth], "<u2").tobytes()
    inside = struct.pack("<HHI", 0x28, 0x3002, 6) + described
    inside += struct.pack("<HHI", 0x28, 0x3006, len(curve)) + curve
    return struct.pack("<HHI", 0xFFFE, 0xE000, len(inside)) + inside


@pytest.mark.parametrize("vr", ["implicit", "US", "SS"])
@pytest.mark.parametrize(
    ("signed", "intercept", "stored", "first"),
    [
        (0, -1024, 12, -1024),  # of CT: the values are signed, the pixels are not
        (1, 0, 16, -100),
        (1, 1024, 12, 1000),
        (0, 0, 16, 40000),
        (1, 40000, 12, 40000),  # the values are never negative
    ],
)
def test_the_first_value_of_a_voi_table_is_signed_if_its_inputs_may_be(
    tmp_path: Path, vr: str, signed: int, intercept: int, stored: int, first: int
) -> None:
    pixels = (RAMP.astype(np.int32) + first - intercept).astype("<i2" if signed else "<u2")
    made = image(pixels, BitsStored=stored, RescaleSlope=1, RescaleIntercept=intercept)
    table = item(LUTDescriptor=[256, 0, 16], LUTData=words(257 * n for n in range(256)))
    raw = struct.pack("<H", first & 0xFFFF)
    if vr == "implicit":
        made.file_meta.TransferSyntaxUID = uid.ImplicitVRLittleEndian
        made.add_new(0x00283010, "OB", mapped(raw))
    else:
        table["LUTDescriptor"].VR = vr
        value = struct.unpack("<h" if vr == "SS" else "<H", raw)[0]
        table["LUTDescriptor"].value = [256, value, 16]
        table["LUTData"].VR = "OW"
        made.VOILUTSequence = [table]
    path = saved(tmp_path / "a", made)
    np.testing.assert_array_equal(shown(path), RAMP)


def test_a_first_value_that_would_meet_no_input_is_read_the_other_way(tmp_path: Path) -> None:
    """As SS, though the inputs are unsigned: 64512 would leave all of them black."""
    made = image(RAMP.astype("<u2"), BitsStored=12)
    table = item(LUTDescriptor=[256, 0, 16], LUTData=words(257 * n for n in range(256)))
    table["LUTDescriptor"].VR = "SS"
    table["LUTDescriptor"].value = [256, -100, 16]
    table["LUTData"].VR = "OW"
    made.VOILUTSequence = [table]
    np.testing.assert_array_equal(shown(saved(tmp_path / "a", made)), np.minimum(RAMP + 100, 255))


@pytest.mark.parametrize(
    ("depth", "most", "own"), [(16, 4095, True), (16, 1023, True), (12, 200, True), (12, 4000, False)]
)
def test_a_table_that_would_be_dark_reaches_white(make: Make, depth: int, most: int, own: bool) -> None:
    curve = np.linspace(0, most, 256).astype(int)
    path = make(VOILUTSequence=[item(LUTDescriptor=[256, 0, depth], LUTData=words(curve))])
    top = most if own else (1 << depth) - 1
    assert np.abs(shown(path).ravel() - curve * 255 / top).max() <= 0.51
    assert [str(mark.reason) for mark in opened(path).marks] == (
        ["Its lookup table does not use the bits that it tells."] if own else []
    )


@pytest.mark.parametrize("vr", ["US", "SS"])
@pytest.mark.parametrize(("signed", "value"), [(1, -2000), (0, 63536)])
def test_padding_has_the_sign_of_the_pixels(tmp_path: Path, vr: str, signed: int, value: int) -> None:
    pixels = np.array([[value, 0], [50, 100]]).astype("<i2" if signed else "<u2")
    made = image(pixels)
    bits = value & 0xFFFF
    made.add_new("PixelPaddingValue", vr, bits - 65536 if vr == "SS" else bits)
    path = saved(tmp_path / "a", made)
    found = opened(path).grey
    assert found is not None
    assert found.padding == (value, value)


def test_padding_of_floats(tmp_path: Path) -> None:
    made = image(np.zeros((2, 2), "<u2"))
    del made.PixelData
    made.FloatPixelData = np.array([1, 2, -1e6, 3], "<f4").tobytes()
    made.BitsAllocated = 32
    made.FloatPixelPaddingValue = -1e6
    levels = shown(saved(tmp_path / "a", made))
    assert levels[1, 0] == levels[0, 0] == 0
    assert levels[0, 1] == pytest.approx(128, abs=2)


def test_a_table_in_big_endian(tmp_path: Path) -> None:
    made = image(RAMP.astype(">u2"))
    made.file_meta.TransferSyntaxUID = uid.ExplicitVRBigEndian
    table = item(LUTDescriptor=[256, 0, 16], LUTData=words(257 * n for n in range(256)))
    table["LUTDescriptor"].VR = "US"
    table["LUTData"].VR = "OW"
    table.LUTData = np.arange(0, 65536, 257).astype(">u2").tobytes()
    made.VOILUTSequence = [table]
    np.testing.assert_array_equal(shown(saved(tmp_path / "a", made)), RAMP)


@pytest.mark.parametrize("undefined", [False, True])
def test_an_unknown_sequence_in_big_endian(tmp_path: Path, undefined: bool) -> None:
    """What is inside is implicit little endian (PS3.5 6.2.2)."""
    made = image(RAMP.astype(">u2"))
    made.file_meta.TransferSyntaxUID = uid.ExplicitVRBigEndian
    value = mapped(b"\0\0") + (b"\xfe\xff\xdd\xe0\0\0\0\0" if undefined else b"")
    made.add_new(0x00283010, "OB", value)
    path = saved(tmp_path / "a", made)
    head = b"\x00\x28\x30\x10%s\0\0"
    told = head % b"UN" + (b"\xff" * 4 if undefined else struct.pack(">I", len(value)))
    path.write_bytes(path.read_bytes().replace(head % b"OB" + struct.pack(">I", len(value)), told))
    np.testing.assert_array_equal(shown(path), RAMP)
    assert opened(path).marks == ()


@pytest.mark.parametrize("sequence", ["ModalityLUTSequence", "VOILUTSequence"])
@pytest.mark.parametrize("held", [200, 254])
def test_a_table_of_words_that_is_cut_off_is_not_taken_for_bytes(
    make: Make, sequence: str, held: int
) -> None:
    table = item(
        LUTDescriptor=[256, 0, 16], LUTData=words(257 * n for n in range(held)), ModalityLUTType="US"
    )
    window = {"WindowCenter": 32768, "WindowWidth": 65536} if sequence.startswith("M") else {}
    path = make(**{sequence: [table], **window})
    assert np.abs(shown(path).ravel() - np.minimum(np.arange(256), held - 1)).max() <= 1
    assert [str(mark.reason) for mark in opened(path).marks] == [
        "Its lookup table holds fewer entries than it tells."
    ]


def test_a_table_that_uses_more_bits_than_it_tells_is_marked(make: Make) -> None:
    path = make(VOILUTSequence=[item(LUTDescriptor=[256, 0, 8], LUTData=words(16 * n for n in range(256)))])
    assert np.abs(shown(path).ravel() - np.arange(256)).max() <= 0.51
    assert [str(mark.reason) for mark in opened(path).marks] == [
        "Its lookup table uses more bits than it tells."
    ]


@pytest.mark.parametrize(
    ("slope", "intercept", "doubtful"),
    [(1, 0, False), (-1, 255, False), (None, None, False), (0, -5, True), (None, 7, True), (3, None, True)],
)
def test_half_a_rescale_is_marked(
    make: Make, slope: float | None, intercept: float | None, doubtful: bool
) -> None:
    path = make(RescaleSlope=slope, RescaleIntercept=intercept, WindowCenter=100, WindowWidth=120)
    said = ["Its rescale slope is 0, or slope or intercept is missing."]
    assert [str(mark.reason) for mark in opened(path).marks] == (said if doubtful else [])


def test_contradictory_inversions_are_marked(make: Make) -> None:
    path = make(PhotometricInterpretation="MONOCHROME1", PresentationLUTShape="IDENTITY")
    said = "Its header says MONOCHROME1 and the presentation LUT shape IDENTITY."
    assert [str(mark.reason) for mark in opened(path).marks] == [said]
