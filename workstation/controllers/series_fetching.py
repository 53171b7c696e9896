"""Fetches only some series of the selected studies, once the user has chosen which."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal

from workstation.controllers.notices import Notices
from workstation.controllers.retrieve import Retrieve
from workstation.controllers.row_expansion import RowExpansion
from workstation.controllers.selected_rows import SelectedRows, entities, title_of_all
from workstation.controllers.time_slices import TimeSlices
from workstation.dicom.levels import Level
from workstation.dicom.matches import SeriesMatch
from workstation.dicom.series_choice import SeriesChoice, SeriesFacts
from workstation.models.rows import Fill, Row
from workstation.models.tree_model import TreeModel


class SeriesFetching(QObject):
    """Lists the series of the selected studies, asking archives where they are not known, and fetches some.

    Signals:
        choice_needed: What is chosen from, in words, and the last :class:`SeriesChoice` of this session.
        listing: How many studies are listed, and of how many.
        listed: The series, as :class:`SeriesFacts`, and how many studies could not be listed.
    """

    choice_needed = Signal(str, object)
    listing = Signal(int, int)
    listed = Signal(list, int)

    def __init__(
        self,
        *,
        model: TreeModel,
        rows: SelectedRows,
        expansion: RowExpansion,
        retrieve: Retrieve,
        notices: Notices,
    ) -> None:
        super().__init__()
        self._results = model.results
        self._rows = rows
        self._expansion = expansion
        self._retrieve = retrieve
        self._notices = notices
        self._choice = SeriesChoice()
        self._studies: list[Row] = []
        self._waiting: list[Row] = []
        self._slices = TimeSlices(self, at_once=10)
        expansion.filled.connect(self._filled)

    def choose(self) -> None:
        """Let the user choose among the series of the selected studies."""
        selected = [row for row in entities(self._rows.rows) if row.level is Level.STUDY]
        self._studies = [row for row in selected if row.may_be_asked_for and self._rows.archives(row)]
        if not self._studies:
            self._notices.show_note(self.tr("No archive in your list told of a study among these."))
            return
        self._waiting = [row for row in self._studies if row.fill is not Fill.FULL]
        self.choice_needed.emit(title_of_all(self._studies), self._choice)
        self._list_next()

    def stop(self) -> None:
        """Ask nothing more: the user wants none."""
        self._studies, self._waiting = [], []

    def fetch(self, choice: SeriesChoice) -> None:
        """Fetch what was chosen and is not here; it is offered first the next time."""
        self._choice, studies = choice, self._studies
        self.stop()
        self._slices.do(partial(self._fetch, study, choice) for study in studies)

    def _list_next(self) -> None:
        """Ask for the series of the next study: an archive is asked one thing at a time anyway."""
        self.listing.emit(len(self._studies) - len(self._waiting), len(self._studies))
        if not self._waiting:
            self._tell()
            return
        row = self._waiting[0]
        if not self._rows.exists(row):
            self._filled(row)
        elif self._results.begin_filling(row):
            self._expansion.expand(row.number)
        elif row.fill is not Fill.PENDING:  # it could not be listed before
            self._results.forget_errors(row.number)
            if self._results.begin_filling(row):
                self._expansion.expand(row.number)
            else:
                self._filled(row)

    def _filled(self, row: Row) -> None:
        if self._waiting and self._waiting[0] is row:
            del self._waiting[0]
            self._list_next()

    def _tell(self) -> None:
        able = [row for row in self._studies if self._rows.exists(row) and row.fill is Fill.FULL]
        series = [facts_of(one) for row in able for one in row.entities]
        self.listed.emit(series, len(self._studies) - len(able))

    def _fetch(self, study: Row, choice: SeriesChoice) -> None:
        if not self._rows.exists(study):
            return
        known = study.entities
        wanted = [one for one in known if choice.takes(facts_of(one))]
        if len(wanted) == len(known) and not study.settled:
            self._retrieve.fetch(study)
            return
        missing = [one for one in wanted if not one.settled and one.may_be_asked_for]
        if missing:
            self._retrieve.fetch(study, only=missing)


def facts_of(series: Row) -> SeriesFacts:
    """What is told of the row of a series."""
    best = series.best
    description = best.description if isinstance(best, SeriesMatch) else ""
    return SeriesFacts("".join(series.modalities), description, series.instances, series.settled)
