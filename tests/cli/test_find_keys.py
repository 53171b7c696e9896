"""Keys go out as they are typed, and once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cli.conftest import Said
from tests.peers.name_matching import LiteralArchive
from tests.peers.peer import Server


@pytest.mark.parametrize("key", ["doe john", "Müller*", "王小东", "DOE^JOHN", '"doe"'])
def test_a_name_that_finds_nothing_is_asked_for_once(workstation: Callable[..., Said], key: str) -> None:
    archive = LiteralArchive({"Nobody^Else": "20200101"})
    with Server(archive.play) as server:
        node = f"ARCHIVE@127.0.0.1:{server.node().port}"
        said = workstation("find", node, "--level", "study", "-k", f"PatientName={key}")
    assert said.status == 0
    assert archive.keys == [key]
