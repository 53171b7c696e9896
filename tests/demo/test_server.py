"""The demo archive on the network, asked by our own operations and by DCMTK."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pydicom import dcmread, uid

from tests.archives.process import Result, run
from tests.demo.conftest import MOVE_TITLE
from workstation.demo.patients import PATIENTS
from workstation.demo.process import DemoArchive
from workstation.dicom.criteria import Criteria
from workstation.dicom.matches import StudyMatch
from workstation.dicom.nodes import Node, RetrieveMethod
from workstation.dicom.outcomes import End, Outcome
from workstation.dicom.targets import Target
from workstation.errors import MoveDestinationUnknown, NoSuchStudy
from workstation.imaging.instance import open_instance
from workstation.imaging.picture import Picture
from workstation.operations.instance_router import FolderRouter
from workstation.operations.node_check import check
from workstation.operations.on_demand_listener import OnDemandListener
from workstation.operations.retrieve import RetrieveOptions, retrieve
from workstation.operations.send import send
from workstation.operations.sources import Archive
from workstation.stop import Stop


@pytest.fixture
def node(shared_demo: DemoArchive) -> Node:
    return shared_demo.node


@pytest.fixture
def find(node: Node) -> Callable[[str], StudyMatch]:
    def one(accession: str) -> StudyMatch:
        (found,) = Archive(node).search(Criteria(accession=accession), Stop())
        return found

    return one


def fetch(node: Node, study: str, folder: Path, how: RetrieveOptions | None = None) -> Outcome:
    return retrieve(node, Target(study), FolderRouter(folder), None, Stop(), lambda _: None, options=how)


def dcmtk(program: str, node: Node, *options: object) -> Result:
    titles = ("-aet", "WORKSTATION", "-aec", node.ae_title, node.host, node.port)
    return run(program, *options, *titles)


def test_it_answers_an_echo(node: Node) -> None:
    assert check(node, Stop()) is not None


def test_all_names_arrive_in_their_scripts(node: Node) -> None:
    found = {study.patient.name for study in Archive(node).search(Criteria(), Stop())}
    assert found >= {patient.name for patient in PATIENTS}
    by_patient = {each.name for each in Archive(node).patients(Criteria(), Stop())}
    assert by_patient >= {patient.name for patient in PATIENTS}


@pytest.mark.parametrize(
    ("typed", "studies"),
    [
        ("akesson", 2),
        ("Åkesson nørby", 2),
        ("norby", 2),
        ("林", 1),
        ("桐谷", 2),
        ("φωτ", 2),
        ("الطحان", 1),
        ("зимо", 1),
    ],
)
def test_names_are_found_as_they_are_typed(node: Node, typed: str, studies: int) -> None:
    assert len(list(Archive(node).search(Criteria(name=typed), Stop()))) == studies


def test_rows_open_with_counts(node: Node, find: Callable[[str], StudyMatch]) -> None:
    study = find("D240102")
    assert (study.modalities, study.series, study.instances) == (("MR",), 2, 49)
    source = Archive(node)
    series = sorted(source.series(study, Stop()), key=lambda each: each.number or 0)
    assert [(each.number, each.instances) for each in series] == [(2, 25), (3, 24)]
    images = list(source.images(series[0], study.patient.patient_id, Stop()))
    assert sorted(each.number or 0 for each in images) == list(range(1, 26))
    assert {each.sop_class for each in images} == {uid.MRImageStorage}


def test_modalities_and_descriptions_are_matched(node: Node) -> None:
    source = Archive(node)
    assert {each.accession for each in source.search(Criteria(modalities=("SR", "DOC")), Stop())} == {
        "D240117",
        "D239872",
    }
    assert len(list(source.search(Criteria(description="Thorax"), Stop()))) == 2


def test_a_limited_search_is_cancelled_and_says_so(node: Node) -> None:
    answers = Archive(node, limit=3).search(Criteria(), Stop())
    assert len(list(answers)) == 3
    assert answers.incomplete


@pytest.mark.archives
def test_findscu_sees_the_counts(node: Node) -> None:
    keys = ["PatientID=DEMO-1008", "NumberOfStudyRelatedSeries", "NumberOfStudyRelatedInstances"]
    options = [option for key in ("QueryRetrieveLevel=STUDY", *keys) for option in ("-k", key)]
    said = dcmtk("findscu", node, "-S", "-v", *options).output
    assert re.search(r"\(0020,1206\) IS \[2 ?\]", said)
    assert re.search(r"\(0020,1208\) IS \[37 ?\]", said)
    assert "ISO_IR 192" in said


@pytest.mark.archives
def test_numbers_are_answered_in_their_own_representation(node: Node) -> None:
    options = (
        "-k",
        "QueryRetrieveLevel=IMAGE",
        "-k",
        "PatientID=DEMO-1005",
        "-k",
        "Rows",
        "-k",
        "PixelSpacing",
    )
    said = dcmtk("findscu", node, "-S", "-v", *options).output
    assert re.search(r"\(0028,0010\) US 2500", said)
    assert "(0028,0030) DS (no value available)" in said


def test_a_study_in_two_syntaxes_comes_whole(
    node: Node, find: Callable[[str], StudyMatch], tmp_path: Path
) -> None:
    outcome = fetch(node, find("D240102").study_uid, tmp_path / "out")
    assert (outcome.end, outcome.verified, outcome.received) == (End.COMPLETE, True, 49)
    syntaxes = set()
    for path in (tmp_path / "out").iterdir():
        syntaxes.add(dcmread(path, stop_before_pixels=True).file_meta.TransferSyntaxUID)
        picture = open_instance(path).picture(0)
        assert isinstance(picture, Picture)
        assert picture.pixels.any()
    assert syntaxes == {uid.JPEG2000Lossless, uid.JPEGLSLossless}


def test_report_clip_and_document_come_as_they_are(
    node: Node, find: Callable[[str], StudyMatch], tmp_path: Path
) -> None:
    source = Archive(node)
    for accession, modality in (("D240117", "SR"), ("D239872", "DOC"), ("D239871", "US")):
        study = find(accession)
        (series,) = (each for each in source.series(study, Stop()) if each.modality == modality)
        target = Target(study.study_uid, (series.series_uid,))
        outcome = retrieve(node, target, FolderRouter(tmp_path), None, Stop(), lambda _: None)
        assert (outcome.end, outcome.verified) == (End.COMPLETE, True)
    classes = {dcmread(path, stop_before_pixels=True).SOPClassUID for path in tmp_path.glob("*.dcm")}
    assert {
        uid.BasicTextSRStorage,
        uid.EncapsulatedPDFStorage,
        uid.UltrasoundMultiFrameImageStorage,
    } < classes


@pytest.mark.archives
def test_getscu_gets_the_clip_decompressed(
    node: Node, find: Callable[[str], StudyMatch], tmp_path: Path
) -> None:
    study = find("C182232")
    keys = ("-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={study.study_uid}")
    folder = tmp_path / "out"
    folder.mkdir()
    dcmtk("getscu", node, "-S", *keys, "-od", folder)
    files = [dcmread(path) for path in folder.iterdir()]
    assert len(files) == 2
    assert {file.PhotometricInterpretation for file in files} == {"RGB"}
    assert not any(file.file_meta.TransferSyntaxUID.is_compressed for file in files)
    clip = next(file for file in files if "NumberOfFrames" in file)
    assert len(clip.PixelData) == clip.NumberOfFrames * 480 * 640 * 3


def test_a_cancelled_retrieve_ends_early(
    node: Node, find: Callable[[str], StudyMatch], tmp_path: Path
) -> None:
    outcome = fetch(node, find("D240117").study_uid, tmp_path / "out", RetrieveOptions(cancel_after=2))
    assert outcome.end is End.CANCELLED
    assert 2 <= outcome.received < 73


def test_an_unknown_study_is_unknown(node: Node, tmp_path: Path) -> None:
    with pytest.raises(NoSuchStudy):
        fetch(node, "2.25.1", tmp_path / "out")


def test_a_move_comes_to_a_known_destination(
    node: Node, find: Callable[[str], StudyMatch], move_port: int, tmp_path: Path
) -> None:
    router = FolderRouter(tmp_path / "out")
    listening = OnDemandListener(router, move_port, idle=0.0)
    study = find("D239873")
    moving = replace(node, retrieve=RetrieveMethod.MOVE, calling_ae_title=MOVE_TITLE)
    outcome = retrieve(moving, Target(study.study_uid), router, listening, Stop(), lambda _: None)
    listening.close()
    assert (outcome.end, outcome.verified, outcome.received) == (End.COMPLETE, True, 20)


def test_a_move_to_nobody_is_refused(
    node: Node, find: Callable[[str], StudyMatch], free_port: Callable[[], int], tmp_path: Path
) -> None:
    router = FolderRouter(tmp_path / "out")
    listening = OnDemandListener(router, free_port(), idle=0.0)
    moving = replace(node, retrieve=RetrieveMethod.MOVE, calling_ae_title="NOBODY")
    with pytest.raises(MoveDestinationUnknown):
        retrieve(moving, Target(find("D239873").study_uid), router, listening, Stop(), lambda _: None)
    listening.close()


def test_what_is_sent_to_it_can_be_found_and_fetched(node: Node, study, tmp_path: Path) -> None:
    files = study(3)
    header = dcmread(files[0], stop_before_pixels=True)
    assert send(node, files, Stop(), lambda _: None).end is End.COMPLETE
    (found,) = Archive(node).search(Criteria(patient_id=header.PatientID), Stop())
    assert (found.study_uid, found.instances) == (header.StudyInstanceUID, 3)
    outcome = fetch(node, found.study_uid, tmp_path / "out")
    assert (outcome.end, outcome.received) == (End.COMPLETE, 3)
    came = dcmread(tmp_path / "out" / f"{header.SOPInstanceUID}.dcm")
    assert came.PixelData == dcmread(files[0]).PixelData
