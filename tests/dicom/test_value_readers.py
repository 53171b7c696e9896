"""The readers of IS, DS, DA, TM and UI: what each spelling means, and what means nothing."""

from __future__ import annotations

import pytest

from workstation.dicom.value_readers import (
    kept_date,
    kept_time,
    read_count,
    read_date,
    read_decimal,
    read_decimals,
    read_int64,
    read_integer,
    read_plain,
    read_time,
    read_uid,
)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (b"7", 7), (b"+7", 7), (b"-7", -7), (b"0", 0), (b"-0", 0), (b"007", 7), (b" 4 ", 4),
        (b"7 \0", 7), (b"7\0 ", 7), (b"\0007", 7), (b"0000000012", 12), (b"7\t\r\n", 7), (b"7\0junk", 7),
        (b"7.0", 7), (b"10.0", 10), (b"7.", 7), (b"7e0", 7), (b"0.7E1", 7), (b"+7.000", 7), (b"7,0", 7),
        (b"4\\5", 4), (b"4.0\\x", 4), (b"2147483647", 2147483647), (b"-2147483648", -2147483648),
        (b"", None), (b" ", None), (b"\0", None), (b"\\4", None), (b"1.5", None), (b"seven", None),
        (b"1A", None), (b"1_0", None), (b"1 0", None), (b"- 7", None), (b"7-", None), (b"0x7", None),
        (b"nan", None), (b"inf", None), (b"-Infinity", None), (b"1e999", None), (b"1,000", None),
        (b"1,0,0", None), (b"2147483648", None), (b"-2147483649", None), (b"9" * 12, None),
        (b"9" * 5000, None), (b"7\xff", None), (b"+", None), (b"\xd9\xa7", None),
    ],
)  # fmt: skip
def test_integers(value: bytes, number: int | None) -> None:
    assert read_integer(value) == number
    assert read_integer(value.decode("latin_1")) == number
    assert read_count(value) == (None if number is not None and number < 0 else number)


def test_integers_to_64_bits() -> None:
    assert read_int64("999999999999") == 999999999999
    assert read_int64(str(2**63 - 1)) == 2**63 - 1
    assert read_int64(str(2**63)) is None
    assert read_int64("\uff11\uff12") is None


@pytest.mark.parametrize(
    ("value", "numbers"),
    [
        (b"1.5", (1.5,)), (b" -1.5e-3 ", (-0.0015,)), (b"1,5", (1.5,)), (b".5\\5.", (0.5, 5.0)),
        (b"1\0 ", (1.0,)),
        (b"1\\2\\3 ", (1.0, 2.0, 3.0)), (b"1 \\ 2", (1.0, 2.0)), (b"1\0\\2\0", (1.0, 2.0)),
        (b"1\\\\3", ()), (b"1\\x", ()), (b"", ()), (b"nan", ()), (b"1\\inf", ()), (b"1e999", ()),
        (b"1_0", ()), (b"1,5,5", ()), (b"1.500,5", ()), (b"\xff", ()), (b"9" * 100_000, ()),
    ],
)  # fmt: skip
def test_decimals(value: bytes, numbers: tuple[float, ...]) -> None:
    assert read_decimals(value) == numbers
    if len(numbers) < 2 and b"\\" not in value:
        assert read_decimal(value) == (numbers[0] if numbers else None)
    assert read_decimal(b"2\\x") == 2.0


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("19971003", "19971003"), (" 19971003 \0", "19971003"), ("19970229", "19970229"),
        ("1997.10.03", "19971003"), ("1997-10-03", "19971003"), ("1997/10/03", "19971003"),
        ("1997:10:03", "19971003"), ("1997 10 03", "19971003"), ("1997.1.3", "19970103"),
        ("19971003\\19981004", "19971003"),
        ("199710031020", "19971003"), ("19971003102030.5+0100", "19971003"),
        ("1997-10-03T10:20:30Z", "19971003"),
        ("1997-10", "19971000"), ("1997.10", "19971000"), ("19971000", "19971000"),
        ("1997", "19970000"), ("19970000", "19970000"), ("1997.00.00", "19970000"),
        ("", ""), ("00000000", ""), ("0000.00.00", ""), ("19971332", ""), ("19971301", ""), ("19970003", ""),
        ("971003", ""), ("199710", ""), ("97.10.03", ""), ("03.10.1997", ""), ("9997", ""), ("199710031", ""),
        ("19971003-19981003", ""), ("19971003-", ""), ("-19971003", ""), ("1997-1998", ""),
        ("1997.10.03-1998.10.03", ""), ("1997.10-03", ""), ("19971003x", ""), ("yesterday", ""),
        ("\uff11\uff19\uff19\uff17\uff11\uff10\uff10\uff13", ""),
    ],
)  # fmt: skip
def test_dates(value: str, day: str) -> None:
    assert read_date(value) == day
    assert read_date(value.encode()) == day
    assert read_date(day) == day  # what was read is read again
    assert kept_date(value.encode("ascii", "replace")) == (
        day or value.encode("ascii", "replace").decode().strip(" \0")
    )


