"""Looks which studies are in the library before many are fetched, and words the question about the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from workstation.controllers.notices import Notices
from workstation.dicom import display
from workstation.jobs.current_job import CurrentJob
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes, Report
from workstation.jobs.run import Ended, Run
from workstation.models.translation import image_count, translate
from workstation.operations.instance_router import LibraryRouter
from workstation.operations.local_copy import copies_present
from workstation.store.library import Library
from workstation.store.plans import Plans


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What the library says of studies.

    Attributes:
        settled: Those of which nothing is known to be missing, by what archives count now, too.
        images: How many images of the others are not here, as far as they were counted.
        needed: The bytes that those take, roughly.
        free: The bytes that may be used for them.
    """

    settled: frozenset[str]
    images: int
    needed: int
    free: int


class FetchSurvey:
    """Asks the library about studies, in its lane; of two surveys only the later is answered."""

    def __init__(
        self, *, lanes: Lanes, library: Library, plans: Plans, router: LibraryRouter, notices: Notices
    ) -> None:
        self._lanes = lanes
        self._library = library
        self._plans = plans
        self._router = router
        self._notices = notices
        self._job = CurrentJob()

    def start(self, counts: Mapping[str, int | None], then: Callable[[Surveyed], object]) -> None:
        """Ask about studies, and call ``then`` with what is found; an error is shown instead.

        Args:
            counts: By Study Instance UID, how many images archives count; None: that is not known.
            then: What takes the result, in the GUI thread.
        """

        def work(run: Run) -> Surveyed:
            copies = copies_present(self._library, self._plans, list(counts), run.stop)
            settled, images = set(), 0
            for uid, count in counts.items():
                copy = copies.get(uid)
                if copy is not None and copy.extent.enough and (count is None or copy.here >= count):
                    settled.add(uid)
                else:
                    images += max(0, (count or 0) - (copy.here if copy is not None else 0))
            needed, reserve, free = self._router.room_for(images)
            return Surveyed(frozenset(settled), images, needed, max(0, free - reserve))

        def ended(end: Ended) -> None:
            if isinstance(end.result, Surveyed):
                then(end.result)
            elif end.error is not None:
                self._notices.show_error(end.error)

        job = self._lanes.submit(Lane.LIBRARY_CHECKS, "see what is here", work, report=Report.BUGS)
        self._job.replace(job, ended=ended)

    def drop(self) -> None:
        """Leave the survey that runs unanswered."""
        self._job.drop()


def question_parts(
    survey: Surveyed,
    wanted: Sequence[int | None],
    here: int,
    *,
    counted: str,
    partly_counted: str,
    uncounted: str,
) -> list[str]:
    """What the user is asked before studies are fetched: how many they are, the room they take, what is here.

    Args:
        survey: What the library says.
        wanted: Of each study that is to be fetched, how many images archives count; None: not known.
        here: How many others are here already.
        counted: The question, where all are counted: a template of ``{studies}`` and ``{images}``.
        partly_counted: Where some are not, which are ``{uncounted}``.
        uncounted: Where none is.
    """
    unknown = sum(count is None for count in wanted)
    template = uncounted if unknown == len(wanted) else partly_counted if unknown else counted
    studies = display.counted(len(wanted), translate("1 study"), translate("{n} studies"))
    parts = [template.format(studies=studies, images=image_count(survey.images), uncounted=unknown)]
    if survey.images:
        fits = translate("That takes roughly {needed}; {free} are free.")
        tight = translate("That takes roughly {needed}, but {free} are free: not all of it will fit.")
        room = fits if survey.needed <= survey.free else tight
        parts.append(room.format(needed=display.size(survey.needed), free=display.size(survey.free)))
    if here:
        one = translate("1 study is here already.")
        parts.append(display.counted(here, one, translate("{n} studies are here already.")))
    return parts
