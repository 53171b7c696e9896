"""Mask what may be a patient's in a data set: everything but what is known to be harmless.

UIDs, dates and descriptions are masked, too: they identify a study (PS3.15 E.1). A list of what is harmful
would miss what an archive invents.
"""

from __future__ import annotations

from collections.abc import Iterable

from workstation.dicom.json_model import Json, json_model
from workstation.dicom.lenient_dataset import Element

MASK = "••••"
"""Shown in place of a value."""

HARMLESS = frozenset(
    {
        0x00080005,  # Specific Character Set
        0x00080016,  # SOP Class UID
        0x00080052,  # Query/Retrieve Level
        0x00080056,  # Instance Availability
        0x00080060,  # Modality
        0x00080061,  # Modalities in Study
        0x00080062,  # SOP Classes in Study
        0x00080201,  # Timezone Offset From UTC
        0x00180015,  # Body Part Examined
        0x00200011,  # Series Number
        0x00200013,  # Instance Number
        *range(0x00201200, 0x0020120A, 2),  # Number of … Related …
        *range(0x00201201, 0x0020120B, 2),
        0x00280008,  # Number of Frames
        0x00280010,  # Rows
        0x00280011,  # Columns
    }
)
"""Tags of elements whose values are shown."""


def is_masked(element: Element) -> bool:
    """Whether the value of an element is hidden; of a sequence, its elements are."""
    return element.vr != "SQ" and bool(element.values) and element.tag not in HARMLESS


def masked_model(elements: Iterable[Element]) -> Json:
    """The JSON object of a data set without what may be a patient's: ``"masked": true`` stands there."""
    out: Json = {}
    for element in elements:
        name = f"{element.tag:08X}"
        if element.vr == "SQ":
            out[name] = {"vr": "SQ"}
            if element.values:
                out[name]["Value"] = [
                    masked_model(item) for item in element.values if isinstance(item, tuple)
                ]
        elif is_masked(element) or not element.valid:
            out[name] = {"vr": element.vr, "masked": True}
        else:
            out |= json_model([element])
    return out
