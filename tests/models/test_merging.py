"""A row shows the best fact of all sources, never the first one's blank."""

from __future__ import annotations

from itertools import permutations

import pytest

from tests.matches import series, study
from tests.rows import below, patients, unfold
from workstation.controllers.row_pictures import caption_of
from workstation.dicom.matches import LIBRARY, ImageMatch, PatientMatch, SeriesMatch, StudyMatch
from workstation.models.columns import Column
from workstation.models.merging import merged, with_known
from workstation.models.row_targets import about, title_of
from workstation.models.rows import Row
from workstation.models.tree_model import TreeModel
from workstation.models.tree_roles import Role

pytestmark = pytest.mark.usefixtures("qapp")

RICH = StudyMatch(
    source="B",
    study_uid="1.1",
    patient=PatientMatch(
        source="B",
        patient_id="1",
        name="Kim^Heejung=김^희중",
        birth_date="19700101",
        sex="F",
        raw_name=b"x",
        charset=("ISO",),
    ),
    date="20240105",
    time="1030",
    description="Chest",
    accession="A1",
    study_id="S1",
    referring="Ref^Er",
    institution="St Mary",
    station="CT1",
    body_part="CHEST",
    comments="urgent",
    modalities=("MR",),
    series=3,
    instances=2000,
)
POOR = StudyMatch(
    source="A",
    study_uid="1.1",
    patient=PatientMatch(source="A", patient_id="1"),
    modalities=("CT",),
    series=1,
    instances=20,
)


def row(model: TreeModel, index: object) -> Row:
    found = model.row(index)  # type: ignore[arg-type]
    assert found is not None
    return found


def test_blanks_are_filled_and_counts_are_the_largest() -> None:
    found = merged([POOR, RICH])
    assert found.source == "A"
    assert (found.patient.source, found.patient.name) == ("A", RICH.patient.name)
    assert (found.patient.raw_name, found.patient.charset) == (b"x", ("ISO",))
    assert (found.patient.birth_date, found.patient.sex) == ("19700101", "F")
    assert (found.date, found.time, found.description) == ("20240105", "1030", "Chest")
    assert (found.accession, found.study_id, found.referring) == ("A1", "S1", "Ref^Er")
    assert (found.institution, found.station, found.body_part) == ("St Mary", "CT1", "CHEST")
    assert found.comments == "urgent"
    assert (found.modalities, found.series, found.instances) == (("CT", "MR"), 3, 2000)


def test_of_an_image_the_first_that_says_where_it_lies_is_believed() -> None:
    uids = {"study_uid": "1", "series_uid": "1.1", "sop_uid": "1.1.1"}
    told = ImageMatch(source="A", **uids, number=3, rows=512, columns=512, location=7.5)
    here = ImageMatch(source="B", **uids, rows=256, position=(1, 2, 3), orientation=(1, 0, 0, 0, 1, 0))
    found = merged([told, here])
    assert (found.number, found.rows, found.columns) == (3, 512, 512)
    assert (found.location, found.position, found.orientation) == (7.5, (1, 2, 3), (1, 0, 0, 0, 1, 0))


def test_a_fact_is_not_replaced_by_another() -> None:
    first = study("1.1", description="Chest", name="Doe^John", date="20240101")
    second = study("1.1", source="B", description="Thorax", name="Doe^J", date="20240102")
    found = merged([first, second])
    assert (found.description, found.patient.name, found.date) == ("Chest", "Doe^John", "20240101")


@pytest.mark.parametrize("blank", ["", " ", "^", "^^^^", "=", "^="])
def test_a_name_of_separators_is_blank(blank: str) -> None:
    told = [
        PatientMatch(source="A", patient_id="1", name=blank),
        PatientMatch(source="B", patient_id="1", name="Doe^John"),
    ]
    assert merged(told).name == "Doe^John"


def test_text_that_lost_characters_goes_behind_text_that_did_not() -> None:
    told = [
        PatientMatch(source="A", patient_id="1", name="M\ufffdller"),
        PatientMatch(source="B", patient_id="1", name="Müller"),
    ]
    assert merged(told).name == "Müller"
    assert merged(told[:1]).name == "M\ufffdller"


