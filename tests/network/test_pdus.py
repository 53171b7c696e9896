"""The A-ASSOCIATE codec against pynetdicom's as oracle, and what peers do to it (PS3.8 9.3)."""

from __future__ import annotations

import struct

import pytest
from pynetdicom import pdu as oracle
from pynetdicom.pdu_items import UserIdentitySubItemAC

from tests.peers import wire
from workstation.network import pdus as pdus
from workstation.network.acceptor import choose_syntax, negotiate
from workstation.network.limits import Limits
from workstation.network.pdus import Associate, ProtocolFault, UserIdentity
from workstation.network.requestor import accepted

REQUEST = Associate(
    called="ARCHIVE",
    calling="WORKSTATION",
    contexts={
        1: (wire.FIND, (wire.EXPLICIT, wire.IMPLICIT)),
        3: (wire.CT, (wire.EXPLICIT,)),
        255: (wire.CT, (wire.IMPLICIT,)),
    },
    max_pdu=131072,
    roles={wire.CT: (False, True)},
    extended={wire.FIND: b"\x01\0\x01"},
    identity=UserIdentity(2, b"Ren\xc3\xa9", b"secret", response_wanted=True),
)


def body(raw: bytes) -> bytes:
    assert struct.unpack_from(">L", raw, 2) == (len(raw) - 6,)
    return raw[6:]


def decoded(raw: bytes, limits: Limits | None = None) -> Associate:
    return pdus.decode(raw[0], body(raw), limits or Limits())


def test_pynetdicom_reads_our_request():
    found = oracle.A_ASSOCIATE_RQ()
    found.decode(pdus.encode(pdus.ASSOCIATE_RQ, REQUEST))
    assert found.protocol_version == 1
    assert found.application_context_name == wire.APPLICATION
    assert (found.called_ae_title, found.calling_ae_title) == ("ARCHIVE", "WORKSTATION")
    assert [
        (context.presentation_context_id, context.abstract_syntax, context.transfer_syntax)
        for context in found.presentation_context
    ] == [
        (1, wire.FIND, [wire.EXPLICIT, wire.IMPLICIT]),
        (3, wire.CT, [wire.EXPLICIT]),
        (255, wire.CT, [wire.IMPLICIT]),
    ]
    user = found.user_information
    assert user.maximum_length == 131072
    assert user.implementation_class_uid == REQUEST.implementation
    assert user.implementation_version_name == REQUEST.version_name
    assert user.async_ops_window is None
    role = user.role_selection[wire.CT]
    assert (role.scu_role, role.scp_role) == (0, 1)
    assert user.ext_neg[0].sop_class_uid == wire.FIND
    assert user.ext_neg[0].service_class_application_information == b"\x01\0\x01"
    identity = user.user_identity
    assert (identity.user_identity_type, identity.primary_field, identity.secondary_field) == (
        2, b"Ren\xc3\xa9", b"secret",
    )  # fmt: skip
    assert identity.positive_response_requested == 1


def test_pynetdicom_reads_our_answer():
    answer = Associate(
        called="ARCHIVE",
        calling="WORKSTATION",
        contexts={1: (0, (wire.EXPLICIT,)), 3: (3, (wire.IMPLICIT,)), 5: (4, (wire.IMPLICIT,))},
        roles={wire.CT: (True, False)},
        max_pdu=0,
        identity_answered=True,
        asynchronous=True,
    )
    found = oracle.A_ASSOCIATE_AC()
    found.decode(pdus.encode(pdus.ASSOCIATE_AC, answer))
    assert [(c.presentation_context_id, c.result) for c in found.presentation_context] == [
        (1, 0),
        (3, 3),
        (5, 4),
    ]
    assert found.presentation_context[0].transfer_syntax == wire.EXPLICIT
    user = found.user_information
    assert (user.maximum_length, user.role_selection[wire.CT].scu_role) == (0, 1)
    window = user.async_ops_window
    assert (window.maximum_number_operations_invoked, window.maximum_number_operations_performed) == (1, 1)
    (identity,) = [item for item in user.user_data if isinstance(item, UserIdentitySubItemAC)]
    assert identity.server_response == b""


