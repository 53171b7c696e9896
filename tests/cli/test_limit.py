"""A rate limit that is given on the command line."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.archives.data import uid
from tests.archives.process import Archive
from tests.cli.conftest import Said, at
from workstation.network.throttle import THROTTLES

pytestmark = pytest.mark.archives


def test_a_study_comes_no_faster(
    workstation: Callable[..., Said],
    dcmqrscp: Callable[[list[Path]], Archive],
    study: Callable[..., list[Path]],
    tmp_path: Path,
) -> None:
    archive = dcmqrscp(study(4, size=128))  # 132 kB: a second at 1 Mbit/s
    target, begun = ("--study", uid("ENG-1", "1"), "--out", tmp_path / "out"), time.monotonic()
    try:
        assert workstation("get", at(archive), *target, "--limit", 1).status == 0
    finally:
        THROTTLES.of(archive.node()).set_limit(None)  # the next archive may get the same port
    assert time.monotonic() - begun > 0.8
    assert len(list((tmp_path / "out").iterdir())) == 4
