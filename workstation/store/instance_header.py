"""Reads the header fields of an instance that the index and the slice order need."""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

from workstation.dicom.dataset_walker import DatasetWalker, raw
from workstation.dicom.part10 import FileMeta, read_head
from workstation.dicom.text import assumed_for, decode
from workstation.dicom.uids import is_uid, may_be_asked_for
from workstation.dicom.value_readers import (
    kept_date,
    kept_time,
    read_decimal,
    read_decimals,
    read_integer,
    read_plain,
    read_time,
    read_uid,
)
from workstation.errors import UserMessage

_CHARSET = raw(0x0008, 0x0005)
_IMAGE_TYPE = raw(0x0008, 0x0008)
_SOP_CLASS = raw(0x0008, 0x0016)
_SOP_INSTANCE = raw(0x0008, 0x0018)
_STUDY_DATE = raw(0x0008, 0x0020)
_SERIES_DATE = raw(0x0008, 0x0021)
_STUDY_TIME = raw(0x0008, 0x0030)
_SERIES_TIME = raw(0x0008, 0x0031)
_ACQUISITION_TIME = raw(0x0008, 0x0032)
_ACCESSION = raw(0x0008, 0x0050)
_MODALITY = raw(0x0008, 0x0060)
_INSTITUTION = raw(0x0008, 0x0080)
_REFERRING = raw(0x0008, 0x0090)
_STATION = raw(0x0008, 0x1010)
_STUDY_DESCRIPTION = raw(0x0008, 0x1030)
_SERIES_DESCRIPTION = raw(0x0008, 0x103E)
_NAME = raw(0x0010, 0x0010)
_PATIENT_ID = raw(0x0010, 0x0020)
_ISSUER = raw(0x0010, 0x0021)
_BIRTH_DATE = raw(0x0010, 0x0030)
_SEX = raw(0x0010, 0x0040)
_BODY_PART = raw(0x0018, 0x0015)
_SLICE_THICKNESS = raw(0x0018, 0x0050)
_ECHO_TIME = raw(0x0018, 0x0081)
_PROTOCOL = raw(0x0018, 0x1030)
_TRIGGER_TIME = raw(0x0018, 0x1060)
_B_VALUE = raw(0x0018, 0x9087)
_STUDY = raw(0x0020, 0x000D)
_SERIES = raw(0x0020, 0x000E)
_STUDY_ID = raw(0x0020, 0x0010)
_SERIES_NUMBER = raw(0x0020, 0x0011)
_ACQUISITION = raw(0x0020, 0x0012)
_INSTANCE_NUMBER = raw(0x0020, 0x0013)
_POSITION = raw(0x0020, 0x0032)
_ORIENTATION = raw(0x0020, 0x0037)
_TEMPORAL_POSITION = raw(0x0020, 0x0100)
_LOCATION = raw(0x0020, 0x1041)
_FRAMES = raw(0x0028, 0x0008)
_ROWS = raw(0x0028, 0x0010)
_COLUMNS = raw(0x0028, 0x0011)
_STUDY_COMMENTS = raw(0x0032, 0x4000)

_TEXTS = (_NAME, _STUDY_DESCRIPTION, _SERIES_DESCRIPTION, _REFERRING, _INSTITUTION, _PROTOCOL)

