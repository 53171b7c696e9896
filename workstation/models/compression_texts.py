"""Write whether the images of a series are compressed, and how: only as far as a source told it.

An archive tells whether pixel data lost information (Lossy Image Compression, PS3.3 C.7.6.1.1.5) and in which
transfer syntaxes it can send all of a series (Available Transfer Syntax UID, PS3.4 C.6.1.1.4). Of local files
the transfer syntax is known.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum, auto

from workstation.dicom import display
from workstation.dicom.matches import LIBRARY, OPENED, ImageMatch, SeriesMatch
from workstation.dicom.transfer_syntaxes import UNCOMPRESSED_FRAGMENTS, Loss, transfer_syntax
from workstation.models.rows import Row
from workstation.models.translation import translate, translated


class _Kind(Enum):
    """What a transfer syntax says of pixel data."""

    PLAIN = auto()
    COMPRESSED = auto()
    LOSSY = auto()
    UNKNOWN = auto()


def compression(row: Row) -> str:
    """Write in a word whether a series or an image is compressed; nothing where no source told it."""
    answers = [one for one in row.matches.values() if isinstance(one, SeriesMatch | ImageMatch)]
    if any(one.lossy for one in answers):
        return translate("lossy")
    kinds = {_kind_of(one.syntaxes) for one in answers} - {_Kind.UNKNOWN}
    if _Kind.LOSSY in kinds:
        return translate("lossy")
    if _Kind.COMPRESSED in kinds:
        return translate("compressed")
    if _Kind.PLAIN in kinds:
        return translate("uncompressed")
    return translate("not lossy") if any(one.lossy is False for one in answers) else ""


def is_lossy(row: Row) -> bool:
    """Whether a source told that images of a series, or an image, lost information by compression."""
    answers = [one for one in row.matches.values() if isinstance(one, SeriesMatch | ImageMatch)]
    return any(one.lossy or _kind_of(one.syntaxes) is _Kind.LOSSY for one in answers)


def compression_tip(row: Row) -> list[str]:
    """Write what each source told of it, a message each: transfer syntaxes by name, method and ratio."""
    lines = []
    for source, match in row.matches.items():
        if not isinstance(match, SeriesMatch | ImageMatch):
            continue
        if match.syntaxes:
            names = ", ".join(dict.fromkeys(map(_name, match.syntaxes)))
            here = source in (LIBRARY, OPENED)
            words = "Stored here: {syntaxes}" if here else "{source} sends: {syntaxes}"
            lines.append(translate(words, source=display.plain(source), syntaxes=names))
        if match.lossy is not None:
            lines.append(_loss(match))
    return list(dict.fromkeys(lines))


def _loss(match: SeriesMatch | ImageMatch) -> str:
    if not match.lossy:
        return translate("Not compressed with loss")
    methods, ratios = "", ""
    if isinstance(match, SeriesMatch):
        methods = display.plain(", ".join(match.lossy_methods))
        ratios = ", ".join(f"{ratio:g} : 1" for ratio in match.lossy_ratios or ())
    facts = ", ".join(filter(None, (methods, ratios)))
    if not facts:
        return translate("Compressed with loss")
    return translate("Compressed with loss: {facts}", facts=facts)


def _kind_of(syntaxes: Iterable[str]) -> _Kind:
    """What all of these say together: compressed only if none of them is otherwise, or unknown."""
    kinds = {_kind(uid) for uid in syntaxes}
    if not kinds or _Kind.UNKNOWN in kinds:
        return _Kind.UNKNOWN
    if kinds <= {_Kind.COMPRESSED, _Kind.LOSSY}:
        return _Kind.LOSSY if kinds == {_Kind.LOSSY} else _Kind.COMPRESSED
    return _Kind.PLAIN if kinds == {_Kind.PLAIN} else _Kind.UNKNOWN


def _kind(uid: str) -> _Kind:
    known = transfer_syntax(uid)
    if known is None or not (known.decodable or known.encapsulated):
        return _Kind.UNKNOWN
    if known.loss is Loss.ALWAYS:
        return _Kind.LOSSY
    compressed = (known.encapsulated and uid != UNCOMPRESSED_FRAGMENTS) or known.deflated
    return _Kind.COMPRESSED if compressed else _Kind.PLAIN


def _name(uid: str) -> str:
    from workstation.imaging.syntaxes import syntax_words  # late: pydicom takes a while

    return display.plain(translated(syntax_words(uid)))
