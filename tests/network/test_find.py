"""C-FIND with real archives: levels, roots, character sets, limits, and the worklist (PS3.4 C.4.1, K.4.1)."""

from __future__ import annotations

import pytest
from pydicom import Dataset

from tests.archives.data import LI, MUELLER, WANG, YAMADA, uid, worklist
from tests.network.tables import peers
from workstation.dicom.levels import Model
from workstation.errors import OperationFailed, ServiceRefused
from workstation.network.association import Association
from workstation.network.contexts import FIND, VERIFICATION, query
from workstation.network.echo import echo
from workstation.network.find import Find
from workstation.network.requestor import associate

ALL = ("dcmqrscp", "Orthanc", "Orthanc TLS", "pynetdicom")
PROPOSALS = query(VERIFICATION, *FIND.values())


def identifier(level: str, **keys: object) -> Dataset:
    found = Dataset()
    if level:
        found.QueryRetrieveLevel = level
    for keyword, value in keys.items():
        setattr(found, keyword, value)
    return found


def rows(association: Association, model: Model, keys: Dataset) -> list[Dataset]:
    found = [row.data_set() for row in Find(association, model, keys)]
    assert None not in found
    return found  # type: ignore[return-value]


@peers("C-ECHO", *ALL)
def test_an_echo(archive_of, peer, stop):
    with associate(archive_of(peer).node(), PROPOSALS, stop) as association:
        assert echo(association).status == 0
        assert echo(association).status == 0


@peers("C-FIND", *ALL)
def test_four_levels_in_patient_root(archive_of, peer, stop):
    study, series = uid("ENG-1", "two"), uid("ENG-1", "two", 1)
    with associate(archive_of(peer).node(), PROPOSALS, stop) as association:
        patients = rows(association, Model.PATIENT, identifier("PATIENT", PatientID="", PatientName=""))
        assert {row.PatientID for row in patients} >= {"ENG-1", "GER-1", "CHN-1", "CHN-2", "JPN-1"}
        keys = identifier("STUDY", PatientID="ENG-1", StudyInstanceUID="", StudyDate="")
        studies = rows(association, Model.PATIENT, keys)
        assert {row.StudyInstanceUID for row in studies} >= {study, uid("ENG-1", "1")}
        keys = identifier(
            "SERIES", PatientID="ENG-1", StudyInstanceUID=study, SeriesInstanceUID="", Modality=""
        )
        found = rows(association, Model.PATIENT, keys)
        assert sorted(row.SeriesInstanceUID for row in found) == sorted(
            uid("ENG-1", "two", n) for n in (1, 2)
        )
        assert {row.Modality for row in found} == {"CT"}
        keys = identifier(
            "IMAGE", PatientID="ENG-1", StudyInstanceUID=study, SeriesInstanceUID=series, SOPInstanceUID=""
        )
        images = rows(association, Model.PATIENT, keys)
        assert sorted(row.SOPInstanceUID for row in images) == sorted(
            uid("ENG-1", "two", 1, number) for number in (1, 2, 3)
        )


@peers("C-FIND", *ALL)
def test_levels_in_study_root(archive_of, peer, stop):
    study = uid("ENG-1", "two")
    with associate(archive_of(peer).node(), PROPOSALS, stop) as association:
        keys = identifier("STUDY", StudyInstanceUID=study, PatientName="", StudyDate="")
        (row,) = rows(association, Model.STUDY, keys)
        assert (str(row.PatientName), row.StudyDate) == ("DOE^JOHN", "20240102")
        keys = identifier("SERIES", StudyInstanceUID=study, SeriesInstanceUID="")
        assert len(rows(association, Model.STUDY, keys)) == 2


@peers("C-FIND", *ALL)
def test_nothing_found(archive_of, peer, stop):
    with associate(archive_of(peer).node(), PROPOSALS, stop) as association:
        search = Find(association, Model.STUDY, identifier("STUDY", StudyInstanceUID="1.2.3.4.5.6.7"))
        assert list(search) == []
        assert search.response is not None
        assert (search.response.status, search.incomplete) == (0, False)


@peers("C-FIND", "Orthanc", "Orthanc TLS", "dcmqrscp")
def test_names_in_five_character_sets(archive_of, peer, stop):
    """Each answer is decoded by the character set it names."""
    with associate(archive_of(peer).node(), PROPOSALS, stop) as association:
        keys = identifier("STUDY", PatientID="", PatientName="", StudyInstanceUID="")
        keys.SpecificCharacterSet = "ISO_IR 192"
        names = {row.PatientID: str(row.PatientName) for row in rows(association, Model.STUDY, keys)}
    wanted = [MUELLER, WANG, LI] + ([YAMADA] if peer != "dcmqrscp" else [])
    assert {patient.id: names[patient.id] for patient in wanted} == {
        patient.id: patient.name for patient in wanted
    }


