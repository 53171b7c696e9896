from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from workstation.errors import NotWritable
from workstation.settings.folders import HOME_VARIABLE, folders


def test_one_home_holds_everything(tmp_path: Path) -> None:
    home = tmp_path / "portable home"
    found = folders(home)
    for path in (
        found.settings,
        found.nodes,
        found.window,
        found.library,
        found.plans,
        found.cache,
        found.logs,
    ):
        assert path.is_relative_to(home)
    assert found.config.is_dir()
    assert found.data.is_dir()
    assert found.logs.is_dir()


def test_variable_names_the_home_and_the_argument_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "variable"))
    assert folders().nodes == tmp_path / "variable" / "config" / "nodes.json"
    assert folders(tmp_path / "given").nodes == tmp_path / "given" / "config" / "nodes.json"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes")
def test_folders_are_private(tmp_path: Path) -> None:
    before = os.umask(0o000)
    try:
        found = folders(tmp_path / "given")
    finally:
        os.umask(before)
    for folder in (found.config, found.data, found.cache, found.logs):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotWritable) as caught:
        folders(tmp_path / "file")
    assert str(tmp_path / "file") in str(caught.value)


def test_the_platform_says_where_without_a_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(HOME_VARIABLE, raising=False)
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    monkeypatch.setenv("HOME", str(tmp_path))
    found = folders()
    assert found.config != found.data
    assert len({found.config, found.data, found.cache, found.logs}) == 4
