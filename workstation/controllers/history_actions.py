"""Shows and fetches studies of a history as those of the list; asks first where the patient is not sure."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal

from workstation.controllers.preview import Preview
from workstation.controllers.row_fetching import RowFetching
from workstation.controllers.selected_rows import SelectedRows
from workstation.dicom.levels import Level
from workstation.models.history_model import HistoryModel
from workstation.models.rows import Row


class HistoryActions(QObject):
    """What the user does with the rows of a history.

    Signals:
        question_asked: A question, the verb of its button, and what to call when the user agrees.
        copied: A text for the clipboard.
    """

    question_asked = Signal(str, str, object)
    copied = Signal(str)

    def __init__(
        self, model: HistoryModel, rows: SelectedRows, fetching: RowFetching, preview: Preview
    ) -> None:
        """``rows`` are those of the history, and ``fetching`` fetches them."""
        super().__init__()
        self.rows = rows
        self._model = model
        self._fetching = fetching
        self._preview = preview
        self._unsure = ""  # UID of a study that is shown although its patient is not sure

    def choose(self, number: int) -> None:
        """Show what is here of a study that became current, as in the list; never of one that is not sure."""
        row = self._model.tree.find(number)
        if row is not None and not row.apart:
            self._show(row)

    def show(self, number: int) -> None:
        """Show what is here of a study."""
        if (row := self._model.tree.find(number)) is not None:
            self._ask_first(row, partial(self._show, row))

    def fetch(self, number: int) -> None:
        """Fetch what is missing of a study, and show it."""
        if (row := self._model.tree.find(number)) is not None:
            self._ask_first(row, partial(self._fetch, row))

    def copy_uid(self, number: int) -> None:
        """Copy the UID of a study."""
        if (row := self._model.tree.find(number)) is not None:
            self.copied.emit(row.uid)

    def stop_waiting(self, study: str) -> None:
        """End the wait for a first image after a transfer that brought nothing to be seen."""
        row = self.rows.current
        waits = not self._preview.stack.positions and self._preview.study_uid == study
        if row is not None and row.uid == study and waits:
            self._preview.choose(row, anew=True)

    def shows(self, row: Row) -> bool:
        """Whether the picture is of a study that a row of any list is of, or of the patient's it is."""
        study = row.above(Level.STUDY)
        studies = row.entities if study is None else [study]
        if self._preview.study_uid == self._unsure:
            return False  # what is sure of it may be told of another patient
        return self._preview.study_uid in [one.uid for one in studies]

    def leave(self) -> None:
        """Note that the picture is one of the list again."""
        self._unsure = ""

    def _ask_first(self, row: Row, then: Callable[[], None]) -> None:
        """Go on at once; with a study that is perhaps of another patient once the user has agreed."""
        difference = self._model.difference(row)
        if not row.apart or not difference:
            then()
            return
        question = self.tr("This study may be of another patient ({difference}). Show it?")

        def agreed() -> None:
            if self.rows.exists(row):
                then()

        self.question_asked.emit(question.format(difference=difference), self.tr("Show it"), agreed)

    def _show(self, row: Row) -> None:
        """Show it, unless a picture of it is on show already."""
        if row.apart or not self.shows(row):
            self._preview.choose(row)
        self._unsure = row.uid if row.apart else ""

    def _fetch(self, row: Row) -> None:
        self._show(row)
        self._fetching.activate(row.number)
