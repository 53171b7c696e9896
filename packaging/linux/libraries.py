"""Finds the system libraries that the product needs, and Debian's packages that contain them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from product import BuildFailed

PACKAGES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libX11.so.6": "libx11-6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libexpat.so.1": "libexpat1",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libgcc_s.so.1": "libgcc-s1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "liblzma.so.5": "liblzma5",
    "libuuid.so.1": "libuuid1",
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb.so.1": "libxcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libzstd.so.1": "libzstd1",
}
_OF_PYTHON = {"libexpat.so.1", "liblzma.so.5", "libuuid.so.1"}
"""Debian's Python uses these; another may contain them."""

_WITH_THE_C_LIBRARY = {"ld-linux-x86-64.so.2", "libc.so.6", "libdl.so.2", "libm.so.6", "libpthread.so.0"}
_WITH_THE_C_LIBRARY |= {"libresolv.so.2", "librt.so.1", "libutil.so.1"}
_CPP = "libstdc++.so.6"

# The newest symbols of libstdc++ that came with each version of GCC, and of Debian's package.
_GCC = {"3.4.29": "11", "3.4.30": "12", "3.4.31": "13", "3.4.32": "13.2", "3.4.33": "14", "3.4.34": "15"}


def dependencies(product: Path) -> list[str]:
    """What a Debian package of the product depends on, with the oldest versions that will do.

    Raises:
        BuildFailed: It needs a library that is not in the table, or the table has one that is not needed.
    """
    needed, glibc, cpp = _needed(product)
    named = needed - _WITH_THE_C_LIBRARY - {_CPP}
    unknown, idle = sorted(named - set(PACKAGES)), sorted(set(PACKAGES) - named - _OF_PYTHON)
    if unknown or idle:
        raise BuildFailed(f"libraries.py: the product needs {unknown}, and does not need {idle}")
    floors = [f"libc6 (>= {glibc})"]
    if _CPP in needed:
        floors.append(f"libstdc++6 (>= {_GCC.get(cpp, '11')})")
    return sorted({*(PACKAGES[name] for name in named), *floors})


def _needed(product: Path) -> tuple[set[str], str, str]:
    """Libraries from outside, and the newest versions of the symbols of glibc and of libstdc++."""
    files = [
        path for path in product.rglob("*") if path.is_file() and not path.is_symlink() and _is_elf(path)
    ]
    present = {path.name for path in product.rglob("*")}
    command = ["objdump", "--private-headers", *map(str, files)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    needed = set(re.findall(r"^ +NEEDED +(\S+)$", told, re.MULTILINE)) - present
    return needed, _newest(told, "GLIBC_"), _newest(told, "GLIBCXX_")


def _newest(told: str, kind: str) -> str:
    versions = set(re.findall(rf" {kind}([0-9.]+)$", told, re.MULTILINE))
    return max(versions, key=lambda text: [int(part) for part in text.split(".")], default="")


def _is_elf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"
