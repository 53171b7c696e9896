"""``find`` by halves of a period, and with extended negotiation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.archives import data
from tests.cli.conftest import Said, at
from tests.peers.limited import Limited, Limits, daily
from tests.peers.peer import Server
from workstation.operations.node_quirks import NodeQuirks
from workstation.settings.folders import folders

Call = Callable[..., Said]
STUDIES = ("--level", "study", "-k", "StudyInstanceUID")


def find(workstation: Call, server: Server, *more: object) -> Said:
    return workstation("find", f"SCRIPTED@127.0.0.1:{server.port}", *STUDIES, *more, "--json")


def last(said: Said) -> dict[str, Any]:
    return said.objects[-1]


@pytest.mark.parametrize("final", [0, 0xFE00, 0xA700])
def test_all_answers_of_an_archive_that_limits_them(workstation: Call, final: int) -> None:
    held = daily(400, per_day=3)
    archive = Limited(held, Limits(100, final))
    with Server(archive.play) as server:
        said = find(workstation, server, "--split-by-date")
    uids = [answer["0020000D"]["Value"][0] for answer in said.answers]
    assert sorted(uids) == sorted(one.uid for one in held)
    end = last(said)
    assert (said.status, end["state"], end["whole"]) == (0, "complete", True)
    assert end["verdict"] == "Whole, except studies without a date."
    assert end["queries"] == len(archive.queries)
    assert len(archive.requests) == 1


def test_what_cannot_be_split_is_not_whole(workstation: Call) -> None:
    with Server(Limited(daily(300), Limits(100, ignored=["date"])).play) as server:
        said = find(workstation, server, "--split-by-date")
    assert (said.status, last(said)["state"], last(said)["whole"]) == (1, "partial", False)
    assert "does not limit its answers to the dates asked for" in said.errors[0]["error"]


def test_the_period_typed_is_the_one_that_is_split(workstation: Call) -> None:
    archive = Limited(daily(600), Limits(100))
    with Server(archive.play) as server:
        said = find(workstation, server, "--split-by-date", "-k", "StudyDate=20251001-20260131")
    assert len(said.answers) == 123
    assert archive.queries[0][0x00080020] == "20251001-20260131"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--level", "series", "-k", "StudyInstanceUID=1.2"), "only studies can be split by date"),
        (("--level", "study", "-k", "StudyTime=10-12"), "cannot be limited to times"),
        (("--level", "study", "-k", "StudyDate=2026.01.01"), "give a day or a range"),
        (("--level", "study", "-k", "StudyDate=20260231"), "give a day or a range"),
    ],
)
def test_what_is_no_search_for_studies_by_date(
    workstation: Call, arguments: tuple[str, ...], words: str
) -> None:
    said = workstation("find", "A@127.0.0.1:9", *arguments, "--split-by-date")
    assert said.status == 2
    assert words in said.err


def test_a_number_that_is_known_for_a_limit_is_said_to_be_perhaps_not_all(
    workstation: Call, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    with Server(Limited(daily(300), Limits(100)).play) as server:
        said = find(workstation, server, "--home", home)
        assert (said.status, last(said)["state"]) == (0, "complete")
        quirks = NodeQuirks(folders(home).learnt)
        node = server.node(name="")
        assert [quirks.seems_limited(node, 100) for _ in range(2)] == [False, True]
        said = find(workstation, server, "--home", home)
        assert (said.status, last(said)["state"]) == (1, "partial")
        assert said.errors[0]["error"].startswith("Perhaps not all: SCRIPTED@")


@pytest.mark.archives
def test_relational_queries_where_the_node_agrees(workstation: Call, pynetdicom_scp, dcmqrscp, study) -> None:
    """A series by its UID alone; dcmqrscp answers no extended negotiation, and says what it thinks of it."""
    files = study(2, series=2)
    series = data.uid("ENG-1", "1", 2)
    asked = ("--level", "series", "-k", f"SeriesInstanceUID={series}", "-k", "SeriesNumber", "--relational")
    agreeing = workstation("find", at(pynetdicom_scp(files)), *asked, "--json")
    assert (agreeing.status, len(agreeing.answers), agreeing.err) == (0, 1, "")
    declining = workstation("find", at(dcmqrscp(files)), *asked, "--json")
    assert declining.status == 1
    other = workstation("find", at(pynetdicom_scp(files)), *STUDIES, "--fuzzy-names", "--time-zone", "--json")
    assert other.status == 0
    said = [error["warning"] for error in other.errors]
    assert [warning.rpartition(" ")[2] for warning in said] == ["--fuzzy-names.", "--time-zone."]
