"""A file that lies somewhere, as what the index needs to know of it."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from workstation.dicom.part10 import NOT_DICOM
from workstation.errors import Sentence
from workstation.store.arrivals import Duplicate, Stored
from workstation.store.header import EVERYTHING, fault_of, header_of, uids_of, walk_file


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
    path: Path, *, whole: bool = False, to_pixels: bool = False, as_told: bool = False
) -> Stored | Unfit:
    """Read the header of a DICOM file (PS3.10).

    Args:
        path: The file.
        whole: Check it to its end; else only as far as the header goes.
        to_pixels: Look at all that a decoder reads before the pixel data: what comes later counts.
        as_told: It was asked for by what it says, even if that is no UID; see :func:`fault_of`.

    Raises:
        OSError: It cannot be read.
    """
    file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        read = walk_file(file, EVERYTHING, whole=whole, to_pixels=to_pixels)
        size = os.fstat(file).st_size
    finally:
        os.close(file)
    if isinstance(read, str):
        return Unfit(Sentence(read), damaged=read != NOT_DICOM)
    meta, walk = read
    sop_uid, sop_class, study, series = uids_of(walk)
    if all(meta.filed):  # what the object does not tell, a list told
        sop_uid, sop_class = sop_uid or meta.sop_instance, sop_class or meta.sop_class
        study, series = study or meta.filed[0], series or meta.filed[1]
    if fault := fault_of((sop_uid, sop_class, study, series), as_told=as_told):
        return Unfit(fault, damaged=False)
    header = replace(
        header_of(walk, meta.transfer_syntax, meta.sender),
        sop_uid=sop_uid,
        sop_class=sop_class,
        study_uid=study,
        series_uid=series,
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
