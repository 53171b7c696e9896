"""Fetches every study of the filtered list, once the user has agreed to the numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from PySide6.QtCore import QObject, Signal

from workstation.controllers.fetch_survey import FetchSurvey, Surveyed, question_parts
from workstation.controllers.notices import Notices
from workstation.controllers.retrieve import Retrieve
from workstation.controllers.selected_rows import SelectedRows
from workstation.controllers.time_slices import TimeSlices
from workstation.dicom import display
from workstation.dicom.levels import Level
from workstation.jobs.lanes import Lanes
from workstation.models.rows import Row
from workstation.models.tree_model import TreeModel
from workstation.operations.instance_router import LibraryRouter
from workstation.store.library import Library
from workstation.store.plans import Plans


@dataclass(slots=True)
class _Shown:
    """What the list shows, as far as it was looked through.

    Attributes:
        wanted: Studies that are not settled here.
        here: How many studies are here already.
        unable: How many no configured archive told of, or cannot be asked for.
        unopened: How many patients whose studies are not known.
    """

    wanted: list[Row] = field(default_factory=list)
    here: int = 0
    unable: int = 0
    unopened: int = 0


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
        self._model = model
        self._rows = rows
        self._retrieve = retrieve
        self._notices = notices
        self._survey = FetchSurvey(lanes=lanes, library=library, plans=plans, router=router, notices=notices)
        self._shown = _Shown()
        self._slices = TimeSlices(self, at_once=10)

    def finish(self) -> None:
        """Begin at once all that still waits for its time slice: the program ends."""
        self._slices.finish()

    def fetch_all(self) -> None:
        """Ask whether everything that is shown now is to be fetched."""
        visible = self._model.visible
        shown = self._shown = _Shown()
        self._survey.drop()
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
        self._survey.start(counts, partial(self._take, shown))

    def _take(self, shown: _Shown, survey: Surveyed) -> None:
        shown.here += sum(study.uid in survey.settled for study in shown.wanted)
        shown.wanted = [study for study in shown.wanted if study.uid not in survey.settled]
        if shown.wanted:
            self._ask(shown, survey)
        else:
            self._notices.show_note(self._nothing(shown))

    def _nothing(self, shown: _Shown) -> str:
        if shown.here:
            return self.tr("Everything that is shown and can be fetched is here already.")
        if shown.unopened:
            return self.tr("Open the patients first: no study of them is known yet.")
        return self.tr("Nothing is shown that an archive in your list told of.")

    def _ask(self, shown: _Shown, survey: Surveyed) -> None:
        parts = question_parts(
            survey,
            [study.instances for study in shown.wanted],
            shown.here,
            counted=self.tr("Fetch everything shown: {studies} with {images} that are not here yet?"),
            partly_counted=self.tr(
                "Fetch everything shown: {studies} with at least {images} that are not here yet?"
                " Those of {uncounted} studies are not counted."
            ),
            uncounted=self.tr("Fetch everything shown: {studies}, whose images no archive has counted?"),
        )
        if shown.unable:
            one = self.tr("1 study cannot be fetched.")
            parts.append(display.counted(shown.unable, one, self.tr("{n} studies cannot be fetched.")))
        if shown.unopened:
            one = self.tr("1 patient has not been opened: no study is fetched.")
            many = self.tr("{n} patients have not been opened: no study of them is fetched.")
            parts.append(display.counted(shown.unopened, one, many))
        self.question_asked.emit(" ".join(parts), self.tr("Fetch all"), partial(self._fetch_all, shown))

    def _fetch_all(self, shown: _Shown) -> None:
        self._slices.do(partial(self._fetch, study) for study in shown.wanted)

    def _fetch(self, study: Row) -> None:
        if self._rows.exists(study) and not study.settled:
            self._retrieve.fetch(study)
