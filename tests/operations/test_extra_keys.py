"""Institution, station, comments, and where an image lies: asked for only where they are wanted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest

from tests.archives import data
from tests.archives.process import Archive as Running
from tests.peers import wire
from tests.peers.answering import level_of, series, study
from tests.peers.peer import Server, Talk
from workstation.dicom.criteria import Criteria
from workstation.dicom.levels import Level
from workstation.dicom.matches import ImageMatch, SeriesMatch, StudyMatch
from workstation.dicom.nodes import Node
from workstation.errors import OperationFailed
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.sources import Archive
from workstation.stop import Stop

EXTRA = frozenset({"institution", "station", "body_part", "comments"})
INSTITUTION, STUDY_COMMENTS = b"\x08\x00\x80\x00", b"\x32\x00\x00\x40"
MODALITIES, STUDY_TIME = b"\x08\x00\x61\x00", b"\x08\x00\x30\x00"


def placed(folder: Path, images: int = 3) -> list[Path]:
    """A study of two series, in which all of it stands."""
    files = data.study(folder, images, series=2, size=16)
    for path in files:
        dataset = pydicom.dcmread(path)
        dataset.InstitutionName, dataset.StationName = "St Mary", f"CT{dataset.SeriesNumber}"
        dataset.StudyComments, dataset.BodyPartExamined = "urgent", "CHEST"
        dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        dataset.ImagePositionPatient = [0, 0, -10.5 * int(dataset.InstanceNumber)]
        dataset.SliceLocation = 7
        dataset.save_as(path)
    return files


def rows(source: Archive) -> tuple[StudyMatch, list[SeriesMatch], list[ImageMatch]]:
    """The only study, its series, and the images of the first, in their order."""
    [found] = source.search(Criteria(), Stop())
    below = sorted(source.series(found, Stop()), key=lambda one: one.number or 0)
    images = source.images(below[0], found.patient.patient_id, Stop(), geometry=True)
    return found, below, sorted(images, key=lambda one: one.number or 0)


@pytest.mark.archives
def test_orthanc_answers_all_of_it(orthanc: Callable[..., Running], tmp_path: Path) -> None:
    found, below, images = rows(Archive(orthanc(placed(tmp_path)).node(), extra=EXTRA))
    assert (found.institution, found.comments, found.body_part) == ("St Mary", "urgent", "CHEST")
    assert [(one.institution, one.station) for one in below] == [("St Mary", "CT1"), ("St Mary", "CT2")]
    assert [(one.rows, one.columns) for one in images] == [(16, 16)] * 3
    assert [one.position for one in images] == [(0, 0, -10.5), (0, 0, -21), (0, 0, -31.5)]
    assert {one.orientation for one in images} == {(1, 0, 0, 0, 1, 0)}
    assert {one.location for one in images} == {7}


@pytest.mark.archives
@pytest.mark.parametrize("kind", ["dcmqrscp", "orthanc", "pynetdicom_scp"])
def test_no_row_is_lost_by_asking(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    node = request.getfixturevalue(kind)(placed(tmp_path)).node()
    usual, more = rows(Archive(node)), rows(Archive(node, extra=EXTRA))
    assert (more[0].study_uid, len(more[1]), len(more[2])) == (usual[0].study_uid, 2, 3)
    assert more[0].patient == usual[0].patient
    assert (more[0].date, more[0].modalities, more[0].series) == (
        usual[0].date, usual[0].modalities, usual[0].series
    )  # fmt: skip
    if kind != "pynetdicom_scp":  # that answers from its files whatever they hold
        assert usual[0].comments == usual[1][0].institution == ""


class Refusing:
    """An archive that refuses queries with any of these keys.

    Attributes:
        asked: The identifiers of all queries.
    """

    def __init__(self, *refused: bytes) -> None:
        self.asked: list[bytes] = []
        self._refused = refused

    def play(self, talk: Talk) -> None:
        talk.accept()
        while (asked := talk.next()) is not None:
            question = asked.data or b""
            self.asked.append(question)
            if any(tag in question for tag in self._refused):
                talk.send(wire.response(asked, 0xA900))
                continue
            answers = {"STUDY": study(b"1.2.3", modality=b"CT"), "SERIES": series(b"1.2.3.4", b"1.2.3")}
            talk.send(wire.response(asked, 0xFF00, answers[level_of(question)]))
            talk.send(wire.response(asked, 0))


def node(server: Server) -> Node:
    return Node(name="picky", ae_title="PICKY", host="127.0.0.1", port=server.port)


def test_who_refuses_them_is_asked_without_them_and_keeps_the_rest() -> None:
    peer = Refusing(STUDY_COMMENTS, INSTITUTION)
    with Server(peer.play) as server:
        quirks = NodeQuirks()
        source = Archive(node(server), quirks, extra=EXTRA)
        [found] = source.search(Criteria(), Stop())
        assert found.modalities == ("CT",), "optional keys are asked for all the same"
        assert len(peer.asked) == 2
        assert quirks.refuses_extra_keys_at(source.node, Level.STUDY)
        assert not quirks.refuses_extra_keys_at(source.node, Level.SERIES)
        assert not quirks.plain_keys_only(source.node)
        assert len(list(source.search(Criteria(), Stop()))) == 1
        assert len(peer.asked) == 3, "it is not tried again"
        assert INSTITUTION not in peer.asked[2]
        assert MODALITIES in peer.asked[2]


def test_who_refuses_optional_keys_too_is_asked_for_what_it_must_know() -> None:
    peer = Refusing(STUDY_COMMENTS, MODALITIES)
    with Server(peer.play) as server:
        quirks = NodeQuirks()
        source = Archive(node(server), quirks, extra=EXTRA)
        assert len(list(source.search(Criteria(), Stop()))) == 1
        assert [STUDY_COMMENTS in one for one in peer.asked] == [True, False, False]
        assert [MODALITIES in one for one in peer.asked] == [True, True, False]
        assert quirks.plain_keys_only(source.node)
        assert not quirks.refuses_extra_keys_at(source.node, Level.STUDY)


def test_who_refuses_everything_has_refused_the_query() -> None:
    peer = Refusing(STUDY_TIME)
    with Server(peer.play) as server:
        quirks = NodeQuirks()
        source = Archive(node(server), quirks, extra=EXTRA)
        with pytest.raises(OperationFailed):
            list(source.search(Criteria(), Stop()))
        assert len(peer.asked) == 3
        assert not quirks.plain_keys_only(source.node)
        assert not quirks.refuses_extra_keys_at(source.node, Level.STUDY)


def test_nothing_of_it_is_asked_for_unless_it_is_wanted() -> None:
    peer = Refusing()
    with Server(peer.play) as server:
        source = Archive(node(server))
        [found] = source.search(Criteria(), Stop())
        list(source.series(found, Stop()))
    assert len(peer.asked) == 2
    assert not any(tag in one for one in peer.asked for tag in (INSTITUTION, STUDY_COMMENTS))
