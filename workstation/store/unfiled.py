"""Keeps objects apart that cannot be filed, in the folder :data:`~workstation.store.store_results.UNFILED`.

Truncated objects, and those without the UIDs of their study, are kept bit for bit and flushed before they
are acknowledged. One is filed when the list of a retrieve names it; a truncated one is deleted when a
complete copy arrives.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from workstation.dicom.association_facts import Context, Peer
from workstation.dicom.part10 import MAX_META, FileMeta, filed_mark, meta_prefix, read_meta
from workstation.store.duplicates import place_file
from workstation.store.files import (
    copy_behind,
    delete_file,
    delete_part,
    refuse_link,
    sync_file,
    sync_folder,
    sync_path,
    write_all,
)
from workstation.store.instance_file import read_instance_file
from workstation.store.store_results import UNFILED, Duplicate, Stored

log = logging.getLogger(__name__)

CUT: Final = "it is cut off"
"""How the mark of an object begins that ends too early."""
_PIECE: Final = 1024 * 1024


def set_apart(part: str, file: int, folder: str, uid: str) -> str:
    """Move a part file, still open for writing, to the unfiled objects; returns its path.

    Args:
        part: Its path.
        file: Its descriptor, which is closed by whoever opened it.
        folder: The library, or the folder of plain files.
        uid: SOP Instance UID it was announced by.

    Raises:
        OSError: The disk refused.
    """
    sync_file(file)
    apart = Path(folder) / UNFILED
    apart.mkdir(mode=0o700, exist_ok=True)
    refuse_link(apart)
    path, _ = place_file(part, str(apart), uid)
    sync_folder(apart)
    sync_folder(folder)
    return path


def file_under(
    path: str,
    study: str,
    series: str,
    peer: Peer,
    new_part: Callable[[], tuple[str, int]],
    settle: Callable[[str, str], tuple[str, Duplicate]],
) -> Stored | None:
    """File an object under the UIDs a list gave for it, and note them in its file meta information.

    Args:
        path: The unfiled file.
        study: Study Instance UID.
        series: Series Instance UID.
        peer: Who sent it.
        new_part: Makes a part file.
        settle: Gives a part file its name, from its SOP Instance UID.

    Returns:
        The object as filed; None: its file is gone, or cannot be read.

    Raises:
        OSError: The disk refused; it is still unfiled.
    """
    meta = _meta(path)
    if meta is None:
        return None
    mark = filed_mark(meta.mark, study, series)
    context = Context(1, meta.sop_class, meta.transfer_syntax)
    part, file = new_part()
    try:
        try:
            write_all(file, meta_prefix(context, meta.sop_class, meta.sop_instance, peer, mark))
            copy_behind(path, meta.offset, file)
            sync_file(file)
        finally:
            os.close(file)
        target, duplicate = settle(part, meta.sop_instance)
    except BaseException:
        delete_part(part)
        raise
    sync_folder(Path(target).parent)
    found = read_instance_file(Path(target), to_end=True, lenient_uids=True)
    if not isinstance(found, Stored):
        return None
    delete_file(path)
    return Stored(
        sop_uid=found.sop_uid,
        sop_class=found.sop_class,
        study_uid=found.study_uid,
        series_uid=found.series_uid,
        transfer_syntax=found.transfer_syntax,
        file=target,
        size=found.size,
        duplicate=duplicate,
        peer=peer,
        header=found.header,
        doubt=found.doubt,
    )


def drop_cut(folder: str, uid: str, whole: str) -> None:
    """Delete unfiled, truncated copies of an instance that ``whole`` begins with.

    Args:
        folder: The library, or the folder of plain files.
        uid: Its SOP Instance UID, as a file name.
        whole: The complete file.
    """
    apart = f"{folder}{os.sep}{UNFILED}{os.sep}{uid}"
    if not os.path.lexists(f"{apart}.dcm"):  # nearly always: one look for each object
        return
    try:
        for path in [Path(f"{apart}.dcm"), *Path(folder, UNFILED).glob(f"{uid}~*.dcm")]:
            if _begins_as(path, whole):
                sync_path(whole)
                sync_folder(Path(whole).parent)
                delete_file(path)
    except OSError:
        log.warning("What is cut off could not be compared with the whole object; it stays.")


def _begins_as(cut: Path, whole: str) -> bool:
    meta, other = _meta(cut), _meta(whole)
    if meta is None or other is None or not meta.mark.startswith(CUT):
        return False
    if meta.transfer_syntax != other.transfer_syntax:
        return False
    with cut.open("rb") as first, Path(whole).open("rb") as second:
        first.seek(meta.offset)
        second.seek(other.offset)
        while piece := first.read(_PIECE):
            if second.read(len(piece)) != piece:
                return False
    return True


def _meta(path: str | Path) -> FileMeta | None:
    with Path(path).open("rb") as file:
        meta = read_meta(file.read(MAX_META))
    return None if isinstance(meta, str) else meta
