"""A list as it is pasted: lines, tables, separators, quotes, headers, and what the columns are."""

from __future__ import annotations

import pytest

from workstation.dicom.list_entries import fault_of, key_of, list_entries
from workstation.dicom.pasted_list import (
    MAX_BYTES,
    MAX_ENTRIES,
    ColumnUse,
    decoded,
    read_table,
    suggested_uses,
)
from workstation.errors import BadInput

ID, ACCESSION, UID = ColumnUse.PATIENT_ID, ColumnUse.ACCESSION, ColumnUse.STUDY_UID
BORN, NAME, IGNORED = ColumnUse.BIRTH_DATE, ColumnUse.NAME, ColumnUse.IGNORED


@pytest.mark.parametrize(
    ("text", "rows", "separator"),
    [
        ("A1\nA2\r\nA3\rA4", [("A1",), ("A2",), ("A3",), ("A4",)], ""),
        ("  A1 \n\ufeff\u200bA2", [("A1",), ("A2",)], ""),
        ("A1;x\nA2;y", [("A1", "x"), ("A2", "y")], ";"),
        ("A1\tx;y\nA2\ty;z", [("A1", "x;y"), ("A2", "y;z")], "\t"),
        ('A1,"Doe, John"\nA2,"Roe, ""J"""', [("A1", "Doe, John"), ("A2", 'Roe, "J"')], ","),
        ('A1,"one\nline"\nA2,x', [("A1", "one\nline"), ("A2", "x")], ","),
        ('A1,"open\nA2,x\nA3,y', [("A1", '"open'), ("A2", "x"), ("A3", "y")], ","),
        ('="0012"\n="0013"', [("0012",), ("0013",)], ""),
        ("0012\n00", [("0012",), ("00",)], ""),
        ("", [], ""),
    ],
)
def test_lines_and_tables(text: str, rows: list[tuple[str, ...]], separator: str) -> None:
    table = read_table(text)
    assert list(table.rows) == rows
    assert table.separator == separator


def test_the_separator_may_be_said() -> None:
    assert read_table("A1,B\nA2,C", "").rows == (("A1,B",), ("A2,C",))
    assert read_table("A1,B\nA2,C", ";").rows == (("A1,B",), ("A2,C",))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings(encoding: str) -> None:
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    assert decoded((mark + "Müller\n李").encode(encoding)).lstrip("\ufeff") == "Müller\n李"


def test_what_a_spreadsheet_saves_on_windows_is_read() -> None:
    assert (
        decoded("Name;MRN\r\nMüller – Jürgen;7\r\n".encode("cp1252")) == "Name;MRN\r\nMüller – Jürgen;7\r\n"
    )


@pytest.mark.parametrize(
    "raw", [b"\xff\x00\x81", b"PK\x03\x04\xe9\xe8", b"A1\r\n\x81\x8d", b"\xef\xbb\xbfM\xfcller"]
)
def test_what_is_no_text_is_refused(raw: bytes) -> None:
    with pytest.raises(BadInput, match="UTF-8 or UTF-16"):
        decoded(raw)


def test_a_list_has_limits() -> None:
    with pytest.raises(BadInput, match="10 MB"):
        read_table("A" * (MAX_BYTES + 1))
    with pytest.raises(BadInput, match="10 MB"):
        decoded(b"A" * (MAX_BYTES + 1))
    with pytest.raises(BadInput, match="65,536"):
        read_table("," * 70_000)
    with pytest.raises(BadInput, match="50 columns"):
        read_table("," * 50 + "x")
    most = "\n".join(f"A{number}" for number in range(MAX_ENTRIES))
    assert len(read_table(f"Accession number\n{most}").rows) == MAX_ENTRIES + 1
    with pytest.raises(BadInput, match="20,000 entries"):
        read_table(f"A\n{most}\nB1")
    with pytest.raises(BadInput, match="20,000 entries"):
        read_table(f"A0\n{most}")


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("Accession number\n1\n2", True),
        ("MRN;x\nabc;d\nefg;h", True),
        ("Nummer\n17\n18", True),
        ("A1\nA2", False),
        ("alpha\nbeta", False),
        ("Accession number", False),
    ],
)
def test_a_header_is_recognised(text: str, header: bool) -> None:
    assert read_table(text).header is header


