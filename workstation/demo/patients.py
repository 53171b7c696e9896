"""Defines the invented patients of the demo archive, in many character sets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from workstation.demo.phantoms.chest_ct import Build
from workstation.demo.phantoms.head import Head

_AVERAGE = Build(0)
_HEAD = Head(0)


@dataclass(frozen=True, kw_only=True)
class Patient:
    """An invented patient.

    Attributes:
        name: Patient's Name, all component groups.
        id: Patient ID.
        charset: Specific Character Set of everything about the patient.
        born: Date of birth.
        sex: F or M.
        chest: What the thorax looks like.
        head: What the head looks like.
    """

    name: str
    id: str
    charset: tuple[str, ...]
    born: date
    sex: str
    chest: Build = _AVERAGE
    head: Head = _HEAD


NORDIC = Patient(
    name="Åkesson-Nørby^Élodie",
    id="DEMO-1001",
    charset=("ISO_IR 100",),
    born=date(1961, 3, 14),
    sex="F",
    chest=Build(1, nodule=6.0),
)
CHINESE = Patient(
    name="Lin^Yueqing=林^月清",
    id="DEMO-1002",
    charset=("GB18030",),
    born=date(1984, 9, 2),
    sex="F",
    head=Head(4, scale=0.97),
)
JAPANESE = Patient(
    name="Kiritani^Sayo=桐谷^小夜=きりたに^さよ",
    id="DEMO-1003",
    charset=("", "ISO 2022 IR 87"),
    born=date(1949, 11, 28),
    sex="F",
    head=Head(3, scale=0.96, ventricles=1.35),
)
GREEK = Patient(
    name="Φωτεινάκης^Ιάσων",
    id="DEMO-1004",
    charset=("ISO_IR 126",),
    born=date(1972, 6, 30),
    sex="M",
    chest=Build(7, 1.03),
)
ARABIC = Patient(name="الطحان^ليلى", id="DEMO-1005", charset=("ISO_IR 127",), born=date(1990, 1, 19), sex="F")
UNICODE = Patient(
    name="Żółkiewicz-Dvořák^Bořivoj",
    id="DEMO-1006",
    charset=("ISO_IR 192",),
    born=date(1955, 8, 8),
    sex="M",
    head=Head(9, 1.02, 1.2),
)
LONGEST = Patient(
    name="Featherstonethwaite-Cholmonderhay^Maximiliana Wilhelmina^Aurelia",
    id="DEMO-1007",
    charset=(),
    born=date(1938, 12, 24),
    sex="F",
)
PLAIN = Patient(
    name="Harrowgate^Tobias^^Dr",
    id="DEMO-1008",
    charset=(),
    born=date(1967, 4, 5),
    sex="M",
    chest=Build(5, 1.04),
)
CYRILLIC = Patient(
    name="Зимородкин^Лев",
    id="DEMO-1009",
    charset=("ISO_IR 144",),
    born=date(2001, 7, 17),
    sex="M",
    head=Head(12),
)

PATIENTS = (NORDIC, CHINESE, JAPANESE, GREEK, ARABIC, UNICODE, LONGEST, PLAIN, CYRILLIC)
