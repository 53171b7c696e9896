"""How a command says it ended: message, ``--json``, exit status; no word more than it has proof of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Said
from tests.operations.scripted_archive import SERIES, STUDY, Crooked
from tests.peers import wire
from tests.peers.peer import Server, Talk, client

Call = Callable[..., Said]
UIDS = tuple(f"1.2.3.1.{number}" for number in range(10))
ROW = wire.explicit((0x0020000D, "UI", b"1.2.3"))


def asked(workstation: Call, archive: Crooked | Callable[[Talk], None], *line: object) -> Said:
    play = archive.play if isinstance(archive, Crooked) else archive
    command, *rest = line
    with Server(play) as server:
        said = workstation(command, f"SCRIPTED@127.0.0.1:{server.port}", *rest)
        server.finished()
    return said


def counters(left: int, completed: int) -> dict[int, int]:
    return {wire.REMAINING: left, wire.COMPLETED: completed, wire.FAILED: 0, wire.WARNING: 0}


# --- A cancel that worked, whatever the final status ---------------------------------------------------


def two_then_the_end(final: int) -> Callable[[Talk, int, wire.Message], None]:
    def send(talk: Talk, context: int, wish: wire.Message) -> None:
        for number, uid in enumerate(UIDS[:2], 1):
            archive.store(talk, context, uid)
            talk.send(wire.response(wish, 0xFF00, fields=counters(10 - number, number)))
        assert talk.message(wire.CANCEL_RQ).number(wire.RESPONDED) == wish.number(wire.ID)

    archive = Crooked(UIDS, send, finals={wire.GET_RQ: final})
    send.archive = archive  # type: ignore[attr-defined]
    return send


@pytest.mark.parametrize("final", [0xFE00, 0x0000])
def test_a_get_that_was_cancelled(workstation: Call, tmp_path: Path, final: int) -> None:
    """Some archives stop, and end with 0000H all the same."""
    archive: Crooked = two_then_the_end(final).archive  # type: ignore[attr-defined]
    line = ("--study", STUDY, "--out", tmp_path, "--cancel", 2)
    said = asked(workstation, archive, "get", *line, "--json")
    last = said.objects[-1]
    assert (said.status, last["state"], last["received"]) == (1, "cancelled", 2)
    assert archive.statuses == [0, 0]


@pytest.mark.parametrize("final", [0xFE00, 0x0000])
def test_a_move_to_ourselves_that_was_cancelled(
    workstation: Call, tmp_path: Path, free_port: Callable[[], int], final: int
) -> None:
    port = free_port()

    def script(talk: Talk) -> None:
        talk.accept()
        wish = talk.message(wire.MOVE_RQ)
        with client(port) as sending:
            sending.propose({1: (wire.CT, wire.EXPLICIT)}, called=b"WORKSTATION", calling=b"SCRIPTED")
            for number, uid in enumerate(UIDS[:2], 1):
                sending.send(wire.store(1, number, uid, wire.image(uid, 100)))
                assert sending.message(wire.STORE_RQ | wire.RESPONSE).number(wire.STATUS) == 0
                talk.send(wire.response(wish, 0xFF00, fields=counters(10 - number, number)))
            sending.release()
        talk.message(wire.CANCEL_RQ)
        talk.send(wire.response(wish, final, fields=counters(0, 2)))
        talk.released()

    line = ("--study", STUDY, "--out", tmp_path / "out", "--port", port, "--cancel", 2, "--json")
    said = asked(workstation, script, "move", *line)
    last = said.objects[-1]
    assert (said.status, last["state"], last["received"]) == (1, "cancelled", 2)


def test_a_get_that_was_whole_before_the_cancel_reached_the_archive(
    workstation: Call, tmp_path: Path
) -> None:
    def send(talk: Talk, context: int, wish: wire.Message) -> None:
        for uid in UIDS[:2]:
            archive.store(talk, context, uid)
        talk.send(wire.response(wish, 0xFF00, fields=counters(0, 2)))
        talk.message(wire.CANCEL_RQ)

    archive = Crooked(UIDS[:2], send)
    said = asked(workstation, archive, "get", "--study", STUDY, "--out", tmp_path, "--cancel", 1, "--json")
    assert (said.status, said.objects[-1]["state"]) == (0, "complete")


@pytest.mark.parametrize("final", [0xFE00, 0x0000])
@pytest.mark.parametrize("counted", [True, False])
def test_a_move_to_somebody_else_that_was_cancelled(workstation: Call, final: int, counted: bool) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        wish = talk.message(wire.MOVE_RQ)
        talk.send(wire.response(wish, 0xFF00, fields=counters(7, 3)))
        talk.message(wire.CANCEL_RQ)
        talk.send(wire.response(wish, final, fields=counters(0, 3) if counted else {}))
        talk.released()

    said = asked(workstation, script, "move", "--study", STUDY, "--to", "OTHER", "--cancel", 3, "--json")
    last = said.objects[-1]
    assert (said.status, last["state"]) == (1, "cancelled")
    assert (last["received"], last["expected"]) == (3, 10)


@pytest.mark.parametrize("final", [0xFE00, 0x0000])
def test_a_find_that_was_cancelled(workstation: Call, final: int) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        wish = talk.message(wire.FIND_RQ)
        talk.send(wire.response(wish, 0xFF00, ROW))
        talk.message(wire.CANCEL_RQ)
        talk.send(wire.response(wish, 0xFF00, ROW), wire.response(wish, final))
        talk.released()

    line = ("find", "--level", "study", "-k", "StudyInstanceUID", "--cancel", 1)
    said = asked(workstation, script, *line, "--json")
    assert (said.status, len(said.answers)) == (1, 2)
    assert said.objects[-1]["state"] == "cancelled"
    assert said.errors == []
    said = asked(workstation, script, *line)
    assert (said.status, said.err) == (1, "Cancelled: 2 answers.\n")


def test_a_find_that_ended_before_the_cancel(workstation: Call) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        wish = talk.message(wire.FIND_RQ)
        talk.send(wire.response(wish, 0xFF00, ROW), wire.response(wish, 0x0000))
        talk.released()

    line = ("find", "--level", "study", "-k", "StudyInstanceUID", "--cancel", 2, "--json")
    said = asked(workstation, script, *line)
    assert said.status == 0
    assert said.objects[-1] == {"state": "complete", "answers": 1, "unreadable": 0, "status": "0x0000"}


# --- What is no answer ---------------------------------------------------------------------------------


def test_a_pending_response_without_data_set_is_no_answer(workstation: Call, tmp_path: Path) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        wish = talk.message(wire.FIND_RQ)
        talk.send(wire.response(wish, 0xFF00), wire.response(wish, 0x0000))
        talk.released()

    line = ("find", "--level", "study", "-k", "StudyInstanceUID", "--extract", tmp_path / "out")
    said = asked(workstation, script, *line, "--json")
    assert (said.status, said.answers, list((tmp_path / "out").iterdir())) == (1, [], [])
    assert said.objects[-1]["state"] == "partial"
    assert "1 responses without an identifier" in said.errors[0]["error"]
    assert asked(workstation, script, *line).err.startswith("0 answers.\n")


# --- More than was asked for ---------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["folder", "library"])
def test_a_series_for_an_instance(workstation: Call, tmp_path: Path, where: str) -> None:
    def send(talk: Talk, context: int, wish: wire.Message) -> None:
        for uid in UIDS:
            archive.store(talk, context, uid)

    archive = Crooked(UIDS, send)
    out = ["--out", tmp_path / "out"] if where == "folder" else []
    line = ("get", "--study", STUDY, "--series", SERIES, "--instance", UIDS[3], *out)
    said = asked(workstation, archive, *line, "--json")
    last = said.objects[-1]
    assert (said.status, last["state"], last["received"], last["unasked"]) == (0, "complete", 1, 9)
    if where == "folder":
        assert len(list((tmp_path / "out").iterdir())) == 10
        assert "10 files came, 1 was asked for." in asked(workstation, archive, *line).err


def test_no_more_than_was_asked_for(workstation: Call, tmp_path: Path) -> None:
    def send(talk: Talk, context: int, wish: wire.Message) -> None:
        archive.store(talk, context, UIDS[3])

    archive = Crooked(UIDS, send)
    line = ("get", "--study", STUDY, "--series", SERIES, "--instance", UIDS[3], "--out", tmp_path, "--json")
    said = asked(workstation, archive, *line)
    assert (said.status, said.err) == (0, "")
    assert "unasked" not in said.objects[-1]


# --- Sending -------------------------------------------------------------------------------------------


def taking(*statuses: int, leaves: bool = False) -> Callable[[Talk], None]:
    """A Storage SCP that answers with these statuses, and then leaves or has nothing more to do."""

    def script(talk: Talk) -> None:
        talk.accept()
        for status in statuses:
            talk.send(wire.response(talk.message(wire.STORE_RQ), status))
        if leaves:
            talk.message(wire.STORE_RQ)
            talk.close()
        else:
            talk.released()

    return script


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (0xB000, "it changed values of the object"),
        (0xB006, "it left out elements of the object"),
        (0xB007, "it says that the object does not match its SOP class"),
        (0xB123, "it took it with a warning"),
        (0x0107, "it took it with a warning"),
    ],
)
def test_a_warning_counts_as_sent_and_is_said(
    workstation: Call, study: Callable[..., list[Path]], status: int, words: str
) -> None:
    files = study(3)
    said = asked(workstation, taking(0, status, 0), "send", *files, "--json")
    last = said.objects[-1]
    assert (said.status, said.err) == (0, "")
    assert (last["state"], last["received"], last["failed"], last["missing"]) == ("complete", 3, [], [])
    [remark] = last["remarks"]
    assert remark["status"] == f"0x{status:04X}"
    assert words in remark["reason"]
    said = asked(workstation, taking(0, status, 0), "send", *files)
    assert said.status == 0
    assert "All were taken, 1 with a warning." in said.err
    assert f"{files[1].name}: {words}." in said.err


def test_what_was_not_sent_is_not_called_missing(workstation: Call, study: Callable[..., list[Path]]) -> None:
    """The archive takes one object of each association: the others are named, the rest goes on another."""
    said = asked(workstation, taking(0, leaves=True), "send", *study(4))
    assert said.status == 1
    assert said.out.startswith("Partial: 2 of 4 objects sent")
    assert said.err.count("It may have been for this object.\n") == 2
    assert "missing" not in said.out + said.err


def test_equal_files_of_one_uid_are_one_object(workstation: Call, study: Callable[..., list[Path]]) -> None:
    """While it runs and in the end; another content of that UID is not sent, and said so."""
    [file] = study(1)
    twin = file.with_name("twin.dcm")
    twin.write_bytes(file.read_bytes())
    said = asked(workstation, taking(0), "send", file, twin, "--json")
    last = said.objects[-1]
    assert {found["expected"] for found in said.objects} == {1}
    assert (last["state"], last["received"], last["expected"]) == ("complete", 1, 1)
    twin.write_bytes(file.read_bytes().replace(b"CHEST", b"WAIST"))
    said = asked(workstation, taking(0), "send", file, twin)
    assert (said.status, said.out.partition(" objects")[0]) == (1, "Partial: 1 of 2")
    assert f"twin.dcm: it has the SOP Instance UID of {file.name}" in said.err


def test_a_reason_is_no_message(workstation: Call, tmp_path: Path) -> None:
    """Once a name, once a reason, one full stop."""
    gone = tmp_path / "gone"
    said = workstation("send", "PACS@127.0.0.1:104", gone)
    assert (said.status, said.err) == (1, f"“{gone}” cannot be read: No such file or directory.\n")
    (tmp_path / "folder").mkdir()
    said = workstation("send", "PACS@127.0.0.1:104", tmp_path / "folder")
    assert said.err == f"“{tmp_path / 'folder'}” cannot be read: there is no DICOM file in it.\n"
    (tmp_path / "note").write_text("no image")
    said = workstation("send", "PACS@127.0.0.1:104", gone, tmp_path / "note")
    assert said.out.startswith("Failed: 0 of 2 objects sent")
    assert said.err.splitlines() == [
        "0 of 2 objects were sent.",
        f"  -: “{gone}” cannot be read: No such file or directory.",
        f"  -: “{tmp_path / 'note'}” cannot be read: it is not a DICOM file.",
    ]


def test_a_file_that_vanishes_costs_itself(
    workstation: Call, study: Callable[..., list[Path]], tmp_path: Path
) -> None:
    files = study(3)

    def script(talk: Talk) -> None:
        talk.accept()
        request = talk.message(wire.STORE_RQ)
        files[1].unlink()
        talk.send(wire.response(request, 0))
        talk.send(wire.response(talk.message(wire.STORE_RQ), 0))
        talk.released()

    said = asked(workstation, script, "send", *files, "--json")
    last = said.objects[-1]
    assert (said.status, last["state"], last["received"], last["expected"]) == (1, "partial", 2, 3)
    assert [files[1].name in one["reason"] for one in last["failed"]] == [True]
