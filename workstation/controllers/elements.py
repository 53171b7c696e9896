"""Reads the tags of the file on show, in a lane and a level at a time."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from workstation.controllers.preview import Preview
from workstation.errors import UserMessage
from workstation.imaging.decoding import Decoding
from workstation.imaging.elements import Element, ElementPath
from workstation.imaging.picture import Undecodable
from workstation.jobs.current_job import CurrentJob
from workstation.jobs.job import Job
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes
from workstation.jobs.run import Ended, Run
from workstation.models.elements_model import ElementsModel

_SETTLED_MS = 120
"""While one scrolls, nothing is read."""


class Elements(QObject):
    """Fills an :class:`ElementsModel` while its list is visible."""

    def __init__(self, lanes: Lanes, preview: Preview) -> None:
        super().__init__()
        self.model = ElementsModel(self)
        self._lanes = lanes
        self._preview = preview
        self._decoding = preview.decoding
        self._path: Path | None = None
        self._watched = False
        self._reading = CurrentJob()
        self._read_path: Path | None = None  # what that job reads
        self._below: set[Job] = set()
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLED_MS)
        self._settle.timeout.connect(self._read)
        self.model.children_wanted.connect(self._read_below)
        preview.placed.connect(self._moved)
        preview.cleared.connect(self._moved)

    def watch(self, watched: bool) -> None:
        """Read while the list is visible."""
        self._watched = watched
        if watched:
            self._read()
        else:
            self._drop()
            self._show(None, ())

    def _moved(self) -> None:
        if self._preview.path != self._read_path:
            self._drop()
        if self._preview.path is None:
            self._show(None, ())
        elif self._watched:
            self._settle.start()

    def _read(self) -> None:
        path = self._preview.path
        if path is not None and path != self._path and self._watched:
            self._reading.replace(self._submit(path, ()), ended=partial(self._ended, path))
            self._read_path = path

    def _read_below(self, where: ElementPath) -> None:
        if self._path is not None:
            job = self._submit(self._path, where)
            self._below.add(job)
            job.ended.connect(partial(self._ended_below, job, where))

    def _drop(self) -> None:
        self._reading.drop()
        self._read_path = None

    def _submit(self, path: Path, where: ElementPath) -> Job:
        return self._lanes.submit(Lane.SHOW, "read tags", partial(_read_in_lane, self._decoding, path, where))

    def _ended(self, path: Path, ended: Ended) -> None:
        self._read_path = None
        if isinstance(ended.result, tuple):
            self._show(path, ended.result)

    def _ended_below(self, job: Job, where: ElementPath, ended: Ended) -> None:
        if job in self._below:
            self._below.discard(job)
            if isinstance(ended.result, tuple):
                self.model.fill(where, ended.result)

    def _show(self, path: Path | None, elements: tuple[Element, ...]) -> None:
        if path is not None or self._path is not None:
            self._path = path
            self._below.clear()
            self.model.show(elements)


def _read_in_lane(decoding: Decoding, path: Path, where: ElementPath, run: Run) -> tuple[Element, ...]:
    try:
        return decoding.elements(path, where)
    except Undecodable as reason:
        return (Element(None, reason.reason, broken=True),)
    except OSError:
        return (Element(None, UserMessage("Its file cannot be read."), broken=True),)
