"""Opens the window of worklists, and connects it to the controllers and to the search for studies."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QKeySequence, QShortcut

from workstation.app.parts import Workstation
from workstation.app.row_wiring import choose_list_file
from workstation.dicom.criteria import Criteria
from workstation.dicom.matches import StudyMatch
from workstation.dicom.same_patient import contradict
from workstation.dicom.text_pattern import exactly
from workstation.dicom.value_readers import name_groups
from workstation.dicom.worklist import WorklistStep
from workstation.models import worklist_texts

if TYPE_CHECKING:
    from workstation.widgets.worklist_window import WorklistWindow

_KEPT = "worklist"
_OTHERS_FOUND = "others found"


def wire_worklist(workstation: Workstation) -> None:
    """Connect the menu."""
    workstation.window.menu.worklist_requested.connect(lambda: open_worklist(workstation))


def open_worklist(workstation: Workstation) -> None:
    """Open the window, or show it again as it was left."""
    dialogs = workstation.dialogs
    if dialogs.worklist_window is None:
        from workstation.widgets.worklist_window import WorklistWindow  # late: not needed at the start

        dialogs.worklist_window = WorklistWindow(workstation.window)
        _wire_window(workstation, dialogs.worklist_window)
    workstation.worklist.look_for_nodes()
    dialogs.worklist_window.open()


def _wire_window(workstation: Workstation, window: WorklistWindow) -> None:
    main, search, form = workstation.window, workstation.worklist, window.form
    settings = workstation.settings

    def remember_station(only: bool, title: str) -> None:
        before = settings.preferences
        now = replace(before, only_station=only, station=title or before.station)
        if now != before and (only or before.only_station):
            workstation.configuration.apply_preferences(now)

    def keep(values: object) -> None:
        main.other_windows[_KEPT] = values

    def export() -> None:
        chosen = choose_list_file(window, "worklist.csv")
        if chosen is not None:
            search.export(*chosen, list(window.model.shown))

    preferences = settings.preferences
    form.set_station(preferences.only_station, preferences.station or preferences.ae_title)
    if isinstance(kept := main.other_windows.get(_KEPT), dict):
        window.restore(kept)
    form.search_requested.connect(search.search)
    form.stop_requested.connect(search.stop)
    form.station_chosen.connect(remember_station)
    search.nodes_found.connect(window.set_nodes)
    search.began.connect(window.begin)
    search.found.connect(window.add_steps)
    search.changed.connect(window.set_state)
    workstation.nodes.renamed.connect(form.rename_node)
    workstation.nodes.changed.connect(search.look_for_nodes)
    workstation.echo.answered.connect(lambda *_: search.look_for_nodes())
    QShortcut(QKeySequence("F1"), window, main.menu.keys_requested.emit)
    window.load_all_requested.connect(search.load_all)
    window.details_requested.connect(workstation.dialogs.open_failure)
    window.patient_wanted.connect(lambda step: _find_patient(workstation, step))
    window.accession_wanted.connect(lambda step: _find_accession(workstation, step))
    window.export_requested.connect(export)
    window.layout_changed.connect(keep)
    workstation.notices.posted.connect(lambda text, detail, calm: window.say(text))


def _find_patient(workstation: Workstation, step: WorklistStep) -> None:
    """Search for the studies of a step's patient: by the ID, as it stands; without one by the name.

    What is found is not of that patient alone, if another archive gave the ID to somebody else.
    """
    main, who = workstation.window, worklist_texts.who(step)
    if step.patient_id:
        criteria = Criteria(patient_id=exactly(step.patient_id))
        words = main.tr("Worklist: {who}").format(who=who)
        if (before := main.findChild(QObject, _OTHERS_FOUND)) is not None:
            before.deleteLater()
        _OthersFound(workstation, step, words)
        _find(workstation, criteria, words)
    else:
        groups = (group for group in name_groups(step.patient_name) if group.strip(" ^"))
        name = next(groups, step.patient_name)
        words = main.tr("Worklist: {who}. It tells no patient ID: these are all of that name.")
        _find(workstation, Criteria(name=f'"{name}"'), words.format(who=who))


def _find_accession(workstation: Workstation, step: WorklistStep) -> None:
    """Search for the studies of a step's accession number, as it stands."""
    words = workstation.window.tr("Worklist: {who}").format(who=worklist_texts.who(step))
    _find(workstation, Criteria(accession=exactly(step.accession)), words)


def _find(workstation: Workstation, criteria: Criteria, words: str) -> None:
    """Search the ticked sources for studies of any date; ``words`` say whose they are."""
    main, own = workstation.window, workstation.dialogs.worklist_window
    if own is not None:
        own.hide()  # it would lie over the results
    main.activateWindow()
    main.criteria.set_criteria(criteria)
    main.criteria.search()
    workstation.notices.show_note(words)


class _OthersFound(QObject):
    """Says at the end of a search for a step's patient that some studies tell of somebody else."""

    def __init__(self, workstation: Workstation, step: WorklistStep, words: str) -> None:
        super().__init__(workstation.window)
        self.setObjectName(_OTHERS_FOUND)
        self._workstation, self._words = workstation, words
        self._patient = step.patient
        workstation.search.running.connect(self._look)

    def _look(self, running: bool) -> None:
        search, results = self._workstation.search, self._workstation.tree_model.results
        if running or search.criteria != Criteria(patient_id=exactly(self._patient.patient_id)):
            return  # the search before ends, or one that was made later
        studies = [study for patient in results.store.patients.values() for study in patient.entities]
        matches = [one for study in studies for one in study.matches.values() if isinstance(one, StudyMatch)]
        if any(contradict(self._patient, results.as_received(match).patient) for match in matches):
            warning = self.tr("{words}. Some of these tell another name, birth date or sex: compare.")
            self._workstation.notices.show_note(warning.format(words=self._words))
