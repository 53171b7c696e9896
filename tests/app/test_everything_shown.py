"""Everything in the filtered list is fetched, once its numbers were confirmed."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.app.conftest import Start, Windows
from tests.app.window_steps import DEADLINE, double_click, search, state
from tests.archives import data
from tests.rows import patient
from workstation.app.parts import Workstation
from workstation.dicom.criteria import Criteria
from workstation.dicom.matches import LIBRARY, PatientMatch, StudyMatch
from workstation.dicom.nodes import Node
from workstation.models.transfers_model import TransferState


def asked(qtbot: QtBot, workstation: Workstation) -> str:
    """Choose it, and wait for the question."""
    question = workstation.window.question
    workstation.window.results_bar.fetch_shown.trigger()
    qtbot.waitUntil(lambda: question.isVisible(), timeout=DEADLINE)
    return question.label.text()


@pytest.mark.archives
def test_what_the_filter_shows_and_is_not_here(
    qtbot: QtBot, windows: Windows, orthanc: Start, tmp_path: Path
) -> None:
    files = data.study(tmp_path / "1", 2) + data.study(tmp_path / "2", 3, key="2")
    files += data.study(tmp_path / "3", 4, patient=data.MUELLER)
    workstation = windows.open([orthanc(files).node(name="PACS")])
    study = search(qtbot, workstation, "DOE", studies=2)
    double_click(qtbot, workstation, study)
    qtbot.waitUntil(lambda: state(workstation) is TransferState.COMPLETE, timeout=DEADLINE)
    workstation.search.search(Criteria(), ["PACS"])
    model = workstation.tree_model
    qtbot.waitUntil(lambda: model.results.study_count == 3, timeout=DEADLINE)
    qtbot.waitUntil(lambda: not workstation.lanes.busy, timeout=DEADLINE)

    text = asked(qtbot, workstation)
    assert text.startswith("Fetch everything shown: 2 studies with ")
    assert "are free." in text
    assert text.endswith("1 study is here already.")
    workstation.window.question.no.click()

    model.set_filter("doe")
    model.close(patient(model).internalId())  # closed, it is shown nevertheless
    text = asked(qtbot, workstation)
    assert text.startswith("Fetch everything shown: 1 study with ")
    workstation.window.question.yes.click()
    qtbot.waitUntil(lambda: workstation.transfers_model.rowCount() == 2, timeout=DEADLINE)
    qtbot.waitUntil(lambda: not workstation.transfers_model.running, timeout=DEADLINE)
    index = workstation.library.index
    assert len(index.sop_uids(str(data.uid("ENG-1", "1")))) == 2
    assert len(index.sop_uids(str(data.uid("ENG-1", "2")))) == 3
    assert not index.sop_uids(str(data.uid("GER-1", "1")))

    workstation.window.results_bar.fetch_shown.trigger()
    qtbot.waitUntil(lambda: "is here already" in workstation.window.notice.text, timeout=DEADLINE)


def study_row(workstation: Workstation, name: str):  # type: ignore[no-untyped-def]
    from tests.rows import below, patients

    return next(below(one)[0] for one in patients(workstation.tree_model) if name in str(one.data()).upper())


def many(count: int, *, counted: bool = True) -> list[StudyMatch]:
    """Studies of an archive, two to a patient."""
    return [
        StudyMatch(
            source="PACS",
            study_uid=f"1.2.{number + 1}",
            patient=PatientMatch(source="PACS", patient_id=str(number // 2), name=f"N{number // 2}^X"),
            date="20240101",
            instances=5 if counted else None,
        )
        for number in range(count)
    ]


def shown(qtbot: QtBot, windows: Windows, studies: list[StudyMatch]) -> Workstation:
    workstation = windows.open([Node(name="PACS", ae_title="PACS", host="127.0.0.1", port=1)])
    results = workstation.tree_model.results
    generation = results.begin(["PACS"])
    for start in range(0, len(studies), 50):
        results.add_studies(generation, studies[start : start + 50])
    qtbot.waitUntil(lambda: not workstation.tree_model.visible.working, timeout=DEADLINE)
    return workstation


def test_two_thousand_rows_are_looked_at_and_fetched_in_slices(
    qtbot: QtBot, windows: Windows, monkeypatch: pytest.MonkeyPatch
) -> None:
    workstation = shown(qtbot, windows, many(2000))
    fetching, fetched = workstation.shown_fetching, list[str]()
    monkeypatch.setattr(workstation.retrieve, "fetch", lambda row: fetched.append(row.uid))
    monkeypatch.setattr("workstation.controllers.time_slices.SLICE_SECONDS", 0.0)  # a slice is one call
    looked = list[int]()
    look = fetching._look
    monkeypatch.setattr(
        fetching, "_look", lambda patient, found: (looked.append(patient.number), look(patient, found))
    )
    workstation.window.results_bar.fetch_shown.trigger()
    assert len(looked) == 10  # the rest at later turns of the event loop
    question = workstation.window.question
    qtbot.waitUntil(lambda: question.isVisible(), timeout=DEADLINE)
    assert len(looked) == 1000
    assert "2000 studies with 10000 images" in question.label.text()
    assert "roughly 5.2 GB" in question.label.text()  # half a megabyte each
    question.yes.click()
    assert len(fetched) == 10
    qtbot.waitUntil(lambda: len(fetched) == 2000, timeout=DEADLINE)
    assert len(set(fetched)) == 2000


def test_a_new_search_ends_the_question(qtbot: QtBot, windows: Windows) -> None:
    workstation = shown(qtbot, windows, many(100, counted=False))
    text = asked(qtbot, workstation)
    assert text.startswith("Fetch everything shown: 100 studies, whose images no archive has counted?")
    workstation.tree_model.results.begin(["PACS"])
    workstation.window.question.yes.click()
    qtbot.waitUntil(lambda: not workstation.shown_fetching._slices._calls, timeout=DEADLINE)
    assert workstation.transfers_model.rowCount() == 0


def test_what_cannot_be_fetched_is_told(qtbot: QtBot, windows: Windows) -> None:
    """Of the library alone, with a UID that cannot be asked for, or counted by nobody."""
    studies = many(4)
    odd = [
        StudyMatch(source="PACS", study_uid="1.2*", patient=studies[0].patient),
        StudyMatch(source=LIBRARY, study_uid="1.9", patient=studies[0].patient),
        StudyMatch(source="PACS", study_uid="1.8", patient=studies[1].patient),
    ]
    workstation = shown(qtbot, windows, [*studies, *odd])
    text = asked(qtbot, workstation)
    assert "5 studies with at least 20 images" in text
    assert "Those of 1 studies are not counted." in text
    assert "2 studies cannot be fetched." in text


def test_patients_whose_studies_are_not_known(qtbot: QtBot, windows: Windows) -> None:
    workstation = shown(qtbot, windows, [])
    results = workstation.tree_model.results
    patients = [PatientMatch(source="PACS", patient_id=str(number), name="N^X") for number in range(2)]
    results.add_patients(results.generation, patients)
    workstation.window.results_bar.fetch_shown.trigger()
    qtbot.waitUntil(lambda: "Open the patients first" in workstation.window.notice.text, timeout=DEADLINE)
    results.add_studies(results.generation, many(2))
    assert "2 patients have not been opened: no study of them" in asked(qtbot, workstation)


def test_nothing_is_shown(qtbot: QtBot, windows: Windows) -> None:
    workstation = shown(qtbot, windows, [])
    workstation.window.results_bar.fetch_shown.trigger()
    qtbot.waitUntil(lambda: "Nothing is shown" in workstation.window.notice.text, timeout=DEADLINE)


def test_what_does_not_fit_on_the_disk_is_said(
    qtbot: QtBot, windows: Windows, monkeypatch: pytest.MonkeyPatch
) -> None:
    workstation = shown(qtbot, windows, many(2))
    monkeypatch.setattr(workstation.router, "room_for", lambda images: (images * 1000, 3000, 12_000))
    assert "roughly 10.0 kB, but 9.0 kB are free: not all of it will fit." in asked(qtbot, workstation)
