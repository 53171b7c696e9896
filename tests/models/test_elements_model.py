from __future__ import annotations

import pytest
from PySide6.QtCore import QAbstractItemModel, QModelIndex, Qt
from pytestqt.modeltest import ModelTester

from workstation.imaging.elements import Element, ElementPath
from workstation.models.elements_model import ElementColumn, ElementRole, ElementsModel, FoundElements

NAME = Element(0x00100010, "Patient's Name", "PN", "Doe^John")
CONTENT = Element(0x0040A730, "Content Sequence", "SQ", "2 items", 2)
ITEMS = (Element(None, "Item 1", children=1), Element(None, "Item 2", children=0))
DEEP = (Element(0x00080104, "Code Meaning", "LO", "deep"),)
EMPTY = Element(0x00081140, "Referenced Image Sequence", "SQ", "0 items")


@pytest.fixture
def model(qtmodeltester: ModelTester) -> ElementsModel:
    model = ElementsModel()
    qtmodeltester.check(model)
    return model


@pytest.fixture
def wanted(model: ElementsModel) -> list[ElementPath]:
    ways: list[ElementPath] = []
    model.children_wanted.connect(ways.append)
    return ways


def names(model: QAbstractItemModel, parent: QModelIndex | None = None) -> list[str]:
    parent = parent or QModelIndex()
    return [str(model.index(row, ElementColumn.NAME, parent).data()) for row in range(model.rowCount(parent))]


def test_rows_and_columns(model: ElementsModel) -> None:
    model.show([NAME, CONTENT])
    assert [model.index(0, column).data() for column in ElementColumn] == [
        "(0010,0010)",
        "Patient's Name",
        "PN",
        "Doe^John",
    ]
    titles = [model.headerData(n, Qt.Orientation.Horizontal) for n in ElementColumn]
    assert titles == ["Tag", "Name", "VR", "Value"]


def test_sequences_are_asked_for_when_opened_and_only_once(
    model: ElementsModel, wanted: list[ElementPath]
) -> None:
    model.show([NAME, CONTENT, EMPTY])
    wanted.clear()  # Qt's tester has asked by itself
    model.show([NAME, CONTENT, EMPTY])
    content = model.index(1, 0)
    assert model.hasChildren(content)
    assert not model.hasChildren(model.index(0, 0))
    assert not model.hasChildren(model.index(2, 0))
    while model.canFetchMore(content):
        model.fetchMore(content)
    assert wanted[-1] == (CONTENT.tag,)
    assert wanted.count((CONTENT.tag,)) == 1
    model.fill((CONTENT.tag,), ITEMS)  # type: ignore[arg-type]
    assert names(model, content) == ["Item 1", "Item 2"]
    first = model.index(0, 0, content)
    while model.canFetchMore(first):
        model.fetchMore(first)
    assert wanted[-1] == (CONTENT.tag, 0)
    model.fill((CONTENT.tag, 0), DEEP)  # type: ignore[arg-type]
    assert names(model, first) == ["Code Meaning"]
    assert model.parent(model.index(0, 0, first)) == first
    model.fill((CONTENT.tag,), ITEMS)  # type: ignore[arg-type]
    assert names(model, content) == ["Item 1", "Item 2"]


def test_late_answers_of_another_file_change_nothing(model: ElementsModel) -> None:
    model.show([CONTENT])
    model.show([NAME])
    model.fill((0x0040A730,), ITEMS)
    assert names(model) == ["Patient's Name"]
    assert model.rowCount(model.index(0, 0)) == 0


def test_finding_by_tag_name_and_value(model: ElementsModel, qtmodeltester: ModelTester) -> None:
    found = FoundElements()
    found.setSourceModel(model)
    qtmodeltester.check(found)
    model.show([NAME, CONTENT])
    model.fetchMore(model.index(1, 0))
    model.fill((0x0040A730,), ITEMS)
    first = model.index(0, 0, model.index(1, 0))
    model.fetchMore(first)
    model.fill((0x0040A730, 0), DEEP)
    for text, expected in (
        ("doe", ["Patient's Name"]),
        ("0010,0010", ["Patient's Name"]),
        ("00100010", ["Patient's Name"]),
        ("DEEP", ["Content Sequence"]),
        ("nowhere", []),
        ("", ["Patient's Name", "Content Sequence"]),
    ):
        found.seek(text)
        assert names(found) == expected, text


def test_values_are_whole_for_copying_and_plain_for_showing(model: ElementsModel) -> None:
    model.show([Element(0x00104000, "Patient Comments", "LT", "one\r\ntwo <b>" + "x" * 900)])
    value = model.index(0, ElementColumn.VALUE)
    assert str(value.data()).startswith("one  two <b>xxx")
    assert len(value.data(ElementRole.WHOLE_VALUE)) == 912
