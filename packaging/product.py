"""Shared steps of both products: version, moment, size limits, checksums, signatures."""

from __future__ import annotations

import ast
import hashlib
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MB = 1_000_000


class BuildFailed(Exception):
    """The product cannot be made, or is not fit to be given away; the text says why."""


def version() -> str:
    """The version, from the one place that has it."""
    tree = ast.parse((ROOT / "workstation" / "__init__.py").read_text("utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__version__":
            return str(ast.literal_eval(node.value))
    raise BuildFailed("workstation/__init__.py has no __version__")


def moment() -> int:
    """The time all files of a product bear, in seconds since 1970: that of the commit."""
    told = os.environ.get("SOURCE_DATE_EPOCH")
    if told is None:
        command = ["git", "-C", str(ROOT), "-c", f"safe.directory={ROOT}", "log", "-1", "--format=%ct"]
        try:
            told = subprocess.run(command, capture_output=True, check=True, text=True).stdout
        except (OSError, subprocess.CalledProcessError):
            told = "1767225600"  # sources without their history: 2026-01-01
    return int(told)


def size(path: Path) -> int:
    """Bytes of a file, or of all files in a folder; a link counts nothing."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file() and not file.is_symlink())


def check_size(path: Path, megabytes: int) -> None:
    """Refuse what has grown too big.

    Raises:
        BuildFailed: It has more than so many million bytes.
    """
    found = size(path) / MB
    print(f"{path.name}: {found:.1f} MB of {megabytes} MB")
    if found > megabytes:
        raise BuildFailed(f"{path.name} has {found:.1f} MB; its limit is {megabytes} MB")


def write_sums(folder: Path) -> Path:
    """Write SHA256SUMS over all other files of a folder, as sha256sum --check reads it."""
    sums = folder / "SHA256SUMS"
    lines = [
        f"{digest(path)}  {path.name}\n"
        for path in sorted(folder.iterdir())
        if path.is_file() and path != sums
    ]
    sums.write_text("".join(lines), "utf-8")
    return sums


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sign(sums: Path) -> None:
    """Sign the checksums with GnuPG, if WORKSTATION_SIGNING_KEY names a key; the signature lies beside them.

    Raises:
        BuildFailed: GnuPG cannot.
    """
    key = os.environ.get("WORKSTATION_SIGNING_KEY")
    if not key:
        print("not signed: WORKSTATION_SIGNING_KEY names no key")
        return
    command = ["gpg", "--batch", "--yes", "--local-user", key, "--armor", "--detach-sign", str(sums)]
    if subprocess.run(command, check=False).returncode != 0:
        raise BuildFailed("the checksums could not be signed")
