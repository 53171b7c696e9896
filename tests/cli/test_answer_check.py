"""A search typed in one line says when an archive answered what was not asked for, or told too little."""

from __future__ import annotations

from collections.abc import Callable

from tests.cli.conftest import Said
from tests.peers.limited import Held, Limited
from tests.peers.listed import Kept, Listed, Manners
from tests.peers.peer import Server


def test_what_does_not_fit_is_printed_and_counted(workstation: Callable[..., Said]) -> None:
    archive = Listed([Kept("1.2.1", "P1"), Kept("1.2.2", "P2")], Manners(ignores=True))
    with Server(archive.play) as server:
        said = workstation("find", f"A@127.0.0.1:{server.node().port}", "id:P1")
    assert "1.2.1" in said.out
    assert "1.2.2" in said.out
    assert "1 of these does not look like what was typed (patient_id)" in said.err


def test_what_could_not_be_checked_is_counted(workstation: Callable[..., Said]) -> None:
    archive = Limited([Held("1.2.1", "20260317"), Held("1.2.2", "20260318")])
    with Server(archive.play) as server:
        said = workstation("find", f"A@127.0.0.1:{server.node().port}", "ref:house")
    assert "ReferringPhysicianName could not be checked for 2" in said.err


def test_nothing_is_said_where_all_fits(workstation: Callable[..., Said]) -> None:
    with Server(Listed([Kept("1.2.1", "P1")]).play) as server:
        said = workstation("find", f"A@127.0.0.1:{server.node().port}", "id:P1")
    assert "typed" not in said.err
    assert "checked" not in said.err
