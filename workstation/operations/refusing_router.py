"""Refuse every object, for a listener that takes nothing but reports of storage commitment."""

from __future__ import annotations

import tempfile
from pathlib import Path

from workstation.dicom.association_facts import Context, Peer
from workstation.dicom.targets import Target
from workstation.operations.collection import Collection
from workstation.operations.instance_router import InstanceRouter
from workstation.store.index_check import Here
from workstation.store.store_results import Status


class RefusingRouter(InstanceRouter):
    """Refuses every object (0124H)."""

    def __init__(self) -> None:
        """Nothing will be kept."""
        super().__init__()
        self.sink = _Refusing()

    def held(self, target: Target) -> Here:
        """Nothing."""
        return {}

    def settle(self, collection: Collection) -> None:
        """Nothing is there to settle."""

    def folder(self) -> Path:
        """None of ours."""
        return Path(tempfile.gettempdir())


class _Refusing:
    def begin(self, context: Context, sop_class: str, sop_instance: str, peer: Peer) -> _Refused:
        """Every object is the same to it."""
        return _Refused()


class _Refused:
    def write(self, data: memoryview) -> None:
        """Drop it."""

    def finish(self) -> int:
        """Not authorised."""
        return Status.NOT_AUTHORISED

    def answered(self) -> None:
        """Nothing is left to do."""

    def abort(self) -> None:
        """Nothing was begun."""
