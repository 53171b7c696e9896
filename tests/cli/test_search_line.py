"""``workstation find NODE "doe ct last 2w"``: the words of the window's search line as keys."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cli.conftest import Said, at
from tests.peers.answering import Answering, study
from tests.peers.peer import Server


def asked(workstation: Callable[..., Said], *arguments: str) -> tuple[Said, list[bytes]]:
    archive = Answering(study=[study(b"1.2.3")])
    with Server(archive.play) as server:
        said = workstation("find", f"ARCHIVE@127.0.0.1:{server.node().port}", *arguments)
    return said, archive.asked


def test_words_become_keys_beside_those_of_k(workstation: Callable[..., Said]) -> None:
    line = "doe j ct mr 2024-01-05.. acc:A1 ref:house"
    said, [question] = asked(workstation, line, "-k", "PatientComments=urgent")
    assert said.status == 0
    for value in (b"doe*^j*", b"CT\\MR", b"20240105-", b"A1", b"house*", b"urgent", b"STUDY"):
        assert value in question, value


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["4711"], "id:"),
        (["nonsense:x"], "keyword"),
        (["body:knee"], "--level series"),
        (["doe", "--level", "series"], "-k"),
        (["doe", "--model", "worklist"], "-k"),
        (["2024-01-01T18:00..2024-01-02T08:00"], "--combined-times"),
        (["2024-01-01..2024-01-02 8-12", "--combined-times"], "hours of each day"),
    ],
)
def test_what_cannot_be_asked_is_said_before_a_connection(
    workstation: Callable[..., Said], arguments: list[str], hint: str
) -> None:
    said, questions = asked(workstation, *arguments)
    assert said.status == 2
    assert hint in said.err
    assert questions == []


def test_a_span_with_times_that_is_not_agreed_to_is_said(workstation: Callable[..., Said]) -> None:
    said, [question] = asked(workstation, "2024-01-01T18:00..2024-01-02T08:00", "--combined-times")
    assert b"180000-080000" in question
    assert "studies may be missing" in said.err
    assert said.status == 1
    said, [question] = asked(workstation, "2024-01-01T18:00..2024-01-01T20:00")
    assert b"180000-200000" in question
    assert said.status == 0


@pytest.mark.archives
def test_a_real_archive(workstation: Callable[..., Said], orthanc, patients) -> None:
    said = workstation("--json", "find", at(orthanc(patients)), "doe ct")
    assert [answer["00100020"]["Value"] for answer in said.answers] == [["ENG-1"]]
