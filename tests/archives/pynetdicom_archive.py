"""An archive made of pynetdicom, as a program: an independent implementation of every service we use.

It prints its port when it listens and ends when its standard input closes. It serves Verification, Storage,
C-FIND, C-GET and C-MOVE (patient and study root) over the files of a folder, and storage commitment.
"""

from __future__ import annotations

import argparse
import fnmatch
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydicom import Dataset, dcmread
from pydicom.uid import AllTransferSyntaxes
from pynetdicom import AE, build_context, build_role, evt, sop_class
from pynetdicom.presentation import PresentationContext

LEVELS = {
    "PATIENT": "PatientID",
    "STUDY": "StudyInstanceUID",
    "SERIES": "SeriesInstanceUID",
    "IMAGE": "SOPInstanceUID",
}
SUCCESS, PENDING, CANCELLED = 0x0000, 0xFF00, 0xFE00
NOT_OF_THIS_LEVEL, UNKNOWN_DESTINATION, NO_SUCH_OBJECT = 0xA900, 0xA801, 0x0112
COMMITMENT = sop_class.StorageCommitmentPushModel
COMMITMENT_INSTANCE = "1.2.840.10008.1.20.1.1"


class Archive:
    """What is stored, and the handlers that answer for it."""

    def __init__(self, folder: Path, ae: AE, destinations: dict[str, int], commitment: str) -> None:
        self.folder, self.ae = folder, ae
        self.destinations, self.commitment = destinations, commitment
        self.files: dict[str, tuple[Path, Dataset]] = {}
        for path in sorted(folder.iterdir()):
            self._take(path)

    def _take(self, path: Path) -> None:
        header = dcmread(path, stop_before_pixels=True)
        self.files[header.SOPInstanceUID] = (path, header)

    def on_store(self, event: evt.Event) -> int:
        """C-STORE: keep the bytes as they came."""
        path = self.folder / f"{event.request.AffectedSOPInstanceUID}.dcm"
        path.write_bytes(event.encoded_dataset())
        self._take(path)
        return SUCCESS

    def on_extended(self, event: evt.Event) -> dict[Any, bytes]:
        """Extended negotiation: relational queries, and nothing else (PS3.4 C.5)."""
        return dict.fromkeys(event.app_info, b"\x01")

    def on_find(self, event: evt.Event) -> Iterator[tuple[int, Dataset | None]]:
        """C-FIND: one answer for each patient, study, series or image (PS3.4 C.4.1)."""
        wish = event.identifier
        level = wish.get("QueryRetrieveLevel", "")
        if level not in LEVELS:
            yield NOT_OF_THIS_LEVEL, None
            return
        groups: dict[str, list[Dataset]] = {}
        for header in self._matching(wish):
            groups.setdefault(str(header.get(LEVELS[level], "")), []).append(header)
        for group in groups.values():
            if event.is_cancelled:
                yield CANCELLED, None
                return
            yield PENDING, _answer(wish, group)

    def on_get(self, event: evt.Event) -> Iterator[Any]:
        """C-GET: the number of objects, then each of them."""
        found = list(self._matching(event.identifier))
        yield len(found)
        yield from self._objects(event, found)

    def on_move(self, event: evt.Event) -> Iterator[Any]:
        """C-MOVE: the destination, the number of objects, then each of them."""
        port = self.destinations.get(event.move_destination.strip())
        if port is None:
            yield None, None
            return
        found = list(self._matching(event.identifier))
        yield "127.0.0.1", port, {"contexts": _contexts(self.files[h.SOPInstanceUID][1] for h in found)}
        yield len(found)
        yield from self._objects(event, found)

    def _objects(self, event: evt.Event, found: list[Dataset]) -> Iterator[tuple[int, Dataset | None]]:
        for header in found:
            if event.is_cancelled:
                yield CANCELLED, None
                return
            yield PENDING, dcmread(self.files[header.SOPInstanceUID][0])

    def _matching(self, wish: Dataset) -> list[Dataset]:
        return [header for _, header in self.files.values() if _matches(header, wish)]

    def on_action(self, event: evt.Event) -> tuple[int, None]:
        """N-ACTION: take the request; the result follows (PS3.4 J.3.3)."""
        if self.commitment == "refuse":
            return 0x0110, None
        answer = self._committed(event.action_information)
        threading.Thread(target=self._report, args=(event.assoc, answer), daemon=True).start()
        return SUCCESS, None

    def _committed(self, request: Dataset) -> Dataset:
        answer = Dataset()
        answer.TransactionUID = request.TransactionUID
        kept, failed = [], []
        for item in request.ReferencedSOPSequence:
            if item.ReferencedSOPInstanceUID in self.files:
                kept.append(item)
            else:
                item.FailureReason = NO_SUCH_OBJECT
                failed.append(item)
        answer.ReferencedSOPSequence = kept
        if failed:
            answer.FailedSOPSequence = failed
        return answer

    def _report(self, association: Any, answer: Dataset) -> None:
        kind = 2 if "FailedSOPSequence" in answer else 1
        if self.commitment == "same":
            association.send_n_event_report(answer, kind, COMMITMENT, COMMITMENT_INSTANCE)
            return
        title = association.requestor.ae_title.strip()
        back = self.ae.associate(
            "127.0.0.1",
            self.destinations[title],
            [build_context(COMMITMENT)],
            ae_title=title,
            ext_neg=[build_role(COMMITMENT, scp_role=True)],
        )
        if back.is_established:
            back.send_n_event_report(answer, kind, COMMITMENT, COMMITMENT_INSTANCE)
            back.release()


