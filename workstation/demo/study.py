"""Makes the data sets of a study: the attributes its objects share, and each object."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from workstation.demo.patients import Patient
from workstation.demo.pixel_encoding import encode
from workstation.dicom.uids import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME

Frames = Callable[[], Sequence[NDArray[Any]]]


@dataclass(frozen=True, eq=False)
class Instance:
    """One object: its header at once, its pixels on demand.

    Attributes:
        header: Everything but Pixel Data.
        syntax: Transfer Syntax UID of the whole object.
        frames: Draws the stored values, frame by frame; None for objects without pixels.
    """

    header: Dataset
    syntax: UID
    frames: Frames | None = None

    def whole(self) -> Dataset:
        """The object with its pixels and its file meta information."""
        dataset = deepcopy(self.header)
        if self.frames is not None:
            dataset.PixelData = encode(self.frames(), self.syntax, dataset.BitsStored)
            compressed = self.syntax.is_compressed
            dataset["PixelData"].VR = "OB" if compressed or dataset.BitsAllocated == 8 else "OW"
            dataset["PixelData"].is_undefined_length = compressed
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        dataset.file_meta.TransferSyntaxUID = self.syntax
        dataset.file_meta.ImplementationClassUID = UID(IMPLEMENTATION_CLASS_UID)
        dataset.file_meta.ImplementationVersionName = IMPLEMENTATION_VERSION_NAME
        return dataset


@dataclass(frozen=True, kw_only=True)
class Study:
    """An examination of a patient on a day.

    Attributes:
        patient: Whose.
        key: Tells this patient's studies of one day apart.
        date: Study Date.
        time: Study Time, HHMMSS.
        description: Study Description.
        accession: Accession Number.
        referring: Referring Physician's Name.
    """

    patient: Patient
    key: str
    date: date
    time: str
    description: str
    accession: str
    referring: str = "Quillfeather^Ottoline"

    def uid(self, *parts: object) -> UID:
        """A UID under 2.25 (PS3.5 B.2), the same for the same patient, study, day and parts."""
        named = (self.patient.id, self.patient.name, self.key, f"{self.date:%Y%m%d}", *parts)
        digest = hashlib.sha256("\0".join(map(str, named)).encode()).digest()
        return UID(f"2.25.{int.from_bytes(digest[:16], 'big')}")

    def series(self, number: int, modality: str, description: str, **more: object) -> Dataset:
        """What all objects of a series have in common; ``more`` are further attributes by keyword."""
        data, patient = Dataset(), self.patient
        if patient.charset:
            data.SpecificCharacterSet = (
                patient.charset[0] if len(patient.charset) == 1 else list(patient.charset)
            )
        data.PatientName, data.PatientID = patient.name, patient.id
        data.IssuerOfPatientID = "DEMO"
        data.PatientBirthDate, data.PatientSex = f"{patient.born:%Y%m%d}", patient.sex
        data.PatientAge = f"{max(0, (self.date - patient.born).days // 365):03}Y"
        data.PatientComments = "Generated. Not a person."
        data.StudyInstanceUID, data.StudyID = self.uid("study"), self.accession[-6:]
        data.StudyDate = data.SeriesDate = data.ContentDate = f"{self.date:%Y%m%d}"
        data.StudyTime = self.time
        data.SeriesTime = data.ContentTime = self._later(number * 95)
        data.StudyDescription, data.AccessionNumber = self.description, self.accession
        data.ReferringPhysicianName = self.referring
        data.SeriesInstanceUID, data.SeriesNumber = self.uid("series", number), number
        data.Modality, data.SeriesDescription = modality, description
        data.Manufacturer, data.ManufacturerModelName = "Workstation", "Demo archive"
        data.InstitutionName, data.StationName = "Hospital of No Place", f"DEMO-{modality}"
        data.SoftwareVersions = IMPLEMENTATION_VERSION_NAME
        for keyword, value in more.items():
            setattr(data, keyword, value)
        return data

    def instance(
        self,
        series: Dataset,
        sop_class: UID,
        number: int,
        *,
        syntax: UID = ExplicitVRLittleEndian,
        frames: Frames | None = None,
        **more: object,
    ) -> Instance:
        """One object of a series; ``more`` are its own attributes by keyword."""
        data = deepcopy(series)
        data.SOPClassUID = sop_class
        data.SOPInstanceUID = self.uid("instance", series.SeriesNumber, number)
        data.InstanceNumber = number
        for keyword, value in more.items():
            setattr(data, keyword, value)
        return Instance(data, syntax, frames)

    def _later(self, seconds: int) -> str:
        total = int(self.time[:2]) * 3600 + int(self.time[2:4]) * 60 + int(self.time[4:6]) + seconds
        return f"{total // 3600 % 24:02}{total // 60 % 60:02}{total % 60:02}"


def grey(rows: int, columns: int, *, photometric: str = "MONOCHROME2") -> dict[str, object]:
    """The pixel module of a picture with 12 bits in 16 (PS3.3 C.7.6.3)."""
    return {
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": photometric,
        "Rows": rows,
        "Columns": columns,
        "BitsAllocated": 16,
        "BitsStored": 12,
        "HighBit": 11,
        "PixelRepresentation": 0,
    }


def stored(values: NDArray[Any], offset: float = 0.0) -> NDArray[np.uint16]:
    """Values plus an offset as 12 bits."""
    return np.clip(np.rint(values + offset), 0, 4095).astype(np.uint16)


def position(x: float, y: float, z: float) -> list[float]:
    """Image Position (Patient), as a decimal string can hold it."""
    return [round(float(each), 4) for each in (x, y, z)]
