"""What one object does to the sending of the others: it is named, and they go."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from pydicom import dcmread

from tests.archives.process import Archive
from tests.peers import wire
from tests.peers.peer import Server, Talk
from workstation.dicom.outcomes import End
from workstation.errors import AssociationAborted
from workstation.operations.send import send
from workstation.operations.storage_commitment import Commit
from workstation.stop import Stop

Study = Callable[[int], list[Path]]


@pytest.mark.archives
@pytest.mark.parametrize("kind", ["dcmqrscp", "storescp"])
def test_a_cut_file_is_not_sent_and_the_rest_is(
    kind: str, request: pytest.FixtureRequest, study: Study, tmp_path: Path
) -> None:
    files = study(4)
    cut = dcmread(files[1]).SOPInstanceUID
    os.truncate(files[1], files[1].stat().st_size - 10)
    start: Callable[..., Archive] = request.getfixturevalue(kind)
    archive = start(tmp_path / "out", "+B") if kind == "storescp" else start()
    outcome = send(archive.node(), files, Stop(), lambda _: None)
    assert (outcome.end, outcome.expected, outcome.received, outcome.missing) == (End.PARTIAL, 4, 3, ())
    [failure] = outcome.failed
    assert failure.uid == cut
    assert "it is cut off: it ends in the middle of an element." in failure.reason


class Touchy:
    """It breaks off at some objects."""

    def __init__(self, *broken: int) -> None:
        self.broken = broken
        self.taken: list[str] = []
        self.count = 0

    def play(self, talk: Talk) -> None:
        talk.accept()
        while (asked := talk.next()) is not None:
            if asked.field != wire.STORE_RQ:
                talk.send(wire.response(asked, 0x0110))
                continue
            self.count += 1
            if self.count in self.broken:
                talk.send(wire.abort(2, 0))
                talk.rest()
                return
            self.taken.append(asked.text(wire.INSTANCE))
            talk.send(wire.response(asked, 0))


@pytest.mark.parametrize("broken", [(1,), (2,), (4,), (1, 2), (2, 4)])
def test_the_rest_goes_on_another_association(study: Study, broken: tuple[int, ...]) -> None:
    files, archive = study(4), Touchy(*broken)
    uids = [dcmread(path).SOPInstanceUID for path in files]
    with Server(archive.play) as server:
        outcome = send(server.node(), files, Stop(), lambda _: None)
    assert archive.taken == [uid for number, uid in enumerate(uids, 1) if number not in broken]
    assert [failure.uid for failure in outcome.failed] == [uids[number - 1] for number in broken]
    assert (outcome.end, outcome.received, outcome.missing) == (End.PARTIAL, 4 - len(broken), ())
    assert all("aborted the association. It may have been" in one.reason for one in outcome.failed)


def test_after_three_in_a_row_nothing_more_is_tried(study: Study) -> None:
    files, archive = study(6), Touchy(*range(2, 7))
    with Server(archive.play) as server:
        outcome = send(server.node(), files, Stop(), lambda _: None)
    assert (archive.count, outcome.received, len(outcome.failed), len(outcome.missing)) == (4, 1, 3, 2)
    assert "aborted" in outcome.message


@pytest.mark.parametrize("count", [1, 5])
def test_nothing_was_taken(study: Study, count: int) -> None:
    archive = Touchy(*range(1, 7))
    with Server(archive.play) as server, pytest.raises(AssociationAborted):
        send(server.node(), study(count), Stop(), lambda _: None)
    assert archive.count == min(count, 3)


def test_the_last_one_with_storage_commitment(study: Study) -> None:
    files, archive = study(2), Touchy(2)
    with Server(archive.play) as server:
        commit = Commit("1.2.9", seconds=0.1)
        outcome = send(server.node(), files, Stop(), lambda _: None, commit=commit)
    assert (outcome.received, len(outcome.failed), len(outcome.uncommitted)) == (1, 1, 1)
