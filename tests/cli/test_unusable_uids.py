"""What an archive tells under UIDs that are none: said, counted, asked for where that is possible."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Said
from tests.peers.answering import Answering, image, series, study
from tests.peers.peer import Server
from tests.peers.wire import image as ct

Call = Callable[..., Said]
STUDY = b"1.2.3"


def at(server: Server) -> str:
    return f"SCRIPTED@127.0.0.1:{server.port}"


def archive(**objects: bytes) -> Answering:
    def images(question: bytes) -> list[bytes]:
        return [] if b"LOCALIZER" in question else [image(b"1.2.3.1.1", STUDY, b"1.2.3.1")]

    return Answering(
        study=[study(STUDY), study(b"1.2.*", images=b"5")],
        series=[series(b"LOCALIZER1.2.3", STUDY, b"3"), series(b"1.2.3.1", STUDY, b"1")],
        image=images,
        objects={"1.2.3.1.1": ct("1.2.3.1.1")},
    )


def test_find_says_how_many_answers_have_one(workstation: Call) -> None:
    with Server(archive().play) as server:
        keys = ["--level", "series", "-k", "StudyInstanceUID=1.2.3", "-k", "SeriesInstanceUID"]
        said = workstation("find", at(server), *keys)
    assert said.status == 0
    assert "LOCALIZER1.2.3" in said.out
    assert said.err.splitlines() == ["2 answers.", "1 of these answers has an invalid UID."]


def test_get_misses_what_was_told_of(workstation: Call, tmp_path: Path) -> None:
    with Server(archive().play) as server:
        said = workstation("get", at(server), "--study", "1.2.3", "--out", tmp_path, "--json")
        heard = workstation("get", at(server), "--study", "1.2.3", "--out", tmp_path)
    last = said.objects[-1]
    assert (said.status, last["state"], last["verified"]) == (1, "partial", False)
    assert (last["expected"], last["received"]) == (4, 1)
    assert heard.status == 1
    assert heard.out.startswith("Partial: 1 of 4 objects here")


def test_a_whole_patient_names_the_study_that_is_missing(workstation: Call, tmp_path: Path) -> None:
    with Server(archive().play) as server:
        said = workstation("get", at(server), "--patient", "P1", "--out", tmp_path, "--json")
    last = said.objects[-1]
    assert (said.status, last["state"], last["expected"]) == (1, "partial", 9)
    assert last["missing"] == ["1.2.*"]
    assert "Its Study Instance UID" in last["failed"][0]["reason"]


def test_a_whole_patient_says_how_many_answers_are_about_others(workstation: Call, tmp_path: Path) -> None:
    others = [
        study(b"1.2.7", patient=b"P17"),
        study(b"1.2.8", patient=b"0P1"),
        study(b"1.2.9", patient=b"p1"),
    ]
    peer = Answering(study=[study(STUDY), *others])
    with Server(peer.play) as server:
        said = workstation("get", at(server), "--patient", "P1", "--out", tmp_path)
    assert "3 answers do not look like “P1”: not fetched." in said.err.splitlines()
    assert not [asked for asked in peer.asked if b"1.2.7" in asked]


def test_a_value_that_is_none_can_be_asked_for_by_name(workstation: Call, tmp_path: Path) -> None:
    peer = archive()
    with Server(peer.play) as server:
        series_of = ["--study", "1.2.3", "--series", "LOCALIZER1.2.3"]
        said = workstation("get", at(server), *series_of, "--out", tmp_path, "--json")
        refused = workstation("get", at(server), "--study", "1.2.*", "--out", tmp_path)
    assert said.objects[-1]["expected"] == 3
    assert any(b"LOCALIZER1.2.3" in asked for asked in peer.asked)
    assert refused.status == 2
    assert not any(b"*" in asked for asked in peer.asked)
