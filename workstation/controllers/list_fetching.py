"""Fetches, shows and exports what the search for a list has found."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from workstation.atomic_files import atomic_write
from workstation.controllers.fetch_survey import FetchSurvey, Surveyed, question_parts
from workstation.controllers.notices import Notices
from workstation.controllers.retrieve import Retrieve
from workstation.controllers.search import Search
from workstation.controllers.time_slices import TimeSlices
from workstation.dicom import display
from workstation.dicom.criteria import Criteria
from workstation.dicom.csv_export import csv_file
from workstation.dicom.list_results import FIELDS, Check, EntryResult, EntryState, FoundStudy, records
from workstation.dicom.other_keys import OtherKey
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes
from workstation.jobs.run import Ended, Ending, Run
from workstation.models.list_search_model import ListSearchModel
from workstation.models.result_tree import ResultTree
from workstation.models.translation import translate
from workstation.models.tree_model import TreeModel
from workstation.operations.instance_router import LibraryRouter
from workstation.store.files import store_error
from workstation.store.library import Library
from workstation.store.plans import Plans


class ListFetching(QObject):
    """Acts on the entries of a list.

    Signals:
        question_asked: A question, the verb of its button, and what to call when the user agrees.
        told: A message for who looks at the list.
        shown: The number of the row in the tree that a study has.
    """

    question_asked = Signal(str, str, object)
    told = Signal(str)
    shown = Signal(int)

    def __init__(
        self,
        *,
        lanes: Lanes,
        found: ListSearchModel,
        tree: TreeModel,
        search: Search,
        retrieve: Retrieve,
        library: Library,
        plans: Plans,
        router: LibraryRouter,
        notices: Notices,
    ) -> None:
        super().__init__()
        self._lanes = lanes
        self._found = found
        self._tree = tree.results
        self._search = search
        self._retrieve = retrieve
        self._slices = TimeSlices(self, at_once=10)
        self._survey = FetchSurvey(lanes=lanes, library=library, plans=plans, router=router, notices=notices)
        self._rows = ResultTree()

    def finish(self) -> None:
        """Begin at once all that still waits for its time slice: the program ends."""
        self._slices.finish()

    # --- Fetching ---------------------------------------------------------------------------------------

    def fetch_ones(self) -> None:
        """Ask whether the studies of all entries that are one, and not contradicted, are to be fetched."""
        results = self._found.results
        ones = [result for result in results if result.fetchable]
        studies = list({study.uid: study for result in ones for study in result.studies}.values())
        left_out = [result for result in results if result.state is EntryState.ONE and not result.fetchable]
        contradicted = len(left_out)
        if not studies:
            self.told.emit(self._nothing(left_out))
            return
        counts = {study.uid: study.images for study in studies}
        self._survey.start(counts, partial(self._ask, studies, contradicted))

    def _nothing(self, left_out: Sequence[EntryResult]) -> str:
        if not left_out:
            return self.tr("No entry is one so far: nothing is fetched.")
        if all(result.check in (Check.NOTHING, Check.AGREES) for result in left_out):
            return self.tr("Nothing is fetched: what is one is in no archive that was searched.")
        return self.tr("Nothing is fetched: what is one differs from the list, or cannot be compared.")

    def _ask(self, studies: Sequence[FoundStudy], contradicted: int, survey: Surveyed) -> None:
        wanted = [study for study in studies if study.uid not in survey.settled]
        if not wanted:
            self.told.emit(self.tr("All studies of entries that are one are here already."))
            return
        parts = question_parts(
            survey,
            [study.images for study in wanted],
            len(studies) - len(wanted),
            counted=self.tr("Fetch {studies} with {images} that are not here yet?"),
            partly_counted=self.tr("Fetch {studies} with at least {images} that are not here yet?"),
            uncounted=self.tr("Fetch {studies}, whose images no archive has counted?"),
        )
        if contradicted:
            one = self.tr("1 entry differs from the list, or cannot be fetched, and is left out.")
            many = self.tr("{n} entries differ from the list, or cannot be fetched, and are left out.")
            parts.append(display.counted(contradicted, one, many))
        self.question_asked.emit(" ".join(parts), self.tr("Fetch"), partial(self._fetch_all, wanted))

    def _fetch_all(self, wanted: Sequence[FoundStudy]) -> None:
        """Fetch studies, by rows of their own: what the tree shows does not matter."""
        self._rows = rows = ResultTree()
        generation = rows.begin()
        self._slices.do(partial(self._fetch, rows, generation, study) for study in wanted)

    def _fetch(self, rows: ResultTree, generation: int, study: FoundStudy) -> None:
        made = rows.add_studies(generation, study.matches)
        if made and all(row is made[0] for row in made):
            self._retrieve.fetch(made[0])
        else:
            text = self.tr("A study of the list is not fetched: its archives tell of two patients ({uid}).")
            self.told.emit(text.format(uid=display.plain(study.uid)))

    # --- Showing ----------------------------------------------------------------------------------------

    def show(self, study: FoundStudy) -> None:
        """Have a study in the tree: where it is, else alone in place of the search before."""
        rows = [row for row in self._tree.studies(study.uid) if not row.apart]
        if not rows:
            self._search.stop()
            criteria = Criteria(others=(OtherKey("StudyInstanceUID", study.uid),))
            generation = self._tree.begin(study.sources, criteria)
            self._tree.add_studies(generation, study.matches)
            rows = self._tree.studies(study.uid)
            self._search.status.emit(translate("1 study, of the list"), False)
        self.shown.emit(rows[0].number)

    # --- Export -----------------------------------------------------------------------------------------

    def export(self, path: Path) -> None:
        """Write every entry with what was found to a CSV file, which is replaced; a message tells the end."""
        key, results = self._found.key, self._found.results

        def work(run: Run) -> None:
            content = csv_file(FIELDS, (record for result in results for record in records(key, result)))
            try:
                atomic_write(path, content)
            except OSError as error:
                raise store_error(path, error) from error

        def ended(end: Ended) -> None:
            if end.ending is Ending.DONE:
                entries = display.counted(len(results), self.tr("1 entry"), self.tr("{n} entries"))
                text = self.tr("Exported {entries} to “{file}”.")
                self.told.emit(text.format(entries=entries, file=display.plain(str(path))))

        job = self._lanes.submit(Lane.SMALL_FILES, "export what was found of a list", work)
        job.ended.connect(ended)
