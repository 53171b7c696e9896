"""Which SOP classes may come: all that the standard does not name as something else."""

from __future__ import annotations

import pytest
from pynetdicom.sop_class import _STORAGE_CLASSES  # type: ignore[attr-defined]

from tests.network.conversations import MemorySink
from tests.network.listening import listening
from tests.peers import wire
from tests.peers.peer import client
from workstation.dicom.transfer_syntaxes import EXPLICIT_LE, IMPLICIT_LE, PLAIN, USUAL_SYNTAXES
from workstation.network.contexts import FIND, GET, MOVE, is_storage_class, storage, storage_classes

PRIVATE = ("1.3.12.2.1107.5.9.1", "1.3.46.670589.11.0.0.12.1", "1.2.840.113619.4.30", "2.25.17")
UNKNOWN = ("1.2.840.10008.5.1.4.1.1.999.1", "1.2.840.10008.5.1.4.99.1")


@pytest.mark.parametrize("uid", [wire.CT, *PRIVATE, *UNKNOWN])
def test_standard_private_and_unknown_classes_may_come(uid: str) -> None:
    assert is_storage_class(uid)


NONE = (
    *FIND.values(), *MOVE.values(), *GET.values(), wire.VERIFICATION, wire.COMMITMENT, wire.IMPLICIT,
    wire.APPLICATION, "1.2.840.10008.1.3.10", "", "evil/../class", "1.2.840.10008.5.1.4.1.1..1", "CT",
)  # fmt: skip


@pytest.mark.parametrize("uid", NONE)
def test_other_services_and_what_is_no_uid_may_not(uid: str) -> None:
    assert not is_storage_class(uid)


def test_every_storage_class_of_the_standard_may() -> None:
    assert len(storage_classes()) > 150
    assert all(map(is_storage_class, storage_classes()))
    newer = set(_STORAGE_CLASSES.values()) - storage_classes()
    assert not newer, "these are newer than pydicom's dictionary: name them"


@pytest.mark.parametrize("uid", [*PRIVATE, *UNKNOWN])
def test_the_listener_takes_them(uid: str) -> None:
    sink = MemorySink()
    with listening(sink) as scp, client(scp.port) as talk:
        found = talk.propose({1: (uid, wire.EXPLICIT), 3: (wire.MOVE, wire.EXPLICIT)})
        assert [found.contexts[number][0] for number in (1, 3)] == [0, 3]
        data = wire.image("1.2.3.4")
        talk.send(wire.store(1, 1, "1.2.3.4", data, uid))
        assert talk.message(wire.STORE_RQ | wire.RESPONSE).number(wire.STATUS) == 0
        talk.release()
    assert sink.objects == {"1.2.3.4": data}


# --- What is proposed for C-GET ----------------------------------------------------------------------


def shapes(uid: str, **how: object) -> list[tuple[str, ...]]:
    proposals = storage([uid], 100, **how)  # type: ignore[arg-type]
    return [each.transfer_syntaxes for each in proposals if each.abstract_syntax == uid]


def test_the_plain_syntaxes_share_a_context_and_each_compressed_one_has_its_own() -> None:
    found = shapes(wire.CT, fill=False)
    assert found[:2] == [PLAIN, (EXPLICIT_LE,)]
    assert found[2:] == [(syntax,) for syntax in USUAL_SYNTAXES if syntax not in PLAIN]
    assert shapes(wire.CT, fill=False, apart=True) == [(syntax,) for syntax in USUAL_SYNTAXES]
    assert shapes(wire.CT, syntaxes=PLAIN, fill=False) == [PLAIN]
    assert shapes(wire.CT, syntaxes=(IMPLICIT_LE,), fill=False) == [(IMPLICIT_LE,)]


def test_what_fills_the_rest_comes_in_plain_syntaxes() -> None:
    filled = [each for each in storage([wire.CT], 100) if each.abstract_syntax == wire.MR]
    assert [each.transfer_syntaxes for each in filled] == [PLAIN, (EXPLICIT_LE,)]
    assert len(storage([wire.CT], 100)) <= 100
