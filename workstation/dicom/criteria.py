"""The search criteria of the user."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from workstation.dicom.date_span import DateSpan

if TYPE_CHECKING:
    from datetime import date, time

    from workstation.dicom.other_keys import OtherKey


_ANYTHING = ' *"^,'
"""Characters that alone ask for any value, as a name or as another text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """The search form's values, as typed; an empty field matches anything.

    The period is one span from moment to moment. Hours of each of its days are a further key, StudyTime.

    Attributes:
        name: Patient's name, see :func:`workstation.dicom.name_pattern.name_pattern`.
        patient_id: Patient ID; ``*`` and ``?`` are wildcards.
        accession: Accession number; wildcards as above.
        description: Study description; a part of it is enough, or words of it in their order.
        modalities: Any of these must occur in the study; empty: all.
        date_from: First study date, inclusive.
        date_to: Last study date, inclusive.
        time_from: Time on the first day at which the period begins; of no meaning without that day.
        time_to: Time on the last day at which it ends; likewise.
        others: Further keys, each once; those of series must all fit one series of the study.
    """

    name: str = ""
    patient_id: str = ""
    accession: str = ""
    description: str = ""
    modalities: tuple[str, ...] = ()
    date_from: date | None = None
    date_to: date | None = None
    time_from: time | None = None
    time_to: time | None = None
    others: tuple[OtherKey, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing at all was asked for."""
        return self == Criteria()

    @property
    def fits_all(self) -> bool:
        """Whether any study fits: stars alone ask for no value (PS3.4 C.2.2.2.3, C.2.2.2.4)."""
        texts = (self.name, self.patient_id, self.accession, self.description)
        typed = any(text.strip(_ANYTHING) for text in (*texts, *(key.value for key in self.others)))
        return not typed and not self.modalities and self.span == DateSpan()

    @property
    def of_any_date(self) -> bool:
        """Whether a patient or a study is looked for, be it of any date; else no date typed means today's."""
        texts = any(text.strip() for text in (self.name, self.patient_id, self.accession, self.description))
        return texts or any(key.path != "StudyTime" for key in self.others)

    @property
    def span(self) -> DateSpan:
        """The period."""
        return DateSpan(self.date_from, self.date_to, self.time_from, self.time_to)

    def with_span(self, span: DateSpan) -> Criteria:
        """The same with another period."""
        return replace(self, date_from=span.first, date_to=span.last, time_from=span.begin, time_to=span.end)
