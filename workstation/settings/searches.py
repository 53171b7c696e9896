"""Reads and writes the searches that the user named and saved: ``searches.json``.

It holds what was typed, patients' names perhaps, and nothing that was not saved by the user.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from workstation.dicom.saved_search import SavedSearch, check_saved
from workstation.errors import NotWritable, UserMessage
from workstation.settings import document

UPGRADES: tuple[document.Upgrade, ...] = ()


def load_searches(path: Path) -> tuple[SavedSearch, ...]:
    """Return the searches in their order; none if there is no file yet.

    Raises:
        Unreadable: The file is broken; the message names the field.
        TooNew: A newer version of this program wrote it.
    """
    return document.read_list(path, UPGRADES, "searches", _searches)


def _searches(listed: list[object]) -> tuple[SavedSearch, ...]:
    searches = tuple(
        document.build(SavedSearch, entry, UserMessage("search {n}", n=n))
        for n, entry in enumerate(listed, 1)
    )
    check_saved(searches)
    return searches


def save_searches(path: Path, searches: Sequence[SavedSearch]) -> None:
    """Write the searches.

    Raises:
        BadInput: As :func:`workstation.dicom.saved_search.check_saved`.
        NotWritable: The file cannot be written.
    """
    check_saved(searches)
    document.write(path, UPGRADES, {"searches": [asdict(search) for search in searches]})


def set_aside(path: Path) -> Path:
    """Move a file that cannot be read out of the way, under a name that is free; the new path.

    Raises:
        NotWritable: The folder refuses.
    """
    number = 1
    while (aside := path.with_name(f"{path.stem}-unreadable-{number}{path.suffix}")).exists():
        number += 1
    try:
        path.rename(aside)
    except OSError as error:
        raise NotWritable(str(path), error.strerror or str(error)) from error
    return aside
