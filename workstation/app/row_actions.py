"""What can be done with rows: filter, count, name, fetch, hand on, delete; and the transfers below."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog

from workstation.controllers.counts import Counts
from workstation.controllers.local_studies import LocalStudies
from workstation.controllers.retrieve import target_of, title_of
from workstation.controllers.time_slices import TimeSlices
from workstation.controllers.transfers import Transfers
from workstation.dicom import display
from workstation.dicom.completeness import Extent
from workstation.dicom.levels import Level
from workstation.dicom.matches import OPENED, StudyMatch
from workstation.dicom.targets import Target
from workstation.models.name_charsets import CHARACTER_SETS
from workstation.models.rows import Local, Row
from workstation.models.translation import translated
from workstation.operations.local_copy import LocalCopy
from workstation.widgets.details_dialog import DetailsDialog
from workstation.widgets.row_menu import RowAction, RowMenu

if TYPE_CHECKING:
    from workstation.app.assembly import Workstation


class RowActions(QObject):
    """Connects the results, their menu and the transfers with the controllers that act on them."""

    def __init__(self, workstation: Workstation) -> None:
        super().__init__()
        self._workstation = workstation
        self.model, self.view = workstation.tree_model, workstation.window.tree
        self.retrieve, self.window = workstation.retrieve, workstation.window
        self.counts = Counts(workstation.lanes, workstation.sources, self.model)
        self.hand_on = LocalStudies(
            workstation.lanes,
            workstation.sources,
            workstation.library,
            workstation.plans,
            workstation.transfers_model,
            workstation.notices,
            workstation.settings,
        )
        self._listed: tuple[Transfers, ...] = (self.retrieve, self.hand_on, workstation.pushes)
        self._undoable = self._deleted_from = 0
        self._details: dict[int, DetailsDialog] = {}
        self._wishes = TimeSlices(self, at_once=10)
        workstation.shutdown.first("wishes", lambda seconds: self._wishes.finish())
        self._wire_results()
        self._wire_transfers()

    def _wire_results(self) -> None:
        bar, view, model = self.window.results_bar, self.view, self.model
        view.rows_seen.connect(self.counts.look)
        self.counts.counted.connect(self._workstation.local_copies.counted)
        view.menu_requested.connect(self._open_menu)
        view.delete_requested.connect(lambda: self._wish(RowAction.DELETE, ""))
        view.selection_changed.connect(lambda: bar.fetch.setEnabled(view.is_selected))
        model.modelReset.connect(lambda: bar.fetch.setEnabled(False))
        bar.fetch_requested.connect(lambda: self.fetch(self._selected()))
        bar.filter_changed.connect(model.set_filter)
        bar.columns_wanted.connect(lambda: view.header().list_columns(bar.columns.menu()))
        bar.names_wanted.connect(
            lambda: bar.offer_names(
                [
                    (source, model.results.charset_of(source))
                    for source in model.results.answering
                    if self._workstation.sources.node(source) is not None
                ],
                CHARACTER_SETS,
            )
        )
        bar.names_requested.connect(model.results.show_names)
        self.hand_on.deleted.connect(self._workstation.tree.removed)
        self.hand_on.deleted.connect(self._forget_frames)
        self.hand_on.deleted.connect(lambda studies: self._look_again(*studies))
        self.hand_on.undoable.connect(self._offer_undo)
        self.hand_on.expired.connect(self._withdraw_undo)
        self.hand_on.restored.connect(self._restored)

    def _wire_transfers(self) -> None:
        strip = self.window.transfers
        strip.details_requested.connect(self._show_details)
        for listed in self._listed:
            strip.action_requested.connect(listed.act)
            strip.remove_requested.connect(listed.remove)
            strip.remove_finished_requested.connect(listed.remove_finished)
            listed.fell_short.connect(self._say_why)
        self.retrieve.fetched.connect(self._stop_waiting)

    # --- Rows -------------------------------------------------------------------------------------------

    def _selected(self) -> list[Row]:
        found = [row for number in self.view.selected if (row := self.model.find(number)) is not None]
        return outermost(found)

    def activate(self, number: int) -> None:
        """Enter or double-click on a row: fetch what is missing, or ask again where nobody could say.

        Enter means all the selected rows.
        """
        row, selected = self.model.find(number), self._selected()
        if row is None:
            return
        if row in selected and len(selected) > 1:
            self.fetch(selected)
        elif row.error and row.parent is not None:
            self.model.ask_again(row.parent.number)
        elif not row.may_be_asked_for:
            self._say_unusable([row])
        elif self.retrieve.fetch(row):
            self._workstation.preview.expect()
        else:
            if row.level is not Level.PATIENT and not row.settled and self._is_nowhere([row]):
                self._say_nowhere()
            if row.held:
                self._look_at_files([row])

    def choose(self, number: int) -> None:
        """Another row is current: show its picture."""
        row = self.model.find(number)
        self._workstation.preview.choose(row.parent if row is not None and row.error else row)

    def _stop_waiting(self, study: str) -> None:
        """A transfer ended: no first image is waited for any more, if nothing came, or only documents."""
        above, shown = self._current_study(), self._workstation.preview.stack.positions
        if above is not None and above.uid == study and (above.local is Local.NONE or not shown):
            self._look_again(study)

    def _forget_frames(self, studies: Sequence[str]) -> None:
        """No frame of a deleted file stays in memory."""
        library = self._workstation.library
        self._workstation.preview.deleted(*(library.folder.study_path(study) for study in studies))

    def _look_again(self, *studies: str) -> None:
        """The files of studies are others: if the current row is of one, show what there is now."""
        above = self._current_study()
        if above is not None and above.uid in studies:
            self.choose(self.view.currentIndex().internalId())

    def _current_study(self) -> Row | None:
        row = self.model.find(self.view.currentIndex().internalId())
        return row.above(Level.STUDY) if row is not None else None

    def fetch(self, rows: Sequence[Row], *, again: bool = False) -> None:
        """Fetch rows; of patients the numbers are named first."""
        patients = [row for row in rows if row.level is Level.PATIENT]
        studies, note = entities(rows), self._workstation.notices.note
        if studies and not again and all(row.settled for row in studies):
            note(self.tr("It is here already. To get it anew, choose “Fetch again” in the menu of its row."))
            self._look_at_files(studies)
            return
        if studies and self._is_nowhere(studies):
            self._say_nowhere()
            return
        unusable = [row for row in studies if not row.may_be_asked_for]
        self._say_unusable(unusable)
        if studies and len(unusable) == len(studies):
            return
        if not patients:
            self._fetch_all(rows, again=again)
            return
        if not studies:
            note(self.tr("Open the patient first: no study of it is known yet."))
            return
        wanted = [row for row in studies if again or not row.settled]
        who = display.isolated(display.person_name(patients[0].patient.name)) or self.tr("(no name)")
        several = self.tr("{n} patients").format(n=len(patients))
        whom = who if len(patients) == 1 else several
        what = display.counted(len(wanted), self.tr("1 study"), self.tr("{n} studies"))
        question = self.tr("Fetch {what} of {whom}: {images}?").format(
            what=what, images=self._images_to_come(wanted, again=again), whom=whom
        )

        self.window.question.ask(question, self.tr("Fetch"), lambda: self._fetch_all(studies, again=again))

    def _images_to_come(self, rows: Sequence[Row], *, again: bool) -> str:
        """How many images fetching rows brings, as far as anybody can say."""
        counts = [row.instances for row in rows]
        if None in counts:
            return self.tr("an unknown number of images")
        total = sum(count for count in counts if count is not None)
        if again:
            return self._images(total)
        one, many = self.tr("1 image that is not here yet"), self.tr("{n} images that are not here yet")
        return display.counted(max(0, total - sum(row.held for row in rows)), one, many)

    def _is_nowhere(self, rows: Sequence[Row]) -> bool:
        """No archive that is configured told of any of them; files opened from a folder need none."""
        return not any(self._archives(row) or OPENED in row.sources for row in rows)

    def _say_nowhere(self) -> None:
        """Archives that were not asked, or did not answer, may have it."""
        words = self.tr("No archive in your list told of it. Tick those that may have it, and search again.")
        if self._workstation.search.asking:
            words = self.tr("Archives are still being asked. Fetch it when one of them has told of it.")
        self._workstation.notices.note(words)

    def _fetch_all(self, rows: Sequence[Row], *, again: bool) -> None:
        self._wishes.do(partial(self._fetch, row, again=again) for row in rows)
        if not again:
            self._wishes.do([lambda: self._look_at_files([row for row in rows if row.settled])])

    def _fetch(self, row: Row, *, again: bool) -> None:
        current = self.model.row(self.view.currentIndex())
        if self.retrieve.fetch(row, again=again) and row is current:
            self._workstation.preview.expect()

    def _look_at_files(self, rows: Sequence[Row]) -> None:
        """Look at each file of rows that seem to be here; what turns out to be missing is fetched."""
        by_study: dict[str, list[Row]] = {}
        for row in rows:
            study = row.above(Level.STUDY)
            if study is not None:
                by_study.setdefault(study.uid, []).append(row)

        def looked(copy: LocalCopy) -> None:
            for row in by_study[copy.study]:
                self._fetch_missing(row)

        if by_study:
            self._workstation.local_copies.confirm(list(by_study), looked)

    def _fetch_missing(self, row: Row) -> None:
        if self.model.find(row.number) is row and not row.settled and self._archives(row):
            self.window.notice.hide()
            self._fetch(row, again=False)

    def _say_unusable(self, rows: Sequence[Row]) -> None:
        """Say of rows that they cannot be fetched."""
        if not rows:
            return
        lines = [
            self.tr("{row} cannot be fetched: {fault}").format(row=title_of(rows[0]), fault=_fault(rows[0]))
        ]
        if len(rows) > 1:
            lines.append(self.tr("The same goes for {n} more.").format(n=len(rows) - 1))
        self._workstation.notices.note(" ".join(lines))

    def _open_menu(self, place: QPoint) -> None:
        rows = self._selected()
        if not rows:
            return
        below, sources = entities(rows), self._workstation.sources
        menu = RowMenu(
            remote=any(self._archives(row) for row in below or rows),
            held=any(row.local is not Local.NONE for row in below),
            nodes=[key for key in sources.keys if sources.node(key) is not None],
            accepted=_accepted(below),
            parent=self.view,
        )
        menu.chosen.connect(self._wish)
        menu.popup(place)

    def _archives(self, row: Row) -> list[str]:
        return [source for source in row.sources if self._workstation.sources.node(source) is not None]

    def _wish(self, wish: str, node: str) -> None:
        rows = self._selected()
        if wish in (RowAction.FETCH, RowAction.AGAIN):
            self.fetch(rows, again=wish == RowAction.AGAIN)
            return
        if wish == RowAction.ACCEPT:
            self._accept(entities(rows))
            return
        targets = [target for row in entities(rows) if (target := target_of(row)) is not None]
        if not targets:
            return
        if wish == RowAction.SHOW:
            self.window.canvas.setFocus()
        elif wish == RowAction.FOLDER:
            folder = self._workstation.library.folder.study_path(targets[0].study)
            QDesktopServices.openUrl(QUrl.fromLocalFile(folder))
        elif wish == RowAction.COPY:
            chosen = QFileDialog.getExistingDirectory(self.window, self.tr("Copy files to"))
            if chosen:
                self.hand_on.copy(targets, Path(chosen), self._title(rows))
        elif wish == RowAction.SEND:
            self.hand_on.send(targets, node, self._title(rows))
        else:
            self._ask_to_delete(rows, targets)

    def _accept(self, rows: Sequence[Row]) -> None:
        """What is here of studies is all there is, or is not any more."""
        all_there_is = not _accepted(rows)
        for row in rows:
            if row.level is Level.STUDY:
                self._workstation.local_copies.accept(row.uid, row.state, all_there_is=all_there_is)

    def _ask_to_delete(self, rows: Sequence[Row], targets: Sequence[Target]) -> None:
        if self._still_fetched(targets):
            return
        count = sum(row.held for row in entities(rows))
        if not count:
            self._workstation.notices.note(self.tr("There is no local copy of it to be deleted."))
            return
        text = self.tr("Delete the local copy, {images}, of {what}? Archives keep theirs.")
        self.window.question.ask(
            text.format(images=self._images(count), what=self._title(rows)),
            self.tr("Delete local copy"),
            lambda: self._delete(targets),
        )

    def _delete(self, targets: Sequence[Target]) -> None:
        if not self._still_fetched(targets):
            self.hand_on.delete(targets)

    def _still_fetched(self, targets: Sequence[Target]) -> bool:
        """Whether something of them is on its way; then it is said. It may have begun since the question."""
        fetched = self.retrieve.fetching([target.study for target in targets])
        if fetched:
            self._workstation.notices.note(
                self.tr("It is being fetched. Cancel the transfer or let it end, then delete the local copy.")
            )
        return fetched

    def _title(self, rows: Sequence[Row]) -> str:
        first = title_of(rows[0])
        return first if len(rows) == 1 else self.tr("{first} and others").format(first=first)

    def _images(self, count: int) -> str:
        return display.counted(count, self.tr("1 image"), self.tr("{n} images"))

    def _offer_undo(self, text: str, number: int) -> None:
        self._undoable, self._deleted_from = number, self.model.results.generation
        self.window.notice.offer(text, self.tr("Undo"), lambda: self.hand_on.undo(number))

    def _withdraw_undo(self, number: int) -> None:
        if number == self._undoable:
            self.window.notice.withdraw()

    def _restored(self, studies: list[StudyMatch]) -> None:
        self.model.results.add_studies(self._deleted_from, studies)  # rows of a later search are other ones
        uids = [study.study_uid for study in studies]
        self._workstation.local_copies.changed(*uids)
        self._look_again(*uids)

    # --- Transfers --------------------------------------------------------------------------------------

    def _say_why(self, number: int, message: str) -> None:
        """A row below holds one line; the bar has room for what is to be done."""
        details = self.tr("Details")
        self.window.notice.offer(message, details, lambda: self._show_details(number), calm=False)

    def _show_details(self, number: int) -> None:
        found = (listed.details(number) for listed in self._listed)
        details = next((one for one in found if one is not None), None)
        if details is None:
            return
        if (before := self._details.pop(number, None)) is not None:
            before.close()  # what it says may be old
        dialog = self._details[number] = DetailsDialog(details, self.window)
        dialog.finished.connect(lambda: self._details.pop(number, None))
        dialog.show()


def _fault(row: Row) -> str:
    """What is wrong with the UID of a row, or of the one it stands below."""
    one: Row | None = row
    while one is not None and not one.fault:
        one = one.parent
    return translated(one.fault) if one is not None else ""


def outermost(rows: Sequence[Row]) -> list[Row]:
    """The rows without those that stand below another one of them."""
    numbers = {row.number for row in rows}
    return [row for row in rows if not any(above.number in numbers for above in _above(row))]


def entities(rows: Iterable[Row]) -> list[Row]:
    """Studies in the place of patients; everything else as it is."""
    return [one for row in rows for one in (row.entities if row.level is Level.PATIENT else [row])]


def _above(row: Row) -> Iterable[Row]:
    one = row.parent
    while one is not None:
        yield one
        one = one.parent


def _accepted(rows: Sequence[Row]) -> bool | None:
    """Whether the user accepted what is here of these studies; None where there is nothing to accept."""
    extents = {row.state.extent for row in rows if row.level is Level.STUDY and row.known is not None}
    if len(extents) != 1 or any(row.level is not Level.STUDY for row in rows):
        return None
    return {Extent.PARTIAL: False, Extent.ACCEPTED: True}.get(extents.pop())