@peers("C-FIND", "Orthanc, Latin1")
def test_names_an_archive_dropped_are_not_invented(archive_of, peer, stop):
    """Orthanc's Latin-1 default loses every other script; what is left arrives as it was sent."""
    with associate(archive_of(peer).node(), PROPOSALS, stop) as association:
        keys = identifier("STUDY", PatientID="", PatientName="", StudyInstanceUID="")
        found = rows(association, Model.STUDY, keys)
    names = {row.PatientID: str(row.PatientName) for row in found}
    assert {row.SpecificCharacterSet for row in found} == {"ISO_IR 100"}
    assert names["GER-1"] == MUELLER.name
    assert "小" not in names["CHN-1"]


@peers("C-FIND", *ALL)
def test_a_query_in_utf_8_finds(archive_of, peer, stop):
    with associate(archive_of(peer).node(), PROPOSALS, stop) as association:
        keys = identifier("STUDY", PatientID="", StudyInstanceUID="")
        keys.SpecificCharacterSet = "ISO_IR 192"
        keys.PatientName = "Wang*" if peer == "pynetdicom" else "Wang^XiaoDong=王^小东"
        assert {row.PatientID for row in rows(association, Model.STUDY, keys)} == {"CHN-1"}


@peers("C-FIND", "dcmqrscp", "Orthanc", "pynetdicom")
def test_a_level_that_does_not_exist(archive_of, peer, stop):
    with associate(archive_of(peer).node(), PROPOSALS, stop) as association:
        with pytest.raises(OperationFailed) as caught:
            rows(association, Model.STUDY, identifier("ATOM", StudyInstanceUID=""))
        assert caught.value.status is not None
        assert caught.value.status >> 12 in (0xA, 0xC)
        assert echo(association).status == 0


@pytest.mark.archives
@pytest.mark.covers("C-FIND", "Orthanc")
def test_a_model_that_is_not_offered(archive_of, stop):
    node = archive_of("Orthanc").node()
    with associate(node, PROPOSALS, stop) as association, pytest.raises(ServiceRefused) as caught:
        rows(association, Model.WORKLIST, identifier("", PatientID=""))
    assert str(caught.value) == "ORTHANC does not offer Modality Worklist C-FIND."


@pytest.mark.archives
@pytest.mark.covers("C-FIND", "Orthanc")
def test_a_limit_of_the_archive(orthanc, held, stop):
    """FE00 without a cancel of ours: the list is incomplete."""
    with associate(orthanc(held, LimitFindResults=2).node(), PROPOSALS, stop) as association:
        search = Find(association, Model.STUDY, identifier("STUDY", StudyInstanceUID=""))
        assert len(list(search)) == 2
        assert search.incomplete


@peers("C-FIND", *ALL)
def test_our_own_cancel(archive_of, peer, stop):
    """Archives that ignore C-CANCEL send everything; either way the association stays usable."""
    with associate(archive_of(peer).node(), PROPOSALS, stop) as association:
        search = Find(association, Model.STUDY, identifier("STUDY", StudyInstanceUID=""))
        for _ in search:
            search.cancel(grace=30)
        assert search.response is not None
        assert search.response.status in (0x0000, 0xFE00)
        assert echo(association).status == 0


@pytest.mark.archives
@pytest.mark.covers("Worklist", "wlmscpfs")
def test_the_worklist(wlmscpfs, stop):
    with associate(wlmscpfs().node(), PROPOSALS, stop) as association:
        keys = identifier("", PatientID="", PatientName="", AccessionNumber="")
        step = identifier("", Modality="", ScheduledStationAETitle="", ScheduledProcedureStepStartDate="")
        keys.ScheduledProcedureStepSequence = [step]
        assert len(rows(association, Model.WORKLIST, keys)) == len(worklist())
        step.Modality = "MR"
        found = rows(association, Model.WORKLIST, keys)
        assert [row.ScheduledProcedureStepSequence[0].Modality for row in found] == ["MR"] * 3


@pytest.mark.archives
@pytest.mark.covers("C-ECHO", "wlmscpfs")
@pytest.mark.covers("C-ECHO", "storescp")
def test_an_echo_of_others(wlmscpfs, storescp, stop, tmp_path):
    for archive in (wlmscpfs(), storescp(tmp_path / "out")):
        with associate(archive.node(), PROPOSALS, stop) as association:
            assert echo(association).status == 0
