"""Route arriving objects to the retrieves that wait for them, by Study Instance UID.

One :class:`InstanceRouter` serves all retrieves of a process: it is behind the sink that C-GET and the
listener write to. An object that no running retrieve asked for is not taken, unless pushes are welcome.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from workstation.dicom.association_facts import Peer
from workstation.dicom.completeness import Accepted, SeriesListing, StudyListing
from workstation.dicom.nodes import sender
from workstation.dicom.targets import Target
from workstation.errors import DiskFull, StoreError
from workstation.network.association_slots import PeerAllowance
from workstation.network.receive import Sink
from workstation.operations.collection import Collection
from workstation.operations.host_addresses import HostAddresses
from workstation.store.files import free_space, store_error
from workstation.store.folder_sink import FolderSink
from workstation.store.index_check import Here
from workstation.store.instance_header import InstanceUids
from workstation.store.library import Library
from workstation.store.library_folder import usual_reserve
from workstation.store.library_sink import Admission, LibrarySink
from workstation.store.plans import Plans
from workstation.store.store_results import OnRefused, Refused, Stored, Unfiled, ignore_result

_TYPICAL_OBJECT = 512 * 1024
MAX_PARALLEL_MOVES = 16
"""C-MOVEs of one retrieve that may run side by side."""

Reserve = Callable[[int], int]
"""Bytes to keep free, from the size of a volume."""

Arrived = Callable[[Stored], None]
"""Called with a stored object, on the thread that received it; must be quick."""
Pushed = Callable[[Stored | Refused], None]
"""Called with an object that came to the listener and that no running retrieve asked for; likewise."""


class InstanceRouter(ABC):
    """Sorts arriving objects to the open collections.

    Attributes:
        sink: What C-GET and the listener write to.
        plans: Where plans are persisted; None: nowhere.
        welcome: Senders whose objects are kept although no retrieve asked for them: ``AE``, or ``AE@host``.
        hosts: Where archives are that the listener is to know, and who is welcome.
    """

    sink: Sink
    plans: Plans | None = None
    welcome: frozenset[str] = frozenset()

    def __init__(self, *, pushes: bool = False, reserve: Reserve = usual_reserve) -> None:
        """No collection is open yet.

        Args:
            pushes: Keep objects that no retrieve asked for, as a listener for pushes does.
            reserve: Gives the bytes to keep free from the size of the volume.
        """
        self._pushes = pushes
        self._reserve = reserve
        self._lock = threading.Lock()
        self._push_watchers: list[Pushed] = []
        self._open: dict[str, list[Collection]] = {}
        self._addresses: set[str] = set()  # of archives that something was fetched from
        self._watchers: list[tuple[Arrived, OnRefused]] = []
        self.hosts = HostAddresses()

    @contextmanager
    def collecting(self, collection: Collection) -> Iterator[None]:
        """Take objects of the study of the collection's target while the block runs."""
        study = collection.target.study
        with self._lock:
            self._open.setdefault(study, []).append(collection)
        try:
            yield
        finally:
            with self._lock:
                self._addresses.update(source.address for source in collection.sources)
                rest = self._open[study]
                rest.remove(collection)
                if not rest:
                    del self._open[study]

    def watch(self, arrived: Arrived, refused: OnRefused = ignore_result) -> Callable[[], None]:
        """Have ``arrived`` called for each stored object; returns what ends that.

        Args:
            arrived: Called with what was kept.
            refused: Called with what was not, likewise.
        """
        watcher = (arrived, refused)
        with self._lock:
            self._watchers.append(watcher)

        def unwatch() -> None:
            with self._lock:
                self._watchers.remove(watcher)

        return unwatch

    def watch_pushes(self, pushed: Pushed) -> Callable[[], None]:
        """Have ``pushed`` called for each object that no retrieve asked for; see :meth:`watch`."""
        with self._lock:
            self._push_watchers.append(pushed)

        def unwatch() -> None:
            with self._lock:
                self._push_watchers.remove(pushed)

        return unwatch

    def admission(self, study: str, series: str, instance: str, peer: Peer) -> Admission:
        """Whether an object is part of a running retrieve, a push, or not wanted.

        A retrieve takes what its target covers, from its archive only. What else that archive sends of the
        study is kept as a push is, on the disk before it is acknowledged.
        """
        with self._lock:
            waiting = [one for one in self._open.get(study, ()) if one.is_from_archive(peer)]
            if any(one.target.covers(series, instance) for one in waiting):
                return Admission.PLAN
        return Admission.PUSH if waiting or self._is_welcome(peer) else Admission.REFUSED

    def allowance(self, peer: Peer) -> PeerAllowance:
        """What the listener may expect of a peer: by its address or AE title, and by the C-MOVEs that run."""
        with self._lock:
            running = [one for batch in self._open.values() for one in batch]
            known = peer.address in self._addresses or any(one.is_from_archive(peer) for one in running)
        known = known or self.hosts.have(peer.address)
        return PeerAllowance(known, sum(min(one.asked_to_move, MAX_PARALLEL_MOVES) for one in running))

    def _is_welcome(self, peer: Peer) -> bool:
        """Whether objects that no retrieve asked for are kept from ``peer``.

        Its AE title is what it says of itself; where its host is named, too, it must call from there.
        """
        return self._pushes or (
            peer.called
            and any(
                title.strip() == peer.ae_title.strip() and (not host or self.hosts.is_at(host, peer.address))
                for title, host in map(sender, self.welcome)
            )
        )

    def named_by(self, peer: Peer) -> bool:
        """Whether a C-STORE request names a C-MOVE of a running retrieve (PS3.7 9.1.1.1.7)."""
        with self._lock:
            running = [one for collections in self._open.values() for one in collections]
        return any((peer.move_originator, peer.move_message_id) in one.moves for one in running)

    def may_expect(self, peer: Peer) -> bool:
        """Whether what ``peer`` sends may be for a running retrieve, or is a push that is welcome."""
        with self._lock:
            running = [one for collections in self._open.values() for one in collections]
        return any(one.is_from_archive(peer) for one in running) or self._is_welcome(peer)

    def may_be_of(self, study: str, instance: str, peer: Peer) -> bool:
        """Whether a running retrieve may have asked for an instance that does not tell all of its UIDs.

        Only from its archive; ``study`` is empty if it does not name that one either.
        """
        with self._lock:
            return any(
                study in ("", one.target.study)
                and one.is_from_archive(peer)
                and (one.expected is None or instance in one.expected)
                and (not one.target.instances or instance in one.target.instances)
                for collections in self._open.values()
                for one in collections
            )

    def _stored(self, stored: Stored) -> None:
        pushed = False
        with self._lock:
            waiting = self._open.get(stored.study_uid, ())
            covered = [one for one in waiting if one.target.covers(stored.series_uid, stored.sop_uid)]
            for collection in covered:
                collection.add(stored)
            if not covered and stored.peer is not None:
                senders = [one for one in waiting if one.is_from_archive(stored.peer)]
                for collection in senders:
                    collection.unasked.add(stored.sop_uid)
                pushed = stored.peer.called and not senders
            watchers = tuple(self._watchers)
            push_watchers = tuple(self._push_watchers) if pushed else ()
        for on_stored, _ in watchers:
            on_stored(stored)
        for on_pushed in push_watchers:
            on_pushed(stored)

    def _refused(self, refused: Refused) -> None:
        # A refused object may not name its study: it may be of any retrieve from the same archive.
        with self._lock:
            running = [one for collections in self._open.values() for one in collections]
            asked = [one for one in running if one.is_from_archive(refused.peer)]
            for collection in asked:
                collection.fail(refused)
            watchers = tuple(self._watchers)
            push_watchers = () if asked or not refused.peer.called else tuple(self._push_watchers)
        for _, on_refused in watchers:
            on_refused(refused)
        for on_pushed in push_watchers:
            on_pushed(refused)

    @abstractmethod
    def held(self, target: Target) -> Here:
        """What of the target is here by its files; every file is looked at.

        Raises:
            StoreError: It cannot be found out.
        """

    def here(self, collection: Collection) -> Here:
        """What of a collection's target is here now, held before or arrived; every file is looked at.

        Raises:
            StoreError: It cannot be found out.
        """
        found = {series: set(uids) for series, uids in self.held(collection.target).items()}
        known = {uid for uids in found.values() for uid in uids}
        doubts = self._doubts(collection.target)
        collection.doubtful |= {uid: doubts[uid] for uid in known & doubts.keys()}
        for uid, (series, file) in list(collection.files.items()):
            if uid not in known and Path(file).is_file():
                found.setdefault(series, set()).add(uid)
        return {series: frozenset(uids) for series, uids in found.items()}

    def _doubts(self, target: Target) -> Mapping[str, str]:
        """What is wrong with doubtful instances of the study that were here before, as far as it is known."""
        return {}

    def listings(self, study: str) -> tuple[StudyListing, ...]:
        """The listings of a study by all sources, as far as they are kept."""
        return self.plans.expectations.of(study) if self.plans is not None else ()

    def accepted(self, target: Target) -> Accepted | None:
        """What the user accepted of a whole study, as far as that is kept."""
        if self.plans is None or target.series:
            return None
        return self.plans.expectations.accepted(target.study)

    def record_listing(
        self, study: str, source: str, series: Mapping[str, SeriesListing], count: int | None
    ) -> tuple[StudyListing, ...]:
        """Keep the listing of a study by a source, if such is kept; returns those of all sources.

        Args:
            study: Study Instance UID.
            source: Its key.
            series: All series.
            count: The instances of the study; None: that was not asked.
        """
        if self.plans is None:
            return (StudyListing(source, dict(series), every_series=True, count=count),)
        self.plans.expectations.record_series(study, source, series)
        if count is not None:
            self.plans.expectations.record_count(study, source, count)
        return self.plans.expectations.of(study)

    def file_unfiled(self, collection: Collection, listed: Mapping[str, tuple[str, str]]) -> None:
        """File what arrived without its UIDs, if the archive's list names it and nothing contradicts.

        Args:
            collection: What came for a running retrieve.
            listed: By SOP Instance UID the Series Instance UID and the SOP class an archive listed.

        Raises:
            StoreError: The disk did not take it; it stays where it is.
        """
        target = collection.target
        for uid, refused in list(collection.unfiled.items()):
            found, (series, _) = refused.unfiled, listed.get(uid, ("", ""))
            if found is None or not (series and target.covers(series, uid)):
                continue
            agrees = found.study in ("", target.study) and found.series in ("", series)
            if not agrees or not self._may_be_of_patient(found, target):
                continue
            try:
                stored = self._file(found.file, target.study, series, refused.peer)
            except OSError as error:
                raise store_error(self.folder(), error) from error
            if stored is not None:
                del collection.unfiled[uid]
                self._stored(stored)

    def _may_be_of_patient(self, found: Unfiled, target: Target) -> bool:
        """Whether the patient of an object, where it names one, may be the target's."""
        return not found.patient_id or not target.patient_id or found.patient_id == target.patient_id

    def _file(self, file: str, study: str, series: str, peer: Peer) -> Stored | None:
        """Give an object its place; None: it cannot be read, or there is none.

        Raises:
            OSError: The disk refused.
        """
        return None

    @abstractmethod
    def settle(self, collection: Collection) -> None:
        """Make what arrived durable and findable; after it, it may be called complete.

        Raises:
            NotWritable, DiskFull: The disk did not take it.
        """

    @contextmanager
    def settling(self, collection: Collection) -> Iterator[None]:
        """While the block runs, do of :meth:`settle` what can be done; that tells whether it failed."""
        yield

    @abstractmethod
    def folder(self) -> Path:
        """Where the files go."""

    def check_room(self, objects: int) -> None:
        """See that there is room for so many more objects and the reserve.

        Raises:
            DiskFull: There is not.
            NotWritable: The folder is gone.
        """
        needed, reserve, free = self.room_for(objects)
        if free < needed + reserve:
            raise DiskFull(str(self.folder()), free, needed + reserve)

    def room_for(self, objects: int) -> tuple[int, int, int]:
        """Roughly the bytes that so many more objects take, those to be kept free, and those that are free.

        Raises:
            NotWritable: The folder is gone.
        """
        folder = self.folder()
        try:
            free, total = free_space(folder)
        except OSError as error:
            raise store_error(folder, error) from error
        return objects * _TYPICAL_OBJECT, self._reserve(total), free


