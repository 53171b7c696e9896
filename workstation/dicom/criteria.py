"""The search criteria of the user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from workstation.dicom.date_span import ANY_DATE, DateSpan

if TYPE_CHECKING:
    from workstation.dicom.other_keys import OtherKey


HOURS: Final = "StudyTime"
"""The path of the further key that asks for hours of each day of the period."""

_ANYTHING = ' *"^,'
"""Characters that alone ask for any value, as a name or as another text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """The search form's values, as typed; an empty field matches anything.

    The period is one span from moment to moment. Hours of each of its days are a further key, :data:`HOURS`.

    Attributes:
        name: Patient's name, see :func:`workstation.dicom.name_pattern.name_pattern`.
        patient_id: Patient ID; ``*`` and ``?`` are wildcards.
        accession: Accession number; wildcards as above.
        description: Study description; a part of it is enough, or words of it in their order.
        modalities: Any of these must occur in the study; empty: all.
        span: The period.
        others: Further keys, each once; those of series must all fit one series of the study.
    """

    name: str = ""
    patient_id: str = ""
    accession: str = ""
    description: str = ""
    modalities: tuple[str, ...] = ()
    span: DateSpan = ANY_DATE
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
        return not typed and not self.modalities and self.span == ANY_DATE

    @property
    def of_any_date(self) -> bool:
        """Whether a patient or a study is looked for, be it of any date; else no date typed means today's."""
        texts = any(text.strip() for text in (self.name, self.patient_id, self.accession, self.description))
        return texts or any(key.path != HOURS for key in self.others)

    @property
    def of_hours(self) -> bool:
        """Whether hours of each day are asked for."""
        return any(key.path == HOURS for key in self.others)
