"""What is fetched is split into requests for several associations, each instance in one of them."""

from __future__ import annotations

from collections import Counter

from workstation.dicom.targets import Target
from workstation.operations.part_queue import LEAST, Part, PartQueue, from_the_middle, in_one, middle_parts
from workstation.operations.repair import CHUNK

STUDY = "1.2.3"


def listed(**series: int) -> dict[str, tuple[str, str]]:
    """So many instances of each series."""
    return {
        f"1.2.3.{place}.{number}": (f"1.2.3.{place}", "")
        for place, count in enumerate(series.values(), 1)
        for number in range(1, count + 1)
    }


def parts(queue: PartQueue, associations: int = 4) -> list[Part]:
    found = []
    while (part := queue.take(associations, ())) is not None:
        found.append(part)
    return found


def test_each_instance_is_in_one_request_of_one_series() -> None:
    instances = listed(a=400, b=3, c=90, d=1)
    queue = PartQueue(Target(STUDY), instances, set(instances))
    assert len(queue) == len(instances)
    found = parts(queue)
    assert Counter(uid for part in found for uid in part.uids) == Counter(list(instances))
    assert all({instances[uid][0] for uid in part.uids} == set(part.target.series) for part in found)
    assert all(len(part.target.instances) <= CHUNK for part in found)
    whole = [part for part in found if not part.target.instances]
    assert [len(part.uids) for part in whole] == [3, 1]


def test_requests_get_smaller_towards_the_end() -> None:
    instances = listed(a=400)
    sizes = [len(part.uids) for part in parts(PartQueue(Target(STUDY), instances, set(instances)))]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == 400 // 8
    assert set(sizes[-3:-1]) == {LEAST}


def test_the_first_instance_alone_unless_its_series_is_asked_for_as_one() -> None:
    instances = listed(a=40)
    queue = PartQueue(Target(STUDY), instances, set(instances))
    first = queue.take_one(4)
    assert first is not None
    assert first.uids == first.target.instances == ("1.2.3.1.1",)
    assert Counter(uid for part in [first, *parts(queue)] for uid in part.uids) == Counter(list(instances))
    small = PartQueue(Target(STUDY), listed(a=LEAST), set(listed(a=LEAST)))
    assert small.take_one(4) is None
    assert len(small) == LEAST
    assert PartQueue(Target(STUDY), {}, set()).take_one(4) is None


def test_one_by_one_without_lists() -> None:
    instances = listed(a=40, b=2)
    queue = PartQueue(Target(STUDY), instances, set(instances), lists=False)
    assert [len(part.uids) for part in parts(queue)] == [1] * 40 + [2]


def test_a_series_of_which_something_is_here_is_not_asked_for_as_one() -> None:
    instances = listed(a=3)
    queue = PartQueue(Target(STUDY), instances, set(instances) - {"1.2.3.1.2"})
    [part] = parts(queue)
    assert part.target.instances == part.uids == ("1.2.3.1.1", "1.2.3.1.3")


def test_what_did_not_come_is_asked_for_again_but_not_for_ever() -> None:
    instances = listed(a=2)
    queue = PartQueue(Target(STUDY), instances, set(instances))
    for _ in range(3):
        part = queue.take(2, ())
        assert part is not None
        queue.give_back(part, {"1.2.3.1.1"})
    assert queue.take(2, ()) is None


def test_what_came_meanwhile_is_left_out() -> None:
    instances = listed(a=20)
    queue = PartQueue(Target(STUDY), instances, set(instances))
    part = queue.take(1, {"1.2.3.1.1"})
    assert part is not None
    assert "1.2.3.1.1" not in part.uids


def test_one_series_comes_first_from_its_middle() -> None:
    instances = listed(a=20, b=20)
    numbers = {uid: int(uid.rpartition(".")[2]) for uid in instances}
    queue = PartQueue(Target(STUDY), instances, set(instances), first="1.2.3.2", numbers=numbers)
    found = [uid for part in parts(queue, 2) for uid in part.uids]
    assert {instances[uid][0] for uid in found[:20]} == {"1.2.3.2"}
    assert found[:3] == ["1.2.3.2.11", "1.2.3.2.10", "1.2.3.2.12"]


def test_instances_without_a_number_come_last() -> None:
    assert from_the_middle(["x", "c", "a", "b"], {"a": 1, "b": 2, "c": 3}) == ["b", "a", "c", "x"]


def test_one_of_each_series_comes_before_all_others() -> None:
    instances = listed(a=20, b=1, c=5)
    numbers = {uid: int(uid.rpartition(".")[2]) for uid in instances}
    queue = PartQueue(
        Target(STUDY), instances, set(instances), first="1.2.3.3", numbers=numbers, one_of_each=True
    )
    assert len(queue) == len(instances)
    found = [uid for part in parts(queue, 2) for uid in part.uids]
    assert found[:3] == ["1.2.3.3.3", "1.2.3.1.11", "1.2.3.2.1"]
    assert {instances[uid][0] for uid in found[3:7]} == {"1.2.3.3"}  # then the series on show
    assert Counter(found) == Counter(list(instances))


def test_the_middle_of_what_is_wanted_of_each_series() -> None:
    instances = listed(a=5, b=3)
    wanted = set(instances) - {"1.2.3.1.1", "1.2.3.2.1", "1.2.3.2.2", "1.2.3.2.3"}
    found = list(middle_parts(Target(STUDY), instances, wanted, {}))
    assert [(part.series, part.instances) for part in found] == [(("1.2.3.1",), ("1.2.3.1.4",))]


def test_whole_series_are_asked_for_in_one_request() -> None:
    some = Target(STUDY, ("1.9",), ("1.9.1",))
    requests = [*(Target(STUDY, (f"1.{number}",)) for number in range(150)), some, Target(STUDY, ("2.1",))]
    found = list(in_one(requests))
    assert [len(part.series) for part in found] == [CHUNK, 50, 1, 1]
    assert found[2] == some
    assert [uid for part in found for uid in part.series] == [uid for part in requests for uid in part.series]
    assert list(in_one([])) == []
