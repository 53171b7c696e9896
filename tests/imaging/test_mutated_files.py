"""pydicom's sample files with random damages, opened by a child: it outlives them, nothing else comes out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


def check(first: int, count: int, seconds: float) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.imaging.mutated", str(first), str(count)],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=seconds, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"ended with {done.returncode} at {done.stderr[-3000:]}"
    told = json.loads(done.stdout)
    assert told["unexpected"] == {}, (
        "the numbers of the first damages: python -m tests.imaging.mutated NUMBER 1"
    )
    assert sum(told["found"].values()) == count
    assert {"shown", "refused", "a card"} <= told["found"].keys()


def test_three_hundred_damaged_files() -> None:
    check(0, 300, 100)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_ten_thousand_damaged_files() -> None:
    check(1000, 10_000, 3500)
