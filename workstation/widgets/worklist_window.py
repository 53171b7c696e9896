"""The worklist: scheduled procedure steps of a node, in a window of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QByteArray, QSize, Qt, Signal
from PySide6.QtGui import QAction, QCloseEvent, QGuiApplication, QHideEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from workstation.dicom.worklist import WorklistStep
from workstation.models import worklist_texts
from workstation.models.source_state import Phase, SourceState
from workstation.models.worklist_model import WorklistModel
from workstation.models.worklist_texts import WIDTHS, WorklistColumn
from workstation.widgets import worklist_keys as keys
from workstation.widgets.elided_label import ElidedLabel
from workstation.widgets.flow_layout import FlowLayout, beside
from workstation.widgets.plain_table import PlainTable
from workstation.widgets.scrolling import fit
from workstation.widgets.worklist_form import WorklistForm
from workstation.widgets.worklist_step_panel import WorklistStepPanel

_SIZE = QSize(1280, 740)
_STATUS = 260
"""Width that the words below the rows have at least, in pixels; else the buttons follow below."""


class WorklistWindow(QDialog):
    """Above what is asked for, then the steps, below all that was answered about the chosen one.

    Esc stops the search that runs, else closes the window; its rows are there when it is opened again.

    Signals:
        load_all_requested: All steps are wanted, beyond the limit of a search.
        details_requested: Message and detail of a failure.
        patient_wanted: The patient of a :class:`WorklistStep` is to be searched for.
        accession_wanted: The studies of its accession number are.
        export_requested: The rows are to be written to a file.
        layout_changed: What :meth:`restore` reads, to be kept.
    """

    load_all_requested = Signal()
    details_requested = Signal(str, str)
    patient_wanted = Signal(object)
    accession_wanted = Signal(object)
    export_requested = Signal()
    layout_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle(self.tr("Worklist"))
        self._searching = False
        self._state = SourceState(Phase.DONE)
        self._asked = self._nodes_known = self._opened_anew = False
        self.form = WorklistForm()
        self.model = WorklistModel(self)
        self.table = PlainTable(self.model, self.tr("Scheduled steps"), WIDTHS, WorklistColumn.STEP)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.table.setSortingEnabled(True)
        self.table.sortByColumn(WorklistColumn.DATE, Qt.SortOrder.AscendingOrder)
        self.nothing = QLabel()
        self.status = ElidedLabel()
        self._told = ""
        self.failure = self._link(self.tr("Details"), self._request_details)
        self.load_all = self._link(self.tr("Load all"), self.load_all_requested.emit)
        self.others = self._link("", self._show_others)
        self.others.setCheckable(True)
        self.find_patient = QPushButton(self.tr("Find this patient"))
        self.find_accession = QPushButton(self.tr("Find by accession number"))
        self.export = QPushButton(self.tr("Export…"))
        self.details = WorklistStepPanel()
        self._splitter = QSplitter(Qt.Orientation.Vertical)
        self._rows = QStackedWidget()
        self._add_actions()
        self._lay_out()
        self.form.rows_requested.connect(self._go_to_rows)
        self.table.selectionModel().currentChanged.connect(lambda *_: self._show_step())
        for button in self.findChildren(QPushButton):
            button.setAutoDefault(False)
        self._show_step()
        self._update()
        self.form.name.setFocus()
        fit(self, _SIZE)

    def _link(self, words: str, act: Callable[[], object]) -> QPushButton:
        button = QPushButton(words)
        button.setObjectName("link")
        button.clicked.connect(lambda: act())
        button.hide()
        return button

    def _add_actions(self) -> None:
        """The menu of the rows, with its keys."""
        for words, key, act, button in (
            (self.tr("Find this patient"), "", self._want_patient, self.find_patient),
            (self.tr("Find by accession number"), keys.ACCESSION, self._want_accession, self.find_accession),
            (self.tr("Copy"), keys.COPY, self._copy, None),
            (self.tr("Export…"), keys.EXPORT, self.export_requested.emit, self.export),
        ):
            action = QAction(words, self.table)
            action.setShortcut(QKeySequence(key))
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.triggered.connect(lambda _=False, act=act: act())
            self.table.addAction(action)
            if button is not None:
                button.clicked.connect(lambda _=False, act=act: act())
                button.setToolTip(f"{words.rstrip('…')} ({key or 'Enter'})")
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.table.activated.connect(lambda _: self._want_patient())
        QShortcut(QKeySequence(keys.SEARCH), self, self.form.search)
        QShortcut(QKeySequence(keys.NAME), self, self._go_to_name)
        QShortcut(QKeySequence(keys.NEXT_PART), self, self._move_focus)

    def _lay_out(self) -> None:
        self.nothing.setObjectName("none")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.setWordWrap(True)
        self.nothing.setMargin(24)
        self.status.setObjectName("quiet")
        self.status.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._keep_places()
        for label in (self.nothing, self.status):
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._rows.addWidget(self.table)
        self._rows.addWidget(self.nothing)
        below_rows = FlowLayout(gap=8, between=4)
        below_rows.setContentsMargins(10, 6, 10, 6)
        self.status.setMinimumWidth(_STATUS)
        below_rows.add_stretching(self.status, 1)
        below_rows.addWidget(beside(self.failure, self.load_all, self.others))
        below_rows.addWidget(beside(self.export, self.find_accession, self.find_patient))
        above = QWidget()
        column = QVBoxLayout(above)
        column.addWidget(self._rows, 1)
        column.addLayout(below_rows)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._splitter.setHandleWidth(1)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(above)
        self._splitter.addWidget(self.details)
        self._splitter.setSizes([430, 230])
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.form)
        whole.addWidget(self._splitter, 1)

    def _keep_places(self) -> None:
        """Let the links stay where they are, whatever their texts and whichever of them are shown."""
        words = self.tr("Show what fits"), self.tr("Show what does not fit")
        widths = []
        for text in words:
            self.others.setText(text)
            widths.append(self.others.sizeHint().width())
        self.others.setMinimumWidth(max(widths))
        for link in (self.failure, self.load_all, self.others):
            policy = link.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            link.setSizePolicy(policy)

    # --- The search -------------------------------------------------------------------------------------

    def begin(self) -> None:
        """A search begins: the rows of the one before go."""
        self._asked = True
        self.others.setChecked(False)
        self.model.clear()
        self._rows_changed()

    def add_steps(self, steps: Sequence[WorklistStep]) -> None:
        """Add steps that were answered."""
        self.model.add(steps)
        self._rows_changed()

    def set_state(self, state: SourceState) -> None:
        """Show how the search stands."""
        self._state = state
        self._searching = state.phase is Phase.SEARCHING
        self.form.button.set_searching(self._searching)
        if not self._searching:
            self._choose_first()
        self._update()

    def set_nodes(self, nodes: Sequence[tuple[str, bool]]) -> None:
        """Offer the nodes that may have a worklist, each with whether that is known."""
        self._nodes_known = True
        self.form.set_nodes(nodes, keep=self._asked and not self._opened_anew)
        self._opened_anew = False
        self._update()

    def say(self, text: str) -> None:
        """Show a message in the place of the state, until that changes."""
        self.status.setText(text)

    def write_names(self) -> None:
        """Write all names anew: the user chose another style."""
        self.model.write_names()
        self._show_step()

    def _rows_changed(self) -> None:
        self._show_step()
        self._update()

    def _choose_first(self) -> None:
        """Choose the first row if none is chosen; not before all have come: the first may be another then."""
        if self.model.rowCount() and not self.table.currentIndex().isValid():
            self.table.setCurrentIndex(self.model.index(0, 0))

    def _update(self) -> None:
        """Put how the search stands into words, and offer what can be done."""
        state, unfit = self._state, len(self.model.others)
        failed = state.phase is Phase.FAILED
        self.status.setObjectName("failed" if failed else "quiet")
        self.status.style().polish(self.status)
        self.failure.setVisible(failed)
        self.load_all.setVisible(state.loadable)
        text = self.tr("Show what fits") if self.others.isChecked() else self.tr("Show what does not fit")
        self.others.setText(text)
        self.others.setVisible(bool(unfit))
        self.export.setEnabled(bool(self.model.rowCount()))
        nothing = self._nothing()
        self.nothing.setText(nothing)
        self._rows.setCurrentWidget(self.nothing if nothing else self.table)
        words = self._words() if self._asked else ""
        if words != self._told:  # else a message in its place stays
            self._told = words
            self.status.setText(words)

    def _words(self) -> str:
        state, unfit = self._state, len(self.model.others)
        if self.others.isChecked():
            return self.tr("These do not fit what was asked for ({n})").format(n=unfit)
        if state.phase is Phase.FAILED and self._rows.currentWidget() is self.nothing:
            return self.tr("Failed")  # the reason stands in the place of the rows
        found = len(self.model.fitting)
        parts = [self.tr("1 step") if found == 1 else self.tr("{n} steps").format(n=found)]
        if unfit:
            text = self.tr("1 step does not fit") if unfit == 1 else self.tr("{n} steps do not fit")
            parts.append(text.format(n=unfit))
        parts += [self.tr("searching…")] if self._searching else []
        parts += [self.tr("stopped")] if state.phase is Phase.STOPPED else []
        return "  ·  ".join([*parts, *filter(None, [state.message])])

    def _nothing(self) -> str:
        """What is said in the place of rows; empty: there are some, or may be soon."""
        if self.model.rowCount():
            return ""
        if not self._nodes_known:
            return " "
        if self.form.node.currentIndex() < 0:
            return self.tr(
                "No PACS offers a worklist. Add one (Ctrl+Shift+P), or choose “Yes” for “Worklist”"
                " on its page “Queries”."
            )
        if not self._asked:
            return self.tr("Choose what to ask for, and press Enter.")
        if self._searching:
            return self.tr("Searching…")
        if self._state.phase is Phase.FAILED:
            return self._state.message
        if self._state.phase is Phase.STOPPED:
            return self.tr("Stopped before a step was answered.")
        if self.model.others:
            return self.tr("No step fits what was asked for.")
        return self.tr("No steps. Try another day, or fewer criteria.")

    def _request_details(self) -> None:
        self.details_requested.emit(self._state.message, self._state.detail)

    def _show_others(self) -> None:
        self.model.show_others(self.others.isChecked())
        self._rows_changed()
        self._go_to_rows()

    # --- The chosen step --------------------------------------------------------------------------------

    @property
    def step(self) -> WorklistStep | None:
        """The step the focus is on."""
        return self.model.at(self.table.currentIndex().row())

    def _show_step(self) -> None:
        step = self.step
        self.find_patient.setEnabled(step is not None and bool(step.patient_id or step.patient_name))
        self.find_accession.setEnabled(step is not None and bool(step.accession))
        self.details.show_step(step)

    def _want_patient(self) -> None:
        if (step := self.step) is not None and self.find_patient.isEnabled():
            self.patient_wanted.emit(step)

    def _want_accession(self) -> None:
        if (step := self.step) is not None and self.find_accession.isEnabled():
            self.accession_wanted.emit(step)

    def _copy(self) -> None:
        """Copy the selected rows as the table shows them."""
        rows = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        steps = [step for row in rows if (step := self.model.at(row)) is not None]
        if steps:
            QGuiApplication.clipboard().setText(worklist_texts.copied(steps, list(WorklistColumn)))

    # --- Keys -------------------------------------------------------------------------------------------

    def _go_to_rows(self) -> None:
        if self.model.rowCount():
            self._choose_first()
            self.table.setFocus()
        else:
            self.form.name.setFocus()

    def _go_to_name(self) -> None:
        self.form.name.setFocus()
        self.form.name.selectAll()

    def _move_focus(self) -> None:
        """Move the focus to the next part of the window."""
        focus = self.focusWidget()
        targets: list[QWidget] = [self.form.name, self.table, self.details.elements]
        parts: list[QWidget] = [self.form, self.table, self.details.elements]
        here = next((n for n, part in enumerate(parts) if part is focus or part.isAncestorOf(focus)), 0)
        following = [*targets[here + 1 :], *targets[: here + 1]]
        next(target for target in following if target.isVisible()).setFocus()

    @override
    def closeEvent(self, event: QCloseEvent) -> None:
        if self._searching:
            self.form.stop_requested.emit()
        super().closeEvent(event)

    @override
    def reject(self) -> None:
        """Stop the search, else close (Esc)."""
        if self._searching:
            self.form.stop_requested.emit()
        else:
            super().reject()

    # --- Restored at the next start ---------------------------------------------------------------------

    def open(self) -> None:
        """Show it in front."""
        if not self.isVisible():
            self._opened_anew = True
            self._told = ""
            self._update()  # what was said since is about other windows
        self.show()
        self.raise_()
        self.activateWindow()

    def restore(self, kept: Mapping[str, object]) -> None:
        """Restore what :attr:`layout_changed` told; what is missing or invalid is skipped."""
        for name, take in (("geometry", self.restoreGeometry), ("splitter", self._splitter.restoreState)):
            if isinstance(text := kept.get(name), str):
                take(QByteArray.fromBase64(text.encode("ascii", "replace")))
        columns = {worklist_texts.key(column): column for column in WorklistColumn}
        widths = kept.get("widths")
        for key, width in widths.items() if isinstance(widths, dict) else ():
            if key in columns and type(width) is int and 20 <= width <= 2000:
                self.table.restore_width(columns[key], width)
        if (key := kept.get("sorted_by")) in columns:
            descending = kept.get("descending") is True
            order = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
            self.table.sortByColumn(columns[str(key)], order)
        if isinstance(form := kept.get("form"), dict):
            self.form.set_values(form)

    @property
    def kept(self) -> dict[str, object]:
        """What :meth:`restore` reads; nothing of a patient."""
        header = self.table.horizontalHeader()
        column = header.sortIndicatorSection()
        return {
            "geometry": bytes(self.saveGeometry().toBase64().data()).decode("ascii"),
            "splitter": bytes(self._splitter.saveState().toBase64().data()).decode("ascii"),
            "widths": {
                worklist_texts.key(one): self.table.columnWidth(one)
                for one in WorklistColumn
                if self.table.sized
            },
            "sorted_by": worklist_texts.key(column) if column in WIDTHS else "",
            "descending": header.sortIndicatorOrder() is Qt.SortOrder.DescendingOrder,
            "form": self.form.values,
        }

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if not event.spontaneous():
            self.layout_changed.emit(self.kept)