@pytest.mark.parametrize(
    ("value", "time"),
    [
        ("102030", "102030"), ("102030.5", "102030.5"), ("102030.123456", "102030.123456"),
        (" 102030 \0", "102030"),
        ("102030.1234567", "102030.123456"), ("102030,5", "102030.5"), ("102030.", "102030"),
        ("101530123", "101530.123"),
        ("1020", "1020"), ("10", "10"), ("000000", "000000"), ("235960", "235960"),
        ("102030\\112030", "102030"),
        ("10:20:30", "102030"), ("10:20:30.5", "102030.5"), ("10:20", "1020"),
        ("9:05", "0905"), ("9:5:1", "090501"),
        ("93015", "093015"), ("93015.5", "093015.5"),
        ("", ""), ("9", ""), ("930", ""), ("240000", ""), ("106000", ""), ("102061", ""), ("10.20.30", ""),
        ("1000-1200", ""), ("10-12", ""), ("1020 PM", ""), ("noon", ""), ("10:20:30:40:50", ""),
        ("\uff11\uff10\uff12\uff10", ""),
    ],
)  # fmt: skip
def test_times(value: str, time: str) -> None:
    assert read_time(value) == time
    assert read_time(value.encode()) == time
    assert read_time(time) == time
    assert kept_time(value.encode("ascii", "replace")) == (
        time or value.encode("ascii", "replace").decode().strip(" \0")
    )


def test_values_are_in_order_by_what_they_mean() -> None:
    dates = ["1997", "1997.01.01", "19970102", "1997-12-31", "1998.06.01", "19980602"]
    keys = [read_date(text) for text in dates]
    assert keys == sorted(keys)
    times = ["09", "9:30", "10:20", "102000", "10:20:30", "102030.5", "10:20:31"]
    keys = [read_time(text) for text in times]
    assert keys == sorted(keys)
    numbers = ["-1", "1.0", "2", "03", "+4", "5e0", " 10 "]
    keys = [read_integer(text) or 0 for text in numbers]
    assert keys == sorted(keys)


def test_uids_and_plain_texts_lose_their_padding_and_nothing_else() -> None:
    for told in (b"1.2.3\0", b" 1.2.3 ", b"1.2.3 \0", b"1.2.3"):
        assert read_uid(told) == read_plain(told) == "1.2.3"
    assert read_uid(b"1.2.\xe9") != read_uid(b"1.2.\xe8")
    assert read_uid(b"1.2\0003") == "1.2\0003"  # two UIDs are never made one
    assert read_plain(b"HEAD\xff ") == "HEAD\ufffd"


def test_a_long_value_is_not_remembered() -> None:
    long = b"19971003" + b"\\19971003" * 100_000
    assert read_date(long) == "19971003"
    assert read_time(b"1020\\" + long) == "1020"
    assert read_integer(b"7\\" + long) == 7
    assert read_decimal(b"7.5\\" + long) == 7.5
