"""Names transfer syntaxes in a few words."""

from __future__ import annotations

from pydicom import uid

from workstation.errors import UserMessage

_SHORT = {
    uid.ImplicitVRLittleEndian: "uncompressed",
    uid.ExplicitVRLittleEndian: "uncompressed",
    uid.ExplicitVRBigEndian: "uncompressed, big endian",
    uid.DeflatedExplicitVRLittleEndian: "deflated",
    uid.RLELossless: "RLE",
    uid.JPEGBaseline8Bit: "JPEG",
    uid.JPEGExtended12Bit: "JPEG 12 bit",
    uid.JPEGLossless: "JPEG lossless",
    uid.JPEGLosslessSV1: "JPEG lossless",
    uid.JPEGLSLossless: "JPEG-LS lossless",
    uid.JPEGLSNearLossless: "JPEG-LS near-lossless",
    uid.JPEG2000Lossless: "JPEG 2000 lossless",
    uid.JPEG2000: "JPEG 2000",
    uid.HTJ2KLossless: "HTJ2K lossless",
    uid.HTJ2KLosslessRPCL: "HTJ2K lossless",
    uid.HTJ2K: "HTJ2K",
}
_LOSSY = frozenset({uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit, uid.JPEGLSNearLossless})


def syntax_words(syntax: str) -> str:
    """The name of a transfer syntax, as short as it can be told from the others."""
    known = _SHORT.get(uid.UID(syntax))
    return UserMessage(known) if known else uid.UID(syntax).name if syntax else ""


def always_lossy(syntax: str) -> bool:
    """Whether the syntax alone says that information was lost; .91 and .203 may hold either."""
    return syntax in _LOSSY
