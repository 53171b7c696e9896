"""Command sets against pynetdicom's DIMSE codec as oracle, both ways (PS3.7 6.3.1, E)."""

from __future__ import annotations

import struct
from io import BytesIO

import pytest
from pynetdicom import dimse_messages, dimse_primitives
from pynetdicom.dsutils import decode as decode_data_set
from pynetdicom.dsutils import encode as encode_data_set

from tests.peers import wire
from workstation.network import command
from workstation.network.command import Field
from workstation.network.pdus import ProtocolFault


def written(elements: list[tuple[int, command.Value]]) -> dict[str, object]:
    """What pynetdicom's data set decoder reads of a command set of ours, by keyword."""
    found = decode_data_set(BytesIO(command.encode(elements)), True, True)
    return {element.keyword: element.value for element in found}


def test_pynetdicom_reads_our_request():
    found = written(
        [
            (command.AFFECTED_SOP_CLASS, wire.MOVE),
            (command.COMMAND_FIELD, Field.C_MOVE_RQ),
            (command.MESSAGE_ID, 65535),
            (command.MOVE_DESTINATION, b"ODD"),
            (command.PRIORITY, 0),
            (command.DATA_SET_TYPE, command.DATA_SET),
        ]
    )
    length = found.pop("CommandGroupLength")
    assert found == {
        "AffectedSOPClassUID": wire.MOVE,
        "CommandField": 0x0021,
        "MessageID": 65535,
        "MoveDestination": "ODD",
        "Priority": 0,
        "CommandDataSetType": 1,
    }
    assert length == 8 * 6 + len(wire.MOVE) + len(wire.MOVE) % 2 + 4 * 2 + 4


def message_of(name: str, primitive: object) -> bytes:
    """The command set pynetdicom writes for a primitive."""
    message = getattr(dimse_messages, name)()
    message.primitive_to_message(primitive)
    for element in list(message.command_set):
        if element.value in (None, "") and element.keyword != "CommandGroupLength":
            del message.command_set[element.tag]
    message._set_command_group_length()
    raw = encode_data_set(message.command_set, True, True)
    assert raw is not None
    return raw


def test_we_read_pynetdicoms_store_request():
    primitive = dimse_primitives.C_STORE()
    primitive.MessageID = 7
    primitive.AffectedSOPClassUID = wire.CT
    primitive.AffectedSOPInstanceUID = "1.2.3"
    primitive.Priority = 2
    primitive.MoveOriginatorApplicationEntityTitle = "ODD"
    primitive.MoveOriginatorMessageID = 65534
    primitive.DataSet = BytesIO(b"\0\0")
    found = command.decode(message_of("C_STORE_RQ", primitive))
    assert (found.name, found.field, found.is_response) == ("C-STORE-RQ", Field.C_STORE_RQ, False)
    assert (found.message_id, found.sop_class, found.sop_instance) == (7, wire.CT, "1.2.3")
    assert found.text(command.MOVE_ORIGINATOR) == "ODD"
    assert found.number(command.MOVE_ORIGINATOR_ID) == 65534
    assert found.has_data


@pytest.mark.parametrize(
    ("name", "primitive"),
    [
        ("C_FIND_RSP", dimse_primitives.C_FIND),
        ("C_GET_RSP", dimse_primitives.C_GET),
        ("C_MOVE_RSP", dimse_primitives.C_MOVE),
        ("C_ECHO_RSP", dimse_primitives.C_ECHO),
        ("C_STORE_RSP", dimse_primitives.C_STORE),
    ],
)
def test_we_read_pynetdicoms_responses(name, primitive):
    said = primitive()
    said.MessageIDBeingRespondedTo = 300
    said.Status = 0xB000
    said.AffectedSOPClassUID = wire.CT
    if name == "C_STORE_RSP":
        said.AffectedSOPInstanceUID = "1.2.3"
    if name in ("C_GET_RSP", "C_MOVE_RSP"):
        said.NumberOfRemainingSuboperations, said.NumberOfCompletedSuboperations = 1, 2
        said.NumberOfFailedSuboperations, said.NumberOfWarningSuboperations = 3, 4
    said.ErrorComment = "odd"
    found = command.decode(message_of(name, said))
    assert found.name == name.replace("_", "-")
    assert (found.responded_id, found.status, found.sop_class) == (300, 0xB000, wire.CT)
    assert found.is_response
    assert not found.has_data
    counters = [
        found.number(e) for e in (command.REMAINING, command.COMPLETED, command.FAILED, command.WARNING)
    ]
    assert counters == ([1, 2, 3, 4] if name in ("C_GET_RSP", "C_MOVE_RSP") else [None] * 4)


