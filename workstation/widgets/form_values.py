"""The settings of the search form that the next start finds as they were; nothing about a patient."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QDate, Qt

from workstation.dicom.date_periods import Period
from workstation.widgets.criteria_bar import CriteriaBar

_SEPARATOR = "\n"


def form_values(bar: CriteriaBar) -> dict[str, str]:
    """The settings, as text."""
    dates = bar.dates
    return {
        "modalities": _SEPARATOR.join(bar.modality.chosen),
        "period": dates.period.value if dates.by_user else "",
        "first": dates.first.date().toString(Qt.DateFormat.ISODate),
        "last": dates.last.date().toString(Qt.DateFormat.ISODate),
        "by": bar.level.value,
        "unticked": _SEPARATOR.join(sorted(bar.source_boxes.unticked)),
    }


def restore_form(bar: CriteriaBar, values: Mapping[str, str]) -> None:
    """Restore what :func:`form_values` gave; missing or invalid values are skipped."""
    dates = bar.dates
    bar.modality.choose(values.get("modalities", "").split(_SEPARATOR))
    for name, days in (("first", dates.first), ("last", dates.last)):
        day = QDate.fromString(values.get(name, ""), Qt.DateFormat.ISODate)
        if day.isValid():
            days.setDate(day)
    if values.get("period") in list(Period):
        dates.choose(Period(values["period"]))
    bar.by.setCurrentIndex(max(0, bar.by.findData(values.get("by", ""))))
    bar.source_boxes.untick(filter(None, values.get("unticked", "").split(_SEPARATOR)))
