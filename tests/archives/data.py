"""Small synthetic studies: the same arguments make the same UIDs and the same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom import Dataset, dcmread, dcmwrite
from pydicom.data import get_testdata_file
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian, MRImageStorage


@dataclass(frozen=True)
class Patient:
    """Whom a study is about; ``charset`` is the Specific Character Set of everything in it."""

    name: str
    id: str
    charset: str | tuple[str, ...] = ""
    birth_date: str = "19600102"
    sex: str = "O"


DOE = Patient("DOE^JOHN", "ENG-1", sex="M")
MUELLER = Patient("Müller^Jürgen", "GER-1", "ISO_IR 100", "19550513", "M")
WANG = Patient("Wang^XiaoDong=王^小东", "CHN-1", "ISO_IR 192", "19700203", "M")
LI = Patient("Li^Na=李^娜", "CHN-2", "GB18030", "19800304", "F")
YAMADA = Patient("Yamada^Tarou=山田^太郎=やまだ^たろう", "JPN-1", ("", "ISO 2022 IR 87"), "19900405", "M")
PATIENTS = (DOE, MUELLER, WANG, LI, YAMADA)

MIXED = (
    "MR_small_implicit.dcm",
    "CT_small.dcm",
    "MR_small_bigendian.dcm",
    "image_dfl.dcm",
    "SC_rgb_dcmtk_+eb+cr.dcm",
    "JPGExtended.dcm",
    "SC_rgb_jpeg_gdcm.dcm",
    "MR_small_jpeg_ls_lossless.dcm",
    "JPEGLSNearLossless_08.dcm",
    "MR_small_jp2klossless.dcm",
    "693_J2KI.dcm",
    "MR_small_RLE.dcm",
)
"""Files that come with pydicom, one for each transfer syntax it has."""


def uid(*parts: object) -> UID:
    """A UID (PS3.5 B.2, under 2.25) that depends on ``parts`` only."""
    digest = hashlib.sha256("\0".join(map(str, parts)).encode()).digest()
    return UID(f"2.25.{int.from_bytes(digest[:16], 'big')}")


def study(
    folder: Path,
    images: int = 3,
    *,
    patient: Patient = DOE,
    key: str = "1",
    series: int = 1,
    size: int = 64,
    date: str = "20240102",
    time: str = "101530",
    modality: str = "CT",
) -> list[Path]:
    """Write one study; returns its files in the order of series and images.

    Args:
        folder: Where the files go; made if need be.
        images: Images in each series.
        patient: Whose study it is.
        key: Tells this patient's studies apart.
        series: How many series.
        size: Rows and columns; an image has ``2 * size * size`` bytes of pixels (512: half a megabyte).
        date: Study Date.
        time: Study Time.
        modality: "CT" or "MR".
    """
    folder.mkdir(parents=True, exist_ok=True)
    template = _template(patient, key, size, date, modality)
    template.StudyTime = time
    files = []
    for number in range(1, series + 1):
        template.SeriesInstanceUID = uid(patient.id, key, number)
        template.SeriesNumber = number
        template.SeriesDescription = f"Series {number}"
        for index in range(1, images + 1):
            template.SOPInstanceUID = uid(patient.id, key, number, index)
            template.file_meta.MediaStorageSOPInstanceUID = template.SOPInstanceUID
            template.InstanceNumber = index
            template.ImagePositionPatient = [0, 0, index]
            path = folder / f"{patient.id}-{key}-{number:02}-{index:05}.dcm"
            dcmwrite(path, template, enforce_file_format=True)
            files.append(path)
    return files


def patients(folder: Path, images: int = 2) -> list[Path]:
    """Write a study of each of :data:`PATIENTS`, a year apart: five character sets."""
    files = []
    for number, patient in enumerate(PATIENTS):
        files += study(folder, images, patient=patient, date=f"{2020 + number}0{number + 1}15")
    return files


def mixed_study(folder: Path, *, patient: Patient = DOE, key: str = "mixed") -> list[Path]:
    """Write one study of twelve images in twelve transfer syntaxes, a series for each SOP class.

    Patient and UIDs are new; every other element keeps the bytes it had, deflation aside.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for number, name in enumerate(MIXED, 1):
        source = get_testdata_file(name, download=False)
        assert isinstance(source, str), name
        image = dcmread(source)
        image.PatientName, image.PatientID = patient.name, patient.id
        image.StudyInstanceUID = uid(patient.id, key)
        image.SeriesInstanceUID = uid(patient.id, key, image.SOPClassUID)
        image.SOPInstanceUID = uid(patient.id, key, number)
        image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
        image.file_meta.MediaStorageSOPClassUID = image.SOPClassUID
        path = folder / f"{patient.id}-{key}-{number:02}.dcm"
        dcmwrite(path, image)
        files.append(path)
    return files


