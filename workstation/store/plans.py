"""Keeps the plans in ``plans.db``, which is never deleted with the index."""

from __future__ import annotations

import itertools
import json
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from workstation.dicom.background import Background
from workstation.dicom.targets import UNTOLD, About, Target
from workstation.errors import DiskFull, NotWritable
from workstation.stop import Cancelled
from workstation.store.expectations import Expectations, Statement, count_statement
from workstation.store.files import make_private_folder
from workstation.store.gate import Gate
from workstation.store.plan import Plan, PlanState
from workstation.store.plans_sql import (
    cancelled_plans,
    complete_older,
    drop_old,
    insert_statement,
    plan_of,
)
from workstation.store.schema import PLANS, PLANS_UPGRADES, connect, explain, open_database


class Plans:
    """The list of plans, in a file of its own; safe from any thread.

    To be opened by the process that holds the lock of the library: plans found queued or running were left by
    a process that ended, and become unfinished.

    Attributes:
        expectations: What sources returned about studies that are here, or being fetched.
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
            schedule: Has :meth:`write` called soon, in another thread, for what :meth:`create_deferred` and
                :meth:`set_state_deferred` left to be written. Without it, the next call writes that, too.

        Raises:
            TooNew, Unreadable, NotWritable: See :func:`workstation.store.schema.open_database`.
        """
        self.path = path
        self._schedule = schedule
        self._lock = threading.Lock()
        self._gate = Gate()
        self._connection: sqlite3.Connection | None = None
        self._pending: deque[Statement] = deque()
        self._numbers = itertools.count(1)
        self._only_read: Exception | None = None
        self.expectations = Expectations(self._using, self._reading)
        if not later:
            self.begin()

    def begin(self) -> None:
        """Open or make the file; may be tried again after it failed.

        Raises:
            TooNew, Unreadable, NotWritable: See :func:`workstation.store.schema.open_database`.
        """
        self._gate.shut()
        make_private_folder(self.path.parent)
        self._connection = open_database(self.path, PLANS, PLANS_UPGRADES)
        try:
            with self._opened() as connection:
                connection.execute("PRAGMA synchronous=FULL")
                connection.execute(
                    "UPDATE plans SET state=? WHERE state IN (?, ?)",
                    (PlanState.UNFINISHED, PlanState.QUEUED, PlanState.RUNNING),
                )
                drop_old(connection)
                (last,) = connection.execute("SELECT coalesce(max(id), 0) FROM plans").fetchone()
                self._numbers = itertools.count(last + 1)
        except BaseException:
            self._connection.close()
            raise
        self._gate.open()

    def begin_to_read(self, error: Exception) -> None:
        """Open the file for reading only, while another process writes it; writing raises ``error``."""
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
        """Whether a call would block because it is not open yet."""
        return not self._gate.decided

    def refuse(self, error: Exception) -> None:
        """Give up opening it: every call that waits for it, now or later, raises ``error``."""
        self._gate.refuse(error)

    def close(self) -> None:
        """Write what is pending, and close the file."""
        self.refuse(Cancelled())
        with self._lock:
            if self._connection is not None:
                with suppress(sqlite3.Error):  # reported where it was written first
                    self._write_pending(self._connection)
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
            connection.execute(*insert_statement(plan))
        return plan

    def create_deferred(
        self,
        node: str,
        target: Target,
        *,
        expected: int | None = None,
        about: About = UNTOLD,
        counts: Mapping[str, int] | None = None,
        background: Background | None = None,
    ) -> Plan:
        """A new plan, queued, without waiting for the disk: it is written as the constructor was told.

        Args:
            node: As in :class:`Plan`.
            target: As above.
            expected: As above.
            about: As above.
            counts: By source, the number of instances it returned for the study.
            background: As above.

        Raises what :meth:`refuse` was given.
        """
        self._gate.pass_through()
        if self._only_read is not None:
            raise self._only_read
        plan = replace(self._new(node, target, None, expected, about), background=background)
        self._pending.append(insert_statement(plan))
        self._pending.extend(count_statement(target.study, *count) for count in (counts or {}).items())
        self._schedule(self.write)
        return plan

    def set_state_deferred(self, plan: Plan, state: PlanState) -> Plan:
        """Set the state of a plan that does not run; persisted as by :meth:`create_deferred`."""
        plan = replace(plan, state=state, message="", updated=time.time())
        self._pending.append(
            ("UPDATE plans SET state=?, sentence='', updated=? WHERE id=?", (state, plan.updated, plan.id))
        )
        self._schedule(self.write)
        return plan

    def write(self) -> None:
        """Persist what is pending, in order. What the disk refuses stays pending.

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
        return Plan(
            id=next(self._numbers),
            node=node,
            target=kept,
            uids=uids,
            expected=expected,
            state=state,
            created=now,
            updated=now,
            about=about,
        )

    def update(
        self,
        plan: Plan,
        state: PlanState,
        *,
        message: str = "",
        uids: frozenset[str] | None = None,
        expected: int | None = None,
    ) -> Plan:
        """Persist the state of a plan; ``uids`` and ``expected`` only where they became known.

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
                complete_older(connection, plan_of(rows[0]))
        if not rows:
            raise KeyError(plan.id)
        return plan_of(rows[0])

    def rename_node(self, old: str, new: str) -> None:
        """Rename a node in all plans and expectations.

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
        """Plans left unfinished by an earlier run, oldest first."""
        return self._select("state = ?", PlanState.UNFINISHED)

    def cancelled(self) -> list[Plan]:
        """Plans that the user cancelled within a week and that can still be resumed, oldest first."""
        with self._using() as connection:
            return cancelled_plans(connection)

    def _select(self, where: str, *values: str) -> list[Plan]:
        with self._using() as connection:
            rows = connection.execute(f"SELECT * FROM plans WHERE {where} ORDER BY id", values).fetchall()
        return [plan_of(row) for row in rows]

    @contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        self._gate.pass_through()
        if self._only_read is not None:
            raise self._only_read
        with self._opened() as connection:
            self._write_pending(connection)
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        self._gate.pass_through()
        with self._opened() as connection:
            if self._only_read is None:
                self._write_pending(connection)
            yield connection

    def _write_pending(self, connection: sqlite3.Connection) -> None:
        while self._pending:
            connection.execute(*self._pending[0])
            self._pending.popleft()

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
