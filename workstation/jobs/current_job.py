"""Follows the one job whose answers count."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workstation.jobs.job import Job
from workstation.jobs.run import Ended


class CurrentJob:
    """Keeps a job, and ignores what a replaced or dropped one still delivers.

    The rule for late answers everywhere: keep the job that counts, ignore all others.
    """

    def __init__(self) -> None:
        self._job: Job | None = None

    @property
    def running(self) -> bool:
        """Whether there is one that has not ended."""
        return self._job is not None

    def replace(
        self,
        job: Job,
        *,
        ended: Callable[[Ended], object],
        delivered: Callable[[list[Any]], object] | None = None,
    ) -> None:
        """Follow ``job`` from now on; the one before is cancelled."""
        self.drop()
        self._job = job
        if delivered is not None:
            job.delivered.connect(lambda batch: delivered(batch) if self._job is job else None)
        job.ended.connect(lambda end: self._ended(job, end, ended))

    def drop(self, *, at_once: bool = False) -> None:
        """Cancel the job and ignore its answers; ``at_once``: as in :meth:`Job.cancel`."""
        job, self._job = self._job, None
        if job is not None:
            job.cancel(at_once=at_once)

    def _ended(self, job: Job, end: Ended, then: Callable[[Ended], object]) -> None:
        if self._job is job:
            self._job = None
            then(end)
