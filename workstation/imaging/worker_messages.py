"""Defines the messages between the window's process and a decoding process, and their layout.

A request is :data:`REQUEST`, then its value in the binary form; an answer is :data:`ANSWER`, then the shapes
of its arrays and its value. The arrays lie in memory both have, one behind the other; where that is not large
enough, the request :attr:`Kind.MEMORY` names a larger one, or none: then they follow through the pipe.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

from workstation.imaging.arrays import Array
from workstation.imaging.elements import Element
from workstation.imaging.encapsulated_document import Document
from workstation.imaging.picture import Card, Picture

REQUEST = struct.Struct("<B3xIQQd")
"""Kind, bytes of the value, the memory's token, its bytes, seconds of CPU the answer may take."""
ANSWER = struct.Struct("<B3xIQ")
"""Whether the arrays are in the memory, bytes of shapes and value, bytes of the arrays.

The first answer comes without a request, when the process is ready: which of :mod:`sandbox`'s limits hold.
"""
MAX_VALUE = 128 * 1024 * 1024
"""Bytes of an answer without its arrays."""
MAX_ARRAYS = 1024 * 1024 * 1024
"""Bytes of all arrays of an answer."""
PIPE = 0
"""The token of no memory: the arrays come through the pipe."""


class Kind(IntEnum):
    """The kind of a request."""

    FRAME = 1
    ELEMENTS = 2
    DOCUMENT = 3
    MEMORY = 4
    CONVERSION = 5
    COUNT = 6


@dataclass(frozen=True, slots=True)
class FrameWanted:
    """A frame, or its thumbnail; answered by :data:`Content`."""

    path: str
    frame: int
    thumbnail: bool


@dataclass(frozen=True, slots=True)
class CountWanted:
    """How many frames an object has; answered by :data:`Count`."""

    path: str


@dataclass(frozen=True, slots=True)
class Counted:
    """So many frames; what is no image counts as one."""

    frames: int


@dataclass(frozen=True, slots=True)
class ElementsWanted:
    """The rows of the tag list at a level; answered by :data:`Elements`."""

    path: str
    where: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DocumentWanted:
    """The document inside an object; answered by :data:`DocumentAnswer`."""

    path: str


@dataclass(frozen=True, slots=True)
class ConversionWanted:
    """The data set in another transfer syntax; answered by :data:`Conversion`.

    Attributes:
        syntax: Explicit or Implicit VR Little Endian.
        lossy: Also what is lossily compressed.
    """

    path: str
    syntax: str
    lossy: bool


@dataclass(frozen=True, slots=True, eq=False)
class Converted:
    """The bytes of a data set as it was converted."""

    data: Array


@dataclass(frozen=True, slots=True)
class Refused:
    """The request was refused, with the reason; ``unreadable``: the file itself cannot be read."""

    reason: str
    unreadable: bool = False


Content = Picture | Card
Elements = tuple[Element, ...] | Refused
DocumentAnswer = Document | Refused
Conversion = Converted | Refused
Count = Counted | Refused
