"""Makes structured reports and encapsulated PDF documents."""

from __future__ import annotations

from pydicom import Dataset
from pydicom.uid import BasicTextSRStorage, EncapsulatedPDFStorage

from workstation.demo.study import Instance, Study


def report(study: Study, number: int, sections: dict[str, str]) -> list[Instance]:
    """A Basic Text SR (PS3.3 A.35.1), a text for each heading."""
    series = study.series(number, "SR", "Report")
    series.CompletionFlag, series.VerificationFlag = "COMPLETE", "UNVERIFIED"
    series.ReferencedPerformedProcedureStepSequence = []
    series.PerformedProcedureCodeSequence = []
    series.ValueType, series.ContinuityOfContent = "CONTAINER", "SEPARATE"
    series.ConceptNameCodeSequence = [_code("18748-4", "LN", "Diagnostic imaging report")]
    series.ContentSequence = [_text(heading, text) for heading, text in sections.items()]
    return [study.instance(series, BasicTextSRStorage, 1)]


def _text(heading: str, text: str) -> Dataset:
    item = Dataset()
    item.RelationshipType, item.ValueType = "CONTAINS", "TEXT"
    item.ConceptNameCodeSequence = [_code(*_HEADINGS[heading], heading)]
    item.TextValue = text
    return item


_HEADINGS = {
    "Finding": ("121071", "DCM"),
    "Impression": ("121073", "DCM"),
    "Recommendation": ("121075", "DCM"),
}


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, scheme, meaning
    return code


def document(study: Study, number: int, title: str, lines: list[str]) -> list[Instance]:
    """An Encapsulated PDF (PS3.3 A.45.1) of one page."""
    page = _pdf([title, "", *lines])
    series = study.series(number, "DOC", title)
    series.ConversionType, series.BurnedInAnnotation = "WSD", "YES"
    series.DocumentTitle, series.MIMETypeOfEncapsulatedDocument = title, "application/pdf"
    series.EncapsulatedDocumentLength = len(page)
    series.EncapsulatedDocument = page + b"\0" * (len(page) % 2)
    series.ConceptNameCodeSequence = []
    return [study.instance(series, EncapsulatedPDFStorage, 1)]


def _pdf(lines: list[str]) -> bytes:
    """A PDF with lines of plain ASCII."""
    shown = b"".join(b"(" + line.encode("ascii", "replace") + b") Tj T*\n" for line in lines)
    content = b"BT /F1 12 Tf 16 TL 60 780 Td\n" + shown + b"ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    whole, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(whole))
        whole += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    tail = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(whole))
    return whole + head + table + tail
