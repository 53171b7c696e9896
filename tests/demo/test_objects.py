"""The objects: identities, character sets, geometry and every transfer syntax."""

from __future__ import annotations

import io
from collections import defaultdict
from datetime import date

import numpy as np
import pydicom
import pytest
from pydicom import Dataset, dcmread, dcmwrite, uid

from workstation.demo.patients import LONGEST, PATIENTS
from workstation.demo.pixel_encoding import encode, set_native
from workstation.demo.schedule import instances
from workstation.demo.stored_object import values_of
from workstation.demo.study import Instance
from workstation.dicom.uids import is_uid
from workstation.imaging.instance import open_instance
from workstation.imaging.picture import Picture

TODAY = date(2024, 2, 29)
LOSSLESS = {
    uid.ImplicitVRLittleEndian,
    uid.ExplicitVRLittleEndian,
    uid.RLELossless,
    uid.JPEGLosslessSV1,
    uid.JPEGLSLossless,
    uid.JPEG2000Lossless,
}


@pytest.fixture(scope="module")
def everything() -> list[Instance]:
    return list(instances(TODAY))


@pytest.fixture(scope="module")
def series(everything: list[Instance]) -> dict[str, list[Instance]]:
    found: dict[str, list[Instance]] = defaultdict(list)
    for instance in everything:
        found[instance.header.SeriesInstanceUID].append(instance)
    return found


def written(instance: Instance) -> Dataset:
    file = io.BytesIO()
    dcmwrite(file, instance.whole(), enforce_file_format=True)
    return dcmread(io.BytesIO(file.getvalue()))


def of_syntax(everything: list[Instance], syntax: str) -> Instance:
    """The first object of a syntax; films take a second each."""
    drawn = (each for each in everything if each.frames is not None and each.header.Modality != "CR")
    return next(each for each in drawn if each.syntax == syntax)


def test_every_object_has_a_uid_of_its_own(everything: list[Instance]) -> None:
    uids = [instance.header.SOPInstanceUID for instance in everything]
    assert len(set(uids)) == len(uids) > 200
    assert all(is_uid(each) and each.startswith("2.25.") for each in uids)


def test_uids_depend_on_the_day_alone(everything: list[Instance]) -> None:
    uids = [instance.header.SOPInstanceUID for instance in everything]
    assert [each.header.SOPInstanceUID for each in instances(TODAY)] == uids
    assert not set(uids) & {each.header.SOPInstanceUID for each in instances(date(2024, 3, 1))}


def test_studies_are_of_today_yesterday_last_week_and_last_year(everything: list[Instance]) -> None:
    days = {instance.header.StudyDate for instance in everything}
    assert days == {"20240229", "20240228", "20240222", "20230302"}


def test_one_accession_number_for_each_study(everything: list[Instance]) -> None:
    studies = {(each.header.StudyInstanceUID, each.header.AccessionNumber) for each in everything}
    assert (
        len(studies) == len({study for study, _ in studies}) == len({number for _, number in studies}) == 12
    )


def test_names_survive_their_character_sets(everything: list[Instance]) -> None:
    first = {each.header.PatientID: each for each in reversed(everything)}
    for patient in PATIENTS:
        header = first[patient.id].header
        read = written(Instance(header, uid.ExplicitVRLittleEndian))
        assert str(read.PatientName) == patient.name
        assert str(read.StudyDescription) == header.StudyDescription
    assert len({patient.charset for patient in PATIENTS}) >= 7


def test_one_name_is_as_long_as_a_name_may_be() -> None:
    assert len(LONGEST.name) == 64


def test_at_least_eight_patients_are_examined(everything: list[Instance]) -> None:
    assert {each.header.PatientID for each in everything} == {patient.id for patient in PATIENTS}
    assert len(PATIENTS) >= 8


def test_slices_are_evenly_spaced_along_their_normal(series: dict[str, list[Instance]]) -> None:
    stacks = [each for each in series.values() if "ImagePositionPatient" in each[0].header]
    assert len(stacks) >= 7
    for stack in stacks:
        orientation = np.array(stack[0].header.ImageOrientationPatient, float)
        normal = np.cross(orientation[:3], orientation[3:])
        assert np.linalg.norm(normal) == pytest.approx(1)
        places = [normal @ np.array(each.header.ImagePositionPatient, float) for each in stack]
        steps = np.diff(places)
        assert np.all(steps > 0) or np.all(steps < 0)
        assert np.abs(steps) == pytest.approx(float(stack[0].header.SpacingBetweenSlices), abs=1e-3)
        assert [int(each.header.InstanceNumber) for each in stack] == list(range(1, len(stack) + 1))
        assert len({each.header.FrameOfReferenceUID for each in stack}) == 1


