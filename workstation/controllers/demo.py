"""Starts the demo archive on demand, and ends it with the program."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from workstation.controllers.nodes import Nodes
from workstation.demo.process import DemoArchive
from workstation.jobs.job import Job
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes
from workstation.jobs.run import Ended, Ending, Run


class Demo(QObject):
    """At most one demo archive, as a node of this session.

    Signals:
        starting: Whether it is being started.
        started: Its key among the sources.
    """

    starting = Signal(bool)
    started = Signal(str)

    def __init__(self, lanes: Lanes, nodes: Nodes, cache: Path) -> None:
        super().__init__()
        self._lanes = lanes
        self._nodes = nodes
        self._cache = cache
        self._job: Job | None = None
        self._archive: DemoArchive | None = None
        self._name = ""

    def start(self, destinations: Mapping[str, int]) -> None:
        """Start it, unless it runs; ``destinations`` are the ports of C-MOVE destinations by AE title."""
        if self._job is not None:
            return
        if self._archive is not None:
            if self._archive.running:
                self.started.emit(self._name)
                return
            self._nodes.remove_from_session(self._name)
            self._archive.stop()
            self._archive = None

        def work(run: Run) -> None:
            # Kept here, not sent: should the window close meanwhile, close() still finds it.
            self._archive = DemoArchive.start(self._cache / "demo", destinations, stop=run.stop)

        self.starting.emit(True)
        self._job = self._lanes.submit(Lane.DEMO, "start the demo archive", work)
        self._job.ended.connect(self._ended)

    def close(self) -> None:
        """End the demo archive."""
        if self._archive is not None:
            self._archive.stop()

    def _ended(self, ended: Ended) -> None:
        self._job = None
        self.starting.emit(False)
        if ended.ending is Ending.DONE and self._archive is not None:
            self._name = self._nodes.add_for_session(self._archive.node).name
            self.started.emit(self._name)
