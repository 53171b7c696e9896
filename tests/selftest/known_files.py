"""Makes ``resources/selftest``: one small file of every transfer syntax, and what its pixels must be.

``python -m tests.selftest.known_files`` writes them anew. The pictures are formulas. What lossy coding does
to the lowest bits may differ from one build of a library to the next, so these are left out of the digest:
the pattern for lossy files has only values far from where the kept bits change.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, uid
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate

from workstation.demo.pixel_encoding import encode

FOLDER = Path(__file__).parents[2] / "resources" / "selftest"
ROWS, COLUMNS = 40, 56
UNIQUE = "2.25.309135520174803172938479213055087"

Pixels = NDArray[Any]


def texture(bits: int) -> Pixels:
    """Every bit matters: for lossless coding."""
    row, column = np.mgrid[:ROWS, :COLUMNS]
    return (row * 73 + column * 151 + row * column * 7 % 251).astype("<u2") % (1 << bits)


def blocks(bits: int, samples: int = 1) -> Pixels:
    """Fields of 8 × 8, each in the middle of an eighth of the range: for lossy coding."""
    row, column = np.mgrid[:ROWS, :COLUMNS] // 8
    planes = [((row * 3 + column * (5 + 2 * n)) % 8 * 2 + 1) << (bits - 4) for n in range(samples)]
    kind = "u1" if bits == 8 else "<u2"
    return np.squeeze(np.stack(planes, -1).astype(kind))


@dataclass(frozen=True)
class Known:
    """One file: its pixels, how they become Pixel Data, and how many low bits do not count."""

    syntax: str
    bits: int
    pixels: Pixels
    code: Callable[[Pixels], Any] | None = None
    drop: int = 0
    photometric: str = "MONOCHROME2"

    @property
    def digest(self) -> str:
        """SHA-256 of the pixels without the bits that do not count."""
        return hashlib.sha256((self.pixels >> self.drop).tobytes()).hexdigest()

    def write(self, path: Path, number: int) -> None:
        """Write it as a Secondary Capture object."""
        meta, data = FileMetaDataset(), Dataset()
        meta.TransferSyntaxUID = uid.UID(self.syntax)
        meta.MediaStorageSOPClassUID = data.SOPClassUID = uid.SecondaryCaptureImageStorage
        meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = uid.UID(f"{UNIQUE}.3.{number}")
        data.StudyInstanceUID, data.SeriesInstanceUID = f"{UNIQUE}.1", f"{UNIQUE}.2"
        data.PatientName, data.PatientID, data.Modality = "Selftest", "SELFTEST", "OT"
        colour = self.pixels.ndim == 3
        data.Rows, data.Columns, data.SamplesPerPixel = ROWS, COLUMNS, 3 if colour else 1
        data.BitsAllocated = self.pixels.itemsize * 8
        data.BitsStored, data.HighBit, data.PixelRepresentation = self.bits, self.bits - 1, 0
        data.PhotometricInterpretation = self.photometric
        if colour:
            data.PlanarConfiguration = 0
        if self.code is not None:
            coded = bytes(self.code(np.ascontiguousarray(self.pixels)))
            data.PixelData = encapsulate([coded])
        elif self.syntax in (uid.RLELossless, uid.JPEGLSLossless):
            data.PixelData = encode([self.pixels], self.syntax, self.bits)
        else:
            order = ">" if self.syntax == uid.ExplicitVRBigEndian else "<"
            data.PixelData = self.pixels.astype(self.pixels.dtype.newbyteorder(order)).tobytes()
        data["PixelData"].VR = "OB" if self.bits == 8 or meta.TransferSyntaxUID.is_encapsulated else "OW"
        data.file_meta = meta
        data.save_as(path, enforce_file_format=True)


def _lossless(predictor: int) -> Callable[[Pixels], Any]:
    return lambda pixels: imagecodecs.jpeg_encode(
        pixels, lossless=True, predictor=predictor, bitspersample=12
    )


def _jpeg2000(reversible: bool, level: int) -> Callable[[Pixels], Any]:
    return lambda pixels: imagecodecs.jpeg2k_encode(
        pixels, level=level, codecformat="j2k", reversible=reversible, bitspersample=12, numthreads=1
    )


def _high_throughput(pixels: Pixels) -> Any:
    return imagecodecs.htj2k_encode(pixels, reversible=True)


TEXTURE, BLOCKS, COLOUR = texture(12), blocks(12), blocks(8, 3)

KNOWN = {
    "implicit-little": Known(uid.ImplicitVRLittleEndian, 12, TEXTURE),
    "explicit-little": Known(uid.ExplicitVRLittleEndian, 12, TEXTURE),
    "explicit-big": Known(uid.ExplicitVRBigEndian, 12, TEXTURE),
    "deflated": Known(uid.DeflatedExplicitVRLittleEndian, 12, TEXTURE),
    "rle": Known(uid.RLELossless, 12, TEXTURE),
    "rle-colour": Known(uid.RLELossless, 8, COLOUR, photometric="RGB"),
    "jpeg-baseline": Known(
        uid.JPEGBaseline8Bit,
        8,
        COLOUR,
        lambda pixels: imagecodecs.jpeg8_encode(
            pixels, level=95, colorspace="RGB", outcolorspace="YCBCR", subsampling="444"
        ),
        5,
        "YBR_FULL",
    ),
    "jpeg-extended": Known(
        uid.JPEGExtended12Bit,
        12,
        BLOCKS,
        lambda pixels: imagecodecs.jpeg8_encode(pixels, level=95, bitspersample=12),
        9,
    ),
    "jpeg-lossless": Known(uid.JPEGLossless, 12, TEXTURE, _lossless(4)),
    "jpeg-lossless-first-order": Known(uid.JPEGLosslessSV1, 12, TEXTURE, _lossless(1)),
    "jpeg-ls": Known(uid.JPEGLSLossless, 12, TEXTURE),
    "jpeg-ls-near": Known(
        uid.JPEGLSNearLossless, 12, BLOCKS, lambda pixels: imagecodecs.jpegls_encode(pixels, level=3), 9
    ),
    "jpeg-2000-lossless": Known(uid.JPEG2000Lossless, 12, TEXTURE, _jpeg2000(True, 0)),
    "jpeg-2000": Known(uid.JPEG2000, 12, BLOCKS, _jpeg2000(False, 60), 9),
    "htj2k-lossless": Known(uid.HTJ2KLossless, 12, TEXTURE, _high_throughput),
    "htj2k-lossless-rpcl": Known(uid.HTJ2KLosslessRPCL, 12, TEXTURE, _high_throughput),
    "htj2k": Known(
        uid.HTJ2K,
        12,
        BLOCKS,
        lambda pixels: imagecodecs.htj2k_encode(pixels, level=0.0005, reversible=False),
        9,
    ),
}


def main() -> None:
    """Write all files and what must be seen in them."""
    FOLDER.mkdir(exist_ok=True)
    told = {}
    for number, (name, known) in enumerate(KNOWN.items(), 1):
        known.write(FOLDER / f"{name}.dcm", number)
        told[f"{name}.dcm"] = {"syntax": known.syntax, "drop": known.drop, "sha256": known.digest}
    (FOLDER / "pixels.json").write_text(json.dumps(told, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
