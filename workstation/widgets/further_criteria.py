"""The criteria that are not always in sight, in a panel over the results: the usual ones, and any key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QStringListModel, Qt, Signal
from PySide6.QtWidgets import QCompleter, QGridLayout, QLabel, QLineEdit, QWidget
from typing_extensions import override

from workstation.errors import BadInput
from workstation.models.key_labels import label_of
from workstation.models.translation import translated
from workstation.widgets.popover import Popover
from workstation.widgets.theme import mark

if TYPE_CHECKING:
    from workstation.dicom.other_keys import OtherKey

_FIELDS = 2
"""In a row of the panel."""
_ANY = 2
"""Rows for keys without a field of their own, at first."""
_WIDTH = 210


class _AnyKey:
    """A field for a key, which completes keywords, and one for its value."""

    def __init__(self, panel: FurtherCriteria, keywords: QStringListModel) -> None:
        self.path, self.value = QLineEdit(), QLineEdit()
        completer = QCompleter(keywords, panel)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.path.setCompleter(completer)
        self.path.setPlaceholderText(panel.tr("Keyword or gggg,eeee"))
        self.path.setToolTip(
            panel.tr("A keyword or tag of the dictionary; in a sequence Sequence.Element, also of tags.")
        )
        self.path.setAccessibleName(panel.tr("Key"))
        self.value.setAccessibleName(panel.tr("Value of the key"))


def _key(path: str, value: str) -> OtherKey:
    from workstation.dicom.other_keys import other_key  # which few ever type

    return other_key(path, value)


class FurtherCriteria(Popover):
    """A popup with a field for each of the further criteria; what is wrong is said as it is typed.

    Signals:
        changed: The keys changed.

    Attributes:
        used: Path of the field that was used last; the panel opens there. Empty: none was.
    """

    changed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, self.tr("More criteria"))
        self.fields: dict[str, QLineEdit] = {}
        self.any: list[_AnyKey] = []
        self.used = ""
        self._keywords: QStringListModel | None = None
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(14, 12, 14, 12)
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(6)
        self._note = QLabel()
        self._note.setObjectName("note")
        self._note.setTextFormat(Qt.TextFormat.PlainText)
        self._note.setWordWrap(True)
        self._note.setMinimumHeight(2 * self.fontMetrics().lineSpacing())
        self._add_fields()
        for _ in range(_ANY):
            self._add_any()

    def _add_fields(self) -> None:
        for place, (path, words, hint) in enumerate(
            (
                ("PatientBirthDate", self.tr("&Birth date"), "1960-01-31"),
                ("StudyTime", self.tr("&Time of day"), "8-12"),
                ("ReferringPhysicianName", self.tr("&Referring physician"), ""),
                ("PerformingPhysicianName", self.tr("&Performing physician"), ""),
                ("InstitutionName", self.tr("&Institution"), ""),
                ("StationName", self.tr("&Station"), ""),
                ("SeriesDescription", self.tr("Series &description"), ""),
                ("ProtocolName", self.tr("Pr&otocol"), ""),
                ("BodyPartExamined", self.tr("Bod&y part"), ""),
                ("PatientSex", self.tr("Se&x"), "F, M, O"),
                ("StudyInstanceUID", self.tr("St&udy UID"), ""),
                ("SeriesInstanceUID", self.tr("S&eries UID"), ""),
            )
        ):
            field, label = QLineEdit(), QLabel(words)
            label.setObjectName("quiet")
            label.setBuddy(field)
            field.setAccessibleName(words.replace("&", ""))
            field.setPlaceholderText(hint)
            field.setMinimumWidth(_WIDTH)
            field.textChanged.connect(self._check)
            row, column = place // _FIELDS, 2 * (place % _FIELDS)
            self._grid.addWidget(label, row, column)
            self._grid.addWidget(field, row, column + 1)
            self.fields[path] = field
        self.fields["StudyTime"].setToolTip(
            self.tr("Hours of each day of the period. For one span of date and time, choose it under Date.")
        )

    def _add_any(self) -> None:
        if self._keywords is None:
            self._keywords = QStringListModel(self)
        entry = _AnyKey(self, self._keywords)
        row = len(self.fields) // _FIELDS + len(self.any)
        label = QLabel(self.tr("&Key") if not self.any else "")
        label.setObjectName("quiet")
        if not self.any:
            label.setBuddy(entry.path)
        between = QLabel("=")
        between.setObjectName("quiet")
        self._grid.addWidget(label, row, 0)
        self._grid.addWidget(entry.path, row, 1)
        self._grid.addWidget(between, row, 2, Qt.AlignmentFlag.AlignRight)
        self._grid.addWidget(entry.value, row, 3)
        for field in (entry.path, entry.value):
            field.textChanged.connect(self._check)
        before = self.any[-1].value if self.any else self.fields["SeriesInstanceUID"]
        self.any.append(entry)
        for one, next_one in ((before, entry.path), (entry.path, entry.value)):
            QWidget.setTabOrder(one, next_one)
        self._grid.addWidget(self._note, row + 1, 0, 1, 2 * _FIELDS)

    def _typed(self) -> list[tuple[str, str, QLineEdit]]:
        """Path and value of every key that was begun, and the field with the value."""
        found = [(path, field.text(), field) for path, field in self.fields.items() if field.text().strip()]
        return found + [
            (one.path.text(), one.value.text(), one.value)
            for one in self.any
            if one.path.text().strip() or one.value.text().strip()
        ]

    @property
    def keys(self) -> tuple[OtherKey, ...]:
        """The keys as typed, each once; those that cannot be used are left out."""
        found: dict[str, OtherKey] = {}
        for path, value, _ in self._typed():
            try:
                key = _key(path, value)
            except BadInput:
                continue
            found[key.path] = key
        return tuple(found.values())

    @property
    @override
    def error(self) -> str:
        """What is wrong with the first field that cannot be used; empty: nothing."""
        return next((why for _, why in self._errors()), "")

    def _errors(self) -> list[tuple[QLineEdit, str]]:
        found, seen = [], set[str]()
        for path, value, field in self._typed():
            try:
                key = _key(path, value)
            except BadInput as bad:
                found.append((field, translated(bad.message)))
                continue
            if key.path in seen:
                twice = self.tr("{key} stands here twice; only one can be asked for.")
                found.append((field, twice.format(key=label_of(key.path))))
            seen.add(key.path)
        return found

    def set_keys(self, keys: Sequence[OtherKey]) -> None:
        """Show these keys and no others."""
        values = {key.path: key.value for key in keys}
        for path, field in self.fields.items():
            field.setText(values.pop(path, ""))
        while len(self.any) < len(values):
            self._add_any()
        rest = [*values.items(), *[("", "")] * len(self.any)]
        for entry, (path, value) in zip(self.any, rest, strict=False):
            entry.path.setText(path)
            entry.value.setText(value)

    def open_below(self, above: QWidget, path: str = "") -> None:
        """Show the panel below a widget, with the focus in the field of ``path``, else in that used last."""
        if self._keywords is not None and not self._keywords.rowCount():
            from workstation.dicom.other_keys import keywords_by_small_letters

            self._keywords.setStringList(sorted(keywords_by_small_letters().values()))
        self.adjustSize()
        corner = above.mapToGlobal(QPoint(0, above.height() + 2))
        room = above.screen().availableGeometry()
        left = max(room.left(), min(corner.x(), room.right() - self.width()))
        self.move(left, min(corner.y(), max(room.top(), room.bottom() - self.height())))
        self.show()
        others = {entry.path.text(): entry.value for entry in self.any if entry.path.text()}
        path = path or self.used
        field = self.fields.get(path) or others.get(path) or next(iter(self.fields.values()))
        wrong = self._errors()
        (wrong[0][0] if wrong else field).setFocus()

    def _check(self) -> None:
        wrong = dict(self._errors())
        self.used = next((path for path, field in self.fields.items() if field.hasFocus()), self.used)
        for _, _, field in self._typed():
            mark(field, "error", field in wrong)
        for field in self.fields.values():
            if field not in wrong:
                mark(field, "error", False)
            field.setAccessibleDescription(wrong.get(field, ""))
        self._note.setText(next(iter(wrong.values()), ""))
        mark(self._note, "error", bool(wrong))
        self.changed.emit()
