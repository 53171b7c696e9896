"""The codes of modalities: which are known, and what may be one."""

from __future__ import annotations

import pytest

from workstation.dicom.modalities import BARE, MEANINGS, MODALITIES, is_modality, modalities
from workstation.errors import BadInput


def test_all_that_are_offered_or_read_are_known_and_may_be_asked_for() -> None:
    assert set(MODALITIES) <= set(MEANINGS)
    assert set(MEANINGS) >= BARE
    assert all(map(is_modality, MEANINGS))
    assert all(MEANINGS.values())


@pytest.mark.parametrize("code", ["", " ", "px", " PX", "PX ", "P-X", "P\\X", "A" * 17, "Ä", "P*"])
def test_what_cannot_be_a_code(code: str) -> None:
    assert not is_modality(code)


def test_a_list_is_read_in_any_letter_case_and_each_once() -> None:
    assert modalities(" px,KO,,own code\\px ") == ("PX", "KO", "OWN CODE")
    assert modalities("A" * 16) == ("A" * 16,)
    with pytest.raises(BadInput):
        modalities("CT,P*")
