"""Texts of patients, studies and series are decoded again by the character set chosen for their source."""

from __future__ import annotations

import pytest

from tests.matches import series, study
from tests.rows import first_study, patients, row_of
from workstation.dicom.matches import RawText, StudyMatch
from workstation.dicom.person_names import NameGroup, NameOrder, NameStyle
from workstation.models.columns import Column, cell
from workstation.models.name_charsets import NameCharsets
from workstation.models.shown_names import SHOWN_NAMES
from workstation.models.tool_tips import tip
from workstation.models.tree_model import TreeModel

CHEST, PLAIN = "胸部平扫".encode("gb18030"), "Routine"


def raw(field: str, value: bytes) -> RawText:
    """A text of an archive that names no character set, as Latin-1 shows it."""
    return RawText(field, value, value.decode("latin_1"))


def listed(model: TreeModel, source: str = "A") -> None:
    """A study of a source with one series."""
    generation = model.results.generation or model.results.begin()
    wrong = CHEST.decode("latin_1")
    texts = (raw("description", CHEST),)
    match = study(f"1.{source}", source, source, name="Doe^John", description=wrong, raw_texts=texts)
    [row] = model.results.add_studies(generation, [match])
    below = series(
        f"2.{source}", row.uid, source, description=wrong, protocol=PLAIN, station="CT", raw_texts=texts
    )
    model.results.add_children(generation, row.number, [below])


def descriptions(model: TreeModel) -> list[str]:
    """Of the first study and its series."""
    row = row_of(model, first_study(model))
    return [cell(one, Column.DESCRIPTION) for one in (row, *row.children)]


@pytest.mark.usefixtures("qapp")
def test_an_answer_as_it_was_received_has_its_own_texts_too() -> None:
    model = TreeModel()
    match = study("1.1", referring=CHEST.decode("latin_1"), raw_texts=(raw("referring", CHEST),))
    model.results.show_names("A", "GB18030")
    [row] = model.results.add_studies(model.results.begin(), [match])
    told = row.matches["A"]
    assert isinstance(told, StudyMatch)
    assert told.referring == "胸部平扫"
    assert model.results.as_received(told) == match, "a history asks for the physician by it"
    assert model.results.as_shown(match) == told


@pytest.mark.usefixtures("qapp")
def test_study_and_series_are_read_anew_and_again_as_they_were_received() -> None:
    model = TreeModel()
    listed(model)
    assert descriptions(model) == [CHEST.decode("latin_1")] * 2
    model.results.show_names("A", "GB18030")
    assert descriptions(model) == ["胸部平扫"] * 2
    row = row_of(model, first_study(model))
    late = series("2.late", row.uid, description="?", number=9, raw_texts=(raw("description", CHEST),))
    model.results.add_children(model.results.generation, row.number, [late])
    assert cell(row.children[-1], Column.DESCRIPTION) == "胸部平扫"
    model.results.show_names("A", "ISO_IR 144")
    assert descriptions(model)[0] == CHEST.decode("iso8859_5")
    model.results.show_names("A", "")
    assert descriptions(model)[:2] == [CHEST.decode("latin_1")] * 2


@pytest.mark.usefixtures("qapp")
def test_other_sources_keep_their_texts() -> None:
    model = TreeModel()
    listed(model)
    listed(model, "B")
    model.results.show_names("B", "GB18030")
    found = {
        cell(study_row, Column.DESCRIPTION)
        for one in patients(model)
        for study_row in row_of(model, one).entities
    }
    assert found == {CHEST.decode("latin_1"), "胸部平扫"}


def test_what_is_so_already_is_the_same_answer() -> None:
    names = NameCharsets()
    match = study("1.1", description="x", raw_texts=(RawText("description", b"\xe4", "x"),))
    assert names.read(match) is match
    names.choose("B", "GB18030")
    assert names.read(match) is match


@pytest.fixture
def _usual_style() -> object:
    yield
    SHOWN_NAMES.style = NameStyle()


@pytest.mark.usefixtures("qapp", "_usual_style")
def test_names_are_written_anew_and_stay_sorted_by_family_name() -> None:
    model = TreeModel()
    people = ["Doe^Adam^^Prof.", "Abel^Zoe", "Yamada^Tarou=山田^太郎=やまだ^たろう"]
    model.results.add_studies(
        model.results.begin(), [study(f"1.{n}", str(n), name=name) for n, name in enumerate(people)]
    )
    model.sort(Column.NAME)
    assert [one.data() for one in patients(model)] == [
        "Abel, Zoe",
        "Doe, Prof. Adam",
        "山田 太郎 (Yamada, Tarou)",
    ]
    model.set_filter("zoe")
    model.set_filter("")
    SHOWN_NAMES.style = NameStyle(NameOrder.GIVEN_FIRST, NameGroup.ALPHABETIC)
    model.results.write_names()
    assert [one.data() for one in patients(model)] == [
        "Zoe Abel",
        "Prof. Adam Doe",
        "Tarou Yamada (山田 太郎)",
    ]
    model.set_filter("prof. adam")
    assert [one.data() for one in patients(model)] == ["Prof. Adam Doe"]


@pytest.mark.usefixtures("qapp")
def test_the_tool_tip_has_each_component_group_on_its_line() -> None:
    model = TreeModel()
    several = study("1.1", name="Yamada^Tarou=山田^太郎=やまだ^たろう", birth_date="19700101")
    model.results.add_studies(model.results.begin(), [several, study("1.2", "2", name="Doe^John")])
    tips = [tip(row_of(model, one), Column.NAME) for one in patients(model)]
    [japanese] = [one for one in tips if "Yamada" in one]
    lines = ["Alphabetic: Yamada, Tarou", "Ideographic: 山田 太郎", "Phonetic: やまだ たろう"]
    assert "<br>".join(lines) in japanese
    assert not any("Alphabetic" in one for one in tips if one is not japanese)
