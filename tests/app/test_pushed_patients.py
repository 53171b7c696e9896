"""One patient whom two modalities pushed, in the real window."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pytestqt.qtbot import QtBot

from tests.app.conftest import Windows
from tests.rows import below, patients
from tests.store.objects import PEER, encoded, made, send
from workstation.dicom.criteria import Criteria
from workstation.dicom.levels import Level
from workstation.dicom.matches import LIBRARY
from workstation.settings.folders import folders
from workstation.store.library import Library
from workstation.store.library_sink import Admission, LibrarySink

ROES = ("1.9.1", "1.9.2")


def push(writer: LibrarySink, sender: str, study: str, **facts: str) -> None:
    told = {"PatientName": "Doe^Jane", "PatientID": "P1", "PatientBirthDate": "19700101", "PatientSex": "F"}
    image = made(f"{study}.1.1", study, f"{study}.1", **told | facts)
    assert send(writer, encoded(image), f"{study}.1.1", peer=replace(PEER, ae_title=sender)) == 0


def test_two_modalities_push_one_patient(qtbot: QtBot, windows: Windows, home: Path) -> None:
    library = Library.open(folders(home / "workstation").library)
    writer = LibrarySink(library, lambda header, peer: Admission.PUSH)
    push(writer, "CT1", "1.2.1")
    push(writer, "MR1", "1.2.2")
    for sender, study, sex in (("CT1", ROES[0], "F"), ("MR1", ROES[1], "M")):
        push(writer, sender, study, PatientID="P2", PatientName="Roe^Kim", PatientSex=sex)
    library.index.settled()
    library.close()

    workstation = windows.open()
    model, settings = workstation.tree_model, workstation.settings

    def search(level: Level) -> None:
        workstation.search.search(Criteria(), [LIBRARY], level)
        qtbot.waitUntil(lambda: not workstation.search.asking)

    search(Level.STUDY)
    assert model.results.study_count == 4
    assert sorted(len(below(patient)) for patient in patients(model)) == [1, 1, 2]

    settings.change(replace(settings.preferences, join_pushes=False))
    assert [len(below(patient)) for patient in patients(model)] == [1, 1, 1, 1]
    settings.change(replace(settings.preferences, join_pushes=True))
    assert sorted(len(below(patient)) for patient in patients(model)) == [1, 1, 2]
    assert len(list(workstation.library.index.patients(Criteria()))) == 4, "the index keeps them apart"

    search(Level.PATIENT)
    [jane] = [patient for patient in patients(model) if patient.data() == "Doe, Jane"]
    number = jane.internalId()
    model.open(number)
    row = model.find(number)
    assert row is not None
    qtbot.waitUntil(lambda: {child.uid for child in row.entities} == {"1.2.1", "1.2.2"})
    qtbot.waitUntil(lambda: row.instances == 2)
