"""A search typed as one line, and the line of a search."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta

import pytest

from workstation.dicom.criteria import Criteria
from workstation.dicom.date_span import DateSpan
from workstation.dicom.modalities import MODALITIES
from workstation.dicom.other_keys import OtherKey
from workstation.dicom.search_line import WORDS, SearchLine, line_of, search_line
from workstation.errors import BadInput

NOW = datetime(2024, 3, 15, 14, 5)
TODAY = NOW.date()
DAY = timedelta(days=1)
UID = "1.2.840.113619.2.1"

LINES: dict[str, Criteria] = {
    "": Criteria(),
    "doe j": Criteria(name="doe j"),
    "doe, john": Criteria(name="doe, john"),
    '"Doe^John"': Criteria(name='"Doe^John"'),
    "王小东 ct": Criteria(name="王小东", modalities=("CT",)),
    "doe j ct last 2w": Criteria(name="doe j", modalities=("CT",), span=DateSpan(TODAY - 14 * DAY)),
    "doe CT mr ct": Criteria(name="doe", modalities=("CT", "MR")),
    "mod:ct,mr": Criteria(modalities=("CT", "MR")),
    "name:ott doe name:j": Criteria(name="ott doe j"),
    "name:ott": Criteria(name="ott"),
    "name:ct": Criteria(name="ct"),
    'id:"""12*"""': Criteria(patient_id='"12*"'),
    'id:""12*""': Criteria(patient_id='"12*"'),
    'desc:"a ""b"""': Criteria(description='a "b"'),
    "acc:A123": Criteria(accession="A123"),
    "id:0001": Criteria(patient_id="0001"),
    'desc:"chest pa"': Criteria(description="chest pa"),
    "ref:house mr today 8-12": Criteria(
        modalities=("MR",),
        span=DateSpan(TODAY, TODAY),
        others=(OtherKey("ReferringPhysicianName", "house"), OtherKey("StudyTime", "8-12")),
    ),
    "yesterday 8:30-12:15": Criteria(
        span=DateSpan(TODAY - DAY, TODAY - DAY), others=(OtherKey("StudyTime", "8:30-12:15"),)
    ),
    "last hour": Criteria(span=DateSpan(TODAY, TODAY, begin=time(13, 5))),
    "last 30min": Criteria(span=DateSpan(TODAY, TODAY, begin=time(13, 35))),
    "last 20h": Criteria(span=DateSpan(TODAY - DAY, TODAY, begin=time(18, 5))),
    "since yesterday 18:00": Criteria(span=DateSpan(TODAY - DAY, begin=time(18))),
    "since 2024-01-05 doe": Criteria(name="doe", span=DateSpan(date(2024, 1, 5))),
    "since 8:30": Criteria(span=DateSpan(TODAY, TODAY, begin=time(8, 30))),
    "since ever": Criteria(name="since ever"),
    "2024-01-05T18:00..2024-01-06T8:30": Criteria(
        span=DateSpan(date(2024, 1, 5), date(2024, 1, 6), begin=time(18), end=time(8, 30))
    ),
    "date:2024-01-05T18:00..2024-01-05T24:00": Criteria(
        span=DateSpan(date(2024, 1, 5), date(2024, 1, 5), begin=time(18))
    ),
    'date:"last 7d"': Criteria(span=DateSpan(TODAY - 7 * DAY)),
    "last 2 w doe": Criteria(name="doe", span=DateSpan(TODAY - 14 * DAY)),
    "last 3 weeks doe": Criteria(name="doe", span=DateSpan(TODAY - 21 * DAY)),
    "last month": Criteria(span=DateSpan(TODAY - 31 * DAY)),
    "last name": Criteria(name="last name"),
    "2024-01-05": Criteria(span=DateSpan(date(2024, 1, 5), date(2024, 1, 5))),
    "2024-01-05..": Criteria(span=DateSpan(date(2024, 1, 5))),
    "date:..2024-01-05": Criteria(span=DateSpan(last=date(2024, 1, 5))),
    "2024-01-01..2024-01-05": Criteria(span=DateSpan(date(2024, 1, 1), date(2024, 1, 5))),
    UID: Criteria(others=(OtherKey("StudyInstanceUID", UID),)),
    f"{UID}\\{UID}.1": Criteria(others=(OtherKey("StudyInstanceUID", f"{UID}\\{UID}.1"),)),
    f"seriesuid:{UID}": Criteria(others=(OtherKey("SeriesInstanceUID", UID),)),
    "born:1960-01-02": Criteria(others=(OtherKey("PatientBirthDate", "1960-01-02"),)),
    'InstitutionName:"St. Mary"': Criteria(others=(OtherKey("InstitutionName", "St. Mary"),)),
    "0008,0080:mary": Criteria(others=(OtherKey("InstitutionName", "mary"),)),
    "RequestAttributesSequence.ScheduledProcedureStepID:7": Criteria(
        others=(OtherKey("RequestAttributesSequence.ScheduledProcedureStepID", "7"),)
    ),
}