UID_TAGS: Final = frozenset((_SOP_CLASS, _SOP_INSTANCE, _STUDY, _SERIES))
IDENTITY_TAGS: Final = UID_TAGS | {_PATIENT_ID, _ISSUER}
IDENTIFYING_TAGS: Final = IDENTITY_TAGS | {_NAME, _BIRTH_DATE}
"""What identifies patient, study, series and instance: must not occur twice with different values."""
HEADER_TAGS: Final = UID_TAGS | {
    _CHARSET, _IMAGE_TYPE, _STUDY_DATE, _SERIES_DATE, _STUDY_TIME, _SERIES_TIME, _ACCESSION, _MODALITY,
    _REFERRING, _STUDY_DESCRIPTION, _SERIES_DESCRIPTION, _NAME, _PATIENT_ID, _ISSUER, _BIRTH_DATE, _SEX,
    _BODY_PART, _STUDY_ID, _SERIES_NUMBER, _INSTANCE_NUMBER, _POSITION, _ORIENTATION, _FRAMES, _ROWS,
    _COLUMNS, _ECHO_TIME, _TRIGGER_TIME, _B_VALUE, _ACQUISITION, _TEMPORAL_POSITION,
    _ACQUISITION_TIME, _LOCATION, _INSTITUTION, _STATION, _STUDY_COMMENTS, _SLICE_THICKNESS, _PROTOCOL,
}  # fmt: skip
_OWN = frozenset((_INSTANCE_NUMBER, _POSITION, _LOCATION))
_MOMENT = (
    _TEMPORAL_POSITION, _ECHO_TIME, _TRIGGER_TIME, _ACQUISITION, _B_VALUE, _ACQUISITION_TIME,
)  # fmt: skip
_SHARED: Final = tuple(sorted(HEADER_TAGS - UID_TAGS - _OWN - {*_MOMENT}))
_REMEMBERED: Final = 4096
"""Bytes of values that are remembered together with the fields read from them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceHeader:
    """The header fields of one instance; an absent text is empty, an absent number None.

    Attributes:
        name: Patient's name, decoded; ``raw_name`` holds its bytes, ``charset`` the Specific Character Set.
        image_type: Values of Image Type (0008,0008).
        position: Image Position (Patient), three numbers in mm; else Slice Location alone; else None.
        orientation: Image Orientation (Patient), six direction cosines or None.
        moment: What distinguishes images of one position: Temporal Position Identifier, Echo Time, Diffusion
            b-value, Trigger Time, Acquisition Number, Acquisition Time in seconds; None where absent.
        slice_thickness: Slice Thickness, mm.
        frames: Number of Frames; 1 where the object does not say.
        transfer_syntax: As negotiated, or as its file says.
        sender: AE title of who sent it, as it called itself, or as its file says.
    """

    sop_uid: str
    sop_class: str
    study_uid: str
    series_uid: str
    transfer_syntax: str
    patient_id: str = ""
    issuer: str = ""
    name: str = ""
    raw_name: bytes = b""
    charset: tuple[str, ...] = ()
    birth_date: str = ""
    sex: str = ""
    study_date: str = ""
    study_time: str = ""
    study_description: str = ""
    accession: str = ""
    study_id: str = ""
    referring: str = ""
    modality: str = ""
    series_number: int | None = None
    series_description: str = ""
    series_date: str = ""
    series_time: str = ""
    body_part: str = ""
    institution: str = ""
    station: str = ""
    protocol: str = ""
    slice_thickness: float | None = None
    study_comments: str = ""
    number: int | None = None
    image_type: tuple[str, ...] = ()
    rows: int | None = None
    columns: int | None = None
    frames: int = 1
    position: tuple[float, ...] | None = None
    orientation: tuple[float, float, float, float, float, float] | None = None
    moment: tuple[float | None, ...] = ()
    sender: str = ""


class InstanceUids(NamedTuple):  # made for every object received: cheaper than a frozen dataclass
    """The UIDs an object is filed by, as they stand in its data set; empty where absent."""

    sop_uid: str
    sop_class: str
    study_uid: str
    series_uid: str


def uids_of(walk: DatasetWalker) -> InstanceUids:
    """The UIDs among the values of a walk."""
    values = walk.values
    return InstanceUids(
        read_uid(values.get(_SOP_INSTANCE, b"")),
        read_uid(values.get(_SOP_CLASS, b"")),
        read_uid(values.get(_STUDY, b"")),
        read_uid(values.get(_SERIES, b"")),
    )


def uid_fault(uids: tuple[str, str, str, str], *, lenient_uids: bool = False) -> UserMessage | None:
    """Why these UIDs cannot name an instance in a study; None: they can.

    Args:
        uids: As :func:`uids_of` gives them.
        lenient_uids: Accept as instance, study and series UID what is no UID but can be queried as one.
    """
    names = ("SOP Instance UID", "SOP Class UID", "Study Instance UID", "Series Instance UID")
    for uid, name in zip(uids, names, strict=True):
        lenient = lenient_uids and name != "SOP Class UID"
        if not (may_be_asked_for(uid) if lenient else is_uid(uid)):
            return UserMessage("its {name} is not valid" if uid else "its {name} is missing", name=name)
    return None


def header_of(walk: DatasetWalker, transfer_syntax: str, sender: str = "") -> InstanceHeader:
    """The fields among the values of a walk that wanted :data:`HEADER_TAGS`; never fails."""
    values = walk.values
    shared = tuple(map(values.get, _SHARED))
    short = sum(map(len, filter(None, shared))) <= _REMEMBERED
    read = _shared_fields if short else _shared_fields.__wrapped__
    sop_uid, sop_class, study_uid, series_uid = uids_of(walk)
    return InstanceHeader(
        sop_uid=sop_uid,
        sop_class=sop_class,
        study_uid=study_uid,
        series_uid=series_uid,
        transfer_syntax=transfer_syntax,
        number=read_integer(values.get(_INSTANCE_NUMBER, b"")),
        position=_floats(values, _POSITION, 3) or _floats(values, _LOCATION, 1),
        moment=_moment(values, ">d" if walk.big_endian else "<d"),
        sender=sender,
        **read(shared, walk.big_endian),
    )


@lru_cache(maxsize=16)  # series of which objects arrive at the same time
def _shared_fields(shared: tuple[bytes | None, ...], big_endian: bool) -> dict[str, Any]:
    """The fields that are the same in most objects of a series, from the values of :data:`_SHARED`."""
    values = {tag: value for tag, value in zip(_SHARED, shared, strict=True) if value is not None}
    charset = tuple(map(str.strip, read_plain(values[_CHARSET]).split("\\"))) if _CHARSET in values else ()
    fallback = assumed_for(charset, (values[tag] for tag in _TEXTS if tag in values))

    def text(tag: int) -> str:
        value = values.get(tag)
        return decode(value, charset, fallback) if value else ""

    orientation = _floats(values, _ORIENTATION, 6)
    order = ">H" if big_endian else "<H"
    return {
        "patient_id": text(_PATIENT_ID),
        "issuer": text(_ISSUER),
        "name": text(_NAME),
        "raw_name": values.get(_NAME, b"").rstrip(b" \0"),
        "charset": charset,
        "birth_date": kept_date(values.get(_BIRTH_DATE, b"")),
        "sex": read_plain(values.get(_SEX, b"")),
        "study_date": kept_date(values.get(_STUDY_DATE, b"")),
        "study_time": kept_time(values.get(_STUDY_TIME, b"")),
        "study_description": text(_STUDY_DESCRIPTION),
        "accession": text(_ACCESSION),
        "study_id": text(_STUDY_ID),
        "referring": text(_REFERRING),
        "modality": read_plain(values.get(_MODALITY, b"")),
        "series_number": read_integer(values.get(_SERIES_NUMBER, b"")),
        "series_description": text(_SERIES_DESCRIPTION),
        "series_date": kept_date(values.get(_SERIES_DATE, b"")),
        "series_time": kept_time(values.get(_SERIES_TIME, b"")),
        "body_part": read_plain(values.get(_BODY_PART, b"")),
        "institution": text(_INSTITUTION),
        "station": text(_STATION),
        "protocol": text(_PROTOCOL),
        "slice_thickness": _near(read_decimal(values.get(_SLICE_THICKNESS, b""))),
        "study_comments": text(_STUDY_COMMENTS),
        "image_type": tuple(read_plain(values[_IMAGE_TYPE]).split("\\")) if _IMAGE_TYPE in values else (),
        "rows": _unsigned(values, _ROWS, order),
        "columns": _unsigned(values, _COLUMNS, order),
        "frames": max(1, read_integer(values.get(_FRAMES, b"")) or 1),
        "orientation": (*orientation[:3], *orientation[3:]) if orientation else None,
    }


def _moment(values: Mapping[int, bytes], order: str) -> tuple[float | None, ...]:
    """See :attr:`InstanceHeader.moment`; empty if all parts are absent."""
    temporal, echo, trigger, acquisition = (_near(read_decimal(values.get(tag, b""))) for tag in _MOMENT[:4])
    binary = values.get(_B_VALUE, b"")
    b_value = struct.unpack(order, binary[:8])[0] if len(binary) >= 8 else None
    moment = (
        temporal,
        echo,
        _near(b_value),
        trigger,
        acquisition,
        _seconds(values.get(_ACQUISITION_TIME, b"")),
    )
    return moment if any(part is not None for part in moment) else ()


def _seconds(value: bytes) -> float | None:
    """A time of the day in seconds."""
    time = read_time(value)
    if not time:
        return None
    hours, minutes, seconds = time[:2], time[2:4] or "0", time[4:] or "0"
    return 3600 * int(hours) + 60 * int(minutes) + float(seconds)


def _near(number: float | None) -> float | None:
    """A number that may be a time in ms, a length in mm, a b-value or an index; no other is stored."""
    return number if number is not None and abs(number) < 1e9 else None


def _unsigned(values: Mapping[int, bytes], tag: int, order: str) -> int | None:
    value = values.get(tag, b"")
    return int(struct.unpack(order, value[:2])[0]) if len(value) >= 2 else None


def _floats(values: Mapping[int, bytes], tag: int, count: int) -> tuple[float, ...] | None:
    """DS values in mm, ``count`` of them, else None."""
    numbers = read_decimals(values.get(tag, b""))
    return numbers if len(numbers) == count and all(-1e9 < number < 1e9 for number in numbers) else None


CONTRADICTS: Final = "it holds an element twice, with different values"
_HEAD = 64 * 1024
_HEADER_END: Final = (0x0032, 0x4000)
_PIXELS: Final = (0x7FE0, 0x0007)


def walk_file(
    file: int, wanted: frozenset[int], *, to_end: bool, to_pixels: bool = False
) -> tuple[FileMeta, DatasetWalker] | str:
    """Walk the data set of an open DICOM file from its start.

    Args:
        file: A file descriptor open for reading, at its start.
        wanted: Elements to keep.
        to_end: Walk to the end and check it; else only as far as the header goes.
        to_pixels: As far as a decoder reads: to the pixel data.

    Returns:
        Its meta information and the walk, or in plain words what is wrong with it.

    Raises:
        OSError: It cannot be read.
    """
    piece = os.read(file, _HEAD)
    meta = read_head(piece)
    if isinstance(meta, str):
        return meta
    walk = DatasetWalker(meta.transfer_syntax, wanted)
    walk.feed(piece[meta.offset :])
    position, size = len(piece), os.fstat(file).st_size
    until = _PIXELS if to_pixels else _HEADER_END
    while not walk.fault and not walk.lost and (to_end or not walk.beyond(*until)):
        if jump := min(walk.ahead, size - position):
            position = os.lseek(file, jump, os.SEEK_CUR)
            walk.jump(jump)
        piece = os.read(file, _HEAD)
        if not piece:
            break
        position += len(piece)
        walk.feed(piece)
    ended = to_end or not walk.beyond(*_HEADER_END)  # or cut off before its header was over
    fault = walk.end() if ended else walk.fault
    if walk.contradicts & IDENTIFYING_TAGS:
        fault = fault or CONTRADICTS
    return fault or (meta, walk)
