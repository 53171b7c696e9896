"""Institution, station, comments, and where an image lies: asked for only where they are wanted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest

from tests.archives import data
from tests.archives.process import Archive as Running
from tests.peers import wire
from tests.peers.answering import Answering, image, level_of, series, study
from tests.peers.peer import Server, Talk
from workstation.dicom.criteria import Criteria
from workstation.dicom.levels import Level
from workstation.dicom.matches import ImageMatch, SeriesMatch, StudyMatch
from workstation.dicom.nodes import Node
from workstation.errors import AssociationAborted, OperationFailed
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


ANSWERS = {
    "STUDY": study(b"1.2.3", modality=b"CT"),
    "SERIES": series(b"1.2.3.4", b"1.2.3"),
    "IMAGE": image(b"1.2.3.4.5", b"1.2.3", b"1.2.3.4"),
}


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
            talk.send(wire.response(asked, 0xFF00, ANSWERS[level_of(question)]))
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


SLICE_THICKNESS, AVAILABLE_SYNTAXES = b"\x18\x00\x50\x00", b"\x08\x00\x02\x30"
IMAGE_POSITION = b"\x20\x00\x32\x00"
JPEG, JPEG_LOSSLESS = b"1.2.840.10008.1.2.4.50", b"1.2.840.10008.1.2.4.70"


class Aborting(Refusing):
    """As :class:`Refusing`, but it ends the association on a query with any of the keys.

    Attributes:
        associations: How many were opened.
    """

    def __init__(self, *refused: bytes, politely: bool) -> None:
        """``politely``: by A-ABORT; else the connection is just closed."""
        super().__init__(*refused)
        self.associations = 0
        self._politely = politely

    def play(self, talk: Talk) -> None:
        self.associations += 1
        talk.accept()
        while (asked := talk.next()) is not None:
            question = asked.data or b""
            self.asked.append(question)
            if any(tag in question for tag in self._refused):
                if self._politely:
                    talk.send(wire.abort())
                return
            talk.send(wire.response(asked, 0xFF00, ANSWERS[level_of(question)]))
            talk.send(wire.response(asked, 0))


@pytest.mark.parametrize("politely", [True, False])
def test_who_ends_the_association_on_them_is_asked_without_them(politely: bool) -> None:
    peer = Aborting(STUDY_COMMENTS, INSTITUTION, politely=politely)
    with Server(peer.play) as server:
        quirks = NodeQuirks()
        source = Archive(node(server), quirks, extra=EXTRA)
        [found] = source.search(Criteria(), Stop())
        assert found.modalities == ("CT",)
        assert (len(peer.asked), peer.associations) == (2, 2)
        assert not quirks.refuses_extra_keys_at(source.node, Level.STUDY), "it may have had another reason"
        assert len(list(source.search(Criteria(), Stop()))) == 1
        assert quirks.refuses_extra_keys_at(source.node, Level.STUDY), "twice is no chance"
        assert len(list(source.search(Criteria(), Stop()))) == 1
        assert (len(peer.asked), peer.associations) == (5, 5)


def test_who_ends_it_on_optional_keys_too_is_asked_for_what_it_must_know() -> None:
    peer = Aborting(MODALITIES, politely=True)
    with Server(peer.play) as server:
        quirks = NodeQuirks()
        source = Archive(node(server), quirks, extra=EXTRA)
        for _ in range(2):
            assert len(list(source.search(Criteria(), Stop()))) == 1
        assert quirks.plain_keys_only(source.node)
        assert not quirks.refuses_extra_keys_at(source.node, Level.STUDY)


def test_who_ends_every_association_could_not_be_asked() -> None:
    peer = Aborting(STUDY_TIME, politely=True)
    with Server(peer.play) as server:
        quirks = NodeQuirks()
        source = Archive(node(server), quirks)
        with pytest.raises(AssociationAborted):
            list(source.search(Criteria(), Stop()))
        assert peer.associations == 2
        assert not quirks.plain_keys_only(source.node)


def test_what_is_taken_later_forgets_an_end_that_had_another_reason() -> None:
    peer = Refusing()
    with Server(peer.play) as server:
        quirks = NodeQuirks()
        source = Archive(node(server), quirks, extra=EXTRA)
        quirks.ended_on_keys(source.node, Level.STUDY)
        assert len(list(source.search(Criteria(), Stop()))) == 1
        assert not quirks.ended_on_keys(source.node, Level.STUDY)


def test_refused_details_leave_the_keys_of_columns() -> None:
    peer = Refusing(AVAILABLE_SYNTAXES)
    with Server(peer.play) as server:
        quirks = NodeQuirks()
        source = Archive(node(server), quirks, extra=EXTRA)
        [found] = source.search(Criteria(), Stop())
        assert len(list(source.series(found, Stop(), details=True))) == 1
        assert quirks.refuses_details_at(source.node, Level.SERIES)
        assert not quirks.refuses_extra_keys_at(source.node, Level.SERIES)
        assert INSTITUTION in peer.asked[-1]
        assert SLICE_THICKNESS not in peer.asked[-1]


def test_refused_details_of_images_leave_where_they_lie() -> None:
    peer = Refusing(AVAILABLE_SYNTAXES)
    with Server(peer.play) as server:
        quirks = NodeQuirks()
        source = Archive(node(server), quirks)
        [found] = source.search(Criteria(), Stop())
        [one] = source.series(found, Stop())
        assert len(list(source.images(one, "", Stop(), geometry=True))) == 1
        assert quirks.refuses_details_at(source.node, Level.IMAGE)
        assert not quirks.refuses_extra_keys_at(source.node, Level.IMAGE)
        assert IMAGE_POSITION in peer.asked[-1]


def test_details_of_series_are_read() -> None:
    told = wire.explicit(
        (0x00080052, "CS", b"SERIES"),
        (0x00083002, "UI", JPEG + b"\\" + JPEG_LOSSLESS + b"\0"),
        (0x00180050, "DS", b"0.625 "),
        (0x00181030, "LO", b"Routine head"),
        (0x0020000D, "UI", b"1.2.3"),
        (0x0020000E, "UI", b"1.2.3.4"),
        (0x00282110, "CS", b"01"),
        (0x00282112, "DS", b"10\\2.5"),
        (0x00282114, "CS", b"ISO_10918_1\\ISO_15444_1 "),
    )
    peer = Answering(study=[study(b"1.2.3")], series=[told])
    with Server(peer.play) as server:
        source = Archive(node(server))
        [found] = source.search(Criteria(), Stop())
        [one] = source.series(found, Stop(), details=True)
        [usual] = source.series(found, Stop())
    assert (one.protocol, one.slice_thickness, one.lossy) == ("Routine head", 0.625, True)
    assert (one.lossy_ratios, one.lossy_methods) == ((10, 2.5), ("ISO_10918_1", "ISO_15444_1"))
    assert one.syntaxes == (JPEG.decode(), JPEG_LOSSLESS.decode())
    assert [SLICE_THICKNESS in question for question in peer.asked] == [False, True, False]
    assert usual.series_uid == one.series_uid


@pytest.mark.archives
@pytest.mark.parametrize("kind", ["dcmqrscp", "orthanc"])
def test_no_series_is_lost_by_asking_for_details(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    source = Archive(request.getfixturevalue(kind)(placed(tmp_path)).node())
    [found] = source.search(Criteria(), Stop())
    usual, more = list(source.series(found, Stop())), list(source.series(found, Stop(), details=True))
    assert {(one.series_uid, one.number, one.modality) for one in more} == {
        (one.series_uid, one.number, one.modality) for one in usual
    }
