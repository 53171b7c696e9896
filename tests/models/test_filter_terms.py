"""What is typed into the filter: words, columns, comparisons, and what is hidden."""

from __future__ import annotations

import pytest

from tests.matches import study
from workstation.dicom.matches import PatientMatch
from workstation.dicom.study_mark import MarkChange
from workstation.models.columns import COLUMNS, Column
from workstation.models.filter_terms import (
    Term,
    column_called,
    column_word,
    quoted,
    read_filter,
    split_tokens,
)
from workstation.models.rows import Row
from workstation.models.tree_model import TreeModel
from workstation.models.value_terms import value_of
from workstation.settings.list_layout import ListLayout

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def model() -> TreeModel:
    """Six studies of four patients."""
    model = TreeModel()
    model.results.add_studies(
        model.results.begin(),
        [
            study("1", "12", name="Doe^John", birth_date="19600601", sex="M", date="20260531",
                  modalities=("CT",), instances=100, description="Thorax", accession="A1"),
            study("2", "12", name="Doe^John", birth_date="19600601", sex="M", date="20240501",
                  modalities=("CT", "SR"), instances=101, description="Head of John", accession="B2"),
            study("3", "123", name="van der Berg^Ann", birth_date="", sex="F", date="",
                  modalities=("MR",), instances=None, description="Knee: left", accession=""),
            study("4", "4", name="Ber^der van", sex="", date="20241224", modalities=(), instances=5,
                  description='The "big" one'),
            study("5", "5", name="Müller^Änne", date="20230101", modalities=("US",), instances=0,
                  description="-"),
            study("6", "5", name="Müller^Änne", date="20250101", modalities=("SR",), instances=7,
                  description="CT of before"),
        ],
    )  # fmt: skip
    return model


def found(model: TreeModel, typed: str) -> str:
    """The UIDs of the studies that stay in sight."""
    model.set_filter(typed)
    rows = list(model.visible.between(0, model.rowCount() - 1)) if model.rowCount() else []
    return " ".join(
        sorted(row.uid for row in rows if row.level.value == "STUDY" or row.level.name == "STUDY")
    )


@pytest.mark.parametrize(
    ("typed", "uids"),
    [
        ("", "1 2 3 4 5 6"),
        ("doe thorax", "1"),
        ("ct", "1 2 6"),
        ("mod:ct", "1 2"),
        ("Mod.:CT", "1 2"),
        ("modality:ct", "1 2"),
        ("mod:=ct", "1"),
        ('mod:="CT SR"', "2"),
        ('mod:=""', "4"),
        ("-mod:ct", "3 4 5 6"),
        ("-mod:sr -doe", "3 4 5"),
        ("-john", "3 4 5 6"),
        ("name:john", "1 2"),
        ("desc:john", "2"),
        ('"van der"', "3"),
        ("van der", "3 4"),
        ("name:müller", "5 6"),
        ("id:12", "1 2 3"),
        ("id:=12", "1 2"),
        ('acc:=""', "3 4 5 6"),
        ("acc:b", "2"),
        ("sex:f", "3"),
        ("date:2024", "2 4"),
        ("date:2024-05", "2"),
        ("date:20240501", "2"),
        ("date:2024-05-01", "2"),
        ("date:>2024-05", "1 4 6"),
        ("date:>=2024-05", "1 2 4 6"),
        ("date:<2024", "5"),
        ("date:<=2024", "2 4 5"),
        ("date:>2024 date:<2026", "6"),
        ('date:=""', "3"),
        ("-date:2024", "1 3 5 6"),
        ("born:<1970", "1 2"),
        ("images:>100", "2"),
        ("images:>=100", "1 2"),
        ("images:100", "1"),
        ("images:<10", "4 5 6"),
        ("images:0", "5"),
        ("images:²", ""),  # a digit, but no decimal one
        ('images:=""', "3"),
        ("-images:>100", "1 3 4 5 6"),
        ("age:>64", "1"),
        ("age:<64", "2"),
        ("knee: left", "3"),
        ("knee:", "3"),
        ('desc:"big"', "4"),
        ('desc:"""big"""', "4"),
        ("mod:", "1 2 3 4 5 6"),
        ("source:a", "1 2 3 4 5 6"),
        ("source:b", ""),
    ],
)
def test_rows_that_fit_stay(model: TreeModel, typed: str, uids: str) -> None:
    assert found(model, typed) == uids
    shown = model.visible.filtered_count
    assert shown == (len(uids.split()) if read_filter(typed).terms else None)


