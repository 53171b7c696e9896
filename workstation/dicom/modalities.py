"""Codes of Modality (0008,0060): the defined terms with what they mean, and those that a search offers first.

Any other Code String may be asked for as well: devices send codes of their own, and the standard adds some.
"""

from __future__ import annotations

import re
from typing import Final

from workstation.errors import BadInput

MODALITIES: Final = (
    *("CT", "MR", "CR", "DX", "US", "MG", "XA", "RF", "NM", "PT"),
    *("OPT", "OP", "ES", "SM", "RTSTRUCT", "RTPLAN", "RTDOSE", "SR", "SC", "OT"),
)
"""Those that a search offers first; each is one in the line of a search, too, without a word before it."""

BARE: Final = frozenset(MODALITIES) | {
    *("IVUS", "IVOCT", "BDUS", "OPTBSV", "OPTENF", "RTIMAGE", "RTRECORD", "RTINTENT", "RTSEGANN"),
    *("CTPROTOCOL", "XAPROTOCOL", "TEXTUREMAP"),
}
"""Words of the line that are modalities without a word before them: the first ones, and what is no name."""

MEANINGS: Final = {
    "ANN": "Annotation",
    "AR": "Autorefraction",
    "ASMT": "Content assessment",
    "AU": "Audio",
    "BDUS": "Bone densitometry, ultrasound",
    "BI": "Biomagnetic imaging",
    "BMD": "Bone densitometry, X-ray",
    "CFM": "Confocal microscopy",
    "CR": "Computed radiography",
    "CT": "Computed tomography",
    "CTPROTOCOL": "CT protocol",
    "DG": "Diaphanography",
    "DMS": "Dermoscopy",
    "DOC": "Document",
    "DX": "Digital radiography",
    "ECG": "Electrocardiography",
    "EEG": "Electroencephalography",
    "EMG": "Electromyography",
    "EOG": "Electrooculography",
    "EPS": "Cardiac electrophysiology",
    "ES": "Endoscopy",
    "FID": "Fiducials",
    "GM": "General microscopy",
    "HC": "Hard copy",
    "HD": "Hemodynamic waveform",
    "IO": "Intra-oral radiography",
    "IOL": "Intraocular lens data",
    "IVOCT": "Intravascular optical coherence tomography",
    "IVUS": "Intravascular ultrasound",
    "KER": "Keratometry",
    "KO": "Key images",
    "LEN": "Lensometry",
    "LS": "Laser surface scan",
    "M3D": "Model for 3D manufacturing",
    "MG": "Mammography",
    "MR": "Magnetic resonance",
    "NM": "Nuclear medicine",
    "OAM": "Ophthalmic axial measurements",
    "OCT": "Optical coherence tomography, not of the eye",
    "OP": "Ophthalmic photography",
    "OPM": "Ophthalmic mapping",
    "OPT": "Ophthalmic tomography",
    "OPTBSV": "Ophthalmic tomography, B-scan volume analysis",
    "OPTENF": "Ophthalmic tomography, en face",
    "OPV": "Ophthalmic visual field",
    "OSS": "Optical surface scan",
    "OT": "Other",
    "PA": "Photoacoustic imaging",
    "PLAN": "Plan",
    "POS": "Position sensor",
    "PR": "Presentation state",
    "PT": "Positron emission tomography",
    "PX": "Panoramic X-ray, dental",
    "REG": "Registration",
    "RESP": "Respiratory waveform",
    "RF": "Fluoroscopy",
    "RG": "Radiography, film and screen",
    "RTDOSE": "Radiotherapy dose",
    "RTIMAGE": "Radiotherapy image",
    "RTINTENT": "Radiotherapy intent",
    "RTPLAN": "Radiotherapy plan",
    "RTRAD": "Radiotherapy radiation",
    "RTRECORD": "Radiotherapy treatment record",
    "RTSEGANN": "Radiotherapy segment annotation",
    "RTSTRUCT": "Radiotherapy structure set",
    "RWV": "Real world values",
    "SC": "Secondary capture, not a term of the standard",
    "SEG": "Segmentation",
    "SM": "Slide microscopy",
    "SMR": "Stereometric relationship",
    "SR": "Structured report",
    "SRF": "Subjective refraction",
    "STAIN": "Automated slide stainer",
    "TEXTUREMAP": "Texture map",
    "TG": "Thermography",
    "US": "Ultrasound",
    "VA": "Visual acuity",
    "XA": "X-ray angiography",
    "XAPROTOCOL": "XA protocol",
    "XC": "Photography, external camera",
    # Retired ones, which old studies have
    "AS": "Angioscopy (retired)",
    "CD": "Color flow Doppler (retired)",
    "CF": "Cinefluorography (retired)",
    "CP": "Colposcopy (retired)",
    "CS": "Cystoscopy (retired)",
    "DD": "Duplex Doppler (retired)",
    "DF": "Digital fluoroscopy (retired)",
    "DM": "Digital microscopy (retired)",
    "DS": "Digital subtraction angiography (retired)",
    "EC": "Echocardiography (retired)",
    "FA": "Fluorescein angiography (retired)",
    "FS": "Fundoscopy (retired)",
    "LP": "Laparoscopy (retired)",
    "MA": "Magnetic resonance angiography (retired)",
    "MS": "Magnetic resonance spectroscopy (retired)",
    "OPR": "Ophthalmic refraction (retired)",
    "ST": "Single-photon emission tomography (retired)",
    "VF": "Videofluorography (retired)",
}
"""What each code means: the defined terms of PS3.3 C.7.3.1.1.1, and SC, which many devices send."""

_CODE = re.compile(r"[A-Z0-9_](?:[A-Z0-9_ ]{0,14}[A-Z0-9_])?")


def is_modality(code: str) -> bool:
    """Whether ``code`` can be a value of Modality, known or not: a Code String (PS3.5 6.2)."""
    return bool(_CODE.fullmatch(code))


def modalities(typed: str) -> tuple[str, ...]:
    """The codes of a list with commas, or backslashes, each once; small letters become capitals.

    Raises:
        BadInput: One of them cannot be a code.
    """
    codes = [code.strip().upper() for code in re.split(r"[,\\]", typed) if code.strip()]
    for code in codes:
        if not is_modality(code):
            advice = "a code has letters, digits, blanks and underscores, at most 16."
            raise BadInput("modality", code, advice)
    return tuple(dict.fromkeys(codes))
