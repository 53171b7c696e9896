"""Reads a foreign file by pydicom, up to its pixel data, with bounds before pydicom sees it.

pydicom is never given anything deflated: it would inflate without a bound. Runs in the decoding process.
"""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.filereader import read_dataset, read_sequence
from pydicom.sequence import Sequence as Items
from pydicom.tag import BaseTag
from pydicom.uid import UID

from workstation.dicom.encoding_detection import SAMPLE, encoding_of, encoding_seen
from workstation.dicom.part10 import MAX_META, FileMeta, read_head
from workstation.dicom.transfer_syntaxes import DEFLATED, EXPLICIT_BE, EXPLICIT_LE, IMPLICIT_LE
from workstation.imaging import image_header
from workstation.imaging.frames import UNDEFINED
from workstation.imaging.picture import MAX_FRAME_BYTES, Mark, Undecodable, doubtful

MAX_DEPTH = 64
"""Sequences inside each other."""
_DEFER = 1 << 20
_PIECE = 1 << 20
_ALWAYS_INFLATED, _MOST_INFLATED = 64 * 1024 * 1024, 20
"""Bytes that are inflated in any case; above them, how many for each byte read so far."""
_PIXEL_ELEMENTS = {0x7FE00008: "FloatPixelData", 0x7FE00009: "DoubleFloatPixelData", 0x7FE00010: "PixelData"}
_LONG_FORMS = (b"OB", b"OW", b"OF", b"OD", b"UN", b"OL", b"OV")
_TOO_DEEP = "Its sequences are nested too deeply."
_NOT_DICOM = "It is not a DICOM file."
_TRANSFER_SYNTAX = 0x00020010


@dataclass(frozen=True, slots=True)
class PixelElement:
    """Where the pixel data stand in the file."""

    start: int
    length: int
    keyword: str
    vr: bytes
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Header:
    """What stands before the pixel data.

    Attributes:
        dataset: The elements, values parsed when they are asked for.
        body: The file, or its inflated data set; open as long as the file is.
        size: Bytes of the body.
        pixels: Its pixel data; None: there are none.
        held: The inflated data set; empty if the file is not deflated.
    """

    dataset: FileDataset
    body: BinaryIO
    size: int
    pixels: PixelElement | None
    held: bytes

    @property
    def little_endian(self) -> bool:
        """The byte order of binary values."""
        return self.dataset.original_encoding[1] is not False

    @property
    def broken_off(self) -> BaseTag | None:
        """The last element, if it claims more bytes than the file has; else None."""
        if self.pixels is not None:
            return None
        raw = max(self.dataset.items(), key=lambda item: item[0], default=(None, None))[1]
        if not isinstance(raw, RawDataElement) or raw.length == UNDEFINED:
            return None
        return raw.tag if raw.value_tell + raw.length > self.size else None


def read_header(file: BinaryIO, path: Path | str, most: int = MAX_FRAME_BYTES) -> Header:
    """Read ``file``, which stands at its start, up to its pixel data.

    Args:
        file: Open for reading.
        path: Where it lies: values of more than a megabyte are read when they are asked for.
        most: Bytes it may inflate to.

    Raises:
        Undecodable: It is no DICOM object, or broken in its header.
        OSError: It cannot be read.
    """
    head = file.read(MAX_META)
    meta = read_head(head)
    if isinstance(meta, str):
        raise Undecodable(_NOT_DICOM)
    try:
        header_read = _read(file, path, head, meta, most)
    except (EOFError, struct.error) as broken:
        raise Undecodable(_NOT_DICOM) from broken
    except OSError as error:
        if error.errno is not None:
            raise
        raise Undecodable("The file breaks off in the middle of an element.") from error  # so says pydicom
    except RecursionError as deep:
        raise Undecodable(_TOO_DEEP) from deep
    except image_header.BROKEN as broken:
        raise Undecodable("Its header is broken.") from broken
    if _depth(header_read.dataset) > MAX_DEPTH:
        raise Undecodable(_TOO_DEEP)
    return header_read


def _read(file: BinaryIO, path: Path | str, head: bytes, meta: FileMeta, most: int) -> Header:
    file.seek(meta.offset)
    body, syntax = file, meta.transfer_syntax
    deflated = syntax in DEFLATED
    if deflated:  # the result is the plain syntax (PS3.5 A.5)
        body, syntax = inflated(file, most), EXPLICIT_LE
    start = body.read(SAMPLE)
    body.seek(-len(start), io.SEEK_CUR)
    encoding = encoding_seen(start) or encoding_of(syntax)
    implicit, little = encoding == IMPLICIT_LE, encoding != EXPLICIT_BE
    elements = _elements(body, None if deflated else _DEFER, implicit=implicit, little=little)
    has_preamble = head[128:132] == b"DICM"
    group_2 = _group_2(head[meta.start : meta.offset])
    group_2[_TRANSFER_SYNTAX] = DataElement(_TRANSFER_SYNTAX, "UI", UID(syntax))
    dataset = FileDataset(path, elements, head[:128] if has_preamble else None, group_2, implicit, little)
    dataset.set_original_encoding(implicit, little, elements._character_set)
    pixels = _pixel_element(body, little=little, implicit=implicit)
    size = body.seek(0, io.SEEK_END)
    held = body.getvalue() if isinstance(body, io.BytesIO) else b""
    return Header(dataset, body, size, pixels, held)


