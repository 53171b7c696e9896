"""C-MOVE from real archives to our own listener (PS3.4 C.4.2)."""

from __future__ import annotations

import pytest

from tests.archives.data import uid
from tests.network.conversations import MemorySink
from tests.network.listening import listening
from tests.network.one_study import STUDY, expected_uids, identifier
from tests.network.tables import peers
from workstation.dicom.levels import Model
from workstation.dicom.statuses import StatusClass
from workstation.network.contexts import MOVE, VERIFICATION, query
from workstation.network.dimse import DimseResponse
from workstation.network.move import move
from workstation.network.requestor import associate

ALL = ("dcmqrscp", "Orthanc", "Orthanc TLS", "pynetdicom")
PROPOSALS = query(VERIFICATION, MOVE[Model.STUDY], MOVE[Model.PATIENT])


@peers("C-MOVE", *ALL)
def test_a_study_to_ourselves(archive_of, peer, stop, listener_port):
    sink = MemorySink()
    pending: list[DimseResponse] = []
    archive = archive_of(peer)
    with listening(sink, port=listener_port, address="") as scp:
        with associate(archive.node(), PROPOSALS, stop) as association:
            response = move(
                association,
                Model.STUDY,
                identifier("STUDY", StudyInstanceUID=STUDY),
                "WORKSTATION",
                pending.append,
                lambda: scp.last_object,
            )
        assert scp.last_object > 0
    assert response.status == 0
    assert set(sink.objects) == expected_uids(1, 2)
    assert {peer.own_ae_title for peer in sink.peers} == {"WORKSTATION"}


@pytest.mark.covers("Listener", "dcmqrscp")
@pytest.mark.covers("Listener", "Orthanc")
@pytest.mark.covers("Listener", "Orthanc TLS")
@pytest.mark.covers("Listener", "pynetdicom")
@pytest.mark.archives
def test_the_listener_takes_several_archives_at_once(archive_of, stop, listener_port):
    sink = MemorySink()
    series = identifier(
        "SERIES", PatientID="ENG-1", StudyInstanceUID=STUDY, SeriesInstanceUID=uid("ENG-1", "two", 1)
    )
    with listening(sink, port=listener_port, address=""):
        for peer in ALL:
            sink.objects.clear()
            with associate(archive_of(peer).node(), PROPOSALS, stop) as association:
                assert move(association, Model.PATIENT, series, "WORKSTATION").status == 0
            assert set(sink.objects) == expected_uids(1)


@peers("C-MOVE", *ALL)
def test_a_destination_nobody_knows(archive_of, peer, stop):
    with associate(archive_of(peer).node(), PROPOSALS, stop) as association:
        response = move(association, Model.STUDY, identifier("STUDY", StudyInstanceUID=STUDY), "NOBODY")
    assert response.kind is StatusClass.FAILURE


@peers("C-MOVE", "dcmqrscp", "Orthanc", "pynetdicom")
def test_a_destination_that_does_not_listen(archive_of, peer, stop):
    with associate(archive_of(peer).node(), PROPOSALS, stop) as association:
        response = move(association, Model.STUDY, identifier("STUDY", StudyInstanceUID=STUDY), "WORKSTATION")
    assert response.kind in (StatusClass.FAILURE, StatusClass.WARNING)
