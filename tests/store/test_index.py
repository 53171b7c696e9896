"""What the index answers."""

from __future__ import annotations

import dataclasses
import sqlite3
import threading
from collections.abc import Callable, Iterable
from datetime import date, time
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from tests.library_contents import counts_of, path_of
from tests.store import many
from tests.store.objects import encoded, made, put, send
from workstation.dicom.criteria import Criteria
from workstation.dicom.date_span import DateSpan
from workstation.errors import TooNew, Unreadable, WorkstationError
from workstation.store import schema
from workstation.store.index import Index
from workstation.store.instance_file import read_instance_file
from workstation.store.library import Library
from workstation.store.library_sink import Admission, LibrarySink
from workstation.store.sql_conditions import glob
from workstation.store.store_results import Stored


@pytest.fixture
def filled(library: Library) -> Library:
    put(
        library,
        made("1.1.1", "1.1", "1.1.0", StudyDescription="CT 100% [Thorax]", AccessionNumber="A_1",
             StudyTime="0800"),
        made("1.1.2", "1.1", "1.1.0", InstanceNumber=2, ImagePositionPatient=[1, -2.5, 3], NumberOfFrames=3,
             ImageOrientationPatient=[1, 0, 0, 0, 1, 0], ImageType=["ORIGINAL", "PRIMARY", "AXIAL"]),
        made("1.1.3", "1.1", "1.1.9", Modality="SR", SeriesNumber=2, SeriesDescription="Report"),
        made("1.2.1", "1.2", "1.2.0", PatientName="doering^hans^peter", PatientID="p_2", StudyDate="20250101",
             Modality="MR", AccessionNumber="AB1", StudyDescription="Knie"),
        made("1.3.1", "1.3", "1.3.0", PatientName="Smith", PatientID="", StudyDate="",
             StudyDescription="ct 100 thorax"),
        made("1.4.1", "1.4", "1.4.0", PatientName="Other^Person", PatientID="P1"),
    )  # fmt: skip
    japanese = made("1.5.1", "1.5", "1.5.0", PatientID="P5", StudyDate="20240229")
    japanese.SpecificCharacterSet = "ISO_IR 192"
    japanese.PatientName = "Yamada^Tarou=山田^太郎=やまだ^たろう"
    put(library, japanese)
    return library


def found(library: Library, **criteria: object) -> set[str]:
    return {match.study_uid for match in library.index.studies(Criteria(**criteria))}  # type: ignore[arg-type]


