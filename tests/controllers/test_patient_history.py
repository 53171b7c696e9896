"""A history asks all sources at once, names those that fail, and ignores late answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from tests.controllers.fake_sources import DEADLINE, FakeSource, FakeSources
from workstation.controllers.notices import Notices
from workstation.controllers.passcodes import at_once
from workstation.controllers.patient_history import PatientHistory
from workstation.dicom.history_question import Shared
from workstation.dicom.matches import LIBRARY, PatientMatch, StudyMatch
from workstation.errors import Unreachable
from workstation.jobs.lanes import Lanes
from workstation.models.history_model import HistoryColumn, HistoryModel
from workstation.models.result_tree import ResultTree
from workstation.models.rows import Row

JANE = PatientMatch(source="A", patient_id="7", name="DOE^JANE", birth_date="19700101", sex="F")


def study(uid: str, source: str = "A", patient: PatientMatch = JANE, date: str = "20230101") -> StudyMatch:
    its = replace(patient, source=source)
    return StudyMatch(source=source, study_uid=uid, patient=its, date=date, description=uid)


@dataclass
class Setup:
    """A history over fake sources, and what it told."""

    history: PatientHistory
    tree: ResultTree
    row: Row
    titles: list[str] = field(default_factory=list)
    told: list[tuple[str, str, bool]] = field(default_factory=list)

    @property
    def rows(self) -> list[str]:
        model = self.history.model
        cells = [model.index(row, HistoryColumn.DESCRIPTION) for row in range(model.rowCount())]
        return [str(cell.data()) for cell in cells if cell.data() is not None]


Make = Callable[..., Setup]


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[Make]:
    lanes = Lanes()

    def made(*sources: FakeSource, current: StudyMatch | None = None, unlock: Any = at_once) -> Setup:
        tree = ResultTree()
        [row] = tree.add_studies(tree.begin(["A"]), [current or study("1.1", date="20240101")])
        history = PatientHistory(
            lanes,
            FakeSources(*sources),  # type: ignore[arg-type]
            HistoryModel(),
            Notices(),
            unlock=unlock,
        )
        setup = Setup(history, tree, row)
        history.opened.connect(lambda title, several: setup.titles.append(title))
        history.status.connect(lambda *told: setup.told.append(told))
        return setup

    yield made
    assert lanes.shutdown(20)


def ask(qtbot: QtBot, setup: Setup, *keys: str, shared: Shared = Shared.PATIENT) -> None:
    assert setup.history.ask(setup.row, setup.tree, shared, keys)
    qtbot.waitUntil(lambda: not setup.history.asking, timeout=DEADLINE)


def test_all_sources_and_the_library_are_asked_and_one_that_fails_is_named(qtbot: QtBot, make: Make) -> None:
    good, here = FakeSource("A", study("1.2")), FakeSource(LIBRARY, study("1.3", LIBRARY))
    down = FakeSource("B", study("1.4", "B"), error=Unreachable(node="B", host="h", port=1, reason="refused"))
    setup = make(good, here, down)
    ask(qtbot, setup, "A", "B")
    assert setup.titles == ["All studies of DOE, JANE  ·  7  ·  1970-01-01"]
    assert setup.rows == ["Current study  ·  1.1", "1.2", "1.3"]
    status, failure, retry = setup.told[-1]
    assert status == "3 studies  ·  asked: A, the library"
    assert failure.startswith("B did not answer: ")
    assert retry
    down.error = None
    setup.history.retry()
    qtbot.waitUntil(lambda: not setup.history.asking, timeout=DEADLINE)
    assert setup.rows == ["Current study  ·  1.1", "1.2", "1.3", "1.4"]
    assert setup.told[-1] == ("4 studies  ·  asked: A, B, the library", "", False)
    assert len(good.asked) == len(here.asked) == 2  # by ID, and by name and birth date


def test_late_answers_to_an_earlier_question_are_ignored(qtbot: QtBot, make: Make) -> None:
    slow = FakeSource("A", study("1.2"))
    slow.gate.clear()
    setup = make(slow, FakeSource(LIBRARY))
    setup.history.ask(setup.row, setup.tree, Shared.PATIENT, ["A"])
    qtbot.waitUntil(lambda: bool(slow.asked), timeout=DEADLINE)
    assert "asking A" in setup.told[-1][0]
    ask(qtbot, setup)  # the library alone
    slow.gate.set()
    qtbot.waitUntil(lambda: not setup.history.asking, timeout=DEADLINE)
    assert setup.rows == ["Current study  ·  1.1"]


def test_answers_that_are_not_all_are_said(qtbot: QtBot, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.controllers.fake_sources.FakeAnswers.incomplete", True)
    setup = make(FakeSource("A", study("1.2"), study("9.9", patient=replace(JANE, patient_id="8", name="X"))))
    ask(qtbot, setup, "A")
    status, failure, _ = setup.told[-1]
    assert "1 answer about something else left out" in status
    assert "Not all: A has more than it answered." in failure


def test_a_name_that_is_shown_by_another_character_set_is_compared_as_it_was_received(
    qtbot: QtBot, make: Make
) -> None:
    raw = "MÜLLER^J".encode("latin-1")
    received = replace(JANE, name="M\u30adLLER^J", raw_name=raw)  # as another character set reads it
    current = study("1.1", patient=received)
    setup = make(
        FakeSource("A", current, study("1.2", patient=received)), FakeSource(LIBRARY), current=current
    )
    setup.tree.show_names("A", "ISO_IR 100")
    setup.tree.read_names(setup.row.top)
    assert setup.row.patient.name == "MÜLLER^J"
    ask(qtbot, setup, "A")
    assert setup.history.model.counts == (2, 0)


def test_a_node_without_its_passcode_is_named(qtbot: QtBot, make: Make) -> None:
    def unlock(keys: Sequence[str], then: Callable[[list[str]], None]) -> None:
        then([key for key in keys if key != "B"])

    setup = make(FakeSource("A"), FakeSource("B", study("1.4", "B")), FakeSource(LIBRARY), unlock=unlock)
    ask(qtbot, setup, "A", "B")
    assert "B did not answer: no passcode was given." in setup.told[-1][1]
    assert setup.rows == ["Current study  ·  1.1"]


@pytest.mark.parametrize("shared", [Shared.ACCESSION, Shared.PHYSICIAN])
def test_what_is_not_told_cannot_be_looked_for(qtbot: QtBot, make: Make, shared: Shared) -> None:
    source = FakeSource("A", study("1.2"))
    setup = make(source)
    assert not setup.history.ask(setup.row, setup.tree, shared, ["A"])
    assert not source.asked
    assert not setup.titles


def test_a_patient_has_no_current_study(qtbot: QtBot, make: Make) -> None:
    setup = make(FakeSource("A", study("1.1"), study("1.2")), FakeSource(LIBRARY))
    setup.row = setup.row.top
    ask(qtbot, setup, "A")
    assert sorted(setup.rows) == ["1.1", "1.2"]
    assert setup.history.model.current == -1
