"""Reads and writes plans as rows of ``plans.db``."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import suppress
from dataclasses import replace
from typing import Final

from workstation.dicom.background import Background
from workstation.dicom.hours import parse_hours
from workstation.dicom.rate_limit import RateLimit
from workstation.dicom.targets import About, Target
from workstation.errors import BadInput
from workstation.store.plan import Plan, PlanState

ENDED_KEPT: Final = 7 * 24 * 3600.0
"""Seconds until a plan that ended is forgotten: it names a patient."""


def complete_older(connection: sqlite3.Connection, plan: Plan) -> None:
    rows = connection.execute(
        "SELECT * FROM plans WHERE study=? AND state=? AND id<?",
        (plan.target.study, PlanState.UNFINISHED, plan.id),
    ).fetchall()
    covered = [older.id for older in map(plan_of, rows) if plan.covers(older.target)]
    connection.executemany(
        "UPDATE plans SET state=?, sentence='', updated=? WHERE id=?",
        [(PlanState.COMPLETE, plan.updated, identity) for identity in covered],
    )


def drop_old(connection: sqlite3.Connection) -> None:
    """Forget plans that ended long ago; of the unfinished ones, leave one for each target."""
    open_states = [state for state in PlanState if state.open]
    connection.execute(
        f"DELETE FROM plans WHERE state NOT IN ({','.join('?' * len(open_states))}) AND updated < ?",
        (*open_states, time.time() - ENDED_KEPT),
    )
    _supersede_covered(connection)


def _supersede_covered(connection: sqlite3.Connection) -> None:
    """Supersede each unfinished plan whose target another one covers; of equal targets the newest stays."""
    by_study: dict[str, list[Plan]] = {}
    rows = connection.execute("SELECT * FROM plans WHERE state=? ORDER BY id DESC", (PlanState.UNFINISHED,))
    for plan in map(plan_of, rows.fetchall()):
        by_study.setdefault(plan.target.study, []).append(plan)
    covered = [
        plan.id
        for plans in by_study.values()
        for place, plan in enumerate(plans)
        if any(
            _replaces(other, plan, newer=position < place)
            for position, other in enumerate(plans)
            if position != place
        )
    ]
    connection.executemany(
        "UPDATE plans SET state=?, updated=? WHERE id=?",
        [(PlanState.SUPERSEDED, time.time(), identity) for identity in covered],
    )


def _replaces(other: Plan, plan: Plan, *, newer: bool) -> bool:
    """Whether ``other`` makes ``plan`` needless. What was wanted at once is not left to the background."""
    behind, too = plan.background is not None, other.background is not None
    if not other.covers(plan.target) or (too and not behind):
        return False
    return newer or behind is not too or not plan.covers(other.target)


def cancelled_plans(connection: sqlite3.Connection) -> list[Plan]:
    """The plans that were cancelled within a week, oldest first, without those that a later one covers."""
    rows = connection.execute("SELECT * FROM plans ORDER BY id").fetchall()
    by_study: dict[str, list[Plan]] = {}
    found = [plan_of(row) for row in rows]
    for plan in found:
        by_study.setdefault(plan.target.study, []).append(plan)
    since = time.time() - ENDED_KEPT
    kept = (PlanState.CANCELLED, PlanState.COMPLETE)
    return [
        plan
        for plan in found
        if plan.state is PlanState.CANCELLED
        and plan.updated >= since
        and not any(
            later.id > plan.id and (later.state in kept or later.state.open) and later.covers(plan.target)
            for later in by_study[plan.target.study]
        )
    ]


def insert_statement(plan: Plan) -> tuple[str, tuple[object, ...]]:
    values = (
        plan.id,
        plan.node,
        plan.target.study,
        json.dumps(plan.target.series),
        json.dumps(plan.target.instances),
        plan.target.patient_id,
        None if plan.uids is None else json.dumps(sorted(plan.uids)),
        plan.expected,
        plan.state,
        plan.created,
        plan.updated,
        plan.message,
        plan.about.patient,
        plan.about.study,
        plan.about.date,
        plan.background is not None,
        "" if plan.background is None or plan.background.hours is None else str(plan.background.hours),
        None if plan.background is None or plan.background.limit is None else plan.background.limit.megabits,
    )
    marks = ",".join("?" * len(values))
    return (
        "INSERT INTO plans (id, node, study, series, instances, patient_id, expected_uids, expected, state,"
        " created, updated, sentence, patient_name, study_description, study_date, background, hours,"
        f" megabits) VALUES ({marks})",
        values,
    )


def plan_of(row: tuple[object, ...]) -> Plan:
    (
        identity,
        node,
        study,
        series,
        instances,
        patient_id,
        uids,
        expected,
        state,
        created,
        updated,
        message,
        patient,
        description,
        date,
        background,
        hours,
        megabits,
    ) = row
    target = Target(str(study), _texts(series), _texts(instances), str(patient_id))
    return Plan(
        id=int(str(identity)),
        node=str(node),
        target=target,
        uids=None if uids is None else frozenset(_texts(uids)),
        expected=None if expected is None else int(str(expected)),
        state=PlanState(str(state)),
        created=float(str(created)),
        updated=float(str(updated)),
        message=str(message),
        about=About(str(patient), str(description), str(date)),
        background=_background(str(hours), megabits) if background else None,
    )


def _background(hours: str, megabits: object) -> Background:
    """When and how fast; what no version of this program wrote is left out."""
    found = Background()
    with suppress(BadInput):
        found = replace(found, hours=parse_hours(hours) if hours else None)
    with suppress(BadInput, ValueError):
        found = replace(found, limit=None if megabits is None else RateLimit(float(str(megabits))))
    return found


def _texts(value: object) -> tuple[str, ...]:
    return tuple(json.loads(str(value)))
