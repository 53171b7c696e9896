"""Plans: what a person wanted fetched, kept apart from the index and never deleted with it."""

from __future__ import annotations

import itertools
import json
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

from workstation.dicom.levels import Level
from workstation.dicom.targets import UNTOLD, About, Target
from workstation.errors import DiskFull, NotWritable
from workstation.stop import Cancelled
from workstation.store.expectations import Expectations, count_statement
from workstation.store.files import private_folder
from workstation.store.gate import Gate
from workstation.store.schema import PLANS, PLANS_UPGRADES, connect, explain, open_database

ENDED_KEPT: Final = 7 * 24 * 3600.0
"""Seconds until a plan that ended is forgotten: it names a patient."""


class PlanState(StrEnum):
    """Where a plan stands; the first three are open."""

    QUEUED = "queued"
    RUNNING = "running"
    UNFINISHED = "unfinished"
    COMPLETE = "complete"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Plan:
    """One persisted wish.

    Attributes:
        node: Name of the node it is fetched from.
        uids: Expected SOP Instance UIDs; None while unknown.
        expected: Expected number of instances; None while unknown.
        created: Seconds since 1970, as is ``updated``.
        message: Why it is as it is, for a person; may be empty.
        about: What a person knows the study by.
    """

    id: int
    node: str
    target: Target
    uids: frozenset[str] | None
    expected: int | None
    state: PlanState
    created: float
    updated: float
    message: str = ""
    about: About = UNTOLD

    @property
    def level(self) -> Level:
        """The level its target names."""
        return self.target.level

    def covers(self, target: Target) -> bool:
        """Whether everything of ``target`` is part of this plan."""
        own = self.target
        if own.study != target.study:
            return False
        if not own.series:
            return True
        if not target.series or not set(target.series) <= set(own.series):
            return False
        return not own.instances or (bool(target.instances) and set(target.instances) <= set(own.instances))


