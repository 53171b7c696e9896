"""What was found of each entry of a list, how the search stands, and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from workstation.dicom.list_results import EntryState, FoundStudy
from workstation.dicom.pasted_list import ColumnUse
from workstation.models.list_search_model import ListColumn, ListRole, ListSearchModel, StateFilter
from workstation.models.list_search_texts import counts_words, state_words
from workstation.widgets.choice_box import ChoiceBox
from workstation.widgets.elided_label import ElidedLabel
from workstation.widgets.notice_bar import NoticeBar
from workstation.widgets.question_bar import BAR_HEIGHT, QuestionBar
from workstation.widgets.theme import colours, mark

_WIDTHS = {
    ListColumn.ENTRY: 130,
    ListColumn.FOUND: 225,
    ListColumn.PATIENT: 150,
    ListColumn.ID: 90,
    ListColumn.BORN: 84,
    ListColumn.DATE: 130,
    ListColumn.DESCRIPTION: 110,
    ListColumn.MODALITY: 48,
    ListColumn.IMAGES: 60,
    ListColumn.ACCESSION: 90,
    ListColumn.SOURCES: 90,
}


class _Delegate(QStyledItemDelegate):
    """Writes what is not one, or is contradicted by the list, in another ink."""

    @override
    def initStyleOption(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().initStyleOption(option, index)
        ink = self._ink(option, index)
        if ink:
            for role in (QPalette.ColorRole.Text, QPalette.ColorRole.HighlightedText):
                option.palette.setColor(role, QColor(ink))

    def _ink(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> str:
        named, state = colours(option.palette), index.data(ListRole.STATE)
        if index.data(ListRole.CONTRADICTED):
            return named.bad
        if index.column() != ListColumn.FOUND:
            return ""
        return {
            EntryState.SEVERAL.value: named.warning,
            EntryState.OTHERS.value: named.warning,
            EntryState.FAILED.value: named.bad,
            EntryState.INVALID.value: named.bad,
            EntryState.NOT_ASKED.value: named.quiet,
            EntryState.NOT_FOUND.value: named.quiet,
        }.get(state, "")


class ListView(QTreeView):
    """The entries; several studies can be unfolded.

    Signals:
        study_activated: A :class:`FoundStudy` that is to be fetched and shown.
    """

    study_activated = Signal(object)

    def __init__(self, model: ListSearchModel, shown: StateFilter) -> None:
        super().__init__()
        self._model = model
        self._shown = shown
        self.setModel(shown)
        self.setItemDelegate(_Delegate(self))
        self.setAccessibleName(self.tr("Entries of the list"))
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setExpandsOnDoubleClick(False)
        self.header().setStretchLastSection(True)
        self.header().setSectionsMovable(True)
        for column, width in _WIDTHS.items():
            self.setColumnWidth(column, width)
        self.activated.connect(self._activated)

    def _activated(self, index: QModelIndex) -> None:
        study = self._model.study(self._shown.mapToSource(index))
        if study is not None:
            self.study_activated.emit(study)
        elif self._shown.hasChildren(index.siblingAtColumn(0)):
            first = index.siblingAtColumn(0)
            self.setExpanded(first, not self.isExpanded(first))

    @property
    def chosen(self) -> FoundStudy | None:
        """The study of the current row."""
        return self._model.study(self._shown.mapToSource(self.currentIndex()))


class ListResultsPage(QWidget):
    """Above how it stands, below what can be done.

    Signals:
        back_requested: The list itself is to be shown.
        pause_requested: Nothing more is to be asked.
        resume_requested: It is to go on; what failed is asked again.
        fetch_requested: What is one is to be fetched.
        export_requested: All entries are to be exported.
    """

    back_requested = Signal()
    pause_requested = Signal()
    resume_requested = Signal()
    fetch_requested = Signal()
    export_requested = Signal()

    def __init__(self, model: ListSearchModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self._model = model
        self._shown = StateFilter(model, self)
        self.view = ListView(model, self._shown)
        self.states = ElidedLabel()
        self.states.setObjectName("quiet")
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setFixedSize(180, 8)
        self.counts = ElidedLabel()
        self.filter = ChoiceBox[EntryState | None](self._filters(), None)
        self.filter.setAccessibleName(self.tr("Entries that are shown"))
        self.means = ChoiceBox[bool](
            [(False, self.tr("One study counts as one")), (True, self.tr("One patient counts as one"))], False
        )
        self.means.setAccessibleName(self.tr("What counts as one"))
        self.back = QPushButton(self.tr("&List"))
        self.go = QPushButton(self.tr("&Pause"))
        self.export = QPushButton(self.tr("&Export…"))
        self.fetch = QPushButton(self.tr("&Fetch all that are one…"))
        mark(self.fetch, "primary", True)
        self.question = QuestionBar()
        self.notice = NoticeBar()
        for label in (self.states, self.counts):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._running = False
        self._lay_out()
        self.filter.currentIndexChanged.connect(lambda _: self._filter_changed())
        self.means.currentIndexChanged.connect(lambda _: model.count_patients(self.means.value))
        self.back.clicked.connect(self.back_requested)
        self.go.clicked.connect(self._pause_or_resume)
        self.export.clicked.connect(self.export_requested)
        self.fetch.clicked.connect(self.fetch_requested)
        self.question.left.connect(self.view.setFocus)
        self.notice.left.connect(self.view.setFocus)
        self.question.told_changed.connect(lambda: self.notice.cover(self.question.told))
        model.counted.connect(self._count)
        model.modelReset.connect(self._begin)

    def _filters(self) -> Sequence[tuple[EntryState | None, str]]:
        states = (state for state in EntryState)
        return [(None, self.tr("All entries")), *((state, self._title(state)) for state in states)]

    def _title(self, state: EntryState) -> str:
        words = state_words(state)
        return words[:1].upper() + words[1:]

    def _lay_out(self) -> None:
        above = QHBoxLayout()
        above.setSpacing(10)
        above.addWidget(self.back)
        above.addWidget(self.go)
        above.addWidget(self.progress)
        above.addWidget(self.states, 1)
        below_states = QHBoxLayout()
        below_states.setSpacing(10)
        below_states.addWidget(self.counts, 1)
        below_states.addWidget(self.means)
        below_states.addWidget(self.filter)
        messages = QWidget()  # keeps its height: nothing moves when something is said
        messages.setFixedHeight(BAR_HEIGHT)
        inside = QVBoxLayout(messages)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.question)
        inside.addWidget(self.notice)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(messages, 1)
        foot.addWidget(self.export)
        foot.addWidget(self.fetch)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(14, 12, 14, 12)
        whole.setSpacing(8)
        whole.addLayout(above)
        whole.addLayout(below_states)
        whole.addWidget(self.view, 1)
        whole.addLayout(foot)
        above_view = (self.back, self.go, self.means, self.filter)
        for before, after in pairwise([*above_view, self.view, self.question.more, self.question.yes]):
            self.setTabOrder(before, after)
        words = (self.tr("&Pause"), self.tr("&Go on"), self.tr("&Ask again"))
        widths = []
        for text in words:
            self.go.setText(text)
            widths.append(self.go.sizeHint().width())
        self.go.setText(words[0])
        self.go.setMinimumWidth(max(widths))

    # --- What is shown ----------------------------------------------------------------------------------

    def show_state(
        self, lines: Sequence[str], share: tuple[int, int], *, running: bool, resumable: bool
    ) -> None:
        """Show how the search stands: a line for each source, how much is answered, and what can be done."""
        done, total = share
        self._running = running
        self.states.setText("    ".join(lines))
        self.progress.setRange(0, max(total, 1))
        self.progress.setValue(done)
        again = self.tr("&Ask again") if done == total else self.tr("&Go on")
        self.go.setText(self.tr("&Pause") if running else again)
        if not (running or resumable) and self.go is self.focusWidget():
            self.view.setFocus()  # else Qt gives it to any neighbour
        self.go.setEnabled(running or resumable)

    def show_message(self, text: str) -> None:
        """Show a message that is no error."""
        self.notice.show_notice(text, calm=True)

    def _begin(self) -> None:
        self.means.setVisible(self._model.key is ColumnUse.PATIENT_ID)
        self.question.dismiss()
        self.notice.dismiss()

    def _count(self) -> None:
        self.counts.setText(counts_words(self._model.counts))
        self.fetch.setEnabled(self._model.counts[EntryState.ONE] > 0)
        self.export.setEnabled(self._model.counts.total() > 0)

    def _filter_changed(self) -> None:
        state = self.filter.value
        self._shown.show_only([] if state is None else [state])

    def _pause_or_resume(self) -> None:
        (self.pause_requested if self._running else self.resume_requested).emit()
