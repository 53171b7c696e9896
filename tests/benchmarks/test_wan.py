"""Arguments, rows and table of ``python -m tests.benchmarks.wan``; the wire itself is not made here."""

from __future__ import annotations

import pytest

from tests.benchmarks.wire.emulator import Shape, refusal
from tests.benchmarks.wire.rows import HEAD, Ceiling, Objects, Row, Took, counts, line, objects, parser, plan

STUDY = objects("400x0.5MB")


def planned(*arguments: str) -> list[Row]:
    return plan(parser(None).parse_args(arguments))


@pytest.mark.parametrize(
    ("text", "count", "size", "shown"),
    [
        ("400x0.5MB", 400, 500_000, "400 × 0.5 MB"),
        ("6x32mb", 6, 32_000_000, "6 × 32 MB"),
        ("2000x20KB", 2000, 20_000, "2,000 × 20 KB"),
    ],
)
def test_a_study_is_written_as_its_objects(text, count, size, shown):
    made = objects(text)
    assert made == Objects(count, size)
    assert str(made) == shown
    assert made.bits == pytest.approx(count * size * 8, rel=0.001)


@pytest.mark.parametrize("text", ["", "400", "0x1MB", "x1MB", "4x", "4x0KB", "4x2GB", "4x1.2345MB", "-4x1MB"])
def test_what_is_no_study_is_refused(text):
    with pytest.raises(ValueError, match="not a study"):
        objects(text)


def test_without_arguments_everything_is_planned_and_each_row_once():
    rows = planned()
    usual, eight, sixteen = 3 * 4 * 2 * 3, 4 * 2 * 3, 2 * 3
    assert len(rows) == len(set(rows)) == usual + eight + sixteen
    assert {row.shape.rtt for row in rows if row.associations == 16} == {50}
    assert {row.shape.rate for row in rows} == {1000}


def test_rows_are_selected():
    rows = planned("--services", "get", "--rtt", "50", "--sets", "400x0.5MB", "--loss", "0", "--rate", "100")
    assert rows == [Row("get", STUDY, Shape(50, 100, 0), number) for number in (None, 8, 16)]
    [row] = planned(
        "--services", "send", "--rtt", "50", "--sets", "400x0.5MB", "--loss", "0", "--associations", "4"
    )
    assert row.ours == ["--associations", "4"]


def test_quick_is_less_and_can_be_selected_from():
    assert len(planned("--quick")) < len(planned())
    assert {row.shape.rtt for row in planned("--quick", "--rtt", "2")} == {2}


@pytest.mark.parametrize(
    "arguments",
    [["--services", "find"], ["--sets", "many"], ["--rtt", "-1"], ["--loss", "-1"], ["--rate", "-1"]],
)
def test_arguments_out_of_range_are_refused(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        planned(*arguments)
    assert ended.value.code == 2
    assert arguments[0] in capsys.readouterr().err


def test_the_wire_is_told_its_shape():
    shape = Shape(rtt=50, rate=1000, lose=1000, seed=7, queue=65536)
    assert shape.command() == "25000 1000000 1000 7 65536\n"
    assert Shape(rtt=50, rate=1000).room == 6_250_000
    assert Shape(rtt=50).room == Shape(rtt=2, rate=1000).room == 1024 * 1024


def test_a_line_has_the_cells_of_the_head():
    row = Row("get", STUDY, Shape(50, 1000, 1000), 8)
    shown = line(row, Took(20, 0.5, 0.4, 7), Took(30, 0.25, 0.1), Ceiling(161, 700), 2000)
    assert shown.startswith(
        "| C-GET | 400 × 0.5 MB | 50 | 1 in 1,000 | 8 | 20.00 | 0.40 | 2.5 | getscu +B | 30.00 | 0.10 | 1.2 |"
    )
    assert shown.endswith("| 1.50 × | 80 | 161; 700 | 7; 0 |  |")
    assert {text.count("|") for text in (*HEAD.splitlines(), shown)} == {18}


def test_a_failure_has_no_ratio():
    shown = line(
        Row("send", STUDY, Shape()), Took(3, 1), Took(3, 1, failure="7 of 400"), Ceiling(161, 700), 2000
    )
    assert "7 of 400" in shown
    assert "×" not in shown.replace(str(STUDY), "")


@pytest.mark.parametrize(
    ("rate", "seconds", "ceiling", "expected"),
    [(1000, 9.0, 1199.0, False), (1000, 9.0, 1200.0, True), (0, 1.0, 1900.0, False), (0, 2.0, 1900.0, True)],
)
def test_a_row_counts_where_the_wire_carries_enough(rate, seconds, ceiling, expected):
    row = Row("get", STUDY, Shape(2, rate))
    assert counts(row, Took(seconds, 1), Took(9, 1), ceiling) is expected


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        (("darwin", 0, True, []), "Linux"),
        (("linux", 1000, True, []), "root"),
        (("linux", 0, False, []), "mknod"),
        (("linux", 0, True, ["gcc", "getscu"]), "gcc, getscu"),
    ],
)
def test_elsewhere_it_says_what_is_missing(facts, word):
    assert word in refusal(*facts)
    assert refusal("linux", 0, True, []) == ""
