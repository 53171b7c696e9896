"""Lists what of imagecodecs goes into the products: extension modules, and the libraries inside them."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

MODULES = ("shared", "shared_cython", "imcd", "jpeg8", "jpeg2k", "htj2k", "jpegls")
"""Of about seventy; imagecodecs finds them by name. The others are not used, so they are not given away."""


@dataclass(frozen=True, slots=True)
class Library:
    """A library inside these modules.

    Attributes:
        name: As in imagecodecs' list of what it was built with, and in databases of advisories.
        license: Its SPDX expression.
        texts: Names of its licences below ``imagecodecs/licenses``.
        told: The program can ask it for its version.
    """

    name: str
    license: str
    texts: tuple[str, ...]
    told: bool = True


LIBRARIES = (
    Library("charls", "BSD-3-Clause", ("LICENSE-charls",)),
    # Inside jpeg2k, for the colour profile of a JP2 file; only a module that is left out tells its version.
    Library("lcms2", "MIT", ("LICENSE-lcms2",), told=False),
    Library("libjpeg-turbo", "IJG AND BSD-3-Clause AND Zlib", ("LICENSE-libjpeg-turbo", "LICENSE-libjpeg")),
    Library("openjpeg", "BSD-2-Clause", ("LICENSE-openjpeg",)),
    Library("openjph", "BSD-2-Clause", ("LICENSE_openjph",)),
)


def version(library: Library, description: str) -> str:
    """The version inside a wheel of imagecodecs.

    Args:
        library: Which.
        description: The wheel's own: it lists the libraries that it was built with.

    Raises:
        ValueError: It is not in the list.
    """
    found = re.search(rf"^- `{library.name} <[^>]*>`_ (\d[\w.]*)", description, re.MULTILINE)
    if found is None:
        raise ValueError(f"imagecodecs does not say which {library.name} is inside")
    return found[1]


def untold(bill: Path, selftest: str) -> list[str]:
    """Names and versions in a product's bill of materials that its ``selftest`` did not say."""
    parts = {part["name"]: part["version"] for part in json.loads(bill.read_text("utf-8"))["components"]}
    told = re.split(r"[,\n]\s*", selftest)
    wanted = [f"{library.name} {parts.get(library.name, 'missing')}" for library in LIBRARIES if library.told]
    return [each for each in wanted if each not in told]


if __name__ == "__main__":  # BILL: is what a selftest said on standard input true of it?
    if wrong := untold(Path(sys.argv[1]), sys.stdin.read()):
        sys.exit(f"in the bill of materials, but not in the program: {', '.join(wrong)}")
