"""Mutated conversations: whatever a peer says, our side ends with a typed error or a result.

What ever ended otherwise is kept in ``corpus`` and tried again each time.
"""

from __future__ import annotations

import contextlib
import ssl
import time
import zlib
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from tests.network.conversations import CT_ID, FIND_ID, GET_ID, find
from tests.network.leaks import Holdings
from tests.network.listening import listening
from tests.network.scripts import (
    AC,
    ENDED,
    FINDING,
    GETTING,
    STORING,
    TAKING,
    Served,
    Sides,
    answer,
    associated,
    fetch,
    files,
    send_all,
)
from tests.network.short_limits import IMPATIENT, QUICK, side_by_side
from tests.peers import excess, wire
from tests.peers.hostile import Script, half_close, released
from tests.peers.mutation import varied
from tests.peers.peer import Server, Talk, client
from workstation.dicom.levels import Level
from workstation.dicom.nodes import Node
from workstation.errors import NetworkError, OperationFailed
from workstation.network.association import Association
from workstation.network.receive import Sink
from workstation.network.trace import Event
from workstation.operations.find_answers import to_match
from workstation.store.folder_sink import FolderSink

CORPUS = Path(__file__).with_name("corpus")
SECOND = 1.0
"""A legitimate client is served within this all the while."""

PEER = Node(name="Peer", ae_title="SCRIPTED", host="127.0.0.1", port=104)

