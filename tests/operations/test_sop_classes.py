"""No closed list of SOP classes decides what can be fetched; what an archive refuses says so."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.archives.process import Archive, address, client_options, run
from tests.data_sets import data_sets_by_uid
from tests.operations.scripted_archive import SERIES, STUDY
from tests.operations.sop_class_files import PRIVATE_CLASSES, push, write_files
from tests.peers import wire
from tests.peers.peer import Ended, Server, Talk
from workstation.dicom.nodes import RetrieveMethod
from workstation.dicom.outcomes import End, Outcome
from workstation.dicom.targets import Target
from workstation.errors import OperationFailed
from workstation.operations.instance_router import FolderRouter
from workstation.operations.on_demand_listener import OnDemandListener
from workstation.operations.retrieve import retrieve
from workstation.stop import Stop

RARE = ("1.2.840.10008.5.1.4.1.1.78.7", "1.2.840.10008.5.1.4.1.1.77.1.5.4", "1.2.840.10008.5.1.4.1.1.9.2.1")

Start = Callable[..., Archive]


@pytest.mark.archives
@pytest.mark.parametrize("way", [RetrieveMethod.GET, RetrieveMethod.MOVE])
def test_private_classes_are_fetched(
    orthanc: Start, free_port: Callable[[], int], tmp_path: Path, way: RetrieveMethod
) -> None:
    port = free_port()
    archive = orthanc(destinations={"WORKSTATION": port})
    paths = write_files(tmp_path / "in", *PRIVATE_CLASSES)
    push(archive, paths)
    router = FolderRouter(tmp_path / "out", reserve=lambda total: 0)
    with contextlib.closing(OnDemandListener(router, port, idle=0.0)) as listening:
        node = archive.node(retrieve=way)
        outcome = retrieve(node, Target(STUDY), router, listening, Stop(), lambda _: None)
    assert (outcome.end, outcome.received, outcome.failed) == (End.COMPLETE, 4, ())
    assert data_sets_by_uid(tmp_path / "out").keys() == data_sets_by_uid(tmp_path / "in").keys()


@pytest.mark.archives
def test_what_getscu_gets_of_an_archive_that_names_no_classes_we_get(dcmqrscp: Start, tmp_path: Path) -> None:
    archive = dcmqrscp(write_files(tmp_path / "in", *RARE))
    (tmp_path / "theirs").mkdir()
    keys = ("-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={STUDY}")
    done = run(
        "getscu", *client_options(archive), "-S", "+B", "-od", tmp_path / "theirs", *keys, *address(archive)
    )
    assert done.status == 0, done.output
    router = FolderRouter(tmp_path / "out", reserve=lambda total: 0)
    node = archive.node(retrieve=RetrieveMethod.GET)
    outcome = retrieve(node, Target(STUDY), router, None, Stop(), lambda _: None)
    assert data_sets_by_uid(tmp_path / "out") == data_sets_by_uid(tmp_path / "theirs")
    assert (outcome.end, outcome.received) == (End.COMPLETE, 4)


class Picky:
    """An archive that has one image of ``sop_class``, and accepts it or not."""

    def __init__(self, sop_class: str, *, accepts: bool, names: bool = True, lists: bool = True) -> None:
        self.associations = 0
        self._class, self._accepts, self._names, self._lists = sop_class, accepts, names, lists

    def play(self, talk: Talk) -> None:
        with contextlib.suppress(Ended):
            self._play(talk)

    def _play(self, talk: Talk) -> None:
        self.associations += 1
        request = talk.request()
        own = [number for number, (uid, _) in request.contexts.items() if uid == self._class]
        answers = []
        for number, (_, syntaxes) in request.contexts.items():
            refused = 3 if number in own and not self._accepts else 0
            answers.append(wire.answered(number, refused, syntaxes[0]))
        talk.send(wire.associate(wire.AC, answers, user_information=wire.user(16384, request.roles)))
        while (asked := talk.next()) is not None:
            final = 0
            if asked.field == wire.FIND_RQ:
                final = self._find(talk, asked)
            sent = asked.field == wire.GET_RQ and own and self._accepts
            if sent:
                data = wire.image("1.2.3.4", 100, self._class, STUDY)
                talk.send(wire.store(own[0], 1, "1.2.3.4", data, self._class))
                assert talk.message(wire.STORE_RQ | wire.RESPONSE).number(wire.STATUS) == 0
            elif asked.field == wire.GET_RQ:
                final = 0xB000
            counts = {wire.COMPLETED: int(bool(sent)), wire.FAILED: int(not sent), wire.WARNING: 0}
            talk.send(wire.response(asked, final, fields=counts if asked.field == wire.GET_RQ else {}))

    def _find(self, talk: Talk, asked: wire.Message) -> int:
        level = asked.data or b""
        row = [(0x0020000D, "UI", STUDY.encode()), (0x0020000E, "UI", SERIES.encode())]
        if b"IMAGE" in level:
            if not self._lists:
                return 0xA900
            row.insert(0, (0x00080018, "UI", b"1.2.3.4"))
            if self._names:
                row.insert(0, (0x00080016, "UI", self._class.encode()))
        talk.send(wire.response(asked, 0xFF00, wire.explicit(*row)))
        return 0


def fetched(archive: Picky, folder: Path) -> Outcome:
    router = FolderRouter(folder, reserve=lambda total: 0)
    with Server(archive.play) as server:
        node = server.node(retrieve=RetrieveMethod.GET)
        return retrieve(node, Target(STUDY, modalities=("CT",)), router, None, Stop(), lambda _: None)


@pytest.mark.parametrize("sop_class", [PRIVATE_CLASSES[0], RARE[0]])
def test_a_class_the_archive_names_is_proposed_whatever_it_is(sop_class: str, tmp_path: Path) -> None:
    outcome = fetched(Picky(sop_class, accepts=True), tmp_path / "out")
    assert (outcome.end, outcome.received) == (End.COMPLETE, 1)


@pytest.mark.parametrize("how", [{"names": False}, {"lists": False}], ids=["no class", "no list"])
def test_where_none_is_named_all_of_the_standard_are_proposed(how: dict[str, bool], tmp_path: Path) -> None:
    archive = Picky(RARE[0], accepts=True, **how)
    outcome = fetched(archive, tmp_path / "out")
    assert outcome.received == 1
    assert archive.associations <= 7


def test_a_class_the_archive_refuses_is_said_and_not_tried_in_each_syntax(tmp_path: Path) -> None:
    archive = Picky(PRIVATE_CLASSES[0], accepts=False)
    with pytest.raises(
        OperationFailed, match=f"does not agree to send objects of the SOP class {PRIVATE_CLASSES[0]}"
    ):
        fetched(archive, tmp_path / "out")
    assert archive.associations <= 4
