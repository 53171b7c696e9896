"""Files of given SOP Classes, and a C-STORE of any of them."""

from __future__ import annotations

from pathlib import Path

from pydicom import Dataset, dcmread, dcmwrite
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import AE

from tests.archives.process import Archive
from tests.operations.scripted_archive import SERIES, STUDY
from tests.peers import wire
from tests.store.objects import made

PRIVATE_CLASSES = ("1.3.12.2.1107.5.9.1", "1.3.46.670589.11.0.0.12.1", "1.3.46.670589.2.5.1.1")


def write_files(folder: Path, *classes: str) -> list[Path]:
    folder.mkdir()
    paths = []
    for number, uid in enumerate((wire.CT, *classes), 1):
        image: Dataset = made(f"{STUDY}.9.{number}", STUDY, SERIES, SOPClassUID=uid)
        image.Modality = "CT"
        image.StudyID, image.StudyDate, image.StudyTime, image.AccessionNumber = "1", "20240101", "10", "A"
        image.SeriesNumber, image.InstanceNumber = 1, number
        image.file_meta = FileMetaDataset()
        image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        paths.append(folder / f"{number}.dcm")
        dcmwrite(paths[-1], image, enforce_file_format=True)
    return paths


def push(archive: Archive, paths: list[Path]) -> None:
    """By pynetdicom: DCMTK's clients do not send classes they do not know."""
    for path in paths:
        image = dcmread(path)
        ae = AE("PUSH")
        ae.add_requested_context(image.SOPClassUID, ExplicitVRLittleEndian)
        association = ae.associate("127.0.0.1", archive.port, ae_title=archive.ae_title)
        assert association.send_c_store(image).Status == 0
        association.release()
