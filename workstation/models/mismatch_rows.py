"""Keep answers that do not look like what was asked for behind one line below all other rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from typing_extensions import override

from workstation.dicom.levels import Level
from workstation.dicom.matches import PatientMatch, StudyMatch, uid_of
from workstation.dicom.mismatch import Mismatch
from workstation.models.mismatch_messages import counted, difference
from workstation.models.result_tree import ResultTree
from workstation.models.rows import Row
from workstation.models.translation import translate
from workstation.models.tree_observer import TreeObserver
from workstation.models.visible_rows import VisibleRows

BETWEEN: Final = "  ·  "
"""Separates the message of the line from what Enter does there."""
_AT_ONCE: Final = 60
"""Rows behind the line that are made before the event loop turns."""
_OF_PATIENT: Final = ("name", "patient_id")

Identity = tuple[str, str, PatientMatch]


class MismatchRows(TreeObserver):
    """Answers that do not fit, behind one line, which is always the last row.

    There are no rows of them until the line is opened. They are never merged with rows that fit, and not
    counted among them. A study of unknown modalities goes there once its series tell that it is of
    none of those asked for.
    """

    def __init__(self, tree: ResultTree, visible: VisibleRows) -> None:
        self._tree, self._visible = tree, visible
        self._clear()
        tree.changes.add(self)

    def _clear(self) -> None:
        self._kept = 0
        self._mismatches: dict[Identity, Mismatch] = {}
        self._hidden: list[Mismatch] = []  # of which there are no rows yet
        self._unput: list[Row] = []  # patients behind the line that are to be in sight again

    @property
    def summary(self) -> str:
        """How many answers do not fit, in words; empty if all do."""
        return counted(self._tree.criteria, list(self._mismatches.values())) if self._mismatches else ""

    @property
    def line(self) -> Row | None:
        """The line; None while all answers fit."""
        return self._tree.store.line

    @property
    def main_count(self) -> int:
        """How many rows in sight stand above the line."""
        position = self._visible.position(self.line) if self.line is not None else None
        return len(self._visible) if position is None else position

    def add(self, generation: int, mismatches: Sequence[Mismatch]) -> None:
        """Put answers to the search of ``generation`` behind the line; late ones of another are dropped."""
        if generation != self._tree.generation or not mismatches:
            return
        for mismatch in mismatches:
            identity = _identity(mismatch)
            if identity not in self._mismatches:
                self._hidden.append(mismatch)
            self._mismatches[identity] = mismatch
        line = self.line
        if line is None:
            line = self._tree.store.add_line()
            self._word(line)
            with self._tree.changes.moving([line]):
                pass
        else:
            self.work()
        self._word(line)
        self._tree.changes.changed(line)

    def keep(self, number: int) -> None:
        """Leave this row where it is though it may turn out not to fit: the user looks at it."""
        self._kept = number

    # --- Opening the line -------------------------------------------------------------------------------

    def show(self, *, shown: bool) -> None:
        """Show what stands behind the line, or no more."""
        line = self.line
        if line is None or shown is self._visible.will_be_open(line):
            return
        if shown:
            self._visible.open([line])
        else:
            self._visible.close(line)
        self._word(line)
        self._unput = list(line.children) if shown else []
        with self._tree.changes.moving([line, *([] if shown else line.children)]):
            pass
        self.work()

    @property
    def working(self) -> bool:
        """Whether :meth:`work` has anything to do."""
        line = self.line
        if line is None or not (self._unput or self._hidden):
            return False
        return self._visible.will_be_open(line)

    def work(self) -> None:
        """Show a part of what stands behind the line, if it is open; the rest is work left for later."""
        line = self.line
        if line is None or not self._visible.will_be_open(line):
            return
        again, self._unput = self._unput[:_AT_ONCE], self._unput[_AT_ONCE:]
        with self._tree.changes.moving(again):
            pass
        some, self._hidden = self._hidden[:_AT_ONCE], self._hidden[_AT_ONCE:]
        self._add_rows(line, some)
        if self._unput or self._hidden:
            self._tree.changes.work_left()

    def _add_rows(self, line: Row, hidden: Sequence[Mismatch]) -> None:
        """Make rows for what has none yet."""
        studies = [(one, one.match) for one in hidden if isinstance(one.match, StudyMatch)]
        patients = [(one, one.match) for one in hidden if isinstance(one.match, PatientMatch)]
        generation = self._tree.generation
        rows = self._tree.add_studies(generation, [match for _, match in studies], line)
        rows += self._tree.add_patients(generation, [match for _, match in patients], line)
        for (mismatch, _), row in zip([*studies, *patients], rows, strict=True):
            words = {field: difference(self._tree.criteria, field) for field in mismatch.differs}
            row.differs = {**row.differs, **words}
            if row.parent is not None and row.level is Level.STUDY:
                of_patient = {field: text for field, text in words.items() if field in _OF_PATIENT}
                row.parent.differs = {**row.parent.differs, **of_patient}
            self._tree.changes.changed(row)

    def _word(self, line: Row) -> None:
        what = translate("Hide") if self._visible.will_be_open(line) else translate("Show")
        line.error = f"{self.summary}{BETWEEN}{what}"

    # --- What happens to the tree -----------------------------------------------------------------------

    @override
    def after_reset(self) -> None:
        self._clear()

    @override
    def modalities_known(self, study: Row) -> None:
        """Set a study aside whose modalities are known now, and none of those asked for."""
        wanted, known = self._tree.criteria.modalities, study.modalities
        searched = study.level is Level.STUDY and study.parent is not None and not study.parent.searched
        if not searched or study.apart or not wanted or not known or set(wanted) & set(known):
            return
        if study.number == self._kept or self._visible.was_opened(study):
            words = difference(self._tree.criteria, "modalities")
            study.differs = {**study.differs, "modalities": words}
            self._tree.changes.changed(study)
            return
        mismatches = [
            Mismatch(
                replace(match, modalities=known, series=study.series, instances=study.instances),
                ("modalities",),
            )
            for match in study.matches.values()
            if isinstance(match, StudyMatch)
        ]
        patient = study.parent
        assert patient is not None
        with self._tree.changes.moving([patient]) as touched:
            self._tree.store.remove(study)
            if not patient.children:
                self._tree.merging.remove_patient(patient, None, touched)
        self.add(self._tree.generation, mismatches)
        self._tree.changes.study_set_aside()


def _identity(mismatch: Mismatch) -> Identity:
    match = mismatch.match
    return match.source, uid_of(match), match.patient if isinstance(match, StudyMatch) else match
