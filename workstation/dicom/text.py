"""Decode the text of data elements by Specific Character Set (PS3.5 6.1, PS3.3 C.12.1.1.2)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from workstation.dicom.specific_character_set import encodings, written_as

LIKELY_GB18030: Final = "likely GB18030"
"""A fallback: other texts of this node that name no character set are GB18030 beyond doubt."""

_ESC = b"\x1b"
_ANY_ESCAPE = re.compile(rb"\x1b(\$[()][@-~]|\$[@AB]|%G|[(),\-./][@-~])")
_RESET = re.compile(rb"[\\^=\r\n\t\f]")  # PS3.5 6.1.2.5.3: these switch back to the first character set
_LINE_END = re.compile(rb"[\r\n\t\f]")
_GRAPHIC = re.compile(rb"[\x21-\x7e]+|[^\x21-\x7e]+")

# PS3.3 Tables C.12-3 and C.12-4, and the same sets in the other half. Right half (G1): its codec.
_RIGHT: Final = {
    b"-A": "latin_1", b"-B": "iso8859_2", b"-C": "iso8859_3", b"-D": "iso8859_4", b"-F": "iso8859_7",
    b"-G": "iso8859_6", b"-H": "iso8859_8", b"-L": "iso8859_5", b"-M": "iso8859_9", b"-T": "iso8859_11",
    b"-b": "iso8859_15", b"%G": "utf_8", b")I": "cp932", b"$)A": "gb18030", b"$)B": "euc_jp", b"$)C": "cp949",
}  # fmt: skip
# Left half (G0): the codec that has the set in the right half and what it puts before each character.
_LEFT: Final = {
    b"$@": ("euc_jp", b""), b"$B": ("euc_jp", b""), b"$(B": ("euc_jp", b""), b"$(D": ("euc_jp", b"\x8f"),
    b"$A": ("gb2312", b""), b"$(A": ("gb2312", b""), b"$(C": ("euc_kr", b""),
    b"(B": None, b"(J": None,
}  # fmt: skip
_TO_RIGHT = bytes(mark | 0x80 if 0x21 <= mark <= 0x7E else mark for mark in range(256))

_WORD = re.compile(rb"[0-9A-Za-z\x80-\xff]+")
_HIGH = re.compile(rb"[\x80-\xff]+")
_PAIRS = re.compile(rb"(?:[\x81-\xfe][\x80-\xfe])+")
_MIXED = re.compile(r"[A-Za-z][^\x00-\x7f]|[^\x00-\x7f][A-Za-z]")
_NO_CHARACTER = re.compile(r"[\ue000-\uf8ff]")  # codes for private use: no character is assigned
_COMMON = re.compile(rb"(?:[\xb0-\xd7][\xa1-\xfe])+")  # GB 2312, level 1: the characters everybody uses
_KNOWN = re.compile(rb"[\xb0-\xf7][\xa1-\xfe]")  # level 2, too


def decode(value: bytes, charset: tuple[str, ...], fallback: str = "") -> str:
    """Decode a text value; never fails, padding is stripped. Bytes that make no character become U+FFFD.

    Args:
        value: As it was received.
        charset: The terms of the data set's own Specific Character Set; empty if it names none.
        fallback: The term to assume then (a node's setting, or :data:`LIKELY_GB18030`). Without one strict
            UTF-8 is tried, then GB18030 where words are written in it and nothing else, then Latin-1, where
            bytes beyond ASCII stand between letters: archives that name no set return what was stored.
    """
    value = value.rstrip(b" \0").lstrip(b" ")
    if value.isascii() and _ESC not in value:
        return value.decode("ascii")
    codecs = encodings(charset) or encodings((fallback,))
    chinese = fallback == LIKELY_GB18030
    if _ESC in value:
        return _escaped(value, codecs, chinese)
    return _decoded(value, codecs, chinese)


def _decoded(run: bytes, codecs: tuple[str, ...], chinese: bool = False) -> str:
    """A run of text without escape sequences."""
    if run.isascii():
        return run.decode("ascii")
    if not codecs:
        return _guessed(run, chinese)
    for codec in codecs[1:] and codecs:
        if text := _strictly(run, codec):
            return text
    text = run.decode(codecs[0], "replace")
    return _NO_CHARACTER.sub("\ufffd", text) if codecs[0] == "cp932" else text


def _strictly(run: bytes, codec: str) -> str:
    """The text if every byte of it has a meaning, else none."""
    try:
        text = run.decode(codec)
    except UnicodeDecodeError:
        return ""
    return "" if _NO_CHARACTER.search(text) else text


def _escaped(value: bytes, first: tuple[str, ...], chinese: bool) -> str:
    """Text with code extensions (PS3.5 6.1.2.5).

    Escape sequences say what they switch to, so they are followed whether or not the set was named.
    """
    head, *pieces = _ANY_ESCAPE.split(value)
    out = [_right_half(head, first, first, chinese)]
    right, left = first, None
    for escape, piece in zip(pieces[::2], pieces[1::2], strict=True):
        if escape in _RIGHT:
            right = (_RIGHT[escape],)
        elif escape in _LEFT:
            left = _LEFT[escape]
        else:  # of a set that is not known: its text stays as it is
            piece = escape + piece
        if left is None:
            out.append(_right_half(piece, right, first, chinese))
            if _RESET.search(piece):
                right = first
            continue
        end = _LINE_END.search(piece)
        cut = end.start() if end else len(piece)
        out += [_left_half(piece[:cut], *left, right), _right_half(piece[cut:], first, first, chinese)]
        if end:
            right, left = first, None
    return "".join(out).replace("\x1b", "")


def _right_half(piece: bytes, right: tuple[str, ...], first: tuple[str, ...], chinese: bool) -> str:
    """ASCII in the left half, ``right`` in the right one up to where the first set is back."""
    reset = _RESET.search(piece)
    cut = reset.start() if reset else len(piece)
    return _decoded(piece[:cut], right, chinese) + _decoded(piece[cut:], first, chinese)


def _left_half(piece: bytes, codec: str, before: bytes, right: tuple[str, ...]) -> str:
    """Characters of two bytes in the left half."""
    out = []
    for run in _GRAPHIC.findall(piece):
        if not 0x21 <= run[0] <= 0x7E:
            out.append(_decoded(run, right))
            continue
        for part in _even(run):
            pairs = (part[position : position + 2] for position in range(0, len(part), 2))
            out.append(
                part.decode("ascii")
                if len(part) == 1
                else b"".join(before + pair.translate(_TO_RIGHT) for pair in pairs).decode(codec, "replace")
            )
    return "".join(out)


def _even(run: bytes) -> list[bytes]:
    """Parts of two bytes each, and one alone: a delimiter without a switch back before it, or the last."""
    if len(run) % 2 == 0:
        return [run]
    alone = next((position for position in range(0, len(run), 2) if run[position] in b"^="), len(run) - 1)
    return [part for part in (run[:alone], run[alone : alone + 1], run[alone + 1 :]) if part]


def _guessed(value: bytes, chinese: bool) -> str:
    if text := _strictly(value, "utf_8"):
        return text
    text = _strictly(value, "gb18030")
    if text and (_is_chinese(value) or (chinese and _is_wide_chinese(text))):
        return text
    return value.decode("latin_1")


def _is_chinese(value: bytes) -> bool:
    """All bytes beyond ASCII come in pairs, and not just as two accented letters amid a word, as in Größe."""
    words, runs = _words(value), _HIGH.findall(value)
    return all(map(_PAIRS.fullmatch, runs)) and any(len(run) > 2 or run in words for run in runs)


def _words(value: bytes) -> frozenset[bytes]:
    """Those that are not all ASCII."""
    return frozenset(word for word in _WORD.findall(value) if not word.isascii())


def _is_wide_chinese(text: str) -> bool:
    """Whether GB18030, some of whose second bytes are ASCII letters, is what was meant by this reading.

    Where an accented letter and the next one are taken for a character, as in Müller, Latin letters stand
    beside it; where not (Öz), no character of GB 2312 does anywhere.
    """
    return not _MIXED.search(text) and any(_KNOWN.match(mark.encode("gb18030")) for mark in text)


def is_surely_gb18030(value: bytes) -> bool:
    """Whether text that names no character set is Chinese in GB 2312, GBK or GB18030 beyond doubt.

    Words of two and more everyday characters: no European name has four accented letters in a row and no
    others beside them.
    """
    words = _words(value)
    if not words or not all(map(_COMMON.fullmatch, words)) or sum(map(len, words)) < 4:
        return False
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def assumed_for(charset: tuple[str, ...], texts: Iterable[bytes], fallback: str = "") -> str:
    """The fallback for a data set: one character set is used for all its texts, named or not.

    Args:
        charset: The terms it names.
        texts: Some or all of them: where none is named, one that is GB18030 beyond doubt speaks for all.
        fallback: What to assume of the node, see :func:`decode`; a set of its own is believed.
    """
    if fallback not in ("", LIKELY_GB18030) or encodings(charset):
        return fallback
    if any(is_surely_gb18030(text) for text in texts if not text.isascii()):
        return "GB18030"
    return fallback


def charset_for(texts: tuple[str, ...], preferred: str = "") -> str:
    """The Specific Character Set a query needs to carry these texts, all its terms; empty if ASCII will do.

    Args:
        texts: The values to be sent.
        preferred: The node's own term, taken where it can express them; else Unicode.
    """
    if all(map(str.isascii, texts)):
        return ""
    terms, codec = written_as(preferred)
    try:
        if codec:
            "".join(texts).encode(codec)
            return terms
    except UnicodeEncodeError:
        pass
    return "ISO_IR 192"
