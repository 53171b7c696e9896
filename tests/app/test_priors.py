"""Earlier studies of a patient come in the background, where the settings of an archive say so."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.app.conftest import Start, Windows
from tests.app.window_steps import DEADLINE, at_fifth_image, double_click, search, state, transfers
from tests.archives import data
from tests.rows import first_study
from workstation.app.parts import Workstation
from workstation.controllers.transfer_actions import TransferActions
from workstation.dicom.background import Background
from workstation.dicom.criteria import Criteria
from workstation.dicom.hours import Hours
from workstation.dicom.matches import PatientMatch, StudyMatch
from workstation.dicom.nodes import Identity, Node, Secret
from workstation.dicom.prior_rule import Likeness, PriorRule
from workstation.dicom.targets import Target
from workstation.jobs.lane import Lane
from workstation.jobs.run import Run
from workstation.models.transfers_model import TransferColumn, TransferState

pytestmark = pytest.mark.archives

ANY = PriorRule(likeness=Likeness.ANY)


def uid(key: str, patient: data.Patient = data.DOE) -> str:
    return str(data.uid(patient.id, key))


def here(workstation: Workstation, key: str, patient: data.Patient = data.DOE) -> int:
    return len(workstation.library.index.sop_uids(uid(key, patient)))


def all_done(qtbot: QtBot, workstation: Workstation) -> None:
    """Wait until nothing is fetched, asked or waited for."""
    background = workstation.retrieve.idle
    qtbot.waitUntil(
        lambda: (
            not workstation.lanes.busy
            and not workstation.transfers_model.running
            and not background._calls
            and not background._own
        ),
        timeout=DEADLINE,
    )


def listed(workstation: Workstation) -> list[str]:
    model = workstation.transfers_model
    return [str(model.index(row, TransferColumn.TITLE).data()) for row in transfers(workstation)]


def history(folder: Path) -> list[Path]:
    """A study of two images, three earlier ones, and one of somebody else with the same Patient ID."""
    roe = replace(data.DOE, name="ROE^JOHN")
    files = data.study(folder / "1", 2, date="20240531")
    files += data.study(folder / "2", 3, key="2", date="20230101")
    files += data.study(folder / "3", 3, key="3", date="20230601", modality="MR")
    files += data.study(folder / "4", 3, key="4", date="20200101")
    files += data.study(folder / "6", 3, key="6", date="20240101", patient=roe)
    return files


@pytest.mark.parametrize("kind", ["dcmqrscp", "orthanc"])
def test_the_last_one_of_the_same_modality(
    qtbot: QtBot, windows: Windows, kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    archive = request.getfixturevalue(kind)(history(tmp_path))
    workstation = windows.open([replace(archive.node(name="PACS"), priors=PriorRule(studies=1))])
    double_click(qtbot, workstation, search(qtbot, workstation, "DOE", studies=4))
    qtbot.waitUntil(lambda: here(workstation, "2") == 3, timeout=DEADLINE)
    all_done(qtbot, workstation)
    assert [here(workstation, key) for key in "12346"] == [2, 3, 0, 0, 0]  # nor a prior of the prior
    prior, current = listed(workstation)
    assert "2023-01-01" in prior
    assert "prior of" in prior
    assert "2024-05-31, in the background" in prior
    assert "background" not in current
    assert state(workstation) is TransferState.COMPLETE


def test_of_any_kind_within_months_and_never_twice(
    qtbot: QtBot, windows: Windows, orthanc: Start, tmp_path: Path
) -> None:
    archive = orthanc(history(tmp_path))
    rule = PriorRule(likeness=Likeness.ANY, months=24)
    workstation = windows.open([replace(archive.node(name="PACS"), priors=rule)])
    study = search(qtbot, workstation, "DOE", studies=4)
    double_click(qtbot, workstation, study)
    qtbot.waitUntil(lambda: here(workstation, "2") == 3, timeout=DEADLINE)
    all_done(qtbot, workstation)
    assert [here(workstation, key) for key in "12346"] == [2, 3, 3, 0, 0]
    workstation.local_studies.delete([Target(uid("1")), Target(uid("2"))])
    qtbot.waitUntil(lambda: here(workstation, "2") == 0, timeout=DEADLINE)
    all_done(qtbot, workstation)
    double_click(qtbot, workstation, study)
    qtbot.waitUntil(lambda: here(workstation, "1") == 2, timeout=DEADLINE)
    all_done(qtbot, workstation)
    assert here(workstation, "2") == 0  # the user deleted it


def test_off_by_default(qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path) -> None:
    workstation = windows.open([dcmqrscp(history(tmp_path)).node(name="PACS")])
    double_click(qtbot, workstation, search(qtbot, workstation, "DOE", studies=4))
    qtbot.waitUntil(lambda: here(workstation, "1") == 2, timeout=DEADLINE)
    all_done(qtbot, workstation)
    assert len(listed(workstation)) == 1


def test_it_is_held_while_the_user_fetches_from_another_archive(
    qtbot: QtBot,
    windows: Windows,
    dcmqrscp: Start,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = data.study(tmp_path / "1", 4, date="20240531")  # the fifth image is the first one of the prior
    files += data.study(tmp_path / "2", 60, key="2", date="20230101", size=256)
    archive = dcmqrscp(files)
    other = dcmqrscp(data.study(tmp_path / "3", 2, patient=data.MUELLER))
    workstation = windows.open([replace(archive.node(name="A"), priors=ANY), other.node(name="B")])
    seen: list[tuple[str, TransferState]] = []

    def note() -> None:
        for one in workstation.transfers_model._transfers:
            entry = ("prior" if "prior of" in one.title else "asked", one.state)
            if entry not in seen[-2:]:
                seen.append(entry)

    workstation.transfers_model.dataChanged.connect(note)
    study = search(qtbot, workstation, "DOE", studies=2)
    at_fifth_image(monkeypatch, archive.pause)
    double_click(qtbot, workstation, study)
    qtbot.waitUntil(lambda: ("prior", TransferState.RUNNING) in seen, timeout=DEADLINE)
    workstation.search.search(Criteria(), ["B"])
    qtbot.waitUntil(lambda: workstation.tree_model.results.study_count == 1, timeout=DEADLINE)
    double_click(qtbot, workstation, first_study(workstation.tree_model))
    qtbot.waitUntil(lambda: here(workstation, "1", data.MUELLER) == 2, timeout=DEADLINE)
    assert here(workstation, "2") < 60
    archive.resume()
    qtbot.waitUntil(lambda: here(workstation, "2") == 60, timeout=DEADLINE)
    all_done(qtbot, workstation)
    running = seen.index(("prior", TransferState.RUNNING))
    assert ("prior", TransferState.DEFERRED) in seen[running:]
    assert len(listed(workstation)) == 3


def test_a_prior_that_waits_is_cancelled_or_wanted_at_once(
    qtbot: QtBot, windows: Windows, orthanc: Start, tmp_path: Path
) -> None:
    workstation = windows.open([orthanc(history(tmp_path)).node(name="PACS")])
    search(qtbot, workstation, "DOE", studies=4)
    all_done(qtbot, workstation)
    current, first, second = (match_of(workstation, key) for key in "123")
    retrieve, model = workstation.retrieve, workstation.transfers_model
    retrieve.idle.set_searching(True)  # from now on nothing of it starts
    for prior in (first, second):
        retrieve.fetch_prior(prior, "PACS", current)
        retrieve.fetch_prior(prior, "PACS", current)  # once is enough
    assert len(listed(workstation)) == 2
    older, newer = model.all
    assert older.state is newer.state is TransferState.DEFERRED
    workstation.transfer_actions.act(older.number)
    assert older.state is TransferState.CANCELLED
    [row] = workstation.tree_model.results.studies(uid("3"))
    workstation.row_fetching.fetch([row])  # somebody waits for it now
    qtbot.waitUntil(lambda: newer.state is TransferState.COMPLETE, timeout=DEADLINE)
    assert len(listed(workstation)) == 2
    retrieve.idle.set_searching(False)
    all_done(qtbot, workstation)
    assert older.state is TransferState.CANCELLED
    workstation.transfer_actions.act(older.number)  # resumed by the user: an ordinary transfer
    qtbot.waitUntil(lambda: older.state is TransferState.COMPLETE, timeout=DEADLINE)
    assert [here(workstation, key) for key in "123"] == [0, 3, 3]


def test_a_prior_waits_while_an_archive_is_asked_for_anything(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    """A row that is opened, a worklist, a look at one image: not only a search."""
    workstation = windows.open([dcmqrscp(history(tmp_path)).node(name="PACS")])
    search(qtbot, workstation, "DOE", studies=4)
    all_done(qtbot, workstation)
    go_on = threading.Event()

    def ask(run: Run) -> None:
        with run.stop.watching(go_on.set):
            go_on.wait(60)

    workstation.lanes.submit(Lane.QUERY, "open a row", ask, key="another archive")
    workstation.retrieve.fetch_prior(match_of(workstation, "2"), "PACS", match_of(workstation, "1"))
    [prior] = workstation.transfers_model.all
    workstation.retrieve.idle._look()
    assert prior.state is TransferState.DEFERRED
    go_on.set()
    qtbot.waitUntil(lambda: prior.state is TransferState.COMPLETE, timeout=DEADLINE)


@pytest.mark.parametrize(
    "want",
    [
        pytest.param(lambda actions, number: actions.hurry(number), id="start now"),
        pytest.param(lambda actions, number: actions.second(number), id="start"),
        pytest.param(lambda actions, number: (actions.pause(number), actions.resume(number)), id="resume"),
        pytest.param(lambda actions, number: (actions.cancel(number), actions.act(number)), id="again"),
    ],
)
def test_a_prior_that_the_user_wants_waits_no_longer(
    qtbot: QtBot,
    windows: Windows,
    dcmqrscp: Start,
    tmp_path: Path,
    want: Callable[[TransferActions, int], object],
) -> None:
    workstation = windows.open([dcmqrscp(history(tmp_path)).node(name="PACS")])
    search(qtbot, workstation, "DOE", studies=4)
    all_done(qtbot, workstation)
    workstation.retrieve.idle.set_searching(True)  # from now on nothing of it starts
    workstation.retrieve.fetch_prior(match_of(workstation, "2"), "PACS", match_of(workstation, "1"))
    [prior] = workstation.transfers_model.all
    workstation.transfer_actions.resume_all()  # it is not paused
    assert prior.state is TransferState.DEFERRED
    want(workstation.transfer_actions, prior.number)
    qtbot.waitUntil(lambda: prior.state is TransferState.COMPLETE, timeout=DEADLINE)
    assert here(workstation, "2") == 3


def test_of_a_prior_a_part_that_is_wanted_comes_alone(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    files = history(tmp_path) + data.study(tmp_path / "7", 2, key="7", series=2)
    workstation = windows.open([dcmqrscp(files).node(name="PACS")])
    search(qtbot, workstation, "DOE", studies=5)
    all_done(qtbot, workstation)
    workstation.retrieve.idle.set_searching(True)
    workstation.retrieve.fetch_prior(match_of(workstation, "7"), "PACS", match_of(workstation, "1"))
    [row] = workstation.tree_model.results.studies(uid("7"))
    assert workstation.tree_model.results.begin_filling(row)
    workstation.row_expansion.expand(row.number)
    qtbot.waitUntil(lambda: len(row.entities) == 2, timeout=DEADLINE)
    assert workstation.retrieve.fetch(row, only=row.entities[:1])
    qtbot.waitUntil(lambda: here(workstation, "7") == 2, timeout=DEADLINE)
    workstation.retrieve.idle.set_searching(False)
    qtbot.waitUntil(lambda: here(workstation, "7") == 4, timeout=DEADLINE)
    all_done(qtbot, workstation)
    assert {one.state for one in workstation.transfers_model.all} == {TransferState.COMPLETE}


def test_a_prior_that_is_wanted_in_the_background_is_not_forgotten(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    node = dcmqrscp(history(tmp_path)).node(name="PACS")
    workstation = windows.open([node])
    search(qtbot, workstation, "DOE", studies=4)
    all_done(qtbot, workstation)
    workstation.retrieve.background.minute = lambda: 12 * 60
    workstation.retrieve.idle.set_searching(True)
    workstation.retrieve.fetch_prior(match_of(workstation, "2"), "PACS", match_of(workstation, "1"))
    [row] = workstation.tree_model.results.studies(uid("2"))
    assert workstation.retrieve.fetch(row, background=Background(Hours(20 * 60, 6 * 60)))
    [one] = workstation.transfers_model.all
    assert one.message == "Waits until 20:00"
    windows.close(workstation)
    assert [plan.background is not None for plan in windows.open([node]).plans.unfinished()] == [True]


def test_a_prior_that_waits_is_not_listed_at_the_next_start(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    node = dcmqrscp(history(tmp_path)).node(name="PACS")
    workstation = windows.open([node])
    search(qtbot, workstation, "DOE", studies=4)
    workstation.retrieve.idle.set_searching(True)
    workstation.retrieve.fetch_prior(match_of(workstation, "2"), "PACS", match_of(workstation, "1"))
    windows.close(workstation)
    assert windows.open([node]).transfers_model.rowCount() == 0


def test_a_prior_that_fails_disturbs_nobody(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    archive = dcmqrscp(history(tmp_path))
    workstation = windows.open([archive.node(name="PACS")])
    search(qtbot, workstation, "DOE", studies=4)
    all_done(qtbot, workstation)
    background = workstation.retrieve.idle
    background.set_searching(True)
    for key in "23":
        workstation.retrieve.fetch_prior(match_of(workstation, key), "PACS", match_of(workstation, "1"))
    archive.kill()
    background.set_searching(False)
    all_done(qtbot, workstation)
    assert {one.state for one in workstation.transfers_model.ended} == {TransferState.FAILED}
    assert not workstation.window.notice.isVisible()


def test_no_passcode_is_asked_for(qtbot: QtBot, windows: Windows, free_port: Callable[[], int]) -> None:
    identity = Identity("reader", None, Secret.ASKED)
    how = {"host": "127.0.0.1", "port": free_port()}
    node = Node(name="PACS", ae_title="PACS", identity=identity, priors=ANY, **how)
    workstation = windows.open([node])
    results = workstation.tree_model.results
    patient = PatientMatch(source="PACS", patient_id="7", name="DOE^JANE", birth_date="19700101")
    study = StudyMatch(source="PACS", study_uid="1.2", patient=patient, date="20240101")
    [row] = results.add_studies(results.begin(["PACS"]), [study])
    workstation.priors.look_for(row)
    all_done(qtbot, workstation)
    assert workstation.dialogs.passcode_dialog is None
    assert not listed(workstation)
    assert not workstation.window.notice.isVisible()


def match_of(workstation: Workstation, key: str) -> StudyMatch:
    [row] = workstation.tree_model.results.studies(uid(key))
    match = row.matches["PACS"]
    assert isinstance(match, StudyMatch)
    return match