def _matches(header: Dataset, wish: Dataset) -> bool:
    for element in wish:
        if element.VR == "SQ" or element.is_empty or element.keyword == "QueryRetrieveLevel":
            continue
        if element.keyword not in header:
            continue  # an unsupported key matches everything
        if not _agrees(str(header[element.keyword].value), element.value, element.VR):
            return False
    return True


def _agrees(value: str, wanted: Any, vr: str) -> bool:
    if vr == "UI":
        return value in ([wanted] if isinstance(wanted, str) else list(wanted))
    wanted = str(wanted)
    if vr in ("DA", "TM") and "-" in wanted:
        first, last = wanted.split("-", 1)
        return (not first or first <= value) and (not last or value <= last)
    if vr == "PN":
        value, wanted = value.casefold(), wanted.casefold()
        return any(fnmatch.fnmatchcase(part, wanted) for part in (value, *value.split("=")))
    return fnmatch.fnmatchcase(value, wanted)


def _answer(wish: Dataset, group: list[Dataset]) -> Dataset:
    answer = Dataset()
    if "SpecificCharacterSet" in group[0]:
        answer.SpecificCharacterSet = group[0].SpecificCharacterSet
    answer.QueryRetrieveLevel = wish.QueryRetrieveLevel
    computed = {
        "ModalitiesInStudy": sorted({header.Modality for header in group if "Modality" in header}),
        "NumberOfStudyRelatedSeries": len({header.SeriesInstanceUID for header in group}),
        "NumberOfStudyRelatedInstances": len(group),
        "NumberOfSeriesRelatedInstances": len(group),
    }
    for element in wish:
        if element.keyword in computed:
            setattr(answer, element.keyword, computed[element.keyword])
        elif element.keyword in group[0] and element.keyword not in answer:
            answer[element.keyword] = group[0][element.keyword]
    return answer


def _contexts(headers: Iterator[Dataset]) -> list[PresentationContext]:
    kinds = {(header.SOPClassUID, header.file_meta.TransferSyntaxUID) for header in headers}
    return [build_context(uid, syntax) for uid, syntax in sorted(kinds)][:128]


def serve(arguments: argparse.Namespace) -> None:
    """Serve until standard input closes."""
    ae = AE(arguments.ae_title)
    ae.maximum_pdu_size = arguments.max_pdu
    ae.add_supported_context(sop_class.Verification)
    ae.add_supported_context(COMMITMENT)
    ae.add_requested_context(COMMITMENT)
    for name, uid in sop_class._QR_CLASSES.items():  # type: ignore[attr-defined]
        if name.startswith(("PatientRoot", "StudyRoot")):
            ae.add_supported_context(uid)
    for uid in sop_class._STORAGE_CLASSES.values():  # type: ignore[attr-defined]
        ae.add_supported_context(uid, list(AllTransferSyntaxes), scu_role=True, scp_role=True)
    archive = Archive(arguments.folder, ae, dict(arguments.destination), arguments.commitment)
    handlers: list[Any] = [
        (evt.EVT_C_STORE, archive.on_store),
        (evt.EVT_C_FIND, archive.on_find),
        (evt.EVT_SOP_EXTENDED, archive.on_extended),
        (evt.EVT_C_GET, archive.on_get),
        (evt.EVT_C_MOVE, archive.on_move),
        (evt.EVT_N_ACTION, archive.on_action),
    ]
    server = ae.start_server(("127.0.0.1", arguments.port), block=False, evt_handlers=handlers)
    assert server is not None
    print(server.server_address[1], flush=True)
    sys.stdin.read()
    ae.shutdown()


def destination(text: str) -> tuple[str, int]:
    """``AET=PORT``, a port of this computer."""
    title, _, port = text.partition("=")
    return title, int(port)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="An archive for tests.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--ae-title", default="PYNETDICOM")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--max-pdu", type=int, default=16382)
    parser.add_argument("--destination", type=destination, action="append", default=[])
    parser.add_argument("--commitment", choices=["same", "new", "refuse"], default="same")
    serve(parser.parse_args())