def test_the_two_series_of_a_head_lie_in_one_frame_of_reference_and_across_each_other(
    series: dict[str, list[Instance]],
) -> None:
    heads = [each[0].header for each in series.values() if each[0].header.PatientID == "DEMO-1002"]
    assert len({head.FrameOfReferenceUID for head in heads}) == 1
    normals = [np.cross(head.ImageOrientationPatient[:3], head.ImageOrientationPatient[3:]) for head in heads]
    assert abs(float(np.dot(*normals))) < 1e-6


def test_the_chest_has_enough_slices(series: dict[str, list[Instance]]) -> None:
    chests = [each for each in series.values() if each[0].header.get("BodyPartExamined") == "CHEST"]
    assert max(map(len, chests)) >= 60


@pytest.mark.parametrize("syntax", sorted(LOSSLESS), ids=lambda syntax: uid.UID(syntax).keyword)
def test_lossless_syntaxes_keep_every_value(syntax: str, everything: list[Instance], tmp_path) -> None:
    instance = of_syntax(everything, syntax)
    assert instance.frames is not None
    (drawn,) = instance.frames()
    path = tmp_path / "one.dcm"
    dcmwrite(path, instance.whole(), enforce_file_format=True)
    picture = open_instance(path).picture(0)
    assert isinstance(picture, Picture)
    assert picture.complete
    if picture.grey is not None:
        assert np.array_equal(picture.pixels, drawn)
    read = dcmread(path)
    if read.file_meta.TransferSyntaxUID.is_compressed:
        set_native(read)
    assert np.array_equal(read.pixel_array, drawn)


def test_the_colours_of_a_jpeg_clip_are_nearly_those_drawn(everything: list[Instance]) -> None:
    instance = of_syntax(everything, uid.JPEGBaseline8Bit)
    assert instance.frames is not None
    drawn = instance.frames()
    read = written(instance)
    assert read.PhotometricInterpretation == "YBR_FULL_422"
    assert len(drawn) == read.NumberOfFrames > 20
    assert float(read.FrameTime) == pytest.approx(1000 / 30, abs=0.1)
    set_native(read)
    assert read.PhotometricInterpretation == "RGB"
    decoded = read.pixel_array
    assert decoded.shape == (len(drawn), 480, 640, 3)
    assert np.abs(decoded[7].astype(int) - drawn[7]).mean() < 6


def test_colour_in_rle_is_exact(everything: list[Instance]) -> None:
    instance = next(
        each for each in everything if each.header.Modality == "US" and each.syntax == uid.RLELossless
    )
    assert instance.frames is not None
    read = written(instance)
    set_native(read)
    assert np.array_equal(read.pixel_array, instance.frames()[0])


def test_run_lengths_are_read_by_pydicom_too() -> None:
    frame = np.random.default_rng(3).integers(0, 4096, (33, 47)).astype(np.uint16)
    frame[5:20] = 7
    data = Dataset()
    data.file_meta = pydicom.dataset.FileMetaDataset()
    data.file_meta.TransferSyntaxUID = uid.RLELossless
    data.Rows, data.Columns, data.SamplesPerPixel = 33, 47, 1
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 12, 11, 0
    data.PhotometricInterpretation = "MONOCHROME2"
    data.PixelData = encode([frame], uid.RLELossless, 12)
    data["PixelData"].is_undefined_length = True
    assert np.array_equal(data.pixel_array, frame)


def test_native_pixels_of_odd_length_are_padded() -> None:
    assert len(encode([np.zeros((3, 3), np.uint8)], uid.ExplicitVRLittleEndian, 8)) == 10


def test_a_film_is_stored_the_other_way_round_too(everything: list[Instance]) -> None:
    films = {
        each.header.PhotometricInterpretation: each for each in everything if each.header.Modality == "CR"
    }
    assert set(films) == {"MONOCHROME1", "MONOCHROME2"}
    inverse = films["MONOCHROME1"]
    assert inverse.frames is not None
    (film,) = inverse.frames()
    assert film[:40, :40].mean() > 3500  # air
    assert film[1200, 1100:1200].mean() < 1000  # the heart


def test_a_report_and_a_document_can_be_read(everything: list[Instance]) -> None:
    papers = {each.header.Modality: written(each) for each in everything if each.frames is None}
    assert [item.ConceptNameCodeSequence[0].CodeMeaning for item in papers["SR"].ContentSequence] == [
        "Finding",
        "Impression",
        "Recommendation",
    ]
    page = papers["DOC"].EncapsulatedDocument[: papers["DOC"].EncapsulatedDocumentLength]
    assert page.startswith(b"%PDF-")
    assert page.endswith(b"%%EOF\n")
    table = int(page.rpartition(b"startxref\n")[2].split()[0])
    assert page[table:].startswith(b"xref")


def test_values_are_those_of_the_file_that_is_drawn_later(everything: list[Instance]) -> None:
    for syntax in (uid.JPEGLSLossless, uid.RLELossless, uid.ImplicitVRLittleEndian):
        instance = of_syntax(everything, syntax)
        assert values_of(instance.header) == values_of(written(instance))
