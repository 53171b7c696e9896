"""Write recorded bytes of an exchange in hexadecimal."""

from __future__ import annotations

from collections.abc import Iterator

from workstation.models.translation import translate
from workstation.network.exchange import Exchange

SHOWN = 64 * 1024
"""Bytes of an exchange that are shown."""
_LINE = 16


def hex_dump(exchange: Exchange) -> str:
    """The recorded bytes in their order, 16 a line; the first :data:`SHOWN`, and how many more there are."""
    return "\n".join(_lines(exchange))


def _lines(exchange: Exchange) -> Iterator[str]:
    room, left_out = SHOWN, 0
    for talk in tuple(exchange.talks):
        for piece in tuple(talk.recorded):
            shown = piece.data[:room]
            room -= len(shown)
            left_out += len(piece.data) - len(shown)
            if shown:
                mark = "→" if piece.sent else "←"
                yield f"{piece.moment - exchange.begun:.6f} s  {mark}  #{talk.number}  {len(piece.data)} B"
            for start in range(0, len(shown), _LINE):
                row = shown[start : start + _LINE]
                text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)
                yield f"{start:06x}  {row.hex(' '):<{3 * _LINE}} {text}"
    if left_out:
        yield translate(
            "{n} more bytes are not shown; a file saved with patient values has them.", n=left_out
        )
