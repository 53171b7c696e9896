"""Makes the Debian package: the program in ``/opt/workstation``, a command, a launcher, a manual page."""

from __future__ import annotations

import gzip
import os
import shutil
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

from linux import share
from linux.libraries import dependencies
from linux.steps import run
from product import moment, size, version

MAINTAINER = "The Workstation developers <workstation@localhost>"
_CONTROL = """\
Package: workstation
Version: {version}
Section: science
Priority: optional
Architecture: amd64
Maintainer: {maintainer}
Installed-Size: {kilobytes}
Depends: {depends}
Recommends: shared-mime-info, xdg-utils
Suggests: fonts-noto-cjk | fonts-wqy-microhei, gnome-keyring
Description: find studies in DICOM archives, fetch them, look at them
 A desktop DICOM query/retrieve workstation: search several archives (PACS) and
 the local library at once, fetch studies by C-GET or C-MOVE, look at the images
 while they arrive, hand them on. The same operations are there for scripts, on
 the command line.
 .
 Not a medical device: not for diagnosis.
"""
_COPYRIGHT = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: Workstation
Comment: The parts by others, Qt among them, and their licences are listed in
 /opt/workstation/THIRD-PARTY-NOTICES.txt and /opt/workstation/sbom.cdx.json.

Files: *
Copyright: The Workstation developers
License: Expat
{license}
"""
_OVERRIDES = """\
# The wheels are taken as they are, and who maintains this has no public address yet.
workstation: bogus-mail-host
workstation: bogus-mail-host-in-debian-changelog
workstation: custom-library-search-path
workstation: dir-or-file-in-opt
workstation: embedded-library
workstation: hardening-no-pie
workstation: library-not-linked-against-libc
workstation: shared-library-lacks-prerequisites
workstation: unstripped-binary-or-object
"""


def pack(python: Path, product: Path, folder: Path, level: int) -> Path:
    """Make the package of a frozen program.

    Args:
        python: Draws the icon.
        product: The frozen program.
        folder: Where to.
        level: Of xz.

    Raises:
        BuildFailed: Its dependencies are not known, or dpkg-deb failed.
    """
    root = product.with_name("debian")
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(product, root / "opt" / "workstation", symlinks=True)
    commands = root / "usr" / "bin"
    commands.mkdir(parents=True)
    for name in ("workstation", "workstation-window"):
        (commands / name).symlink_to("/opt/workstation/workstation")
    share.fill(python, root / "usr" / "share")
    manual = root / "usr" / "share" / "man" / "man1" / "workstation.1"
    _zipped(manual.with_name("workstation.1.gz"), manual.read_bytes())
    manual.unlink()
    manual.with_name("workstation-window.1.gz").symlink_to("workstation.1.gz")
    _document(root / "usr" / "share" / "doc" / "workstation")
    overrides = root / "usr" / "share" / "lintian" / "overrides" / "workstation"
    overrides.parent.mkdir(parents=True)
    overrides.write_text(_OVERRIDES, "utf-8")
    control = root / "DEBIAN" / "control"
    control.parent.mkdir()
    values = {"version": version(), "maintainer": MAINTAINER, "kilobytes": size(root) // 1024}
    control.write_text(_CONTROL.format(**values, depends=", ".join(dependencies(product))), "utf-8")
    _settle(root)
    made = folder / f"workstation_{version()}_amd64.deb"
    run(["dpkg-deb", "--root-owner-group", "-Zxz", f"-z{level}", "--build", str(root), str(made)])
    return made


def _document(folder: Path) -> None:
    text = (share.ROOT / "LICENSE").read_text("utf-8").strip()
    quoted = "\n".join(f" {line}" if line else " ." for line in text.splitlines())
    folder.mkdir(parents=True)
    (folder / "copyright").write_text(_COPYRIGHT.format(license=quoted), "utf-8")
    when = format_datetime(datetime.fromtimestamp(moment(), UTC))
    log = f"workstation ({version()}) stable; urgency=medium\n\n  * See CHANGELOG.md.\n\n -- "
    _zipped(folder / "changelog.gz", f"{log}{MAINTAINER}  {when}\n".encode())


def _zipped(path: Path, data: bytes) -> None:
    path.write_bytes(gzip.compress(data, 9, mtime=moment()))


def _settle(root: Path) -> None:
    """The same times and rights on every computer, whatever its umask."""
    for path in (root, *root.rglob("*")):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)
        elif not path.is_symlink() and not path.is_relative_to(root / "opt"):
            path.chmod(0o644)
        os.utime(path, (moment(), moment()), follow_symlinks=False)
