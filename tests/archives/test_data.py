"""The studies are what they say they are."""

from __future__ import annotations

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file

from tests.archives import data


def test_the_same_call_makes_the_same_files(tmp_path):
    first = data.study(tmp_path / "a", 2, series=2)
    second = data.study(tmp_path / "b", 2, series=2)
    assert [path.name for path in first] == [path.name for path in second]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert len({dcmread(path).SOPInstanceUID for path in first}) == 4
    assert len({dcmread(path).SeriesInstanceUID for path in first}) == 2
    assert len({dcmread(path).StudyInstanceUID for path in first}) == 1


def test_size_says_how_large_an_image_is(tmp_path):
    (path,) = data.study(tmp_path, 1, size=512)
    assert path.stat().st_size == pytest.approx(2 * 512 * 512, rel=0.01)
    assert dcmread(path).pixel_array.shape == (512, 512)


@pytest.mark.parametrize("patient", data.PATIENTS, ids=lambda patient: patient.id)
def test_names_survive_their_character_set(tmp_path, patient):
    (path,) = data.study(tmp_path, 1, patient=patient)
    image = dcmread(path)
    assert str(image.PatientName) == patient.name
    assert image.PatientName.original_string != patient.name.encode("utf-8") or patient.charset in (
        "",
        "ISO_IR 192",
    )


def test_the_mixed_study_has_twelve_syntaxes(mixed_study):
    images = [dcmread(path) for path in mixed_study]
    assert len({image.file_meta.TransferSyntaxUID for image in images}) == 12
    assert len({image.SOPInstanceUID for image in images}) == 12
    assert len({image.StudyInstanceUID for image in images}) == 1
    assert {image.PatientID for image in images} == {data.DOE.id}


@pytest.mark.parametrize("number", range(12))
def test_the_mixed_study_keeps_every_other_byte(mixed_study, number):
    before = dcmread(get_testdata_file(data.MIXED[number], download=False))
    after = dcmread(mixed_study[number])
    assert after.file_meta.TransferSyntaxUID == before.file_meta.TransferSyntaxUID
    changed = {0x00080018, 0x00100010, 0x00100020, 0x0020000D, 0x0020000E}
    # Group lengths are retired (PS3.5 7.2), and wrong once anything in their group changes.
    tags = [tag for tag in before.keys() | after.keys() if tag not in changed and tag.element != 0]
    assert {tag: before.get_item(tag).value for tag in tags} == {
        tag: after.get_item(tag).value for tag in tags
    }


def test_a_worklist_item_names_a_scheduled_step():
    first, second, *_ = data.worklist()
    assert first.ScheduledProcedureStepSequence[0].Modality == "MR"
    assert second.ScheduledProcedureStepSequence[0].Modality == "CT"
    assert len({item.StudyInstanceUID for item in data.worklist()}) == len(data.PATIENTS)
