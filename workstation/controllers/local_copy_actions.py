"""What the user can do with the local copies of rows: show, copy, send, accept, delete, and undo that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from PySide6.QtCore import QObject, Signal

from workstation.controllers.added_files import AddedFiles
from workstation.controllers.file_import import FileImport
from workstation.controllers.local_completeness import LocalCompleteness
from workstation.controllers.local_studies import LocalStudies
from workstation.controllers.notices import Notices
from workstation.controllers.retrieve import Retrieve
from workstation.controllers.selected_rows import SelectedRows, are_opened, entities, targets_of, title_of_all
from workstation.dicom.completeness import Extent
from workstation.dicom.levels import Level
from workstation.dicom.matches import OPENED, StudyMatch
from workstation.dicom.targets import Target
from workstation.models.result_tree import ResultTree
from workstation.models.rows import Row
from workstation.models.translation import image_count
from workstation.store.library import Library


class LocalCopyActions(QObject):
    """Acts on the local copies of the selected rows; whatever needs a widget is asked for by a signal.

    Signals:
        question_asked: A question, the verb of its button, and what to call when the user agrees.
        folder_needed: What to call with the folder the user chooses for copies.
        folder_opened: A folder to be shown in the system's file manager.
        images_opened: The images of the current row are to get the focus.
        undo_offered: A message about what was deleted or added, and what to call to undo it.
        undo_withdrawn: It is too late to undo that.
        files_changed: Study UIDs whose local copies are back.
    """

    question_asked = Signal(str, str, object)
    folder_needed = Signal(object)
    folder_opened = Signal(str)
    images_opened = Signal()
    undo_offered = Signal(str, object)
    undo_withdrawn = Signal()
    files_changed = Signal(list)

    def __init__(
        self,
        *,
        rows: SelectedRows,
        results: ResultTree,
        library: Library,
        retrieve: Retrieve,
        local_studies: LocalStudies,
        file_import: FileImport,
        added_files: AddedFiles,
        local_completeness: LocalCompleteness,
        notices: Notices,
    ) -> None:
        super().__init__()
        self._rows = rows
        self._results = results
        self._library = library
        self._retrieve = retrieve
        self._local_studies = local_studies
        self._file_import = file_import
        self._added_files = added_files
        self._local_completeness = local_completeness
        self._notices = notices
        self._undoable = self._deleted_from = 0

    def open_images(self) -> None:
        """Give the images of the selected rows the focus."""
        if targets_of(self._rows.rows):
            self.images_opened.emit()

    def open_folder(self) -> None:
        """Show the folder of the first selected study."""
        rows = self._rows.rows
        targets = targets_of(rows)
        if targets and are_opened(rows):
            self._file_import.find_folder(targets, self.folder_opened.emit)
        elif targets:
            self.folder_opened.emit(str(self._library.folder.study_path(targets[0].study)))

    def copy_selected(self) -> None:
        """Copy the files of the selected rows to a folder the user chooses."""
        rows = self._rows.rows
        targets = targets_of(rows)
        if targets:
            title, opened = title_of_all(rows), are_opened(rows)
            self.folder_needed.emit(
                lambda folder: self._local_studies.copy(targets, folder, title, opened=opened)
            )

    def send_selected(self, node: str) -> None:
        """Send the files of the selected rows to ``node``."""
        rows = self._rows.rows
        targets = targets_of(rows)
        if targets:
            self._local_studies.send(targets, node, title_of_all(rows), opened=are_opened(rows))

    def import_selected(self) -> None:
        """Add the opened files of the selected rows to the library."""
        rows = [row for row in entities(self._rows.rows) if OPENED in row.sources]
        targets = targets_of(rows)
        if targets:
            self._file_import.add(targets, title_of_all(rows))

    def accept_selected(self) -> None:
        """Accept what is here of the selected studies as all there is, or take that back."""
        rows = entities(self._rows.rows)
        all_there_is = not accepted_of(rows)
        for row in rows:
            if row.level is Level.STUDY:
                self._local_completeness.accept(row.uid, row.state, all_there_is=all_there_is)

    def delete_selected(self) -> None:
        """Delete the local copies of the selected rows, once the user has agreed."""
        rows = self._rows.rows
        targets = targets_of(rows)
        if targets:
            self._ask_to_delete(rows, targets)

    # --- Deleting and undoing -----------------------------------------------------------------------------

    def _ask_to_delete(self, rows: Sequence[Row], targets: Sequence[Target]) -> None:
        if self._is_being_fetched(target.study for target in targets):
            return
        count = sum(row.held for row in entities(rows))
        if not count:
            self._notices.show_note(self.tr("There is no local copy of it to be deleted."))
            return
        images = image_count(count)
        text = self.tr("Delete the local copy, {images}, of {what}? Archives keep theirs.")
        self.question_asked.emit(
            text.format(images=images, what=title_of_all(rows)),
            self.tr("Delete local copy"),
            lambda: self._delete(targets),
        )

    def _delete(self, targets: Sequence[Target]) -> None:
        if not self._is_being_fetched(target.study for target in targets):
            self._retrieve.stop_asking_others(target.study for target in targets)
            self._local_studies.delete(targets)

    def _is_being_fetched(self, studies: Iterable[str]) -> bool:
        """Whether something of these studies is being fetched, with a note to the user.

        Asked again after the question: it may have begun meanwhile.
        """
        fetched = self._retrieve.fetching(list(studies))
        if fetched:
            self._notices.show_note(
                self.tr("It is being fetched. Cancel the transfer or let it end, then delete the local copy.")
            )
        return fetched

    def offer_undo(self, text: str, number: int) -> None:
        self._undoable, self._deleted_from = number, self._results.generation
        self.undo_offered.emit(text, partial(self._local_studies.undo, number))

    def offer_removal(self, text: str, number: int) -> None:
        """Offer to take out of the library what was just added."""
        self._undoable = number
        self.undo_offered.emit(text, partial(self._remove_added, number))

    def _remove_added(self, number: int) -> None:
        studies = self._added_files.studies(number)
        if self._retrieve.fetching(studies):
            self.offer_removal(
                self.tr("It is being fetched. Cancel the transfer or let it end, then undo."), number
            )
        else:
            self._retrieve.stop_asking_others(studies)
            self._added_files.undo(number)

    def withdraw_undo(self, number: int) -> None:
        if number == self._undoable:
            self.undo_withdrawn.emit()

    def restored(self, studies: list[StudyMatch]) -> None:
        self._results.add_studies(self._deleted_from, studies)  # a later search has other rows
        uids = [study.study_uid for study in studies]
        self._local_completeness.changed(*uids)
        self.files_changed.emit(uids)


def accepted_of(rows: Sequence[Row]) -> bool | None:
    """Whether the user accepted what is here of these studies; None where there is nothing to accept."""
    extents = {row.state.extent for row in rows if row.level is Level.STUDY and row.known is not None}
    if len(extents) != 1 or any(row.level is not Level.STUDY for row in rows):
        return None
    return {Extent.PARTIAL: False, Extent.ACCEPTED: True}.get(extents.pop())
