"""C-GET from real archives: every object, its bytes, its answer (PS3.4 C.4.3)."""

from __future__ import annotations

import threading

import pytest
from pydicom import Dataset, dcmread

from tests.archives.data import uid
from tests.network.conversations import MemorySink
from tests.network.one_study import STUDY, expected_uids, identifier
from tests.network.tables import peers
from tests.peers import wire
from workstation.dicom.levels import Model
from workstation.dicom.nodes import Node
from workstation.dicom.statuses import StatusClass
from workstation.errors import AssociationAborted, ConnectionLost
from workstation.network.contexts import GET, VERIFICATION, query, storage
from workstation.network.dimse import DimseResponse
from workstation.network.get import get
from workstation.network.requestor import associate
from workstation.stop import Cancelled, Stop

ALL = ("dcmqrscp", "Orthanc", "Orthanc TLS", "pynetdicom")
HEAD = query(VERIFICATION, GET[Model.STUDY], GET[Model.PATIENT])


def fetch(
    node: Node, sink: MemorySink, stop: Stop, keys: Dataset, model: Model = Model.STUDY, **how
) -> DimseResponse:
    proposals = HEAD + storage([wire.CT], 128 - len(HEAD))
    with associate(node, proposals, stop) as association:
        return get(association, model, keys, sink, **how)


@peers("C-GET", *ALL)
def test_a_study(archive_of, peer, stop, held):
    sink = MemorySink()
    pending: list[DimseResponse] = []
    keys = identifier("STUDY", StudyInstanceUID=STUDY)
    response = fetch(archive_of(peer).node(), sink, stop, keys, pending=pending.append)
    assert response.status == 0
    assert response.failed_uids == ()
    assert set(sink.objects) == expected_uids(1, 2)
    assert pending
    for path in held:
        header = dcmread(path)
        if header.SOPInstanceUID in sink.objects:
            sent = sink.objects[header.SOPInstanceUID]
            assert header.PixelData in sent


@peers("C-GET", *ALL)
def test_a_series_an_image_and_a_patient(archive_of, peer, stop):
    node = archive_of(peer).node()
    above = {"PatientID": "ENG-1", "StudyInstanceUID": STUDY}
    for model, keys, wanted in (
        (Model.STUDY, identifier("SERIES", StudyInstanceUID=STUDY, SeriesInstanceUID=uid("ENG-1", "two", 2)),
         expected_uids(2)),
        (Model.PATIENT, identifier("IMAGE", **above, SeriesInstanceUID=uid("ENG-1", "two", 1),
                                   SOPInstanceUID=uid("ENG-1", "two", 1, 3)), {uid("ENG-1", "two", 1, 3)}),
        (Model.PATIENT, identifier("PATIENT", PatientID="GER-1"),
         {uid("GER-1", "1", 1, number) for number in (1, 2)}),
    ):  # fmt: skip
        sink = MemorySink()
        assert fetch(node, sink, stop, keys, model).status == 0
        assert set(sink.objects) == wanted


@peers("C-GET", *ALL)
def test_a_study_that_is_not_there(archive_of, peer, stop):
    """Some say success, some a failure: only what arrived counts."""
    sink = MemorySink()
    response = fetch(archive_of(peer).node(), sink, stop, identifier("STUDY", StudyInstanceUID="1.2.3.4.5"))
    assert sink.objects == {}
    assert response.kind in (StatusClass.SUCCESS, StatusClass.FAILURE)


@peers("C-GET", *ALL)
def test_a_store_we_refuse(archive_of, peer, stop):
    sink = MemorySink(0xA700)
    keys = identifier("SERIES", StudyInstanceUID=STUDY, SeriesInstanceUID=uid("ENG-1", "two", 1))
    response = fetch(archive_of(peer).node(), sink, stop, keys)
    assert response.kind in (StatusClass.WARNING, StatusClass.FAILURE)
    assert set(sink.contexts) <= expected_uids(1)
    assert response.failed


@peers("C-GET", "dcmqrscp", "Orthanc", "pynetdicom")
def test_stop_at_the_first_object(archive_of, peer, stop):
    sink = MemorySink()

    def wait() -> None:
        sink.wait()
        stop.request()

    thread = threading.Thread(target=wait)
    thread.start()
    try:
        response = fetch(archive_of(peer).node(), sink, stop, identifier("STUDY", StudyInstanceUID=STUDY))
        assert response.status in (0x0000, 0xFE00, 0xB000)
    except Cancelled:
        assert len(sink.objects) <= 6
    finally:
        thread.join()


@pytest.mark.archives
@pytest.mark.covers("C-GET", "dcmqrscp")
def test_an_archive_that_is_killed(dcmqrscp, held, stop):
    archive = dcmqrscp(held)
    sink = MemorySink()
    taking = Killing(sink, archive.kill)
    with pytest.raises((ConnectionLost, AssociationAborted)):
        fetch(archive.node(), taking, stop, identifier("STUDY", StudyInstanceUID=STUDY))
    assert len(sink.objects) + len(sink.aborted) >= 1


class Killing:
    """A sink that ends the archive at the second object."""

    def __init__(self, sink: MemorySink, kill) -> None:
        self._sink, self._kill = sink, kill

    def begin(self, *about):
        if self._sink.contexts:
            self._kill()
        return self._sink.begin(*about)
