"""Fetches every study of the filtered list, once the user has agreed to the numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from PySide6.QtCore import QObject, Signal

from workstation.controllers.notices import Notices
from workstation.controllers.retrieve import Retrieve
from workstation.controllers.selected_rows import SelectedRows
from workstation.controllers.time_slices import TimeSlices
from workstation.dicom import display
from workstation.dicom.completeness import Completeness
from workstation.dicom.levels import Level
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes, Report
from workstation.jobs.run import Ended, Run
from workstation.models.rows import Row
from workstation.models.translation import image_count
from workstation.models.tree_model import TreeModel
from workstation.operations.instance_router import LibraryRouter
from workstation.operations.local_copy import copies_present
from workstation.store.library import Library
from workstation.store.plans import Plans


@dataclass(slots=True)
class _Shown:
    """What the list shows, as far as it was looked through.

    Attributes:
        wanted: Studies that are not settled here.
        images: How many images are not here yet, of the studies that were counted.
        uncounted: How many studies no archive counted.
        here: How many studies are here already.
        unable: How many no configured archive told of, or cannot be asked for.
        unopened: How many patients whose studies are not known.
    """

    wanted: list[Row] = field(default_factory=list)
    images: int = 0
    uncounted: int = 0
    here: int = 0
    unable: int = 0
    unopened: int = 0


@dataclass(frozen=True, slots=True)
class _Survey:
    """What the library says of the studies: which are here, how many images are not, the room for them."""

    settled: frozenset[str]
    images: int
    room: tuple[int, int]


class ShownFetching(QObject):
    """Looks through the list and fetches what is in it, both in time slices.

    What stands apart, because it does not fit what was asked for, is not fetched.

    Signals:
        question_asked: A question, the verb of its button, and what to call when the user agrees.
    """

    question_asked = Signal(str, str, object)

    def __init__(
        self,
        *,
        lanes: Lanes,
        model: TreeModel,
        rows: SelectedRows,
        retrieve: Retrieve,
        library: Library,
        plans: Plans,
        router: LibraryRouter,
        notices: Notices,
    ) -> None:
        super().__init__()
        self._lanes = lanes
        self._model = model
        self._rows = rows
        self._retrieve = retrieve
        self._library = library
        self._plans = plans
        self._router = router
        self._notices = notices
        self._shown = _Shown()
        self._slices = TimeSlices(self, at_once=10)

    def finish(self) -> None:
        """Begin at once all that still waits for its time slice: the program ends."""
        self._slices.finish()

    def fetch_all(self) -> None:
        """Ask whether everything that is shown now is to be fetched."""
        visible = self._model.visible
        shown = self._shown = _Shown()
        rows = visible.between(0, len(visible) - 1) if len(visible) else ()
        tops = [row.top for row in rows if row.level is Level.PATIENT or row.stands_alone]
        tops += visible.in_closed_groups  # as of a patient that is closed, all studies count as shown
        patients = {patient.number: patient for patient in tops if not patient.apart and not patient.is_group}
        self._slices.do(partial(self._look, patient, shown) for patient in patients.values())
        self._slices.do([partial(self._look_here, shown)])

    def _look(self, patient: Row, shown: _Shown) -> None:
        if shown is not self._shown or not self._rows.exists(patient):
            return
        studies = self._model.visible.studies_of(patient)
        shown.unopened += not patient.entities
        for study in studies:
            if study.settled:
                shown.here += 1
            elif not study.may_be_asked_for or not self._rows.archives(study):
                shown.unable += 1
            else:
                shown.wanted.append(study)

    def _look_here(self, shown: _Shown) -> None:
        """See what of it is in the library, which is not known of rows out of sight; then ask the user."""
        if shown is not self._shown:
            return
        if not shown.wanted:
            self._notices.show_note(self._nothing(shown))
            return

        counts = {study.uid: study.instances for study in shown.wanted}

        def work(run: Run) -> _Survey:
            copies = copies_present(self._library, self._plans, list(counts), run.stop)
            settled = frozenset(uid for uid, copy in copies.items() if is_enough(copy, counts[uid]))
            images = 0
            for uid, count in counts.items():
                here = copies[uid].here if uid in copies else 0
                images += 0 if uid in settled else max(0, (count or 0) - here)
            needed, reserve, free = self._router.room_for(images)
            return _Survey(settled, images, (needed, max(0, free - reserve)))

        def ended(end: Ended) -> None:
            if shown is not self._shown:
                return
            if isinstance(end.result, _Survey):
                self._take(shown, end.result)
            elif end.error is not None:
                self._notices.show_error(end.error)

        job = self._lanes.submit(Lane.LIBRARY_CHECKS, "see what is here", work, report=Report.BUGS)
        job.ended.connect(ended)

    def _take(self, shown: _Shown, survey: _Survey) -> None:
        shown.here += sum(study.uid in survey.settled for study in shown.wanted)
        shown.wanted = [study for study in shown.wanted if study.uid not in survey.settled]
        shown.images = survey.images
        shown.uncounted = sum(study.instances is None for study in shown.wanted)
        if shown.wanted:
            self._ask(shown, survey.room)
        else:
            self._notices.show_note(self._nothing(shown))

    def _nothing(self, shown: _Shown) -> str:
        if shown.here:
            return self.tr("Everything that is shown and can be fetched is here already.")
        if shown.unopened:
            return self.tr("Open the patients first: no study of them is known yet.")
        return self.tr("Nothing is shown that an archive in your list told of.")

    def _ask(self, shown: _Shown, room: tuple[int, int]) -> None:
        """Ask the user; ``room`` is what is needed and what is free, in bytes."""
        studies = display.counted(len(shown.wanted), self.tr("1 study"), self.tr("{n} studies"))
        images = image_count(shown.images)
        parts = [self.tr("Fetch everything shown: {studies} with {images} that are not here yet?")]
        if shown.uncounted == len(shown.wanted):
            parts = [self.tr("Fetch everything shown: {studies}, whose images no archive has counted?")]
        elif shown.uncounted:
            parts = [
                self.tr(
                    "Fetch everything shown: {studies} with at least {images} that are not here yet?"
                    " Those of {uncounted} studies are not counted."
                )
            ]
        needed, free = room
        if shown.images:
            fits = self.tr("That takes roughly {needed}; {free} are free.")
            tight = self.tr("That takes roughly {needed}, but {free} are free: not all of it will fit.")
            parts.append(fits if needed <= free else tight)
        if shown.here:
            one = self.tr("1 study is here already.")
            parts.append(display.counted(shown.here, one, self.tr("{n} studies are here already.")))
        if shown.unable:
            one = self.tr("1 study cannot be fetched.")
            parts.append(display.counted(shown.unable, one, self.tr("{n} studies cannot be fetched.")))
        if shown.unopened:
            one = self.tr("1 patient has not been opened: no study is fetched.")
            many = self.tr("{n} patients have not been opened: no study of them is fetched.")
            parts.append(display.counted(shown.unopened, one, many))
        question = " ".join(parts).format(
            studies=studies,
            images=images,
            uncounted=shown.uncounted,
            needed=display.size(needed),
            free=display.size(free),
        )
        self.question_asked.emit(question, self.tr("Fetch all"), partial(self._fetch_all, shown))

    def _fetch_all(self, shown: _Shown) -> None:
        self._slices.do(partial(self._fetch, study) for study in shown.wanted)

    def _fetch(self, study: Row) -> None:
        if self._rows.exists(study) and not study.settled:
            self._retrieve.fetch(study)


def is_enough(copy: Completeness, counted: int | None) -> bool:
    """Whether nothing is known to be missing of a local copy, by what archives count now, too."""
    return copy.extent.enough and (counted is None or copy.here >= counted)
