"""What is printed for a program, and that nobody waits for a reader while objects arrive."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Program, Said
from tests.network.scripts import STORE
from tests.peers import wire
from tests.peers.peer import PATIENCE, client
from workstation.cli import background_writer
from workstation.cli.background_writer import BackgroundWriter
from workstation.cli.output import Output
from workstation.dicom.nodes import Node
from workstation.settings.folders import folders
from workstation.settings.nodes import save_nodes
from workstation.stop import Stop

OBEYED = {
    "C1 CSI": "\x9b31m",
    "DEL": "\x7f",
    "escape": "\x1b[2J",
    "next line": "\x85",
    "right-to-left override": "\u202e",
    "isolate": "\u2066",
    "zero width": "\u200b",
    "line separator": "\u2028",
    "tag": "\U000e0041",
    "half a surrogate pair": "\ud800",
}


@pytest.mark.parametrize("mark", OBEYED.values(), ids=OBEYED.keys())
def test_what_a_terminal_would_obey_is_escaped(capsys: pytest.CaptureFixture[str], mark: str) -> None:
    output = Output(Stop(), json=True)
    for say in (output.value, output.error, output.warn):
        say(f"Größe 大学 {mark}")
    said = capsys.readouterr()
    said_so: str | dict[str, object]
    for line in (said.out + said.err).splitlines():
        assert line.isprintable()
        assert "大学" in line
        said_so = json.loads(line)
        assert mark in (said_so if isinstance(said_so, str) else "".join(map(str, said_so.values())))
    assert len((said.out + said.err).splitlines()) == 3


@pytest.mark.parametrize("options", [["--json"], []], ids=["for programs", "for people"])
@pytest.mark.parametrize("redirected", [False, True], ids=["standard output", "both"])
def test_who_does_not_read_stalls_no_association(
    tmp_path: Path, free_port: Callable[[], int], options: list[str], redirected: bool
) -> None:
    """A pipe holds 64 KiB; twice as much is said, and then it ends all the same."""
    port = free_port()
    stdout, unread = os.pipe()
    listening = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "workstation",
            "listen",
            "--port",
            str(port),
            "--out",
            str(tmp_path),
            *options,
        ],
        stdin=subprocess.DEVNULL,
        stdout=unread,
        stderr=unread if redirected else subprocess.PIPE,
    )
    os.close(unread)
    first = stdout if redirected or options else listening.stderr.fileno()
    assert b"istening" in os.read(first, 100)
    count = 700 if options else 1500
    with client(port) as talk:
        talk.propose({1: STORE})
        for number in range(count):
            uid = f"1.2.{number}.{'1' * 40}"
            talk.send(wire.store(1, number % 65535 + 1, uid, wire.image(uid)))
            assert talk.message().number(wire.STATUS) == 0
        talk.release()
    listening.terminate()
    try:
        _, said = listening.communicate(timeout=PATIENCE)
    finally:
        listening.kill()
        os.close(stdout)
    assert listening.returncode == 130
    assert len(list(tmp_path.glob("*.dcm"))) == count
    if not redirected:
        assert b"lines were not written: the reader did not take them." in said


def test_a_slow_reader_gets_every_line() -> None:
    read: list[str] = []
    slow = threading.Event()

    def write(text: str) -> None:
        slow.wait(0.01)
        read.append(text)

    writing = BackgroundWriter(write)
    for number in range(50):
        writing.put(str(number))
    assert writing.close() == 0
    assert read == [str(number) for number in range(50)]


def test_what_nobody_reads_is_bounded_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background_writer, "TIMEOUT", 0.05)
    reading = threading.Event()
    writing = BackgroundWriter(lambda text: reading.wait(PATIENCE) and None, most=10)
    for number in range(25):
        writing.put(str(number))
    assert writing.close() == 25
    reading.set()
    writing._thread.join(PATIENCE)


def test_listen_takes_from_whom_it_is_told(
    program: Callable[..., Program], tmp_path: Path, free_port: Callable[[], int]
) -> None:
    save_nodes(folders().nodes, [Node(name="Archive", ae_title="ARCHIVE", host="127.0.0.1", port=104)])
    port = free_port()
    senders = ("--from", "CT1", "--from", "MR1@127.0.0.1", "--from", "US1@192.0.2.1")
    listening = program("listen", "--json", "--port", port, "--out", tmp_path / "in", *senders)
    listening.wait_for("listening")
    for title, status in (("CT1", 0), ("MR1", 0), ("US1", 0x0124), ("CT2", 0x0124)):
        with client(port) as talk:
            talk.propose({1: STORE}, calling=title.encode())
            uid = f"1.2.{ord(title[0])}.{title[-1]}"
            talk.send(wire.store(1, 1, uid, wire.image(uid)))
            assert talk.message().number(wire.STATUS) == status, title
            talk.release()
    listening.interrupt()
    said = listening.end()
    assert {found["from"] for found in said.objects[1:]} == {"CT1", "MR1"}


@pytest.mark.parametrize("entry", ["", "SEVENTEEN LETTERS", "CT1@", "@10.0.0.5", "CT1@two words"])
def test_senders_that_are_none(workstation: Callable[..., Said], entry: str) -> None:
    said = workstation("listen", "--from", entry)
    assert said.status == 2
    assert re.search(r"is not a usable (AE title|host)|No (AE title|host) is given", said.err)
