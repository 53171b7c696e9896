from __future__ import annotations

import gc
import re
import subprocess
import sys
from pathlib import Path

import pytest

from workstation.__main__ import main, wants_window
from workstation.cli.arguments import BadUsage
from workstation.cli.main import _COMMANDS, command_name, parse
from workstation.cli_commands import COMMANDS


@pytest.mark.parametrize(
    "line",
    [
        "",
        "--demo",
        "--home DIR",
        "--home=DIR",
        "--quit-after-ms 5",
        "--demo --home DIR --quit-after-ms=9",
        "open a b",
        "--home find open x",
        "open --home DIR x",
        "--home DIR .",
        ". ..",
    ],
)
def test_the_window_is_wanted(line: str) -> None:
    assert wants_window(line.split())


@pytest.mark.parametrize(
    "line",
    [
        "find X",
        "--version",
        "-h",
        "--home DIR find X",
        "--home open find X",
        "-v",
        "--json get",
        "selftest",
        "--home DIR selftest",
        "nonsense",
    ],
)
def test_the_command_line_is_wanted(line: str) -> None:
    assert not wants_window(line.split())


def test_a_command_goes_before_a_file_of_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert {"open", "selftest", *(command_name(each) for each in _COMMANDS)} == COMMANDS
    monkeypatch.chdir(tmp_path)
    for name in COMMANDS - {"open"}:
        (tmp_path / name).mkdir()
        assert not wants_window([name])


def test_the_decision_imports_nothing_heavy() -> None:
    code = (
        "import sys, workstation.__main__\n"
        "print(sorted({'PySide6', 'numpy', 'pydicom', 'argparse'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "arguments",
    [["/not/there"], ["--home", "DIR", "not-there.dcm"], ["-v", ".\\not there"], ["--json", "../not-there"]],
)
def test_a_path_that_is_not_there_is_no_unknown_command(arguments: list[str]) -> None:
    assert not wants_window(arguments)
    words = f"{arguments[-1]}: there is no such file or folder. See “workstation --help”."
    with pytest.raises(BadUsage, match=re.escape(words)):
        parse(arguments)


def test_the_end_of_a_command_looks_for_no_garbage(monkeypatch: pytest.MonkeyPatch) -> None:
    """The interpreter would look through all that is loaded, which takes a tenth of a second."""
    monkeypatch.setattr(sys, "argv", ["workstation", "find", "--no-such-option"])
    try:
        assert main() == 2
        assert gc.get_freeze_count()
    finally:
        gc.unfreeze()
