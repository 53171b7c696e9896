"""``workstation history``: studies of one patient in several archives, and who is perhaps the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.archives import data
from tests.archives.process import Archive
from tests.cli.conftest import Said, at

Call = Callable[..., Said]
Start = Callable[..., Archive]

DOE = ("--patient", "ENG-1", "--name", "DOE^JOHN", "--birth-date", "19600102")


@pytest.mark.archives
def test_two_archives(workstation: Call, dcmqrscp: Start, orthanc: Start, tmp_path: Path) -> None:
    one = dcmqrscp(data.study(tmp_path / "1", 1))
    other = orthanc(
        [
            *data.study(tmp_path / "2", 1, key="2"),
            *data.study(tmp_path / "3", 1, patient=replace(data.DOE, id="ELSEWHERE")),
            *data.study(tmp_path / "4", 1, patient=data.WANG),
        ]
    )
    said = workstation("history", at(one), at(other), *DOE, "--json")
    *studies, last = said.objects
    assert said.status == 0
    assert last == {"state": "complete", "studies": 3}
    told = {study["study_instance_uid"]: (study["agreement"], study["differences"]) for study in studies}
    assert told == {
        str(data.uid("ENG-1", "1")): ("same", []),
        str(data.uid("ENG-1", "2")): ("same", []),
        str(data.uid("ELSEWHERE", "1")): ("perhaps", ["other patient ID: ELSEWHERE"]),
    }
    said = workstation("history", at(other), "--patient", " ENG-1 ", *DOE[2:])
    assert "  same patient\n" in said.out
    assert "  perhaps the same patient (other patient ID: ELSEWHERE)\n" in said.out
    assert "  1 image  " in said.out
    assert said.err == "2 studies, 1 of them perhaps of the same patient.\n"
    said = workstation("history", at(other), "--patient", "*")
    assert (said.status, said.out, said.err) == (0, "", "0 studies.\n")


@pytest.mark.archives
def test_one_that_fails_does_not_hide_the_other(
    workstation: Call, dcmqrscp: Start, tmp_path: Path, free_port: Callable[[], int]
) -> None:
    one = dcmqrscp(data.study(tmp_path, 1))
    said = workstation("history", f"GONE@127.0.0.1:{free_port()}", at(one), *DOE, "--json")
    assert said.status == 1
    assert "Nothing listens" in said.errors[0]["error"]
    assert [entry.get("agreement") for entry in said.objects] == ["same", None]
    assert said.objects[-1]["state"] == "partial"


@pytest.mark.parametrize("options", [(), ("--name", "DOE"), ("--patient", "7", "--birth-date", "1.1.60")])
def test_too_little_is_bad_usage(workstation: Call, options: tuple[str, ...]) -> None:
    assert workstation("history", "A@127.0.0.1:104", *options).status == 2
