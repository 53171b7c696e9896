"""Reads the header of an existing DICOM file."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, replace
from pathlib import Path

from workstation.dicom.part10 import NOT_DICOM, FileMeta
from workstation.dicom.uids import MEDIA_DIRECTORY, is_uid
from workstation.errors import UserMessage
from workstation.store.instance_header import HEADER_TAGS, InstanceHeader, header_of, uid_fault, walk_file
from workstation.store.store_results import Duplicate, Stored

_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
"""What an image is that does not say what it is (PS3.3 A.8)."""


@dataclass(frozen=True, slots=True)
class NotAnInstance:
    """A file that is not an instance of a study.

    Attributes:
        reason: In plain words, an end of the message "{name}: {reason}".
        damaged: It is a DICOM file, and cannot be understood or is cut off.
    """

    reason: UserMessage
    damaged: bool = True


def read_instance_file(
    path: Path,
    *,
    to_end: bool = False,
    to_pixels: bool = False,
    lenient_uids: bool = False,
    make_up_uids: bool = False,
) -> Stored | NotAnInstance:
    """Read the header of a DICOM file (PS3.10), or of a data set alone.

    Args:
        path: The file.
        to_end: Check it to its end; else only as far as the header goes.
        to_pixels: Parse up to the pixel data, as a decoder does: the last of repeated elements counts.
        lenient_uids: Accept values that are no UIDs but can be queried as such; see :func:`uid_fault`.
        make_up_uids: Derive UIDs it lacks from its path: it is only to be viewed, not stored.

    Raises:
        OSError: It cannot be read.
    """
    file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        read = walk_file(file, HEADER_TAGS, to_end=to_end, to_pixels=to_pixels)
        size = os.fstat(file).st_size
    finally:
        os.close(file)
    if isinstance(read, str):
        return NotAnInstance(UserMessage(read), damaged=read != NOT_DICOM)
    meta, walk = read
    header = header_of(walk, meta.transfer_syntax, meta.sender)
    if all(meta.filed):  # UIDs the object lacks, which a list gave
        header = replace(
            header,
            sop_uid=header.sop_uid or meta.sop_instance,
            sop_class=header.sop_class or meta.sop_class,
            study_uid=header.study_uid or meta.filed[0],
            series_uid=header.series_uid or meta.filed[1],
        )
    if make_up_uids and MEDIA_DIRECTORY not in (header.sop_class, meta.sop_class):
        header = _with_stand_ins(header, meta, path)
    uids = header.sop_uid, header.sop_class, header.study_uid, header.series_uid
    if fault := uid_fault(uids, lenient_uids=lenient_uids):
        return NotAnInstance(fault, damaged=False)
    return Stored(
        sop_uid=header.sop_uid,
        sop_class=header.sop_class,
        study_uid=header.study_uid,
        series_uid=header.series_uid,
        transfer_syntax=meta.transfer_syntax,
        file=str(path),
        size=size - meta.offset,
        duplicate=Duplicate.NEW,
        peer=None,
        header=header,
        doubt=meta.mark or walk.doubt,
    )


def _with_stand_ins(header: InstanceHeader, meta: FileMeta, path: Path) -> InstanceHeader:
    """``header`` with all its UIDs: what it lacks from the file meta information, else made up.

    A study or series without UID is one of this file alone; equal invalid values of the same patient give
    equal UIDs.
    """

    def made_up(*parts: str) -> str:
        digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).digest()
        return f"2.25.{int.from_bytes(digest[:16], 'big')}"

    def stand_in(what: str, value: str) -> str:
        if is_uid(value):
            return value
        if not value:
            return made_up(what, str(path))
        return made_up(what, value, header.study_uid, header.patient_id, header.name, header.birth_date)

    in_meta = [uid if is_uid(uid) else "" for uid in (meta.sop_instance, meta.sop_class)]
    return replace(
        header,
        sop_uid=header.sop_uid if is_uid(header.sop_uid) else in_meta[0] or made_up("instance", str(path)),
        sop_class=header.sop_class if is_uid(header.sop_class) else in_meta[1] or _SECONDARY_CAPTURE,
        study_uid=stand_in("study", header.study_uid),
        series_uid=stand_in("series", header.series_uid),
    )
