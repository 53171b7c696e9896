"""Who is examined in the demo archive: invented people, in the character sets of the world."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from workstation.demo.phantoms.chest_ct import Build
from workstation.demo.phantoms.head import Head

_AVERAGE = Build(0)
_HEAD = Head(0)


@dataclass(frozen=True)
class Patient:
    """An invented person.

    Attributes:
        name: Patient's Name, all component groups.
        id: Patient ID.
        charset: Specific Character Set of everything about this person.
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
    "Åkesson-Nørby^Élodie", "DEMO-1001", ("ISO_IR 100",), date(1961, 3, 14), "F", Build(1, nodule=6.0)
)
CHINESE = Patient(
    "Lin^Yueqing=林^月清", "DEMO-1002", ("GB18030",), date(1984, 9, 2), "F", head=Head(4, scale=0.97)
)
JAPANESE = Patient(
    "Kiritani^Sayo=桐谷^小夜=きりたに^さよ",
    "DEMO-1003",
    ("", "ISO 2022 IR 87"),
    date(1949, 11, 28),
    "F",
    head=Head(3, scale=0.96, ventricles=1.35),
)
GREEK = Patient("Φωτεινάκης^Ιάσων", "DEMO-1004", ("ISO_IR 126",), date(1972, 6, 30), "M", Build(7, 1.03))
ARABIC = Patient("الطحان^ليلى", "DEMO-1005", ("ISO_IR 127",), date(1990, 1, 19), "F")
UNICODE = Patient(
    "Żółkiewicz-Dvořák^Bořivoj", "DEMO-1006", ("ISO_IR 192",), date(1955, 8, 8), "M", head=Head(9, 1.02, 1.2)
)
LONGEST = Patient(
    "Featherstonethwaite-Cholmonderhay^Maximiliana Wilhelmina^Aurelia",
    "DEMO-1007",
    (),
    date(1938, 12, 24),
    "F",
)
PLAIN = Patient("Harrowgate^Tobias^^Dr", "DEMO-1008", (), date(1967, 4, 5), "M", Build(5, 1.04))
CYRILLIC = Patient("Зимородкин^Лев", "DEMO-1009", ("ISO_IR 144",), date(2001, 7, 17), "M", head=Head(12))

PATIENTS = (NORDIC, CHINESE, JAPANESE, GREEK, ARABIC, UNICODE, LONGEST, PLAIN, CYRILLIC)
