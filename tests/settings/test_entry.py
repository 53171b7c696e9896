from __future__ import annotations

import subprocess
import sys

import pytest

from workstation.__main__ import wants_window


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
    ],
)
def test_the_window_is_wanted(line: str) -> None:
    assert wants_window(line.split())


@pytest.mark.parametrize(
    "line", ["find X", "--version", "-h", "--home DIR find X", "--home open find X", "-v", "--json get"]
)
def test_the_command_line_is_wanted(line: str) -> None:
    assert not wants_window(line.split())


def test_the_decision_imports_nothing_heavy() -> None:
    code = (
        "import sys, workstation.__main__\n"
        "print(sorted({'PySide6', 'numpy', 'pydicom', 'argparse'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
