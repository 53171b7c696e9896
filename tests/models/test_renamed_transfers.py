"""Titles of transfers follow the style of names, without the rows they were made for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from workstation.dicom.person_names import NameOrder, NameStyle
from workstation.dicom.targets import About
from workstation.models.row_targets import renaming, title_about
from workstation.models.shown_names import SHOWN_NAMES
from workstation.models.transfer import Transfer
from workstation.models.transfer_cells import TransferColumn
from workstation.models.transfers_model import TransfersModel

DOE = About("Doe^John", "Chest", "20260102")


@pytest.fixture(autouse=True)
def _usual_style(qapp: object) -> Iterator[None]:
    yield
    SHOWN_NAMES.style = NameStyle()


def test_the_name_is_written_anew_and_the_rest_stays() -> None:
    model = TransfersModel()
    title = f"{title_about(DOE)}  ·  3  Axial"
    model.add(
        Transfer(1, title, "A", renamed=renaming(title, DOE)),
        Transfer(2, "2 studies", "A"),
    )
    SHOWN_NAMES.style = NameStyle(NameOrder.GIVEN_FIRST)
    model.write_names()
    titles = {model.index(row, TransferColumn.TITLE).data() for row in range(model.rowCount())}
    assert titles == {"John Doe  ·  Chest  ·  2026-01-02  ·  3  Axial", "2 studies"}


def test_a_title_that_does_not_begin_so_stays() -> None:
    assert renaming("2 studies", DOE) is None
    assert renaming("anything", About()) is None
