"""Adds files and folders the user opened or dropped to the tree."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from workstation.controllers.notices import Notices
from workstation.controllers.search import Search
from workstation.controllers.sources import Sources
from workstation.dicom import display
from workstation.jobs.job import Job
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes
from workstation.jobs.run import Ended, Run
from workstation.models.translation import translated
from workstation.models.tree_model import TreeModel
from workstation.operations.opened_files import Opened, OpenedBatch, OpenedFiles
from workstation.stop import Progress

_NAMED = 3
"""So many of the files that are not shown are named in the notice; its details name more."""


class FileOpening(QObject):
    """Shows what was opened, as a new content of the tree.

    Signals:
        offered: There is a source "Opened files" from now on.
        first: The first study of this opening is in the tree.
        ended: Whether anything of it is shown; if not, the tree is as it was.
        added: A list of :class:`Stored`: what is in the tree now.
        running: Whether files are being read.
        status: How it stands, in words.
    """

    offered = Signal()
    first = Signal()
    ended = Signal(bool)
    added = Signal(list)
    running = Signal(bool)
    status = Signal(str)

    def __init__(
        self,
        *,
        lanes: Lanes,
        opened: OpenedFiles,
        sources: Sources,
        search: Search,
        tree: TreeModel,
        notices: Notices,
    ) -> None:
        super().__init__()
        self._generation = 0
        self._begun = False
        self._lanes = lanes
        self._opened = opened
        self._sources = sources
        self._search = search
        self._tree = tree.results
        self._notices = notices
        self._job: Job | None = None
        clean = "remove what a broken-off program opened"
        lanes.submit(Lane.FILE_OPENING, clean, lambda run: opened.remove_left_over())

    def open(self, paths: Sequence[Path]) -> None:
        """Show what these files, folders and DICOMDIR hold, instead of what is in the tree.

        What is in it stays until there is something to show.
        """
        if not paths:
            return
        self.stop()
        self._search.stop()

        def work(run: Run) -> Opened:
            return self._opened.open(paths, run.deliver, run.report, run.stop)

        job = self._job = self._lanes.submit(Lane.FILE_OPENING, "open files", work)
        self._generation, self._begun = self._tree.generation, False
        job.delivered.connect(partial(self._delivered, job))
        job.progressed.connect(partial(self._progressed, job))
        job.ended.connect(partial(self._ended, job))
        self.running.emit(True)
        self.status.emit(self.tr("Opening…"))

    def stop(self) -> None:
        """Read no further; what is in the tree stays."""
        if self._job is not None:
            self._job.cancel()

    def _is_shown(self, job: Job) -> bool:
        """Whether what this job reads is what the tree is to show; else a search or a later opening is."""
        return self._job is job and self._generation == self._tree.generation

    def _delivered(self, job: Job, batches: list[OpenedBatch]) -> None:
        if not self._is_shown(job):
            return
        if first := not self._begun:
            self._begun = True
            if self._sources.offer_opened(self._opened):
                self.offered.emit()
            self._generation = self._tree.begin()
        for batch in batches:
            self._tree.add_studies(self._generation, batch.studies)
        if first:
            self.first.emit()
        for batch in batches:
            self.added.emit(list(batch.stored))

    def _progressed(self, job: Job, progress: Progress) -> None:
        if self._is_shown(job):
            one, many = self.tr("Opening: 1 file so far"), self.tr("Opening: {n} files so far")
            self.status.emit(display.counted(progress.done, one, many))

    def _ended(self, job: Job, ended: Ended) -> None:
        shown = self._is_shown(job)
        if self._job is job:
            self._job = None
        if shown:  # else the tree shows a search, which speaks for itself
            self.running.emit(False)
            if self._begun:
                self.status.emit(self._counted(ended.result))
            self.ended.emit(self._begun)
        if isinstance(ended.result, Opened):
            self._report(ended.result)

    def _counted(self, opened: object) -> str:
        if not isinstance(opened, Opened):
            return ""
        return display.counted(opened.shown, self.tr("1 opened image"), self.tr("{n} opened images"))

    def _report(self, opened: Opened) -> None:
        """One notice about everything that is not shown."""
        parts = []
        if opened.skipped:
            named = "; ".join(f"{one.name}: {translated(one.reason)}" for one in opened.skipped[:_NAMED])
            more = opened.skipped_count - min(_NAMED, len(opened.skipped))
            named += self.tr("; and {n} more").format(n=more) if more else ""
            looked_at = max(opened.looked_at, opened.skipped_count)
            one = self.tr("The file cannot be shown ({named}).")
            many = self.tr("{n} of {all} files cannot be shown ({named}).")
            text = one if looked_at == 1 else many
            parts.append(text.format(n=opened.skipped_count, all=looked_at, named=named))
        if opened.repeated:
            one = self.tr("1 file repeats an image opened from another file.")
            many = self.tr("{n} files repeat images opened from other files.")
            parts.append(display.counted(opened.repeated, one, many))
        if not opened.shown and not opened.repeated and not opened.skipped:
            one, many = self.tr("The file is not DICOM."), self.tr("There is no DICOM file among {n} files.")
            nothing = self.tr("There are no files in it.")
            parts.append(display.counted(opened.looked_at, one, many) if opened.looked_at else nothing)
        if parts:
            detail = "\n".join(f"{one.name}: {translated(one.reason)}" for one in opened.skipped[_NAMED:])
            self._notices.posted.emit(" ".join(parts), detail, not opened.skipped)
