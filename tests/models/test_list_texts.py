"""Rows of the list as other programs get them."""

from __future__ import annotations

import csv
import io
import json

import pytest

from tests.matches import series, study
from workstation.dicom.matches import ImageMatch, PatientMatch
from workstation.dicom.uids import placeholder_uid
from workstation.models.columns import Column
from workstation.models.list_texts import (
    ListFormat,
    copied,
    copied_titles,
    exported,
    is_exported,
    record,
    uids,
)
from workstation.models.rows import Row
from workstation.models.tree_model import TreeModel

pytestmark = pytest.mark.usefixtures("qapp")
SHOWN = (Column.NAME, Column.DATE, Column.IMAGES)


def rows(model: TreeModel) -> list[Row]:
    return list(model.visible.between(0, model.rowCount() - 1))


def table(content: bytes) -> list[dict[str, str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_a_row_is_copied_as_it_is_shown_between_tabs() -> None:
    model = TreeModel()
    described = study("1.1", name="الطحان^ليلى", description="a\tb", date="20240101", instances=3)
    model.results.add_studies(model.results.begin(), [described])
    assert copied_titles(SHOWN) == "Patient · study\tDate\tImages"
    assert copied(rows(model)[0], SHOWN) == "الطحان, ليلى, a b\t2024-01-01\t3"


def test_a_copied_row_is_no_formula_where_it_is_pasted() -> None:
    model = TreeModel()
    described = study("1.1", name="=HYPERLINK(A1)^X", date="20240101", instances=3)
    model.results.add_studies(model.results.begin(), [described])
    assert copied(rows(model)[0], SHOWN).startswith("'=HYPERLINK(A1), X")


def test_the_uids_of_rows_are_copied_but_none_of_ours() -> None:
    model = TreeModel()
    generation = model.results.begin()
    made_up = placeholder_uid("A", 1)
    model.results.add_studies(generation, [study("1.1"), study("1.2"), study(made_up, "2", name="Roe")])
    header, *_ = [row for row in rows(model) if row.parent is None]
    assert sorted(uids(header)) == ["1.1", "1.2"]
    [other] = model.results.studies(made_up)
    assert uids(other) == []


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_of_a_table_is_a_formula(first: str) -> None:
    model = TreeModel()
    evil = f"{first}cmd|' /C calc'!A0"
    model.results.add_studies(model.results.begin(), [study("1.1", name=evil, description=evil)])
    found = record(rows(model)[0])
    [line] = table(exported([found], ListFormat.CSV))
    assert (line["patient_name"], line["study_description"]) == (f"'{evil}", f"'{evil}")
    [kept] = json.loads(exported([found], ListFormat.JSON))
    assert kept["study_description"] == evil


def test_what_is_exported_of_each_level() -> None:
    model = TreeModel()
    generation = model.results.begin()
    told = study("1.1", description='Kopf, "groß"', date="20240229", time="0645", modalities=("CT",))
    [row] = model.results.add_studies(generation, [told])
    model.results.add_children(generation, row.number, [series("1.1.1", number=-1, instances=2)])
    below = row.children[0]
    image = ImageMatch(source="A", study_uid="1.1", series_uid="1.1.1", sop_uid="1.1.1.1", number=1, frames=4)
    model.results.add_children(generation, below.number, [image])
    model.results.filled(generation, below.number, complete=True, error="B is gone.")
    model.open(row.number, below.number)
    shown = [record(one) for one in rows(model) if is_exported(one)]
    lines = table(exported(shown, ListFormat.CSV))
    assert [line["level"] for line in lines] == ["STUDY", "SERIES", "IMAGE"]
    assert {line["patient_name"] for line in lines} == {"Doe^John"}
    assert {line["study_description"] for line in lines} == {'Kopf, "groß"'}
    assert (lines[0]["study_date"], lines[0]["study_time"]) == ("2024-02-29", "06:45")
    assert [line["series_number"] for line in lines] == ["", "-1", "-1"]
    assert (lines[2]["frames"], lines[2]["sop_instance_uid"]) == ("4", "1.1.1.1")
    assert lines[0]["images"] == ""


def test_a_patient_is_exported_only_while_no_study_is_known() -> None:
    model = TreeModel()
    generation = model.results.begin()
    [row] = model.results.add_patients(generation, [PatientMatch(source="A", patient_id="1", name="Doe^J")])
    assert is_exported(row)
    assert record(row)["level"] == "PATIENT"
    model.results.add_below_patient(generation, row.number, [study("1.1", name="Doe^J")])
    assert not is_exported(row)
