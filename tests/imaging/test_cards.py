"""What is shown of objects that are no pictures: reports, documents, and why a picture cannot be drawn."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pydicom
import pytest
from pydicom import uid
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset

from tests.imaging.hostile import element, file, inflating
from workstation.imaging import structured_report
from workstation.imaging.encapsulated_document import write_document
from workstation.imaging.instance import open_instance
from workstation.imaging.picture import Card, Undecodable
from workstation.imaging.read_document import read_document

PDF = b"%PDF-1.4 not much of one"


def sample(name: str) -> Path:
    return Path(str(get_testdata_file(name, download=False)))


def card(path: Path) -> Card:
    found = open_instance(path).picture(0)
    assert isinstance(found, Card)
    return found


def item(kind: str, concept: str, *children: Dataset, **values: object) -> Dataset:
    made, name = Dataset(), Dataset()
    made.ValueType, name.CodeMeaning = kind, concept
    made.ConceptNameCodeSequence = [name]
    for keyword, value in values.items():
        setattr(made, keyword, value)
    if children:
        made.ContentSequence = list(children)
    return made


def code(meaning: str, value: str = "") -> Dataset:
    made = Dataset()
    made.CodeMeaning, made.CodeValue = meaning, value
    return made


def test_a_report_becomes_a_tree_of_text() -> None:
    measured = Dataset()
    measured.NumericValue, measured.MeasurementUnitsCodeSequence = "12", [code("millimetre", "mm")]
    referenced = Dataset()
    referenced.ReferencedSOPClassUID, referenced.ReferencedSOPInstanceUID = uid.CTImageStorage, "1.2.3"
    tree = item(
        "CONTAINER",
        "Report",
        item("TEXT", "Finding", TextValue="A nodule.\r\nSmall."),
        item("NUM", "Diameter", item("CODE", "Side", ConceptCodeSequence=[code("left")]),
             MeasuredValueSequence=[measured]),
        item("NUM", "Volume"),
        item("PNAME", "Reader", PersonName="Roe^Jane"),
        item("IMAGE", "Seen in", ReferencedSOPSequence=[referenced]),
        Dataset(),
    )  # fmt: skip
    assert "\n".join(map(str, structured_report.report_lines(tree))).split("\n") == [
        "Report",
        "    Finding: A nodule.",
        "        Small.",
        "    Diameter: 12 mm",
        "        Side: left",
        "    Volume: (no value)",
        "    Reader: Roe^Jane",
        "    Seen in: CT Image Storage 1.2.3",
    ]


def test_a_report_without_end_has_one() -> None:
    deep = item("TEXT", "x", TextValue="end")
    for _ in range(60):
        deep = item("CONTAINER", "x", deep)
    lines = [str(line) for line in structured_report.report_lines(deep)]
    assert len(lines) == structured_report.MAX_DEPTH + 2
    assert lines[-1].strip() == "…"
    wide = item(
        "CONTAINER", "x", *(item("TEXT", "y", TextValue="z") for _ in range(structured_report.MAX_LINES + 5))
    )
    assert str(structured_report.report_lines(wide)[-1]) == "… the report goes on"
    assert structured_report.report_lines(Dataset()) == ()


def test_reports_among_pydicoms_files() -> None:
    found = card(sample("test-SR.dcm"))
    assert "SR" in str(found.title)
    assert any(str(line).startswith("    ") for line in found.sheet)
    assert found.caption.name


def extracted(path: Path, folder: Path) -> Path:
    return write_document(read_document(path), path, folder)


def pdf(tmp_path: Path, content: bytes = PDF, kind: str = "application/pdf") -> Path:
    dataset = pydicom.dcmread(sample("CT_small.dcm"))
    del dataset.PixelData
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = uid.EncapsulatedPDFStorage
    dataset.DocumentTitle, dataset.MIMETypeOfEncapsulatedDocument = "Letter", kind
    dataset.EncapsulatedDocument = content + b"\0" * (len(content) % 2)
    dataset.EncapsulatedDocumentLength = len(content)
    path = tmp_path / "1.2.3.dcm"
    dataset.save_as(path)
    return path


def test_a_pdf_is_taken_out_for_its_owner_only(tmp_path: Path) -> None:
    path = pdf(tmp_path, PDF + b"!")
    found = card(path)
    assert found.document == "pdf"
    assert "titled “Letter”" in str(found.text)
    taken = extracted(path, tmp_path / "documents")
    again = extracted(path, tmp_path / "documents")  # a program may still show the first
    assert again != taken
    assert (again.name, again.read_bytes()) == (taken.name, taken.read_bytes())
    assert (taken.name, taken.read_bytes()) == ("1.2.3.pdf", PDF + b"!")
    if os.name == "posix":
        assert stat.S_IMODE(taken.stat().st_mode) == 0o600
        assert stat.S_IMODE(taken.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("content", "kind"), [(b"MZ executable", "application/pdf"), (PDF, "application/x-msdownload"), (PDF, "")]
)
def test_what_is_no_pdf_is_not_written(tmp_path: Path, content: bytes, kind: str) -> None:
    path = pdf(tmp_path, content, kind)
    with pytest.raises(Undecodable):
        extracted(path, tmp_path / "documents")
    assert not (tmp_path / "documents").exists()


def test_a_file_that_is_no_dicom_holds_no_document(tmp_path: Path) -> None:
    path = tmp_path / "x.dcm"
    path.write_bytes(b"junk" * 100)
    with pytest.raises(Undecodable):
        extracted(path, tmp_path / "documents")


def test_a_card_names_class_and_size() -> None:
    found = card(sample("rtplan.dcm"))
    assert found.title == "RT Plan Storage"
    assert "radiotherapy plan" in str(found.text)
    assert " kB, uncompressed" in str(found.text)


def test_a_document_that_inflates_to_a_gigabyte_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.dcm"
    start = element(0x42, 0x12, b"LO", b"application/pdf ") + element(0x42, 0x11, b"OB", b"%PDF", 1000 << 20)
    path.write_bytes(file(uid.DeflatedExplicitVRLittleEndian, inflating(start, 1000), group_length=False))
    with pytest.raises(Undecodable, match="cannot be read"):
        extracted(path, tmp_path / "documents")