@pytest.mark.parametrize(
    ("text", "uses"),
    [
        ("1.2.840.113619.1\n1.2.840.113619.2", (UID,)),
        ("1.2.3\n1.2.4", (None,)),
        ("1.2.840.113619.1\nA7", (None,)),
        ("12345\n12346", (None,)),
        ("Patient ID;Name;Born\n1;x;1970", (ID, NAME, IGNORED)),
        ("PatientID,PatientID\n1,2", (ID, IGNORED)),
        ("Name;x\na1;b", (NAME, None)),
    ],
)
def test_only_what_the_list_says_is_suggested(text: str, uses: tuple[ColumnUse | None, ...]) -> None:
    table = read_table(text)
    assert suggested_uses(table, header=table.header) == uses


def test_entries_are_counted_and_none_is_dropped_silently() -> None:
    table = read_table("Acc;Name\nA1;x\n\nA1;x\nA1;y\n;z\nA2;x\n;;\n")
    entries = list_entries(table, (ACCESSION, NAME), header=True)
    assert [(entry.line, entry.value, entry.checks) for entry in entries.entries] == [
        (2, "A1", ((NAME, "x"),)),
        (5, "A1", ((NAME, "y"),)),  # the list says something else of it
        (7, "A2", ((NAME, "x"),)),
    ]
    assert (entries.duplicates, entries.empty, entries.faulty) == (1, 3, 0)
    assert entries.values == ["A1", "A2"]


@pytest.mark.parametrize(
    ("value", "part"),
    [
        ("A*", "wildcard"),
        ("A?1", "wildcard"),
        ("A\\B", "backslash"),
        ("A" * 65, "64 characters"),
        ("A\nB", "line break"),
        ("A\x07B", "control character"),
    ],
)
def test_what_would_match_others_is_never_asked_for(value: str, part: str) -> None:
    for key in (ID, ACCESSION, UID):
        assert part in fault_of(key, value)


def test_faults_stay_in_the_list() -> None:
    entries = list_entries(read_table("A1\nA*\nA2"), (ACCESSION,), header=False)
    assert [bool(entry.fault) for entry in entries.entries] == [False, True, False]
    assert entries.values == ["A1", "A2"]
    assert entries.faulty == 1


def test_uids_are_checked() -> None:
    assert "no UID" in fault_of(UID, "1..2")
    assert "no UID" in fault_of(UID, "ABC")
    assert not fault_of(UID, "1.2.840.10008")
    assert not fault_of(ID, "1..2")


def test_the_narrowest_key_is_asked_for() -> None:
    assert key_of((ID, ACCESSION, NAME)) is ACCESSION
    assert key_of((ID, IGNORED, UID)) is UID
    entries = list_entries(read_table("7;A1\n8;A2"), (ID, ACCESSION), header=False)
    assert entries.checked == (ID,)
    assert [entry.checks for entry in entries.entries] == [((ID, "7"),), ((ID, "8"),)]


@pytest.mark.parametrize("uses", [(None,), (IGNORED,), (NAME, BORN), (ID, ID), (ID, None)])
def test_columns_must_be_said(uses: tuple[ColumnUse | None, ...]) -> None:
    with pytest.raises(BadInput):
        key_of(uses)


@pytest.mark.parametrize(
    ("dates", "read"),
    [
        (["1970-01-31", "19700131", "31.1.1970"], ["19700131"] * 3),
        (["31/01/1970", "03/04/1970"], ["19700131", "19700403"]),
        (["01/31/1970", "03/04/1970"], ["19700131", "19700304"]),
        (["03/04/1970", "05/05/1970"], ["03/04/1970", "19700505"]),
        (["31/01/1970", "01/31/1970", "03/04/1970"], ["19700131", "19700131", "03/04/1970"]),
        (["yesterday", "31.1.70"], ["yesterday", "31.1.70"]),
    ],
)
def test_birth_dates(dates: list[str], read: list[str]) -> None:
    table = read_table("\n".join(f"A{number};{date}" for number, date in enumerate(dates)), ";")
    entries = list_entries(table, (ACCESSION, BORN), header=False)
    assert [entry.checks for entry in entries.entries] == [((BORN, date),) for date in read]


def test_a_first_line_that_tells_the_separator_is_no_entry() -> None:
    table = read_table("\ufeffsep=;\r\nAccession;Comment\r\n1;a, b, c\r\n2;d, e, f\r\n")
    assert (table.separator, table.header) == (";", True)
    assert table.rows[1:] == (("1", "a, b, c"), ("2", "d, e, f"))
    assert table.lines == (2, 3, 4)


def test_values_in_quotes_without_a_separator() -> None:
    table = read_table('"A1"\n"Doe, John"\n"="00123""\n"=""00456"""\n"open\n6" screen')
    assert [row[0] for row in table.rows[:2]] == ["A1", "Doe, John"]
    assert [row[0] for row in table.rows[3:]] == ["00456", '"open', '6" screen']
