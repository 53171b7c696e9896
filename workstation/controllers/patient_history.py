"""Looks for the other studies of a patient in all sources, beside the search and without touching it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, Signal

from workstation.controllers.notices import Notices
from workstation.controllers.passcodes import Unlock
from workstation.controllers.sources import Sources
from workstation.dicom.history_question import History, HistoryQuestion, Shared
from workstation.dicom.levels import Level
from workstation.dicom.matches import LIBRARY, PatientMatch, StudyMatch
from workstation.errors import OnlyWorklists
from workstation.jobs.job import Job
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes, Report
from workstation.jobs.run import Ended, Ending, Run
from workstation.models import history_texts
from workstation.models.history_model import HistoryModel
from workstation.models.result_tree import ResultTree
from workstation.models.rows import Row
from workstation.models.source_state import Phase, SourceState
from workstation.operations.patient_history import find_history
from workstation.operations.sources import Source


class PatientHistory(QObject):
    """Asks at most one question; another one ends it, and late answers to it are ignored.

    Signals:
        opened: A question was asked: its title, and whether its studies may be of several patients.
        titled: The title is written anew.
        status: How far the sources have answered, which did not or not all, and whether to offer to ask
            them again.

    Attributes:
        model: The studies found.
    """

    opened = Signal(str, bool)
    titled = Signal(str)
    status = Signal(str, str, bool)

    def __init__(
        self, lanes: Lanes, sources: Sources, model: HistoryModel, notices: Notices, *, unlock: Unlock
    ) -> None:
        """``unlock`` gets the passcodes of nodes before they are asked."""
        super().__init__()
        self.model = model
        self._lanes = lanes
        self._sources = sources
        self._notices = notices
        self._unlock = unlock
        self._generation = 0
        self._jobs: dict[str, Job] = {}
        self._states: dict[str, SourceState] = {}
        self._left_out: dict[str, int] = {}
        model.rearranged.connect(self._emit_status)

    def ask(self, row: Row, tree: ResultTree, shared: Shared, ticked: Sequence[str]) -> bool:
        """Look for the studies that have something in common with that of a row; False: it cannot be.

        Args:
            row: A study or what stands below one. Of a patient there is no current study, so that only
                its studies can be looked for.
            tree: The rows it is one of.
            shared: What they have in common.
            ticked: The sources that are asked, and the library beside them.
        """
        question = question_of(row, shared, tree)
        if not question.answerable:
            self._notices.show_note(self._why_not(shared))
            return False
        self.stop()
        keys = list(dict.fromkeys((*ticked, LIBRARY)))
        self._states, self._left_out = {}, {}
        self._generation = self.model.begin(question, keys)
        several = shared is not Shared.PATIENT
        self.opened.emit(self._title(question), several)
        self._ask_sources(keys)
        return True

    def show_texts(self, source: str, charset: str) -> None:
        """Read the texts a source sent by ``charset`` (empty: as they were received), now and later."""
        self.model.tree.results.show_names(source, charset)
        self._write_title()

    def write_names(self) -> None:
        """Write all names anew: the user chose another style (:mod:`workstation.models.shown_names`)."""
        self.model.tree.results.write_names()
        self._write_title()

    def _write_title(self) -> None:
        if self.model.question is not None:
            self.titled.emit(self._title(self.model.question))

    def _title(self, question: HistoryQuestion) -> str:
        """What the studies have in common, its texts as the rows show them."""
        shown = self.model.tree.results.as_shown
        patients, current = map(shown, question.patients), map(shown, question.current)
        return history_texts.title(replace(question, patients=tuple(patients), current=tuple(current)))

    def retry(self) -> None:
        """Ask those sources again that did not answer."""
        failed = [key for key, one in self._states.items() if _may_help(one)]
        self._ask_sources(failed)

    def stop(self) -> None:
        """Ask nothing more; what has come stays."""
        jobs, self._jobs = self._jobs, {}
        for key, job in jobs.items():
            job.cancel()
            self._states[key] = SourceState(Phase.STOPPED)

    @property
    def asking(self) -> bool:
        """Whether some source has not answered yet."""
        return bool(self._jobs)

    def _ask_sources(self, keys: Sequence[str]) -> None:
        for key in keys:
            self._states[key] = SourceState(Phase.SEARCHING)
        self._emit_status()
        self._unlock(list(keys), partial(self._unlocked, self._generation, list(keys)))

    def _unlocked(self, generation: int, wanted: Sequence[str], keys: list[str]) -> None:
        question = self.model.question
        if generation != self._generation or question is None:
            return  # another question came while a passcode was asked for
        for key in wanted:
            source = self._sources.get(key)
            if key not in keys:
                self._states[key] = SourceState(Phase.FAILED, message=self.tr("no passcode was given."))
            elif source is None:
                gone = self.tr("it is no longer configured.")
                self._states[key] = SourceState(Phase.FAILED, message=gone)
            else:
                self._ask(key, source, question)
        self._emit_status()

    def _ask(self, key: str, source: Source, question: HistoryQuestion) -> None:
        def work(run: Run) -> History | OnlyWorklists:
            try:
                return find_history(source, question, run.stop)
            except OnlyWorklists as refused:
                return refused

        job = self._lanes.submit(
            Lane.HISTORY,
            f"ask {key} for a history",
            work,
            key=self._sources.lane_key(key),
            report=Report.NONE,
        )
        self._jobs[key] = job
        job.ended.connect(partial(self._ended, key, job))

    def _ended(self, key: str, job: Job, ended: Ended) -> None:
        if self._jobs.get(key) is not job:
            return
        del self._jobs[key]
        if isinstance(ended.result, History):
            self._left_out[key] = ended.result.left_out
            self._states[key] = self._answered(key, ended.result)
            self.model.add(self._generation, ended.result.studies)
        elif isinstance(ended.result, OnlyWorklists):
            self._states[key] = SourceState(Phase.LEFT_OUT)
        elif ended.ending is Ending.CANCELLED:
            self._states[key] = SourceState(Phase.STOPPED)
        else:
            self._states[key] = SourceState(Phase.FAILED, message=self._notices.why(ended))
        self._emit_status()

    def _answered(self, key: str, history: History) -> SourceState:
        found = len(history.studies)
        if not history.incomplete and history.limited is None:
            return SourceState(Phase.DONE, found)
        text = self.tr("Perhaps not all: {source} answered exactly {n}.")
        if history.incomplete:
            text = self.tr("Not all: {source} has more than it answered.")
        words = text.format(source=history_texts.name(key), n=history.limited)
        return SourceState(Phase.INCOMPLETE, found, message=words)

    def _emit_status(self) -> None:
        question = self.model.question
        if question is None:
            return
        left_out = sum(self._left_out.values())
        text = history_texts.status(question, self._states, self.model.counts, left_out)
        retry = any(map(_may_help, self._states.values()))
        self.status.emit(text, history_texts.failures(self._states), retry)

    def _why_not(self, shared: Shared) -> str:
        if shared is Shared.ACCESSION:
            return self.tr("No accession number is told of this study.")
        if shared is Shared.PHYSICIAN:
            return self.tr("No referring physician is told of this study.")
        return self.tr(
            "Neither a patient ID nor full name and birth date are told: other studies cannot be looked for."
        )


def question_of(row: Row, shared: Shared, tree: ResultTree) -> HistoryQuestion:
    """What is looked for beside the study of a row of a tree; of a patient's row by all its studies tell."""
    study = row.above(Level.STUDY)
    told = _answers(row.entities if study is None else [study], tree)
    patients = dict.fromkeys(one.patient for one in told)
    if not patients:  # no study of it is known yet
        patients = dict.fromkeys(one for one in row.matches.values() if isinstance(one, PatientMatch))
    current = () if study is None else told
    return HistoryQuestion(shared=shared, patients=tuple(patients), current=current)


def _answers(studies: Sequence[Row], tree: ResultTree) -> tuple[StudyMatch, ...]:
    """What sources told of studies, names as they were received."""
    matches = (match for study in studies for match in study.matches.values())
    return tuple(tree.as_received(match) for match in matches if isinstance(match, StudyMatch))


def _may_help(state: SourceState) -> bool:
    return state.phase in (Phase.FAILED, Phase.STOPPED)
