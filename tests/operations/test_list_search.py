"""Looking up the values of a list: real archives, and scripted ones of all manners."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from tests.archives import data
from tests.archives.process import Archive
from tests.peers.listed import Kept, Listed, Manners
from tests.peers.peer import Server
from workstation.dicom.list_results import ValueAnswer
from workstation.dicom.nodes import Node
from workstation.dicom.pasted_list import ColumnUse
from workstation.errors import KeyIgnored, NetworkError, OperationFailed, PatientNeeded
from workstation.operations.held_associations import HeldAssociations
from workstation.operations.list_search import (
    ANSWERS,
    UIDS_AT_ONCE,
    look_up_in_archive,
    look_up_in_files,
)
from workstation.operations.sources import LocalLibrary
from workstation.stop import Cancelled, Stop
from workstation.store.library import Library

Start = Callable[..., Archive]
ID, ACCESSION, UID = ColumnUse.PATIENT_ID, ColumnUse.ACCESSION, ColumnUse.STUDY_UID


def found(answers: Iterable[ValueAnswer]) -> dict[str, list[str]]:
    """The Study UIDs of the hits of each value, in the order of the answers."""
    return {answer.value: sorted(hit.study_uid for hit in answer.hits) for answer in answers}


def ask(node: Node, key: ColumnUse, *values: str) -> list[ValueAnswer]:
    return list(look_up_in_archive(node, key, values, Stop()))


@pytest.mark.archives
@pytest.mark.parametrize("kind", ["dcmqrscp", "orthanc"])
def test_real_archives(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    head = data.Patient("HEAD^EXP", "HEAD-1")
    files = [
        *data.study(tmp_path, 1, patient=head, key="a"),
        *data.study(tmp_path, 1, patient=head, key="b"),
        *data.study(tmp_path, 1, patient=data.Patient("Zero^Leading", "0042"), key="c"),
    ]
    a, b, c = data.uid("HEAD-1", "a"), data.uid("HEAD-1", "b"), data.uid("0042", "c")
    start: Start = request.getfixturevalue(kind)
    node = start(files).node()
    assert found(ask(node, ID, "HEAD-1", "HEAD-2", "42", "0042")) == {
        "HEAD-1": sorted([a, b]),
        "HEAD-2": [],
        "42": [],
        "0042": [c],
    }
    assert found(ask(node, ACCESSION, "ACCb", "ACC", "ACCc")) == {"ACCb": [b], "ACC": [], "ACCc": [c]}
    wanted = [b, "1.2.3.4", a, "1.2.3.5", c]
    assert found(ask(node, UID, *wanted)) == {b: [b], "1.2.3.4": [], a: [a], "1.2.3.5": [], c: [c]}


def test_the_library(tmp_path: Path) -> None:
    with contextlib.closing(Library.open(tmp_path)) as library:
        answers = look_up_in_files(LocalLibrary(library.index), ACCESSION, ["A1"], Stop())
        assert found(answers) == {"A1": []}


STUDIES = [Kept(f"1.2.{number}", f"P{number % 7}", f"A{number}") for number in range(200)]


def test_one_association_and_a_query_for_each_accession() -> None:
    archive = Listed(STUDIES)
    values = [f"A{number}" for number in range(0, 220, 2)]
    with Server(archive.play) as server:
        answers = ask(server.node(), ACCESSION, *values)
    assert [answer.value for answer in answers] == values
    assert found(answers) == {value: [f"1.2.{value[1:]}"] if int(value[1:]) < 200 else [] for value in values}
    assert archive.queries == values
    assert archive.associations == 1


@pytest.mark.parametrize("lists", ["all", "first", "refused"])
def test_uids_are_asked_for_by_lists_where_those_are_known(lists: str) -> None:
    archive = Listed(STUDIES, Manners(lists=lists))
    values = [f"1.2.{number}" for number in range(1, 400, 3)]
    with Server(archive.play) as server:
        answers = ask(server.node(), UID, *values)
    assert found(answers) == {value: [value] if int(value[4:]) < 200 else [] for value in values}
    assert [answer.value for answer in answers] == values
    singles = [query for query in archive.queries if "\\" not in query]
    if lists == "all":
        # once more for what was not found of the one in which some were
        assert len(archive.queries) == -(-len(values) // UIDS_AT_ONCE) + 1
    else:
        assert len(singles) >= len(values) - 1
        assert (
            len(archive.queries) - len(singles) <= 2
        )  # a refused one is asked once more without optional keys


def test_a_list_that_finds_nothing_is_not_believed() -> None:
    archive = Listed(STUDIES)
    values = [f"1.3.{number}" for number in range(10)]
    with Server(archive.play) as server:
        answers = ask(server.node(), UID, *values)
    assert found(answers) == {value: [] for value in values}
    assert archive.queries == ["\\".join(values), *values]


def test_other_values_are_no_hits() -> None:
    kept = [Kept("1.2.1", "00123", "abc"), Kept("1.2.2", "123", "ABC"), Kept("1.2.3", "0123", "aBC")]
    with Server(Listed(kept, Manners(folds=True)).play) as server:
        by_id, by_accession = ask(server.node(), ID, "123"), ask(server.node(), ACCESSION, "abc", "Abc")
    assert found(by_id) == {"123": ["1.2.2"]}
    assert found(by_accession) == {"abc": ["1.2.1"], "Abc": []}
    assert [answer.others for answer in (*by_id, *by_accession)] == [2, 2, 3]


def test_an_archive_that_ignores_keys_has_hits_and_others() -> None:
    kept = STUDIES[:20]
    with Server(Listed(kept, Manners(ignores=True)).play) as server:
        answers = ask(server.node(), ACCESSION, "A3", "B3")
    assert found(answers) == {"A3": ["1.2.3"], "B3": []}
    assert [answer.others for answer in answers] == [19, 20]
    assert not any(answer.cut_off for answer in answers)


def test_one_that_answers_all_it_has_is_given_up() -> None:
    archive = Listed(STUDIES, Manners(ignores=True))
    answers: list[ValueAnswer] = []
    with (
        Server(archive.play) as server,
        pytest.raises(KeyIgnored, match="does not search by AccessionNumber"),
    ):
        answers.extend(look_up_in_archive(server.node(), ACCESSION, ["B1", "B2", "B3", "B4"], Stop()))
    assert len(set(archive.queries)) == 3
    with Server(Listed(STUDIES, Manners(ignores=True)).play) as server:
        [early] = ask(server.node(), ACCESSION, "A3")
        [late] = ask(server.node(), ACCESSION, f"A{ANSWERS + 20}")
    assert (bool(early.hits), early.cut_off) == (True, True)
    assert (bool(late.hits), late.cut_off) == (False, True)  # it is not known whether it is there


def test_a_refused_value_is_a_failure_of_its_own() -> None:
    with Server(Listed(STUDIES, Manners(refuses={"A2"})).play) as server:
        answers = ask(server.node(), ACCESSION, "A1", "A2", "A3")
    assert [bool(answer.error) for answer in answers] == [False, True, False]
    assert found(answers)["A3"] == ["1.2.3"]


def test_several_refusals_in_a_row_end_it() -> None:
    values = ["A1", *(f"B{number}" for number in range(9))]
    answers: list[ValueAnswer] = []
    archive = Listed(STUDIES, Manners(refuses=values[1:]))
    with Server(archive.play) as server, pytest.raises(OperationFailed):
        answers.extend(look_up_in_archive(server.node(), ACCESSION, values, Stop()))
    assert [answer.value for answer in answers] == ["A1", "B0", "B1"]


def test_an_archive_that_dies_answers_no_more() -> None:
    archive = Listed(STUDIES, Manners(dies_after=5))
    answers: list[ValueAnswer] = []
    values = [f"A{n}" for n in range(99)]
    with Server(archive.play) as server, pytest.raises(NetworkError):
        answers.extend(look_up_in_archive(server.node(), ACCESSION, values, Stop()))
    assert found(answers) == {f"A{n}": [f"1.2.{n}"] for n in range(5)}


def test_one_that_ends_its_associations_is_asked_on_new_ones() -> None:
    archive = Listed(STUDIES, Manners(aborts_after=10))
    values = [f"A{number}" for number in range(35)]
    with Server(archive.play) as server:
        answers = ask(server.node(), ACCESSION, *values)
    assert found(answers) == {value: [f"1.2.{value[1:]}"] for value in values}
    assert archive.associations == 4


def test_values_are_taken_as_they_are_asked_for_and_the_association_is_held() -> None:
    archive = Listed(STUDIES)
    taken: list[str] = []

    def values() -> Iterator[str]:
        for number in range(3):
            taken.append(f"A{number}")
            yield taken[-1]

    held = HeldAssociations()
    try:
        with Server(archive.play) as server:
            node = server.node()
            for answer in look_up_in_archive(node, ACCESSION, values(), Stop(), held=held):
                assert taken[-1] == answer.value
            list(look_up_in_archive(node, ACCESSION, ["A7"], Stop(), held=held))
            held.close(1.0)
    finally:
        held.close(1.0)
    assert archive.queries == ["A0", "A1", "A2", "A7"]
    assert archive.associations == 1


def test_it_can_be_stopped() -> None:
    stop, archive = Stop(), Listed(STUDIES)
    with Server(archive.play) as server:
        answers = look_up_in_archive(server.node(), ACCESSION, [f"A{n}" for n in range(99)], stop)
        next(answers)
        stop.request()
        with pytest.raises(Cancelled):
            next(answers)
    assert len(archive.queries) <= 2


def test_queries_do_not_grow_faster_than_the_list() -> None:
    """500 accession numbers are 500 queries on one association; 2,000 UIDs are 40, and one to be sure."""
    values = [f"A{number}" for number in range(500)]
    archive = Listed([Kept(f"1.2.{number}", accession=f"A{number}") for number in range(5)])
    with Server(archive.play) as server:
        assert len(ask(server.node(), ACCESSION, *values)) == 500
        assert (len(archive.queries), archive.associations) == (500, 1)
        archive.queries.clear()
        assert len(ask(server.node(), UID, *(f"1.2.{number}" for number in range(2000)))) == 2000
        assert len(archive.queries) == 2000 // UIDS_AT_ONCE + 1


@pytest.mark.parametrize("most", [10, 49])
def test_an_archive_that_ends_lists_early_without_a_word_is_asked_for_the_rest(most: int) -> None:
    archive = Listed(STUDIES, Manners(most_answers=most))
    values = [f"1.2.{number}" for number in range(100)] + [f"1.3.{number}" for number in range(50)]
    with Server(archive.play) as server:
        answers = ask(server.node(), UID, *values)
    assert found(answers) == {value: [value] if value.startswith("1.2.") else [] for value in values}


@pytest.mark.parametrize("key", [ACCESSION, UID])
def test_without_the_patient_nothing_found_proves_nothing_under_patient_root(key: ColumnUse) -> None:
    archive = Listed(STUDIES, Manners(patient_root="strict"))
    answers: list[ValueAnswer] = []
    with Server(archive.play) as server, pytest.raises(PatientNeeded, match="by patient only"):
        answers.extend(look_up_in_archive(server.node(), key, ["1.2.1", "A1", "A2", "A3"], Stop()))
    assert all(answer.error for answer in answers)
    with Server(Listed(STUDIES, Manners(patient_root="strict")).play) as server:
        assert len(found(ask(server.node(), ID, "P1"))["P1"]) > 1


def test_what_a_patient_root_finds_all_the_same_counts() -> None:
    archive = Listed(STUDIES, Manners(patient_root="lenient"))
    with Server(archive.play) as server:
        answers = ask(server.node(), ACCESSION, "A1", "B1", "B2", "B3", "B4")
    assert [answer.error for answer in answers] == [""] * 5
    assert found(answers)["A1"] == ["1.2.1"]
