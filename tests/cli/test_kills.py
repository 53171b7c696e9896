"""The program itself is killed: what it acknowledged is there, and a person can make sure of it."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable

import pytest

from tests.cli.conftest import Program, Said
from tests.peers import wire
from tests.peers.peer import client
from workstation.settings.folders import folders

pytestmark = pytest.mark.skipif(os.name == "nt", reason="nobody can be killed so there")


def test_killed_listener(
    workstation: Callable[..., Said],
    program: Callable[..., Program],
    free_port: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    listener = program("listen", "--json", "--port", free_port())
    port = json.loads(listener.wait_for("listening"))["port"]
    acknowledged = []
    with client(port) as talk:
        talk.propose({1: (wire.CT, wire.EXPLICIT)}, called=b"WORKSTATION")
        for number in range(1, 8):
            uid = f"1.2.3.{number}"
            talk.send(wire.store(1, number, uid, wire.image(uid, 5000)))
            if talk.message(wire.STORE_RQ | wire.RESPONSE).number(wire.STATUS) == 0:
                acknowledged.append(uid)
        talk.send(wire.store(1, 8, "1.2.3.8", wire.image("1.2.3.8", 5000))[:3000])
        listener.interrupt(signal.SIGKILL)
        assert listener.end().status == -signal.SIGKILL
    assert len(acknowledged) == 7
    said = workstation("verify", "--repair", "--json")
    assert said.status == 0
    assert (said.objects[-1]["files"], said.objects[-1]["flaws"]) == (7, 0)
    for uid in acknowledged:
        file = folders().library / "1.2.3" / f"{uid}.dcm"
        assert file.read_bytes().endswith(wire.image(uid, 5000))
    assert list((folders().library / "incoming").iterdir()) == []
    assert workstation("verify").out.endswith("all in order.\n")
