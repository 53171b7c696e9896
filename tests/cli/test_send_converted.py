"""``send`` tells what it converted, and what it did not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Said

pytestmark = pytest.mark.archives
Call = Callable[..., Said]


def test_what_was_converted_is_told(workstation: Call, storescp, study, mixed_study, tmp_path: Path) -> None:
    node = f"S@127.0.0.1:{storescp(tmp_path / 'in', '+xi').port}"
    [file] = study(1)
    human = workstation("send", node, file)
    assert (human.status, human.out.partition(" objects")[0]) == (0, "Complete, not verified: 1 of 1")
    told = f"{file.name}: it was sent in Implicit VR Little Endian: the archive does not accept Explicit"
    assert told in human.err
    said = workstation("send", node, *mixed_study, "--json").objects[-1]
    assert (said["state"], len(said["failed"]), len(said["remarks"])) == ("partial", 4, 7)
    said = workstation("send", node, *mixed_study, "--decode-lossy", "--json").objects[-1]
    assert (said["state"], said["failed"], len(said["remarks"])) == ("complete", [], 11)
