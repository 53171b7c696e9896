"""What is requested again after a retrieve that left something out, and with which contexts."""

from __future__ import annotations

import pytest

from workstation.dicom.targets import Target
from workstation.dicom.transfer_syntaxes import EXPLICIT_LE, PLAIN, RARE_SYNTAXES, USUAL_SYNTAXES
from workstation.network.contexts import USUAL_CLASSES, storage_classes
from workstation.operations.expected_instances import Expected
from workstation.operations.repair import (
    CHUNK,
    alone,
    may_be_fetched,
    parts,
    rare,
    untried,
    wanted_classes,
)

STUDY = Target("1.2")
CT, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"
TWO_SERIES = {"1.1": ("1.9", CT), "1.2": ("1.9", CT), "1.3": ("1.9", CT), "2.1": ("2.9", MR)}


def asked(
    *missing: str, target: Target = STUDY, **how: bool
) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    return [(part.series, part.instances) for part in parts(target, TWO_SERIES, set(missing), **how)]


@pytest.mark.parametrize(
    ("missing", "how", "requests"),
    [
        ((), {}, []),
        (("1.1", "1.2", "1.3"), {}, [(("1.9",), ())]),
        (("1.1", "2.1"), {}, [(("1.9",), ("1.1",)), (("2.9",), ())]),
        (("1.1", "1.2"), {}, [(("1.9",), ("1.1", "1.2"))]),
        (("1.1", "1.2"), {"lists": False}, [(("1.9",), ())]),
        (("1.1",), {"lists": False}, [(("1.9",), ("1.1",))]),
        (("1.1", "1.2", "1.3"), {"by_uid": True}, [(("1.9",), ("1.1", "1.2", "1.3"))]),
        (
            ("1.1", "1.2", "1.3"),
            {"by_uid": True, "lists": False},
            [(("1.9",), ("1.1",)), (("1.9",), ("1.2",)), (("1.9",), ("1.3",))],
        ),
        (("5.5",), {}, []),
    ],
)
def test_which_requests_ask_for_the_missing(
    missing: tuple[str, ...], how: dict[str, bool], requests: list[object]
) -> None:
    assert asked(*missing, **how) == requests


def test_single_instances_are_never_asked_for_as_a_series() -> None:
    target = Target("1.2", ("2.9",), ("2.1",))
    assert asked("2.1", target=target) == [(("2.9",), ("2.1",))]


def test_long_lists_are_split() -> None:
    many = {f"1.{n}": ("1.9", CT) for n in range(CHUNK + 2)}
    found = list(parts(STUDY, many, set(list(many)[1:])))
    assert [len(part.instances) for part in found] == [CHUNK, 1]


def test_the_patient_id_is_kept() -> None:
    [part] = parts(Target("1.2", patient_id="P1"), TWO_SERIES, {"2.1"})
    assert (part.study, part.patient_id) == ("1.2", "P1")


@pytest.mark.parametrize(
    ("instance", "series", "may"),
    [
        ("1.2", "1.9", True),
        ("1.2.x", "1.9", True),
        ("", "1.9", False),
        ("1.2", "", False),
        ("1.*", "1.9", False),
        ("1.2", "1.?", False),
        ("1.2\\1.3", "1.9", False),
        ("1" * 129, "1.9", False),
    ],
)
def test_which_instances_may_be_fetched(instance: str, series: str, may: bool) -> None:
    assert may_be_fetched(instance, series) is may


@pytest.mark.parametrize(
    ("expected", "missing", "classes"),
    [
        (None, None, USUAL_CLASSES),
        (Expected(instances=TWO_SERIES), None, (CT, MR)),
        (Expected(instances=TWO_SERIES), ("2.1",), (MR,)),
    ],
)
def test_classes_to_negotiate(
    expected: Expected | None, missing: tuple[str, ...] | None, classes: tuple[str, ...]
) -> None:
    assert wanted_classes(expected, missing) == classes


def test_where_a_class_is_not_known_the_modality_and_the_usual_ones_are_negotiated() -> None:
    known = {"1.1": ("1.9", "1.2.3"), "1.2": ("1.9", "")}
    found = wanted_classes(Expected(instances=known, modalities=("CT",)))
    assert found[0] == "1.2.3"
    assert CT in found
    assert set(USUAL_CLASSES) <= set(found)
    assert len(set(found)) == len(found)


def test_untried_classes_fill_the_room_there_is() -> None:
    proposed = set(USUAL_CLASSES)
    recipes = list(untried(USUAL_SYNTAXES, proposed, 100))
    assert all(syntaxes == PLAIN and len(classes) <= 100 for classes, syntaxes in recipes)
    tried = [uid for classes, _ in recipes for uid in classes]
    assert len(tried) == len(set(tried))
    assert set(tried) == storage_classes() - proposed


def test_chosen_syntaxes_are_kept_for_untried_classes() -> None:
    syntaxes = ("1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.90")
    recipes = list(untried(syntaxes, set(), 100))
    assert all(found == syntaxes and len(classes) <= 50 for classes, found in recipes)


@pytest.mark.parametrize(("syntaxes", "recipes"), [(USUAL_SYNTAXES, [((CT,), RARE_SYNTAXES)]), (PLAIN, [])])
def test_rare_syntaxes_only_without_chosen_ones(syntaxes: tuple[str, ...], recipes: list[object]) -> None:
    assert list(rare((CT,), syntaxes)) == recipes


def test_each_agreed_syntax_alone_but_the_first() -> None:
    agreed = {(CT, EXPLICIT_LE), (CT, USUAL_SYNTAXES[-1]), (MR, USUAL_SYNTAXES[-1])}
    last = USUAL_SYNTAXES[-1]
    assert last != EXPLICIT_LE
    assert list(alone((CT, MR), USUAL_SYNTAXES, agreed)) == [((CT, MR), (last,))]
    assert list(alone((CT,), PLAIN, agreed)) == []
