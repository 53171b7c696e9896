"""Queries: levels, counts, and matching as PS3.4 C.2.2.2 has it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread

from workstation.demo.attribute_matching import matches
from workstation.demo.catalogue import Catalogue, query_keys
from workstation.demo.generated import generated_objects
from workstation.demo.schedule import instances
from workstation.demo.stored_object import StoredObject, object_of_file, objects_below, values_of
from workstation.dicom.levels import Level
from workstation.errors import NotWritable

TODAY = date(2024, 2, 29)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    def unread() -> Dataset:
        raise AssertionError("a query draws nothing")

    return Catalogue(StoredObject(values_of(each.header), each.syntax, unread) for each in instances(TODAY))


def find(catalogue: Catalogue, level: Level, **keys: str) -> list[Dataset]:
    wish = {keyword: tuple(value.split("\\")) if value else () for keyword, value in keys.items()}
    return list(catalogue.find(level, wish))


@pytest.mark.parametrize(
    ("vr", "value", "key"),
    [
        ("PN", "Åkesson-Nørby^Élodie", "AKESSON*"),
        ("PN", "Åkesson-Nørby^Élodie", "åkesson-nørby^élodie"),
        ("PN", "Kiritani^Sayo=桐谷^小夜=きりたに^さよ", "桐谷*"),
        ("PN", "Kiritani^Sayo=桐谷^小夜=きりたに^さよ", "kiri?ani^*"),
        ("PN", "Doe^John^^", "doe^john"),
        ("LO", "CT Thorax", "*Thorax"),
        ("LO", "a(b)*", "a(b)?"),
        ("SH", "", ""),
        ("DA", "20240229", "20240229"),
        ("DA", "20240229", "20240201-20240229"),
        ("DA", "20240229", "-20240229"),
        ("DA", "20240229", "20240229-"),
        ("TM", "064512.25", "06-07"),
        ("TM", "064512", "0645"),
        ("IS", "2", "2"),
        ("CS", "CT", "*"),
        ("UI", "1.2.3", "1.2.3"),
    ],
)
def test_what_matches(vr: str, value: str, key: str) -> None:
    assert matches(vr, [value], [key])


@pytest.mark.parametrize(
    ("vr", "value", "key"),
    [
        ("PN", "Doe^John", "John*"),
        ("PN", "Doe^John", "Doe"),
        ("LO", "CT Thorax", "ct*"),
        ("LO", "", "?"),
        ("DA", "20240229", "20240301-"),
        ("DA", "", "-20240301"),
        ("TM", "064512", "07-"),
        ("UI", "1.2.3", "1.2.*"),
        ("IS", "2", "20"),
    ],
)
def test_what_does_not_match(vr: str, value: str, key: str) -> None:
    assert not matches(vr, [value], [key])


def test_lists_match_any_of_their_values() -> None:
    assert matches("UI", ["1.2"], ["1.1", "1.2"])
    assert matches("CS", ["CT", "SR"], ["SR"])
    assert not matches("UI", ["1.3"], ["1.1", "1.2"])


def test_counts_at_each_level(catalogue: Catalogue) -> None:
    (patient,) = find(
        catalogue,
        Level.PATIENT,
        PatientID="DEMO-1001",
        NumberOfPatientRelatedStudies="",
        NumberOfPatientRelatedSeries="",
        NumberOfPatientRelatedInstances="",
    )
    assert (patient.NumberOfPatientRelatedStudies, patient.NumberOfPatientRelatedSeries) == (2, 3)
    assert patient.NumberOfPatientRelatedInstances == 74
    (study,) = find(
        catalogue,
        Level.STUDY,
        AccessionNumber="D240117",
        StudyInstanceUID="",
        NumberOfStudyRelatedSeries="",
        NumberOfStudyRelatedInstances="",
        ModalitiesInStudy="",
        SOPClassesInStudy="",
    )
    assert (study.NumberOfStudyRelatedSeries, study.NumberOfStudyRelatedInstances) == (2, 73)
    assert list(study.ModalitiesInStudy) == ["CT", "SR"]
    assert len(study.SOPClassesInStudy) == 2
    series = find(
        catalogue,
        Level.SERIES,
        StudyInstanceUID=study.StudyInstanceUID,
        Modality="",
        NumberOfSeriesRelatedInstances="",
    )
    assert {each.Modality: each.NumberOfSeriesRelatedInstances for each in series} == {"CT": 72, "SR": 1}


def test_frames_are_told_at_image_level(catalogue: Catalogue) -> None:
    clips = find(catalogue, Level.IMAGE, PatientID="DEMO-1004", NumberOfFrames="", SOPInstanceUID="")
    assert sorted(each.NumberOfFrames or 0 for each in clips) == [0, 0, 30, 45]


def test_newest_studies_come_first(catalogue: Catalogue) -> None:
    days = [each.StudyDate for each in find(catalogue, Level.STUDY, StudyDate="", StudyInstanceUID="")]
    assert len(days) == 12
    assert days == sorted(days, reverse=True)


def test_modalities_in_study_match_any(catalogue: Catalogue) -> None:
    assert len(find(catalogue, Level.STUDY, ModalitiesInStudy="SR")) == 1
    assert len(find(catalogue, Level.STUDY, ModalitiesInStudy="US\\SR")) == 3


def test_keys_below_the_level_are_not_answered(catalogue: Catalogue) -> None:
    (study,) = find(catalogue, Level.STUDY, AccessionNumber="D240117", Modality="MR", InstanceNumber="")
    assert "Modality" not in study
    assert "InstanceNumber" not in study


def test_answers_are_in_utf_8(catalogue: Catalogue) -> None:
    answer = next(iter(find(catalogue, Level.PATIENT, PatientID="DEMO-1003", PatientName="")))
    assert answer.SpecificCharacterSet == "ISO_IR 192"
    assert str(answer.PatientName) == "Kiritani^Sayo=桐谷^小夜=きりたに^さよ"


def test_objects_are_selected_by_unique_keys_in_order(catalogue: Catalogue) -> None:
    (study,) = find(catalogue, Level.STUDY, AccessionNumber="D240102", StudyInstanceUID="")
    items = catalogue.select({"StudyInstanceUID": (study.StudyInstanceUID,), "PatientName": ("nobody",)})
    assert [(item.value("SeriesNumber"), int(item.value("InstanceNumber"))) for item in items] == [
        *(("2", number) for number in range(1, 26)),
        *(("3", number) for number in range(1, 25)),
    ]
    assert catalogue.select({"PatientName": ("*",)}) == []
    one = items[3].value("SOPInstanceUID")
    assert catalogue.select({"SOPInstanceUID": (one, "1.2.3")}) == [items[3]]


def test_sequences_and_private_keys_are_left_out() -> None:
    wish = Dataset()
    wish.QueryRetrieveLevel = "STUDY"
    wish.PatientName = "A*"
    wish.StudyDate = None
    wish.ProcedureCodeSequence = [Dataset()]
    wish.add_new(0x00091001, "LO", "private")
    wish.StudyInstanceUID = ["1.2", "1.3"]
    assert query_keys(wish) == {"PatientName": ("A*",), "StudyDate": (), "StudyInstanceUID": ("1.2", "1.3")}


def test_an_object_is_drawn_once_and_kept(tmp_path: Path) -> None:
    items = list(generated_objects(tmp_path / "cache", TODAY))
    item = next(each for each in items if each.value("Modality") == "SR")
    assert item.read().SOPInstanceUID == item.value("SOPInstanceUID")
    (kept,) = (tmp_path / "cache").rglob("*.dcm")
    marked = dcmread(kept)
    marked.PatientComments = "kept"
    marked.save_as(kept)
    assert item.read().PatientComments == "kept"
    assert not list((tmp_path / "cache").rglob("*.part"))


def test_another_day_is_drawn_anew_and_nothing_else_is_removed(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    list(generated_objects(cache, TODAY))
    (old,) = cache.iterdir()
    other = cache / "somebody's folder"
    other.mkdir()
    list(generated_objects(cache, date(2024, 3, 1)))
    assert not old.exists()
    assert other.exists()


def test_a_cache_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(NotWritable, match="file"):
        list(generated_objects(file, TODAY))


def test_folders_hold_all_kinds_of_things(tmp_path: Path, study) -> None:
    files = study(3)
    (tmp_path / "notes.txt").write_text("no DICOM")
    (tmp_path / "empty").touch()
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    (below / "one").write_bytes(files[0].read_bytes())
    (below / "cut").write_bytes(files[1].read_bytes()[:200])
    items = list(objects_below([tmp_path, files[2]]))
    assert [int(item.value("InstanceNumber")) for item in items] == [1, 3]
    assert object_of_file(tmp_path / "notes.txt") is None
    assert items[0].read().PixelData == dcmread(files[0]).PixelData
