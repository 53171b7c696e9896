"""A check box for a source, with a chip that shows its state."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QWidget
from typing_extensions import override

from workstation.dicom.further_query import FurtherQuery, Reason
from workstation.models.key_labels import label_of
from workstation.models.source_state import Phase, SourceState
from workstation.widgets.elided_label import ElidedLabel
from workstation.widgets.theme import mark

_SPACING = 6
_AROUND_LINK = 10
"""Padding of a link by the style sheet, in pixels, and a little more."""


class SourceBox(QWidget):
    """A check box with a chip. Why the source is unavailable takes precedence over the state of its answer.

    Its width does not depend on the state: there is room for the usual texts, or as much as
    :func:`share_room` gives it, and longer ones are cut off.

    Attributes:
        usual: Width in which the usual texts are whole, in pixels.
        least: Width in which a failure and its link are whole, in pixels.
        answer: State of its answer in the search; None: not queried.
        standing: Why it is unavailable; None: it is available.

    Signals:
        toggled: It was ticked or unticked.
        load_all_requested: The rest of a truncated answer is to be loaded.
        split_requested: The search is to be made again by parts of its period.
        details_requested: Message and detail of a failure, to be shown.
    """

    toggled = Signal(bool)
    load_all_requested = Signal()
    split_requested = Signal()
    details_requested = Signal(str, str)

    def __init__(self, name: str, *, ticked: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self.answer: SourceState | None = None
        self.standing: SourceState | None = None
        self.box = QCheckBox(name.replace("&", "&&"))
        self.box.setChecked(ticked)
        self.box.setToolTip(self.tr("Search here"))
        self.box.toggled.connect(self.toggled)
        self.chip = ElidedLabel()
        self.chip.setObjectName("chip")
        self.link = QPushButton()
        self.link.setObjectName("link")
        self.link.setAutoDefault(True)
        self.link.clicked.connect(self._linked)
        self.setFixedHeight(26)  # with a link or without, boxes stand in one line
        self._room = QWidget()
        state = QHBoxLayout(self._room)
        row = QHBoxLayout(self)
        for line in (state, row):
            line.setContentsMargins(0, 0, 0, 0)
            line.setSpacing(_SPACING)
        state.addWidget(self.chip)
        state.addWidget(self.link)
        state.addStretch(1)
        row.addWidget(self.box)
        row.addWidget(self._room)
        self._reserve()
        self._update_chip()

    def _reserve(self) -> None:
        """Make room for the usual states."""
        width = self.chip.fontMetrics().horizontalAdvance
        several, stopped = self.tr("0 found in {n} queries"), self.tr("{n} found, stopped")
        alone = max(width(text.format(n=888)) for text in (several, stopped))
        failed = width(self.tr("failed")) + width(self.tr("Details"))
        first = width(self.tr("first {n}").format(n=8888)) + width(self.tr("Load all"))
        perhaps = width(self.tr("{n}, perhaps more").format(n=888)) + width(self.tr("Split by date"))
        self.usual = max(alone, max(failed, first, perhaps) + _SPACING + _AROUND_LINK)
        self.least = failed + _SPACING + _AROUND_LINK
        self.set_room(self.usual)

    def set_room(self, width: int) -> None:
        """Give what is said beside the name so much width, in pixels."""
        self._room.setFixedWidth(width)

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(self.name_width + self.least, super().minimumSizeHint().height())

    @property
    def name_width(self) -> int:
        """The width that the name takes, with what is beside it, in pixels."""
        return self.box.sizeHint().width() + _SPACING

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._reserve()

    @property
    def state(self) -> SourceState | None:
        """The state shown in the chip."""
        return self.standing or self.answer

    def set_answer(self, state: SourceState | None) -> None:
        """Set the state of its answer."""
        self.answer = state
        self._update_chip()

    def set_standing(self, state: SourceState | None) -> None:
        """Set why it is unavailable."""
        self.standing = state
        self._update_chip()

    def _update_chip(self) -> None:
        state = self.state
        text, link = self._words(state)
        self.chip.setText(text)
        self.chip.setVisible(bool(text))
        phase = ""
        if state is not None and (state.phase is not Phase.DONE or state.found):
            phase = (Phase.INCOMPLETE if state.untold else state.phase).value
        mark(self.chip, "phase", phase)
        self.chip.explain("" if state is None else self._explained(state))
        self.link.setText(link)
        self.link.setVisible(bool(link))
        self.link.setAccessibleName(f"{link} {self.name}" if link else "")

    def _words(self, state: SourceState | None) -> tuple[str, str]:
        if state is None:
            return "", ""
        if state.phase is Phase.CHECKING:
            return self.tr("checking…"), ""
        if state.phase is Phase.SEARCHING:
            text = self.tr("searching…")
            return (f"{state.found} · {text}" if state.found else text), ""
        if state.phase is Phase.FAILED:
            return self.tr("failed"), self.tr("Details")
        if state.phase is Phase.LEFT_OUT:
            return self.tr("worklist only"), ""
        if state.phase is Phase.INCOMPLETE:
            first = self.tr("first {n}") if state.found else self.tr("{n} found so far")
            if state.whole is False:
                first = self.tr("{n}, not whole")
            elif state.suspected:
                first = self.tr("{n}, perhaps more")
            link = self.tr("Load all") if state.loadable else ""
            return first.format(n=state.found), self.tr("Split by date") if state.splittable else link
        if state.phase is Phase.STOPPED:
            return self.tr("{n} found, stopped").format(n=state.found), ""
        return self._found(state), ""

    def _found(self, state: SourceState) -> str:
        """The number found, and how the query differed from what was typed."""
        if state.untold:
            return self.tr("{n} found, unchecked").format(n=state.found)
        if state.whole:
            return self.tr("{n}, all with a date").format(n=state.found)
        if not state.further:
            return self.tr("{n} found").format(n=state.found)
        if state.found:
            how = self._how(state.further[-1].reason)
            return self.tr("{n} found, searched {how}").format(n=state.found, how=how)
        times = len(state.further) + (not state.further[0].first)
        return self.tr("0 found in {n} queries").format(n=times)

    def _explained(self, state: SourceState) -> str:
        unchecked = [
            self.tr("{key}: not told by {n} of the answers, so not checked there").format(
                key=label_of(path), n=count
            )
            for path, count in state.untold
        ]
        return "\n".join(filter(None, [state.message, self._queries(state), *unchecked]))

    def _queries(self, state: SourceState) -> str:
        """The queries that asked otherwise than it was typed."""
        if not state.further:
            return ""
        begin = self.tr("Nothing matched the search as typed; other queries were sent to this archive:")
        if state.further[0].first:
            begin = self.tr("This archive distinguishes capitals; other queries were sent to it:")
        return "\n".join([begin, *map(self._query, state.further)])

    def _query(self, query: FurtherQuery) -> str:
        if query.refused:
            result = self.tr("the archive refused this query")
        elif query.stopped:
            result = self.tr("{n} fit, stopped after many answers").format(n=query.fitting)
        else:
            result = self.tr("{n} fit").format(n=query.fitting)
        return f"{query.value}  {self._how(query.reason)}: {result}"

    def _how(self, reason: Reason) -> str:
        return {
            Reason.AS_TYPED: self.tr("as typed"),
            Reason.CAPITALS: self.tr("in capitals"),
            Reason.ANYWHERE: self.tr("anywhere in the name"),
            Reason.GIVEN_NAME: self.tr("as a given name"),
            Reason.AS_FAMILY_AND_GIVEN: self.tr("as family and given name"),
            Reason.TOGETHER: self.tr("in one component"),
            Reason.OTHER_ORDER: self.tr("in another order"),
            Reason.OTHER_SPELLING: self.tr("in other spellings"),
            Reason.ANY_SCRIPT: self.tr("for all names in several scripts"),
            Reason.ALONE: self.tr("without the other criteria"),
        }[reason]

    def _linked(self) -> None:
        if self.state is None:
            return
        if self.state.phase is Phase.FAILED:
            self.details_requested.emit(self.state.message, self.state.detail)
        elif self.state.splittable:
            self.split_requested.emit()
        elif self.state.loadable:
            self.load_all_requested.emit()


def share_room(boxes: Sequence[SourceBox], width: int, gap: int, *, most: float, low: bool) -> None:
    """Share a row between boxes with ``gap`` between two, all in pixels.

    Each is given ``most`` times what usual texts need, or less where only shorter ones fit. Where these do
    not fit either, the boxes take several rows, as few as possible in a ``low`` window.
    """
    if not boxes:
        return
    left = width - sum(box.name_width for box in boxes) - gap * (len(boxes) - 1)
    each = left // len(boxes)
    for box in boxes:
        if each < box.least:
            box.set_room(box.least if low else box.usual)
        else:
            box.set_room(max(box.least, min(each, round(most * box.usual))))
