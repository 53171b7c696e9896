"""Checks the decoding processes and every transfer syntax, on small files of known pixels."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
from pydicom import uid

from workstation.imaging.arrays import Array
from workstation.imaging.decoding import Decoding
from workstation.imaging.picture import Picture
from workstation.imaging.sandbox import Limits
from workstation.resources import resource
from workstation.selftest.report import CheckFailed, CheckReport

_WORDS = {
    Limits.RESOURCES: "limits of memory",
    Limits.ENDS_WITH_PARENT: "ends with us",
    Limits.NO_WRITING: "no writing",
    Limits.NO_SOCKETS: "no network",
}


def check_codecs(report: CheckReport) -> None:
    """Decode each known file as the window does, and compare the digest of its pixels."""
    decoding = Decoding(processes=1)
    try:
        with report.check("decoding in a process of its own") as seen:
            seen.detail = ", ".join(_WORDS[limit] for limit in Limits(decoding.limits()))
        table = resource("selftest/pixels.json")
        for name, known in json.loads(table.read_text("utf-8")).items():
            with report.check(f"decoding {name}") as seen:
                seen.detail = uid.UID(known["syntax"]).name
                _compare(_pixels(decoding, table.with_name(name)), known)
    finally:
        decoding.close()


def known_files() -> list[Path]:
    """The files, in all transfer syntaxes."""
    return sorted(resource("selftest/pixels.json").parent.glob("*.dcm"))


def _pixels(decoding: Decoding, path: Path) -> Array:
    """The stored values, or the colours as red, green, blue."""
    picture = decoding.frame(path, 0)
    if not isinstance(picture, Picture):
        raise CheckFailed(f"there is no picture in it: {picture.text}")
    pixels = picture.pixels
    if picture.grey is not None:
        return pixels
    return np.ascontiguousarray(pixels).view(np.uint8).reshape(*pixels.shape, 4)[..., 2::-1]


def _compare(pixels: Array, known: dict[str, str | int]) -> None:
    """``drop``: as many of the lowest bits are left to the builder of a lossy codec."""
    digest = hashlib.sha256((pixels >> int(known["drop"])).tobytes()).hexdigest()
    if digest != known["sha256"]:
        raise CheckFailed("the pixels are not the known ones")
