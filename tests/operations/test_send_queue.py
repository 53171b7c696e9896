"""Files are handed out in runs of neighbours, each once."""

from __future__ import annotations

from pathlib import Path

from workstation.network.file_to_send import FileToSend
from workstation.operations.send_queue import SendQueue


def files(count: int) -> list[FileToSend]:
    return [
        FileToSend(
            path=Path(f"{number:03}.dcm"),
            sop_class="1.2",
            sop_instance=f"1.2.3.{number}",
            transfer_syntax="1.2.840.10008.1.2",
            offset=0,
            length=8,
        )
        for number in range(count)
    ]


def taken(queue: SendQueue, who: object) -> int | None:
    file = queue.take(who)
    return None if file is None else int(file.path.stem)


def test_one_association_sends_all_in_their_order() -> None:
    queue = SendQueue(files(5))
    assert (len(queue), queue.bytes) == (5, 40)
    assert [taken(queue, "a") for _ in range(6)] == [0, 1, 2, 3, 4, None]
    assert len(queue) == 0


def test_another_one_takes_the_second_half_of_the_longest_run() -> None:
    queue = SendQueue(files(9))
    assert taken(queue, "a") == 0
    assert taken(queue, "b") == 5
    assert taken(queue, "c") == 3
    order = [taken(queue, who) for who in "abcabcabc"]
    assert sorted(number for number in order if number is not None) == [1, 2, 4, 6, 7, 8]
    assert order[:3] == [1, 6, 4]


def test_the_run_of_one_that_ends_is_sent_by_the_others() -> None:
    queue = SendQueue(files(6))
    assert taken(queue, "a") == 0
    assert taken(queue, "b") == 3
    queue.leave("b")
    assert len(queue) == 4
    assert [taken(queue, "a") for _ in range(5)] == [1, 2, 4, 5, None]


def test_what_is_given_back_goes_last() -> None:
    queue = SendQueue(files(3))
    first = queue.take("a")
    assert first is not None
    queue.give_back(first)
    assert len(queue) == 3
    assert [taken(queue, "a") for _ in range(4)] == [1, 2, 0, None]
