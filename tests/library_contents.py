"""What a library holds, for tests: files by their UID, counts as the index has them, what is quarantined."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from workstation.store.index import Index
from workstation.store.quarantine import Quarantine


@dataclass(frozen=True)
class Quarantined:
    """One object set aside; ``path`` is its file, ``note`` the JSON beside it."""

    path: Path
    note: dict[str, object]


def path_of(index: Index, root: Path, sop_uid: str) -> Path | None:
    """A file of an instance below ``root``; None if none is indexed."""
    found = (root / name for name, row in index.listed().items() if row[3] == sop_uid)
    return next(found, None)


def counts_of(index: Index, study_uid: str) -> tuple[int | None, int | None]:
    """Series and instances of a study as its row has them; 0 and 0 if there is none."""
    found = ((one.series, one.instances) for one in index.studies() if one.study_uid == study_uid)
    return next(found, (0, 0))


def quarantined(quarantine: Quarantine) -> list[Quarantined]:
    """Everything in a quarantine, oldest first; a note that cannot be read is empty."""
    found = []
    for path in sorted([*quarantine.root.glob("*/*.bin"), *quarantine.root.glob("*/*.dcm")]):
        try:
            note = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            note = {}
        found.append(Quarantined(path, note))
    return found
