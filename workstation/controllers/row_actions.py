"""Shows the pictures of the current row, and tells what can be done with the selected ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject

from workstation.controllers.file_import import FileImport
from workstation.controllers.local_copy_actions import accepted_of
from workstation.controllers.preview import Preview
from workstation.controllers.samples import Samples
from workstation.controllers.selected_rows import SelectedRows, are_opened, entities
from workstation.controllers.sources import Sources
from workstation.dicom.levels import Level
from workstation.dicom.matches import OPENED
from workstation.models.rows import Local, Row
from workstation.models.tree_model import TreeModel
from workstation.store.library import Library


class RowActions(QObject):
    """Follows the current row with the preview; what is done with rows stands in the other controllers."""

    def __init__(
        self,
        *,
        model: TreeModel,
        rows: SelectedRows,
        sources: Sources,
        library: Library,
        preview: Preview,
        samples: Samples,
        file_import: FileImport,
    ) -> None:
        super().__init__()
        self._model = model
        self._rows = rows
        self._sources = sources
        self._library = library
        self._preview = preview
        self._samples = samples
        self._file_import = file_import

    def choose(self, number: int, *, anew: bool = False) -> None:
        """Show the pictures of the row that is current now; ``anew``: also those that are on show."""
        row = self._model.find(number)
        shown = row.parent if row is not None and row.error else row
        self._preview.choose(shown, anew=anew)
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
        """Show the pictures anew if those on show are of one of these studies, whose files changed."""
        if self._preview.study_uid in studies:
            self.choose(self._rows.current_number, anew=True)

    def _current_study(self) -> Row | None:
        row = self._rows.current
        return row.above(Level.STUDY) if row is not None else None

    @property
    def offers(self) -> Offers | None:
        """What can be done with the selected rows; None if there are none."""
        rows = self._rows.rows
        if not rows:
            return None
        below, opened = entities(rows), are_opened(rows)
        return Offers(
            remote=any(self._rows.archives(row) for row in below or rows),
            held=any(row.local is not Local.NONE for row in below),
            opened=opened,
            addable=any(OPENED in row.sources and self._may_lack_opened(row) for row in below),
            nodes=[key for key in self._sources.keys if self._sources.node(key) is not None],
            destinations=self._sources.destinations,
            studies=any(row.level is Level.STUDY for row in below),
            accepted=accepted_of(below),
            single=len(rows) == 1,
        )

    def _may_lack_opened(self, row: Row) -> bool:
        """Whether the library is not known to hold what the user opened of a row: as many may be others."""
        if row.local is not Local.HERE or (row.count_by(OPENED) or 0) > row.held:
            return True
        study = row.above(Level.STUDY)
        return row.level is not Level.IMAGE and study is not None and study.uid not in self._file_import.whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """What the menu of the selected rows offers.

    Attributes:
        remote: An archive has some of them.
        held: Something of them is here.
        opened: They are only of files that the user opened.
        addable: Opened files among them are not known to be in the library.
        nodes: Names of the nodes they can be sent to.
        destinations: AE titles an archive could send them to, each with the names of the nodes that have it.
        studies: Some of them are studies.
        accepted: Whether the user accepted what is here as all there is; None: there is nothing to accept.
        single: One row is selected.
    """

    remote: bool
    held: bool
    opened: bool
    addable: bool
    nodes: Sequence[str]
    destinations: Sequence[tuple[str, str]]
    studies: bool
    accepted: bool | None
    single: bool
