"""Writes the files for the desktop: launcher, metadata, icons, manual page."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from product import ROOT, moment, version

HERE = Path(__file__).resolve().parent
ICON = ROOT / "resources" / "icons" / "workstation.svg"
_DRAW = """
import sys
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer
application = QGuiApplication(["icon", "-platform", "offscreen"])
image = QImage(256, 256, QImage.Format.Format_ARGB32)
image.fill(Qt.GlobalColor.transparent)
painter = QPainter(image)
QSvgRenderer(sys.argv[1]).render(painter)
painter.end()
sys.exit(0 if image.save(sys.argv[2]) else 1)
"""


def day() -> str:
    """The product's day, as 2026-01-31."""
    return datetime.fromtimestamp(moment(), UTC).date().isoformat()


def fill(python: Path, folder: Path) -> None:
    """Make everything below ``folder``, which stands for ``/usr/share`` or ``~/.local/share``."""
    icons = folder / "icons" / "hicolor"
    place(ICON, icons / "scalable" / "apps" / "workstation.svg")
    drawn = icons / "256x256" / "apps" / "workstation.png"
    drawn.parent.mkdir(parents=True)
    subprocess.run([str(python), "-P", "-c", _DRAW, str(ICON), str(drawn)], check=True)
    place(HERE / "workstation.desktop", folder / "applications" / "workstation.desktop")
    written("workstation.metainfo.xml", folder / "metainfo" / "workstation.metainfo.xml")
    written("workstation.1", folder / "man" / "man1" / "workstation.1")


def place(source: Path, target: Path) -> None:
    """Copy a file to where its folder may not be yet."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def written(name: str, target: Path) -> None:
    """A file of ours with version and day filled in."""
    target.parent.mkdir(parents=True, exist_ok=True)
    text = (HERE / name).read_text("utf-8").replace("@VERSION@", version()).replace("@DATE@", day())
    target.write_text(text, "utf-8")