def test_our_response_is_what_pynetdicom_reads():
    request = command.decode(
        wire.command(
            {wire.CLASS: wire.CT, wire.FIELD: wire.STORE_RQ, wire.ID: 9, wire.INSTANCE: "1.2.3", wire.TYPE: 1}
        )
    )
    found = decode_data_set(BytesIO(command.response(request, 0xA700, "disk full")), True, True)
    assert found.CommandField == 0x8001
    assert (found.MessageIDBeingRespondedTo, found.Status, found.ErrorComment) == (9, 0xA700, "disk full")
    assert (found.AffectedSOPClassUID, found.AffectedSOPInstanceUID) == (wire.CT, "1.2.3")
    assert found.CommandDataSetType == 0x0101
    tags = [element.tag for element in found]
    assert tags == sorted(tags)


def test_a_response_to_an_n_request_names_the_requested_instance():
    request = command.decode(
        wire.command(
            {
                wire.REQUESTED_CLASS: wire.COMMITMENT, wire.FIELD: wire.ACTION_RQ, wire.ID: 9, wire.TYPE: 1,
                wire.REQUESTED_INSTANCE: "1.2.3",
            }
        )
    )  # fmt: skip
    found = wire.elements(command.response(request, 0x0211))
    assert (found[wire.CLASS].rstrip(b"\0").decode(), found[wire.INSTANCE]) == (wire.COMMITMENT, b"1.2.3\0")


def test_unknown_elements_are_ignored():
    raw = wire.command(
        {wire.FIELD: wire.ECHO_RQ, wire.ID: 1, 0x0001: b"length to end", 0x5110: b"xx", 0xFFFF: b""}
    )
    found = command.decode(raw)
    assert (found.name, found.message_id, found.has_data) == ("C-ECHO-RQ", 1, False)


def test_a_foreign_group_is_ignored():
    """Orthanc appends Failed SOP Instance UID List (0008,0058) to the command set."""
    raw = wire.command({wire.FIELD: 0x8010, wire.STATUS: 0xB000}) + b"\x08\0\0\t\2\0\0\0\1\1"
    assert command.decode(raw).status == 0xB000


def test_the_group_length_is_not_believed():
    assert (
        command.decode(wire.command({wire.FIELD: wire.ECHO_RQ}, group_length=4_000_000_000)).name
        == "C-ECHO-RQ"
    )


def test_what_is_absent_reads_as_none():
    found = command.decode(wire.command({wire.FIELD: wire.GET_RQ | wire.RESPONSE}))
    assert (found.status, found.responded_id, found.number(wire.REMAINING), found.sop_class) == (
        None,
        None,
        None,
        "",
    )
    assert not found.has_data


@pytest.mark.parametrize(("kind", "has"), [(0x0101, False), (0x0102, True), (0x0000, True), (0x0001, True)])
def test_any_data_set_type_but_one_means_data(kind, has):
    assert command.decode(wire.command({wire.FIELD: 0x8020, wire.TYPE: kind})).has_data is has


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0",
        wire.command({wire.STATUS: 0}),
        wire.command({wire.FIELD: b"x"}),
        wire.command({wire.FIELD: 1})[:-1],
        wire.command({wire.FIELD: 1}) + b"\0\0\0\0",
        wire.command({wire.FIELD: 1}) + b"\x08\0\x58\0\2\0\0\0",
        wire.command({wire.FIELD: 1}) + b"\0\0\2\t\xff\xff\xff\xff",
        wire.command({wire.FIELD: 1, wire.ID: struct.pack("<L", 0x10000)}),
        wire.command({wire.FIELD: struct.pack("<L", 0x10001), wire.ID: 1}),
    ],
)
def test_a_broken_command_set_is_a_fault(raw):
    with pytest.raises(ProtocolFault):
        command.decode(raw)


def test_every_truncation_is_a_fault_or_less_of_the_same():
    whole = wire.command({wire.FIELD: 0x8020, wire.ID: 1, wire.STATUS: 0, wire.COMMENT: b"comment!"})
    for length in range(len(whole)):
        try:
            found = command.decode(whole[:length])
        except ProtocolFault:
            continue
        assert found.field == 0x8020


def test_every_byte_changed_is_a_fault_or_can_be_answered():
    whole = wire.command({wire.CLASS: wire.CT, wire.FIELD: wire.STORE_RQ, wire.ID: 1, wire.INSTANCE: "1.2.3"})
    for position in range(len(whole)):
        for value in (0x00, 0x01, 0x02, 0x04, 0x7F, 0xFF):
            changed = whole[:position] + bytes((value,)) + whole[position + 1 :]
            try:
                found = command.decode(changed)
            except ProtocolFault:
                continue
            wire.elements(command.response(found, 0x0211))


def test_hostile_text_stays_visible():
    found = command.decode(wire.command({wire.FIELD: 1, wire.INSTANCE: b"../\xff\0\x1b"}))
    assert found.sop_instance == "../\\xff\0\x1b"
    assert len(wire.elements(command.response(found, 0x0117))[wire.INSTANCE]) <= 64