class LibraryRouter(InstanceRouter):
    """Into the library: indexed, planned, durable."""

    def __init__(
        self,
        library: Library,
        plans: Plans | None = None,
        *,
        pushes: bool = False,
        reserve: Reserve = usual_reserve,
    ) -> None:
        """Deliver into an open library.

        Args:
            library: Open for writing.
            plans: Where plans are persisted.
            pushes: See :class:`InstanceRouter`.
            reserve: See :class:`InstanceRouter`.
        """
        super().__init__(pushes=pushes, reserve=reserve)
        self.plans = plans
        self.library = library
        self.sink = LibrarySink(library, self._admit, self._stored, self._refused)

    def _admit(self, uids: InstanceUids, peer: Peer) -> Admission:
        if not (uids.study_uid and uids.series_uid) and self.may_be_of(uids.study_uid, uids.sop_uid, peer):
            return Admission.PLAN
        return self.admission(uids.study_uid, uids.series_uid, uids.sop_uid, peer)

    def held(self, target: Target) -> Here:
        """What the library holds of the target."""
        found: Here = {}
        for series, uids in self.library.confirm(target.study).items():
            if covered := frozenset(uid for uid in uids if target.covers(series, uid)):
                found[series] = covered
        return found

    def _doubts(self, target: Target) -> Mapping[str, str]:
        return self.library.index.doubts(target.study)

    def _may_be_of_patient(self, found: Unfiled, target: Target) -> bool:
        if not super()._may_be_of_patient(found, target):
            return False
        self.library.index.settled()
        patient = self.library.index.patient(target.study)
        known = patient and (patient.patient_id, patient.name)
        own = (found.patient_id, found.name)
        return not known or all("" in pair or len({*pair}) == 1 for pair in zip(own, known, strict=True))

    def _file(self, file: str, study: str, series: str, peer: Peer) -> Stored | None:
        return self.library.file_under(file, study, series, peer)

    def settle(self, collection: Collection) -> None:
        """Flush the files in one go, and have the index catch up."""
        if collection.not_flushed is not None:
            raise collection.not_flushed
        files = (file for _, file in collection.files.values())
        self.library.flush(file for file in files if file not in collection.flushed)
        self.library.index.settled()

    @contextmanager
    def settling(self, collection: Collection) -> Iterator[None]:
        """While the block runs, flush in another thread what has arrived so far."""
        with collection.lock:
            files = [file for _, file in collection.files.values()]

        def flush() -> None:
            try:
                self.library.flush(files)
            except StoreError as error:
                collection.not_flushed = error
            else:
                collection.flushed.update(files)

        thread = threading.Thread(target=flush, name="workstation-flush")
        thread.start()
        try:
            yield
        finally:
            thread.join()

    def folder(self) -> Path:
        """The library's folder."""
        return self.library.root


class FolderRouter(InstanceRouter):
    """Into a plain folder (``--out``): every retrieve starts from nothing."""

    def __init__(self, directory: Path, *, pushes: bool = False, reserve: Reserve = usual_reserve) -> None:
        """Deliver into ``directory``; made if needed.

        Raises:
            NotWritable: It cannot be made.
        """
        super().__init__(pushes=pushes, reserve=reserve)
        self._sink = FolderSink(directory, self._stored, self._refused, self.admission, self._admit_unfiled)
        self.sink = self._sink

    def _admit_unfiled(self, study: str, instance: str, peer: Peer) -> bool:
        return self._is_welcome(peer) or self.may_be_of(study, instance, peer)

    def held(self, target: Target) -> Here:
        """Nothing."""
        return {}

    def _file(self, file: str, study: str, series: str, peer: Peer) -> Stored | None:
        return self._sink.file_under(file, study, series, peer)

    def settle(self, collection: Collection) -> None:
        """Nothing: plain files are not flushed."""

    def folder(self) -> Path:
        """The folder."""
        return self._sink.directory
