"""An archive that tells much of its series, and whose studies grow between two searches."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import count

from tests.peers import wire
from tests.peers.answering import Answering

_JPEG, _JPEG_LOSSLESS, _PLAIN = "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.1"
_PEOPLE = (
    ("Yamada^Tarou=山田^太郎=やまだ^たろう", "頭部 CT", 348, 24),
    ("Adams^John Robert^Quincy^Rev.^B.A.", "Thorax with contrast", 1212, 240),
    ("قباني^لنزار", "Knee", 87, 0),
    ("王^小东", "胸部平扫", 64, -4),
    ("von der Hohenfels-Wittgenstein^Maximiliane Elisabeth", "Abdomen", 3480, 0),
)
_SERIES = (
    (1, "Topogram", "HEAD", "", "", "00", (_PLAIN,)),
    (2, "Axial", "HEAD", "Routine head", "5", "00", (_JPEG_LOSSLESS,)),
    (3, "Axial thin", "HEAD", "Routine head", "0.625", "01", (_JPEG,)),
    (4, "Dose report", "", "", "", "", ()),
)


def series_archive() -> Answering:
    """One that counts more at each search."""
    searches = count()
    return Answering(study=lambda question: list(_studies(next(searches))), series=list(_series()))


def _studies(searches: int) -> Iterable[bytes]:
    today = f"{date.today():%Y%m%d}".encode()
    for number, (name, description, images, more) in enumerate(_PEOPLE, 1):
        yield wire.explicit(
            (0x00080005, "CS", b"ISO_IR 192"),
            (0x00080020, "DA", today),
            (0x00080052, "CS", b"STUDY "),
            (0x00080061, "CS", b"CT"),
            (0x00081030, "LO", description.encode()),
            (0x00100010, "PN", name.encode()),
            (0x00100020, "LO", f"P{number}".encode()),
            (0x00100030, "DA", b"19610203"),
            (0x00100040, "CS", b"O "),
            (0x0020000D, "UI", f"1.2.{number}".encode()),
            (0x00201206, "IS", b"4 "),
            (0x00201208, "IS", str(images + min(searches, 1) * more).encode()),
        )


def _series() -> Iterable[bytes]:
    for number, description, part, protocol, thickness, lossy, syntaxes in _SERIES:
        yield wire.explicit(
            (0x00080052, "CS", b"SERIES"),
            (0x00080060, "CS", b"CT"),
            (0x00083002, "UI", "\\".join(syntaxes).encode()),
            (0x0008103E, "LO", description.encode()),
            (0x00180015, "CS", part.encode()),
            (0x00180050, "DS", thickness.encode()),
            (0x00181030, "LO", protocol.encode()),
            (0x0020000D, "UI", b"1.2.1"),
            (0x0020000E, "UI", f"1.2.1.{number}".encode()),
            (0x00200011, "IS", str(number).encode()),
            (0x00201209, "IS", str(87 * number).encode()),
            (0x00282110, "CS", lossy.encode()),
        )
