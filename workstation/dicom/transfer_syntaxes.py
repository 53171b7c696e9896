"""The transfer syntaxes (PS3.5 10, PS3.6 A): what each is, and what this program does with it.

Each is declared once, in :data:`TRANSFER_SYNTAXES`. From here come what is proposed and accepted in an
association, how a data set is parsed, what is decoded, and what is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final


class Proposed(Enum):
    """When a transfer syntax is proposed for objects that are retrieved."""

    USUAL = auto()
    RARE = auto()
    """Only for what an archive could not send in a usual one."""
    NEVER = auto()


class Loss(Enum):
    """Whether pixel data in a transfer syntax may have lost information."""

    NEVER = auto()
    POSSIBLE = auto()
    ALWAYS = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferSyntax:
    """One transfer syntax.

    Attributes:
        uid: Its UID.
        name: A few words for the corner of a picture, untranslated; empty: the name in the standard.
        proposed: When it is proposed; what is proposed in any case is accepted, too.
        loss: Whether its pixel data may have lost information by compression.
        decodable: Its pixel data can be shown and converted.
        encapsulated: Its pixel data stand in fragments (PS3.5 A.4).
        deflated: The whole data set is deflated (PS3.5 A.5).
        big_endian: It is in Big Endian byte order.
        implicit: Its elements stand without their VR.
        video: Its pixel data are one video stream.
    """

    uid: str
    name: str = ""
    proposed: Proposed = Proposed.USUAL
    loss: Loss = Loss.POSSIBLE
    decodable: bool = False
    encapsulated: bool = True
    deflated: bool = False
    big_endian: bool = False
    implicit: bool = False
    video: bool = False


IMPLICIT_LE: Final = "1.2.840.10008.1.2"
EXPLICIT_LE: Final = "1.2.840.10008.1.2.1"
DEFLATED_LE: Final = "1.2.840.10008.1.2.1.99"
EXPLICIT_BE: Final = "1.2.840.10008.1.2.2"
UNCOMPRESSED_FRAGMENTS: Final = "1.2.840.10008.1.2.1.98"
RLE: Final = "1.2.840.10008.1.2.5"
DEFLATED_FRAME: Final = "1.2.840.10008.1.2.8.1"
_PREFIX: Final = "1.2.840.10008.1.2.4."

PLAIN: Final = (EXPLICIT_LE, IMPLICIT_LE)
"""What every peer takes one of."""


def _native(uid: str, name: str, *, deflated: bool = False, big: bool = False) -> TransferSyntax:
    return TransferSyntax(
        uid=uid,
        name=name,
        loss=Loss.NEVER,
        decodable=True,
        encapsulated=False,
        deflated=deflated,
        big_endian=big,
        implicit=uid == IMPLICIT_LE,
    )


def _usual(uid: str, name: str, loss: Loss = Loss.NEVER) -> TransferSyntax:
    return TransferSyntax(uid=uid, name=name, loss=loss, decodable=True)


def _rare(uid: str, name: str = "", loss: Loss = Loss.POSSIBLE, *, decodable: bool = False) -> TransferSyntax:
    return TransferSyntax(uid=uid, name=name, proposed=Proposed.RARE, loss=loss, decodable=decodable)


def _video(number: str) -> TransferSyntax:
    return TransferSyntax(uid=_PREFIX + number, proposed=Proposed.RARE, video=True)


def _never(number: str) -> TransferSyntax:
    return TransferSyntax(uid=_PREFIX + number, proposed=Proposed.NEVER)


def _referenced(number: str, *, deflated: bool = False) -> TransferSyntax:
    return TransferSyntax(
        uid=_PREFIX + number, proposed=Proposed.NEVER, encapsulated=False, deflated=deflated
    )


TRANSFER_SYNTAXES: Final = (
    _native(EXPLICIT_LE, "uncompressed"),
    _native(IMPLICIT_LE, "uncompressed"),
    _usual(_PREFIX + "50", "JPEG", Loss.ALWAYS),
    _usual(_PREFIX + "51", "JPEG 12 bit", Loss.ALWAYS),
    _usual(_PREFIX + "57", "JPEG lossless"),
    _usual(_PREFIX + "70", "JPEG lossless"),
    _usual(_PREFIX + "80", "JPEG-LS lossless"),
    _usual(_PREFIX + "81", "JPEG-LS near-lossless", Loss.ALWAYS),
    _usual(_PREFIX + "90", "JPEG 2000 lossless"),
    _usual(_PREFIX + "91", "JPEG 2000", Loss.POSSIBLE),
    _usual(_PREFIX + "201", "HTJ2K lossless"),
    _usual(RLE, "RLE"),
    _native(EXPLICIT_BE, "uncompressed, big endian", big=True),
    _native(DEFLATED_LE, "deflated", deflated=True),
    _rare(_PREFIX + "202", "HTJ2K lossless", Loss.NEVER, decodable=True),  # RPCL
    _rare(_PREFIX + "203", "HTJ2K", decodable=True),
    _rare(_PREFIX + "92", loss=Loss.NEVER),  # JPEG 2000 part 2, multi-component
    _rare(_PREFIX + "93"),
    *(_video(str(number)) for number in range(100, 109)),  # MPEG2, H.264, HEVC
    _rare(_PREFIX + "52"),  # JPEG, retired
    _rare(_PREFIX + "53"),
    _rare(_PREFIX + "55"),
    _rare(_PREFIX + "110", "JPEG XL lossless", Loss.NEVER),
    _rare(_PREFIX + "111", "JPEG XL of JPEG"),
    _rare(_PREFIX + "112", "JPEG XL"),
    _rare(UNCOMPRESSED_FRAGMENTS, loss=Loss.NEVER, decodable=True),
    _rare(DEFLATED_FRAME, loss=Loss.NEVER, decodable=True),
    *(
        _never(number) for number in ["54", "56", "58", "59", "60", "61", "62", "63", "64", "65", "66"]
    ),  # JPEG, retired processes
    _referenced("94"),  # JPIP: the pixel data are elsewhere (PS3.5 A.6)
    _referenced("95", deflated=True),
    _referenced("204"),
    _referenced("205", deflated=True),
)
"""All that mean something here, in the order of proposal."""

_BY_UID: Final = {one.uid: one for one in TRANSFER_SYNTAXES}

USUAL_SYNTAXES: Final = tuple(one.uid for one in TRANSFER_SYNTAXES if one.proposed is Proposed.USUAL)
"""What studies are stored in; 9 classes of these fill an association."""
RARE_SYNTAXES: Final = tuple(one.uid for one in TRANSFER_SYNTAXES if one.proposed is Proposed.RARE)
ALL_SYNTAXES: Final = USUAL_SYNTAXES + RARE_SYNTAXES
"""What is accepted for storage."""

NATIVE: Final = frozenset(one.uid for one in TRANSFER_SYNTAXES if one.decodable and not one.encapsulated)
"""Whose pixel data are neither compressed nor in fragments."""
DEFLATED: Final = frozenset(one.uid for one in TRANSFER_SYNTAXES if one.deflated)
ENCAPSULATED: Final = frozenset(one.uid for one in TRANSFER_SYNTAXES if one.encapsulated)
LOSSLESS_SYNTAXES: Final = frozenset(
    one.uid for one in TRANSFER_SYNTAXES if one.encapsulated and one.loss is Loss.NEVER
)
"""Those in fragments whose pixel data lost nothing."""
LOSSLESS_DECODABLE: Final = LOSSLESS_SYNTAXES.intersection(
    one.uid for one in TRANSFER_SYNTAXES if one.decodable
)
"""What is decoded for an archive that does not take it, and loses nothing by that."""
STREAMS: Final = frozenset(
    one.uid
    for one in TRANSFER_SYNTAXES
    if one.decodable and one.encapsulated and one.uid not in (RLE, DEFLATED_FRAME, UNCOMPRESSED_FRAGMENTS)
)
"""Those that are decoded and whose frames are JPEG, JPEG-LS or JPEG 2000 streams."""


def transfer_syntax(uid: str) -> TransferSyntax | None:
    """The transfer syntax of a UID; None: it means nothing here."""
    return _BY_UID.get(uid)


def is_encapsulated(uid: str) -> bool:
    """Whether the pixel data of a transfer syntax stand in fragments; one not known here has them so."""
    known = _BY_UID.get(uid)
    return known is None or known.encapsulated
