"""Plans outlive the program and the index."""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from workstation.dicom.background import Background
from workstation.dicom.hours import Hours
from workstation.dicom.levels import Level
from workstation.dicom.rate_limit import RateLimit
from workstation.dicom.targets import About, Target
from workstation.errors import NotWritable, TooNew, Unreadable
from workstation.store import schema
from workstation.store.plan import PlanState
from workstation.store.plans import Plans

STUDY = Target("1.2", patient_id="P1")
SERIES = Target("1.2", ("1.2.1", "1.2.2"))
IMAGES = Target("1.2", ("1.2.1",), ("1.2.1.1", "1.2.1.2"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "plans.db"


def test_plan_comes_back_as_it_was(path: Path) -> None:
    plans = Plans(path)
    made = [
        plans.create("PACS-A", STUDY),
        plans.create(
            "PACS-B", SERIES, expected=7, about=About("Wang^XiaoDong=王^小东", "Thorax", "20240101")
        ),
        plans.create("PACS-A", IMAGES, uids=frozenset(IMAGES.instances)),
    ]
    assert [plan.level for plan in made] == [Level.STUDY, Level.SERIES, Level.IMAGE]
    assert [plan.expected for plan in made] == [None, 7, 2]
    assert plans.every() == made
    done = plans.update(made[0], PlanState.COMPLETE)
    part = plans.update(made[1], PlanState.PARTIAL, message="2 are missing", uids=frozenset({"1.2.1.1"}))
    assert (part.state, part.message, part.uids, part.expected) == (
        PlanState.PARTIAL, "2 are missing", {"1.2.1.1"}, 1,
    )  # fmt: skip
    plans.close()
    again = Plans(path)
    assert again.every()[:2] == [done, part]
    again.close()


def test_what_was_left_to_be_written_is_scheduled(path: Path) -> None:
    scheduled: list[Callable[[], None]] = []
    with closing(Plans(path, schedule=scheduled.append)) as plans:
        plan = plans.create_deferred("PACS-A", STUDY)
        plans.set_state_deferred(plan, PlanState.CANCELLED)
        assert len(scheduled) == 2
        with closing(Plans(path)) as other:
            assert other.every() == []
            scheduled[0]()
            assert [one.state for one in other.every()] == [PlanState.CANCELLED]


def test_open_plans_of_an_earlier_run_are_unfinished(path: Path) -> None:
    plans = Plans(path)
    states = list(PlanState)
    for state in states:
        plans.update(plans.create("PACS", Target(f"1.{states.index(state)}")), state)
    plans.close()
    again = Plans(path)
    assert [plan.target.study for plan in again.unfinished()] == ["1.0", "1.1", "1.2"]
    assert [plan.state for plan in again.every()][3:] == states[3:]
    again.close()


@pytest.mark.parametrize(
    ("open_target", "asked", "covered"),
    [
        (STUDY, STUDY, True),
        (STUDY, IMAGES, True),
        (SERIES, STUDY, False),
        (SERIES, Target("1.2", ("1.2.2",)), True),
        (SERIES, IMAGES, True),
        (SERIES, Target("1.2", ("1.2.3",)), False),
        (IMAGES, Target("1.2", ("1.2.1",)), False),
        (IMAGES, Target("1.2", ("1.2.1",), ("1.2.1.2",)), True),
        (IMAGES, Target("1.2", ("1.2.1",), ("1.2.1.3",)), False),
        (STUDY, Target("1.3"), False),
    ],
)
def test_covering(path: Path, open_target: Target, asked: Target, covered: bool) -> None:
    plans = Plans(path)
    plan = plans.create("PACS", open_target)
    assert plan.covers(asked) == covered
    plans.close()


def test_twenty_killed_runs_leave_one_unfinished_plan_for_each_target(path: Path) -> None:
    for number in range(20):
        plans = Plans(path)
        plans.update(plans.create("PACS", STUDY), PlanState.RUNNING)
        plans.create(f"PACS-{number}", SERIES)
        plans.create("PACS", Target("1.3", ("1.3.1",)))
        last = plans.create("PACS", Target("1.3", ("1.3.2",)))
        plans.close()
    with closing(Plans(path)) as plans:
        assert [plan.target for plan in plans.unfinished()] == [
            STUDY,
            Target("1.3", ("1.3.1",)),
            last.target,
        ]
        assert plans.unfinished()[-1].id == last.id
        states = {plan.state for plan in plans.every()}
        assert states == {PlanState.UNFINISHED, PlanState.SUPERSEDED}


def test_what_was_wanted_at_once_is_not_left_to_the_background(path: Path) -> None:
    behind = Background(Hours(1200, 360))
    with closing(Plans(path)) as plans:
        plans.create_deferred("PACS", STUDY, background=behind)
        series = plans.create_deferred("PACS", SERIES)
        plans.create_deferred("PACS", IMAGES, background=behind)
        other = plans.create_deferred("PACS", Target("1.3"))
        plans.create_deferred("PACS", Target("1.3"), background=behind)
    with closing(Plans(path)) as plans:
        assert [(plan.target, plan.background) for plan in plans.unfinished()] == [
            (STUDY, behind),
            (series.target, None),
            (other.target, None),
        ]


def test_cancelled_plans_are_kept_for_a_week_unless_a_later_one_covers_them(path: Path) -> None:
    with closing(Plans(path)) as plans:
        series = plans.update(plans.create("PACS", SERIES), PlanState.CANCELLED)
        other = plans.update(plans.create("PACS", Target("1.3")), PlanState.CANCELLED)
        twice = plans.update(plans.create("PACS", Target("1.3")), PlanState.CANCELLED)
        assert plans.cancelled() == [series, twice]
        study = plans.create("PACS", STUDY)
        assert plans.cancelled() == [twice]
        plans.update(study, PlanState.FAILED)
        assert plans.cancelled() == [series, twice]
        plans.update(plans.create("another", STUDY), PlanState.COMPLETE)
        assert plans.cancelled() == [twice]
        assert plans.update(twice, PlanState.RUNNING).id == twice.id  # it can be resumed
        assert plans.cancelled() == []
        plans.update(twice, PlanState.CANCELLED)
    for days, left in ((6, [twice.id]), (8, [])):
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("UPDATE plans SET updated=?", (time.time() - days * 24 * 3600,))
        with closing(Plans(path)) as plans:
            assert [plan.id for plan in plans.cancelled()] == left
            assert (other.id in [plan.id for plan in plans.every()]) is bool(left)


def test_when_and_how_fast_it_may_be_fetched_is_kept(path: Path) -> None:
    terms = [
        None,
        Background(),
        Background(Hours(20 * 60, 6 * 60), RateLimit(20)),
        Background(None, RateLimit(0.5)),
    ]
    with closing(Plans(path)) as plans:
        for number, background in enumerate(terms):
            plans.create_deferred("PACS", Target(f"1.{number}"), background=background)
    with closing(Plans(path)) as plans:
        assert [plan.background for plan in plans.unfinished()] == terms
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE plans SET hours='at night', megabits='fast' WHERE background")
    with closing(Plans(path)) as plans:
        assert [plan.background for plan in plans.unfinished()] == [None, *[Background()] * 3]


@pytest.mark.parametrize("node", ["PACS", "another"])
def test_a_complete_plan_completes_older_ones_of_its_target(path: Path, node: str) -> None:
    with closing(Plans(path)) as plans:
        older = [plans.create("PACS", target) for target in (STUDY, IMAGES, Target("1.3"))]
        for plan in older:
            plans.update(plan, PlanState.UNFINISHED)
        running = plans.update(plans.create("PACS", IMAGES), PlanState.RUNNING)
        plans.update(plans.create(node, SERIES), PlanState.PARTIAL)
        assert plans.unfinished() == plans.every()[:3]
        series = plans.create(node, SERIES)
        plans.update(series, PlanState.COMPLETE)
        assert [plan.target for plan in plans.unfinished()] == [STUDY, Target("1.3")]
        plans.update(plans.create(node, STUDY), PlanState.COMPLETE)
        assert [plan.target for plan in plans.unfinished()] == [Target("1.3")]
        assert {plan.id: plan.state for plan in plans.every()}[running.id] is PlanState.RUNNING
        assert plans.update(older[0], PlanState.RUNNING).id == older[0].id  # somebody resumes it


def test_what_ended_a_week_ago_is_forgotten(path: Path) -> None:
    with closing(Plans(path)) as plans:
        for number, state in enumerate(PlanState):
            plans.update(plans.create("PACS", Target(f"1.{number}")), state)
    for days, left in ((6, len(PlanState)), (8, 3)):
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("UPDATE plans SET updated=?", (time.time() - days * 24 * 3600,))
        with closing(Plans(path)) as plans:
            assert len(plans.every()) == left
            assert len(plans.unfinished()) == 3


def test_a_plan_that_is_gone_is_not_updated(path: Path) -> None:
    plans = Plans(path)
    plan = plans.create("PACS", STUDY)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("DELETE FROM plans")
    assert plans.every() == []
    with pytest.raises(KeyError):
        plans.update(plan, PlanState.RUNNING)
    plans.close()


def test_threads_share_it(path: Path) -> None:
    plans = Plans(path)

    def work(number: int) -> None:
        for step in range(10):
            plans.update(plans.create("PACS", Target(f"1.{number}.{step}")), PlanState.RUNNING)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(plans.every()) == 40
    plans.close()


@pytest.mark.parametrize("ahead", [1, 2, 3, 99])
def test_list_of_a_newer_program_or_none_at_all_is_refused_and_untouched(path: Path, ahead: int) -> None:
    Plans(path).close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version={1 + len(schema.PLANS_UPGRADES) + ahead}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(TooNew):
        Plans(path)
    assert path.read_bytes() == before
    path.write_bytes(b"something else, longer than a header" * 100)
    with pytest.raises(Unreadable):
        Plans(path)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_it_is_private(path: Path) -> None:
    plans = Plans(path)
    plans.create("PACS", STUDY)
    for file in (path, *path.parent.iterdir()):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    plans.close()


VERSION_1 = """
CREATE TABLE plans (
    id INTEGER PRIMARY KEY,
    node TEXT NOT NULL, study TEXT NOT NULL, series TEXT NOT NULL, instances TEXT NOT NULL,
    patient_id TEXT NOT NULL, expected_uids TEXT, expected INTEGER,
    state TEXT NOT NULL, created REAL NOT NULL, updated REAL NOT NULL, sentence TEXT NOT NULL
);
INSERT INTO plans VALUES (7, 'PACS', '1.2', '[]', '[]', 'P1', NULL, 3, 'running', 1.0, 2.0, 'halfway');
PRAGMA user_version=1;
"""


def test_plans_of_version_1_are_taken_over(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as old:
        old.executescript(VERSION_1)
    plans = Plans(path)
    [kept] = plans.unfinished()
    assert (kept.id, kept.node, kept.target.study, kept.expected, kept.about) == (
        7,
        "PACS",
        "1.2",
        3,
        About(),
    )
    new = plans.create("PACS", SERIES, about=About("Doe^John"))
    assert plans.every() == [kept, new]
    assert kept.background is None
    plans.close()
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_wish_is_there_at_once_and_written_before_anything_else(path: Path) -> None:
    plans = Plans(path)
    first = plans.create("PACS", STUDY)
    wish = plans.create_deferred("PACS", SERIES, expected=7, about=About("Doe^John"))
    gone = plans.set_state_deferred(plans.create_deferred("PACS", IMAGES), PlanState.CANCELLED)
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT count(*) FROM plans").fetchone() == (1,)
    assert plans.every() == [first, wish, gone]
    running = plans.update(plans.create_deferred("PACS", STUDY), PlanState.RUNNING)
    assert (running.id, running.state) == (gone.id + 1, PlanState.RUNNING)
    plans.close()


def test_what_is_owed_is_written_on_closing(path: Path) -> None:
    plans = Plans(path)
    wish = plans.create_deferred("PACS", STUDY)
    plans.close()
    again = Plans(path)
    assert [plan.id for plan in again.unfinished()] == [wish.id]
    assert again.create_deferred("PACS", SERIES).id > wish.id
    again.close()


def test_what_a_disk_refuses_stays_owed(path: Path) -> None:
    plans = Plans(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("CREATE TRIGGER no BEFORE INSERT ON plans BEGIN SELECT RAISE(FAIL, 'full'); END")
        wish = plans.create_deferred("PACS", STUDY)
        with pytest.raises(NotWritable):
            plans.write()
        other.execute("DROP TRIGGER no")
    plans.write()
    assert plans.every() == [wish]
    plans.close()
