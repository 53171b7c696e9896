"""Earlier studies are found in real archives; one that cannot be asked fails by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest

from tests.archives import data
from tests.archives.process import Archive
from workstation.dicom.levels import Level
from workstation.dicom.matches import PatientMatch, StudyMatch
from workstation.dicom.nodes import Node
from workstation.dicom.prior_rule import Likeness, PriorRule
from workstation.errors import Unreachable
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.prior_studies import MAX_LOOKED_AT, find_priors
from workstation.operations.query_session import open_query_session
from workstation.stop import Stop

Start = Callable[..., Archive]


def parts(folder: Path, key: str, date: str, part: str, modality: str = "CT") -> list[Path]:
    files = data.study(folder / key, 1, key=key, date=date, modality=modality)
    for path in files:
        dataset = pydicom.dcmread(path)
        dataset.BodyPartExamined = part
        dataset.save_as(path)
    return files


def current(node: Node) -> StudyMatch:
    """The study "1" as the archive tells of it."""
    with open_query_session(node, NodeQuirks(), Stop()) as session:
        values = {"StudyInstanceUID": str(data.uid("ENG-1", "1"))}
        [found] = session.rows(Level.STUDY, values, StudyMatch)
    return found


def keys(found: list[StudyMatch]) -> list[str]:
    names = {str(data.uid("ENG-1", str(key))): str(key) for key in range(40)}
    return [names[one.study_uid] for one in found]


@pytest.mark.archives
@pytest.mark.parametrize("kind", ["dcmqrscp", "orthanc"])
def test_by_modality(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    files = parts(tmp_path, "1", "20240101", "CHEST")
    files += parts(tmp_path, "2", "20230101", "HEAD", "MR")
    files += parts(tmp_path, "3", "20220101", "HEAD")
    files += parts(tmp_path, "4", "20210101", "CHEST")
    node = request.getfixturevalue(kind)(files).node()
    study = current(node)
    assert keys(find_priors(node, study, PriorRule(1), Stop())) == ["3"]
    assert keys(find_priors(node, study, PriorRule(5), Stop())) == ["3", "4"]
    assert keys(find_priors(node, study, PriorRule(2, Likeness.ANY), Stop())) == ["2", "3"]


@pytest.mark.archives
def test_by_body_part(orthanc: Start, tmp_path: Path) -> None:
    files = parts(tmp_path, "1", "20240101", "CHEST")
    files += parts(tmp_path, "2", "20230101", "HEAD")
    files += parts(tmp_path, "3", "20220101", "CHEST", "MR")
    files += parts(tmp_path, "4", "20210101", "")
    node = orthanc(files).node()
    assert keys(find_priors(node, current(node), PriorRule(5, Likeness.BODY_PART), Stop())) == ["3"]


@pytest.mark.archives
def test_series_of_a_limited_number_are_asked_for(dcmqrscp: Start, tmp_path: Path) -> None:
    """It tells no modalities of studies."""
    files = parts(tmp_path, "1", "20240101", "CHEST")
    for key in range(2, MAX_LOOKED_AT + 3):
        files += parts(tmp_path, str(key), f"20230{1 + key // 28}{1 + key % 28:02}", "HEAD", "MR")
    node, seen = dcmqrscp(files).node(), list[str]()
    found = find_priors(
        node, current(node), PriorRule(1), Stop(), observer=lambda event: seen.append(str(event))
    )
    assert not found
    assert sum("C-FIND-RQ" in line for line in seen) == 2 + MAX_LOOKED_AT


def test_an_archive_that_is_gone(free_port: Callable[[], int]) -> None:
    patient = PatientMatch(source="A", patient_id="7", name="DOE^JANE", birth_date="19700101")
    study = StudyMatch(source="A", study_uid="1.2", patient=patient, date="20240101")
    node = Node(name="A", ae_title="A", host="127.0.0.1", port=free_port())
    with pytest.raises(Unreachable):
        find_priors(node, study, PriorRule(), Stop())
    for unsafe in ("", "*", "7?"):  # not asked at all
        other = replace(study, patient=replace(patient, patient_id=unsafe))
        assert find_priors(node, other, PriorRule(), Stop()) == []
