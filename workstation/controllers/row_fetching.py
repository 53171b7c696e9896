"""Fetches rows: what is missing of them, with the questions and notes to the user that belong to it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QObject, Signal

from workstation.controllers.local_completeness import LocalCompleteness
from workstation.controllers.notices import Notices
from workstation.controllers.preview import Preview
from workstation.controllers.retrieve import Retrieve
from workstation.controllers.search import Search
from workstation.controllers.selected_rows import SelectedRows, are_opened, entities, title_of_all
from workstation.controllers.time_slices import TimeSlices
from workstation.dicom import display
from workstation.dicom.background import Background
from workstation.dicom.levels import Level
from workstation.dicom.matches import OPENED
from workstation.models.row_targets import title_of
from workstation.models.rows import Row
from workstation.models.shown_names import SHOWN_NAMES
from workstation.models.transfer import Priority
from workstation.models.translation import image_count, translated
from workstation.models.tree_model import TreeModel
from workstation.operations.local_copy import LocalCopy


class RowFetching(QObject):
    """Fetches rows the user chose.

    Signals:
        question_asked: A question, the verb of its button, and what to call when the user agrees.
        begun: A row that the user had fetched and that is being fetched now.
        notice_outdated: The message on show is no longer true.
        background_wanted: What is to be fetched in the background, and what to call with the
            :class:`Background` the user chooses.
        opened_activated: The pictures of the current row, of files the user opened, are to get the focus.
    """

    question_asked = Signal(str, str, object)
    begun = Signal(object)
    notice_outdated = Signal()
    background_wanted = Signal(str, object)
    opened_activated = Signal()

    def __init__(
        self,
        *,
        model: TreeModel,
        rows: SelectedRows,
        search: Search,
        retrieve: Retrieve,
        local_completeness: LocalCompleteness,
        preview: Preview,
        notices: Notices,
    ) -> None:
        super().__init__()
        self._model = model
        self._rows = rows
        self._search = search
        self._retrieve = retrieve
        self._local_completeness = local_completeness
        self._preview = preview
        self._notices = notices
        self._slices = TimeSlices(self, at_once=10)

    def finish(self) -> None:
        """Begin at once all that still waits for its time slice: the program ends."""
        self._slices.finish()

    def activate(self, number: int) -> None:
        """Act on Enter or a double-click: fetch what is missing, or ask again where no source could answer.

        If the row is one of several selected ones, all of them are fetched.
        """
        row, selected = self._model.find(number), self._rows.rows
        if row is None:
            return
        if row in selected and len(selected) > 1:
            self.fetch(selected)
        elif row.error and row.parent is not None:
            self._model.ask_again(row.parent.number)
        elif row.level is not Level.PATIENT and are_opened([row]):
            self.opened_activated.emit()
        elif not row.may_be_asked_for:
            self._note_unusable([row])
        elif self._retrieve.fetch(row, first=self._preview.series_uid, priority=Priority.URGENT):
            self._preview.expect()
            self.begun.emit(row)
        else:
            if row.level is not Level.PATIENT and not row.settled and self._has_no_archive([row]):
                self._note_no_archive()
            if row.held:
                self._confirm_files([row])

    def fetch_selected(self, *, again: bool = False) -> None:
        """Fetch the selected rows; ``again``: also what is here already."""
        self.fetch(self._rows.rows, again=again)

    def fetch_selected_in_background(self) -> None:
        """Fetch what is missing of the selected rows when and as fast as the user chooses."""
        rows = [row for row in entities(self._rows.rows) if row.may_be_asked_for and not row.settled]
        if not rows:
            self._notices.show_note(self.tr("Nothing of it is known to be missing here."))
            return
        if self._has_no_archive(rows):
            self._note_no_archive()
            return
        what = self.tr("Fetch {what}, {images}.").format(
            what=title_of_all(rows), images=self._images_to_come(rows, again=False)
        )
        self.background_wanted.emit(what, lambda chosen: self._fetch_in_background(rows, chosen))

    def _fetch_in_background(self, rows: Sequence[Row], background: Background) -> None:
        self._slices.do(partial(self._retrieve.fetch, row, background=background) for row in rows)

    def fetch(self, rows: Sequence[Row], *, again: bool = False) -> None:
        """Fetch rows; for patients the user confirms the numbers first."""
        patients = [row for row in rows if row.level is Level.PATIENT]
        studies, note = entities(rows), self._notices.show_note
        if studies and not again and all(row.settled for row in studies):
            note(self.tr("It is here already. To get it anew, choose “Fetch again” in the menu of its row."))
            self._confirm_files(studies)
            return
        if studies and self._has_no_archive(studies):
            self._note_no_archive()
            return
        unusable = [row for row in studies if not row.may_be_asked_for]
        self._note_unusable(unusable)
        if studies and len(unusable) == len(studies):
            return
        if not patients:
            self._fetch_all(rows, again=again)
            return
        if not studies:
            note(self.tr("Open the patient first: no study of it is known yet."))
            return
        wanted = [row for row in studies if again or not row.settled]
        who = display.isolated(SHOWN_NAMES.written(patients[0].patient.name)) or self.tr("(no name)")
        several = self.tr("{n} patients").format(n=len(patients))
        whom = who if len(patients) == 1 else several
        what = display.counted(len(wanted), self.tr("1 study"), self.tr("{n} studies"))
        question = self.tr("Fetch {what} of {whom}: {images}?").format(
            what=what, images=self._images_to_come(wanted, again=again), whom=whom
        )

        self.question_asked.emit(question, self.tr("Fetch"), lambda: self._fetch_all(studies, again=again))

    def _images_to_come(self, rows: Sequence[Row], *, again: bool) -> str:
        """How many images fetching rows brings, as far as it is known."""
        counts = [row.instances for row in rows]
        if None in counts:
            return self.tr("an unknown number of images")
        total = sum(count for count in counts if count is not None)
        if again:
            return image_count(total)
        one, many = self.tr("1 image that is not here yet"), self.tr("{n} images that are not here yet")
        return display.counted(max(0, total - sum(row.held for row in rows)), one, many)

    def _has_no_archive(self, rows: Sequence[Row]) -> bool:
        """Whether no configured archive has named any of them; files opened from a folder need none."""
        return not any(self._rows.archives(row) or OPENED in row.sources for row in rows)

    def _note_no_archive(self) -> None:
        """Tell the user that other archives may have it: those not asked, or without an answer so far."""
        words = self.tr("No archive in your list told of it. Tick those that may have it, and search again.")
        if self._search.asking:
            words = self.tr("Archives are still being asked. Fetch it when one of them has told of it.")
        self._notices.show_note(words)

    def _fetch_all(self, rows: Sequence[Row], *, again: bool) -> None:
        priority = Priority.URGENT if len(rows) == 1 else Priority.NORMAL
        self._slices.do(partial(self._fetch, row, again=again, priority=priority) for row in rows)
        if not again:
            self._slices.do([lambda: self._confirm_files([row for row in rows if row.settled])])

    def _fetch(self, row: Row, *, again: bool, priority: Priority = Priority.NORMAL) -> None:
        current, first = self._rows.current, self._preview.series_uid
        if self._retrieve.fetch(row, again=again, first=first, priority=priority):
            if row is current:
                self._preview.expect()
            self.begun.emit(row)

    def _confirm_files(self, rows: Sequence[Row]) -> None:
        """Check each file of rows that seem to be here, and fetch what turns out to be missing."""
        by_study: dict[str, list[Row]] = {}
        for row in rows:
            study = row.above(Level.STUDY)
            if study is not None:
                by_study.setdefault(study.uid, []).append(row)

        def looked(copy: LocalCopy) -> None:
            for row in by_study[copy.study]:
                self._fetch_missing(row)

        if by_study:
            self._local_completeness.confirm(list(by_study), looked)

    def _fetch_missing(self, row: Row) -> None:
        if self._rows.exists(row) and not row.settled and self._rows.archives(row):
            self.notice_outdated.emit()
            self._fetch(row, again=False)

    def _note_unusable(self, rows: Sequence[Row]) -> None:
        """Tell the user which rows cannot be fetched, and why."""
        if not rows:
            return
        lines = [
            self.tr("{row} cannot be fetched: {fault}").format(row=title_of(rows[0]), fault=_fault(rows[0]))
        ]
        if len(rows) > 1:
            lines.append(self.tr("The same goes for {n} more.").format(n=len(rows) - 1))
        self._notices.show_note(" ".join(lines))


def _fault(row: Row) -> str:
    """Why the UID of a row, or of a row above it, is unusable."""
    one: Row | None = row
    while one is not None and not one.fault:
        one = one.parent
    return translated(one.fault) if one is not None else ""
