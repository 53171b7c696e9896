"""A window beside another one that holds the library: it looks and searches, but fetches nothing."""

from __future__ import annotations

import tempfile
from pathlib import Path

from typing_extensions import override

from workstation.dicom.targets import Target
from workstation.errors import LibraryInUse
from workstation.store.plans import Plan, Plans


class NoPlans(Plans):
    """No wish is taken: whoever holds the library keeps the plans. Each is answered with LibraryInUse."""

    def __init__(self, library: Path) -> None:
        """Raises as :class:`Plans`; ``library`` is the folder that is in use."""
        self._library = library
        self._folder = tempfile.TemporaryDirectory(prefix="workstation-")
        super().__init__(Path(self._folder.name) / "plans.db")

    @override
    def create(
        self, node: str, target: Target, *, uids: frozenset[str] | None = None, expected: int | None = None
    ) -> Plan:
        raise LibraryInUse(str(self._library))

    @override
    def close(self) -> None:
        super().close()
        self._folder.cleanup()
