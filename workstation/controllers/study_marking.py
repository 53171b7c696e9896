"""Reads and writes labels, notes and pins of studies, and which are unread, and changes the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from PySide6.QtCore import QObject, Qt, Signal, Slot

from workstation.controllers.deferred_writes import DeferredWrites
from workstation.controllers.notices import Notices
from workstation.controllers.selected_rows import SelectedRows, title_of_all
from workstation.dicom import display
from workstation.dicom.criteria import Criteria
from workstation.dicom.levels import Level
from workstation.dicom.other_keys import OtherKey
from workstation.dicom.study_mark import MarkChange, StudyMark
from workstation.dicom.uids import may_be_asked_for
from workstation.errors import WorkstationError
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes, Report
from workstation.jobs.mailbox import Mailbox
from workstation.jobs.run import Ended, Ending
from workstation.models.mark_texts import (
    is_unread,
    mark_of,
    mark_of_another,
    may_be_marked,
    of_another_words,
)
from workstation.models.rows import Row
from workstation.models.tree_model import TreeModel
from workstation.settings.folders import Folders
from workstation.store.store_results import Stored
from workstation.store.study_marks import MarkedStudies, StudyMarks

MOST_ASKED_FOR: Final = 100
"""Studies that archives are asked for in one query."""
_FEW: Final = 200
"""Rows that are told of one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkOffers:
    """What can be done with the marks of the selected rows.

    Attributes:
        possible: There is a study among them that marks can be kept for.
        pinned: All of them are pinned.
        unread: Some of them are unread.
    """

    possible: bool
    pinned: bool
    unread: bool


