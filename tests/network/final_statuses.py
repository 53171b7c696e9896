"""Statuses of final responses, and what each means (PS3.7 Annex C)."""

from __future__ import annotations

from workstation.dicom.statuses import StatusClass

SUCCESS, CANCEL, WARNING, FAILURE = (
    StatusClass.SUCCESS, StatusClass.CANCEL, StatusClass.WARNING, StatusClass.FAILURE,
)  # fmt: skip
FINALS = {
    0x0000: SUCCESS,
    0xFE00: CANCEL,
    0x0001: WARNING,
    0x0107: WARNING,
    0x0116: WARNING,
    0xB000: WARNING,
    0xB006: WARNING,
    0xB007: WARNING,
    0xBFFF: WARNING,
    0xA700: FAILURE,
    0xA701: FAILURE,
    0xA702: FAILURE,
    0xA801: FAILURE,
    0xA900: FAILURE,
    0xC000: FAILURE,
    0xC413: FAILURE,
    0x0110: FAILURE,
    0x0122: FAILURE,
    0x0124: FAILURE,
    0x0211: FAILURE,
    0xABCD: FAILURE,
    0xFF02: FAILURE,
    None: FAILURE,
}
