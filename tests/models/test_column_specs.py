"""Each column is declared once, and what depends on it follows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.models.patient_answers import study
from workstation.dicom.levels import Level
from workstation.models import row_filter
from workstation.models.columns import COLUMNS, Column, cell, sort_key
from workstation.models.filter_terms import Term
from workstation.models.result_tree import ResultTree
from workstation.models.tool_tips import tip


def test_each_column_has_one_declaration_in_its_place() -> None:
    assert [spec.column for spec in COLUMNS] == list(Column)
    assert len({spec.key for spec in COLUMNS}) == len(COLUMNS)
    assert all(spec.title and spec.width >= 30 for spec in COLUMNS)


def test_the_filter_searches_what_is_declared() -> None:
    searched = {level: set(columns) for level, columns in row_filter.searched_columns().items()}
    assert searched == {
        Level.PATIENT: {Column.NAME, Column.ID, Column.BORN},
        Level.STUDY: {
            *(Column.NAME, Column.DATE, Column.MODALITY, Column.ACCESSION, Column.SOURCE, Column.LABELS),
            *(Column.BODY_PART, Column.REFERRING, Column.INSTITUTION, Column.STATION, Column.STUDY_ID),
            *(Column.COMMENTS, Column.PROTOCOL),
        },
    }


def test_a_word_is_found_wherever_a_list_can_show_it() -> None:
    """Whoever sees a name in a column expects the filter to find it there."""
    tree = ResultTree()
    told = replace(
        study("A", "1.1"),
        referring="House^Gregory",
        institution="St Mary",
        station="CT1",
        study_id="S77",
        body_part="CHEST",
        comments="urgent",
    )
    [row] = tree.add_studies(tree.begin(), [told])
    for word in ("house", "mary", "ct1", "s77", "chest", "urgent"):
        assert row_filter.fits(row, (Term(text=word),)), word
    assert not row_filter.fits(row, (Term(text="knee"),))


@pytest.mark.parametrize("column", list(Column))
def test_every_column_has_a_text_a_tip_and_an_order_for_every_level(column: Column) -> None:
    tree = ResultTree()
    [row] = tree.add_studies(tree.begin(), [study("A", "1.1", birth_date="19700101")])
    assert row.parent is not None
    for one in (row, row.parent):
        assert isinstance(cell(one, column), str)
        assert tip(one, column)
    assert sort_key(row, column) is not None
    assert (sort_key(row.parent, column) is None) == (COLUMNS[column].patient_key is None)
