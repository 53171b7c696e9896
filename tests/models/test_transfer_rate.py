from __future__ import annotations

from workstation.models.transfer_rate import WINDOW, TransferRate


def test_the_rate_is_that_of_the_last_seconds_not_of_the_whole_time() -> None:
    rate = TransferRate(0.0, 1000, 10)
    assert rate.per_second(0.4) == (0.0, 0.0)
    rate.note(1.0, 2000, 20)
    assert rate.per_second(1.0) == (1000.0, 10.0)
    for second in range(2, 40):
        rate.note(float(second), 2000 + 100 * second, 20 + second)
    size, images = rate.per_second(39.0)
    assert abs(size - 100) < 15
    assert abs(images - 1) < 0.15


def test_what_was_here_before_does_not_count() -> None:
    rate = TransferRate(5.0, 10**9, 500)
    rate.note(7.0, 10**9 + 200, 501)
    assert rate.per_second(7.0) == (100.0, 0.5)


def test_silence_is_counted_from_the_last_image() -> None:
    rate = TransferRate(0.0, 0, 0)
    assert rate.silent(3.0) == 3.0
    rate.note(4.0, 10, 1)
    rate.note(30.0, 10, 1)
    assert rate.silent(44.0) == 40.0
    assert rate.per_second(4.0 + 2 * WINDOW) == (0.0, 0.0)
