"""Data sets encoded without a preamble or file meta information."""

from __future__ import annotations

import numpy as np
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from tests.store.objects import made

EXPLICIT, IMPLICIT, BIG = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"
MARK = bytes(128) + b"DICM"
PIXELS = np.arange(16, dtype=np.uint16).reshape(4, 4) * 100


def image(**values: object) -> Dataset:
    dataset = made(SamplesPerPixel=1, PhotometricInterpretation="MONOCHROME2", BitsStored=12, HighBit=11)
    dataset.PixelData = PIXELS.tobytes()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def encode(dataset: Dataset, syntax: str) -> bytes:
    file = DicomBytesIO()
    file.is_little_endian, file.is_implicit_VR = syntax != BIG, syntax == IMPLICIT
    dataset["PixelData"].VR = "OW"
    if syntax == BIG:
        dataset.PixelData = PIXELS.byteswap().tobytes()
    write_dataset(file, dataset)
    return file.getvalue()
