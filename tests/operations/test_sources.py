"""Searching and opening rows, against real archives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from tests.archives.process import Archive as Running
from workstation.dicom.criteria import Criteria
from workstation.dicom.date_span import DateSpan
from workstation.dicom.further_query import Reason
from workstation.errors import ServiceRefused
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.sources import Archive
from workstation.stop import Cancelled, Stop

pytestmark = pytest.mark.archives

KINDS = ["dcmqrscp", "orthanc", "pynetdicom_scp"]


@pytest.fixture(params=KINDS)
def any_archive(request: pytest.FixtureRequest) -> Callable[..., Running]:
    return request.getfixturevalue(request.param)


def test_a_search_streams_studies_each_once(any_archive, patients) -> None:
    found = list(Archive(any_archive(patients).node()).search(Criteria(), Stop()))
    assert len(found) == 5
    assert len({study.study_uid for study in found}) == 5


def test_names_are_found_by_their_beginning(any_archive, study) -> None:
    source = Archive(any_archive(study(1)).node())
    whole = next(iter(source.search(Criteria(), Stop()))).patient.name
    family, given = whole.split("^")[:2]
    for typed in (family, family[:2], f"{family} {given[:1]}", f"{family},{given}", f'"{whole}"'):
        assert len(list(source.search(Criteria(name=typed), Stop()))) == 1, typed
    assert not list(source.search(Criteria(name="Nobody"), Stop()))


def test_keys_an_archive_ignores_are_checked_here(dcmqrscp, patients) -> None:
    source = Archive(dcmqrscp(patients).node())
    year = Criteria(span=DateSpan(date(2021, 1, 1), date(2022, 12, 31)))
    found = list(source.search(year, Stop()))
    assert found
    assert all("2021" <= study.date[:4] <= "2022" for study in found)


def test_modalities_are_asked_one_by_one_and_merged(orthanc, study) -> None:
    archive = orthanc(study(1, key="a") + study(1, key="b", modality="MR"))
    source = Archive(archive.node())
    both = list(source.search(Criteria(modalities=("CT", "MR")), Stop()))
    assert {found.modalities for found in both} == {("CT",), ("MR",)}
    assert [found.modalities for found in source.search(Criteria(modalities=("MR",)), Stop())] == [("MR",)]


def test_absent_counts_are_none_and_present_ones_numbers(dcmqrscp, orthanc, study) -> None:
    files = study(3)
    poor = next(Archive(dcmqrscp(files).node()).search(Criteria(), Stop()))
    rich = next(Archive(orthanc(files).node()).search(Criteria(), Stop()))
    assert (poor.instances, poor.series) == (None, None)
    assert (rich.instances, rich.series) == (3, 1)


def test_rows_open_level_by_level(any_archive, study) -> None:
    source = Archive(any_archive(study(2, series=3)).node())
    (found,) = source.search(Criteria(), Stop())
    series = sorted(source.series(found, Stop()), key=lambda each: each.number or 0)
    assert [each.number for each in series] == [1, 2, 3]
    assert {each.modality for each in series} == {"CT"}
    images = list(source.images(series[0], found.patient.patient_id, Stop()))
    assert sorted(image.number or 0 for image in images) == [1, 2]
    assert {image.series_uid for image in images} == {series[0].series_uid}


@pytest.mark.parametrize("kind", ["dcmqrscp", "orthanc"])
def test_patients_in_five_scripts(kind: str, request: pytest.FixtureRequest, patients) -> None:
    how = {"DefaultEncoding": "Utf8"} if kind == "orthanc" else {}
    archive = request.getfixturevalue(kind)(patients, **how)
    names = {patient.name for patient in Archive(archive.node()).patients(Criteria(), Stop())}
    joined = " ".join(names)
    assert len(names) == 5
    assert "ü" in joined
    assert "王" in joined
    assert "山田" in joined


def test_a_chinese_name_is_sent_so_that_it_is_found(dcmqrscp, patients) -> None:
    source = Archive(dcmqrscp(patients).node())
    assert {study.patient.name for study in source.search(Criteria(name="王"), Stop())}


def test_patient_root_only_is_searched_patient_by_patient(any_archive, study) -> None:
    source = Archive(any_archive(study(1)).node())
    (patient,) = source.patients(Criteria(), Stop())
    assert patient.patient_id


def test_the_row_limit_cancels_and_says_so(dcmqrscp, study) -> None:
    files = [file for number in range(30) for file in study(1, key=str(number))]
    answers = Archive(dcmqrscp(files).node(), limit=10).search(Criteria(), Stop())
    assert len(list(answers)) == 10
    assert answers.incomplete


def test_an_archives_own_limit_is_said(orthanc, study) -> None:
    files = [file for number in range(5) for file in study(1, key=str(number))]
    answers = Archive(orthanc(files, LimitFindResults=2).node()).search(Criteria(), Stop())
    assert len(list(answers)) <= 2
    assert answers.incomplete


def test_a_stop_ends_a_search(dcmqrscp, patients) -> None:
    stop = Stop()
    rows = Archive(dcmqrscp(patients).node()).search(Criteria(), stop)
    next(rows)
    stop.request()
    with pytest.raises(Cancelled):
        list(rows)


def test_a_refused_model_is_named(wlmscpfs) -> None:
    with pytest.raises(ServiceRefused):
        list(Archive(wlmscpfs().node(), NodeQuirks()).search(Criteria(), Stop()))


def test_a_name_in_small_letters_is_found_where_capitals_matter(dcmqrscp, study) -> None:
    quirks = NodeQuirks()
    source = Archive(dcmqrscp(study(1)).node(), quirks)
    for key in ("*DOE*J*HN*", "DOE*^JOHN*"):  # the second time it is known how this archive takes names
        answers = source.search(Criteria(name="doe john"), Stop())
        assert [found.patient.name for found in answers] == ["DOE^JOHN"]
        assert (answers.further[-1].value, answers.further[-1].fitting) == (key, 1)
        assert quirks.is_case_sensitive(source.node)
    patients = source.patients(Criteria(name="doe"), Stop())
    assert len(list(patients)) == 1
    assert [(query.reason, query.first) for query in patients.further] == [(Reason.CAPITALS, True)]
    nobody = source.search(Criteria(name="nobody else"), Stop())
    assert list(nobody) == []
    assert [query.first for query in nobody.further] == [True, False, False, False]  # four in all
    as_written = source.search(Criteria(name="DOE"), Stop())
    assert len(list(as_written)) == 1
    assert not as_written.further
    assert not list(source.search(Criteria(name='"doe^john"'), Stop()))  # quoted is as it stands


def test_once_a_node_is_known_for_capitals_it_is_asked_once(dcmqrscp, study) -> None:
    asked: list[str] = []

    def observe(event: object) -> None:
        if "C-FIND-RQ" in str(event):
            asked.append(str(event))

    node = dcmqrscp(study(1)).node()
    quirks = NodeQuirks()
    for expected in (2, 1):
        asked.clear()
        assert len(list(Archive(node, quirks, observer=observe).search(Criteria(name="doe"), Stop()))) == 1
        assert len(asked) == expected


def test_an_archive_that_reads_both_cases_alike_is_asked_as_typed(orthanc, study) -> None:
    quirks = NodeQuirks()
    answers = Archive(orthanc(study(1)).node(), quirks).search(Criteria(name="doe"), Stop())
    assert len(list(answers)) == 1
    assert not answers.further
