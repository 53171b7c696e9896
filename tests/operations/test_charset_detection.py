"""Archives that name no character set, name it only when asked, or will not be asked for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pydicom import Dataset

from tests.peers import wire
from tests.peers.peer import Server, Talk
from workstation.dicom.criteria import Criteria
from workstation.dicom.levels import Level, Model
from workstation.dicom.targets import Target
from workstation.errors import NetworkError
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.query_identifiers import identifier, retrieve_identifier
from workstation.operations.selection import select
from workstation.operations.sources import Archive
from workstation.stop import Stop

CHARSET_KEY = b"\x08\x00\x05\x00"

Rows = Callable[[bytes], list[bytes]]


def rows(*names: bytes, charset: bytes = b"", first: int = 1) -> list[bytes]:
    """A study of each name."""
    found = [(0x00080005, "CS", charset)] if charset else []
    return [
        wire.explicit(
            *found,
            (0x00080052, "CS", b"STUDY"),
            (0x00100010, "PN", name),
            (0x0020000D, "UI", f"1.2.{number}".encode()),
        )
        for number, name in enumerate(names, first)
    ]


def playing(answers: Rows, refuses: Callable[[bytes], bool] = lambda _: False) -> Callable[[Talk], None]:
    """An archive that answers each query with ``answers`` of its identifier."""

    def script(talk: Talk) -> None:
        talk.accept()
        while (message := talk.next()) is not None:
            if refuses(message.data):
                talk.send(wire.response(message, 0xA900))
                continue
            for row in answers(message.data):
                talk.send(wire.response(message, 0xFF00, row))
            talk.send(wire.response(message, 0))

    return script


def searched(answers: Rows, charset: str = "") -> list[str]:
    """The names found, in the order they came in."""
    with Server(playing(answers)) as server:
        source = Archive(server.node(charset=charset))
        return [study.patient.name for study in source.search(Criteria(), Stop())]


GREEK = "Παπαδόπουλος^Γιώργος"


def test_an_archive_that_names_its_character_set_only_when_asked() -> None:
    def answers(query: bytes) -> list[bytes]:
        asked = CHARSET_KEY in query
        return rows(GREEK.encode("iso8859_7"), charset=b"ISO_IR 126" if asked else b"")

    assert searched(answers) == [GREEK]


@pytest.mark.parametrize("refuses", [False, True])
def test_what_keys_find_is_read_by_the_character_set_an_archive_names_when_asked(refuses: bool) -> None:
    def answers(query: bytes) -> list[bytes]:
        asked = CHARSET_KEY in query
        return rows(GREEK.encode("iso8859_7"), charset=b"ISO_IR 126" if asked else b"")

    def refused(query: bytes) -> bool:
        return refuses and CHARSET_KEY in query

    with Server(playing(answers, refused)) as server:
        found = select(server.node(charset="ISO_IR 126" if refuses else ""), Level.STUDY, Dataset(), Stop())
        assert [answer.patient for answer in found.fitting] == [GREEK]


@pytest.mark.parametrize("level", Level)
def test_every_query_asks_for_the_character_set_and_sends_one_where_its_keys_need_it(level: Level) -> None:
    assert identifier(level, {})["SpecificCharacterSet"].is_empty
    assert identifier(level, {"PatientID": "Ä"}).SpecificCharacterSet == "ISO_IR 192"
    assert identifier(level, {"PatientID": "Ä"}, charset="ISO IR 100").SpecificCharacterSet == "ISO_IR 100"
    assert "SpecificCharacterSet" not in identifier(level, {}, full=False)
    assert identifier(level, {"PatientID": "Ä"}, full=False).SpecificCharacterSet == "ISO_IR 192"


def test_a_retrieve_names_a_character_set_only_for_a_patient_id_that_needs_one() -> None:
    plain, accented = Target("1.2.3", patient_id="P1"), Target("1.2.3", patient_id="Ä1")
    assert "SpecificCharacterSet" not in retrieve_identifier(plain, Model.PATIENT)
    assert "SpecificCharacterSet" not in retrieve_identifier(accented, Model.STUDY)
    assert retrieve_identifier(accented, Model.PATIENT).SpecificCharacterSet == "ISO_IR 192"


def test_an_archive_that_refuses_to_be_asked_is_asked_without() -> None:
    asked: list[bytes] = []

    def refuses(query: bytes) -> bool:
        asked.append(query)
        return CHARSET_KEY in query

    with Server(playing(lambda _: rows(b"DOE^JOHN"), refuses)) as server:
        source = Archive(server.node(), NodeQuirks())
        for _ in range(2):
            assert [study.patient.name for study in source.search(Criteria(), Stop())] == ["DOE^JOHN"]
    assert [CHARSET_KEY in query for query in asked] == [True, False, False]


CHINESE = ["王^小东", "张^伟", "Li^Na=李^娜"]
RARE = ["朱^镕基", "李^祎", "王^玥", "赵^頔"]
EUROPEAN = ["Müller^Jürgen", "Größe^Åse", "Öz^Ödön", "José^María", "Özil^Ömür"]


def gb(names: list[str]) -> list[bytes]:
    return [name.encode("gb18030") for name in names]


def latin(names: list[str]) -> list[bytes]:
    return [name.encode("latin_1") for name in names]


@pytest.mark.parametrize("turned", [False, True], ids=["rare names last", "rare names first"])
def test_rare_chinese_characters_are_read_beside_others_that_leave_no_doubt(turned: bool) -> None:
    names = [*CHINESE, *RARE, *EUROPEAN]
    octets = [*gb(CHINESE), *gb(RARE), *latin(EUROPEAN)]
    order = -1 if turned else 1
    assert sorted(searched(lambda _: rows(*octets[::order]))) == sorted(names)


def test_they_are_left_alone_where_nothing_else_is_chinese() -> None:
    octets = [*latin(EUROPEAN), *gb(RARE)]
    read = [octet.decode("latin_1") for octet in octets]
    assert sorted(searched(lambda _: rows(*octets))) == sorted(read)


def test_one_name_told_again_and_again_leaves_a_doubt() -> None:
    octets = gb([CHINESE[0]] * 5 + [RARE[0]])
    assert RARE[0] not in searched(lambda _: rows(*octets))


def test_what_was_found_out_of_a_node_serves_its_later_queries() -> None:
    quirks = NodeQuirks()
    replies = iter((rows(*gb(CHINESE)), rows(*gb(RARE[:1])), rows(*latin(EUROPEAN))))
    with Server(playing(lambda _: next(replies))) as server:
        source = Archive(server.node(), quirks)
        told = [[study.patient.name for study in source.search(Criteria(), Stop())] for _ in range(3)]
    assert told == [CHINESE, RARE[:1], EUROPEAN]


def test_labelled_answers_and_utf_8_are_no_proof() -> None:
    for others in (rows(*gb(CHINESE), charset=b"GB18030"), rows(*(name.encode() for name in CHINESE))):
        found = searched(lambda _, others=others: [*others, *rows(*gb(RARE[:1]), first=9)])  # type: ignore[misc]
        assert found == [*CHINESE, gb(RARE[:1])[0].decode("latin_1")]


def test_a_node_with_a_character_set_is_believed_and_its_other_rows_are_told_by_what_is_broken() -> None:
    octets = [*gb(CHINESE[:1]), *gb(RARE[:1]), "Иванов^Ярь".encode("iso8859_5"), b"Zo\xeb^M\xfc"]
    found = searched(lambda _: rows(*octets), charset="GB18030")
    assert found[:2] == [CHINESE[0], RARE[0]]
    assert ["\ufffd" in name for name in found] == [False, False, True, True]


def test_rows_that_wait_are_told_when_the_archive_breaks_off() -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        query = talk.message(wire.FIND_RQ)
        for row in rows(*gb(RARE)):
            talk.send(wire.response(query, 0xFF00, row))
        talk.send(wire.abort())

    found: list[str] = []
    with Server(script) as server, pytest.raises(NetworkError):
        found.extend(study.study_uid for study in Archive(server.node()).search(Criteria(), Stop()))
    assert len(found) == len(RARE)
