"""The settings of the search form that the next start finds as they were; nothing about a patient."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from workstation.dicom.date_periods import WORDS, Period
from workstation.errors import BadInput
from workstation.widgets.criteria_bar import CriteriaBar

_SEPARATOR = "\n"
_ANY = "any"
_YES = "yes"


def form_values(bar: CriteriaBar) -> dict[str, str]:
    """The settings, as text."""
    dates = bar.dates
    return {
        "modalities": _SEPARATOR.join(bar.modality.chosen),
        "dates": (dates.words or _ANY) if dates.by_user and not dates.error else "",
        "by": bar.level.value,
        "line": _YES if bar.line_used else "",
        "further": bar.further.used,
        "unticked": _SEPARATOR.join(sorted(bar.source_boxes.unticked)),
    }


def restore_form(bar: CriteriaBar, values: Mapping[str, str]) -> None:
    """Restore what :func:`form_values` gave; missing or invalid values are skipped.

    Earlier versions kept the name of the period.
    """
    dates = bar.dates
    bar.modality.choose(values.get("modalities", "").split(_SEPARATOR))
    words = values.get("dates", "")
    if words == _ANY or values.get("period") == Period.ANY:
        dates.choose(Period.ANY)
    elif words or values.get("period") in WORDS:
        with suppress(BadInput):
            dates.choose_words(words or WORDS[Period(values["period"])])
    bar.line_used = values.get("line") == _YES
    bar.further.used = values.get("further", "")
    bar.by.setCurrentIndex(max(0, bar.by.findData(values.get("by", ""))))
    bar.source_boxes.untick(filter(None, values.get("unticked", "").split(_SEPARATOR)))
