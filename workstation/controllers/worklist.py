"""Searches the worklist of a node, and writes its rows to a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from workstation.controllers.list_export import write_list
from workstation.controllers.notices import Notices
from workstation.controllers.passcodes import Unlock
from workstation.controllers.sources import Sources
from workstation.dicom.worklist import WorklistCriteria, WorklistStep
from workstation.jobs.current_job import CurrentJob
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes, Report
from workstation.jobs.run import Ended, Ending, Run
from workstation.models import worklist_texts
from workstation.models.list_texts import ListFormat, exported
from workstation.models.source_state import Phase, SourceState


@dataclass(frozen=True, slots=True)
class _End:
    """How a search ended; the fields as of :class:`workstation.operations.worklist.Worklist`."""

    incomplete: bool
    limited: int | None
    untold: tuple[tuple[str, int], ...]
    without: tuple[str, ...]


class WorklistSearch(QObject):
    """Runs at most one search; a new one ends the old, whose late answers are ignored.

    Signals:
        began: A search begins: rows of the one before are to go.
        found: A list of :class:`WorklistStep`, those that do not fit among them.
        changed: The :class:`SourceState` of the search.
        nodes_found: The nodes that may have a worklist, each with whether that is known.
    """

    began = Signal()
    found = Signal(list)
    changed = Signal(object)
    nodes_found = Signal(list)

    def __init__(self, lanes: Lanes, sources: Sources, notices: Notices, unlock: Unlock) -> None:
        """``unlock`` gets the passcode of a node before it is asked."""
        super().__init__()
        self._lanes = lanes
        self._sources = sources
        self._notices = notices
        self._unlock = unlock
        self._job, self._looking = CurrentJob(), CurrentJob()
        self._request: tuple[str, WorklistCriteria] | None = None
        self._newest = 0

    def look_for_nodes(self) -> None:
        """Find out which nodes may have a worklist, in a lane: it is read from a file."""
        sources = self._sources
        job = self._lanes.submit(
            Lane.FILE_LOOKUP, "look for worklists", lambda run: sources.worklist_nodes, key="worklists"
        )
        self._looking.replace(job, ended=self._looked)

    def _looked(self, ended: Ended) -> None:
        if isinstance(ended.result, list):
            self.nodes_found.emit(ended.result)

    def search(self, node: str, criteria: WorklistCriteria) -> None:
        """Ask a node, once its passcode is known."""
        self._request = node, criteria
        self._start(whole=False)

    def load_all(self) -> None:
        """Ask for the same again, without the usual limit."""
        self._start(whole=True)

    def stop(self) -> None:
        """End the search; what has come stays."""
        self._newest += 1
        if self._job.running:
            self._job.drop()
            self.changed.emit(SourceState(Phase.STOPPED))

    def _start(self, *, whole: bool) -> None:
        if self._request is None:
            return
        self._newest += 1
        newest = self._newest
        node, criteria = self._request

        def go(keys: list[str]) -> None:
            if keys and newest == self._newest:
                self._ask(node, criteria, whole=whole)

        self._unlock([node], go)

    def _ask(self, key: str, criteria: WorklistCriteria, *, whole: bool) -> None:
        ask = self._sources.worklist(key, criteria, whole=whole)
        if ask is None:
            gone = self.tr("{node} is not among the PACS any more.").format(node=key)
            self.began.emit()
            self.changed.emit(SourceState(Phase.FAILED, message=gone))
            return

        def work(run: Run) -> _End:
            worklist = ask(run.stop)
            for step in worklist:
                run.deliver(step)
            untold = tuple(worklist.untold.items())
            return _End(worklist.incomplete, worklist.limited, untold, worklist.without)

        self._job.drop()
        self.began.emit()
        self.changed.emit(SourceState(Phase.SEARCHING))
        job = self._lanes.submit(
            Lane.QUERY, f"worklist of {key}", work, key=self._sources.lane_key(key), report=Report.NONE
        )
        self._job.replace(job, ended=partial(self._ended, key, whole), delivered=self.found.emit)

    def _ended(self, key: str, whole: bool, ended: Ended) -> None:
        state = SourceState(Phase.DONE)
        if isinstance(ended.result, _End):
            state = self._answered(key, whole, ended.result)
        elif ended.ending is Ending.CANCELLED:
            state = SourceState(Phase.STOPPED)
        else:
            detail = ended.error.detail if ended.error is not None else ""
            state = SourceState(Phase.FAILED, message=self._notices.why(ended), detail=detail)
        self.changed.emit(state)
        self.look_for_nodes()  # whether this one has a worklist is known now

    def _answered(self, key: str, whole: bool, end: _End) -> SourceState:
        parts = []
        if end.without:
            names = ", ".join(map(worklist_texts.criterion, end.without))
            parts.append(self.tr("asked again without: {criteria}").format(criteria=names))
        if end.untold:
            fields = (f"{worklist_texts.criterion(field)} ({count})" for field, count in end.untold)
            parts.append(self.tr("not told, so not checked: {fields}").format(fields=", ".join(fields)))
        loadable = end.incomplete and end.limited is None and not whole
        if loadable:
            parts.append(self.tr("there may be more: load all, or narrow the search"))
        elif end.incomplete and end.limited is None:
            parts.append(self.tr("there may be more: narrow the search"))
        elif end.incomplete:
            parts.append(self.tr("not all: {node} stopped early; narrow the search").format(node=key))
        phase = Phase.INCOMPLETE if end.incomplete else Phase.DONE
        return SourceState(phase, loadable=loadable, message="  ·  ".join(parts))

    def export(self, path: Path, kind: ListFormat, steps: Sequence[WorklistStep]) -> None:
        """Write steps to a file, which is replaced; a message tells how it ended."""

        def content() -> bytes:
            return exported(map(worklist_texts.record, steps), kind, worklist_texts.FIELDS)

        write_list(self._lanes, self._notices, path, content, len(steps))
