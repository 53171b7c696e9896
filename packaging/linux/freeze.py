"""Freezes the program and all it needs into one folder, by PyInstaller and the wheels of the lock."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import sqlite3
import ssl
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import sbom
from linux import icu_tables
from linux.steps import fixed, run
from product import ROOT, BuildFailed, moment, version

HERE = Path(__file__).resolve().parent
LOCKS = (HERE / "wheels.lock", HERE / "tools.lock")
_TOOLS = {
    "altgraph",
    "packaging",
    "pip",
    "pyinstaller",
    "pyinstaller-hooks-contrib",
    "pygments",
    "setuptools",
}
_PLUGINS = "/PySide6/Qt/plugins/"
"""Most are not taken along; what the others need is compared in libraries.py."""


def make_environment(folder: Path) -> Path:
    """An environment with the wheels of the locks and nothing else; its interpreter.

    Raises:
        BuildFailed: pip cannot make it.
    """
    wanted = hashlib.sha256(b"".join(lock.read_bytes() for lock in LOCKS) + sys.version.encode()).hexdigest()
    python, stamp = folder / "bin" / "python", folder / "made-from"
    if stamp.exists() and stamp.read_text("utf-8") == wanted:
        return python
    shutil.rmtree(folder, ignore_errors=True)
    run([sys.executable, "-m", "venv", str(folder)])
    command = [str(python), "-P", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-input", "--no-deps", "--require-hashes", "--only-binary=:all:"]
    run([*command, *(argument for lock in LOCKS for argument in ("--requirement", str(lock)))])
    stamp.write_text(wanted, "utf-8")
    return python


def freeze(python: Path, work: Path) -> Path:
    """Make the folder ``work``/workstation, stripped, with bill and notices; its path.

    Raises:
        BuildFailed: PyInstaller cannot, or misses a library.
    """
    shutil.rmtree(work, ignore_errors=True)
    log = work.with_name(f"{work.name}.log")
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [str(python), "-P", "-m", "PyInstaller", "--noconfirm", "--log-level", "INFO"]
    command += ["--workpath", str(work / "work"), "--distpath", str(work), str(HERE / "workstation.spec")]
    with log.open("wb") as output:
        if subprocess.run(command, env=fixed(), stdout=output, stderr=output, check=False).returncode != 0:
            raise BuildFailed(f"PyInstaller failed; see {log}")
    lines = log.read_text("utf-8", "replace").splitlines()
    if missing := [line for line in lines if "Library not found" in line and _PLUGINS not in line]:
        raise BuildFailed("libraries are missing on this computer:\n" + "\n".join(missing))
    product = work / "workstation"
    _strip(product)
    icu = sorted(product.glob("lib/PySide6/Qt/lib/libicudata.so.*"))[0]
    icu_tables.lighten(icu)
    sbom.write(product, version(), moment(), parts(python, icu.suffix[1:]))
    shutil.copyfile(ROOT / "LICENSE", product / "LICENSE")
    _settle(product)
    return product


def parts(python: Path, icu: str) -> Iterator[sbom.Part]:
    """What the product is made of beside our own code.

    Args:
        python: Of the environment that it was made from.
        icu: The version of ICU, which lies in the wheel of Qt.
    """
    for metadata in sorted(python.parents[1].glob("lib/python3*/site-packages/*.dist-info")):
        part = sbom.wheel(metadata)
        if part.name not in _TOOLS:
            yield part
            yield from sbom.inside(metadata)
        elif part.name == "pyinstaller":
            yield sbom.native("PyInstaller bootloader", part.version, part.license, "PyInstaller.txt")
    openssl = ssl.OPENSSL_VERSION.split()[1]
    yield sbom.native("Python", platform.python_version(), "PSF-2.0", "PSF-2.0.txt")
    yield sbom.native("OpenSSL", openssl, "Apache-2.0", "Apache-2.0.txt")
    yield sbom.native("SQLite", sqlite3.sqlite_version, "blessing", "SQLite.txt")
    yield sbom.native("zlib", zlib.ZLIB_RUNTIME_VERSION, "Zlib", "zlib.txt")
    yield sbom.native("ICU", icu, "Unicode-3.0", "ICU.txt")
    yield sbom.native("bzip2", "1.0", "bzip2-1.0.6", "bzip2.txt")
    yield sbom.native("libffi", "3", "MIT", "libffi.txt")


def _strip(product: Path) -> None:
    """Take the symbols out of Python itself; the wheels come without, and some break when touched."""
    files = [*product.glob("lib/libpython3*.so*"), *product.glob("lib/python3.*/lib-dynload/*.so")]
    files = [path for path in files if not path.is_symlink()]
    run(["strip", "--strip-unneeded", *map(str, files)])


def _settle(product: Path) -> None:
    """The same times and rights on every computer."""
    for path in (product, *product.rglob("*")):
        if not path.is_symlink():
            program = path == product / "workstation"
            path.chmod(0o755 if path.is_dir() or program else 0o644)
        os.utime(path, (moment(), moment()), follow_symlinks=False)
