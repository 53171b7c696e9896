"""Packs the archive for other distributions, and for users without root: a folder with install scripts."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path

from linux import share
from linux.libraries import dependencies
from product import moment, version


def pack(python: Path, product: Path, folder: Path, level: int) -> Path:
    """Make the archive of a frozen program.

    Args:
        python: Draws the icon.
        product: The frozen program.
        folder: Where to.
        level: Of xz.

    Raises:
        BuildFailed: Its dependencies are not known.
    """
    name = f"workstation-{version()}-linux-x86_64"
    root = product.with_name("archive")
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(product, root / "program", symlinks=True)
    share.fill(python, root / "share")
    packages = " ".join(each.partition(" ")[0] for each in dependencies(product))
    for script in ("install.sh", "uninstall.sh"):
        text = (share.HERE / script).read_text("utf-8").replace("@PACKAGES@", packages)
        (root / script).write_text(text, "utf-8")
        (root / script).chmod(0o755)
    share.written("INSTALL.txt", root / "INSTALL.txt")
    made = folder / f"{name}.tar.xz"
    with tarfile.open(made, "w:xz", preset=level, format=tarfile.GNU_FORMAT) as archive:
        for path in (root, *sorted(root.rglob("*"))):
            inner = Path(name) / path.relative_to(root)
            archive.add(path, str(inner), recursive=False, filter=_anonymous)
    return made


def _anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """The same on every computer."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    entry.mtime = moment()
    if not entry.issym():
        entry.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
    return entry