ALL = {"1.1", "1.2", "1.3", "1.4", "1.5"}


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ({}, ALL),
        ({"name": "doe"}, {"1.1", "1.2"}),
        ({"name": "doe^"}, {"1.1", "1.2"}),
        ({"name": "doer"}, {"1.2"}),
        ({"name": "DO"}, {"1.1", "1.2"}),
        ({"name": "doe jane"}, {"1.1"}),
        ({"name": "doe, ja"}, {"1.1"}),
        ({"name": "Doe^Jane"}, {"1.1"}),
        ({"name": "d h"}, {"1.2"}),
        ({"name": "*ane"}, {"1.1"}),
        ({"name": "d?e"}, {"1.1", "1.2"}),
        ({"name": "d?e?i"}, {"1.2"}),
        ({"name": "jane doe"}, {"1.1"}),
        ({"name": "peter"}, {"1.2"}),
        ({"name": "döring"}, {"1.2"}),
        ({"name": "doe^^x"}, set()),
        ({"name": "太郎 山田"}, {"1.5"}),
        ({"name": "山田太郎"}, {"1.5"}),
        ({"name": '"Doe"'}, set()),
        ({"name": '"doe^jane"'}, {"1.1"}),
        ({"name": '"Do*"'}, set()),
        ({"name": '"Smith"'}, {"1.3"}),
        ({"name": "山田"}, {"1.5"}),
        ({"name": "やまだ た"}, {"1.5"}),
        ({"name": "%"}, set()),
        ({"name": "_oe"}, set()),
        ({"name": "[c-e]oe"}, set()),
        ({"name": "'; DROP TABLE studies; --"}, set()),
        ({"patient_id": "P1"}, {"1.1", "1.4"}),
        ({"patient_id": "p1"}, {"1.1", "1.4"}),
        ({"patient_id": "p_2"}, {"1.2"}),
        ({"patient_id": "p?2"}, {"1.2"}),
        ({"patient_id": "P"}, set()),
        ({"patient_id": '"p_2"'}, {"1.2"}),
        ({"patient_id": '"P_2"'}, set()),
        ({"patient_id": '"P*"'}, set()),
        ({"accession": '"a?1"'}, set()),
        ({"patient_id": "P*"}, {"1.1", "1.2", "1.4", "1.5"}),
        ({"accession": "A_1"}, {"1.1"}),
        ({"accession": " a_1 "}, {"1.1"}),
        ({"accession": "a?1"}, {"1.1", "1.2"}),
        ({"description": "100% ["}, {"1.1"}),
        ({"description": "ct 100"}, {"1.1", "1.3"}),
        ({"description": "thorax"}, {"1.1", "1.3"}),
        ({"description": " Ct  Thorax"}, {"1.1", "1.3"}),
        ({"description": "thorax ct"}, set()),
        ({"description": "ct*"}, {"1.1", "1.3"}),
        ({"description": "thorax*"}, set()),
        ({"modalities": ("SR",)}, {"1.1"}),
        ({"modalities": ("MR", "SR")}, {"1.1", "1.2"}),
        ({"modalities": ("R",)}, set()),
        ({"span": DateSpan(date(2026, 1, 2))}, {"1.1", "1.4"}),
        ({"span": DateSpan(date(2026, 1, 3))}, set()),
        ({"span": DateSpan(date(2026, 1, 2), begin=time(8, 0, 30))}, {"1.1", "1.4"}),
        ({"span": DateSpan(date(2026, 1, 2), begin=time(8, 1))}, {"1.4"}),
        ({"span": DateSpan(date(2025, 1, 1), begin=time(23))}, {"1.1", "1.2", "1.4"}),
        ({"span": DateSpan(last=date(2026, 1, 2), end=time(8))}, ALL - {"1.3"}),
        ({"span": DateSpan(last=date(2026, 1, 2), end=time(7, 59))}, {"1.2", "1.4", "1.5"}),
        ({"span": DateSpan(last=date(2025, 1, 1))}, {"1.2", "1.5"}),
        ({"span": DateSpan(date(2025, 1, 1), date(2025, 12, 31))}, {"1.2"}),
        ({"name": "doe", "modalities": ("MR",)}, {"1.2"}),
        ({"name": "smi", "modalities": ("MR",)}, set()),
    ],
)
def test_criteria(filled: Library, criteria: dict[str, object], expected: set[str]) -> None:
    assert found(filled, **criteria) == expected
    patients = {match.patient_id for match in filled.index.patients(Criteria(**criteria))}  # type: ignore[arg-type]
    assert len(patients) <= len(expected)
    assert bool(patients) == bool(expected)


def test_patterns_escape_what_dicom_does_not_know() -> None:
    assert glob("a[b*^c?*") == "a[[]b*^c?*"
    assert glob("") == ""


def test_study_is_told_whole_and_newest_first(filled: Library) -> None:
    studies = list(filled.index.studies())
    assert list(filled.index.studies(limit=2)) == studies[:2]
    assert [study.date for study in studies] == ["20260102", "20260102", "20250101", "20240229", ""]
    study = next(study for study in studies if study.study_uid == "1.1")
    assert (study.source, study.patient.name, study.patient.patient_id) == ("library", "Doe^Jane", "P1")
    assert (study.modalities, study.series, study.instances) == (("CT", "SR"), 2, 3)
    assert (study.description, study.accession, study.time) == ("CT 100% [Thorax]", "A_1", "0800")
    japanese = next(study for study in studies if study.study_uid == "1.5").patient
    assert japanese.charset == ("ISO_IR 192",)
    assert japanese.raw_name.decode() == japanese.name == "Yamada^Tarou=山田^太郎=やまだ^たろう"


