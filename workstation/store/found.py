"""A file that lies somewhere, as what the index needs to know of it."""

from __future__ import annotations

import os
from pathlib import Path

from workstation.store.arrivals import Duplicate, Stored
from workstation.store.header import EVERYTHING, fault_of, header_of, uids_of, walk_file


def read_found(path: Path, *, whole: bool = False) -> Stored | str:
    """Read the header of a DICOM file (PS3.10).

    Args:
        path: The file.
        whole: Check it to its end; else only as far as the header goes.

    Returns:
        What it is, or in plain words why it is no instance of a study.

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
        return read
    meta, walk = read
    if fault := fault_of(uids_of(walk)):
        return fault
    header = header_of(walk, meta.transfer_syntax)
    return Stored(
        header.sop_uid,
        header.sop_class,
        header.study_uid,
        header.series_uid,
        meta.transfer_syntax,
        path,
        size - meta.offset,
        Duplicate.NEW,
        None,
        header,
    )
