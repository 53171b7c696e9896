"""Numbers, dates and times in the index, however the files write them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

from tests.store.objects import FORGET_DOUBTS, encoded, made, send
from workstation.dicom.criteria import Criteria
from workstation.dicom.date_span import DateSpan
from workstation.store.library import Library
from workstation.store.library_sink import Admission, LibrarySink

TOLD = {  # by Study UID: date, time and number, each as many bytes as these
    "1.1": (b"1997.12.31", b"10:20:30", b"10.0"),
    "1.2": (b"1998-01-01", b"09:20:30", b"2e0 "),
    "1.3": (b"19980602  ", b"102030.5", b"0003"),
}


def put(library: Library, study: str) -> None:
    """One image whose header is written like that."""
    dataset = made(f"{study}.1", study, f"{study}.0", StudyDate="", StudyTime="", InstanceNumber=None)
    data = encoded(dataset)
    for keyword, vr, value in zip(
        ("StudyDate", "StudyTime", "InstanceNumber"), (b"DA", b"TM", b"IS"), TOLD[study], strict=True
    ):
        tag = dataset[keyword].tag
        head = tag.group.to_bytes(2, "little") + tag.element.to_bytes(2, "little") + vr
        data = data.replace(head + b"\0\0", head + len(value).to_bytes(2, "little") + value)
    writer = LibrarySink(library, lambda header, peer: Admission.PLAN)
    assert send(writer, data, f"{study}.1") == 0


def opened(root: Path) -> Library:
    return Library.open(root, reserve=lambda total: 0)


def check(library: Library) -> None:
    """What the index says of them."""
    library.index.settled()
    assert [(study.date, study.time) for study in library.index.studies()] == [
        ("19980602", "102030.5"),
        ("19980101", "092030"),
        ("19971231", "102030"),
    ]
    numbers = {study: library.index.instances(f"{study}.0")[0].number for study in TOLD}
    assert numbers == {"1.1": 10, "1.2": 2, "1.3": 3}
    of_1998 = Criteria(span=DateSpan(date(1998, 1, 1), date(1998, 12, 31)))
    assert {study.study_uid for study in library.index.studies(of_1998)} == {"1.2", "1.3"}


def test_values_are_in_the_index_as_they_are_meant(tmp_path: Path) -> None:
    with closing(opened(tmp_path)) as library:
        for study in TOLD:
            put(library, study)
        check(library)


def test_an_index_of_an_earlier_version_is_made_anew(tmp_path: Path) -> None:
    with closing(opened(tmp_path)) as library:
        for study in TOLD:
            put(library, study)
        library.index.settled()
    with closing(sqlite3.connect(tmp_path / "index.db")) as connection:
        connection.execute("UPDATE studies SET date='1997.12.31', time='10:20:30' WHERE study_uid='1.1'")
        connection.execute("UPDATE instances SET number=NULL")
        connection.execute("DROP TABLE name_words")
        connection.executescript(FORGET_DOUBTS + "PRAGMA user_version=4")
        connection.commit()
    with closing(opened(tmp_path)) as library:
        check(library)
