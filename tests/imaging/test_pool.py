from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pydicom.data import get_testdata_file

from workstation.imaging.decoding import Decoding
from workstation.imaging.picture import Card, Picture
from workstation.imaging.pool import DecodePool, Frame, FrameRequest
from workstation.imaging.store import FrameStore

CT = Path(str(get_testdata_file("CT_small.dcm", download=False)))
MR = CT.with_name("MR_small.dcm")


class Receiver:
    def __init__(self) -> None:
        self.frames: queue.Queue[Frame] = queue.Queue()
        self.hold = threading.Event()
        self.hold.set()

    def __call__(self, frame: Frame) -> None:
        assert self.hold.wait(30)
        self.frames.put(frame)

    def next(self) -> Frame:
        return self.frames.get(timeout=20)


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def pool(receiver: Receiver) -> Iterator[DecodePool]:
    pool = DecodePool(receiver, Decoding(processes=1), threads=1)
    yield pool
    receiver.hold.set()
    assert pool.close(10)


def test_wishes_come_back_in_order_with_their_generation(pool: DecodePool, receiver: Receiver) -> None:
    pool.want([FrameRequest(4, CT), FrameRequest(4, MR)])
    first, second = receiver.next(), receiver.next()
    assert [first.request.path, second.request.path] == [CT, MR]
    assert {first.request.generation, second.request.generation} == {4}
    assert isinstance(first.content, Picture)
    assert first.content.caption.name == "CompressedSamples^CT1"


def test_new_wishes_replace_old_ones(pool: DecodePool, receiver: Receiver) -> None:
    receiver.hold.clear()
    pool.want([FrameRequest(1, CT)])
    pool.want([FrameRequest(1, CT), *(FrameRequest(1, MR, frame) for frame in range(50))])
    pool.want([FrameRequest(2, MR)])
    receiver.hold.set()
    while receiver.next().request.generation != 2:
        pass
    pool.want([FrameRequest(3, CT)])
    assert receiver.next().request.generation == 3


def test_what_was_decoded_is_kept(pool: DecodePool, receiver: Receiver) -> None:
    pool.want([FrameRequest(1, CT)])
    first = receiver.next()
    assert pool.store.get(FrameRequest(9, CT).key) is first.content
    pool.drop(CT)
    assert pool.store.get(FrameRequest(9, CT).key) is None
    assert pool.store.bytes == 0


@pytest.mark.parametrize("content", [b"", b"no DICOM at all", b"\0" * 128 + b"DICM" + b"\xff" * 500])
def test_a_bad_file_costs_a_card(
    pool: DecodePool, receiver: Receiver, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "bad.dcm"
    path.write_bytes(content)
    pool.want([FrameRequest(1, path), FrameRequest(1, tmp_path / "absent.dcm"), FrameRequest(1, CT)])
    bad, absent, good = receiver.next(), receiver.next(), receiver.next()
    assert isinstance(bad.content, Card)
    assert isinstance(absent.content, Card)
    assert "cannot be read" in str(absent.content.text)
    assert absent.content.again
    assert pool.store.get(absent.request.key) is None  # it may come yet
    assert isinstance(good.content, Picture)


def test_the_store_keeps_within_its_bytes() -> None:
    store = FrameStore(1000)
    frames = [Picture(np.zeros((10, 20), np.uint16), None) for _ in range(4)]
    for n, frame in enumerate(frames):
        store.put(("file", n), frame)
        assert store.get(("file", 0)) is frames[0]
    assert store.bytes == 800
    assert [store.get(("file", n)) is not None for n in range(4)] == [True, False, False, True]
    store.put(("big", 0), Picture(np.zeros(2000, np.uint8), None))
    assert store.get(("big", 0)) is None
    store.put(("file", 3), frames[3])
    assert store.bytes == 800