def test_we_read_what_pynetdicom_writes():
    raw = pdus.encode(pdus.ASSOCIATE_RQ, REQUEST)
    found = oracle.A_ASSOCIATE_RQ()
    found.decode(raw)
    assert decoded(found.encode()) == REQUEST


def test_we_read_what_we_wrote():
    assert decoded(pdus.encode(pdus.ASSOCIATE_RQ, REQUEST)) == REQUEST


@pytest.mark.parametrize(("write", "read"), [(pdus.reject(2, 3, 2), oracle.A_ASSOCIATE_RJ)])
def test_pynetdicom_reads_our_rejection(write, read):
    found = read()
    found.decode(write)
    assert (found.result, found.source, found.reason_diagnostic) == (2, 3, 2)


def test_the_short_pdus_are_the_witness_own():
    assert pdus.reject(1, 1, 7) == wire.reject(1, 1, 7)
    assert pdus.abort(2, 6) == wire.abort(2, 6)
    assert pdus.release(pdus.RELEASE_RQ) == wire.release(wire.RELEASE_RQ)
    assert pdus.release(pdus.RELEASE_RP) == wire.release(wire.RELEASE_RP)


# --- What peers do -----------------------------------------------------------------------------------

CONTEXT = wire.proposed(1, wire.CT, wire.EXPLICIT)


def test_unknown_items_and_sub_items_are_skipped():
    strange = wire.item(0x7F, b"strange")
    user = wire.item(0x50, wire.item(0x51, struct.pack(">L", 4096)) + wire.item(0x5F, b"") + strange)
    inner = strange + wire.item(0x30, wire.CT.encode()) + strange + wire.item(0x40, wire.EXPLICIT.encode())
    context = wire.item(0x20, b"\1\xff\xff\xff" + inner)
    found = decoded(wire.associate(wire.RQ, [strange, context, strange], user_information=user))
    assert found.contexts == {1: (wire.CT, (wire.EXPLICIT,))}
    assert found.max_pdu == 4096


@pytest.mark.parametrize(
    "title",
    [b"PACS".ljust(16), b"PACS".ljust(16, b"\0"), b"  PACS".ljust(16), b"PACS \0 \0".ljust(16, b"\0")],
)
def test_titles_are_stripped_of_spaces_and_nuls(title):
    found = decoded(wire.associate(wire.RQ, [CONTEXT], called=title, calling=title))
    assert (found.called, found.calling) == ("PACS", "PACS")


def test_uids_padded_by_a_peer_are_taken():
    user = wire.item(0x50, wire.item(0x54, struct.pack(">H", 26) + wire.CT.encode() + b"\0" + b"\0\1"))
    raw = wire.associate(
        wire.RQ, [wire.proposed(1, wire.CT + "\0", wire.EXPLICIT + "\0")], user_information=user
    )
    found = decoded(raw)
    assert found.contexts == {1: (wire.CT, (wire.EXPLICIT,))}
    assert found.roles == {wire.CT: (False, True)}


def test_hostile_titles_stay_visible():
    found = decoded(wire.associate(wire.RQ, [CONTEXT], calling=b"\x1b[2J\xff"))
    assert found.calling == "\x1b[2J\\xff"


def test_the_syntaxes_of_a_rejected_context_are_not_looked_at():
    rejected = wire.item(0x21, bytes((3, 0, 4, 0)) + b"\x40\0\xff\xffgarbage")
    found = decoded(wire.associate(wire.AC, [wire.answered(1, 0, wire.EXPLICIT), rejected]))
    assert found.contexts == {1: (0, (wire.EXPLICIT,)), 3: (4, ())}


