"""``find --list``: a row for each entry of a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Said
from tests.peers.listed import Kept, Listed, Manners
from tests.peers.peer import Server

Call = Callable[..., Said]

KEPT = [
    Kept("1.2.1", "0042", "A1"),
    Kept("1.2.2", "0042", "A2"),
    Kept("1.2.3", "P2", "A3", name="=Doe^John"),
]


def rows(said: Said) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(said.out)))


def find(workstation: Call, server: Server, *arguments: object) -> Said:
    return workstation("find", f"SCRIPTED@127.0.0.1:{server.port}", *arguments)


def test_a_row_for_each_entry(workstation: Call, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("0042\nP2\nP9\n\nP2\n")
    with Server(Listed(KEPT).play) as server:
        said = find(workstation, server, "--list", tmp_path / "list.txt", "--list-key", "PatientID")
    assert said.status == 0
    assert [(row["entry"], row["state"], row["study_instance_uid"]) for row in rows(said)] == [
        ("0042", "several", "1.2.1"),
        ("0042", "several", "1.2.2"),
        ("P2", "one", "1.2.3"),
        ("P9", "not found", ""),
    ]
    assert rows(said)[2]["patient_name"] == "'=Doe^John"
    assert "1 repeated and left out, 1 empty and left out" in said.err


def test_json(workstation: Call, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("Accession number;Comment\nA3;x\nA9;y\n", "utf-16")
    with Server(Listed(KEPT).play) as server:
        said = find(
            workstation, server, "--json", "--list", tmp_path / "list.csv", "--list-key", "AccessionNumber"
        )
    assert said.status == 0
    first, second, last = said.objects
    assert (first["entry"], first["state"], first["line"]) == ("A3", "one", 2)
    assert [one["study_instance_uid"] for one in first["studies"]] == ["1.2.3"]
    assert (second["state"], second["studies"]) == ("not found", [])
    assert last == {"state": "complete", "entries": 2, "one": 1, "not found": 1}


@pytest.mark.parametrize("column", ["2", "Number", "number"])
def test_a_column_by_number_or_title(workstation: Call, tmp_path: Path, column: str) -> None:
    (tmp_path / "list.csv").write_text("Patient name,Number\nDoe,A1\nRoe,A2\n")
    with Server(Listed(KEPT).play) as server:
        said = find(
            workstation, server, "--list", tmp_path / "list.csv", "--list-key", "AccessionNumber",
            "--list-column", column,
        )  # fmt: skip
    assert [row["entry"] for row in rows(said)] == ["A1", "A2"]


def test_an_archive_that_dies_leaves_the_rest_unasked(workstation: Call, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("A1\nA*\nA2\nA3\nA4\n")
    with Server(Listed(KEPT, Manners(dies_after=2)).play) as server:
        said = find(workstation, server, "--list", tmp_path / "list.txt", "--list-key", "AccessionNumber")
    assert said.status == 1
    states = [(row["entry"], row["state"]) for row in rows(said)]
    assert states == [
        ("A1", "one"), ("A*", "invalid"), ("A2", "one"), ("A3", "not asked"), ("A4", "not asked"),
    ]  # fmt: skip
    assert "aborted" in said.err


def test_an_entry_that_cannot_be_asked_for_is_told_and_fails(workstation: Call, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("A1\nA?\n")
    archive = Listed(KEPT)
    with Server(archive.play) as server:
        said = find(workstation, server, "--list", tmp_path / "list.txt", "--list-key", "AccessionNumber")
    assert said.status == 1
    assert archive.queries == ["A1"]
    assert "wildcard" in rows(said)[1]["reason"]


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--list", "FILE"], "--list-key"),
        (["--list-key", "PatientID"], "--list"),
        (["--list", "FILE", "--list-key", "PatientID", "-k", "PatientName=X"], "-k"),
        (["--list", "FILE", "--list-key", "PatientID", "--level", "series"], "series"),
        (["--list", "FILE", "--list-key", "PatientID", "--list-column", "3"], "3"),
        (["--list", "FILE", "--list-key", "PatientID", "--list-column", "Name"], "Name"),
        (["--list", "FILE", "--list-key", "PatientID"], "--list-column"),
        (["--list", "FILE", "--list-key", "Modality"], "Modality"),
    ],
)
def test_bad_usage(workstation: Call, tmp_path: Path, arguments: list[str], part: str) -> None:
    path = tmp_path / "list.csv"
    path.write_text("1,x\n2,y\n")
    said = workstation("find", "PACS@127.0.0.1:1", *(path if one == "FILE" else one for one in arguments))
    assert said.status == 2
    assert part in said.err
    assert not said.out
