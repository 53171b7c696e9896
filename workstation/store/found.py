"""A file that lies somewhere, as what the index needs to know of it."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, replace
from pathlib import Path

from workstation.dicom.part10 import NOT_DICOM, FileMeta
from workstation.dicom.uids import MEDIA_DIRECTORY, is_uid
from workstation.errors import Sentence
from workstation.store.arrivals import Duplicate, Stored
from workstation.store.header import EVERYTHING, fault_of, header_of, uids_of, walk_file

_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
"""What an image is that does not say what it is (PS3.3 A.8)."""


@dataclass(frozen=True, slots=True)
class Unfit:
    """A file that holds no instance of a study.

    Attributes:
        reason: In plain words, an end of the sentence "{name}: {reason}".
        damaged: It is a DICOM file, and cannot be understood or is cut off.
    """

    reason: Sentence
    damaged: bool = True


def read_found(
    path: Path, *, whole: bool = False, as_told: bool = False, stand_ins: bool = False
) -> Stored | Unfit:
    """Read the header of a DICOM file (PS3.10), or of a data set alone.

    Args:
        path: The file.
        whole: Check it to its end; else only as far as the header goes.
        as_told: It was asked for by what it says, even if that is no UID; see :func:`fault_of`.
        stand_ins: It is only to be looked at: UIDs it does not have are made up, by its path.

    Raises:
        OSError: It cannot be read.
    """
    file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        read = walk_file(file, EVERYTHING, whole=whole)
        size = os.fstat(file).st_size
    finally:
        os.close(file)
    if isinstance(read, str):
        return Unfit(Sentence(read), damaged=read != NOT_DICOM)
    meta, walk = read
    uids = uids_of(walk)
    if stand_ins and MEDIA_DIRECTORY not in (uids[1], meta.sop_class):
        uids = _whole_uids(uids, meta, path)
    if fault := fault_of(uids, as_told=as_told):
        return Unfit(fault, damaged=False)
    header = header_of(walk, meta.transfer_syntax, meta.sender)
    sop_uid, sop_class, study_uid, series_uid = uids
    if uids != uids_of(walk):
        header = replace(
            header, sop_uid=sop_uid, sop_class=sop_class, study_uid=study_uid, series_uid=series_uid
        )
    return Stored(
        header.sop_uid,
        header.sop_class,
        header.study_uid,
        header.series_uid,
        meta.transfer_syntax,
        str(path),
        size - meta.offset,
        Duplicate.NEW,
        None,
        header,
        meta.mark or walk.doubt,
    )


def _whole_uids(uids: tuple[str, str, str, str], meta: FileMeta, path: Path) -> tuple[str, str, str, str]:
    """The UIDs of a file (see :func:`uids_of`), those it lacks from its file meta information, else made up.

    A study or a series that is not told is one of this file alone; files that tell the same that is no UID
    belong together.
    """

    def made_up(what: str, told: str) -> str:
        digest = hashlib.sha256(f"{what}\0{told or path}".encode("utf-8", "surrogateescape")).digest()
        return f"2.25.{int.from_bytes(digest[:16], 'big')}"

    instance, sop_class, study, series = uids
    in_meta = [uid if is_uid(uid) else "" for uid in (meta.sop_instance, meta.sop_class)]
    return (
        instance if is_uid(instance) else in_meta[0] or made_up("instance", instance),
        sop_class if is_uid(sop_class) else in_meta[1] or _SECONDARY_CAPTURE,
        study if is_uid(study) else made_up("study", study),
        series if is_uid(series) else made_up("series", series),
    )
