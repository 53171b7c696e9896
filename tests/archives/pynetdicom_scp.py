"""Starting :mod:`tests.archives.pynetdicom_archive`: pynetdicom's own server, never in our process."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.archives import pynetdicom_archive
from tests.archives.process import Archive, NotStarted, spawn


def start(
    folder: Path,
    files: Iterable[Path] = (),
    *,
    ae_title: str = "PYNETDICOM",
    destinations: Mapping[str, int] | None = None,
    max_pdu: int = 16382,
    commitment: str = "same",
) -> Archive:
    """Start it on copies of ``files``.

    Args:
        folder: Its own, empty folder; what it holds and receives is in ``folder / "data"``.
        files: DICOM files it holds from the start.
        ae_title: Its AE title; any called AE title is accepted.
        destinations: AE title to port on this computer, for C-MOVE and for commitment on a new association.
        max_pdu: The largest PDU it takes, 0 for no limit.
        commitment: Where the result of a storage commitment goes: on the "same" association, on a "new"
            one to the requestor's AE title, or "refuse" the request.

    Raises:
        NotStarted: It ended before it listened.
    """
    data = folder / "data"
    data.mkdir()
    for number, file in enumerate(files):
        shutil.copyfile(file, data / f"{number:06}.dcm")
    arguments = ["--ae-title", ae_title, "--max-pdu", str(max_pdu), "--commitment", commitment]
    for title, port in (destinations or {}).items():
        arguments += ["--destination", f"{title}={port}"]
    log = folder / "log.txt"
    process = spawn(
        [sys.executable, pynetdicom_archive.__file__, data, *arguments],
        log,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    archive = Archive(ae_title, 0, folder, log, process)
    assert process.stdout is not None
    said = process.stdout.readline().strip()
    if not said:
        archive.kill()
        raise NotStarted(archive.log_text())
    archive.port = int(said)
    return archive