def test_a_hyphen_alone_is_text(model: TreeModel) -> None:
    assert read_filter("-").terms == (Term(text="-"),)
    assert "5" in found(model, "-").split()


def test_a_word_that_is_no_column_is_text_and_told(model: TreeModel) -> None:
    read = read_filter('colour:grey http://x mod:ct "a:b" colour:red')
    assert read.unknown == ("colour", "http")
    assert [term.text for term in read.terms] == ["colour:grey", "http://x", "ct", "a:b", "colour:red"]
    assert [term.column for term in read.terms] == [None, None, Column.MODALITY, None, None]


def test_quotation_marks_hold_blanks_and_double_for_themselves() -> None:
    assert split_tokens('a "b c"  d:"e f" "g') == ["a", '"b c"', 'd:"e f"', '"g']
    for value in ("x", "a b", 'say "a" b', '"', "a:b", "-x", "", ' "" '):
        [term] = read_filter(f"desc:={quoted(value)}").terms
        assert term.text == value.casefold()


@pytest.mark.parametrize("spec", COLUMNS, ids=lambda spec: spec.key)
def test_each_column_is_found_by_its_word_its_title_and_its_key(spec: object) -> None:
    column = spec.column  # type: ignore[attr-defined]
    for word in (column_word(column), spec.key, spec.title.replace(" ", "")):  # type: ignore[attr-defined]
        assert column_called(word) is column


def test_a_beginning_means_a_column_only_if_it_is_of_one_alone() -> None:
    assert column_called("desc") is Column.DESCRIPTION
    assert column_called("inst") is Column.INSTITUTION
    assert column_called("body") is Column.BODY_PART
    assert column_called("sta") is None, "station and state begin so"
    assert column_called("de") is None
    assert column_called("·") is None


def test_a_filter_has_a_bound() -> None:
    assert len(read_filter("a " * 10_000).terms) == 50


@pytest.mark.parametrize("layout", [ListLayout.TREE, ListLayout.FLAT])
@pytest.mark.parametrize("column", [spec.column for spec in COLUMNS], ids=lambda column: column.name.lower())
def test_the_value_of_each_cell_finds_its_row_and_hides_it(
    model: TreeModel, column: Column, layout: ListLayout
) -> None:
    model.visible.lay_out(layout)
    for uid in "123456":
        [row] = model.results.studies(uid)
        value = value_of(row, column)
        assert value is not None
        assert uid in found(model, value.term).split()
        assert uid not in found(model, f"-{value.term}").split()


def test_values_are_whole(model: TreeModel) -> None:
    model.visible.lay_out(ListLayout.FLAT)
    [row] = model.results.studies("1")
    columns = (Column.NAME, Column.ID, Column.DATE, Column.IMAGES)
    terms = [value.term for column in columns if (value := value_of(row, column)) is not None]
    assert terms == ['name:="Doe, John"', "id:=12", "date:2026-05-31", "images:100"]
    assert found(model, "id:=12") == "1 2"


def test_a_label_from_right_to_left_is_found_as_it_is_typed(model: TreeModel) -> None:
    [row] = model.results.studies("1")
    model.results.store.layout.marks.change({"1": "12"}, MarkChange(add=("متابعة",)))
    value = value_of(row, Column.LABELS)
    assert value is not None
    assert value.term == "labels:=متابعة"
    assert found(model, value.term) == "1"


def test_only_patients_and_studies_have_values(model: TreeModel) -> None:
    model.set_filter("")
    [row] = model.results.studies("1")
    patient = row.parent
    assert patient is not None
    assert value_of(patient, Column.NAME) is not None
    assert value_of(patient, Column.DATE) is None
    error = Row(number=0, level=row.level, uid="", error="no answer")
    assert value_of(error, Column.NAME) is None


def test_patients_without_studies_are_filtered_by_their_own_facts() -> None:
    model = TreeModel()
    patients = [
        PatientMatch(source="A", patient_id="1", name="Doe^John", sex="M"),
        PatientMatch(source="A", patient_id="2", name="Roe^Jane", sex="F"),
    ]
    model.results.add_patients(model.results.begin(), patients)
    for typed, count in (("sex:f", 1), ("-sex:f", 1), ("date:2024", 0), ("-date:2024", 2), ("name:o", 2)):
        model.set_filter(typed)
        assert model.rowCount() == count, typed
