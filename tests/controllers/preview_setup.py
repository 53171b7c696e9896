"""A preview over a library, and what it showed."""

from __future__ import annotations

from pathlib import Path

import pydicom

from tests.archives import data
from workstation.controllers.arrivals import Arrivals
from workstation.controllers.preview import Preview
from workstation.dicom.association_facts import Context, Peer
from workstation.dicom.levels import Level
from workstation.dicom.matches import PatientMatch, SeriesMatch, StudyMatch
from workstation.imaging.picture import Caption, Card, Picture
from workstation.jobs.lanes import Lanes
from workstation.models.rows import Row
from workstation.operations.instance_router import LibraryRouter
from workstation.store.library import Library

DEADLINE = 40_000
PEER = Peer(ae_title="PACS", own_ae_title="ME", address="127.0.0.1")


class PreviewSetup:
    """A library, a preview over it, and what it showed."""

    def __init__(self, root: Path) -> None:
        self.library = Library.open(root, reserve=lambda total: 0)
        self.router = LibraryRouter(self.library, pushes=True)
        self.lanes = Lanes()
        self.preview = Preview(self.lanes, self.library.index)
        self.arrivals = Arrivals()
        self.router.watch(self.arrivals.add)
        self.arrivals.arrived.connect(self.preview.arrived)
        self.content: Picture | Card | None = None
        self.caption = Caption()
        self.words = ""
        self.place = (-1, 0)
        self.preview.cleared.connect(self._cleared)
        self.preview.shown.connect(lambda content: setattr(self, "content", content))
        self.preview.placed.connect(lambda index, count: setattr(self, "place", (index, count)))

    def _cleared(self, caption: Caption, words: str) -> None:
        self.content, self.caption, self.words, self.place = None, caption, words, (-1, 0)

    def receive(self, *files: Path) -> None:
        """Let objects arrive as from the network."""
        for path in files:
            dataset = pydicom.dcmread(path)
            syntax, sop_class = dataset.file_meta.TransferSyntaxUID, dataset.SOPClassUID
            incoming = self.router.sink.begin(
                Context(1, sop_class, syntax), sop_class, dataset.SOPInstanceUID, PEER
            )
            raw = path.read_bytes()
            incoming.write(memoryview(raw)[144 + int.from_bytes(raw[140:144], "little") :])
            assert incoming.finish() == 0
        self.library.index.settled()

    def decoded(self) -> int:
        """How many pictures of the stack are kept."""
        assert self.preview.pool is not None
        places, store = self.preview.stack.positions, self.preview.pool.store
        return sum(store.get((str(one.slice.path), one.frame)) is not None for one in places)

    def close(self) -> None:
        assert self.lanes.shutdown(20)
        self.lanes.dismiss()
        assert self.preview.close(20)
        self.library.close()


def study_row(patient: data.Patient = data.DOE, key: str = "1") -> Row:
    who = PatientMatch(source="A", patient_id=patient.id, name=patient.name)
    match = StudyMatch(source="A", study_uid=str(data.uid(patient.id, key)), patient=who)
    return Row(number=1, level=Level.STUDY, uid=match.study_uid, parent=None, matches={"A": match})


def series_row(number: int) -> Row:
    above = study_row()
    match = SeriesMatch(source="A", study_uid=above.uid, series_uid=str(data.uid("ENG-1", "1", number)))
    return Row(number=2, level=Level.SERIES, uid=match.series_uid, parent=above, matches={"A": match})
