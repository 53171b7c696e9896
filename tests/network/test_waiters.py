"""How often the thread that reads is woken by what comes in many packets, and what it does not wait for."""

from __future__ import annotations

import select
import socket
import sys
import time
from collections.abc import Iterator

import pytest

from tests.network.short_limits import until
from tests.peers import wire
from tests.peers.peer import PATIENCE
from workstation.errors import ConnectionLost, TimedOut
from workstation.network.channel import Channel
from workstation.network.limits import LIMITS
from workstation.network.pdus import P_DATA
from workstation.network.reader import Reader
from workstation.network.waiters import PollWaiter, SelectWaiter, ready_with
from workstation.stop import Stop

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux waits for many bytes")

PACKET = 1000
LENGTH = 1_000_000
PDU = wire.pdu(wire.DATA, wire.pdv(1, 2, bytes(LENGTH)))


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        near = socket.create_connection(server.getsockname())
        far, _ = server.accept()
    far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    far.settimeout(PATIENCE)
    with near, far:
        yield near, far


@pytest.fixture
def channel(pair: tuple[socket.socket, socket.socket]) -> Iterator[Channel]:
    made = Channel(pair[0], "Peer", Stop())
    yield made
    made.close()


class Packets:
    """Waits as the channel would; each packet of a PDU comes only once nobody is ready before it."""

    def __init__(self, channel: Channel, far: socket.socket, data: bytes) -> None:
        self.waits = 0
        self._waiter = channel._waiter
        self._far = far
        self._packets = wire.pieces(data, PACKET)
        self._packets.reverse()

    def wait(self, sock: socket.socket | None, *arguments: object, **how: object) -> tuple[bool, bool]:
        self.waits += 1
        while self._packets:
            self._far.sendall(self._packets.pop())
            found = self._waiter.wait(sock, False, 0.0)
            if found[0]:
                return found
        return self._waiter.wait(sock, False, PATIENCE)


def read(reader: Reader, length: int) -> int:
    """Read a P-DATA PDU of one fragment; how many pieces it came in."""
    assert reader.next_pdu(PATIENCE, "data") == (P_DATA, b"")
    reader.next_pdv()
    came = pieces = 0
    while reader.pdv_left:
        came += len(reader.piece())
        pieces += 1
    assert came == length
    return pieces


@linux
def test_a_long_pdu_in_many_packets_is_read_in_large_pieces(
    pair: tuple[socket.socket, socket.socket], channel: Channel
) -> None:
    packets = channel._waiter = Packets(channel, pair[1], PDU)  # type: ignore[assignment]
    pieces = read(Reader(channel, LIMITS), LENGTH)
    assert LENGTH // PACKET > 3 * packets.waits > 0
    assert 3 * pieces < LENGTH // PACKET


@linux
@pytest.mark.parametrize("count", [2000, 64 * 1024])
def test_no_more_is_waited_for_than_a_small_part_of_the_system_s_buffer(
    pair: tuple[socket.socket, socket.socket], count: int
) -> None:
    """A peer far away would find TCP's window closed: over 50 ms that cost a factor of three."""
    near, _ = pair
    near.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)
    size = near.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
    with ready_with(near, count):
        assert near.getsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT) == min(count, size // 32)
    assert near.getsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT) == 1
    assert near.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) == size


def test_few_bytes_that_come_at_first_are_handed_out_before_the_rest_comes(
    pair: tuple[socket.socket, socket.socket], channel: Channel
) -> None:
    """A slow line must not look like a silent one."""
    reader = Reader(channel, LIMITS)
    pair[1].sendall(PDU[:20])
    reader.next_pdu(PATIENCE, "data")
    reader.next_pdv()
    assert len(reader.piece()) == 8
    pair[1].sendall(PDU[20:23])
    assert len(reader.piece()) == 3


def test_the_end_of_the_stream_in_a_long_pdu_is_noticed(
    pair: tuple[socket.socket, socket.socket], channel: Channel
) -> None:
    reader = Reader(channel, LIMITS)
    pair[1].sendall(PDU[:100])
    pair[1].shutdown(socket.SHUT_WR)
    reader.next_pdu(PATIENCE, "data")
    reader.next_pdv()
    assert len(reader.piece()) == 88
    with pytest.raises(ConnectionLost):
        reader.piece()


@pytest.mark.parametrize("expected", [0, 1, 10, LENGTH])
def test_nothing_comes_and_the_wait_ends(
    pair: tuple[socket.socket, socket.socket], channel: Channel, expected: int
) -> None:
    view = memoryview(bytearray(LENGTH))
    for seconds in (-1.0, 0.0, 0.05):
        with pytest.raises(TimedOut):
            channel.receive_into(view, time.monotonic() + seconds, "data", seconds, expected)


def waiting(sock: socket.socket) -> int:
    """The bytes that have arrived and are not read."""
    import fcntl
    import termios

    return int.from_bytes(fcntl.ioctl(sock, termios.FIONREAD, bytes(4)), sys.byteorder)


@linux
def test_a_socket_is_ready_with_so_many_bytes_and_with_one_afterwards(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    near, far = pair
    poll = select.poll()
    poll.register(near, select.POLLIN)
    with ready_with(near, 100):
        far.sendall(bytes(99))
        until(lambda: waiting(near) == 99)
        assert not poll.poll(0)
        far.sendall(b"x")
        assert poll.poll(PATIENCE * 1000)
    assert len(near.recv(200)) == 100
    far.sendall(b"x")
    assert poll.poll(PATIENCE * 1000)


@pytest.mark.skipif(not hasattr(select, "poll"), reason="there is no poll")
def test_only_who_awaits_an_answer_looks_before_it_sleeps(
    pair: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looking takes time of the processor from the other threads."""
    wake, waker = socket.socketpair()
    with wake, waker:
        waiter = PollWaiter(wake)
        looked: list[float] = []
        monkeypatch.setattr(waiter, "_look", lambda seconds: looked.append(seconds) or [])
        waiter.wait(pair[0], False, 0.0)
        assert not looked
        waiter.wait(pair[0], False, 0.0, look=True)
        assert looked == [0.0]


@pytest.mark.parametrize("kind", [SelectWaiter, *([PollWaiter] if hasattr(select, "poll") else [])])
def test_both_ways_of_waiting_tell_the_same(
    kind: type[PollWaiter | SelectWaiter], pair: tuple[socket.socket, socket.socket]
) -> None:
    near, far = pair
    wake, waker = socket.socketpair()
    with wake, waker:
        waiter = kind(wake)
        assert waiter.wait(near, False, 0.0) == (False, False)
        waker.send(b"x")
        assert waiter.wait(near, False, PATIENCE, look=True) == (False, True)
        assert waiter.wait(None, False, PATIENCE) == (False, True)
        wake.recv(1)
        far.sendall(b"x")
        assert waiter.wait(near, False, PATIENCE, look=True) == (True, False)
