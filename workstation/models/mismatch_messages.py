"""Say how answers differ from what was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from workstation.dicom import display
from workstation.dicom.criteria import Criteria
from workstation.dicom.mismatch import DATES, KEY, Mismatch
from workstation.errors import UserMessage
from workstation.models.key_labels import label_of
from workstation.models.translation import translate

_LONGEST: Final = 40
_TYPED: Final = ("name", "patient_id", "accession", "description")


def counted(criteria: Criteria, mismatches: Sequence[Mismatch]) -> str:
    """Say how many answers do not fit, with what was typed if they differ in that alone."""
    typed = {
        getattr(criteria, field)
        for mismatch in mismatches
        for field in mismatch.differs or ("",)
        if field in _TYPED
    }
    alone = all(field in _TYPED for mismatch in mismatches for field in mismatch.differs)
    if alone and len(typed) == 1:
        text = _short(typed.pop())
        if len(mismatches) == 1:
            return translate("1 answer does not look like “{typed}”", typed=text)
        return translate("{n} answers do not look like “{typed}”", n=len(mismatches), typed=text)
    if len(mismatches) == 1:
        return translate("1 answer does not look like what was asked for")
    return translate("{n} answers do not look like what was asked for", n=len(mismatches))


def _short(typed: object) -> str:
    text = display.plain(str(typed))
    return display.isolated(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")


def difference(criteria: Criteria, field: str) -> UserMessage:
    """Say how an answer differs in one criterion."""
    if field == DATES:
        if criteria.span.timed:
            return UserMessage("The study date and time are not among those asked for.")
        return UserMessage("The study date is not one of those asked for.")
    if field.startswith(KEY):
        path = field.removeprefix(KEY)
        typed = next((key.value for key in criteria.others if key.path == path), "")
        return UserMessage("{key} does not look like “{typed}”.", key=label_of(path), typed=_short(typed))
    if field == "modalities":
        wanted = ", ".join(criteria.modalities)
        return UserMessage(
            "The modality is none of those asked for ({wanted}).", wanted=display.plain(wanted)
        )
    words = {
        "name": "The name does not look like “{typed}”.",
        "patient_id": "The patient ID does not look like “{typed}”.",
        "accession": "The accession number does not look like “{typed}”.",
        "description": "The description does not look like “{typed}”.",
    }
    return UserMessage(words[field], typed=_short(getattr(criteria, field)))
