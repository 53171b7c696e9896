"""Text of the data elements the index keeps (PS3.5 6.1, PS3.3 C.12.1.1.2)."""

from __future__ import annotations

from pydicom.charset import CODES_TO_ENCODINGS, handled_encodings, python_encoding

_ESC = b"\x1b"
_RESETS = b"\\^=\r\n\t\f"  # PS3.5 6.1.2.5.3: these switch back to the first character set


def decode(value: bytes, charset: tuple[str, ...]) -> str:
    """Decode a text value by its Specific Character Set; never fails.

    Without a (known) character set strict UTF-8 is tried, then Latin-1. What cannot be decoded becomes
    replacement characters. Padding is stripped.
    """
    value = value.rstrip(b" \0").lstrip(b" ")
    if value.isascii() and _ESC not in value:
        return value.decode("ascii")
    first = python_encoding.get(charset[0].strip(), "") if charset else ""
    if _ESC in value and len(charset) > 0:
        return "".join(_segment(piece, first or "latin_1") for piece in _segments(value))
    if first in ("", "iso8859"):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return value.decode("latin_1")
    return value.decode(first, "replace")


def _segments(value: bytes) -> list[bytes]:
    head, *escaped = value.split(_ESC)
    return [head, *(_ESC + piece for piece in escaped)]


def _segment(piece: bytes, first: str) -> str:
    """One run of text between escape sequences (PS3.5 6.1.2.5)."""
    if not piece.startswith(_ESC):
        return piece.decode(first, "replace")
    size = 4 if piece.startswith((b"\x1b$(", b"\x1b$)")) else 3
    encoding = CODES_TO_ENCODINGS.get(piece[:size])
    if encoding is None:
        return piece[1:].decode(first, "replace")
    if encoding in handled_encodings:  # Python reads the escape sequence itself
        return piece.decode(encoding, "replace")
    text = piece[size:]
    cut = next((place for place, byte in enumerate(text) if byte in _RESETS), len(text))
    return text[:cut].decode(encoding, "replace") + text[cut:].decode(first, "replace")