def test_a_role_item_that_is_too_short_is_passed_over():
    user = wire.item(0x50, wire.item(0x54, b"\0\x30ab\1\1") + wire.item(0x54, b"\0") + wire.item(0x51, b"\0"))
    found = decoded(wire.associate(wire.AC, [], user_information=user))
    assert (found.roles, found.max_pdu) == ({}, 0)


@pytest.mark.parametrize("identity", [b"", b"\1\0\0", b"\2\1\0\xffab", b"\2\1\0\1a\0\xffb"])
def test_an_identity_that_lies_about_its_length_does_no_harm(identity):
    user = wire.item(0x50, wire.item(0x58, identity))
    assert decoded(wire.associate(wire.RQ, [CONTEXT], user_information=user)).calling == "WORKSTATION"


def many(count: int) -> list[bytes]:
    return [wire.proposed(2 * number + 1, wire.CT, wire.EXPLICIT) for number in range(count)]


def test_128_contexts_are_taken():
    assert len(decoded(wire.associate(wire.RQ, many(128))).contexts) == 128


def test_more_contexts_than_the_limit_are_refused():
    with pytest.raises(ProtocolFault, match="more than 4"):
        decoded(wire.associate(wire.RQ, many(5)), Limits(contexts=4))


@pytest.mark.parametrize("kind", [wire.RQ, wire.AC])
@pytest.mark.parametrize("number", [0, 2, 254])
def test_even_ids_are_refused(kind, number):
    item = wire.proposed(number, wire.CT) if kind == wire.RQ else wire.answered(number, 0, wire.EXPLICIT)
    with pytest.raises(ProtocolFault, match="odd"):
        decoded(wire.associate(kind, [item]))


@pytest.mark.parametrize("kind", [wire.RQ, wire.AC])
def test_duplicate_ids_are_refused(kind):
    item = CONTEXT if kind == wire.RQ else wire.answered(1, 0, wire.EXPLICIT)
    with pytest.raises(ProtocolFault, match="twice"):
        decoded(wire.associate(kind, [item, item]))


@pytest.mark.parametrize(
    "contexts",
    [
        [wire.item(0x20, b"\1\0")],
        [wire.item(0x20, b"\1\0\0\0", length=400)],
        [wire.item(0x20, b"\1\0\0\0" + wire.item(0x30, b"1.2", length=30))],
        [b"\x20\0"],
    ],
)
def test_lengths_that_run_past_the_end_are_refused(contexts):
    with pytest.raises(ProtocolFault):
        decoded(wire.associate(wire.RQ, contexts, user_information=b""))


@pytest.mark.parametrize("length", [0, 1, 67])
def test_a_pdu_shorter_than_its_fixed_part_is_refused(length):
    with pytest.raises(ProtocolFault, match=f"of {length} bytes"):
        pdus.decode(wire.AC, bytes(length))


def test_every_truncation_is_a_fault_or_less_of_the_same():
    whole = body(pdus.encode(pdus.ASSOCIATE_RQ, REQUEST))
    for length in range(len(whole)):
        try:
            found = pdus.decode(wire.RQ, whole[:length])
        except ProtocolFault:
            continue
        assert found.contexts.items() <= REQUEST.contexts.items()


def test_every_byte_changed_is_a_fault_or_read():
    whole = body(pdus.encode(pdus.ASSOCIATE_RQ, REQUEST))
    outcomes = set()
    for position in range(len(whole)):
        for value in (0x00, 0x7F, 0xFF):
            changed = whole[:position] + bytes((value,)) + whole[position + 1 :]
            try:
                negotiate(pdus.decode(wire.RQ, changed), 16384)
                outcomes.add("read")
            except ProtocolFault:
                outcomes.add("fault")
    assert outcomes == {"read", "fault"}


# --- What was agreed ---------------------------------------------------------------------------------


