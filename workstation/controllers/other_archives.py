"""Asks the other archives that know a study whether they have more of it, once it was fetched from one."""

from __future__ import annotations

from collections.abc import Callable

from workstation.controllers.fetch_task import FetchServices, FetchTask
from workstation.jobs.job import Job
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Report
from workstation.jobs.run import Ended, Run
from workstation.operations.other_archives import has_more


class OtherArchives:
    """Asks one after the other, until one has more."""

    def __init__(
        self,
        services: FetchServices,
        fetch: Callable[[FetchTask, list[str]], None],
        heard: Callable[[str], None],
    ) -> None:
        """Ask nothing yet.

        Args:
            services: What fetches need.
            fetch: Called with what was fetched, and the archives left to fetch from: the first has more.
            heard: Called with the Study UID where one has no more; what it listed is kept.
        """
        self._services = services
        self._fetch = fetch
        self._heard = heard
        self._questions: dict[str, set[Job]] = {}  # by study

    def stop(self, study: str) -> None:
        """Ask nothing more about a study."""
        for job in self._questions.pop(study, ()):
            job.cancel()

    def ask(self, one: FetchTask) -> None:
        """Ask the next of the archives that know it, too."""
        target, services = one.plan.target, self._services
        if one.row is None or not one.others:
            return
        key, node = one.others[0], services.sources.node(one.others[0])
        keys, one.others = one.others, []
        if node is None:
            return

        def work(run: Run) -> bool:
            return has_more(node, target, services.router, run.stop, services.quirks, services.held)

        def ended(end: Ended) -> None:
            asking = self._questions.get(target.study, set())
            if job not in asking:
                return
            asking.discard(job)
            if not asking:
                del self._questions[target.study]
            if end.result is True and not services.plans.waiting:
                self._fetch(one, keys)
                return
            self._heard(target.study)
            one.others = keys[1:]
            self.ask(one)

        job = services.lanes.submit(
            Lane.COUNT, f"ask {key} for more", work, key=services.sources.lane_key(key), report=Report.BUGS
        )
        self._questions.setdefault(target.study, set()).add(job)
        job.ended.connect(ended)
