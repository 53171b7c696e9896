"""What a user does all day: search, open, fetch, look, play, cancel, send, delete, undo."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QWidget

from tests.app.window_steps import wheel
from tests.benchmarks.window import until
from tests.rows import below, patients
from workstation.app.parts import Workstation
from workstation.dicom.date_periods import Period
from workstation.dicom.levels import Level
from workstation.models.model_index import ModelIndex
from workstation.models.row_targets import target_of
from workstation.models.rows import Local, Row
from workstation.models.transfer import Transfer, TransferState
from workstation.models.transfers_model import TransferRole
from workstation.models.tree_roles import Role
from workstation.settings.preferences import Theme
from workstation.widgets.transfer_menu import TransferAction

RARELY = 20
"""Cycles for each opening of the dialogs and change of the theme: one in about 6 seconds."""


class Acts:
    """A user of one window over two archives, which hold the same number of studies each."""

    def __init__(self, workstation: Workstation, studies: int) -> None:
        self._workstation = workstation
        self._studies = studies
        self._window = workstation.window

    def cycle(self, number: int) -> None:
        """One round of everything; dialogs and another theme only now and then, as a user wants them.

        Qt 6.11 adds to its tables for style sheets with each form that has a spin box and with each change of
        the style sheet, 5 to 9 KB and less and less: three times a second that would hide what else grows.
        """
        self._search()
        study = self._study(number)
        self._open(study)
        self._fetch(study)
        self._look(study)
        self._cancel(self._study(number + 1))
        self._send(study, number)
        self._delete(study, undo=number % 2 == 0)
        if number % RARELY == 0:
            self._dialogs()
            self._change_theme(number // RARELY)
        self._remove_transfers()

    def describe(self) -> str:
        """What stands in the window, for whoever looks why an act did not end."""
        tree = self._workstation.tree_model
        studies = [tree.row(study) for patient in patients(tree) for study in below(patient)]
        return "\n".join(
            [
                f"notice: {self._window.notice.isVisible()} {self._window.notice.text}",
                *(f"transfer: {one}" for one in self._transfers()),
                *(f"study: {one.uid[-8:]} {one.local} held {one.held} {one.state}" for one in studies if one),
                f"busy: {self._workstation.lanes.busy}",
            ]
        )

    def _transfers(self) -> list[Transfer | None]:
        model = self._workstation.transfers_model
        return [
            model.find(model.index(place, 0).data(TransferRole.NUMBER)) for place in range(model.rowCount())
        ]

    def _search(self) -> None:
        self._window.criteria.dates.choose(Period.ANY)
        self._window.criteria.name.setText("*")
        self._window.criteria.search()
        if self._window.question.isVisible():  # whether archives are to be asked for all of their studies
            self._window.question.yes.click()
        model = self._workstation.tree_model
        until(
            lambda: not self._workstation.search.asking and model.results.study_count >= self._studies,
            "rows are here",
        )

    def _study(self, number: int) -> ModelIndex:
        found = [study for patient in patients(self._workstation.tree_model) for study in below(patient)]
        return found[number % len(found)]

    def _row(self, index: ModelIndex) -> Row:
        row = self._workstation.tree_model.row(index)
        assert row is not None
        assert row.level is Level.STUDY
        return row

    def _open(self, study: ModelIndex) -> None:
        self._window.tree.open_row(study)
        until(lambda: bool(below(study)), "its series are here")

    def _fetch(self, study: ModelIndex) -> None:
        self._window.tree.setCurrentIndex(study)
        self._workstation.row_fetching.activate(study.internalId())
        until(lambda: study.data(Role.LOCAL) == Local.HERE or bool(self._failures()), "it is here or failed")
        assert not self._failures(), self._failures()

    def _failures(self) -> list[str]:
        """The message of each transfer that failed."""
        return [one.message for one in self._transfers() if one and one.state is TransferState.FAILED]

    def _look(self, study: ModelIndex) -> None:
        images = self._row(study).held
        until(lambda: len(self._workstation.preview.stack.positions) == images, "its images are listed")
        until(lambda: not self._window.canvas.image.isNull(), "a picture is shown")
        QTest.keyClick(self._window.canvas, Qt.Key.Key_Home)
        for _ in range(images):
            wheel(self._workstation, 1)
        until(lambda: self._workstation.preview.position == images - 1, "the last image is shown")
        self._workstation.cine.toggle()
        places = set[int]()

        def plays() -> bool:
            places.add(self._workstation.preview.position)
            return len(places) > 1

        until(plays, "it plays")
        self._workstation.cine.toggle()

    def _cancel(self, study: ModelIndex) -> None:
        self._workstation.row_fetching.activate(study.internalId())
        model = self._workstation.transfers_model
        for place in range(model.rowCount()):
            number = model.index(place, 0).data(TransferRole.NUMBER)
            transfer = model.find(number)
            if transfer is not None and transfer.state.open:
                self._window.transfers.action_requested.emit(number)
        until(lambda: not model.running, "nothing is fetched any more")

    def _remove_transfers(self) -> None:
        """Remove the finished ones; all are soon, also one that was interrupted and goes on by itself."""
        until(lambda: all(one is None or one.state.ended for one in self._transfers()), "all have ended")
        self._window.transfers.chosen.emit(TransferAction.CLEAR, 0)
        assert not self._transfers()

    def _send(self, study: ModelIndex, number: int) -> None:
        target = target_of(self._row(study))
        assert target is not None
        nodes = [key for key in self._workstation.sources.keys if self._workstation.sources.node(key)]
        self._workstation.local_studies.send([target], nodes[number % len(nodes)], "Study")
        until(lambda: not self._workstation.transfers_model.running, "it is sent")

    def _delete(self, study: ModelIndex, *, undo: bool) -> None:
        target, local_studies = target_of(self._row(study)), self._workstation.local_studies
        assert target is not None
        offered: list[int] = []
        connection = local_studies.undoable.connect(lambda _, number: offered.append(number))
        for again in (False, True) if undo else (True,):
            offered.clear()
            local_studies.delete([target])
            until(lambda: study.data(Role.LOCAL) == Local.NONE and bool(offered), "it is deleted")
            if not again:
                local_studies.undo(offered[0])
                until(lambda: study.data(Role.LOCAL) == Local.HERE, "it is back")
        local_studies.undoable.disconnect(connection)

    def _dialogs(self) -> None:
        """Open the dialogs, a form for a node over the list of nodes; each is painted before it is closed."""
        dialogs = self._workstation.dialogs
        for opening in (
            (dialogs.open_nodes, dialogs.add_node),
            (dialogs.open_settings,),
            (dialogs.open_about,),
        ):
            for open_dialog in opening:
                open_dialog()
            shown = self._shown_dialogs()
            until(lambda: all(map(_exposed, shown)), "the dialogs are shown")  # noqa: B023 - called at once
            for dialog in reversed(shown):
                dialog.close()
            until(lambda: not self._shown_dialogs(), "the dialogs are gone")

    def _shown_dialogs(self) -> list[QDialog]:
        """All but the list of tags, which is kept hidden."""
        return [one for one in self._window.findChildren(QDialog) if one.isVisible()]

    def _change_theme(self, number: int) -> None:
        theme = Theme.LIGHT if number % 2 else Theme.DARK
        settings = self._workstation.settings
        settings.change(replace(settings.preferences, theme=theme))
        until(lambda: not self._workstation.lanes.busy, "the preferences are written")


def _exposed(widget: QWidget) -> bool:
    window = widget.windowHandle()
    return window is not None and window.isExposed()
