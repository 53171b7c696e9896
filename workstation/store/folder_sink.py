"""Writes received objects into a plain folder (``--out``): one file each, no index, no flush."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from workstation.dicom.uids import path_name
from workstation.store.duplicates import place_file
from workstation.store.files import make_private_folder, new_part
from workstation.store.incoming_file import IncomingFile
from workstation.store.instance_header import IDENTIFYING_TAGS, InstanceUids
from workstation.store.library_sink import Admission
from workstation.store.store_results import Duplicate, OnRefused, OnStored, Status, Stored, ignore_result
from workstation.store.unfiled import file_under

if TYPE_CHECKING:
    from workstation.dicom.association_facts import Context, Peer

Admit = Callable[[str, str, str, "Peer"], Admission]
"""Called with study, series and instance, and who sends it."""

_NO_UIDS = InstanceUids("", "", "", "")


class FolderSink:
    """Keeps objects as ``<directory>/<SOP Instance UID>.dcm``; fulfils ``network.receive.Sink``.

    The name of a value that is no UID is what :func:`workstation.dicom.uids.path_name` makes of it.

    Nothing is flushed to the disk and nothing indexed. What cannot be understood is refused and not kept.
    The same UID twice: see :mod:`workstation.store.duplicates`.
    """

    def __init__(
        self,
        directory: Path,
        stored: OnStored = ignore_result,
        refused: OnRefused = ignore_result,
        admit: Admit = lambda study, series, instance, peer: Admission.PUSH,
        unfiled: Callable[[str, str, Peer], bool] = lambda study, instance, peer: False,
    ) -> None:
        """Make the folder if needed.

        Args:
            directory: Where the files go.
            stored: StudyListing of every object kept, in the thread that received it; must be quick.
            refused: StudyListing of every object not kept, likewise.
            admit: Whether an object of this study, series and instance is wanted from a peer, likewise.
            unfiled: Whether an instance is wanted that lacks some of its UIDs; the study may be empty.

        Raises:
            NotWritable: The folder cannot be made.
        """
        self.directory = make_private_folder(directory.absolute())
        self.folder = str(self.directory)
        self.stored = stored
        self.refused = refused
        self.admit = admit
        self.unfiled = unfiled

    def begin(self, context: Context, sop_class: str, sop_instance: str, peer: Peer) -> IncomingFile:
        """An object is announced; see ``network.receive.Sink``."""
        return _Incoming(self, context, sop_class, sop_instance, peer)

    def file_under(self, file: str, study: str, series: str, peer: Peer) -> Stored | None:
        """File what lies apart; see :func:`workstation.store.unfiled.file_under`."""
        return file_under(
            file,
            study,
            series,
            peer,
            lambda: new_part(self.folder, "."),
            lambda part, uid: place_file(part, self.folder, path_name(uid)),
        )


class _Incoming(IncomingFile):
    __slots__ = ("_sink", "_uids")

    def __init__(
        self, sink: FolderSink, context: Context, sop_class: str, sop_instance: str, peer: Peer
    ) -> None:
        self._sink = sink
        self._uids = _NO_UIDS
        super().__init__(context, sop_class, sop_instance, peer, IDENTIFYING_TAGS, sink.refused)

    def _open(self) -> tuple[str, int]:
        return new_part(self._sink.folder, ".")

    @property
    def _unfiled_in(self) -> str:
        return self._sink.folder

    def _admits_unfiled(self, uids: InstanceUids) -> bool:
        return self._sink.unfiled(uids.study_uid, self.sop_instance, self.peer)

    def _asked_for(self, uids: InstanceUids) -> bool:
        sop_uid, _, study_uid, series_uid = uids
        return self._sink.admit(study_uid, series_uid, sop_uid, self.peer) is Admission.PLAN

    def _keep(self, uids: InstanceUids) -> None:
        sop_uid, _, study_uid, series_uid = uids
        if self._sink.admit(study_uid, series_uid, sop_uid, self.peer) is Admission.REFUSED:
            self.refuse(Status.NOT_AUTHORISED, "nobody asked for it")
            return
        self.close()
        self.placed = place_file(self.part, self._sink.folder, path_name(sop_uid))
        self.part = ""
        self._uids = uids

    def _tell(self, path: str, duplicate: Duplicate) -> None:
        self._replace_cut(path)
        sop_uid, sop_class, study_uid, series_uid = self._uids
        self._sink.stored(
            Stored(
                sop_uid=sop_uid,
                sop_class=sop_class,
                study_uid=study_uid,
                series_uid=series_uid,
                transfer_syntax=self.context.transfer_syntax,
                file=path,
                size=self.size,
                duplicate=duplicate,
                peer=self.peer,
                doubt=self.mark,
            )
        )
