"""Keep the rows of one search: by number, patients, studies by UID."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

from workstation.dicom.levels import Level
from workstation.dicom.matches import Match, PatientMatch, level_of, uid_of
from workstation.models.layout import Layout
from workstation.models.rows import Fill, Row
from workstation.models.sharded_dict import ShardedDict


class RowStore:
    """All rows, each found by its number.

    A row that is merged into another one leaves its number to it: whatever was selected or open, and answers
    still to come, find the other by it.

    Attributes:
        rows: By number.
        patients: By number; the line behind which answers stand apart is among them.
        study_count: How many studies there are, those apart left out.
        line: The line behind which answers stand apart; None: there is none.
        layout: How the list shows studies; set where another projection of the rows is shown.
    """

    def __init__(self) -> None:
        self._numbers = count(1)
        self.layout = Layout()
        self.clear()

    def clear(self) -> None:
        """Forget all rows; their numbers are not used again."""
        self.rows = ShardedDict[int, Row]()
        self.patients = ShardedDict[int, Row]()
        self._studies = ShardedDict[str, list[Row]]()
        self.study_count = 0
        self.line: Row | None = None
        self._by_uid: dict[int, dict[str, Row]] = {}  # by number of a row being filled, its children
        self._merged: dict[int, list[int]] = {}  # by number of a row, those of the rows merged into it

    @property
    def containers(self) -> list[dict[int, Row] | dict[str, list[Row]]]:
        """What the rows are kept in, to be freed after :meth:`clear`."""
        return [*self.patients.parts, *self._studies.parts, *self.rows.parts]

    @property
    def patient_count(self) -> int:
        """How many patients there are, those apart left out."""
        return len(self.patients) - (0 if self.line is None else 1 + len(self.line.children))

    def studies(self, uid: str) -> list[Row]:
        """The rows of a study; more than one where sources tell of two patients."""
        return list(self._studies.get(uid) or ())

    def study_of(self, uid: str, patient: Row, *, but: Row | None = None) -> Row | None:
        """The row of a study below a patient; ``but`` is not looked at."""
        rows = self._studies.get(uid) or ()
        return next((row for row in rows if row.parent is patient and row is not but), None)

    def take_number(self) -> int:
        """A number between those of the rows so far and those to come."""
        return next(self._numbers)

    # --- Adding -----------------------------------------------------------------------------------------

    def add_line(self) -> Row:
        """Add the line behind which answers stand apart."""
        line = Row(number=next(self._numbers), level=Level.PATIENT, uid="", fill=Fill.FULL, apart=True)
        self.line = self.rows[line.number] = self.patients[line.number] = line
        return line

    def add_patient(self, match: PatientMatch, fill: Fill, line: Row | None) -> Row:
        """Add a patient; with a ``line`` it stands apart, below it."""
        row = Row(
            number=next(self._numbers),
            level=Level.PATIENT,
            uid=match.patient_id,
            parent=line,
            matches={match.source: match},
            fill=fill,
            apart=line is not None,
            layout=self.layout,
        )
        if line is not None:
            line.children.append(row)
        self.rows[row.number] = self.patients[row.number] = row
        return row

    def add_child(self, match: Match, parent: Row) -> Row:
        """Add a study, series or image as the last child of ``parent``."""
        row = Row(
            number=next(self._numbers),
            level=level_of(match),
            uid=uid_of(match),
            parent=parent,
            matches={match.source: match},
            apart=parent.apart,
        )
        self.rows[row.number] = row
        parent.children.append(row)
        if row.level is Level.STUDY:
            self._count_study(row)
        return row

    def add_message(self, parent: Row, level: Level, error: str) -> None:
        """Add a message as the last child of ``parent``: why rows of this level are missing there."""
        row = Row(number=next(self._numbers), level=level, uid="", parent=parent, fill=Fill.FULL, error=error)
        self.rows[row.number] = row
        parent.children.append(row)

    def split_study(self, study: Row, home: Row, sources: Iterable[str]) -> Row:
        """Make a row of what these sources told of a study, for another patient; it is no child of it yet."""
        row = Row(
            number=next(self._numbers),
            level=Level.STUDY,
            uid=study.uid,
            parent=home,
            matches={source: study.matches.pop(source) for source in sources},
            apart=study.apart,
            differs=study.differs,
        )
        self.rows[row.number] = row
        self._count_study(row)
        return row

    def _count_study(self, study: Row) -> None:
        self._studies.setdefault(study.uid, []).append(study)
        self.study_count += not study.apart

    # --- Children by UID --------------------------------------------------------------------------------

    def children_by_uid(self, parent: Row) -> dict[str, Row]:
        """The children of a row that is being filled; who adds one adds it here, too."""
        known = self._by_uid.get(parent.number)
        if known is None:
            known = self._by_uid[parent.number] = {child.uid: child for child in parent.entities}
        return known

    def forget_children(self, parent: Row) -> None:
        """Make :meth:`children_by_uid` anew when it is asked for next."""
        self._by_uid.pop(parent.number, None)

    # --- Removing ---------------------------------------------------------------------------------------

    def remove(self, *rows: Row) -> None:
        """Remove studies, series, images or messages; who removes a row names all below it, too."""
        gone = {row.number for row in rows}
        for parent in {row.parent.number: row.parent for row in rows if row.parent is not None}.values():
            parent.children = [child for child in parent.children if child.number not in gone]
            self.forget_children(parent)
        for row in rows:
            del self.rows[row.number]
            if row.level is Level.STUDY and not row.error:
                self.forget_study(row)

    def forget_study(self, study: Row) -> None:
        """Find and count a study no more."""
        self._studies[study.uid].remove(study)
        self.study_count -= not study.apart

    def remove_patient(self, patient: Row) -> None:
        """Remove a patient from the list and from its line; its number stays until it is left or dropped."""
        del self.patients[patient.number]
        if patient.parent is not None:
            patient.parent.children.remove(patient)

    def drop_number(self, row: Row) -> None:
        """Find a row by its number no more."""
        del self.rows[row.number]

    def leave_number(self, gone: Row, kept: Row) -> None:
        """Find ``kept`` by the number of ``gone``, and by those that were left to it."""
        numbers = [gone.number, *self._merged.pop(gone.number, ())]
        self.rows.update(dict.fromkeys(numbers, kept))
        self._merged.setdefault(kept.number, []).extend(numbers)