def worklist(patients: Sequence[Patient] = PATIENTS) -> list[Dataset]:
    """A scheduled procedure step (PS3.4 K.6.1.2.2) for each patient, alternately CT and MR."""
    return [_worklist_item(number, patient) for number, patient in enumerate(patients, 1)]


def pixels(size: int, seed: int = 0) -> np.ndarray:
    """A CT-like picture: a soft disc with a ramp and reproducible noise, 12 bits used."""
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    noise = np.random.default_rng(seed).integers(0, 32, (size, size))
    disc = np.where(x**2 + y**2 < 0.7, 1000 + 200 * x, 0)
    return (disc + noise).astype("<i2")


def _template(patient: Patient, key: str, size: int, date: str, modality: str) -> Dataset:
    image = _about(patient)
    image.SOPClassUID = CTImageStorage if modality == "CT" else MRImageStorage
    image.SOPInstanceUID = ""
    image.StudyInstanceUID = uid(patient.id, key)
    image.StudyID = key[:16]
    image.StudyDate = image.SeriesDate = image.AcquisitionDate = image.ContentDate = date
    image.StudyTime = image.SeriesTime = "101530"
    image.StudyDescription = f"Test study {key}"
    image.AccessionNumber = f"ACC{key}"[:16]
    image.ReferringPhysicianName = "House^Gregory"
    image.Modality = modality
    image.BodyPartExamined = "CHEST"
    image.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    image.FrameOfReferenceUID = uid(patient.id, key, "frame of reference")
    image.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    image.PixelSpacing = [0.7, 0.7]
    image.SliceThickness = 1
    image.SamplesPerPixel = 1
    image.PhotometricInterpretation = "MONOCHROME2"
    image.Rows = image.Columns = size
    image.BitsAllocated, image.BitsStored, image.HighBit, image.PixelRepresentation = 16, 12, 11, 1
    image.RescaleIntercept, image.RescaleSlope = -1024, 1
    image.WindowCenter, image.WindowWidth = 40, 400
    image.PixelData = pixels(size).tobytes()
    image["PixelData"].VR = "OW"
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image.file_meta.MediaStorageSOPClassUID = image.SOPClassUID
    return image


def _about(patient: Patient) -> Dataset:
    data = Dataset()
    if patient.charset:
        data.SpecificCharacterSet = (
            patient.charset if isinstance(patient.charset, str) else list(patient.charset)
        )
    data.PatientName, data.PatientID = patient.name, patient.id
    data.PatientBirthDate, data.PatientSex = patient.birth_date, patient.sex
    return data


def _worklist_item(number: int, patient: Patient) -> Dataset:
    item = deepcopy(_about(patient))
    item.AccessionNumber = f"WL{number}"
    item.ReferringPhysicianName = "House^Gregory"
    item.StudyInstanceUID = uid("worklist", number)
    item.RequestedProcedureID = f"RP{number}"
    item.RequestedProcedureDescription = "CHEST"
    item.AdmissionID = ""
    step = Dataset()
    step.Modality = ("CT", "MR")[number % 2]
    step.ScheduledStationAETitle = "MODALITY"
    step.ScheduledProcedureStepStartDate = f"202401{number:02}"
    step.ScheduledProcedureStepStartTime = "080000"
    step.ScheduledPerformingPhysicianName = "Cuddy^Lisa"
    step.ScheduledProcedureStepDescription = "CHEST"
    step.ScheduledProcedureStepID = f"SPS{number}"
    item.ScheduledProcedureStepSequence = [step]
    item.file_meta = FileMetaDataset()
    item.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    item.file_meta.MediaStorageSOPClassUID = UID("1.2.276.0.7230010.3.1.0.1")
    item.file_meta.MediaStorageSOPInstanceUID = uid("worklist item", number)
    return item
