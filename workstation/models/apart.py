"""The line behind which answers stand that do not look like what was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal
from typing_extensions import override

from workstation.dicom.criteria import Criteria
from workstation.dicom.levels import Level
from workstation.dicom.matches import PatientMatch, StudyMatch
from workstation.dicom.misfits import DATES, Misfit
from workstation.errors import Sentence
from workstation.models import texts
from workstation.models.filling import FilledRows
from workstation.models.rows import Below, Fill, Row, uid_of
from workstation.models.wording import said

BETWEEN: Final = "  ·  "
"""Parts the sentence of the line from what Enter does there."""
_LONGEST: Final = 40
_AT_ONCE: Final = 60
"""Rows behind the line that are made before the event loop turns."""

Identity = tuple[str, str, PatientMatch]


class ApartRows(FilledRows):
    """Keeps answers that do not fit behind one line, which is always the last row.

    There are no rows of them until the line is opened. They are never one with rows that fit, and are not
    counted among them. A study whose modalities nobody told goes there once its series tell that it is of
    none of those asked for.

    Signals:
        filtered: A study turned out not to fit.
    """

    filtered = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._showing = QTimer(self)
        self._showing.setInterval(0)
        self._showing.timeout.connect(self._show_some)

    @override
    def _empty(self) -> None:
        super()._empty()
        self._kept = 0
        self._misfits: dict[Identity, Misfit] = {}
        self._hidden: list[Misfit] = []  # of which there are no rows yet
        self._unput: list[Row] = []  # patients behind the line that are to be in sight again

    @property
    def aside(self) -> str:
        """How many answers do not fit, in words; empty if all do."""
        return _counted(self._criteria, list(self._misfits.values())) if self._misfits else ""

    @property
    def line(self) -> Row | None:
        """The line; None while all answers fit."""
        return self._line

    @property
    def main_count(self) -> int:
        """How many rows in sight stand above the line."""
        place = self._shown.pages.place(self._line) if self._line is not None else None
        return len(self._shown.pages) if place is None else place

    def set_aside(self, generation: int, misfits: Sequence[Misfit]) -> None:
        """Put answers to the search of ``generation`` behind the line; late ones of another are dropped."""
        if generation != self.generation or not misfits:
            return
        for misfit in misfits:
            identity = _identity(misfit)
            if identity not in self._misfits:
                self._hidden.append(misfit)
            self._misfits[identity] = misfit
        line = self._line
        if line is None:
            line = Row(next(self._numbers), Level.PATIENT, "", None, fill=Fill.FULL, apart=True)
            self._line = self._rows[line.number] = self._tops[line.number] = line
            self._word(line)
            with self._moving([line]):
                pass
        else:
            self._show_some()
        self._word(line)
        self._tell(line)

    def keep(self, number: int) -> None:
        """Leave this row where it is though it may turn out not to fit: somebody looks at it."""
        self._kept = number

    @override
    def counted(self, generation: int, number: int, below: Below, source: str = "") -> None:
        super().counted(generation, number, below, source)
        row = self._rows.get(number)
        if generation == self.generation and row is not None and below.whole:
            self._look_at_modalities(row)

    @override
    def filled(self, generation: int, number: int, *, complete: bool, trouble: str = "") -> None:
        super().filled(generation, number, complete=complete, trouble=trouble)
        row = self._rows.get(number)
        if generation != self.generation or row is None or not complete or trouble:
            return
        if row.children and all(series.modalities for series in row.entities):
            self._look_at_modalities(row)

    def _look_at_modalities(self, study: Row) -> None:
        """Set a study aside whose modalities are known now, and none of those asked for."""
        wanted, known = self._criteria.modalities, study.modalities
        searched = study.level is Level.STUDY and study.parent is not None and not study.parent.itself
        if not searched or study.apart or not wanted or not known or set(wanted) & set(known):
            return
        if study.number == self._kept or any(study.number in one.opened for one in self._arrangements):
            study.differs = {**study.differs, "modalities": _difference(self._criteria, "modalities")}
            self._tell(study)
            return
        misfits = [
            Misfit(
                replace(match, modalities=known, series=study.series, instances=study.instances),
                ("modalities",),
            )
            for match in study.matches.values()
            if isinstance(match, StudyMatch)
        ]
        assert study.parent is not None
        with self._moving([study.parent]) as touched:
            patient = study.parent
            self._drop(study)
            if not patient.children:
                self._vanish(patient, None, touched)
        self.set_aside(self.generation, misfits)
        self.filtered.emit()

    def _show_apart(self, *, shown: bool) -> None:
        """Show what stands behind the line, or no more."""
        line = self._line
        if line is None or shown is self._is_shown(line):
            return
        for arrangement in self._arrangements:
            if shown:
                arrangement.open(line)
            else:
                arrangement.close(line)
        self._word(line)
        self._unput = list(line.children) if shown else []
        with self._moving([line, *([] if shown else line.children)]):
            pass
        self._show_some()

    def _show_some(self) -> None:
        """Show a part of what stands behind the line, if it is open; the rest when the event loop turns."""
        line = self._line
        if line is None or not self._is_shown(line):
            self._showing.stop()
            return
        again, self._unput = self._unput[:_AT_ONCE], self._unput[_AT_ONCE:]
        with self._moving(again):
            pass
        some, self._hidden = self._hidden[:_AT_ONCE], self._hidden[_AT_ONCE:]
        self._make(line, some)
        if self._unput or self._hidden:
            self._showing.start()
        else:
            self._showing.stop()

    def _is_shown(self, line: Row) -> bool:
        return self._wanted.is_open(line)

    def _make(self, line: Row, hidden: Sequence[Misfit]) -> None:
        """Rows for what has none yet."""
        studies = [(one, one.match) for one in hidden if isinstance(one.match, StudyMatch)]
        patients = [(one, one.match) for one in hidden if isinstance(one.match, PatientMatch)]
        rows = self._add_studies(self.generation, [match for _, match in studies], line)
        rows += self._add_patients(self.generation, [match for _, match in patients], line)
        for (misfit, _), row in zip([*studies, *patients], rows, strict=True):
            told = {field: _difference(self._criteria, field) for field in misfit.differs}
            row.differs = {**row.differs, **told}
            if row.parent is not None and row.level is Level.STUDY:
                of_patient = {field: words for field, words in told.items() if field in _OF_PATIENT}
                row.parent.differs = {**row.parent.differs, **of_patient}
            self._tell(row)

    def _word(self, line: Row) -> None:
        what = said("Hide") if self._is_shown(line) else said("Show")
        line.trouble = f"{self.aside}{BETWEEN}{what}"


_OF_PATIENT = ("name", "patient_id")


def _identity(misfit: Misfit) -> Identity:
    match = misfit.match
    return match.source, uid_of(match), match.patient if isinstance(match, StudyMatch) else match


def _counted(criteria: Criteria, misfits: Iterable[Misfit]) -> str:
    """The sentence of the line."""
    found = list(misfits)
    typed = {
        getattr(criteria, field) for misfit in found for field in misfit.differs or ("",) if field in _TYPED
    }
    alone = all(field in _TYPED for misfit in found for field in misfit.differs)
    if alone and len(typed) == 1:
        text = _short(typed.pop())
        if len(found) == 1:
            return said("1 answer does not look like “{typed}”", typed=text)
        return said("{n} answers do not look like “{typed}”", n=len(found), typed=text)
    if len(found) == 1:
        return said("1 answer does not look like what was asked for")
    return said("{n} answers do not look like what was asked for", n=len(found))


_TYPED = ("name", "patient_id", "accession", "description")


def _short(typed: object) -> str:
    text = texts.plain(str(typed))
    return texts.isolated(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")


def _difference(criteria: Criteria, field: str) -> Sentence:
    """How an answer differs in a criterion."""
    if field == DATES:
        return Sentence("The study date is not one of those asked for.")
    if field == "modalities":
        wanted = ", ".join(criteria.modalities)
        return Sentence("The modality is none of those asked for ({wanted}).", wanted=texts.plain(wanted))
    words = {
        "name": "The name does not look like “{typed}”.",
        "patient_id": "The patient ID does not look like “{typed}”.",
        "accession": "The accession number does not look like “{typed}”.",
        "description": "The description does not look like “{typed}”.",
    }
    return Sentence(words[field], typed=_short(getattr(criteria, field)))