class StudyMarking(QObject):
    """Marks studies. What is changed is shown at once, and written in the background.

    Signals:
        question_asked: A question, the verb of its button, and what to call when the user agrees.
        labels_wanted: What is to be labelled, in words, a
            :class:`~workstation.models.row_marks.LabelChoice`, and what to call with the labels to add and
            those to remove.
        search_wanted: The :class:`~workstation.dicom.criteria.Criteria` of marked studies, and whether
            archives can be asked, too.
        note_wanted: What the note is of, in words, the note, whether it is added to several studies, and
            what to call with the text.
    """

    question_asked = Signal(str, str, object)
    labels_wanted = Signal(str, object, object)
    note_wanted = Signal(str, str, bool, object)
    search_wanted = Signal(object, bool)
    _rung = Signal()

    def __init__(
        self,
        *,
        folders: Folders,
        lanes: Lanes,
        writes: DeferredWrites,
        tree: TreeModel,
        rows: SelectedRows,
        notices: Notices,
    ) -> None:
        super().__init__()
        self._lanes = lanes
        self._tree = tree.results
        self._marks = tree.results.store.layout.marks
        self._rows = rows
        self._notices = notices
        self._new = new = Mailbox[frozenset[str]](self._rung.emit)
        self.store = StudyMarks(
            folders.marks,
            schedule=partial(writes.put, "marks"),
            set_aside=notices.queue_error,
            new=new.put,
        )
        self._changes = 0  # so many were made in this window
        self._is_read = False  # whether the file could be read
        self._refused = False  # whether it could not
        self._received: set[str] = set()  # studies of this run that were not shown yet
        self._seen: set[str] = set()  # studies of this run that were
        self._viewed = ""  # the study whose images are on show since its row was chosen
        self._rung.connect(self._take_new, Qt.ConnectionType.QueuedConnection)

    # --- Reading ------------------------------------------------------------------------------------------

    def read(self) -> None:
        """Read the file; what is wrong with it is shown."""
        self._submit(self.store.every, Report.ALL)

    def look_again(self) -> None:
        """Read the file again if another program wrote it."""
        if self._is_read:
            self._submit(self.store.newer, Report.ALL)
        elif self._refused:
            self._submit(self.store.every, Report.BUGS)

    def _submit(self, look: Callable[[], MarkedStudies | None], report: Report) -> None:
        job = self._lanes.submit(Lane.SMALL_FILES, "read the marks", lambda run: look(), report=report)
        job.ended.connect(partial(self._take, self._changes))

    def _take(self, changes: int, ended: Ended) -> None:
        self._refused = ended.ending is not Ending.DONE
        found = ended.result
        if not isinstance(found, MarkedStudies):
            return
        if changes != self._changes:  # what was changed since may not be in it
            self._submit(self.store.every, Report.ALL)
            return
        self._is_read = True
        self._show(self._marks.replace(found.marks, found.unread))

    def _show(self, studies: Iterable[str]) -> None:
        """Have the rows of these studies painted, sorted and filtered as they are marked now."""
        rows = [row for study in studies for row in self._tree.studies(study)]
        if len(rows) <= _FEW:
            for row in rows:
                self._tree.changes.changed(row)
            return
        for row in rows:
            self._tree.changes.order_changed(row)
        with self._tree.changes.moving(every=True):
            pass

    # --- What the user marks ------------------------------------------------------------------------------

    @property
    def offers(self) -> MarkOffers:
        """What can be done with the marks of the selected rows."""
        studies = self._studies
        return MarkOffers(
            possible=bool(studies),
            pinned=bool(studies) and all(mark_of(row).pinned for row in studies),
            unread=any(map(is_unread, studies)),
        )

    @property
    def _studies(self) -> list[Row]:
        """The selected studies that can be marked, and those of selected patients, series and images."""
        found: dict[int, Row] = {}
        for row in self._rows.rows:
            above = row.above(Level.STUDY)
            for study in row.entities if above is None else [above]:
                if may_be_marked(study):
                    found[study.number] = study
        return list(found.values())

    def edit_labels(self) -> None:
        """Ask which labels the selected studies are to have."""
        self._with_own(self._ask_labels)

    def _ask_labels(self, studies: list[Row]) -> None:
        choice = self._marks.label_choice([mark_of(study) for study in studies])
        ids = _ids(studies)

        def label(add: tuple[str, ...], remove: tuple[str, ...]) -> None:
            self._change(ids, MarkChange(add=add, remove=remove))

        self.labels_wanted.emit(self._title(studies), choice, label)

    def edit_note(self) -> None:
        """Ask for the note of the selected study; for several, for what is added to the note of each."""
        self._with_own(self._ask_note)

    def _ask_note(self, studies: list[Row]) -> None:
        ids, several = _ids(studies), len(studies) > 1
        before = "" if several else mark_of(studies[0]).note

        def write(note: str) -> None:
            change = MarkChange(further=note) if several else MarkChange(note=note, replaced=before)
            self._change(ids, change)

        self.note_wanted.emit(self._title(studies), before, several, write)

    def toggle_pin(self) -> None:
        """Pin the selected studies; where all are, unpin them."""

        def pin(studies: list[Row]) -> None:
            pinned = not all(mark_of(row).pinned for row in studies)
            self._change(_ids(studies), MarkChange(pinned=pinned))

        self._with_own(pin)

    def toggle_read(self) -> None:
        """Mark the selected studies as read; where all are, as unread."""
        studies = self._studies
        if not self._may_change(studies):
            return
        unread = not any(map(is_unread, studies))
        self._set_unread([row.uid for row in studies], unread=unread)

    def _with_own(self, then: Callable[[list[Row]], None]) -> None:
        """Call ``then`` with the selected studies whose marks are of their patient; ask about the others."""
        studies = self._studies
        if not self._may_change(studies):
            return
        own: list[Row] = []
        ids: dict[str, str] = {}  # of two patients with one study UID the first is meant
        for row in studies:
            if mark_of_another(row) is None and ids.setdefault(row.uid, row.patient_id) == row.patient_id:
                own.append(row)
        other = mark_of_another(studies[0])
        if not own and len(studies) == 1 and other is not None:
            self._offer_to_take_over(studies[0], other)
            return
        if len(own) < len(studies):
            one = self.tr("1 study was left out: what was noted of its UID is for another patient ID.")
            many = self.tr(
                "{n} studies were left out: what was noted of their UIDs is for another patient ID."
            )
            self._notices.show_note(display.counted(len(studies) - len(own), one, many))
        if own:
            then(own)

    def _offer_to_take_over(self, row: Row, other: StudyMark) -> None:
        own = display.isolated(display.plain(row.patient_id)) or self.tr("none")
        question = self.tr(
            "{what} This row has the patient ID {id}. Do they belong to this patient all the same?"
        ).format(what=of_another_words(other), id=own)
        ids = _ids([row])
        self.question_asked.emit(
            question, self.tr("They belong here"), lambda: self._change(ids, MarkChange(taken_over=True))
        )

    def _may_change(self, studies: list[Row]) -> bool:
        """Whether there is something to mark and a file to keep it; says why not."""
        if studies and self._refused:
            self.read()  # which shows why it cannot be; if it can now, the next try succeeds
        elif not studies and self._rows.rows:
            self._notices.show_note(self.tr("This cannot be marked: it has no Study Instance UID."))
        return bool(studies) and not self._refused

    def _title(self, studies: list[Row]) -> str:
        if len(studies) == 1:
            return title_of_all(studies)
        return self.tr("{n} studies").format(n=len(studies))

    def _change(self, studies: Mapping[str, str], change: MarkChange) -> None:
        try:
            self._marks.change(studies, change)
        except WorkstationError as error:
            self._notices.show_error(error)
            return
        self._changes += 1
        self.store.change(studies, change)
        self._show(studies)

    # --- Finding marked studies ---------------------------------------------------------------------------

    @property
    def choices(self) -> list[tuple[str, int, object]]:
        """What marked studies can be found by: in words, how many there are, and what :meth:`find` takes."""
        marks = self._marks
        found: list[tuple[str, int, object]] = [
            (self.tr("Pinned"), len(marks.pinned), lambda: marks.pinned),
            (self.tr("Unread"), len(marks.unread), lambda: sorted(marks.unread)),
        ]
        for label, count in marks.label_counts:
            words = display.isolated(display.plain(label))
            found.append((words, count, partial(marks.with_label, label)))
        return [choice for choice in found if choice[1]]

    def find(self, wanted: Callable[[], list[str]]) -> None:
        """Search for the studies that ``wanted`` tells of: by their UIDs, of archives not too many."""
        studies = [study for study in wanted() if may_be_asked_for(study)]
        if not studies:
            return
        few = len(studies) <= MOST_ASKED_FOR
        self.search_wanted.emit(Criteria(others=(OtherKey("StudyInstanceUID", "\\".join(studies)),)), few)
        if not few:
            note = self.tr("{n} studies are too many to ask archives for: only the library is searched.")
            self._notices.show_note(note.format(n=len(studies)))

    # --- Unread -------------------------------------------------------------------------------------------

    def arrived(self, batch: Iterable[Stored]) -> None:
        """Make studies unread that came from another system for the first time; not of files added here."""
        if self._refused:
            return
        studies = {stored.study_uid for stored in batch if stored.peer is not None and stored.peer.address}
        studies -= self._received | self._seen
        if studies:
            self._received |= studies
            if self._viewed in studies:
                self._viewed = ""
            self.store.receive(studies)

    @Slot()
    def _take_new(self) -> None:
        studies = set[str]().union(*self._new.take()) - self._seen
        self._changes += bool(studies)
        self._marks.set_unread(studies, unread=True)
        self._show(studies)

    def chosen(self, number: int) -> None:
        """Note that another row is current: its images make its study read."""
        row = self._tree.find(number)
        study = row.above(Level.STUDY) if row is not None else None
        if study is None or study.uid != self._viewed:
            self._viewed = ""

    def shown(self, study: str) -> None:
        """Make a study read whose images are on show now, unless it was marked as unread since."""
        if not study or study == self._viewed:
            return
        self._viewed = study
        if study in self._received or study in self._marks.unread:
            self._set_unread([study], unread=False)

    def _set_unread(self, studies: list[str], *, unread: bool) -> None:
        self._received.difference_update(studies)
        (self._seen.difference_update if unread else self._seen.update)(studies)
        self._marks.set_unread(studies, unread=unread)
        self._changes += 1
        self.store.set_unread(studies, unread=unread)
        self._show(studies)


def _ids(studies: Iterable[Row]) -> dict[str, str]:
    """The Patient ID of each study, by Study Instance UID."""
    return {row.uid: row.patient_id for row in studies}
