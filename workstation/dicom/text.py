"""Text of data elements: bytes to characters by Specific Character Set (PS3.5 6.1, PS3.3 C.12.1.1.2)."""

from __future__ import annotations

import re

_ESC = b"\x1b"
_RESETS = b"\\^=\r\n\t\f"  # PS3.5 6.1.2.5.3: these switch back to the first character set
_PAIRS = re.compile(rb"(?:[\x00-\x7f]|[\x81-\xfe][\x80-\xfe])*")


def decode(value: bytes, charset: tuple[str, ...], fallback: str = "") -> str:
    """Decode a text value; never fails, padding is stripped.

    Args:
        value: As it was received.
        charset: The terms of the data set's own Specific Character Set; empty if it names none.
        fallback: The term to assume then (a node's setting). Without one strict UTF-8 is tried, then
            GB18030 where all bytes beyond ASCII come in pairs, then Latin-1, where they stand between
            letters: archives that name no character set return what was stored.
    """
    value = value.rstrip(b" \0").lstrip(b" ")
    if value.isascii() and _ESC not in value:
        return value.decode("ascii")
    terms = tuple(term.strip() for term in charset) if any(map(str.strip, charset)) else (fallback,)
    from pydicom.charset import python_encoding  # late: most text is ASCII, and pydicom takes a while

    first = python_encoding.get(terms[0], "") if terms[0] or len(terms) > 1 else ""
    if _ESC in value:
        return "".join(_segment(piece, first or "latin_1") for piece in _segments(value))
    if first in ("", "iso8859"):  # none named, or the default repertoire, which these bytes break
        return _guessed(value)
    return value.decode(first, "replace")


def _guessed(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        pass
    if _PAIRS.fullmatch(value):
        try:
            return value.decode("gb18030")
        except UnicodeDecodeError:
            pass
    return value.decode("latin_1")


def _segments(value: bytes) -> list[bytes]:
    head, *escaped = value.split(_ESC)
    return [head, *(_ESC + piece for piece in escaped)]


def _segment(piece: bytes, first: str) -> str:
    """One run of text between escape sequences (PS3.5 6.1.2.5)."""
    if not piece.startswith(_ESC):
        return piece.decode(first, "replace")
    from pydicom.charset import CODES_TO_ENCODINGS, handled_encodings

    size = 4 if piece.startswith((b"\x1b$(", b"\x1b$)")) else 3
    encoding = CODES_TO_ENCODINGS.get(piece[:size])
    if encoding is None:
        return piece[1:].decode(first, "replace")
    if encoding in handled_encodings:  # Python reads the escape sequence itself
        return piece.decode(encoding, "replace")
    text = piece[size:]
    cut = next((place for place, byte in enumerate(text) if byte in _RESETS), len(text))
    return text[:cut].decode(encoding, "replace") + text[cut:].decode(first, "replace")


def charset_for(texts: tuple[str, ...], preferred: str = "") -> str:
    """The Specific Character Set a query needs to carry these texts; empty if ASCII will do.

    Args:
        texts: The values to be sent.
        preferred: The node's own term, taken where it can express them; else Unicode.
    """
    if all(map(str.isascii, texts)):
        return ""
    from pydicom.charset import python_encoding

    encoding = python_encoding.get(preferred, "")
    try:
        if encoding not in ("", "iso8859"):  # the default repertoire is ASCII, whatever Python calls it
            "".join(texts).encode(encoding)
            return preferred
    except UnicodeEncodeError:
        pass
    return "ISO_IR 192"
