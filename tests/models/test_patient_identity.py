"""Which answers are one patient: rows that join and part as answers come, the same in every order."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import combinations, permutations

import pytest

from tests.matches import series
from tests.models.patient_answers import local, push, study
from workstation.dicom.identity_claim import claim_of
from workstation.dicom.levels import Level
from workstation.dicom.matches import ImageMatch, PatientMatch, SeriesMatch, StudyMatch
from workstation.models.result_tree import ResultTree
from workstation.models.rows import Below, Fill, Row
from workstation.models.visible_rows import VisibleRows


def filled(*matches: StudyMatch) -> ResultTree:
    """The tree after these answers, each for itself."""
    tree = ResultTree()
    generation = tree.begin()
    for match in matches:
        tree.add_studies(generation, [match])
    return tree


def patients(tree: ResultTree) -> list[Row]:
    found = {row.number: row for row in tree.store.rows.values() if row.level is Level.PATIENT}
    assert len(found) == tree.patient_count
    return [row for _, row in sorted(found.items())]


def told(patient: Row) -> list[StudyMatch]:
    return [one for row in patient.children for one in row.matches.values() if isinstance(one, StudyMatch)]


def grouped(tree: ResultTree) -> set[frozenset[frozenset[tuple[str, str]]]]:
    """Patients as sets of studies, studies as sets of what was told of them."""
    return {
        frozenset(
            frozenset((source, repr(match)) for source, match in row.matches.items())
            for row in patient.children
        )
        for patient in patients(tree)
    }


def assert_sound(tree: ResultTree) -> None:
    """No patient is two, none is empty, and everybody finds everybody."""
    for patient in patients(tree):
        claims = [claim_of(match.patient, "") for match in told(patient)]
        assert claims
        assert len({claim.patient_id for claim in claims}) == 1
        assert len({claim.birth_date for claim in claims} - {""}) <= 1
        for one, other in combinations(claims, 2):  # who differ in name have a name in both scripts between
            assert one.fits(other) or any(
                one.families & third.families and other.families & third.families for third in claims
            )
        assert all(row.parent is patient for row in patient.children)
        assert len({row.uid for row in patient.children}) == len(patient.children)
    assert tree.study_count == sum(len(patient.children) for patient in patients(tree))


CASES = {
    "library and archive share a study": (
        [study("A", "1.1"), study("library", "1.1"), study("library", "1.2")],
        1,
    ),
    "nothing tells that two sources mean one": ([study("A", "1.1"), study("library", "1.2")], 2),
    "three sources in a chain": (
        [study("A", "1.1"), study("B", "1.1"), study("B", "1.2"), study("C", "1.2"), study("C", "1.3")],
        1,
    ),
    "one issuer": ([study("A", "1.1", issuer="H"), study("B", "1.2", issuer="H")], 1),
    "one study, two IDs": ([study("A", "1.1"), study("B", "1.1", "2")], 2),
    "one study, two persons": ([study("A", "1.1"), study("B", "1.1", name="Roe^Jane"), study("B", "1.2")], 3),
    "no birth date fits an older and a younger": (
        [
            study("A", "1.1", birth_date="19700101"),
            study("A", "1.2"),
            study("A", "1.3", birth_date="19800101"),
            study("B", "1.3", birth_date="19800101"),
        ],
        3,
    ),
    "a shared study does not bring together who differ": (
        [
            study("A", "1.1", birth_date="19700101"),
            study("B", "1.1"),
            study("B", "1.2"),
            study("C", "1.2", birth_date="19800101"),
        ],
        3,
    ),
    "one domain": (
        [
            study("A", "1.1", domain=("domain", "H")),
            study("B", "1.2", domain=("domain", "H")),
            study("C", "1.3"),
        ],
        2,
    ),
    "a domain is no source": ([study("A", "1.1"), study("B", "1.2", domain=("domain", "A"))], 2),
    "a local copy is of the archive it came from": ([study("A", "1.1"), local("1.2", "source", "A")], 1),
    "one ID in two archives, here too": (
        [study("A", "1.1"), study("B", "1.2"), local("1.3", "source", "A"), local("1.4", "source", "B")],
        2,
    ),
    "one ID in two archives, here only": ([local("1.3", "source", "A"), local("1.4", "source", "B")], 2),
    "local copies of one domain": ([local("1.3", "domain", "H"), local("1.4", "domain", "H")], 1),
    "a sender is no source": ([study("A", "1.1"), local("1.2", "sender", "A")], 2),
    "senders nobody knows": ([local("1.1", "sender", "X"), local("1.2", "sender", "Y")], 2),
    "what a sender nobody knows brought of an archive": (
        [study("A", "1.1"), local("1.1", "sender", "X"), local("1.2", "sender", "X")],
        1,
    ),
    "two modalities push one person": ([push("1.1", "CT"), push("1.2", "MR")], 1),
    "three modalities, one has not the sex": (
        [push("1.1", "CT"), push("1.2", "MR", sex=""), push("1.3", "US", name="DOE^JOHN^^^")],
        1,
    ),
    "pushed without birth date": ([push("1.1", "CT", birth_date=""), push("1.2", "MR", birth_date="")], 2),
    "pushed with the year only": (
        [push("1.1", "CT", birth_date="1970"), push("1.2", "MR", birth_date="19700000")],
        2,
    ),
    "pushed without birth date by one": ([push("1.1", "CT"), push("1.2", "MR", birth_date="")], 2),
    "pushed with another birth date": ([push("1.1", "CT"), push("1.2", "MR", birth_date="19700102")], 2),
    "pushed without given name": ([push("1.1", "CT", name="Doe"), push("1.2", "MR", name="Doe")], 2),
    "pushed with another given name": ([push("1.1", "CT"), push("1.2", "MR", name="Doe^Jane")], 2),
    "pushed with another middle name": ([push("1.1", "CT"), push("1.2", "MR", name="Doe^John^M")], 2),
    "pushed with names nobody can read": (
        [push("1.1", "CT", name="D\ufffd^John"), push("1.2", "MR", name="D\ufffd^John")],
        2,
    ),
    "pushed with names whose letters were replaced": (
        [push("1.1", "CT", name="M?ller^Hans"), push("1.2", "MR", name="M?ller^Hans")],
        2,
    ),
    "pushed with another ideographic name": (
        [push("1.1", "CT", name="Wang^Li=王^丽"), push("1.2", "MR", name="Wang^Li=王^莉")],
        2,
    ),
    "pushed as father and son": (
        [push("1.1", "CT", name="Doe^John^^^Jr"), push("1.2", "MR", name="Doe^John^^^Sr")],
        2,
    ),
    "pushed with another sex": ([push("1.1", "CT"), push("1.2", "MR", sex="F")], 2),
    "pushed with two sexes and none": (
        [push("1.1", "CT"), push("1.2", "MR", sex=""), push("1.3", "US", sex="F")],
        3,
    ),
    "pushed with another ID": ([push("1.1", "CT"), push("1.2", "MR", patient_id="2")], 2),
    "pushed without ID": ([push("1.1", "CT", patient_id=""), push("1.2", "MR", patient_id="")], 2),
    "one modality pushes two persons of one ID": (
        [push("1.1", "CT"), push("1.2", "CT", name="Doe^Jane"), push("1.3", "MR")],
        2,
    ),
    "pushed and in an archive": (
        [push("1.1", "CT"), study("A", "1.9", birth_date="19700101", sex="M")],
        2,
    ),
    "an archive tells of somebody else of that ID": (
        [push("1.1", "CT"), push("1.2", "MR"), study("A", "1.9", name="Roe^Jane", birth_date="19700101")],
        3,
    ),
    "an archive tells another given name of one of the studies": (
        [push("1.1", "CT"), push("1.2", "MR"), study("A", "1.1", name="Doe^Jane", birth_date="19700101")],
        2,
    ),
    "an archive tells another sex of one of the studies": (
        [push("1.1", "CT"), push("1.2", "MR"), study("A", "1.1", birth_date="19700101", sex="F")],
        2,
    ),
    "an archive tells the same of both studies": (
        [push("1.1", "CT"), push("1.2", "MR"), study("A", "1.1"), study("A", "1.2")],
        1,
    ),
    "pushed with an issuer, and without": ([push("1.1", "CT"), push("1.2", "MR", issuer="H")], 2),
    "without ID only the study joins": (
        [study("A", "1.1", ""), study("B", "1.1", ""), study("A", "1.2", "")],
        2,
    ),
    "two names in two scripts": (
        [
            study("A", "1.1", name="Yamada^Tarou=山田^太郎"),
            study("A", "1.2", name="YAMADA^T"),
            study("A", "1.3", name="=山田^太郎"),
        ],
        1,
    ),
}


@pytest.mark.parametrize(("matches", "count"), CASES.values(), ids=CASES)
def test_every_order_gives_the_same_patients(matches: list[StudyMatch], count: int) -> None:
    first = filled(*matches)
    assert len(patients(first)) == count
    for order in permutations(matches):
        tree = filled(*order)
        assert grouped(tree) == grouped(first)
        assert_sound(tree)
        assert {row.doubtful for row in patients(tree)} == {row.doubtful for row in patients(first)}


@pytest.mark.parametrize("seed", range(40))
def test_any_answers_in_any_order_and_in_any_batches(seed: int) -> None:
    chance = random.Random(seed)
    matches = {
        (source, uid): study(
            source,
            uid,
            chance.choice(["1", "1", "2", ""]),
            chance.choice(["Doe^John", "DOE^J", "Roe^Jane", "Doe=某", "=某", ""]),
            birth_date=chance.choice(["", "", "19700101", "19800101"]),
            issuer=chance.choice(["", "", "H"]),
            domain=chance.choice([None, None, ("domain", "A"), ("source", "A"), ("sender", "A")]),
        )
        for source in ("A", "B", "library")
        for uid in ("1.1", "1.2", "1.3", "1.4")
        if chance.random() < 0.7
    }
    first = filled(*matches.values())
    assert_sound(first)
    for _ in range(20):
        order = chance.sample(list(matches.values()), len(matches))
        tree = ResultTree()
        generation = tree.begin()
        while order:
            batch = [order.pop() for _ in range(chance.randint(1, len(order)))]
            tree.add_studies(generation, batch)
        assert grouped(tree) == grouped(first)
        assert_sound(tree)


def test_an_id_that_everybody_bears_joins_nobody() -> None:
    tree = filled(*[study("A", f"1.{n}", name=f"N{n}^X" if n % 2 else "") for n in range(1, 100)])
    assert_sound(tree)
    assert len(patients(tree)) == 51  # those without a name are one answer


def find(tree: ResultTree, uid: str, source: str) -> Row:
    [row] = [row for row in tree.studies(uid) if source in row.matches]
    return row


def test_what_joins_keeps_its_numbers_and_what_is_known() -> None:
    tree = ResultTree()
    generation = tree.begin()
    tree.add_studies(generation, [study("A", "1.1"), study("A", "1.2")])
    tree.add_studies(generation, [study("library", "1.3"), study("library", "1.4")])
    assert tree.patient_count == 2
    selected = find(tree, "1.3", "library").number
    patient = find(tree, "1.4", "library").top.number
    tree.add_children(
        generation,
        find(tree, "1.4", "library").number,
        [SeriesMatch(source="library", study_uid="1.4", series_uid="9.1")],
    )
    old = find(tree, "1.3", "library").top.number
    tree.add_studies(generation, [study("library", "1.2")])
    assert tree.patient_count == 1
    row = tree.find(selected)
    assert row is not None
    assert row is find(tree, "1.3", "library")
    assert tree.find(patient) is row.top is tree.find(old)
    assert [one.uid for one in find(tree, "1.4", "library").children] == ["9.1"]
    assert find(tree, "1.2", "A").sources == ("A", "library")


def test_a_study_two_rows_hold_becomes_one_with_all_below_it() -> None:
    tree = ResultTree()
    generation = tree.begin()
    tree.add_studies(
        generation, [study("A", "1.1", birth_date="19700101"), study("A", "1.3", birth_date="19800101")]
    )
    tree.add_studies(generation, [study("A", "1.2")])  # fits both, so it stands for itself
    assert tree.patient_count == 3
    tree.add_studies(generation, [study("B", "1.2", birth_date="19700101")])
    assert_sound(tree)


def test_rows_of_a_search_by_patients_join_once_they_share_a_study() -> None:
    tree = ResultTree()
    generation = tree.begin()
    tree.add_patients(
        generation,
        [
            PatientMatch(source="A", patient_id="1", name="Doe^John"),
            PatientMatch(source="library", patient_id="1", name="Doe^John"),
        ],
    )
    one, other = patients(tree)
    for row in (one, other):
        row.fill = Fill.PENDING
    tree.add_below_patient(generation, one.number, [study("A", "1.1"), study("A", "1.2")])
    assert tree.patient_count == 2
    tree.add_below_patient(generation, other.number, [study("library", "1.1")])
    [joined] = patients(tree)
    assert joined is one
    assert set(joined.sources) == {"A", "library"}
    assert {row.uid for row in joined.children} == {"1.1", "1.2"}
    tree.filled(generation, other.number, complete=True)
    assert joined.fill is Fill.FULL
    assert tree.find(other.number) is joined


def test_a_setting_parts_what_modalities_pushed_and_joins_it_again() -> None:
    matches = [push("1.1", "CT"), push("1.2", "MR"), push("1.3", "CT"), push("2.1", "CT", patient_id="2")]
    tree = filled(*matches)
    kept = tree.studies("1.2")[0]
    joined = grouped(tree)
    assert len(joined) == 2
    tree.merging.join_pushes(False)
    assert len(patients(tree)) == 3
    assert {row.uid for row in tree.studies("1.1")[0].top.children} == {"1.1", "1.3"}
    assert kept is tree.studies("1.2")[0]
    tree.add_studies(tree.generation, [push("1.4", "US")])
    assert len(patients(tree)) == 4
    tree.merging.join_pushes(True)
    assert len(patients(tree)) == 2
    assert_sound(tree)
    tree.begin()
    tree.merging.join_pushes(False)
    tree.add_studies(tree.generation, matches)
    assert len(patients(tree)) == 3


def test_a_patient_pushed_by_two_is_not_given_the_counts_of_one() -> None:
    tree = ResultTree()
    generation = tree.begin()
    who = PatientMatch(source="library", patient_id="1", name="Doe^John", birth_date="19700101")
    told = [replace(who, studies=n, instances=n, domain=("sender", by)) for n, by in ((1, "CT"), (2, "MR"))]
    tree.add_patients(generation, told)
    [patient] = patients(tree)
    assert patient.instances is None


def test_what_a_source_told_below_a_study_goes_with_its_patient() -> None:
    """None of it stays below the other patient, late answers neither, nor is counted or filtered by there."""
    results = ResultTree()
    visible = VisibleRows(results)
    generation = results.begin(("A", "B"))
    [row] = results.add_studies(generation, [study("A", "1.1")])
    results.add_studies(generation, [replace(study("B", "1.1", name=""), description="of Jane")])
    first = series("1.1.1", "1.1", "A")
    of_jane = series("1.1.2", "1.1", "B", description="of Jane"), replace(first, source="B", instances=9)
    results.add_children(generation, row.number, [first, *of_jane])
    image = {"study_uid": "1.1", "series_uid": "1.1.2", "sop_uid": "9"}
    results.add_children(generation, row.children[1].number, [ImageMatch(source="B", **image)])
    results.counted(generation, row.number, Below(series=7, instances=70), "B")
    results.filled(generation, row.number, complete=True)
    gone = row.children[1].number
    visible.set_filter("jane")
    assert visible.filtered_count == 1
    results.add_studies(generation, [study("B", "1.3", name="Roe^Jane")])
    assert [(one.top.patient.name, list(one.matches)) for one in results.studies("1.1")] == [
        ("Doe^John", ["A"]),
        ("", ["B"]),
    ]
    for late in (0, 1):
        assert [(one.uid, list(one.matches)) for one in row.children] == [("1.1.1", ["A"])], late
        assert (row.instances, row.series, results.find(gone)) == (None, 1, None)
        assert visible.studies_of(row.top) == [], "the filter finds John by what was told of Jane"
        results.add_children(generation, row.number, of_jane)
        results.add_children(generation, row.children[0].number, [ImageMatch(source="B", **image)])
        results.counted(generation, row.number, Below(series=7, instances=70), "B")
    other = results.studies("1.1")[1]
    results.add_children(generation, other.number, of_jane)
    assert {one.uid for one in other.children} == {"1.1.1", "1.1.2"}
