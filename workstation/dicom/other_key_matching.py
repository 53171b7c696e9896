"""Check whether the told values of an answer fit the further keys of a search."""

from __future__ import annotations

from collections.abc import Iterable

from workstation.dicom.matches import Told
from workstation.dicom.name_pattern import name_pattern
from workstation.dicom.other_keys import PARTS, OtherKey
from workstation.dicom.text_pattern import part_of_text


def fits(key: OtherKey, answered: str) -> bool:
    """Whether an answered value, which is not empty, fits what was typed."""
    from workstation.dicom.key_matching import value_fits  # it needs pydicom

    if key.vr == "UI":
        return answered in key.value.split("\\")
    if key.vr == "PN":
        return name_pattern(key.value).fits_answer(answered)
    if key.vr in PARTS:
        return part_of_text(key.value).fits(answered)
    return value_fits(key.vr, key.key, answered)


def told_fit(keys: Iterable[OtherKey], told: Told) -> bool:
    """Whether an answer fits the further keys that it has values for."""
    for key in keys:
        values = [value for path, value in told if path == key.path]
        if values and not any(fits(key, value) for value in values):
            return False
    return True


def untold(keys: Iterable[OtherKey], told: Told) -> list[str]:
    """The paths of the further keys that an answer has no value for."""
    paths = {path for path, _ in told}
    return [key.path for key in keys if key.path not in paths]
