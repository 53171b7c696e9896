"""The sources of the search form: a check box for each, with what it answered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from workstation.models.source_state import SourceState
from workstation.widgets.flow_layout import FlowLayout
from workstation.widgets.source_box import SourceBox, share_room


class SourceBoxes(QObject):
    """Lays out the check boxes, and remembers which sources the user unticked.

    Signals:
        load_all_requested: Key of a source whose answer was truncated.
        split_requested: Key of an archive that limits its answers.
        details_requested: Message and detail of a source's failure.

    Attributes:
        boxes: The boxes by the keys of their sources.
        layout: What they stand in.
        unticked: Keys of those the user unticked, be they there or not.
    """

    load_all_requested = Signal(str)
    split_requested = Signal(str)
    details_requested = Signal(str, str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.boxes: dict[str, SourceBox] = {}
        self.unticked: set[str] = set()
        self.layout = FlowLayout()

    def offer(self, sources: Sequence[tuple[str, str]], ticked: Sequence[str]) -> None:
        """Show sources (key and name); states already set are kept."""
        before = dict(self.boxes)
        self.boxes.clear()
        for box in before.values():
            self.layout.removeWidget(box)
            box.hide()
            box.deleteLater()
        for key, name in sources:
            box = SourceBox(name, ticked=key in ticked and key not in self.unticked)
            if key in before:
                box.set_answer(before[key].answer)
                box.set_standing(before[key].standing)
            box.toggled.connect(lambda _, key=key: self._tick_changed(key))
            box.load_all_requested.connect(lambda key=key: self.load_all_requested.emit(key))
            box.split_requested.connect(lambda key=key: self.split_requested.emit(key))
            box.details_requested.connect(self.details_requested)
            self.boxes[key] = box
            self.layout.addWidget(box)

    def set_answer(self, key: str, state: SourceState | None) -> None:
        """Show the state of a source in the search; None: it is not queried."""
        if key in self.boxes:
            self.boxes[key].set_answer(state)

    def set_standing(self, key: str, state: SourceState | None) -> None:
        """Show why a source is unavailable for any search; None: it is available."""
        if key in self.boxes:
            self.boxes[key].set_standing(state)

    @property
    def ticked(self) -> list[str]:
        """Keys of the ticked sources."""
        return [key for key, box in self.boxes.items() if box.box.isChecked()]

    def untick(self, keys: Iterable[str]) -> None:
        """Untick these, now or once they are offered."""
        self.unticked = set(keys)
        for key, box in self.boxes.items():
            if key in self.unticked:
                box.box.setChecked(False)

    def tick_only(self, keys: Iterable[str]) -> None:
        """Tick these and no others."""
        chosen = set(keys)
        for key, box in self.boxes.items():
            box.box.setChecked(key in chosen)

    @property
    def width(self) -> int:
        """What they take in one row, in pixels."""
        return sum(box.sizeHint().width() + self.layout.gap for box in self.boxes.values())

    def share_room(self, room: int, *, most: float, low: bool) -> None:
        """See :func:`workstation.widgets.source_box.share_room`."""
        share_room(list(self.boxes.values()), room, self.layout.gap, most=most, low=low)

    def _tick_changed(self, key: str) -> None:
        (self.unticked.discard if key in self.ticked else self.unticked.add)(key)
