"""Reads and writes plans as rows of ``plans.db``."""

from __future__ import annotations

import json
import sqlite3
import time
from typing import Final

from workstation.dicom.targets import About, Target
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
    """Forget plans that ended long ago, and of those that want the same from one node all but the newest."""
    open_states = (PlanState.QUEUED, PlanState.RUNNING, PlanState.UNFINISHED)
    connection.execute(
        "DELETE FROM plans WHERE state NOT IN (?, ?, ?) AND updated < ?",
        (*open_states, time.time() - ENDED_KEPT),
    )
    connection.execute(
        "DELETE FROM plans WHERE state=?1 AND id NOT IN (SELECT max(id) FROM plans WHERE state=?1"
        " GROUP BY node, study, series, instances)",
        (PlanState.UNFINISHED,),
    )


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
    )
    marks = ",".join("?" * len(values))
    return (
        "INSERT INTO plans (id, node, study, series, instances, patient_id, expected_uids, expected, state,"
        f" created, updated, sentence, patient_name, study_description, study_date) VALUES ({marks})",
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
        *about,
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
        about=About(*map(str, about)),
    )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(json.loads(str(value)))