def agreed(
    *answers: bytes,
    roles: dict[str, tuple[int, int]] | None = None,
    extended: dict[str, bytes] | None = None,
) -> dict:
    raw = wire.associate(wire.AC, answers, user_information=wire.user(roles=roles, extended=extended))
    return accepted(None, REQUEST, decoded(raw))


def test_what_was_accepted_becomes_a_context():
    found = agreed(wire.answered(1, 0, wire.IMPLICIT), wire.answered(3, 3, wire.IMPLICIT))
    assert list(found) == [1]
    assert (found[1].abstract_syntax, found[1].transfer_syntax, found[1].as_scu) == (
        wire.FIND,
        wire.IMPLICIT,
        True,
    )


@pytest.mark.parametrize(
    ("granted", "as_scp"), [(None, False), ((0, 1), True), ((0, 0), False), ((1, 1), True)]
)
def test_a_role_is_what_was_proposed_and_granted(granted, as_scp):
    found = agreed(wire.answered(3, 0, wire.EXPLICIT), roles={wire.CT: granted} if granted else None)
    assert (found[3].as_scp, found[3].as_scu) == (as_scp, False)


@pytest.mark.parametrize(
    "answer",
    [
        wire.answered(5, 0, wire.EXPLICIT),
        wire.answered(5, 3, wire.EXPLICIT),
        wire.answered(3, 0, wire.IMPLICIT),
        wire.answered(3, 0),
        wire.answered(1, 0, wire.EXPLICIT, wire.IMPLICIT),
    ],
)
def test_an_answer_to_something_not_proposed_is_a_fault(answer):
    with pytest.raises(ProtocolFault, match="not proposed"):
        agreed(answer)


@pytest.mark.parametrize(
    ("abstract", "proposed", "chosen"),
    [
        (wire.CT, ("1.2.840.10008.1.2.4.50", wire.EXPLICIT), "1.2.840.10008.1.2.4.50"),
        (wire.CT, ("1.2.840.10008.1.2.2", wire.EXPLICIT), wire.EXPLICIT),
        (wire.CT, ("1.2.840.10008.1.2.2",), "1.2.840.10008.1.2.2"),
        (wire.CT, ("1.2.3.4",), None),
        (wire.VERIFICATION, ("1.2.840.10008.1.2.4.50", wire.IMPLICIT), wire.IMPLICIT),
        (wire.FIND, (wire.EXPLICIT,), None),
        ("1.2.840.10008.5.1.4.1.1.999", (wire.EXPLICIT,), wire.EXPLICIT),
    ],
)
def test_the_listener_chooses(abstract, proposed, chosen):
    assert choose_syntax(abstract, proposed) == chosen


@pytest.mark.parametrize(
    ("answer", "both"),
    [
        (None, b""),
        (b"", b""),
        (b"\x01", b"\x01"),
        (b"\x01\x01\x01\x01\x01", b"\x01\0\x01"),  # what was not proposed is not agreed on
        (b"\0\0\x01", b"\0\0\x01"),
    ],
)
def test_extended_negotiation_agrees_on_what_both_support(answer: bytes | None, both: bytes) -> None:
    extended = None if answer is None else {wire.FIND: answer, "1.2.3": b"\x01"}
    contexts = agreed(
        wire.answered(1, 0, wire.EXPLICIT), wire.answered(3, 0, wire.EXPLICIT), extended=extended
    )
    assert contexts[1].extended == both
    assert contexts[3].extended == b""


@pytest.mark.parametrize("content", [b"", b"\0", b"\xff\xff1.2", b"\0\x00\x01"])
def test_a_broken_extended_negotiation_item_agrees_on_nothing(content: bytes) -> None:
    user = wire.item(0x50, wire.item(0x51, bytes(4)) + wire.item(0x56, content))
    raw = wire.associate(wire.AC, [wire.answered(1, 0, wire.EXPLICIT)], user_information=user)
    assert accepted(None, REQUEST, decoded(raw))[1].extended == b""
