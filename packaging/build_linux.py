"""Build the Linux products into ``dist/linux``: a Debian package, and an archive with an install script.

    python3 packaging/dev.py package linux [--quick] [--twice]

``--quick`` compresses less; ``--twice`` builds everything a second time and demands the same bytes. What was
tested is told in ``packaging/README.md``.
"""

from __future__ import annotations

import argparse
import filecmp
import os
import shutil
import subprocess
import sys
from pathlib import Path

import image_libraries
import sbom
from linux import archive, debian
from linux.freeze import freeze, make_environment
from product import ROOT, BuildFailed, check_size, sign, version, write_sums

UNPACKED_MB, DEB_MB, ARCHIVE_MB = 190, 55, 55

BUILD = ROOT / "build" / "linux"
DIST = ROOT / "dist" / "linux"


def main() -> int:
    """Build, check and sum up; the exit status."""
    arguments = argparse.ArgumentParser(prog="dev.py package linux", description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="compress less")
    arguments.add_argument("--twice", action="store_true", help="build twice and compare")
    options = arguments.parse_args()
    try:
        build(level=2 if options.quick else 6, twice=options.twice)
    except BuildFailed as error:
        print(f"FAILED: {error}", file=sys.stderr)
        return 1
    return 0


def build(*, level: int, twice: bool) -> None:
    """Make everything in ``dist/linux``.

    Args:
        level: Of xz.
        twice: Do it again and compare.

    Raises:
        BuildFailed: It cannot be made, is not whole, too big, or differs from the second.
    """
    python = make_environment(BUILD / "environment")
    product = freeze(python, BUILD / "first")
    check_size(product, UNPACKED_MB)
    selftest(product)
    made = pack(python, product, DIST, level)
    if twice:
        again = pack(python, freeze(python, BUILD / "second"), BUILD / "again", level)
        for one, other in zip(made, again, strict=True):
            if not filecmp.cmp(one, other, shallow=False):
                raise BuildFailed(f"built twice, {one.name} differs from {other}")
        print("built twice: the same bytes")
    check_size(made[0], DEB_MB)
    check_size(made[1], ARCHIVE_MB)
    for name in ("sbom.cdx.json", "THIRD-PARTY-NOTICES.txt"):
        shutil.copyfile(product / name, DIST / f"workstation-{version()}-linux-{name}")
    sign(write_sums(DIST))
    print(f"made in {DIST}:", *sorted(path.name for path in DIST.iterdir()), sep="\n  ")


def pack(python: Path, product: Path, folder: Path, level: int) -> list[Path]:
    """The Debian package and the archive of a frozen program."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return [debian.pack(python, product, folder, level), archive.pack(python, product, folder, level)]


def selftest(product: Path) -> None:
    """Run the product's own check, away from everything this computer has.

    Raises:
        BuildFailed: It is not whole, or its bill of materials names other libraries than it loads.
    """
    variables = {"PATH": os.defpath, "HOME": str(BUILD), "LANG": "C.UTF-8", "QT_QPA_PLATFORM": "offscreen"}
    command = [product / "workstation", "selftest"]
    done = subprocess.run(command, env=variables, check=False, stdout=subprocess.PIPE, text=True)
    print(done.stdout, end="")
    if done.returncode != 0:
        raise BuildFailed("the frozen program is not whole")
    if untold := image_libraries.untold(product / sbom.BILL, done.stdout):
        raise BuildFailed(f"in the bill of materials, but not in the program: {', '.join(untold)}")


if __name__ == "__main__":
    sys.exit(main())
