"""Encoded data sets of the files in a folder, to compare with those of another program."""

from __future__ import annotations

from pathlib import Path

from pydicom import Dataset, dcmread


def data_sets_by_uid(folder: Path) -> dict[str, bytes]:
    """The encoded data sets in a folder by SOP Instance UID, whatever the files are called."""
    found = {}
    for path in folder.iterdir():
        if path.is_file():
            image = dcmread(path)
            found[str(image.SOPInstanceUID)] = _body(path, image)
    return found


def _body(path: Path, image: Dataset) -> bytes:
    """What stands behind the file meta information: dcmqrscp and getscu write their own."""
    whole = path.read_bytes()
    length = image.file_meta.FileMetaInformationGroupLength
    return whole[132 + 12 + length :]