@pytest.mark.parametrize(("typed", "expected"), LINES.items())
def test_what_a_line_says(typed: str, expected: Criteria) -> None:
    assert search_line(typed, NOW) == SearchLine(expected)


@pytest.mark.parametrize(
    "typed",
    [
        "nonsense:x", "acc:", "date:soon", "2024-02-30", "2024-02-01..2024-01-01", "time:12-8", "born:young",
        "2024-01-01T18:00", "2024-01-01T9..2024-01-01T8", "2024-01-01T25..", "since 2024-13-01",
        "since yesterday 24:00", "id:1 id:2", "inst:a InstitutionName:b", "8-12 time:9",
        "today yesterday", "2024-01-01T24:00..2024-01-02",
        "uid:1..2", "mod:XX", "1 2 3", "last 9999y", "InstitutionName:", "PixelData:1",
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_said(typed: str) -> None:
    with pytest.raises(BadInput):
        search_line(typed, NOW)


def test_what_a_number_is_is_not_guessed() -> None:
    line = search_line("doe 20240105", NOW)
    assert line == SearchLine(Criteria(name="doe"), ("20240105",))
    assert line.as_ids("patient_id") == Criteria(name="doe", patient_id="20240105")
    assert line.as_ids("accession") == Criteria(name="doe", accession="20240105")
    two = search_line("A-1 77", NOW)
    assert two.as_ids("patient_id") == Criteria(patient_id="A-1", accession="77")


def some_criteria(chance: random.Random) -> Criteria:
    """Any criteria that the form can hold."""

    def text() -> str:
        pieces = (
            "doe",
            "J*",
            "?x",
            "ct",
            "today",
            "2024-01-01",
            "17",
            "a:b",
            "König",
            "王^小东",
            "last",
            "8-12",
            '"',
            '"12*"',
        )
        return " ".join(chance.choices(pieces, k=chance.randint(1, 3))) if chance.random() < 0.5 else ""

    first: date | None
    last: date | None
    first, last = sorted(date(2020, 1, 1) + DAY * chance.randint(0, 2000) for _ in range(2))
    values = {
        "PatientBirthDate": "1960-01-02..",
        "StudyTime": "8:30-12",
        "StudyInstanceUID": UID,
        "SeriesInstanceUID": f"{UID}.7",
        "PatientSex": "F",
    }
    paths = [*WORDS.values(), "PatientComments", "ProcedureCodeSequence.CodeValue", "0009,0010"]
    keys = [OtherKey(path, values.get(path) or text() or "x") for path in paths if chance.random() < 0.2]
    times = [time(chance.randint(0, 11), chance.randint(0, 59)), time(chance.randint(12, 23), 0, 30)]
    begin, end = (moment if chance.random() < 0.3 else None for moment in times)
    return Criteria(
        name=chance.choice([text(), f'"{text() or "Doe"}"']),
        patient_id=text(),
        accession=text(),
        description=text(),
        modalities=tuple(chance.sample(MODALITIES, chance.randint(0, 3))),
        others=tuple(keys),
        span=DateSpan(
            first := first if chance.random() < 0.5 else None,
            last := last if chance.random() < 0.5 else None,
            begin if first else None,
            end if last else None,
        ),
    )


@pytest.mark.parametrize("seed", range(200))
def test_criteria_become_a_line_and_the_same_criteria_again(seed: int) -> None:
    criteria = some_criteria(random.Random(seed))
    assert search_line(line_of(criteria), NOW) == SearchLine(criteria)


def test_an_id_that_is_to_be_taken_as_it_stands_stays_so() -> None:
    criteria = Criteria(patient_id='"12*"', accession='"A 1?"', name="Doe")
    assert line_of(criteria) == 'name:Doe id:""12*"" acc:""A 1?""'
    assert search_line(line_of(criteria), NOW) == SearchLine(criteria)


@pytest.mark.parametrize("seed", range(200))
def test_no_line_fails_otherwise_than_by_saying_so(seed: int) -> None:
    chance = random.Random(seed)
    marks = (":", '"', "..", "last", "9999h", "8-", "a:", "\u3000", "-", "*", "[0]", "0008,0080", "\\")
    pieces = [*LINES, *marks]
    typed = chance.choice(["", " "]).join(chance.choices(pieces, k=chance.randint(1, 6)))
    try:
        said = search_line(typed, NOW)
    except BadInput:
        return
    assert len(said.numbers) <= 2
