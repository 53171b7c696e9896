"""Read Specific Character Set (0008,0005): the Python codecs its terms stand for (PS3.3 C.12.1.1.2).

A term is understood however it is spelled: ``ISO_IR 144``, ``ISO IR 144``, ``iso_ir_144`` and
``ISO 2022 IR 144`` name one set of characters, ``UTF-8`` means ``ISO_IR 192``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_IR = re.compile(r"ISO(?:2022)?IR0*([0-9]{1,3})")
_PART = re.compile(r"ISO8859([0-9]{1,2})")
_PAGE = re.compile(r"(?:WINDOWS|CP)(125[0-8])")

# By ISO-IR registration number: the characters beyond ASCII. JIS X 0208 and 0212 belong into the left half,
# behind escape sequences; in the right half their bytes are EUC, or else Shift JIS.
_REGISTERED: Final = {
    13: ("cp932",),  # JIS X 0201, and Shift JIS, which many mean by it
    58: ("gb18030",),
    87: ("euc_jp", "cp932"),
    100: ("latin_1",),
    101: ("iso8859_2",),
    109: ("iso8859_3",),
    110: ("iso8859_4",),
    126: ("iso8859_7",),
    127: ("iso8859_6",),
    138: ("iso8859_8",),
    144: ("iso8859_5",),
    148: ("iso8859_9",),
    149: ("cp949",),  # KS X 1001 and what Windows adds to it
    159: ("euc_jp", "cp932"),
    166: ("iso8859_11",),
    192: ("utf_8",),
    203: ("iso8859_15",),
}
# What queries are written in where text does not fit one set without code extensions: the terms and a codec.
_EXTENDED: Final = {
    13: ("\\ISO 2022 IR 87", "iso2022_jp"),  # of a name in kanji, JIS X 0201 has nothing
    87: ("\\ISO 2022 IR 87", "iso2022_jp"),
    149: ("\\ISO 2022 IR 149", "euc_kr"),
}
# Names that are no terms of DICOM, and the two that are, without blanks and signs.
_NAMED: Final = {
    "ANSI": "cp1252", "BIG5": "big5", "EUCJP": "euc_jp", "EUCKR": "cp949", "GB18030": "gb18030",
    "GB2312": "gb18030", "GBK": "gb18030", "ISO10646": "utf_8", "KOI8R": "koi8_r", "KSC5601": "cp949",
    "KSX1001": "cp949", "LATIN1": "latin_1", "LATIN2": "iso8859_2", "SHIFTJIS": "cp932", "SJIS": "cp932",
    "UNICODE": "utf_8", "UTF8": "utf_8",
}  # fmt: skip


@lru_cache(maxsize=256)
def encodings(charset: tuple[str, ...]) -> tuple[str, ...]:
    """The codecs for bytes beyond ASCII that no escape sequence introduces, the likeliest first.

    The first term says it. Where that is the default repertoire, which has none, the others are left: whoever
    names them and then sends no escape sequences means them.

    Args:
        charset: The terms of one data set.

    Returns:
        None if they name no such set, or only unknown ones. The first is to be used whatever comes if the
        others fit no better.
    """
    known = [codecs for term in charset if (codecs := _codecs(term))]
    if ("utf_8",) in known:  # never chosen by chance: its bytes hang together
        known.remove(("utf_8",))
        return ("utf_8", *(known[0] if known else ()))
    if charset and _codecs(charset[0]):
        return known[0]
    return tuple(dict.fromkeys(codec for codecs in known for codec in codecs))


def written_as(term: str) -> tuple[str, str]:
    """How text is sent to a node of this set: its terms as the standard spells them, and the codec.

    Both are empty for the default repertoire, a set that is not known, and one that pydicom cannot write.
    """
    name = _name(term)
    if name in ("GB18030", "GBK"):
        return name, name.lower()
    found = _IR.fullmatch(name)
    number = int(found[1]) if found else 192 if _codecs(term) == ("utf_8",) else 0
    if number in _EXTENDED:
        return _EXTENDED[number]
    if number in (58, 159, 203) or number not in _REGISTERED:
        return "", ""
    return f"ISO_IR {number}", _REGISTERED[number][0]


def _name(term: str) -> str:
    return re.sub(r"[\W_]", "", term).upper()


def _codecs(term: str) -> tuple[str, ...]:
    name = _name(term)
    if found := _IR.fullmatch(name):
        return _REGISTERED.get(int(found[1]), ())
    if (found := _PART.fullmatch(name)) and 1 <= int(found[1]) <= 16 and int(found[1]) != 12:
        return ("latin_1" if found[1] == "1" else f"iso8859_{int(found[1])}",)
    if found := _PAGE.fullmatch(name):
        return (f"cp{found[1]}",)
    return (_NAMED[name],) if name in _NAMED else ()
