"""The modality worklist of a node: asked by its keys, checked again, whatever the node makes of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from tests.archives import data
from tests.archives.process import Archive
from tests.peers import wire
from tests.peers.peer import Server, Talk
from tests.peers.worklist import ScriptedWorklist, answer, refuse, step
from workstation.dicom.nodes import Node
from workstation.dicom.worklist import DATES, WorklistCriteria, WorklistStep
from workstation.errors import ConnectionLost, NoWorklist, OperationFailed
from workstation.operations.node_check import check
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.worklist import Worklist
from workstation.stop import Cancelled, Stop

Start = Callable[..., Archive]


def ask(
    node: Node, quirks: NodeQuirks | None = None, **criteria: object
) -> tuple[list[WorklistStep], Worklist]:
    asked = Worklist(node, WorklistCriteria(**criteria), Stop(), quirks=quirks)  # type: ignore[arg-type]
    return list(asked), asked


def names(steps: list[WorklistStep]) -> list[str]:
    return [one.patient_name for one in steps]


@pytest.mark.archives
@pytest.mark.covers("Worklist", "wlmscpfs")
def test_a_real_worklist(wlmscpfs: Start) -> None:
    node, quirks = wlmscpfs().node(), NodeQuirks()
    steps, asked = ask(node, quirks)
    assert len(steps) == len(data.worklist())
    assert not asked.incomplete
    assert {one.patient_name: one for one in steps}["Wang^XiaoDong=王^小东"].stations == ("MODALITY",)
    assert quirks.offers_worklist(node) is True
    for criteria, wanted in (
        ({"modalities": ("MR",)}, 3),
        ({"modalities": ("CT", "MR")}, 5),
        ({"station": "MODALITY"}, 5),
        ({"station": "OTHER"}, 0),
        ({"patient_id": "ENG-1"}, 1),
        ({"patient_id": "*-1"}, 4),
        ({"patient_id": '"*-1"'}, 0),
        ({"accession": "WL2"}, 1),
        ({"date_from": date(2024, 1, 2), "date_to": date(2024, 1, 3)}, 2),
        ({"name": "doe"}, 1),
        ({"name": "小东"}, 1),
        ({"name": "jürgen"}, 1),
        ({"name": "nobody"}, 0),
    ):
        found, asked = ask(node, quirks, **criteria)
        fitting = [one for one in found if not one.differs]
        assert len(fitting) == wanted, criteria
        assert fitting == found, criteria


@pytest.mark.archives
def test_a_name_that_worklists_compare_otherwise_is_found_among_all(wlmscpfs: Start) -> None:
    found, asked = ask(wlmscpfs().node(), name="john doe")
    assert names(found) == ["DOE^JOHN"]
    assert asked.without == ("name",)
    assert ask(wlmscpfs().node(), patient_id="ENG-1")[1].without == ()


@pytest.mark.archives
def test_an_id_with_wildcards_in_it_finds_itself_alone(wlmscpfs: Start) -> None:
    patients = [data.Patient("A^A", "12*"), data.Patient("B^B", "123"), data.Patient("C^C", "12?")]
    node = wlmscpfs(data.worklist(patients)).node()
    for typed, found in (('"12*"', ["A^A"]), ('"12?"', ["C^C"])):
        steps, _ = ask(node, patient_id=typed)
        assert names([one for one in steps if not one.differs]) == found


def test_several_items_and_none() -> None:
    script = ScriptedWorklist([answer(step(), step(modality=b"MR")), answer(name=b"Roe^Jane")])
    with Server(script.play) as server:
        steps, asked = ask(server.node(), modalities=("CT",), date_from=date(2026, 12, 1))
    assert [(one.patient_name, one.modality, one.differs) for one in steps] == [
        ("Doe^John", "CT", ()),
        ("Doe^John", "MR", ("modalities",)),
        ("Roe^Jane", "", ()),
    ]
    assert asked.untold == {DATES: 1, "modalities": 1}  # of Jane Roe nothing is told


def test_a_node_that_ignores_all_keys() -> None:
    rows = [
        answer(step()),
        answer(step(b"20261202")),
        answer(step(station=b"MR7"), name=b"Roe^Jane", patient=b"123"),
    ]
    with Server(ScriptedWorklist(rows).play) as server:
        today = date(2026, 12, 1)
        steps, _ = ask(
            server.node(), date_from=today, date_to=today, station="CT1", name="doe", patient_id='"12*"'
        )
    assert [one.differs for one in steps] == [
        ("patient_id",),
        (DATES, "patient_id"),
        ("station", "name", "patient_id"),
    ]


def test_an_answer_with_steps_of_two_modalities_comes_once() -> None:
    with Server(ScriptedWorklist([answer(step(), step(modality=b"MR"))]).play) as server:
        steps, _ = ask(server.node(), modalities=("CT", "MR"))
    assert [one.modality for one in steps] == ["CT", "MR"]


@pytest.mark.parametrize(
    ("name", "charset", "shown"),
    [
        ("Müller^Jörg".encode("latin_1"), b"ISO_IR 100", "Müller^Jörg"),
        ("王^小东".encode("gb18030"), b"GB18030", "王^小东"),
        ("王小东^=王^小东".encode("gb18030"), b"", "王小东^=王^小东"),
        ("Müller^Jörg".encode("latin_1"), b"", "Müller^Jörg"),
        ("محمد^علي".encode("iso8859_6"), b"ISO_IR 127", "محمد^علي"),
        ("Ωmega".encode(), b"", "Ωmega"),
    ],
)
def test_names_in_any_character_set(name: bytes, charset: bytes, shown: str) -> None:
    rows = [answer(step(description=name), name=name, charset=charset)]
    with Server(ScriptedWorklist(rows).play) as server:
        [found], _ = ask(server.node())
    assert (found.patient_name, found.description) == (shown, shown)


def test_a_node_that_refuses_optional_keys_is_asked_for_the_usual_ones_and_remembered() -> None:
    optional = b"\x40\x00\x10\x00SH"  # Scheduled Station Name
    script = ScriptedWorklist(lambda question: [] if optional in question else [answer(step())])
    script.final = lambda question: 0xA900 if optional in question else 0
    quirks = NodeQuirks()
    with Server(script.play) as server:
        for requests in (2, 3):
            steps, asked = ask(server.node(), quirks)
            assert names(steps) == ["Doe^John"]
            assert not asked.incomplete
            assert len(script.asked) == requests


def test_a_node_that_ends_the_association_on_optional_keys_is_asked_for_the_usual_ones() -> None:
    optional, asked = b"\x40\x00\x10\x00SH", []

    def play(talk: Talk) -> None:
        talk.accept()
        request = talk.message()
        asked.append(request.data or b"")
        if optional not in asked[-1]:
            talk.send(wire.response(request, 0xFF00, answer(step())), wire.response(request, 0))
            talk.released()

    with Server(play) as server:
        steps, _ = ask(server.node())
        assert names(steps) == ["Doe^John"]
        assert [optional in one for one in asked] == [True, False]
    with Server(lambda talk: talk.accept() and None) as server, pytest.raises(ConnectionLost):
        ask(server.node())


def test_a_refusal_of_the_query_itself_is_told() -> None:
    with Server(ScriptedWorklist([], final=0xA700).play) as server, pytest.raises(OperationFailed):
        ask(server.node())


def test_a_node_without_a_worklist(tmp_path: Path) -> None:
    quirks = NodeQuirks(tmp_path / "learnt.json")
    with Server(refuse) as server:
        node = server.node(name="PACS-A")
        with pytest.raises(NoWorklist) as refused:
            ask(node, quirks)
        assert str(refused.value) == "PACS-A offers no worklist."
        assert "“WORKSTATION”" in refused.value.what_to_try
        assert NodeQuirks(tmp_path / "learnt.json").offers_worklist(node) is False
    quirks.has_worklist(node, True)
    assert NodeQuirks(tmp_path / "learnt.json").offers_worklist(node) is True


@pytest.mark.archives
def test_a_check_tells_whether_there_is_a_worklist(wlmscpfs: Start, dcmqrscp: Start) -> None:
    quirks = NodeQuirks()
    for start, offered in ((wlmscpfs, True), (dcmqrscp, False)):
        node = start().node()
        assert quirks.offers_worklist(node) is None
        check(node, Stop(), quirks=quirks)
        assert quirks.offers_worklist(node) is offered


def test_many_steps_stream_and_end_at_the_limit() -> None:
    rows = [answer(step(), patient=b"%d" % number) for number in range(5000)]
    with Server(ScriptedWorklist(rows).play) as server:
        asked = Worklist(server.node(), WorklistCriteria(), Stop(), limit=6000)
        assert len({one.patient_id for one in asked}) == 5000
        assert not asked.incomplete
    with Server(ScriptedWorklist(rows).play) as server:
        asked = Worklist(server.node(), WorklistCriteria(), Stop(), limit=100)
        assert len(list(asked)) == 100
        assert asked.incomplete
        assert asked.limited is None


def test_a_node_that_stops_by_itself() -> None:
    with Server(ScriptedWorklist([answer(step())], final=0xFE00).play) as server:
        steps, asked = ask(server.node())
    assert len(steps) == 1
    assert asked.incomplete
    assert asked.limited == 1


def test_a_stop_ends_it_between_two_steps() -> None:
    stop = Stop()
    with Server(ScriptedWorklist([answer(step())] * 3000).play) as server:
        asked = iter(Worklist(server.node(), WorklistCriteria(), stop))
        next(asked)
        stop.request(at_once=True)
        with pytest.raises(Cancelled):
            list(asked)
