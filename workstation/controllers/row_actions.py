"""What the user can do with rows: choose, fetch, copy, send, accept, delete, and undo that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, Signal

from workstation.controllers.local_completeness import LocalCompleteness
from workstation.controllers.local_studies import LocalStudies
from workstation.controllers.notices import Notices
from workstation.controllers.preview import Preview
from workstation.controllers.retrieve import Retrieve
from workstation.controllers.samples import Samples
from workstation.controllers.search import Search
from workstation.controllers.sources import Sources
from workstation.controllers.time_slices import TimeSlices
from workstation.dicom import display
from workstation.dicom.background import Background
from workstation.dicom.completeness import Extent
from workstation.dicom.levels import Level
from workstation.dicom.matches import OPENED, StudyMatch
from workstation.dicom.targets import Target
from workstation.models.row_targets import target_of, title_of
from workstation.models.rows import Local, Row
from workstation.models.transfer import Priority
from workstation.models.translation import translated
from workstation.models.tree_model import TreeModel
from workstation.operations.local_copy import LocalCopy
from workstation.store.library import Library


class RowActions(QObject):
    """Acts on the selected rows; whatever needs a widget is asked for by a signal.

    Signals:
        question_asked: A question, the verb of its button, and what to call when the user agrees.
        folder_needed: What to call with the folder the user chooses for copies.
        folder_opened: A folder to be shown in the system's file manager.
        images_opened: The images of the current row are to get the focus.
        background_wanted: What is to be fetched in the background, and what to call with the
            :class:`Background` the user chooses.
        undo_offered: A message about what was deleted, and what to call to undo it.
        undo_withdrawn: It is too late to undo that.
        notice_outdated: The message on show is no longer true.
    """

    question_asked = Signal(str, str, object)
    folder_needed = Signal(object)
    folder_opened = Signal(str)
    images_opened = Signal()
    background_wanted = Signal(str, object)
    undo_offered = Signal(str, object)
    undo_withdrawn = Signal()
    notice_outdated = Signal()

    def __init__(
        self,
        *,
        model: TreeModel,
        sources: Sources,
        search: Search,
        library: Library,
        retrieve: Retrieve,
        local_studies: LocalStudies,
        local_completeness: LocalCompleteness,
        preview: Preview,
        samples: Samples,
        notices: Notices,
        selected: Callable[[], Sequence[int]],
        current: Callable[[], int],
    ) -> None:
        """``selected`` and ``current`` give the numbers of rows; 0: there is no current row."""
        super().__init__()
        self._model = model
        self._sources = sources
        self._search = search
        self._library = library
        self._retrieve = retrieve
        self._local_studies = local_studies
        self._local_completeness = local_completeness
        self._preview = preview
        self._samples = samples
        self._notices = notices
        self._selected_numbers = selected
        self._current_number = current
        self._undoable = self._deleted_from = 0
        self._slices = TimeSlices(self, at_once=10)

    def finish(self) -> None:
        """Begin at once all that still waits for its time slice: the program ends."""
        self._slices.finish()

    # --- The current row ----------------------------------------------------------------------------------

    def _selected(self) -> list[Row]:
        found = [row for number in self._selected_numbers() if (row := self._model.find(number)) is not None]
        return outermost(found)

    def activate(self, number: int) -> None:
        """Act on Enter or a double-click: fetch what is missing, or ask again where no source could answer.

        If the row is one of several selected ones, all of them are fetched.
        """
        row, selected = self._model.find(number), self._selected()
        if row is None:
            return
        if row in selected and len(selected) > 1:
            self.fetch(selected)
        elif row.error and row.parent is not None:
            self._model.ask_again(row.parent.number)
        elif not row.may_be_asked_for:
            self._note_unusable([row])
        elif self._retrieve.fetch(row, first=self._preview.series_uid, priority=Priority.URGENT):
            self._expect(row)
        else:
            if row.level is not Level.PATIENT and not row.settled and self._has_no_archive([row]):
                self._note_no_archive()
            if row.held:
                self._confirm_files([row])

    def choose(self, number: int) -> None:
        """Show the pictures of the row that is current now."""
        row = self._model.find(number)
        shown = row.parent if row is not None and row.error else row
        self._preview.choose(shown)
        self._samples.choose(shown)

    def stop_waiting(self, study: str) -> None:
        """End the wait for a first image after a transfer that brought nothing, or only documents."""
        above, shown = self._current_study(), self._preview.stack.positions
        if above is not None and above.uid == study and (above.local is Local.NONE or not shown):
            self.look_again(study)

    def forget_frames(self, studies: Sequence[str]) -> None:
        """Drop the frames of deleted files from memory."""
        library = self._library
        self._preview.deleted(*(library.folder.study_path(study) for study in studies))

    def look_again(self, *studies: str) -> None:
        """Show the pictures anew if the current row is of one of these studies, whose files changed."""
        above = self._current_study()
        if above is not None and above.uid in studies:
            self.choose(self._current_number())

    def _current_study(self) -> Row | None:
        row = self._model.find(self._current_number())
        return row.above(Level.STUDY) if row is not None else None

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
        who = display.isolated(display.person_name(patients[0].patient.name)) or self.tr("(no name)")
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
            return self._images(total)
        one, many = self.tr("1 image that is not here yet"), self.tr("{n} images that are not here yet")
        return display.counted(max(0, total - sum(row.held for row in rows)), one, many)

    def _has_no_archive(self, rows: Sequence[Row]) -> bool:
        """Whether no configured archive has named any of them; files opened from a folder need none."""
        return not any(self._archives(row) or OPENED in row.sources for row in rows)

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
        current, first = self._model.find(self._current_number()), self._preview.series_uid
        if self._retrieve.fetch(row, again=again, first=first, priority=priority) and row is current:
            self._expect(row)

    def _expect(self, row: Row) -> None:
        """Show that the current row is being fetched, and look at samples of it no more."""
        if (study := row.above(Level.STUDY)) is not None:
            self._samples.give_up(study.uid)
        self._preview.expect()

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
        if self._model.find(row.number) is row and not row.settled and self._archives(row):
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

    def _archives(self, row: Row) -> list[str]:
        return [source for source in row.sources if self._sources.node(source) is not None]

    # --- The menu of the selected rows --------------------------------------------------------------------

    @property
    def offers(self) -> Offers | None:
        """What can be done with the selected rows; None if there are none."""
        rows = self._selected()
        if not rows:
            return None
        below = entities(rows)
        return Offers(
            remote=any(self._archives(row) for row in below or rows),
            held=any(row.local is not Local.NONE for row in below),
            nodes=[key for key in self._sources.keys if self._sources.node(key) is not None],
            accepted=_accepted(below),
        )

    def fetch_selected(self, *, again: bool = False) -> None:
        """Fetch the selected rows; ``again``: also what is here already."""
        self.fetch(self._selected(), again=again)

    def fetch_selected_in_background(self) -> None:
        """Fetch what is missing of the selected rows when and as fast as the user chooses."""
        rows = [row for row in entities(self._selected()) if row.may_be_asked_for and not row.settled]
        if not rows:
            self._notices.show_note(self.tr("Nothing of it is known to be missing here."))
            return
        if self._has_no_archive(rows):
            self._note_no_archive()
            return
        what = self.tr("Fetch {what}, {images}.").format(
            what=self._title(rows), images=self._images_to_come(rows, again=False)
        )
        self.background_wanted.emit(what, lambda chosen: self._fetch_in_background(rows, chosen))

    def _fetch_in_background(self, rows: Sequence[Row], background: Background) -> None:
        self._slices.do(partial(self._retrieve.fetch, row, background=background) for row in rows)

    def look_at_samples(self) -> None:
        """Show one image of each series of the current row, without fetching it."""
        self._samples.look()

    def open_images(self) -> None:
        """Give the images of the selected rows the focus."""
        if _targets(self._selected()):
            self.images_opened.emit()

    def open_folder(self) -> None:
        """Show the folder of the first selected study."""
        targets = _targets(self._selected())
        if targets:
            self.folder_opened.emit(str(self._library.folder.study_path(targets[0].study)))

    def copy_selected(self) -> None:
        """Copy the files of the selected rows to a folder the user chooses."""
        rows = self._selected()
        targets = _targets(rows)
        if targets:
            title = self._title(rows)
            self.folder_needed.emit(lambda folder: self._local_studies.copy(targets, folder, title))

    def send_selected(self, node: str) -> None:
        """Send the files of the selected rows to ``node``."""
        rows = self._selected()
        targets = _targets(rows)
        if targets:
            self._local_studies.send(targets, node, self._title(rows))

    def accept_selected(self) -> None:
        """Accept what is here of the selected studies as all there is, or take that back."""
        rows = entities(self._selected())
        all_there_is = not _accepted(rows)
        for row in rows:
            if row.level is Level.STUDY:
                self._local_completeness.accept(row.uid, row.state, all_there_is=all_there_is)

    def delete_selected(self) -> None:
        """Delete the local copies of the selected rows, once the user has agreed."""
        rows = self._selected()
        targets = _targets(rows)
        if targets:
            self._ask_to_delete(rows, targets)

    # --- Deleting and undoing -----------------------------------------------------------------------------

    def _ask_to_delete(self, rows: Sequence[Row], targets: Sequence[Target]) -> None:
        if self._is_being_fetched(targets):
            return
        count = sum(row.held for row in entities(rows))
        if not count:
            self._notices.show_note(self.tr("There is no local copy of it to be deleted."))
            return
        text = self.tr("Delete the local copy, {images}, of {what}? Archives keep theirs.")
        self.question_asked.emit(
            text.format(images=self._images(count), what=self._title(rows)),
            self.tr("Delete local copy"),
            lambda: self._delete(targets),
        )

    def _delete(self, targets: Sequence[Target]) -> None:
        if not self._is_being_fetched(targets):
            self._retrieve.stop_asking_others(target.study for target in targets)
            self._local_studies.delete(targets)

    def _is_being_fetched(self, targets: Sequence[Target]) -> bool:
        """Whether something of them is being fetched, with a note to the user.

        Asked again after the question: it may have begun meanwhile.
        """
        fetched = self._retrieve.fetching([target.study for target in targets])
        if fetched:
            self._notices.show_note(
                self.tr("It is being fetched. Cancel the transfer or let it end, then delete the local copy.")
            )
        return fetched

    def _title(self, rows: Sequence[Row]) -> str:
        first = title_of(rows[0])
        return first if len(rows) == 1 else self.tr("{first} and others").format(first=first)

    def _images(self, count: int) -> str:
        return display.counted(count, self.tr("1 image"), self.tr("{n} images"))

    def offer_undo(self, text: str, number: int) -> None:
        self._undoable, self._deleted_from = number, self._model.results.generation
        self.undo_offered.emit(text, partial(self._local_studies.undo, number))

    def withdraw_undo(self, number: int) -> None:
        if number == self._undoable:
            self.undo_withdrawn.emit()

    def restored(self, studies: list[StudyMatch]) -> None:
        self._model.results.add_studies(self._deleted_from, studies)  # a later search has other rows
        uids = [study.study_uid for study in studies]
        self._local_completeness.changed(*uids)
        self.look_again(*uids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """What the menu of the selected rows offers.

    Attributes:
        remote: An archive has some of them.
        held: Something of them is here.
        nodes: Names of the nodes they can be sent to.
        accepted: Whether the user accepted what is here as all there is; None: there is nothing to accept.
    """

    remote: bool
    held: bool
    nodes: Sequence[str]
    accepted: bool | None


def _targets(rows: Sequence[Row]) -> list[Target]:
    return [target for row in entities(rows) if (target := target_of(row)) is not None]


def _fault(row: Row) -> str:
    """Why the UID of a row, or of a row above it, is unusable."""
    one: Row | None = row
    while one is not None and not one.fault:
        one = one.parent
    return translated(one.fault) if one is not None else ""


def outermost(rows: Sequence[Row]) -> list[Row]:
    """The rows without those below another one of them."""
    numbers = {row.number for row in rows}
    return [row for row in rows if not any(above.number in numbers for above in _above(row))]


def entities(rows: Iterable[Row]) -> list[Row]:
    """The rows, with each patient replaced by its studies."""
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
