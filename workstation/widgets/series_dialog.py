"""Choose which series of studies are fetched."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from workstation.dicom import display
from workstation.dicom.series_choice import WITHOUT_IMAGES, SeriesChoice, SeriesFacts
from workstation.models.translation import image_count
from workstation.widgets.dialog_buttons import ok_and_cancel
from workstation.widgets.python_slot import python_slot
from workstation.widgets.scrolling import fit

_LIST_HEIGHT = 60
"""Of the modalities at least, in pixels. They have the rest of the dialog: nothing moves when they come."""


class SeriesDialog(QDialog):
    """Modalities to tick, words of the description, and what comes of it in numbers.

    Attributes:
        choice: What is wanted.
        boxes: By modality, once the series are known.
    """

    def __init__(self, title: str, choice: SeriesChoice, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Fetch only some series"))
        fit(self, QSize(460, 470))
        self.choice = choice
        self.boxes: dict[str, QCheckBox] = {}
        self._series: list[SeriesFacts] = []
        self.preset = QCheckBox(self.tr("&Without {codes}").format(codes=", ".join(WITHOUT_IMAGES)))
        self.preset.setChecked(choice.without_images)
        self.words = QLineEdit(choice.words)
        self.words.setPlaceholderText(self.tr("Words of the series description"))
        self.words.setAccessibleName(self.words.placeholderText())
        self.words.setClearButtonEnabled(True)
        self.sum = _label("")
        self.sum.setMinimumHeight(2 * self.sum.fontMetrics().lineSpacing())  # so much may stand there
        self.sum.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.buttons = ok_and_cancel(self.tr("Fetch"))
        self.ok = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        self.ok.setEnabled(False)
        self._list = QWidget()
        self._rows = QVBoxLayout(self._list)
        self._rows.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._lay_out(title)
        self.preset.clicked.connect(lambda: self._take_preset())
        self.words.textChanged.connect(self._take_words)
        self.buttons.accepted.connect(python_slot(self.accept))
        self.buttons.rejected.connect(python_slot(self.reject))
        self.words.setFocus()

    def show_listing(self, listed: int, studies: int) -> None:
        """Show how many studies are listed; all that is to be seen until the series are known."""
        words = self.tr("Asking which series there are: {n} of 1 study…")
        if studies != 1:
            words = self.tr("Asking which series there are: {n} of {m} studies…")
        self.sum.setText(words.format(n=listed, m=studies))

    def show_series(self, series: Sequence[SeriesFacts], unlisted: int) -> None:
        """Offer these series; ``unlisted``: studies of which they could not be learnt."""
        self._series = list(series)
        for code in dict.fromkeys(sorted(one.modality for one in series)):
            box = self.boxes[code] = QCheckBox(self._modality(code))
            box.clicked.connect(partial(self._take_modality, code, box))
            self._rows.addWidget(box)
        if unlisted:
            one = self.tr("1 study could not be listed: nothing of it is fetched.")
            many = self.tr("{n} studies could not be listed: nothing of them is fetched.")
            self._rows.addWidget(_label(display.counted(unlisted, one, many)))
        self._follow()

    def _modality(self, code: str) -> str:
        of_it = [one for one in self._series if one.modality == code]
        name = display.plain(code).replace("&", "&&") or self.tr("Modality not told")
        return f"{name}  ·  {self._numbers(of_it)}"

    def _numbers(self, series: Sequence[SeriesFacts]) -> str:
        counts = [one.images for one in series]
        text = display.counted(len(series), self.tr("1 series"), self.tr("{n} series"))
        if None in counts:
            return text
        total = sum(count or 0 for count in counts)
        return f"{text}, {image_count(total)}"

    def _take_modality(self, code: str, box: QCheckBox) -> None:
        self.choice = self.choice.with_modality(code, wanted=box.isChecked())
        self._follow()

    def _take_preset(self) -> None:
        self.choice = self.choice.with_modalities(WITHOUT_IMAGES, wanted=not self.preset.isChecked())
        self._follow()

    def _take_words(self, words: str) -> None:
        self.choice = SeriesChoice(self.choice.left_out, words)
        self._follow()

    def _follow(self) -> None:
        for code, box in self.boxes.items():
            box.setChecked(code not in self.choice.left_out)
        self.preset.setChecked(self.choice.without_images)
        if not self._series:
            return
        wanted = [one for one in self._series if self.choice.takes(one)]
        missing = [one for one in wanted if not one.here]
        self.ok.setEnabled(bool(missing))
        words = self.tr("{wanted} of {all} series chosen. To be fetched: {numbers}.")
        if wanted and not missing:
            words = self.tr("{wanted} of {all} series chosen. They are here already.")
        if not wanted:
            words = self.tr("None of {all} series chosen.")
        text = words.format(wanted=len(wanted), all=len(self._series), numbers=self._numbers(missing))
        untold = sum(not one.description for one in self._series)
        if self.choice.words.split() and untold:
            one, many = self.tr("1 series has no description."), self.tr("{n} series have no description.")
            text = f"{text} {display.counted(untold, one, many)}"
        self.sum.setText(text)

    def _lay_out(self, title: str) -> None:
        area = QScrollArea()
        area.setWidget(self._list)
        area.setWidgetResizable(True)
        area.setMinimumHeight(_LIST_HEIGHT)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(10)
        column.addWidget(_label(title))
        column.addWidget(area, 1)
        for widget in (self.preset, self.words, self.sum, self.buttons):
            column.addWidget(widget)


def _label(text: str) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label
