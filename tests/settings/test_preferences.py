from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from workstation.dicom.nodes import Tls
from workstation.dicom.person_names import NameGroup, NameOrder
from workstation.errors import BadInput, NotWritable, TooNew, Unreadable
from workstation.settings.list_layout import ListLayout
from workstation.settings.preferences import Preferences, Theme, load_preferences, save_preferences


def test_defaults_people_know(tmp_path: Path) -> None:
    found = load_preferences(tmp_path / "settings.json")
    assert found == Preferences()
    assert (found.ae_title, found.port) == ("WORKSTATION", 11112)


def test_round_trip(tmp_path: Path) -> None:
    wanted = Preferences(
        ae_title="READING-3",
        port=4242,
        library=str(tmp_path / "Bücher"),
        theme=Theme.DARK,
        address="127.0.0.1",
        listen_always=True,
        accept_from=("CT 1", "MR@10.0.0.5"),
        join_pushes=False,
        resume_fetches=True,
        one_of_each=True,
        search_limit=20_000,
        list_layout=ListLayout.DAY,
        name_order=NameOrder.GIVEN_FIRST,
        name_group=NameGroup.PHONETIC,
        station="CT 1",
        only_station=True,
        own_periods=("last 3w", "since yesterday 18:00", "2024-01..2024-03"),
    )
    save_preferences(tmp_path / "settings.json", wanted)
    assert load_preferences(tmp_path / "settings.json") == wanted


def test_the_passphrase_of_a_key_is_not_written(tmp_path: Path) -> None:
    locked = Tls(certificate="/keys/c.pem", key="/keys/k.pem", passphrase="sesame")
    path = tmp_path / "settings.json"
    save_preferences(path, Preferences(listener_tls=locked))
    assert "passphrase" not in path.read_text()
    assert load_preferences(path) == Preferences(listener_tls=replace(locked, passphrase=None))


def test_a_file_of_fewer_fields_takes_defaults_for_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"version": 1, "port": 104}')
    assert load_preferences(path) == Preferences(port=104)


@pytest.mark.parametrize(
    "text",
    [
        '{"version": 1, "port": 0}',
        '{"version": 1, "theme": "pink"}',
        '{"version": 4, "search_limit": 99}',
        '{"version": 4, "own_periods": ["Doe"]}',
        '{"version": 4, "own_periods": "today"}',
        '{"version": 2, "accept_from": "CT"}',
        '{"version": 2, "accept_from": [7]}',
        '{"version": 2, "accept_from": ["SEVENTEEN LETTERS"]}',
        '{"version": 2, "accept_from": ["CT@"]}',
        '{"version": 2, "accept_from": ["@10.0.0.5"]}',
        '{"version": 2, "accept_from": ["CT@two words"]}',
        '{"version": 2, "address": "everywhere"}',
        '{"version": 2, "listen_always": 1}',
        "{",
    ],
)
def test_a_broken_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(text)
    with pytest.raises(Unreadable, match=r"settings\.json"):
        load_preferences(path)


def test_a_file_of_version_1_is_upgraded_when_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    text = '{"version": 1, "ae_title": "ME", "port": 104, "library": "/l", "theme": "dark"}'
    path.write_text(text)
    found = load_preferences(path)
    assert found == Preferences(ae_title="ME", port=104, library="/l", theme=Theme.DARK)
    assert path.read_text() == text
    save_preferences(path, found)
    assert '"version": 4' in path.read_text()
    assert load_preferences(path) == found


def test_a_newer_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"version": 9}')
    with pytest.raises(TooNew):
        load_preferences(path)


def test_values_are_checked_when_made() -> None:
    with pytest.raises(BadInput):
        Preferences(ae_title="")
    with pytest.raises(BadInput):
        Preferences(port=70000)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "settings.json")
    with pytest.raises(Unreadable, match="it is no file"):
        load_preferences(tmp_path / "settings.json")


@pytest.mark.parametrize(
    "change",
    [{"port": 10**400}, {"library": "/\udc80"}, {"library": "/" * 70_000}, {"theme": "\ud800"}],
)
def test_strange_values_are_refused_in_a_message(tmp_path: Path, change: dict[str, object]) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"version": 2} | change))
    with pytest.raises(Unreadable, match=r"settings\.json") as caught:
        load_preferences(path)
    str(caught.value).encode()


def test_what_is_not_text_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    save_preferences(path, Preferences())
    with pytest.raises(NotWritable, match=r"settings\.json"):
        save_preferences(path, Preferences(library="/\udc80"))
    assert load_preferences(path) == Preferences()


def test_a_file_that_lists_studies_by_themselves_still_does(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"version": 4, "flat_list": true}')
    assert load_preferences(path).list_layout is ListLayout.FLAT
    save_preferences(path, load_preferences(path))
    assert "flat_list" not in path.read_text()
    assert load_preferences(path).list_layout is ListLayout.FLAT
    path.write_text('{"version": 4, "flat_list": false}')
    assert load_preferences(path).list_layout is ListLayout.TREE
    path.write_text('{"version": 4, "flat_list": 1}')
    with pytest.raises(Unreadable, match="flat_list"):
        load_preferences(path)


def test_a_layout_that_is_chosen_goes_before_an_old_one(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"version": 4, "flat_list": true, "list_layout": "day"}')
    assert load_preferences(path).list_layout is ListLayout.DAY
