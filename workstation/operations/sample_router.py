"""Routes arriving objects either to the samples that are awaited, or to the library.

A C-GET writes to the sink it was begun with. What a C-MOVE brings comes to the one listener of the program,
on an association of the archive's: :class:`InboundRouter` tells by the originator that the C-STORE request
names (PS3.7 9.1.1.1.7, 9.1.1.1.8), and where none is named lets every running retrieve and every welcome
push go first, so that nothing of theirs ends in the cache of samples.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

from typing_extensions import override

from workstation.dicom.association_facts import Context, Peer
from workstation.dicom.targets import Target
from workstation.network.association_slots import PeerAllowance
from workstation.network.receive import Incoming, Sink
from workstation.operations.collection import Collection
from workstation.operations.instance_router import InstanceRouter
from workstation.store.index_check import Here
from workstation.store.instance_header import InstanceHeader
from workstation.store.sample_cache import SampleCache, may_be_of
from workstation.store.sample_sink import SampleSink
from workstation.store.store_results import Stored

_MESSAGE_IDS = range(0x4000, 0x8000)
"""Of the C-MOVEs for samples; those of a retrieve begin at 1, and seldom come so far."""


class SampleCollection(Collection):
    """The one image that was asked for.

    Attributes:
        stored: It, once it is here.
    """

    def __init__(self, target: Target, next_id: Callable[[str], int]) -> None:
        super().__init__(target)
        self.stored: Stored | None = None
        self._next_id = next_id

    @override
    def add(self, stored: Stored) -> None:
        with self.lock:
            self.stored = stored
        super().add(stored)

    @override
    def moves_from(self, archive: Peer, next_message_id: Callable[[], int]) -> int:
        return super().moves_from(archive, lambda: self._next_id(archive.own_ae_title))


class SampleRouter(InstanceRouter):
    """Into the cache of samples; takes what an open collection asked for by its UIDs, and nothing else."""

    def __init__(self, cache: SampleCache) -> None:
        """No sample is awaited yet."""
        super().__init__()
        self.cache = cache
        self.sink: Sink = SampleSink(cache, self._fault, self._stored, self._refused)
        self._ids = cycle(_MESSAGE_IDS)
        self._ids_lock = threading.Lock()
        self._moves: dict[int, str] = {}  # our AE title by Message ID

    def collection(self, target: Target) -> SampleCollection:
        """A collection for one image, to be opened by :meth:`collecting`."""
        return SampleCollection(target, self._next_id)

    def _next_id(self, own_title: str) -> int:
        with self._ids_lock:
            number = next(self._ids)
            self._moves[number] = own_title
            return number

    @override
    def named_by(self, peer: Peer) -> bool:
        """Whether a C-STORE request names a C-MOVE for a sample, also one that was given up meanwhile."""
        number = peer.move_message_id
        return number is not None and self._moves.get(number) == peer.move_originator

    def _fault(self, header: InstanceHeader, peer: Peer) -> str:
        """Why an object is not the one asked for: all its UIDs and its Patient ID have to be the row's."""
        with self._lock:
            waiting = [one for one in self._open.get(header.study_uid, ()) if one.is_from_archive(peer)]
        targets = [
            one.target
            for one in waiting
            if header.sop_uid in one.target.instances and header.series_uid in one.target.series
        ]
        if not targets:
            return "it is not the image that was asked for"
        if not any(may_be_of(header, target.patient_id) for target in targets):
            return "it is of another patient"
        return ""

    def awaits(self, instance: str, peer: Peer) -> bool:
        """Whether an instance was asked for, of the archive that ``peer`` is."""
        with self._lock:
            return any(
                instance in one.target.instances and one.is_from_archive(peer)
                for collections in self._open.values()
                for one in collections
            )

    def held(self, target: Target) -> Here:
        """Nothing."""
        return {}

    def settle(self, collection: Collection) -> None:
        """Nothing: a cache need not last."""

    def folder(self) -> Path:
        """The folder of the cache."""
        return self.cache.folder()


class InboundRouter:
    """What the listener of the program writes to; fulfils ``network.receive.Sink``."""

    def __init__(self, library: InstanceRouter, samples: SampleRouter) -> None:
        """Objects go to the one router or to the other."""
        self._library = library
        self._samples = samples

    @property
    def sink(self) -> Sink:
        """Itself: it decides for each object."""
        return self

    def begin(self, context: Context, sop_class: str, sop_instance: str, peer: Peer) -> Incoming:
        """An object is announced; see ``network.receive.Sink``."""
        uid = sop_instance.strip("\0 ")
        router = self._samples if self._is_sample(uid, peer) else self._library
        return router.sink.begin(context, sop_class, sop_instance, peer)

    def _is_sample(self, instance: str, peer: Peer) -> bool:
        if self._samples.named_by(peer):
            return not self._library.named_by(peer)
        return self._samples.awaits(instance, peer) and not self._library.may_expect(peer)

    def allowance(self, peer: Peer) -> PeerAllowance:
        """What the listener may expect of a peer, for either."""
        library, samples = self._library.allowance(peer), self._samples.allowance(peer)
        return PeerAllowance(library.known or samples.known, library.more + samples.more)
