"""Searches of archives that limit their answers, whole and by halves of their period."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from tests.peers.limited import Held, Limited, Limits, daily
from tests.peers.peer import Server
from workstation.dicom.criteria import Criteria
from workstation.dicom.date_span import DateSpan
from workstation.dicom.levels import Model
from workstation.dicom.matches import StudyMatch
from workstation.dicom.search_keys import SearchKeys
from workstation.dicom.study_period import StudyPeriod
from workstation.errors import OperationFailed
from workstation.network.contexts import FIND
from workstation.operations import date_split
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.query_session import WITHOUT_LIMIT, open_query_session
from workstation.operations.sources import Answers, Archive
from workstation.operations.study_search import search_rows
from workstation.stop import Cancelled, Stop

ANYTHING = Criteria()
WHOLE = "Whole, except studies without a date."


@contextmanager
def searching(archive: Limited, criteria: Criteria = ANYTHING) -> Iterator[Answers[StudyMatch]]:
    """A search by date."""
    with Server(archive.play) as server:
        yield Archive(server.node(), limit=WITHOUT_LIMIT, by_date=True).search(criteria, Stop())


def verdict(answers: Answers[StudyMatch]) -> str:
    assert answers.split is not None
    return str(answers.split.verdict)


@pytest.mark.parametrize("final", [0, 0xFE00, 0xA700])
def test_all_studies_are_told_of_in_parts(final: int) -> None:
    held = daily(2300, per_day=7)
    archive = Limited(held, Limits(500, final))
    with searching(archive) as answers:
        found = [study.study_uid for study in answers]
    assert sorted(found) == sorted(one.uid for one in held)
    assert verdict(answers) == WHOLE
    assert not answers.incomplete
    assert len(archive.requests) == 1
    assert len(archive.queries) < 40


def test_an_archive_that_answers_nothing_where_there_is_more() -> None:
    held = daily(700)
    archive = Limited(held, Limits(100, 0xA700, refuses_whole=True))
    with searching(archive) as answers:
        assert len(list(answers)) == 700
    assert verdict(answers) == WHOLE
    with Server(archive.play) as server, pytest.raises(OperationFailed):
        list(Archive(server.node()).search(Criteria(), Stop()))


def test_many_rows() -> None:
    held = daily(20_000, per_day=900)
    with searching(Limited(held, Limits(500))) as answers:
        found = {study.study_uid for study in answers}
    assert found == {one.uid for one in held}
    assert answers.split is not None
    assert answers.split.whole
    assert len(answers.split.hours) == 22  # each of these days has more than 500
    assert verdict(answers) == (
        "Whole, except studies without a date, and those of 2026-03-17, 2026-03-16, 2026-03-15, …"
        " without a time."
    )


def test_parts_of_days_have_no_day_in_common_and_end_at_what_was_typed() -> None:
    held = daily(900, per_day=3)
    archive = Limited(held, Limits(100))
    typed = Criteria(span=DateSpan(date(2025, 8, 1), date(2025, 12, 31)))
    with searching(archive, typed) as answers:
        found = [study.study_uid for study in answers]
    assert sorted(found) == sorted(one.uid for one in held if "20250801" <= one.date <= "20251231")
    ranges = sorted(query[0x00080020] for query in archive.queries)
    assert "20250801-20251231" in ranges
    assert all(key[:8] >= "20250801" and key[-8:] <= "20251231" for key in ranges)
    assert verdict(answers) == WHOLE


def test_an_archive_that_ignores_dates_is_not_asked_for_ever() -> None:
    archive = Limited(daily(900), Limits(500, ignored=["date"]))
    with searching(archive) as answers:
        assert len(list(answers)) == 500
    assert verdict(answers) == "Not whole: Peer does not limit its answers to the dates asked for."
    assert answers.incomplete
    assert len(archive.queries) <= 4


def test_a_day_of_an_archive_that_ignores_times() -> None:
    held = [*daily(200, per_day=200), *daily(30, last=date(2026, 3, 1), root="1.2.827")]
    archive = Limited(held, Limits(100, 0xFE00, ignored=["time"]))
    with searching(archive) as answers:
        assert len(list(answers)) == 130
    assert verdict(answers) == (
        "Not whole: 2026-03-17 alone may have more than the 100 answers that Peer sends at most."
    )
    assert len(archive.queries) < 30


def test_a_moment_with_more_studies_than_an_archive_answers() -> None:
    held = [Held(f"1.2.826.{number}", "20260317", "101500") for number in range(150)]
    with searching(Limited(held, Limits(100, 0xFE00))) as answers:
        assert len(list(answers)) == 100
    assert "2026-03-17 alone may have more" in verdict(answers)


def test_studies_without_date_or_time_are_no_loss_of_the_archive() -> None:
    held = [
        *[Held(f"1.2.826.9.{number}", "") for number in range(40)],
        *[Held(f"1.2.826.8.{number}", "20260317", "") for number in range(40)],
        *daily(300, per_day=300),
    ]
    for undated in (False, True):
        with searching(Limited(held, Limits(150, undated=undated))) as answers:
            assert len({study.study_uid for study in answers}) == 380  # the first answers tell of the others
        expected = "Whole, except studies without a date, and those of 2026-03-17 without a time."
        assert verdict(answers) == expected


class Hiding(Limited):
    """Finds its first study by no date, though it tells of one."""

    def fits(self, one: Held, keys: dict[int, str]) -> bool:
        return super().fits(one, keys) and not (one.uid.endswith(".0") and keys.get(0x00080020))


def test_an_archive_that_finds_a_study_by_no_date_is_not_called_whole() -> None:
    with searching(Hiding(daily(300), Limits(50))) as answers:
        assert len(list(answers)) == 300
    assert verdict(answers) == "Not whole: Peer finds 1 of its studies by no date."


def test_few_answers_are_asked_for_once() -> None:
    archive = Limited(daily(49), Limits(500))
    with searching(archive) as answers:
        assert len(list(answers)) == 49
    assert verdict(answers) == WHOLE
    assert len(archive.queries) == 1


def test_so_many_queries_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(date_split, "MOST_QUERIES", 8)
    archive = Limited(daily(2000), Limits(100))
    with searching(archive) as answers:
        assert len(list(answers)) >= 100
    assert verdict(answers) == "Not whole: stopped after 8 queries; narrow the search."
    assert len(archive.queries) == 8


def test_a_stop_ends_it_between_two_parts() -> None:
    stop = Stop()
    periods: list[StudyPeriod] = []
    archive = Limited(daily(2000), Limits(100))
    with Server(archive.play) as server:
        answers = Archive(server.node(), by_date=True).search(Criteria(), stop)

        def third(period: StudyPeriod) -> None:
            periods.append(period)
            if len(periods) == 3:
                stop.request()

        answers.on_period = third
        with pytest.raises(Cancelled):
            list(answers)
    assert verdict(answers) == "Not whole: it was stopped."
    assert len(archive.queries) <= 3


def test_patients_are_not_split_by_date() -> None:
    archive = Limited(daily(60), Limits(50, 0xFE00), accepts=lambda uid: uid != FIND[Model.STUDY])
    with searching(archive) as answers:
        assert list(answers)
    assert verdict(answers) == "Not whole: Peer lists studies patient by patient only."


# --- What looks like a limit -----------------------------------------------------------------------------


def test_the_same_round_number_twice_looks_like_a_limit(tmp_path: Path) -> None:
    quirks = NodeQuirks(tmp_path / "learnt.json")
    archive = Limited(daily(2000), Limits(500))
    with Server(archive.play) as server:
        source = Archive(server.node(), quirks)

        def limited(criteria: Criteria) -> int | None:
            answers = source.search(criteria, Stop())
            list(answers)
            assert not answers.incomplete  # that it is, is not known
            return answers.limited

        assert limited(Criteria()) is None
        assert limited(Criteria(span=DateSpan(date(2022, 1, 1)))) == 500
        assert limited(Criteria(span=DateSpan(date(2026, 3, 1)))) is None
        again = Archive(server.node(), NodeQuirks(tmp_path / "learnt.json"))
        answers = again.search(Criteria(), Stop())
        assert len(list(answers)) == 500
        assert answers.limited == 500  # also in the next run of the program


def test_what_an_archive_answered_more_than_is_no_limit() -> None:
    quirks = NodeQuirks()
    with Server(Limited(daily(600), Limits()).play) as server:
        node = server.node()
        assert [quirks.seems_limited(node, count) for count in (500, 500, 600, 500, 500)] == [
            False, True, False, False, False,
        ]  # fmt: skip
        other = server.node(ae_title="OTHER")
        assert not quirks.seems_limited(other, 600)
        assert [quirks.seems_limited(node, count) for count in (600, 617, 617)] == [True, False, False]


def test_exactly_a_round_number_of_studies_is_found_out_to_be_all() -> None:
    quirks = NodeQuirks()
    with Server(Limited(daily(500)).play) as server:
        for expected in (None, 500):
            answers = Archive(server.node(), quirks).search(Criteria(), Stop())
            assert len(list(answers)) == 500
            assert answers.limited == expected
        split = Archive(server.node(), quirks, by_date=True, limit=WITHOUT_LIMIT).search(Criteria(), Stop())
        assert len(list(split)) == 500
        assert verdict(split) == WHOLE
        once_more = Archive(server.node(), quirks).search(Criteria(), Stop())
        list(once_more)
        assert once_more.limited is None


@pytest.mark.parametrize("final", [0xFE00, 0xA700, 0xB001])
def test_a_limit_that_an_archive_tells_keeps_the_rows(final: int) -> None:
    with Server(Limited(daily(700), Limits(250, final)).play) as server:
        answers = Archive(server.node()).search(Criteria(), Stop())
        assert len(list(answers)) == 250
        assert (answers.incomplete, answers.limited) == (True, 250)


def test_our_own_limit_is_not_the_archives() -> None:
    with Server(Limited(daily(700)).play) as server:
        answers = Archive(server.node(), limit=100).search(Criteria(), Stop())
        assert len(list(answers)) == 100
        assert (answers.incomplete, answers.limited) == (True, None)


# --- Real archives ----------------------------------------------------------------------------------------


@pytest.mark.archives
@pytest.mark.parametrize("kind", ["dcmqrscp", "orthanc", "pynetdicom_scp"])
def test_real_archives_understand_the_parts(kind: str, request: pytest.FixtureRequest, study) -> None:
    """Days, and the hours of one: each study is in one half, at a second that both have in both."""
    times = ["000000", "010203.5", "115959.999", "120000", "120000.5", "180000", "235959.75"]
    files = [file for number, time in enumerate(times) for file in study(1, key=str(number), time=time)]
    files += [file for year in range(2015, 2023) for file in study(1, key=str(year), date=f"{year}0630")]
    archive = request.getfixturevalue(kind)(files)
    day = date(2024, 1, 2)
    with open_query_session(archive.node(), NodeQuirks(), Stop()) as session:

        def found(period: StudyPeriod) -> list[str]:
            return sorted(
                row.date + "@" + row.time for row in search_rows(session, ANYTHING, SearchKeys(), period)
            )

        dates = [f"{year}0630@101530" for year in range(2015, 2023)]
        whole = found(StudyPeriod())
        assert whole == sorted(dates + [f"20240102@{time}" for time in times])
        assert found(StudyPeriod(None, date(2018, 6, 30))) == dates[:4]
        assert found(StudyPeriod(date(2018, 7, 1), date(2020, 6, 30))) == dates[4:6]
        assert found(StudyPeriod(date(2020, 7, 1), date(2022, 7, 1))) == dates[6:]
        assert len(found(StudyPeriod(day, day))) == len(times)
        halves = StudyPeriod(day, day).halves(day)
        assert halves is not None
        morning, afternoon = map(found, halves)
        assert morning == [f"20240102@{time}" for time in times[:4]]
        assert afternoon == [f"20240102@{time}" for time in times[3:]]


@pytest.mark.archives
@pytest.mark.parametrize("encoding", ["Latin1", "Utf8"])
def test_orthancs_limit_is_overcome(encoding: str, orthanc, study) -> None:
    files = [file for year in range(2010, 2022) for file in study(1, key=str(year), date=f"{year}0630")]
    files += [file for hour in range(10, 20) for file in study(1, key=str(hour), time=f"{hour}0000.5")]
    archive = orthanc(files, LimitFindResults=4, DefaultEncoding=encoding)
    answers = Archive(archive.node(), by_date=True).search(ANYTHING, Stop())
    assert len({one.study_uid for one in answers}) == 22
    assert verdict(answers) == (
        "Whole, except studies without a date, and those of 2024-01-02 without a time."
    )