def _elements(body: BinaryIO, defer: int | None, *, implicit: bool, little: bool) -> Dataset:
    """All elements up to the pixel data.

    Those of VR UN and undefined length are sequences in little endian, whatever the file is (PS3.5 6.2.2).
    """

    def stop(tag: BaseTag, vr: str | None, length: int) -> bool:
        return tag in _PIXEL_ELEMENTS or (not little and vr == "UN" and length == UNDEFINED)

    found = read_dataset(body, implicit, little, stop_when=stop, defer_size=defer)
    while not little and (tag := _unknown_sequence(body)):
        inside = read_sequence(body, True, True, UNDEFINED, found._character_set)
        found[tag] = DataElement(tag, "SQ", inside)
        found.update(read_dataset(body, implicit, little, stop_when=stop, defer_size=defer))
    return found


def _unknown_sequence(body: BinaryIO) -> BaseTag | None:
    """The tag of the element of VR UN and undefined length that ``body`` stands at, in big endian."""
    head = body.read(12)
    tag = BaseTag(int.from_bytes(head[:4], "big"))
    if head[4:] == b"UN\0\0\xff\xff\xff\xff" and tag not in _PIXEL_ELEMENTS:
        return tag
    body.seek(-len(head), io.SEEK_CUR)
    return None


def _group_2(raw: bytes) -> FileMetaDataset:
    """The file meta information as elements; one that is broken is left out, as a whole."""
    implicit = len(raw) >= 6 and not (raw[4:6].isalpha() and raw[4:6].isupper())
    try:
        return FileMetaDataset(read_dataset(io.BytesIO(raw), implicit, True))
    except image_header.BROKEN:
        return FileMetaDataset()


def inflated(file: BinaryIO, most: int) -> io.BytesIO:
    """All that ``file`` inflates to from where it stands, piece by piece until it is too much.

    Raises:
        Undecodable: It is too much, or no deflated data.
    """
    inflater, whole, taken = zlib.decompressobj(-zlib.MAX_WBITS), io.BytesIO(), 0
    try:
        while piece := inflater.unconsumed_tail or file.read(_PIECE):
            taken += 0 if inflater.unconsumed_tail else len(piece)
            whole.write(inflater.decompress(piece, _PIECE))
            if whole.tell() > min(most, max(_ALWAYS_INFLATED, _MOST_INFLATED * taken)):
                raise Undecodable("It inflates to more than is drawn.")
        whole.write(inflater.flush())
    except zlib.error as broken:
        raise Undecodable("Its deflated data are broken.") from broken
    whole.seek(0)
    return whole


def _depth(dataset: Dataset) -> int:
    """How deep the sequences are nested that were parsed already: those of undefined length."""
    deepest, pending = 0, [(dataset, 0)]
    while pending and deepest <= MAX_DEPTH:
        above, depth = pending.pop()
        deepest = max(deepest, depth)
        for element in above.values():  # as they are: any other way parses and loads them
            if isinstance(element, DataElement) and isinstance(element.value, Items):
                pending += [(item, depth + 1) for item in element.value]
    return deepest


def _pixel_element(file: BinaryIO, *, little: bool, implicit: bool) -> PixelElement | None:
    """The pixel data element ``file`` stands at, if it does (PS3.5 7.1).

    A VR that is not known has the long form as all new ones do (PS3.5 7.1.2). Bytes that are no VR at all
    are passed over where the file has as much as is told behind them.
    """
    order = "<" if little else ">"
    at, head = file.tell(), file.read(12)
    if len(head) < 8:
        return None
    group, element = struct.unpack_from(f"{order}HH", head)
    keyword = _PIXEL_ELEMENTS.get(group << 16 | element)
    if keyword is None:
        return None
    size, vr = file.seek(0, io.SEEK_END), head[4:6]
    short = int(struct.unpack_from(f"{order}I", head, 4)[0])
    long = int(struct.unpack_from(f"{order}I", head, 8)[0]) if len(head) == 12 else -1
    if vr in _LONG_FORMS and long >= 0:
        return PixelElement(at + 12, long, keyword, vr)
    named = vr.isalpha() and vr.isupper()
    reserved = head[6:8] == b"\0\0" and long >= 0
    if named and not implicit and not reserved:
        length = int(struct.unpack_from(f"{order}H", head, 6)[0])
        return PixelElement(at + 8, length, keyword, b"UN", (_unknown_vr(vr),))
    fits = {
        length: length == UNDEFINED or 0 < length <= size - at - more
        for length, more in ((long, 12), (short, 8))
    }
    if not implicit and reserved and (named or (fits[long] and not (fits[short] and at + 8 + short == size))):
        return PixelElement(at + 12, long, keyword, vr if named else b"UN", (_unknown_vr(vr),))
    return PixelElement(at + 8, short, keyword, b"OW")


def _unknown_vr(vr: bytes) -> Mark:
    return doubtful("Its pixel data are of the unknown type {vr}.", vr=vr.decode("ascii", "backslashreplace"))
