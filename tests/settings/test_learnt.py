"""What was learnt about archives outlives the program, is bounded, and never in the way."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from workstation.dicom.nodes import Node
from workstation.operations.node_quirks import NodeQuirks
from workstation.settings.learnt import MOST, WEEK, ArchiveAddress, read_learnt, write_learnt

NODE = Node(name="A", ae_title="ARCHIVE", host="pacs.example", port=104)
ABOUT = {"ae_title": "ARCHIVE", "host": "pacs.example", "port": 104, "calling": "WORKSTATION"}
ONE = ArchiveAddress("ARCHIVE", "pacs.example", 104, "WORKSTATION")
FACT = "sends nothing by C-GET"


def of(moment: object, about: object = ABOUT, fact: str = FACT) -> str:
    return json.dumps({"version": 1, "archives": [{"about": about, "facts": {fact: moment}}]})


def test_it_outlives_the_process_and_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "learnt.json"
    NodeQuirks(path).offers_no_get(NODE)
    NodeQuirks(path).takes_no_lists(NODE)
    later = NodeQuirks(path)
    assert later.lacks_get(NODE)
    assert later.refuses_lists(NODE)
    assert not later.wants_few_contexts(NODE)
    if sys.platform != "win32":
        assert path.stat().st_mode & 0o777 == 0o600
    later.sent_by_get(NODE)
    assert not NodeQuirks(path).lacks_get(NODE)
    assert NodeQuirks(path).refuses_lists(NODE)


@pytest.mark.parametrize(
    "changes", [{"host": "other"}, {"port": 105}, {"ae_title": "OTHER"}, {"calling_ae_title": "US"}]
)
def test_it_is_about_that_address_and_those_titles(tmp_path: Path, changes: dict[str, object]) -> None:
    path = tmp_path / "learnt.json"
    NodeQuirks(path).offers_no_get(NODE)
    assert not NodeQuirks(path).lacks_get(replace(NODE, **changes))
    assert NodeQuirks(path).lacks_get(replace(NODE, name="Renamed", host="PACS.example"))


def test_a_week_later_it_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "learnt.json"
    for moment, known in ((time.time() - WEEK + 60, True), (time.time() - WEEK - 60, False)):
        path.write_text(of(moment))
        assert NodeQuirks(path).lacks_get(NODE) == known


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "\0" * 100,
        '{"version": 1}',
        '{"version": 1, "archives": 7}',
        '{"version": 1, "archives": [7, {}, {"about": 1, "facts": 2}]}',
        of("yesterday"),
        of(None),
        of(True),
        of(1e300),
        of(float("nan")),
        of(-5),
        of(time.time(), {**ABOUT, "port": "104"}),
        of(time.time(), {**ABOUT, "more": 1}),
        of(time.time(), fact="of another version"),
        "[" * 100_000,
    ],
)
def test_a_broken_file_is_as_good_as_none_and_is_replaced(tmp_path: Path, text: str) -> None:
    path = tmp_path / "learnt.json"
    path.write_text(text)
    quirks = NodeQuirks(path)
    assert not quirks.lacks_get(NODE)
    quirks.offers_no_get(NODE)
    assert NodeQuirks(path).lacks_get(NODE)


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "learnt.json"
    path.write_text('{"version": 9, "archives": []}')
    quirks = NodeQuirks(path)
    quirks.offers_no_get(NODE)
    assert quirks.lacks_get(NODE)
    assert path.read_text() == '{"version": 9, "archives": []}'


def test_the_oldest_go(tmp_path: Path) -> None:
    path, now = tmp_path / "learnt.json", time.time()
    many = {ArchiveAddress("A", f"host{n}", 104, "W"): {FACT: now - n} for n in range(MOST + 50)}
    write_learnt(path, many)
    found = read_learnt(path, [FACT])
    assert len(found) == MOST
    assert ArchiveAddress("A", "host0", 104, "W") in found
    assert path.stat().st_size < 100_000


def test_a_folder_that_cannot_be_written_costs_nothing(tmp_path: Path) -> None:
    quirks = NodeQuirks(tmp_path / "nowhere" / "learnt.json")
    quirks.offers_no_get(NODE)
    assert quirks.lacks_get(NODE)


def test_nothing_of_a_patient_is_written(tmp_path: Path) -> None:
    path = tmp_path / "learnt.json"
    quirks = NodeQuirks(path)
    quirks.sent_gb18030(NODE, b"DOE^JOHN")
    quirks.found_in_capitals(NODE)
    assert not path.exists()
    quirks.refuses_optional_keys(NODE)
    assert set(json.loads(path.read_text())["archives"][0]) == {"about", "facts"}
