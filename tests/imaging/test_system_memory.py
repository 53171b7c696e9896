"""How much memory there is, as the operating system itself says."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from workstation.imaging.system_memory import memory


@pytest.mark.skipif(sys.platform != "linux", reason="compares with /proc")
def test_as_the_kernel_says() -> None:
    total = re.search(r"^MemTotal: +(\d+) kB$", Path("/proc/meminfo").read_text("ascii"), re.MULTILINE)
    assert total is not None
    assert memory() == pytest.approx(int(total[1]) * 1024, rel=0.1)


def test_enough_to_run_at_all() -> None:
    assert 256 * 1024 * 1024 < memory() < 1 << 50
