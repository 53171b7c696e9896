"""``workstation picture`` beside dcm2pnm, dcmj2pnm, dcml2pnm and pydicom, on each file pydicom brings.

``python -m tests.imaging.compare [FILE...]`` prints a line for each file: what we make of its first frame,
and by how much the grey or colour values of the others, 0 to 255, differ from ours at most. All show it in
one window: over all its values as pydicom reads them, else the one we choose. Overlays are left out. It ends
with 1 if something is drawn otherwise, by more than rounding, or not by us.
"""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import imagecodecs
import numpy as np
import numpy.typing as npt
import pydicom
from pydicom.dataset import FileDataset
from pydicom.pixels import apply_color_lut, apply_modality_lut, pixel_array

from workstation.cli.main import main as command_line

Colours = npt.NDArray[np.uint8]
"""Rows × columns × red, green, blue."""
Window = tuple[float, float]
PROGRAMS = ("dcm2pnm", "dcmj2pnm", "dcml2pnm")
FOLDER = Path(pydicom.__file__).parent / "data"


@dataclass(frozen=True)
class Compared:
    """A file as it is drawn.

    Attributes:
        ours: Why there is no picture; empty if there is one.
        others: By program: the largest difference to our picture; None: there is nothing to compare.
    """

    path: Path
    syntax: str
    ours: str
    others: dict[str, str]

    @property
    def differs(self) -> bool:
        """Somebody draws it otherwise than we, by more than rounding, or at all."""
        return any(told not in ("–", "0", "1", "no picture") for told in self.others.values())


def files() -> list[Path]:
    """The DICOM files that come with pydicom, by their content."""
    return [
        path
        for path in sorted(FOLDER.rglob("*"))
        if path.is_file()
        and path.suffix not in (".py", ".pyc", ".json", ".txt", ".md", ".dump", ".gz", ".icc")
    ]


def compared(path: Path, folder: Path) -> Compared:
    """Draw ``path`` with each program; files are put into ``folder``."""
    dataset = _read(path)
    theirs = _by_pydicom(dataset) if dataset is not None else None
    ours, words, window = _ours(path, folder, theirs[1] if theirs is not None else None)
    others = {"dcmtk": _against(ours, _by_dcmtk(path, folder, window))}
    others["pydicom"] = _against(ours, theirs[0] if theirs is not None else None)
    syntax = str(getattr(getattr(dataset, "file_meta", None), "TransferSyntaxUID", "") or "")
    return Compared(path, pydicom.uid.UID(syntax).name if syntax else "none", words, others)


def _against(ours: Colours | None, theirs: Colours | None) -> str:
    if theirs is None:
        return "–" if ours is None else "no picture"
    if ours is None:
        return "a picture"
    if ours.shape != theirs.shape:
        return "another size: " + "×".join(map(str, theirs.shape))
    return str(int(np.abs(ours.astype(np.int16) - theirs).max()))


def _ours(path: Path, folder: Path, window: Window | None) -> tuple[Colours | None, str, Window | None]:
    """Our picture, or why there is none, and the window it is shown in."""
    out = folder / "ours.png"
    options = ["--window", *map(repr, window)] if window is not None else []
    said, told = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(told):
        status = command_line(["picture", str(path), "--out", str(out), "--no-overlays", "--json", *options])
    found = json.loads(said.getvalue())
    if status:
        return None, found["card"].replace("\n", " ")[:80], None
    chosen = found["window"]
    if window is None and chosen is not None and chosen["width"] is not None:
        return _ours(path, folder, (chosen["center"], max(2.0, chosen["width"])))
    return imagecodecs.png_decode(out.read_bytes()), "", window


def _by_dcmtk(path: Path, folder: Path, window: Window | None) -> Colours | None:
    """By the first of DCMTK's programs that can."""
    out = folder / "theirs.ppm"
    options = ["+Ww", *map(repr, window)] if window is not None else []
    for program in PROGRAMS:
        out.unlink(missing_ok=True)
        subprocess.run([program, "-O", *options, path, out], capture_output=True, check=False, timeout=60)
        if out.is_file() and out.stat().st_size:
            return _pnm(out.read_bytes())
    return None


def _pnm(content: bytes) -> Colours:
    """A binary PGM or PPM of 8 bits."""
    kind, columns, rows, *_ = content.split(maxsplit=4)
    shape = (int(rows), int(columns), 3 if kind == b"P6" else 1)
    pixels = np.frombuffer(content[-int(np.prod(shape)) :], np.uint8).reshape(shape)
    return np.broadcast_to(pixels, (*shape[:2], 3))


def _read(path: Path) -> FileDataset | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return pydicom.dcmread(path, force=True)
        except Exception:  # noqa: BLE001 - whatever it does not read
            return None


def _by_pydicom(dataset: FileDataset) -> tuple[Colours, Window | None] | None:
    """The first frame, and the window over its values if it is grey."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            if "TransferSyntaxUID" not in dataset.file_meta:
                implicit, little = dataset.original_encoding
                plain = (pydicom.uid.ExplicitVRLittleEndian, pydicom.uid.ExplicitVRBigEndian)[not little]
                dataset.file_meta.TransferSyntaxUID = (
                    pydicom.uid.ImplicitVRLittleEndian if implicit else plain
                )
            frame = pixel_array(dataset, index=0)
            if dataset.SamplesPerPixel == 3:
                return (frame >> (dataset.BitsStored - 8)).astype(np.uint8), None
            if dataset.PhotometricInterpretation == "PALETTE COLOR":
                return (apply_color_lut(frame, dataset) >> 8).astype(np.uint8), None
            return _grey(dataset, apply_modality_lut(frame, dataset).astype(np.float64))
        except Exception:  # noqa: BLE001 - whatever it does not draw
            return None


def _grey(dataset: FileDataset, values: npt.NDArray[np.float64]) -> tuple[Colours, Window]:
    """Windowed as PS3.3 C.11.2.1.2.1 says."""
    low, high = float(values.min()), float(values.max())
    center, width = (low + high + 1) / 2, max(2.0, high - low + 1)
    share = np.clip((values - (center - 0.5)) / (width - 1) + 0.5, 0, 1)
    if dataset.PhotometricInterpretation == "MONOCHROME1":
        share = 1 - share
    return np.repeat(np.rint(share * 255).astype(np.uint8)[..., None], 3, -1), (center, width)


def rows(paths: Sequence[Path]) -> Iterator[Compared]:
    """Each file as it is drawn."""
    with tempfile.TemporaryDirectory() as folder:
        for path in paths:
            yield compared(path, Path(folder))


def main(arguments: Sequence[str]) -> int:
    differing = 0
    print("| file | transfer syntax | ours | DCMTK | pydicom |\n|---|---|---|---|---|")
    for row in rows([Path(name) for name in arguments] or files()):
        differing += row.differs
        cells = (row.path.name, row.syntax, row.ours or "a picture", *row.others.values())
        print("| " + " | ".join(cells) + (" | ≠ |" if row.differs else " | |"), flush=True)
    print(f"\n{differing} drawn otherwise by others.")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