def test_patients_of_one_id_and_different_names_stay_apart(filled: Library) -> None:
    patients = [match for match in filled.index.patients() if match.patient_id == "P1"]
    assert {(match.name, match.studies, match.series, match.instances) for match in patients} == {
        ("Doe^Jane", 1, 2, 3),
        ("Other^Person", 1, 1, 1),
    }


def test_patients_without_id_are_never_joined(library: Library) -> None:
    put(library, made("1.1", "1", "1.0", PatientID=""), made("2.1", "2", "2.0", PatientID=""))
    assert [match.studies for match in library.index.patients()] == [1, 1]


def test_series_images_and_files(filled: Library) -> None:
    series = list(filled.index.series("1.1"))
    assert [(match.series_uid, match.number, match.modality, match.instances) for match in series] == [
        ("1.1.0", 1, "CT", 2),
        ("1.1.9", 2, "SR", 1),
    ]
    images = list(filled.index.images("1.1", "1.1.0"))
    assert [(match.sop_uid, match.number, match.frames) for match in images] == [
        ("1.1.1", 1, 1),
        ("1.1.2", 2, 3),
    ]
    row = filled.index.instances("1.1.0")[1]
    assert row.path == filled.root / "1.1" / "1.1.2.dcm"
    assert row.position == (1.0, -2.5, 3.0)
    assert row.orientation == (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    assert (row.rows, row.columns, row.frames, row.conflict) == (4, 4, 3, False)
    assert row.image_type == ("ORIGINAL", "PRIMARY", "AXIAL")
    assert row.size == row.path.stat().st_size


def test_held_path_counts(filled: Library) -> None:
    index = filled.index
    assert index.sop_uids("1.1") == {"1.1.1", "1.1.2", "1.1.3"}
    assert index.sop_uids("1.1", ["1.1.9"]) == {"1.1.3"}
    assert index.sop_uids("9") == frozenset()
    assert path_of(index, filled.root, "1.1.2") == filled.root / "1.1" / "1.1.2.dcm"
    assert path_of(index, filled.root, "9") is None
    assert (counts_of(index, "1.1"), counts_of(index, "9")) == ((2, 3), (0, 0))


def test_deleting_takes_files_and_rows_and_corrects_the_counts(filled: Library) -> None:
    assert filled.delete("1.1", "1.1.0", ["1.1.2"]) == 1
    assert counts_of(filled.index, "1.1") == (2, 2)
    assert filled.delete("1.1", "1.1.9") == 1
    [study] = [match for match in filled.index.studies() if match.study_uid == "1.1"]
    assert (study.modalities, study.series, study.instances) == (("CT",), 1, 1)
    assert filled.delete("1.1") == 1
    assert not (filled.root / "1.1").exists()
    assert found(filled) == ALL - {"1.1"}
    assert "Doe^Jane" not in {match.name for match in filled.index.patients()}
    assert filled.delete("1.1") == 0
    put(filled, made("1.1.1", "1.1", "1.1.0"))
    assert counts_of(filled.index, "1.1") == (1, 1)


@pytest.mark.parametrize(
    ("ask", "most"),
    [
        (lambda index: index.studies(Criteria(name="Huber")), []),
        (lambda index: index.studies(Criteria(name='"Huber0^Anna"')), []),
        (lambda index: index.patients(Criteria(name="Hu* a")), []),
        (lambda index: index.studies(Criteria(patient_id="ID7")), []),
        (lambda index: index.studies(Criteria(patient_id="ID7*")), []),
        (lambda index: index.studies(Criteria(accession="a17")), []),
        (lambda index: index.studies(Criteria(span=DateSpan(date(2011, 6, 18)))), []),
        (lambda index: index.studies(limit=100), ["SCAN s USING INDEX studies_by_date"]),
        (lambda index: index.series("1.2.7"), []),
        (lambda index: index.images("1.2.7", "1.2.7.1"), []),
        (lambda index: index.instances("1.2.7.1"), []),
        (lambda index: index.sop_uids("1.2.7"), []),
        (lambda index: index.paths("1.2.7"), []),
        (lambda index: index.listed("1.2.7/1.2.7.0.3.dcm"), []),
        (lambda index: index.studies(Criteria(name="*uber")), ["SCAN name_words"]),
        (lambda index: index.studies(Criteria(description="part 7")), ["SCAN s USING INDEX studies_by_date"]),
    ],
)
def test_questions_are_answered_by_indexes(
    root: Path, monkeypatch: pytest.MonkeyPatch, ask: Callable[[Index], Iterable[object]], most: list[str]
) -> None:
    """No table is gone through row by row, or only the named one, in the order of the answer."""
    many.fill(root, 200)
    library = Library.open_to_read(root)
    asked: list[tuple[str, list[object]]] = []
    real = Index._rows

    def noted(index: Index, query: str, values: list[object]) -> list[tuple[object, ...]]:
        asked.append((query, values))
        return real(index, query, values)

    monkeypatch.setattr(Index, "_rows", noted)
    assert list(ask(library.index))
    [(query, values)] = asked
    plan = [str(row[3]) for row in real(library.index, f"EXPLAIN QUERY PLAN {query}", values)]
    library.close()
    scans = [step for step in plan if step.startswith("SCAN") and "patients_with_groups" not in step]
    assert len(scans) == len(most), plan
    assert all(step.startswith(begin) for step, begin in zip(scans, most, strict=True)), plan


def test_many_threads_write_and_read_at_once(library: Library) -> None:
    seen: list[int] = []
    errors: list[Exception] = []

    def write(number: int) -> None:
        writer = LibrarySink(library, lambda header, peer: Admission.PLAN)
        try:
            for instance in range(20):
                uid = f"1.{number}.{instance}"
                assert send(writer, encoded(made(uid, "1.7", f"1.7.{number}")), uid) == 0
                seen.append(len(list(library.index.studies())))
        except (AssertionError, WorkstationError) as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    library.index.settled()
    assert counts_of(library.index, "1.7") == (4, 80)
    assert len(library.index.sop_uids("1.7")) == 80


@pytest.mark.logs("could not be indexed")
def test_error_of_the_writer_is_told_and_the_files_are_found_later(root: Path) -> None:
    errors: list[Exception] = []
    library = Library.open(root, reserve=lambda total: 0, error=errors.append)
    library.index._change(lambda connection: connection.execute("DROP TABLE instances") and None)
    writer = LibrarySink(library, lambda header, peer: Admission.PLAN)
    assert send(writer, encoded(made())) == 0
    library.index.settled()
    assert len(errors) == 1
    assert not library.index.trusted
    library.close()
    assert (root / "unclean").exists()


@pytest.mark.logs("could not be indexed")
def test_object_that_cannot_be_indexed_costs_only_itself(library: Library) -> None:
    """No such object is known; it stands for the one nobody thought of."""
    put(library, made("1.1", "1", "1.0"), made("1.2", "1", "1.0"))
    stored: list[Stored] = []
    writer = LibrarySink(library, lambda header, peer: Admission.PLAN, stored.append)
    gate = threading.Event()
    blocked = library.index._writing().run(lambda connection: gate.wait(10) and None)
    for uid in ("1.3", "1.4", "1.5"):
        send(writer, encoded(made(uid, "1", "1.0")), uid)
    assert stored[1].header is not None
    header = dataclasses.replace(stored[1].header, number=2**70, sop_uid="1.9")
    bad = dataclasses.replace(stored[1], header=header, file=str(stored[1].path.with_name("other.dcm")))
    bad.path.write_bytes(b"")
    library.index.add(bad)
    gate.set()
    blocked.result()
    library.index.settled()
    assert library.index.sop_uids("1") == {"1.1", "1.2", "1.3", "1.4", "1.5"}
    assert not library.index.trusted


def test_closed_index_says_so_and_does_not_hang(root: Path) -> None:
    library = Library.open(root, reserve=lambda total: 0)
    library.close()
    with pytest.raises(Unreadable):
        library.index.settled()


@pytest.mark.parametrize("ahead", [1, 2, 3, 99])
def test_schema_of_a_newer_program_is_refused_and_untouched(root: Path, ahead: int) -> None:
    known = 1 + len(schema.INDEX_UPGRADES)
    Library.open(root).close()
    path = root / "index.db"
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version={known + ahead}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(TooNew) as told:
        Library.open(root)
    assert (told.value.version, told.value.known) == (known + ahead, known)
    assert path.read_bytes() == before
    with pytest.raises(TooNew):  # and the lock was given back
        Library.open(root)


def test_upgrade_works_on_a_copy(tmp_path: Path) -> None:
    path = tmp_path / "some.db"
    schema.open_database(path, "CREATE TABLE t (a);", ()).close()
    connection = schema.connect(path)
    connection.execute("INSERT INTO t VALUES (1)")
    connection.close()

    def broken(connection: sqlite3.Connection) -> None:
        connection.execute("ALTER TABLE t ADD COLUMN b DEFAULT 7")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        schema.open_database(path, "", (broken,))
    connection = schema.open_database(path, "", ())
    assert connection.execute("SELECT * FROM t").fetchall() == [(1,)]
    connection.close()

    def good(connection: sqlite3.Connection) -> None:
        connection.execute("ALTER TABLE t ADD COLUMN b DEFAULT 7")

    connection = schema.open_database(path, "", (good,))
    assert connection.execute("SELECT * FROM t").fetchall() == [(1, 7)]
    assert connection.execute("PRAGMA user_version").fetchone() == (2,)
    connection.close()
    assert sorted(file.name for file in tmp_path.glob("some.db*")) == ["some.db"]


def indexed_together(library: Library, *datasets: Dataset) -> None:
    """Have the writer take these in one batch."""
    gate = threading.Event()
    blocked = library.index._writing().run(lambda connection: gate.wait(10) and None)
    writer = LibrarySink(library, lambda header, peer: Admission.PLAN)
    for dataset in datasets:
        assert send(writer, encoded(dataset), dataset.SOPInstanceUID) == 0
    gate.set()
    blocked.result()
    library.index.settled()


def test_one_batch_may_hold_new_ones_known_ones_and_conflicts(library: Library) -> None:
    put(library, made("1.1", "1", "1.0"))
    indexed_together(
        library,
        made("1.2", "1", "1.0"),
        made("1.1", "1", "1.0"),  # the same again
        made("1.1", "1", "1.0", InstanceNumber=9),  # another one of its UID
        made("1.3", "1", "1.5"),
        made("1.3", "2", "2.0"),  # in two studies
        made("1.4", "1", "1.5"),
    )
    assert counts_of(library.index, "1") == (2, 4)
    assert counts_of(library.index, "2") == (1, 1)
    rows = [row for series in ("1.0", "1.5", "2.0") for row in library.index.instances(series)]
    assert sorted(row.sop_uid for row in rows if row.conflict) == ["1.1", "1.1", "1.3", "1.3"]


def test_a_path_that_another_uid_has_is_counted_once(library: Library) -> None:
    """Another program changed the index; a row that is ignored must not count."""
    put(library, made("1.1", "1", "1.0"), made("1.2", "1", "1.0"))
    library.index._change(
        lambda connection: (
            connection.execute("UPDATE instances SET sop_uid='1.9' WHERE sop_uid='1.1'") and None
        )
    )
    indexed_together(library, made("1.1", "1", "1.0"), made("1.3", "1", "1.7"))
    assert library.index.sop_uids("1") == {"1.9", "1.2", "1.3"}
    assert counts_of(library.index, "1") == (2, 3)


def test_a_new_object_costs_one_statement(library: Library) -> None:
    put(library, made("1.0.0", "1", "1.0"))
    statements: list[str] = []
    library.index._writing().run(lambda connection: connection.set_trace_callback(statements.append)).result()
    indexed_together(library, *(made(f"1.1.{number}", "1", "1.0") for number in range(600)))
    assert counts_of(library.index, "1") == (1, 601)
    assert len(statements) < 600 + 20


def test_where_a_study_was_made_and_what_was_noted(library: Library) -> None:
    said = {"StudyComments": "urgent", "ImageOrientationPatient": [1, 0, 0, 0, 1, 0]}
    put(
        library,
        made("1.1.1", "1.1", "1.1.0", Modality="SR"),
        made("1.1.2", "1.1", "1.1.1", InstitutionName="St. Märy", StationName="CT1",
             SpecificCharacterSet="ISO_IR 100", ImagePositionPatient=[0, 0, 5], SliceLocation=9,
             BodyPartExamined="CHEST"),
        made("1.1.3", "1.1", "1.1.2", InstitutionName="Other", SliceLocation=9),
        made("1.2.1", "1.2", "1.2.1", **said),
    )  # fmt: skip
    found = {study.study_uid: study for study in library.index.studies()}
    first = found["1.1"]
    assert (first.institution, first.station, first.body_part, first.comments) == (
        "St. Märy", "CT1", "CHEST", ""
    )  # fmt: skip
    assert found["1.2"].comments == "urgent"
    texts = {one.series_uid: (one.institution, one.station) for one in library.index.series("1.1")}
    assert texts == {"1.1.0": ("", ""), "1.1.1": ("St. Märy", "CT1"), "1.1.2": ("Other", "")}
    [image] = library.index.images("1.1", "1.1.1")
    assert (image.rows, image.columns, image.position, image.location) == (4, 4, (0, 0, 5), None)
    [image] = library.index.images("1.1", "1.1.2")
    assert (image.position, image.orientation, image.location) == (None, None, 9)
    [image] = library.index.images("1.2", "1.2.1")
    assert image.orientation == (1, 0, 0, 0, 1, 0)


def test_a_file_tells_its_comments_though_it_is_not_read_to_its_end(tmp_path: Path, library: Library) -> None:
    """They stand behind what the rest of the header is, in a file after a private group."""
    put(library, made(StudyComments="urgent"))
    [path] = library.index.paths("1.2.4")
    read = read_instance_file(path)
    assert isinstance(read, Stored)
    assert read.header is not None
    assert read.header.study_comments == "urgent"


def test_a_series_tells_protocol_thickness_and_transfer_syntaxes(library: Library) -> None:
    put(
        library,
        made("1.1.1.1", "1.1", "1.1.1", ProtocolName="Routine head", SliceThickness="0.625"),
        made("1.1.1.2", "1.1", "1.1.1", ProtocolName="Other", SliceThickness="5"),
        made("1.1.2.1", "1.1", "1.1.2"),
    )
    first, second = library.index.series("1.1")
    assert (first.protocol, first.slice_thickness) == ("Routine head", 0.625)
    assert (second.protocol, second.slice_thickness) == ("", None)
    assert first.syntaxes == (ExplicitVRLittleEndian,)
    assert [one.syntaxes for one in library.index.images("1.1", "1.1.1")] == [(ExplicitVRLittleEndian,)] * 2