class Plans:
    """The list of plans, in a file of its own; safe from any thread.

    To be opened by the process that holds the library: plans found queued or running at opening were left
    by one that ended, and become unfinished.

    Attributes:
        told: What sources told of studies that are here, or on their way.
    """

    def __init__(
        self,
        path: Path,
        *,
        later: bool = False,
        schedule: Callable[[Callable[[], None]], None] = lambda write: None,
    ) -> None:
        """Open or make the file.

        Args:
            path: The file.
            later: Touch it only with :meth:`begin`; whoever asks before that waits for it.
            schedule: Has :meth:`write` called soon, in another thread, for what :meth:`wish` and
                :meth:`put_down` left to be written. Without it, that is written with what is asked next.

        Raises:
            TooNew, Unreadable, NotWritable: See :func:`workstation.store.schema.open_database`.
        """
        self.path = path
        self._schedule = schedule
        self._lock = threading.Lock()
        self._gate = Gate()
        self._connection: sqlite3.Connection | None = None
        self._owed: deque[tuple[str, tuple[object, ...]]] = deque()
        self._numbers = itertools.count(1)
        self._only_read: Exception | None = None
        self.told = Expectations(self._using, self._reading)
        if not later:
            self.begin()

    def begin(self) -> None:
        """Open or make the file; may be tried again after it failed.

        Raises:
            TooNew, Unreadable, NotWritable: See :func:`workstation.store.schema.open_database`.
        """
        self._gate.shut()
        private_folder(self.path.parent)
        self._connection = open_database(self.path, PLANS, PLANS_UPGRADES)
        try:
            with self._opened() as connection:
                connection.execute("PRAGMA synchronous=FULL")
                connection.execute(
                    "UPDATE plans SET state=? WHERE state IN (?, ?)",
                    (PlanState.UNFINISHED, PlanState.QUEUED, PlanState.RUNNING),
                )
                _drop_old(connection)
                (last,) = connection.execute("SELECT coalesce(max(id), 0) FROM plans").fetchone()
                self._numbers = itertools.count(last + 1)
        except BaseException:
            self._connection.close()
            raise
        self._gate.open()

    def begin_to_read(self, error: Exception) -> None:
        """Use the file beside the process that writes it; whoever wants to write gets ``error``."""
        try:
            if not self.path.is_file():
                raise sqlite3.OperationalError("there is no such file")
            connection = connect(self.path, read_only=True)
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version != 1 + len(PLANS_UPGRADES):
                connection.close()
                raise sqlite3.OperationalError("another version of the program writes it")
        except sqlite3.Error:
            self.refuse(error)
            return
        self._connection, self._only_read = connection, error
        self._gate.open()

    @property
    def waiting(self) -> bool:
        """Whether who asks now would have to wait for it to be opened."""
        return not self._gate.decided

    def refuse(self, error: Exception) -> None:
        """It will not be opened: whoever waits for it, or asks from now on, gets ``error``."""
        self._gate.refuse(error)

    def close(self) -> None:
        """Write what is owed, and close the file."""
        self.refuse(Cancelled())
        with self._lock:
            if self._connection is not None:
                with suppress(sqlite3.Error):  # told where it was written first
                    self._write_owed(self._connection)
                self._connection.close()

    def create(
        self,
        node: str,
        target: Target,
        *,
        uids: frozenset[str] | None = None,
        expected: int | None = None,
        about: About = UNTOLD,
    ) -> Plan:
        """Persist a new plan, queued.

        Raises:
            NotWritable, DiskFull: The disk refused.
        """
        with self._using() as connection:
            count = expected if uids is None else len(uids)
            plan = self._new(node, target, uids, count, about)
            connection.execute(*_insertion(plan))
        return plan

    def wish(
        self,
        node: str,
        target: Target,
        *,
        expected: int | None = None,
        about: About = UNTOLD,
        counts: Mapping[str, int] | None = None,
    ) -> Plan:
        """A new plan, queued, without waiting for the disk: it is written as the constructor was told.

        Args:
            node: As in :class:`Plan`.
            target: As above.
            expected: As above.
            about: As above.
            counts: By source, how many instances it told that the whole study has.

        Raises what :meth:`refuse` was given.
        """
        self._gate.pass_through()
        if self._only_read is not None:
            raise self._only_read
        plan = self._new(node, target, None, expected, about)
        self._owed.append(_insertion(plan))
        self._owed.extend(count_statement(target.study, *told) for told in (counts or {}).items())
        self._schedule(self.write)
        return plan

    def put_down(self, plan: Plan, state: PlanState) -> Plan:
        """Say where a plan stands that does not run, in the manner of :meth:`wish`."""
        plan = replace(plan, state=state, message="", updated=time.time())
        self._owed.append(
            ("UPDATE plans SET state=?, sentence='', updated=? WHERE id=?", (state, plan.updated, plan.id))
        )
        self._schedule(self.write)
        return plan

    def write(self) -> None:
        """Persist what is owed, in order. What the disk refuses stays owed.

        Raises:
            NotWritable, DiskFull: The disk refused.
        """
        with self._using():
            pass

    def _new(
        self, node: str, target: Target, uids: frozenset[str] | None, expected: int | None, about: About
    ) -> Plan:
        now = time.time()
        kept = replace(target, modalities=())  # known from its row only
        state = PlanState.QUEUED
        return Plan(next(self._numbers), node, kept, uids, expected, state, now, now, about=about)

    def update(
        self,
        plan: Plan,
        state: PlanState,
        *,
        message: str = "",
        uids: frozenset[str] | None = None,
        expected: int | None = None,
    ) -> Plan:
        """Persist where it stands now; ``uids`` and ``expected`` only where they became known.

        A complete one completes what earlier runs left unfinished of its target, whatever their node.

        Raises:
            NotWritable, DiskFull: The disk refused.
            KeyError: There is no such plan any more.
        """
        with self._using() as connection:
            rows = connection.execute(
                "UPDATE plans SET state=?, sentence=?, updated=?, expected_uids=coalesce(?, expected_uids),"
                " expected=coalesce(?, expected) WHERE id=? RETURNING *",
                (
                    state,
                    message,
                    time.time(),
                    None if uids is None else json.dumps(sorted(uids)),
                    expected if uids is None else len(uids),
                    plan.id,
                ),
            ).fetchall()
            if rows and state is PlanState.COMPLETE:
                _complete_older(connection, _plan(rows[0]))
        if not rows:
            raise KeyError(plan.id)
        return _plan(rows[0])

    def delete(self, plan: Plan) -> None:
        """Forget a plan.

        Raises:
            NotWritable, DiskFull: The disk refused.
        """
        with self._using() as connection:
            connection.execute("DELETE FROM plans WHERE id=?", (plan.id,))

    def rename_node(self, old: str, new: str) -> None:
        """The node of some plans goes by another name now.

        Raises:
            NotWritable, DiskFull: The disk refused.
        """
        with self._using() as connection:
            connection.execute("UPDATE plans SET node=? WHERE node=?", (new, old))
            connection.execute("UPDATE OR REPLACE told SET source=? WHERE source=?", (new, old))

    def every(self) -> list[Plan]:
        """All plans, oldest first."""
        return self._select("1")

    def unfinished(self) -> list[Plan]:
        """Those an earlier run of the program left behind, oldest first."""
        return self._select("state = ?", PlanState.UNFINISHED)

    def _select(self, where: str, *values: str) -> list[Plan]:
        with self._using() as connection:
            rows = connection.execute(f"SELECT * FROM plans WHERE {where} ORDER BY id", values).fetchall()
        return [_plan(row) for row in rows]

    @contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        self._gate.pass_through()
        if self._only_read is not None:
            raise self._only_read
        with self._opened() as connection:
            self._write_owed(connection)
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        self._gate.pass_through()
        with self._opened() as connection:
            if self._only_read is None:
                self._write_owed(connection)
            yield connection

    def _write_owed(self, connection: sqlite3.Connection) -> None:
        while self._owed:
            connection.execute(*self._owed[0])
            self._owed.popleft()

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        assert self._connection is not None
        with self._lock:
            try:
                yield self._connection
            except sqlite3.Error as error:
                explained = explain(self.path, error)
                if isinstance(explained, DiskFull):
                    raise explained from error
                raise NotWritable(str(self.path), str(error)) from error


