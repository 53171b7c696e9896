"""The page “Queries” of a node: its worklist, and what is proposed by extended negotiation (PS3.4 C.5)."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QLabel, QWidget

from workstation.dicom.nodes import WorklistOffer
from workstation.dicom.query_options import QueryOptions
from workstation.widgets.choice_box import ChoiceBox
from workstation.widgets.form import Form, Note


class QueriesPage(QWidget):
    """Whether the node is asked for a worklist, and options of queries, off at first.

    Signals:
        changed: A field changed.
    """

    changed = Signal()

    def __init__(self, start: QueryOptions, worklist: WorklistOffer = WorklistOffer.AUTOMATIC) -> None:
        super().__init__()
        self._start = start
        self.fuzzy_names = QCheckBox(self.tr("&Fuzzy names: similar names match, too"))
        self.time_zone = QCheckBox(self.tr("&Dates and times in the time zone of this computer"))
        self.relational = QCheckBox(self.tr("Relational &queries: studies are listed without patients first"))
        self.combined_times = QCheckBox(self.tr("&From – to with times is sent as one period"))
        self._boxes = {
            "fuzzy_names": (self.fuzzy_names, self.tr("Which names are similar enough is for the archive.")),
            "combined_times": (self.combined_times, self.tr("Otherwise answers are sorted out here.")),
            "time_zone": (self.time_zone, self.tr("For an archive that holds studies of other time zones.")),
            "relational": (self.relational, self.tr("For an archive that offers Patient Root only.")),
        }
        self.worklist = ChoiceBox(
            (
                (WorklistOffer.AUTOMATIC, self.tr("Automatic")),
                (WorklistOffer.YES, self.tr("Yes")),
                (WorklistOffer.NO, self.tr("No")),
            ),
            worklist,
        )
        self.worklist.currentIndexChanged.connect(self.changed)
        form = Form(self)
        form.field(self.tr("&Worklist"), self.worklist, Note(self.tr("Automatic: as its check tells")))
        for name, (box, note) in self._boxes.items():
            box.setChecked(getattr(start, name))
            box.toggled.connect(self.changed)
            form.across(box)
            form.across(_hint(note))
        form.across(_hint(self.tr("Proposed to the archive, which may decline: queries are then as usual.")))
        form.end()

    @property
    def options(self) -> QueryOptions:
        """The options as entered."""
        return replace(self._start, **{name: box.isChecked() for name, (box, _) in self._boxes.items()})


def _hint(text: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName("quiet")
    label.setWordWrap(True)
    return label
