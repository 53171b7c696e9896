"""Say what a saved search looks for, on the screen."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from workstation.dicom import display
from workstation.dicom.date_periods import WORDS, Period
from workstation.dicom.date_span import ANY_DATE
from workstation.dicom.levels import Level
from workstation.dicom.matches import LIBRARY
from workstation.errors import BadInput
from workstation.models.key_labels import criteria_words
from workstation.models.translation import translate, translated

if TYPE_CHECKING:
    from workstation.dicom.saved_search import SavedSearch

_PERIODS: Final = {
    Period.HOUR: "Last hour",
    Period.HOURS: "Last 4 hours",
    Period.TODAY: "Today",
    Period.TOMORROW: "Tomorrow",
    Period.EVENING: "Since yesterday 18:00",
    Period.YESTERDAY: "Yesterday",
    Period.THIS_WEEK: "This week",
    Period.WEEK: "Last 7 days",
    Period.MONTH: "Last month",
    Period.YEAR: "Last year",
}


def period_name(words: str) -> str:
    """The name of a period that words of a line say; empty: any date."""
    named = next((period for period, said in WORDS.items() if said == words), None)
    if named is not None:
        return translate(_PERIODS[named])
    return display.plain(words) or translate("Any date")


def description(search: SavedSearch) -> list[str]:
    """Each criterion of a search with its name, then its sources."""
    try:
        criteria = search.criteria(datetime.now())
        found = criteria_words(replace(criteria, span=ANY_DATE))
        if search.period:
            found.append(f"{translate('Date')}: {period_name(search.period)}")
    except BadInput as error:
        found = [translated(error.message)]
    if search.level is Level.PATIENT:
        found.append(translate("Search by patients"))
    if search.sources is not None:
        found.append(f"{translate('Sources')}: {', '.join(map(source_name, search.sources))}")
    return found


def source_name(key: str) -> str:
    """The name of a source on the screen."""
    return translate("Library") if key == LIBRARY else display.plain(key)
