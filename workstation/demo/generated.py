"""Generates the objects of today when they are read, and keeps them in a folder."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

from pydicom import Dataset, dcmread, dcmwrite

from workstation.atomic_files import atomic_write
from workstation.demo.schedule import instances
from workstation.demo.stored_object import StoredObject, values_of
from workstation.demo.study import Instance
from workstation.errors import NotWritable

_EDITION = 1
"""Raised when the same day must be drawn anew."""

_OURS = re.compile(r"\d{4}-\d\d-\d\d-edition\d+")


def generated_objects(cache: Path, today: date) -> Iterator[StoredObject]:
    """The objects of a day; folders of other days are removed.

    Args:
        cache: Where drawn objects are kept; made if it is not there.
        today: The day the studies' dates are counted from.

    Raises:
        NotWritable: The folder cannot be used.
    """
    folder = cache / f"{today:%Y-%m-%d}-edition{_EDITION}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for other in cache.iterdir():
            if other != folder and _OURS.fullmatch(other.name):
                shutil.rmtree(other, ignore_errors=True)
    except OSError as error:
        raise NotWritable(str(cache), error.strerror or str(error)) from error
    for instance in instances(today):
        kept = _Kept(instance, folder / f"{instance.header.SOPInstanceUID}.dcm")
        yield StoredObject(values_of(instance.header), instance.syntax, kept.read, kept.file)


class _Kept:
    """Draws an object once; two threads may both draw it, and one file remains."""

    def __init__(self, instance: Instance, path: Path) -> None:
        self._instance = instance
        self._path = path

    def read(self) -> Dataset:
        return dcmread(self.file() or io.BytesIO(self._drawn()))

    def file(self) -> Path | None:
        if not self._path.exists():
            with suppress(OSError):  # then it is drawn whenever it is read
                atomic_write(self._path, self._drawn())
        return self._path if self._path.exists() else None

    def _drawn(self) -> bytes:
        drawn = io.BytesIO()
        dcmwrite(drawn, self._instance.whole(), enforce_file_format=True)
        return drawn.getvalue()
