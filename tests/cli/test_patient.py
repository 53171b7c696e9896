"""A whole patient by get and move, beside getscu and movescu at PATIENT level."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.archives import data
from tests.archives.process import Archive, Result
from tests.cli.conftest import Said, at

pytestmark = pytest.mark.archives
Start = Callable[..., Archive]


def names(folder: Path) -> set[str]:
    return {path.name.removesuffix(".dcm").removeprefix("CT.") for path in folder.iterdir()}


@pytest.fixture
def files(study: Callable[..., list[Path]]) -> list[Path]:
    """Two studies of one patient, one of another whose ID begins the same."""
    longer = data.Patient("DOE^JANE", f"{data.DOE.id}0")
    return [*study(2, key="a"), *study(3, key="b"), *study(1, patient=longer)]


@pytest.mark.parametrize("kind", ["dcmqrscp", "orthanc"])
def test_get_as_getscu_at_patient_level(
    kind: str,
    request: pytest.FixtureRequest,
    files: list[Path],
    workstation: Callable[..., Said],
    client: Callable[..., Result],
    tmp_path: Path,
) -> None:
    archive = request.getfixturevalue(kind)(files)
    said = workstation("get", at(archive), "--patient", data.DOE.id, "--out", tmp_path / "ours", "--json")
    assert said.status == 0
    assert (said.objects[-1]["state"], said.objects[-1]["received"]) == ("complete", 5)
    (tmp_path / "theirs").mkdir()
    keys = ("-k", "QueryRetrieveLevel=PATIENT", "-k", f"PatientID={data.DOE.id}")
    client("getscu", archive, "-P", "+B", *keys, "-od", tmp_path / "theirs")
    assert names(tmp_path / "ours") == names(tmp_path / "theirs")


def test_move_a_patient_here_and_elsewhere(
    dcmqrscp: Start,
    storescp: Start,
    files: list[Path],
    workstation: Callable[..., Said],
    free_port: Callable[[], int],
    tmp_path: Path,
) -> None:
    (tmp_path / "there").mkdir()
    there = storescp(tmp_path / "there", ae_title="THERE")
    port = free_port()
    archive = dcmqrscp(files, destinations={"WORKSTATION": port, "THERE": there.port})
    patient = ("--patient", data.DOE.id)
    said = workstation("move", at(archive), *patient, "--port", port, "--out", tmp_path / "here", "--json")
    assert (said.status, said.objects[-1]["received"]) == (0, 5)
    said = workstation("move", at(archive), *patient, "--to", "THERE", "--json")
    assert (said.status, said.objects[-1]["received"]) == (0, 5)
    assert names(tmp_path / "here") == names(tmp_path / "there")


def test_an_unknown_patient_and_a_missing_target(
    dcmqrscp: Start, files: list[Path], workstation: Callable[..., Said], tmp_path: Path
) -> None:
    archive = dcmqrscp(files)
    said = workstation("get", at(archive), "--patient", "NOBODY", "--out", tmp_path / "out")
    assert (said.status, said.err.strip()) == (1, f"{at(archive)} has no such patient.")
    said = workstation("get", at(archive), "--out", tmp_path / "out")
    assert said.status == 2
    assert "--patient" in said.err