RICH = wire.image("1.2.3.4.1", 600)[:-612] + excess.nested(3, defined=False) + excess.nested(3, defined=True)
OBJECT = wire.store(CT_ID, 1, "1.2.3.4.1", RICH, size=400)
ROW = wire.explicit(
    (0x00080005, "CS", b"\\ISO 2022 IR 87"),
    (0x00080052, "CS", b"STUDY"),
    (0x00080061, "CS", b"CT\\MR"),
    (0x00100010, "PN", b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B"),
    (0x0020000D, "UI", b"1.2.3"),
    (0x00201208, "IS", b"12"),
)

RICH_GET = Script(
    Talk.request, AC, Talk.message, OBJECT, Talk.message,
    answer(GET_ID, wire.GET_RQ, 0xB000, wire.explicit((0x00080058, "UI", b"1.2\\1.3"))), *ENDED,
)  # fmt: skip
RICH_FIND = Script(
    Talk.request, AC, Talk.message, answer(FIND_ID, wire.FIND_RQ, 0xFF00, ROW),
    answer(FIND_ID, wire.FIND_RQ, 0xFF01, ROW), answer(FIND_ID, wire.FIND_RQ, 0), *ENDED,
)  # fmt: skip
RICH_STORE = Script(
    wire.associate(
        wire.RQ,
        [wire.proposed(1, wire.CT, wire.EXPLICIT), wire.proposed(3, wire.VERIFICATION, wire.IMPLICIT)],
        user_information=wire.user(65536, {wire.CT: (1, 1)}),
    ),
    lambda talk: talk.expect(wire.AC),
    wire.store(1, 1, "1.2.3.4.1", RICH, size=400, together=True), Talk.message,
    wire.message(1, {wire.FIELD: wire.FIND_RQ, wire.ID: 3}, ROW), Talk.message,
    wire.release(wire.RELEASE_RQ), released,
)  # fmt: skip

SERVERS = {
    "FINDING": FINDING, "GETTING": GETTING, "TAKING": TAKING, "RICH_GET": RICH_GET, "RICH_FIND": RICH_FIND,
}  # fmt: skip
CLIENTS = {"STORING": STORING, "RICH_STORE": RICH_STORE}
NAMES = {script: name for name, script in (SERVERS | CLIENTS).items()}

Wrong = tuple[Script, int, bytes]


def say(talk: Talk, wrong: Wrong) -> None:
    """Up to the place as it should be, from there on what is wrong, and then nothing more."""
    script, at, said = wrong

    def deed(talk: Talk, rest: bytes) -> None:
        talk.send(said)
        half_close(talk, rest)

    script.play(talk, at, deed)


def read_rows(association: Association) -> None:
    for row in find(association):
        row.data_set()
        to_match(Level.STUDY, PEER, row)


def workers(folder: Path) -> dict[Script, Callable[[Association, Sink], object]]:
    objects = files(folder)
    return {
        FINDING: lambda a, _: read_rows(a),
        RICH_FIND: lambda a, _: read_rows(a),
        GETTING: fetch,
        RICH_GET: fetch,
        TAKING: lambda a, _: send_all(a, objects),
    }


PLAIN = Sides(None)


def against_our_client(wrongs: list[Wrong], folder: Path, wire_of: Sides = PLAIN) -> Counter[str]:
    """How each ended; anything but a result or a typed error is raised."""
    work = workers(folder)
    sink = FolderSink(folder / "out")
    outcomes = Counter[str]()
    turns = iter(wrongs)
    with Server(lambda talk: say(talk, next(turns)), tls=wire_of.peer, backlog=64, hurried=True) as server:
        for wrong in wrongs:
            try:
                with associated(server, wire_of, limits=QUICK, timeouts=IMPATIENT) as association:
                    work[wrong[0]](association, sink)
                outcomes["done"] += 1
            except (NetworkError, OperationFailed) as error:
                outcomes[type(error).__name__] += 1
            except BaseException:
                keep(wrong)
                raise
    return outcomes


def against_our_listener(wrongs: list[Wrong], port: int, wire_of: Sides = PLAIN) -> None:
    """Eight at a time, from as many hosts; each conversation ends, and our own loggers tell of no bug."""

    def one(number: int) -> None:
        try:
            # Who is slow, as all are on a busy computer, may be let go before it has said everything.
            let_go, host = contextlib.suppress(ConnectionError, ssl.SSLEOFError), f"127.0.0.{10 + number % 8}"
            with let_go, client(port, wire_of.client, host=host) as talk:
                say(talk, wrongs[number])
        except BaseException:
            keep(wrongs[number])
            raise

    side_by_side(one, range(len(wrongs)), 8)


def keep(wrong: Wrong) -> None:
    script, at, said = wrong
    CORPUS.mkdir(exist_ok=True)
    file = CORPUS / f"{NAMES[script]}-{at}-{zlib.crc32(said):08x}.bin"
    file.write_bytes(said)
    print(f"kept as {file}: commit it")


def rounds(scripts: dict[str, Script], first: int, count: int) -> list[Wrong]:
    return [varied(list(scripts.values()), seed) for seed in range(first, first + count)]


def lies(scripts: dict[str, Script], every: int) -> list[Wrong]:
    """Each byte of each PDU's beginning, and each ``every``-th behind it, is another than it should be."""
    return [
        (script, begin, script.lying(at, bytes((script.said[at] ^ 0xFF,)))[begin:])
        for script in scripts.values()
        for begin, end in pairwise(script.boundaries)
        for at in range(begin, end)
        if at < begin + 32 or at % every == 0
    ]


LONG = [pytest.mark.long, pytest.mark.timeout(1200)]
CONNECTIONS = pytest.mark.parametrize(
    ("wire_of", "count"),
    [
        ("plain", 1000),
        ("TLS", 200),
        pytest.param("plain", 10_000, marks=LONG),
        pytest.param("TLS", 2000, marks=LONG),
    ],
    indirect=["wire_of"],
)


@CONNECTIONS
@pytest.mark.filterwarnings("ignore")  # pydicom's, about values
def test_our_client_against_mutated_servers(
    nothing_left: Holdings, wire_of: Sides, tmp_path: Path, count: int
) -> None:
    outcomes = Counter[str]()
    begun = time.monotonic()
    with listening() as scp, Served(scp.port) as served:
        for first in range(0, count, 500):
            wrongs = rounds(SERVERS, first, min(500, count - first))
            outcomes += against_our_client(wrongs, tmp_path, wire_of)
    print(f"{count} in {time.monotonic() - begun:.1f} s, {nothing_left.growth:.1f} MiB: {outcomes}")
    assert served.longest <= SECOND
    assert outcomes.total() == count
    for kind in ("done", "ProtocolError", "ConnectionLost"):
        assert outcomes[kind] > count / 200, outcomes


@CONNECTIONS
def test_our_listener_against_mutated_clients(
    nothing_left: Holdings, wire_of: Sides, tmp_path: Path, count: int
) -> None:
    begun = time.monotonic()
    said: list[str] = []

    def observe(event: Event) -> None:
        if event.sent:
            said.append(event.what)

    sink = FolderSink(tmp_path / "out")
    with (
        listening(sink, limits=QUICK, tls=wire_of.listener, observer=observe) as scp,
        Served(scp.port, wire_of.client) as served,
    ):
        against_our_listener(rounds(CLIENTS, 0, count), scp.port, wire_of)
    outcomes = Counter(said)
    print(f"{count} in {time.monotonic() - begun:.1f} s, {nothing_left.growth:.1f} MiB: {outcomes}")
    assert served.longest <= SECOND
    for what in ("A-ASSOCIATE-AC", "C-STORE-RSP", "A-ABORT", "A-RELEASE-RP"):
        assert outcomes[what] > count / 20, outcomes


SPARSE = pytest.mark.parametrize("every", [9, pytest.param(1, marks=LONG)], ids=["some", "all"])


@SPARSE
@pytest.mark.filterwarnings("ignore")
def test_a_server_that_lies_in_a_single_byte(nothing_left: Holdings, tmp_path: Path, every: int) -> None:
    wrongs = lies(SERVERS, every)
    outcomes = Counter[str]()
    for first in range(0, len(wrongs), 500):
        outcomes += against_our_client(wrongs[first : first + 500], tmp_path)
    print(outcomes)
    assert outcomes.total() == len(wrongs) > 1000


@SPARSE
def test_a_client_that_lies_in_a_single_byte(nothing_left: Holdings, tmp_path: Path, every: int) -> None:
    with listening(FolderSink(tmp_path / "out"), limits=QUICK) as scp, Served(scp.port) as served:
        against_our_listener(lies(CLIENTS, every), scp.port)
    assert served.longest <= SECOND


@pytest.mark.parametrize("seed", range(3))
def test_a_tls_listener_against_noise(nothing_left: Holdings, sides: Sides, seed: int) -> None:
    """What comes instead of a handshake, or in the middle of one."""
    wrongs = rounds(CLIENTS, 1000 * seed, 30)
    hello = b"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03"
    with listening(limits=QUICK, tls=sides.listener) as scp, Served(scp.port, sides.client) as served:
        for _, _, said in wrongs:
            with client(scp.port, host="127.0.0.10") as talk:
                talk.send(hello * (seed % 2), said)
                half_close(talk, b"")
    assert served.longest <= SECOND


# --- What was found once -----------------------------------------------------------------------------


def kept() -> list[Path]:
    return sorted(CORPUS.glob("*.bin"))


def test_the_corpus_is_there():
    assert len(kept()) >= 10


@pytest.mark.parametrize("file", kept(), ids=lambda file: file.stem)
@pytest.mark.filterwarnings("ignore")
def test_what_was_found_once(nothing_left: Holdings, tmp_path: Path, file: Path) -> None:
    name, at, _ = file.stem.split("-", 2)
    wrong = ((SERVERS | CLIENTS)[name], int(at), file.read_bytes())
    if name in SERVERS:
        against_our_client([wrong], tmp_path)
    else:
        with listening(FolderSink(tmp_path / "out"), limits=QUICK) as scp:
            against_our_listener([wrong], scp.port)