def test_series_and_images() -> None:
    told = [
        SeriesMatch(source="A", study_uid="1", series_uid="1.1"),
        SeriesMatch(
            source="B",
            study_uid="1",
            series_uid="1.1",
            number=4,
            modality="MR",
            description="T1",
            body_part="HEAD",
            instances=7,
        ),
    ]
    found = merged(told)
    assert (found.source, found.number, found.modality, found.description) == ("A", 4, "MR", "T1")
    assert (found.body_part, found.instances) == ("HEAD", 7)
    images = [
        ImageMatch(source="A", study_uid="1", series_uid="1.1", sop_uid="1.1.1"),
        ImageMatch(
            source="B",
            study_uid="1",
            series_uid="1.1",
            sop_uid="1.1.1",
            sop_class="1.2.840",
            number=0,
            frames=12,
        ),
    ]
    one = merged(images)
    assert (one.sop_class, one.number, one.frames) == ("1.2.840", 0, 12)


def test_what_is_known_is_not_asked_of_others() -> None:
    full = PatientMatch(source="A", patient_id="1", name="Doe^John", birth_date="19700101", sex="M")
    assert with_known(full, [PatientMatch(source="B", patient_id="1", name="Other")]) is full
    assert with_known(PatientMatch(source="A", patient_id="1"), []) == PatientMatch(
        source="A", patient_id="1"
    )


@pytest.mark.parametrize("order", list(permutations(["A", "B", LIBRARY])))
def test_whichever_source_answers_first(order: tuple[str, ...]) -> None:
    """One has the name, one the description, one the count."""
    told = {
        "A": study("1.1", name="", issuer="I", instances=20),
        "B": study("1.1", source="B", name="", issuer="I", description="Chest"),
        LIBRARY: study(
            "1.1", source=LIBRARY, name="Doe^John", issuer="I", birth_date="19700101", instances=2
        ),
    }
    model = TreeModel()
    generation = model.results.begin(["A", "B", LIBRARY])
    for source in order:
        model.results.add_studies(generation, [told[source]])
    [who] = patients(model)
    [index] = below(who)
    assert (who.data(), who.siblingAtColumn(Column.BORN).data()) == ("Doe, John", "1970-01-01")
    assert (index.data(Role.DETAIL), index.siblingAtColumn(Column.IMAGES).data()) == ("Chest", "2 / 20")
    found = row(model, index)
    assert about(found).patient == "Doe^John"
    assert title_of(found) == "Doe, John  ·  Chest"
    assert caption_of(found).name == "Doe^John"


def test_a_patient_has_the_name_any_of_its_studies_was_told_with() -> None:
    """One source tells a patient's name with one study only."""
    model = TreeModel()
    generation = model.results.begin(["A"])
    model.results.add_studies(generation, [study("1.1", name="", description="First")])
    model.results.add_studies(generation, [study("1.2", name="Doe^John", description="Second")])
    [who] = patients(model)
    assert who.data() == "Doe, John"
    for index in below(who):
        assert caption_of(row(model, index)).name == "Doe^John"


def test_a_patient_without_a_name_borrows_none_of_somebody_else() -> None:
    model = TreeModel()
    generation = model.results.begin(["A"])
    model.results.add_studies(generation, [study("1.1", "1", name=""), study("1.2", "2", name="Doe^John")])
    assert sorted(index.data() for index in patients(model)) == ["(no name)", "Doe, John"]


def test_series_of_two_sources_are_one_row_with_all_that_is_known() -> None:
    model = TreeModel()
    generation = model.results.begin(["A", "B"])
    for source in ("A", "B"):
        model.results.add_studies(generation, [study("1.1", source=source, issuer="I")])
    [index] = below(patients(model)[0])
    model.results.add_children(generation, index.internalId(), [series("1.1.1", instances=5)])
    other = series("1.1.1", source="B", number=3, description="T1", modality="MR", instances=500)
    model.results.add_children(generation, index.internalId(), [other])
    model.results.filled(generation, index.internalId(), complete=True)
    unfold(index)
    [shown] = below(index)
    assert shown.data() == "3  T1"
    assert shown.siblingAtColumn(Column.MODALITY).data() == "MR"
    assert shown.siblingAtColumn(Column.IMAGES).data() == "500"
