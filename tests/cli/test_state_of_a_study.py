"""What ``get`` says of a study, by what was told and what is here: message, ``--json``, exit status."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Said, at
from tests.operations.scripted_archive import STUDY, Crooked
from tests.peers import wire
from tests.peers.peer import Server, Talk
from workstation.dicom.completeness import Accepted
from workstation.settings.folders import folders
from workstation.store.plans import Plans

Call = Callable[..., Said]
UIDS = tuple(f"1.2.3.1.{number}" for number in range(4))


class Honest(Crooked):
    """Sends what it holds of what was asked for, unless a test says otherwise."""

    def __init__(self, holds: tuple[str, ...] = UIDS, names: tuple[str, ...] = UIDS, **how: object) -> None:
        super().__init__(names, self._give, **how)  # type: ignore[arg-type]
        self.holds = holds
        self.sent: list[str] = []

    def _give(self, talk: Talk, context: int, asked: wire.Message) -> None:
        wanted = asked.data or b""
        listed = [uid for uid in self.holds if uid.encode() in wanted]
        for uid in listed or self.holds:
            self.sent.append(uid)
            self.store(talk, context, uid)


@pytest.fixture
def get(workstation: Call) -> Callable[..., Said]:
    """``get(archive, …)``: fetch its study into the library."""

    def call(archive: Crooked, *options: str, json: bool = True) -> Said:
        with Server(archive.play) as server:
            node = f"SCRIPTED@127.0.0.1:{server.port}"
            said = workstation("get", node, "--study", STUDY, *(["--json"] if json else []), *options)
            server.finished()
        return said

    return call


def state(said: Said) -> tuple[object, ...]:
    last = said.objects[-1]
    return (
        said.status,
        last["state"],
        last["verified"],
        last["expected"],
        last["received"],
        tuple(last["missing"]),
    )


def test_a_list_all_of_which_is_here(get: Callable[..., Said]) -> None:
    assert state(get(Honest())) == (0, "complete", True, 4, 4, ())
    assert get(Honest(), json=False).out.startswith("Complete: 4 of 4 objects here")


def test_a_list_some_of_which_does_not_come(get: Callable[..., Said]) -> None:
    said = get(Honest(UIDS[:3]))
    assert state(said) == (1, "partial", False, 4, 3, UIDS[3:])
    assert get(Honest(UIDS[:3]), json=False).out.startswith("Partial: 3 of 4 objects here")


def test_a_count_is_not_a_proof(get: Callable[..., Said]) -> None:
    counting = {"counts": b"4", "lists_images": False}
    assert state(get(Honest(**counting))) == (0, "received", False, 4, 4, ())
    again = Honest(**counting)
    said = get(again, json=False)
    assert said.out.startswith("Received, not verified: 4 of 4 objects here")
    assert (said.status, again.sent) == (0, [])


def test_a_count_of_the_study_alone(get: Callable[..., Said], tmp_path: Path) -> None:
    class Totals(Honest):
        def answer_find(self, talk: Talk, asked: wire.Message) -> int | None:
            self._counts = b"" if b"SERIES" in (asked.data or b"") else b"4"
            return super().answer_find(talk, asked)

    assert state(get(Totals(lists_images=False))) == (0, "received", False, 4, 4, ())
    said = get(Totals(UIDS[:3], lists_images=False), "--out", str(tmp_path / "out"))
    assert state(said) == (1, "partial", False, 4, 3, ())


def test_fewer_than_the_count(get: Callable[..., Said]) -> None:
    said = get(Honest(UIDS[:3], counts=b"4", lists_images=False))
    assert state(said) == (1, "partial", False, 4, 3, ())


def test_more_than_the_count(get: Callable[..., Said]) -> None:
    more = {"counts": b"2", "lists_images": False}
    assert state(get(Honest(**more))) == (0, "received", False, 2, 4, ())
    said = get(Honest(**more), json=False)
    assert said.out.startswith("Received, not verified: 4 objects here")
    assert "counts fewer than are here" in said.err


def test_nothing_told(get: Callable[..., Said]) -> None:
    said = get(Honest(lists_images=False))
    assert state(said) == (0, "received", False, None, 4, ())
    said = get(Honest(lists_images=False), json=False)
    assert said.out.startswith("Received, not verified: 4 objects here")
    assert "could not say how many images there should be" in said.err


def test_nothing_came_of_a_study_the_archive_does_tell_of(get: Callable[..., Said]) -> None:
    """It names a series, gives no list and no count, says success and sends nothing."""
    said = get(Honest((), lists_images=False), json=False)
    assert said.status == 1
    assert "reported success, but nothing arrived" in said.err


def test_another_archive_named_more(get: Callable[..., Said]) -> None:
    """The union of what both list counts; what is missing comes from whoever has it."""
    first, second = UIDS[:3], UIDS[2:]
    assert state(get(Honest(second, second))) == (0, "complete", True, 2, 2, ())
    fetching = Honest(first, first)
    assert state(get(fetching)) == (0, "complete", True, 4, 4, ())
    assert sorted(fetching.sent) == [*UIDS[:2]]


def test_what_another_archive_named_stays_missing(get: Callable[..., Said]) -> None:
    more = ("1.2.3.1.8", "1.2.3.1.9")
    get(Honest((), (*UIDS, *more), finals={wire.GET_RQ: 0xB000}))
    get(Honest(UIDS, (*UIDS, *more)))
    said = get(Honest())
    assert state(said) == (1, "partial", False, 6, 4, more)


def test_a_cancelled_fetch_is_remembered_though_nothing_was_listed(get: Callable[..., Said]) -> None:
    """The responses spoke of four; the archive told no list and no count."""

    class Slow(Honest):
        def _give(self, talk: Talk, context: int, asked: wire.Message) -> None:
            self.store(talk, context, UIDS[0])
            left = {wire.REMAINING: 3, wire.COMPLETED: 1, wire.FAILED: 0, wire.WARNING: 0}
            talk.send(wire.response(asked, 0xFF00, fields=left))
            assert talk.next().field == wire.CANCEL_RQ  # type: ignore[union-attr]

    slow = Slow(lists_images=False, finals={wire.GET_RQ: 0xFE00})
    said = get(slow, "--cancel", "1")
    assert state(said) == (1, "cancelled", False, 4, 1, ())
    with closing(Plans(folders().plans)) as plans:
        assert [told.unfinished for told in plans.expectations.of(STUDY)] == [4]
    assert state(get(Honest(lists_images=False))) == (0, "received", False, None, 4, ())
    with closing(Plans(folders().plans)) as plans:
        assert {told.unfinished for told in plans.expectations.of(STUDY)} == {
            4,
            None,
        }  # of two ports, two nodes


def test_what_a_user_accepted(get: Callable[..., Said]) -> None:
    get(Honest(UIDS[:3]))
    with closing(Plans(folders().plans)) as plans:
        plans.expectations.accept(STUDY, Accepted(3, 4))
    said = get(Honest(UIDS[:3]))
    assert state(said) == (0, "received", False, 4, 3, UIDS[3:])
    assert said.objects[-1]["accepted"] is True
    assert "accepted" in get(Honest(UIDS[:3]), json=False).err


@pytest.mark.archives
@pytest.mark.logs("not whole")
@pytest.mark.parametrize("again", ["get", "move"])
def test_files_that_are_gone_or_cut_are_fetched_again(
    workstation: Call,
    dcmqrscp: Callable[..., object],
    study: Callable[..., list[Path]],
    free_port: Callable[[], int],
    again: str,
) -> None:
    """Some are deleted, one is emptied, one is cut in half: each is a file less, and comes again."""
    port = free_port()
    archive = dcmqrscp(study(8), destinations={"WORKSTATION": port})
    [asked] = {path.parent.name for path in _got(workstation, archive)}
    files = _files()
    whole = {path.name: path.read_bytes() for path in files}
    for path in files[:3]:
        path.unlink()
    os.truncate(files[3], 0)
    os.truncate(files[4], files[4].stat().st_size // 2)
    more = ["--port", port] if again == "move" else []
    said = workstation(again, at(archive), "--study", asked, "--json", *more)  # type: ignore[arg-type]
    assert state(said) == (0, "complete", True, 8, 8, ())
    assert {path.name: path.read_bytes() for path in _files()} == whole
    assert workstation("verify").status == 0


@pytest.mark.archives
def test_files_that_are_gone_are_missing_while_the_archive_is_not_reachable(
    workstation: Call, dcmqrscp: Callable[..., object], study: Callable[..., list[Path]]
) -> None:
    archive = dcmqrscp(study(4))
    files = _got(workstation, archive)
    files[0].unlink()
    archive.stop()  # type: ignore[attr-defined]
    said = workstation("get", at(archive), "--study", files[0].parent.name, "--json")  # type: ignore[arg-type]
    assert said.status == 1
    with closing(Plans(folders().plans)) as plans:
        [told] = plans.expectations.of(files[0].parent.name)
    assert (told.listed, told.expected) == (True, 4)


def _got(workstation: Call, archive: object) -> list[Path]:
    found = workstation("find", at(archive), "--level", "study", "-k", "StudyInstanceUID", "--json")  # type: ignore[arg-type]
    [uid] = [one["0020000D"]["Value"][0] for one in found.objects if "0020000D" in one]
    assert workstation("get", at(archive), "--study", uid).status == 0  # type: ignore[arg-type]
    return _files()


def _files() -> list[Path]:
    return sorted(folders().library.glob("*/*.dcm"))
