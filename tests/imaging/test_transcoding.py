"""Data sets in another transfer syntax: the bytes that DCMTK's tools make of the same files."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from pydicom import Dataset, dcmread, dcmwrite
from pydicom.data import get_testdata_file
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.uid import HTJ2KLossless, JPEG2000Lossless, JPEGLSLossless, RLELossless

from tests.archives.process import run
from tests.imaging.hostile import ITEM, ITEM_END, ITEMS_END, OPEN, element, file
from workstation.dicom.part10 import read_meta
from workstation.imaging.dataset_recoding import recoded
from workstation.imaging.picture import Undecodable
from workstation.imaging.transcoding import convert

EXPLICIT, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"
PLAIN = {"+te": EXPLICIT, "+ti": IMPLICIT}
DECODERS = {RLELossless: "dcmdrle", JPEGLSLossless: "dcmdjpls"}
AS_THEY_COME = (
    *("CT_small.dcm", "MR_small_bigendian.dcm", "image_dfl.dcm", "test-SR.dcm", "waveform_ecg.dcm"),
    *("ExplVR_BigEnd.dcm", "SC_rgb_small_odd.dcm", "SC_rgb_small_odd_big_endian.dcm", "reportsi.dcm"),
    *("liver_expb_1frame.dcm", "rtdose_expb.dcm", "rtdose_rle.dcm", "SC_ybr_full_422_uncompressed.dcm"),
    *("SC_rgb_rle_2frame.dcm", "SC_rgb_rle_16bit_2frame.dcm", "SC_rgb_rle_32bit_2frame.dcm"),
    *("MR_small_RLE.dcm", "MR_small_jpeg_ls_lossless.dcm", "SC_rgb_jpeg_gdcm.dcm", "examples_palette.dcm"),
)
ENCODERS = (("dcmcjpeg", "+e1"), ("dcmcjpeg", "+el"), ("dcmcjpls", "+el"), ("dcmcrle",))
SOURCES = (
    *("CT_small.dcm", "MR_small_bigendian.dcm", "examples_rgb_color.dcm"),
    *("examples_palette.dcm", "SC_rgb_small_odd.dcm"),
)


def sample(name: str) -> Path:
    found = get_testdata_file(name, download=False)
    if found is None:
        pytest.fail(f"pydicom has no {name}", pytrace=False)
    return Path(str(found))


def body(path: Path) -> bytes:
    whole = path.read_bytes()
    meta = read_meta(whole)
    assert not isinstance(meta, str)
    return whole[meta.offset :]


def dataset(raw: bytes, syntax: str) -> Dataset:
    return dcmread(io.BytesIO(file(syntax, raw)))


def converted(path: Path, syntax: str, *, lossy: bool = False) -> bytes:
    return bytes(convert(path, syntax, lossy=lossy).data)


def by_dcmtk(path: Path, option: str, folder: Path) -> set[bytes]:
    """What DCMTK makes of it, with defined and with undefined lengths; group lengths left out."""
    syntax = dcmread(path, stop_before_pixels=True).file_meta.TransferSyntaxUID
    found = set()
    for lengths in ("+e", "-e"):
        plain, out = folder / f"plain{lengths}.dcm", folder / f"out{lengths}.dcm"
        if syntax.is_encapsulated:
            run(DECODERS.get(syntax, "dcmdjpeg"), option, lengths, path, plain)
        run("dcmconv", option, lengths, "-g", plain if syntax.is_encapsulated else path, out)
        found.add(body(out))
    return found


@pytest.mark.archives
@pytest.mark.parametrize("option", PLAIN)
@pytest.mark.parametrize("name", AS_THEY_COME)
def test_files_as_they_come(name: str, option: str, tmp_path: Path) -> None:
    assert converted(sample(name), PLAIN[option]) in by_dcmtk(sample(name), option, tmp_path)


@pytest.mark.archives
@pytest.mark.parametrize("encoder", ENCODERS, ids="".join)
@pytest.mark.parametrize("name", SOURCES)
def test_what_dcmtk_compressed(name: str, encoder: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "compressed.dcm"
    tool, *how = encoder
    run(tool, *how, sample(name), path)
    for option, syntax in PLAIN.items():
        assert converted(path, syntax) in by_dcmtk(path, option, tmp_path), option


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, HTJ2KLossless])
@pytest.mark.parametrize("option", PLAIN)
def test_jpeg_2000_in_frames_with_an_extended_offset_table(syntax: str, option: str, tmp_path: Path) -> None:
    """DCMTK has no decoder for these: the values are the ones that were encoded."""
    values = np.arange(3 * 40 * 50, dtype="<u2").reshape(3, 40, 50)
    encode = imagecodecs.jpeg2k_encode if syntax == JPEG2000Lossless else imagecodecs.htj2k_encode
    options = {"level": 0, "codecformat": "j2k"} if syntax == JPEG2000Lossless else {}
    path = tmp_path / "frames.dcm"
    image = dcmread(sample("CT_small.dcm"))
    image.Rows, image.Columns, image.NumberOfFrames = 40, 50, 3
    image.PixelRepresentation = 0
    frames = [encode(frame, reversible=True, **options) for frame in values]
    image.PixelData, image.ExtendedOffsetTable, image.ExtendedOffsetTableLengths = encapsulate_extended(
        frames
    )
    image["PixelData"].VR, image["PixelData"].is_undefined_length = "OB", True
    image.file_meta.TransferSyntaxUID = syntax
    dcmwrite(path, image, implicit_vr=False, little_endian=True)
    out = dataset(converted(path, PLAIN[option]), PLAIN[option])
    assert out.PixelData == values.tobytes()
    assert "ExtendedOffsetTable" not in out
    assert "ExtendedOffsetTableLengths" not in out
    assert out.PhotometricInterpretation == "MONOCHROME2"


def test_colours_that_were_transformed_are_named_anew(tmp_path: Path) -> None:
    values = np.random.default_rng(1).integers(0, 255, (20, 30, 3), np.uint8)
    path = tmp_path / "colour.dcm"
    image = dcmread(sample("examples_rgb_color.dcm"))
    image.Rows, image.Columns = 20, 30
    image.PhotometricInterpretation, image.PlanarConfiguration = "YBR_RCT", 1
    stream = imagecodecs.jpeg2k_encode(values, level=0, codecformat="j2k", reversible=True, mct=True)
    image.PixelData = encapsulate([stream])
    image["PixelData"].VR, image["PixelData"].is_undefined_length = "OB", True
    image.file_meta.TransferSyntaxUID = JPEG2000Lossless
    dcmwrite(path, image, implicit_vr=False, little_endian=True)
    out = dataset(converted(path, EXPLICIT), EXPLICIT)
    assert (out.PhotometricInterpretation, out.PlanarConfiguration) == ("RGB", 0)
    assert out.PixelData == values.tobytes()


@pytest.mark.archives
def test_overlays_in_the_unused_bits_stay(tmp_path: Path) -> None:
    image = dcmread(sample("CT_small.dcm"))
    values = np.frombuffer(image.PixelData, "<u2") & 0x0FFF | 0x8000
    image.BitsStored, image.HighBit, image.PixelRepresentation = 12, 11, 0
    image.PixelData = values.tobytes()
    plain, path = tmp_path / "plain.dcm", tmp_path / "rle.dcm"
    image.save_as(plain)
    run("dcmcrle", plain, path)
    assert dataset(converted(path, IMPLICIT), IMPLICIT).PixelData == values.tobytes()


def test_lossy_images_only_when_they_are_wanted() -> None:
    path = sample("SC_rgb_dcmtk_+eb+cy+n2.dcm")
    with pytest.raises(Undecodable, match="lossily"):
        convert(path, IMPLICIT, lossy=False)
    image, out = dcmread(path), dataset(converted(path, IMPLICIT, lossy=True), IMPLICIT)
    assert out.LossyImageCompression == "01"
    assert out.LossyImageCompressionMethod == image.LossyImageCompressionMethod
    assert out.LossyImageCompressionRatio == image.LossyImageCompressionRatio
    assert (out.PhotometricInterpretation, out.PlanarConfiguration) == ("RGB", 0)
    assert len(out.PixelData) == image.Rows * image.Columns * 3


# --- The encoding alone ---------------------------------------------------------------------------------

UN_ITEMS = b"\x08\0\x60\0\2\0\0\0CT"


def test_sequences_without_a_length_in_a_value_of_unknown_vr() -> None:
    """PS3.5 6.2.2: they are implicit, and stay so."""
    inside = ITEM + struct.pack("<I", OPEN) + UN_ITEMS + ITEM_END + ITEMS_END
    explicit = element(9, 0x1001, b"UN", inside, OPEN) + element(0x10, 0x10, b"PN", b"Doe ")
    name = struct.pack("<HHI", 0x10, 0x10, 4) + b"Doe "
    implicit = struct.pack("<HHI", 9, 0x1001, OPEN) + inside + name
    assert b"".join(recoded(explicit, to_implicit=True, changes={})) == implicit
    assert b"".join(recoded(explicit, to_implicit=False, changes={})) == explicit


def test_group_lengths_go_and_odd_values_become_even() -> None:
    start = element(8, 0, b"UL", b"\0\0\0\0") + element(8, 0x16, b"UI", b"1.2")
    found = b"".join(recoded(start + element(0x10, 0x10, b"PN", b"Doe"), to_implicit=False, changes={}))
    assert found == element(8, 0x16, b"UI", b"1.2\0") + element(0x10, 0x10, b"PN", b"Doe ")


@pytest.mark.parametrize("to_implicit", [True, False])
@pytest.mark.parametrize(
    "name", ["CT_small.dcm", "test-SR.dcm", "MR_small_bigendian.dcm", "nested", "MR_small_implicit.dcm"]
)
def test_a_cut_data_set_is_refused_or_ends_with_an_element(name: str, to_implicit: bool) -> None:
    """Cut anywhere, nothing but a refusal or whole elements comes out, and nothing is taken for another."""
    nested = element(0x40, 0xA730, b"SQ", ITEM + struct.pack("<I", OPEN) + ITEM_END + ITEMS_END, OPEN)
    whole = nested + element(0x10, 0x10, b"PN", b"Doe ") if name == "nested" else body(sample(name))[:3000]
    big, implicit = "bigendian" in name, "implicit" in name
    for end in range(len(whole)):
        try:
            out = recoded(whole[:end], big=big, implicit=implicit, to_implicit=to_implicit, changes={})
        except Undecodable:
            continue
        assert sum(map(len, out)) <= 2 * end


@pytest.mark.parametrize(
    "body",
    [
        element(2, 0x10, b"UI", b"1.2\0"),
        element(8, 0x60, b"ZZ", b"CT"),
        element(0x7FE0, 0x10, b"OB", ITEM + b"\0\0\0\0" + ITEMS_END, OPEN),
        ITEM + b"\0\0\0\0",
        element(8, 0x60, b"CS", b"CT") + b"\0",
        element(0xFFFA, 0xFFFA, b"SQ", b""),
        element(0x40, 0xA730, b"SQ", b"", OPEN) + ITEM + b"\xff\xff\0\0" + ITEMS_END,
        (element(0x40, 0xA730, b"SQ", b"", OPEN) + ITEM + b"\xff\xff\xff\xff") * 70,
        (element(0x40, 0xA730, b"UN", b"", OPEN) + ITEM + b"\xff\xff\xff\xff") * 70,
    ],
    ids=str,
)
def test_what_is_not_understood_is_refused(body: bytes) -> None:
    for to_implicit in (True, False):
        with pytest.raises(Undecodable):
            recoded(body, to_implicit=to_implicit, changes={})


@pytest.mark.parametrize("lie", ["frames", "cut", "native"])
def test_pixel_data_that_lie_are_refused(lie: str, tmp_path: Path) -> None:
    path = tmp_path / "lie.dcm"
    image = dcmread(sample("MR_small_RLE.dcm"))
    if lie == "frames":
        image.NumberOfFrames = 2
    elif lie == "cut":
        image.PixelData = image.PixelData[:2000]
    dcmwrite(path, image)
    if lie == "native":
        path.write_bytes(file(RLELossless, body(sample("MR_small.dcm"))))
    with pytest.raises(Undecodable):
        convert(path, IMPLICIT, lossy=False)
