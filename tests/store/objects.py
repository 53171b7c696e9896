"""Encoded data sets for the store's tests, made by pydicom, and a way to feed them to a sink."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from workstation.dicom.association_facts import Context, Peer
from workstation.store.library_sink import Admission, LibrarySink

if TYPE_CHECKING:
    from workstation.network.receive import Sink
    from workstation.store.library import Library

CT = "1.2.840.10008.5.1.4.1.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
IMPLICIT = "1.2.840.10008.1.2"
PEER = Peer(ae_title="PACS", own_ae_title="WORKSTATION", address="192.0.2.7", port=104)


FORGET_DOUBTS = (
    "ALTER TABLE instances DROP COLUMN doubt; ALTER TABLE series DROP COLUMN doubtful;"
    " ALTER TABLE studies DROP COLUMN doubtful; ALTER TABLE series DROP COLUMN institution;"
    " ALTER TABLE series DROP COLUMN station; ALTER TABLE studies DROP COLUMN institution;"
    " ALTER TABLE studies DROP COLUMN station; ALTER TABLE studies DROP COLUMN body_part;"
    " ALTER TABLE studies DROP COLUMN comments; ALTER TABLE series DROP COLUMN protocol;"
    " ALTER TABLE series DROP COLUMN slice_thickness;"
)
"""Takes from an index what versions before the sixth did not have."""


def made(uid: str = "1.2.3.1", study: str = "1.2.4", series: str = "1.2.5", **values: object) -> Dataset:
    """A small CT image."""
    dataset = Dataset()
    dataset.SOPClassUID = CT
    dataset.SOPInstanceUID = uid
    dataset.StudyInstanceUID = study
    dataset.SeriesInstanceUID = series
    dataset.PatientName = "Doe^Jane"
    dataset.PatientID = "P1"
    dataset.StudyDate = "20260102"
    dataset.Modality = "CT"
    dataset.SeriesNumber = 1
    dataset.InstanceNumber = 1
    dataset.Rows = dataset.Columns = 4
    dataset.BitsAllocated = 16
    dataset.PixelRepresentation = 0
    dataset.PixelData = bytes(32)
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def encoded(dataset: Dataset, syntax: str = EXPLICIT) -> bytes:
    file = DicomBytesIO()
    file.is_little_endian = True
    file.is_implicit_VR = syntax == IMPLICIT
    write_dataset(file, dataset)
    return file.getvalue()


GOOD = encoded(made())


def send(
    sink: Sink,
    data: bytes,
    uid: str = "1.2.3.1",
    *,
    sop_class: str = CT,
    syntax: str = EXPLICIT,
    peer: Peer = PEER,
    step: int = 100,
) -> int:
    """Feed one object as the engine does, out of memory that is used again; its status."""
    incoming = sink.begin(Context(1, sop_class, syntax), sop_class, uid, peer)
    buffer = bytearray(step)
    for start in range(0, len(data), step):
        piece = data[start : start + step]
        buffer[: len(piece)] = piece
        with memoryview(buffer)[: len(piece)] as view:
            incoming.write(view)
    status = incoming.finish()
    incoming.answered()
    return status


def make_first_version(index: Path) -> None:
    """Bring an index of today back to how the first version of the program made it."""
    with closing(sqlite3.connect(index)) as connection:
        connection.executescript(
            "ALTER TABLE patients RENAME COLUMN apart TO alone; DROP TABLE name_words;"
            f" ALTER TABLE instances DROP COLUMN moment; {FORGET_DOUBTS} PRAGMA user_version=1;"
        )


def put(library: Library, *datasets: Dataset) -> None:
    """Have a library take these, and know of them."""
    writer = LibrarySink(library, lambda header, peer: Admission.PLAN)
    for dataset in datasets:
        assert send(writer, encoded(dataset), dataset.SOPInstanceUID) == 0
    library.index.settled()