def _complete_older(connection: sqlite3.Connection, plan: Plan) -> None:
    rows = connection.execute(
        "SELECT * FROM plans WHERE study=? AND state=? AND id<?",
        (plan.target.study, PlanState.UNFINISHED, plan.id),
    ).fetchall()
    covered = [older.id for older in map(_plan, rows) if plan.covers(older.target)]
    connection.executemany(
        "UPDATE plans SET state=?, sentence='', updated=? WHERE id=?",
        [(PlanState.COMPLETE, plan.updated, identity) for identity in covered],
    )


def _drop_old(connection: sqlite3.Connection) -> None:
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


def _insertion(plan: Plan) -> tuple[str, tuple[object, ...]]:
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
    places = ",".join("?" * len(values))
    return (
        "INSERT INTO plans (id, node, study, series, instances, patient_id, expected_uids, expected, state,"
        f" created, updated, sentence, patient_name, study_description, study_date) VALUES ({places})",
        values,
    )


def _plan(row: tuple[object, ...]) -> Plan:
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
        int(str(identity)),
        str(node),
        target,
        None if uids is None else frozenset(_texts(uids)),
        None if expected is None else int(str(expected)),
        PlanState(str(state)),
        float(str(created)),
        float(str(updated)),
        str(message),
        About(*map(str, about)),
    )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(json.loads(str(value)))
