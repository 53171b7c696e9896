"""searches.json: what the user saved, and what is done with a file that cannot be read."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from workstation.dicom.levels import Level
from workstation.dicom.saved_search import SavedSearch
from workstation.errors import BadInput, StoreError, TooNew, Unreadable
from workstation.settings.searches import load_searches, save_searches, set_aside

SEARCHES = (
    SavedSearch(name="Today’s CT", line="mod:CT today", at_start=True),
    SavedSearch(name="王小东", line="name:王小东", sources=("A", "library")),
    SavedSearch(name="Patients", line="name:doe", level=Level.PATIENT, sources=()),
)


def test_they_are_read_as_they_were_written_and_by_their_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "searches.json"
    assert load_searches(path) == ()
    save_searches(path, SEARCHES)
    assert load_searches(path) == SEARCHES
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_field_that_is_missing_has_its_default(tmp_path: Path) -> None:
    path = tmp_path / "searches.json"
    path.write_text('{"version": 1, "searches": [{"name": "A"}]}')
    assert load_searches(path) == (SavedSearch(name="A"),)


@pytest.mark.parametrize(
    "content",
    [
        "nonsense",
        "[]",
        '{"version": 1}',
        '{"version": 1, "searches": {}}',
        '{"version": 1, "searches": [{"name": ""}]}',
        '{"version": 1, "searches": [{"name": "A"}, {"name": "a"}]}',
        '{"version": 1, "searches": [{"name": "A", "level": "SERIES"}]}',
        '{"version": 1, "searches": [{"name": "A", "sources": "B"}]}',
        '{"version": 1, "searches": [{"name": "A", "at_start": 1}]}',
        '{"version": 1, "searches": [{"name": "A", "colour": "red"}]}',
        '{"version": 1, "searches": [' + ",".join(f'{{"name": "{n}"}}' for n in range(101)) + "]}",
    ],
)
def test_a_broken_file_is_named_and_left_alone(tmp_path: Path, content: str) -> None:
    path = tmp_path / "searches.json"
    path.write_text(content)
    with pytest.raises(Unreadable, match=r"searches\.json"):
        load_searches(path)
    assert path.read_text() == content


def test_a_newer_file_is_said_to_be_newer(tmp_path: Path) -> None:
    path = tmp_path / "searches.json"
    path.write_text(json.dumps({"version": 9, "searches": []}))
    with pytest.raises(TooNew):
        load_searches(path)


def test_what_is_set_aside_replaces_nothing(tmp_path: Path) -> None:
    path = tmp_path / "searches.json"
    for content in ("first", "second"):
        path.write_text(content)
        aside = set_aside(path)
        assert aside.read_text() == content
        assert not path.exists()
    assert len(list(tmp_path.glob("searches-*.json"))) == 2
    with pytest.raises(StoreError):
        set_aside(path)


def test_names_that_are_not_distinct_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        save_searches(tmp_path / "searches.json", (SEARCHES[0], SEARCHES[0]))
    assert not (tmp_path / "searches.json").exists()
