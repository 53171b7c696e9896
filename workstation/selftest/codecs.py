"""Every transfer syntax the program reads, on a small file whose pixels are known."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
from pydicom import uid

from workstation.imaging.instance import open_instance
from workstation.imaging.picture import Array, Picture
from workstation.resources import resource
from workstation.selftest.report import Report, Wrong


def check_codecs(report: Report) -> None:
    """Decode each known file and compare the digest of its pixels."""
    table = resource("selftest/pixels.json")
    for name, known in json.loads(table.read_text("utf-8")).items():
        with report.check(f"decoding {name}") as seen:
            seen.detail = uid.UID(known["syntax"]).name
            _compare(_pixels(table.with_name(name)), known)


def known_files() -> list[Path]:
    """The files, in all transfer syntaxes."""
    return sorted(resource("selftest/pixels.json").parent.glob("*.dcm"))


def _pixels(path: Path) -> Array:
    """The stored values, or the colours as red, green, blue."""
    picture = open_instance(path).picture(0)
    if not isinstance(picture, Picture):
        raise Wrong("there is no picture in it")
    pixels = picture.pixels
    if picture.grey is not None:
        return pixels
    return np.ascontiguousarray(pixels).view(np.uint8).reshape(*pixels.shape, 4)[..., 2::-1]


def _compare(pixels: Array, known: dict[str, str | int]) -> None:
    """``drop``: as many of the lowest bits are left to the builder of a lossy codec."""
    digest = hashlib.sha256((pixels >> int(known["drop"])).tobytes()).hexdigest()
    if digest != known["sha256"]:
        raise Wrong("the pixels are not the known ones")
