"""Small images made for a test, and what is shown of them."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydicom import uid
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate

from workstation.imaging.grey_mapping import render
from workstation.imaging.instance import open_instance
from workstation.imaging.picture import Picture

ITEM, ITEMS_END = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0\0\0\0\0"


def image(pixels: np.ndarray, photometric: str = "MONOCHROME2", **values: object) -> Dataset:
    """An object with ``pixels``, rows × columns (× samples), or frames of these; explicit little endian."""
    colour = photometric not in ("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR")
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
    made.SOPClassUID, made.SOPInstanceUID = uid.SecondaryCaptureImageStorage, "1.2.3"
    made.PatientName = "Doe^John"
    made.Rows, made.Columns = pixels.shape[-3:-1] if colour else pixels.shape[-2:]
    made.SamplesPerPixel, made.PhotometricInterpretation = 3 if colour else 1, photometric
    if pixels.ndim > 2 + colour:
        made.NumberOfFrames = len(pixels)
    if colour:
        made.PlanarConfiguration = 0
    made.BitsAllocated = made.BitsStored = 8 * pixels.itemsize
    made.HighBit = made.BitsStored - 1
    made.PixelRepresentation = int(pixels.dtype.kind == "i")
    for keyword, value in values.items():
        setattr(made, keyword, value)
    if "BitsStored" in values and "HighBit" not in values:
        made.HighBit = made.BitsStored - 1
    made.PixelData = pixels.tobytes() + b"\0" * (pixels.nbytes % 2)
    made["PixelData"].VR = "OB" if made.BitsAllocated <= 8 else "OW"
    return made


def compressed(dataset: Dataset, syntax: str, *frames: bytes, table: bool = False) -> Dataset:
    """``dataset`` with these frames, a fragment each."""
    dataset.file_meta.TransferSyntaxUID = uid.UID(syntax)
    dataset.PixelData = encapsulate(list(frames), has_bot=table)
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    return dataset


def saved(path: Path, dataset: Dataset) -> Path:
    dataset.save_as(path, enforce_file_format=True)
    return path


def with_pixel_element(path: Path, dataset: Dataset, head: bytes, content: bytes) -> Path:
    """A file whose pixel data element is ``head``, the bytes behind its tag, and ``content``."""
    del dataset.PixelData
    saved(path, dataset)
    order = ">" if dataset.file_meta.TransferSyntaxUID == uid.ExplicitVRBigEndian else "<"
    with path.open("ab") as file:
        file.write(struct.pack(f"{order}HH", 0x7FE0, 0x10) + head + content)
    return path


def fragments(*contents: bytes, table: bytes = b"") -> bytes:
    """A Basic Offset Table and fragments, with their delimiter."""
    items = (ITEM + struct.pack("<I", len(one)) + one for one in (table, *contents))
    return b"".join(items) + ITEMS_END


def picture(path: Path, frame: int = 0) -> Picture:
    content = open_instance(path).picture(frame)
    assert isinstance(content, Picture)
    return content


def shown(path: Path, frame: int = 0) -> np.ndarray:
    """Rows × columns of grey, × 3 of colour, 0 to 255, as the picture is shown at first."""
    return rendered(picture(path, frame))


def rendered(content: Picture) -> np.ndarray:
    words = content.pixels
    if content.grey is not None:
        assert content.voi is not None
        words = np.empty(content.pixels.shape, np.uint32)
        render(content.pixels, content.grey, content.voi, words)
        return (words & 255).astype(np.uint8)
    return np.stack((words >> 16 & 255, words >> 8 & 255, words & 255), -1).astype(np.uint8)


def reasons(path: Path, frame: int = 0) -> Sequence[str]:
    return [str(mark.reason) for mark in picture(path, frame).marks]


def noise(*shape: int, most: int = 256, kind: str = "u1") -> np.ndarray:
    return np.random.default_rng(11).integers(0, most, shape).astype(kind)


def smooth(rows: int = 32, columns: int = 48) -> np.ndarray:
    """Colours that no codec changes much."""
    down, across = np.mgrid[0:rows, 0:columns]
    channels = (60 + 3 * across, 200 - 4 * down, 40 + 2 * down + across)
    return np.stack(channels, -1).clip(0, 255).astype(np.uint8)


def to_ybr(rgb: np.ndarray) -> np.ndarray:
    """PS3.3 C.7.6.3.1.2."""
    red, green, blue = (rgb[..., n].astype(float) for n in range(3))
    y = 0.299 * red + 0.587 * green + 0.114 * blue
    cb = 128 - 0.168736 * red - 0.331264 * green + 0.5 * blue
    cr = 128 + 0.5 * red - 0.418688 * green - 0.081312 * blue
    return np.stack((y, cb, cr), -1).round().clip(0, 255).astype(np.uint8)


def run_length(*planes: np.ndarray, more: bytes = b"", less: int = 0, tail: bytes = b"") -> bytes:
    """RLE whose segments hold literal runs: ``more`` bytes of picture behind, or ``less``; then ``tail``."""
    segments = []
    for plane in planes:
        content = plane.tobytes()
        content = content[: len(content) - less] + more
        runs = (content[n : n + 128] for n in range(0, len(content), 128))
        segments.append(b"".join(bytes((len(run) - 1,)) + run for run in runs) + tail)
    offsets = [64 + sum(map(len, segments[:n])) for n in range(len(segments))]
    return struct.pack("<16I", len(segments), *offsets, *(0,) * (15 - len(segments))) + b"".join(segments)
