from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset

from workstation.imaging import read_elements as reading
from workstation.imaging.elements import Element, ElementPath
from workstation.imaging.picture import Undecodable
from workstation.imaging.read_elements import MAX_TEXT, read_elements

BEHIND_THE_PIXELS = 0xFFFCFFFC


def sample(name: str) -> Path:
    return Path(str(get_testdata_file(name, download=False)))


def listed(path: Path, where: ElementPath = ()) -> tuple[Element, ...]:
    """The rows in English."""
    return tuple(replace(row, name=str(row.name), value=str(row.value)) for row in read_elements(path, where))


def by_name(rows: tuple[Element, ...]) -> dict[str, Element]:
    return {str(row.name): row for row in rows}


@pytest.fixture
def nested(tmp_path: Path) -> Path:
    dataset = pydicom.dcmread(sample("CT_small.dcm"))
    inner, outer = Dataset(), Dataset()
    inner.CodeMeaning = "deep"
    outer.ConceptNameCodeSequence = [Dataset(), inner]
    dataset.ContentSequence = [outer]
    dataset.add_new(0x00081030, "LO", "a" * 60 + "\\b")
    path = tmp_path / "nested.dcm"
    dataset.save_as(path)
    return path


def test_every_element_of_the_top_level() -> None:
    path = sample("CT_small.dcm")
    rows = listed(path)
    dataset = pydicom.dcmread(path)
    assert {row.tag for row in rows} == {*dataset.keys(), *dataset.file_meta.keys()} - {BEHIND_THE_PIXELS}
    names = by_name(rows)
    assert names["Patient's Name"] == Element(0x00100010, "Patient's Name", "PN", "CompressedSamples^CT1")
    assert names["SOP Class UID"].value == "1.2.840.10008.5.1.4.1.1.2 = CT Image Storage"
    assert names["Rows"].value == "128"
    assert names["Image Orientation (Patient)"].value.count("\\") == 5
    assert names["Pixel Data"].value == "(32,768 bytes)"
    assert not any(row.broken for row in rows)


def test_sequences_are_opened_one_level_at_a_time(nested: Path) -> None:
    content = by_name(listed(nested))["Content Sequence"]
    assert (content.value, content.children, content.vr) == ("1 item", 1, "SQ")
    assert content.tag is not None
    (item,) = listed(nested, (content.tag,))
    assert (item.tag, item.name, item.children) == (None, "Item 1", 1)
    (codes,) = listed(nested, (content.tag, 0))
    assert codes.tag is not None
    assert codes.children == 2
    empty, full = listed(nested, (content.tag, 0, codes.tag))
    assert (empty.children, full.children) == (0, 1)
    (meaning,) = listed(nested, (content.tag, 0, codes.tag, 1))
    assert (meaning.name, meaning.value) == ("Code Meaning", "deep")


@pytest.mark.parametrize("where", [(0x00100010,), (0x0040A730, 5), (0x0040A730, 0, 0x00081140), (1,)])
def test_a_place_that_is_not_there_is_said(nested: Path, where: tuple[int, ...]) -> None:
    with pytest.raises(Undecodable):
        listed(nested, where)


def test_a_broken_value_costs_itself(tmp_path: Path) -> None:
    raw = sample("CT_small.dcm").read_bytes()
    rows = b"\x28\x00\x10\x00US\x02\x00"
    broken = raw.replace(rows + b"\x80\x00", b"\x28\x00\x10\x00FD\x02\x00\x80\x00")
    assert broken != raw
    path = tmp_path / "broken.dcm"
    path.write_bytes(broken)
    found = {row.tag: row for row in listed(path)}
    assert found[0x00280010].broken
    assert "80 00" in found[0x00280010].value
    assert found[0x00280011].value == "128"


def test_long_values_are_cut_and_long_levels_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = pydicom.dcmread(sample("CT_small.dcm"))
    dataset.TextValue = "x" * 100_000
    dataset.EncapsulatedDocument = bytes(range(256)) * 20
    path = tmp_path / "long.dcm"
    dataset.save_as(path)
    rows = by_name(listed(path))
    assert len(rows["Text Value"].value) == MAX_TEXT + 2
    assert rows["Encapsulated Document"].value.startswith("(5,120 bytes) 00 01 02")
    monkeypatch.setattr(reading, "MAX_ROWS", 10)
    cut = listed(path)
    assert cut[-2].name.endswith("more are not listed")


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_every_file_of_pydicom_can_be_listed() -> None:
    for path in sorted(sample("CT_small.dcm").parent.glob("*.dcm")):
        try:
            rows = listed(path)
        except Undecodable:
            continue
        assert rows, path
        for row in rows:
            if row.children and row.vr == "SQ":
                assert row.tag is not None
                assert len(listed(path, (row.tag,))) == row.children


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("content", [b"", b"\0" * 128 + b"DICM"])
def test_no_dicom_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.dcm"
    path.write_bytes(content)
    with pytest.raises(Undecodable):
        listed(path)
