from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pydicom.data import get_testdata_file

from workstation.imaging.decoding import Decoding
from workstation.imaging.frame_cache import FrameCache
from workstation.imaging.picture import Card, Picture
from workstation.imaging.pool import DecodePool, Frame, FrameRequest

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
    pool.want([FrameRequest(generation=4, path=CT), FrameRequest(generation=4, path=MR)])
    first, second = receiver.next(), receiver.next()
    assert [first.request.path, second.request.path] == [CT, MR]
    assert {first.request.generation, second.request.generation} == {4}
    assert isinstance(first.content, Picture)
    assert first.content.caption.name == "CompressedSamples^CT1"


def test_new_wishes_replace_old_ones(pool: DecodePool, receiver: Receiver) -> None:
    receiver.hold.clear()
    pool.want([FrameRequest(generation=1, path=CT)])
    pool.want(
        [
            FrameRequest(generation=1, path=CT),
            *(FrameRequest(generation=1, path=MR, frame=frame) for frame in range(50)),
        ]
    )
    pool.want([FrameRequest(generation=2, path=MR)])
    receiver.hold.set()
    while receiver.next().request.generation != 2:
        pass
    pool.want([FrameRequest(generation=3, path=CT)])
    assert receiver.next().request.generation == 3


def test_what_was_decoded_is_kept(pool: DecodePool, receiver: Receiver) -> None:
    pool.want([FrameRequest(generation=1, path=CT)])
    first = receiver.next()
    assert pool.store.get(FrameRequest(generation=9, path=CT).key) is first.content
    pool.drop(CT)
    assert pool.store.get(FrameRequest(generation=9, path=CT).key) is None
    assert pool.store.bytes == 0


def test_what_is_decoded_while_its_file_comes_anew_is_neither_kept_nor_delivered(
    pool: DecodePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, decode = FrameRequest(generation=1, path=CT), pool.decoding.frame
    pool._at_work.add(request.key)

    def drop_meanwhile(path: Path, frame: int, *, thumbnail: bool) -> Picture | Card:
        found = decode(path, frame, thumbnail=thumbnail)
        pool.drop(path)
        return found

    monkeypatch.setattr(pool.decoding, "frame", drop_meanwhile)
    assert pool.decode(request) is None
    assert pool.store.get(request.key) is None
    monkeypatch.setattr(pool.decoding, "frame", decode)
    assert pool.decode(request) is not None
    assert pool.store.get(request.key) is not None


@pytest.mark.parametrize("content", [b"", b"no DICOM at all", b"\0" * 128 + b"DICM" + b"\xff" * 500])
def test_a_bad_file_costs_a_card(
    pool: DecodePool, receiver: Receiver, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "bad.dcm"
    path.write_bytes(content)
    pool.want(
        [
            FrameRequest(generation=1, path=path),
            FrameRequest(generation=1, path=tmp_path / "absent.dcm"),
            FrameRequest(generation=1, path=CT),
        ]
    )
    bad, absent, good = receiver.next(), receiver.next(), receiver.next()
    assert isinstance(bad.content, Card)
    assert isinstance(absent.content, Card)
    assert "cannot be read" in str(absent.content.text)
    assert absent.content.again
    assert pool.store.get(absent.request.key) is None  # it may come yet
    assert isinstance(good.content, Picture)


def test_the_store_keeps_within_its_bytes() -> None:
    store = FrameCache(1000)
    frames = [Picture(pixels=np.zeros((10, 20), np.uint16), grey=None) for _ in range(4)]
    for n, frame in enumerate(frames):
        store.put(("file", n), frame)
        assert store.get(("file", 0)) is frames[0]
    assert store.bytes == 800
    assert [store.get(("file", n)) is not None for n in range(4)] == [True, False, False, True]
    store.put(("big", 0), Picture(pixels=np.zeros(2000, np.uint8), grey=None))
    assert store.get(("big", 0)) is None
    store.put(("file", 3), frames[3])
    assert store.bytes == 800


# --- what is given back ------------------------------------------------------------------------------------


def frame(size: int = 100) -> Picture:
    return Picture(pixels=np.zeros(size, np.uint8), grey=None)


def test_frames_of_a_closed_study_go_down_to_the_limit_the_least_used_first() -> None:
    store = FrameCache(10_000)
    for number in range(4):
        store.put((f"/l/1/{number}", 0), frame())
    store.leave()
    store.put(("/l/2/0", 0), frame())
    store.get(("/l/1/0", 0))  # shown again
    store.hold(["/l/1/1"])  # of the study that is open now
    store.release(400)
    assert [name for name in ("1/0", "1/1", "1/2", "1/3", "2/0") if store.get((f"/l/{name}", 0))] == [
        *("1/0", "1/1", "1/3", "2/0")
    ]
    assert store.bytes == 400
    store.release(0)  # nothing else is of a closed study
    assert store.bytes == 400
    store.leave()
    store.release(0)
    assert store.bytes == 0


def test_deleted_folders_are_forgotten_and_nothing_else() -> None:
    store = FrameCache(10_000)
    for name in ("1.2/a", "1.2/b", "1.22/a", "1.2"):
        store.put((f"{os.sep}l{os.sep}{name.replace('/', os.sep)}", 0), frame())
    store.drop(f"{os.sep}l{os.sep}1.2")
    assert store.bytes == 100
    assert store.get((f"{os.sep}l{os.sep}1.22{os.sep}a", 0))


def test_a_pool_gives_frames_back_by_itself_after_a_study_is_closed(receiver: Receiver) -> None:
    released = threading.Event()

    class Observed(FrameCache):
        def release(self, limit: int) -> None:
            super().release(limit)
            released.set()

    pool = DecodePool(receiver, Decoding(processes=1), threads=1, release_after=0.05)
    pool.store, pool.kept = Observed(pool.store.limit), 0
    try:
        pool.want([FrameRequest(generation=1, path=CT), FrameRequest(generation=1, path=MR)])
        receiver.next(), receiver.next()
        assert pool.store.bytes
        assert not released.is_set()
        pool.leave()
        pool.leave()  # another one closed meanwhile does not put it off
        assert released.wait(20)
        assert pool.store.bytes == 0
    finally:
        assert pool.close(10)


@pytest.mark.skipif(sys.platform != "linux", reason="the system's own figure is needed")
def test_what_is_given_back_leaves_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a process of its own: what other tests left between the frames would keep their pages."""
    root = Path(__file__).parents[2]
    monkeypatch.setenv("PYTHONPATH", str(root))
    command = [sys.executable, "-m", "tests.imaging.given_back"]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root, timeout=100)
    full, left = map(int, ended.stdout.split())
    assert full > 90_000_000
    assert left < full / 4
