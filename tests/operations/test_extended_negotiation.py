"""Options of queries by extended negotiation (PS3.4 C.5), and the models a search is made under."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from pathlib import Path

import pytest

from tests.peers.limited import Held, Limited, Limits, daily
from tests.peers.peer import Server
from workstation.dicom.criteria import Criteria
from workstation.dicom.date_span import DateSpan
from workstation.dicom.levels import Model
from workstation.dicom.nodes import Timeouts
from workstation.dicom.other_keys import OtherKey
from workstation.dicom.query_options import QueryOptions
from workstation.errors import AssociationAborted, ServiceRefused
from workstation.models import exchange_texts
from workstation.network.contexts import FIND, VERIFICATION
from workstation.network.exchange import Kind
from workstation.network.exchanges import Exchanges, recorded
from workstation.operations.exchange_report import association
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.query_identifiers import utc_offset
from workstation.operations.sources import Archive
from workstation.stop import Stop

ALL = QueryOptions(relational=True, combined_times=True, fuzzy_names=True, time_zone=True)
LEVEL, STUDY_DATE, STUDY_TIME, ZONE = 0x00080052, 0x00080020, 0x00080030, 0x00080201


def found(server: Server, options: QueryOptions, criteria: Criteria, quirks: NodeQuirks) -> Sequence[str]:
    source = Archive(server.node(queries=options), quirks)
    return [study.study_uid for study in source.search(criteria, Stop())]


@pytest.mark.parametrize(
    ("options", "information"),
    [
        (QueryOptions(), b""),
        (QueryOptions(relational=True), b"\x01"),
        (QueryOptions(fuzzy_names=True), b"\0\0\x01"),
        (ALL, b"\x01\x01\x01\x01"),
    ],
)
def test_options_are_written_and_read(options: QueryOptions, information: bytes) -> None:
    assert options.information == information
    assert QueryOptions.of(information) == options
    assert QueryOptions.of(information.ljust(4, b"\0") + b"\x01") == options  # newer options


def test_nothing_is_proposed_unless_it_is_wanted() -> None:
    archive = Limited(daily(2))
    with Server(archive.play) as server:
        assert len(found(server, QueryOptions(), Criteria(), NodeQuirks())) == 2
        assert len(found(server, QueryOptions(relational=True), Criteria(), NodeQuirks())) == 2
    usual, wanted = archive.requests
    assert usual.extended == {}
    classes = [FIND[model] for model in (Model.STUDY, Model.PATIENT, Model.PATIENT_STUDY)]
    assert wanted.extended == dict.fromkeys(classes, b"\x01")


def test_only_names_that_an_archive_agreed_to_match_by_similarity_are_believed() -> None:
    archive = Limited([Held("1.2.1", "20260317", name="Meyer^Anna")], answers=b"\0\0\x01")
    declining = Limited([Held("1.2.1", "20260317", name="Meyer^Anna")], answers=b"\x01")
    for one, uids in ((archive, ["1.2.1"]), (declining, [])):
        with Server(one.play) as server:
            assert found(server, ALL, Criteria(name="Maier"), NodeQuirks()) == uids


def test_what_was_proposed_and_agreed_to_is_told_of_the_exchange() -> None:
    kept = Exchanges()
    with Server(Limited(daily(1), answers=b"\0\0\x01").play) as server:
        node = server.node(queries=QueryOptions(fuzzy_names=True, time_zone=True))
        with recorded(Kind.SEARCH, None, "A", node, kept=kept) as observer:
            list(Archive(node, NodeQuirks(), observer=observer).search(Criteria(), Stop()))
    [talk] = kept.recent()[-1].talks
    told = association(talk)
    proposed, agreed = (
        told[side]["extended_negotiation"][FIND[Model.STUDY]] for side in ("request", "answer")
    )
    assert proposed == {"information": "00000101", "query_options": ["fuzzy_names", "time_zone"]}
    assert agreed == {"information": "000001", "query_options": ["fuzzy_names"]}
    lines = exchange_texts.association_text(talk).splitlines()
    said = [line.strip() for line in lines if "Extended negotiation" in line]
    assert any("fuzzy semantic matching of names, time zone adjustment (00 00 01 01)" in one for one in said)
    assert any(one.endswith(": fuzzy semantic matching of names (00 00 01)") for one in said)


@pytest.mark.parametrize("typed", [Criteria(name="Maier", patient_id="P1"), Criteria(name="Maier Jo")])
def test_a_wider_query_brings_no_other_names_where_similar_ones_are_believed(typed: Criteria) -> None:
    """It is made by the Patient ID alone, or by a part of the name."""

    class Strict(Limited):
        """Finds nothing by the query as it was typed."""

        def fits(self, one: Held, keys: dict[int, str]) -> bool:
            return len(self.queries) > 1 and super().fits(one, keys)

    archive = Strict([Held("1.2.1", "20260317", name="Moor^Anna")], answers=b"\0\0\x01")
    with Server(archive.play) as server:
        assert found(server, ALL, typed, NodeQuirks()) == []
    assert len(archive.queries) > 1


def test_the_time_zone_is_sent_where_it_was_agreed_on() -> None:
    for answer, zone in ((b"\0\0\0\x01", utc_offset()), (b"\0\0\0\0", None), (None, None)):
        archive = Limited(daily(1), answers=answer)
        with Server(archive.play) as server:
            assert found(server, QueryOptions(time_zone=True), Criteria(), NodeQuirks())
        assert archive.queries[0].get(ZONE) == zone


@pytest.mark.parametrize("relational", [True, False])
def test_patient_root_is_asked_for_studies_at_once_where_relational_queries_are_agreed_on(
    relational: bool,
) -> None:
    held = [Held(f"1.2.{number}", "20260317", patient=f"P{number}") for number in range(5)]
    archive = Limited(
        held, accepts=lambda uid: uid != FIND[Model.STUDY], answers=b"\x01" if relational else b"\0"
    )
    with Server(archive.play) as server:
        assert len(found(server, ALL, Criteria(), NodeQuirks())) == 5
    levels = [query[LEVEL] for query in archive.queries]
    assert levels == (["STUDY"] if relational else ["PATIENT", *["STUDY"] * 5])


@pytest.mark.parametrize("silently", [True, False])
def test_an_archive_that_fails_on_the_proposal_is_asked_without(tmp_path: Path, silently: bool) -> None:
    archive = Limited(daily(3), fails=lambda request: bool(request.extended), silently=silently)
    with Server(archive.play) as server:
        for tries in (2, 3):  # it is remembered, also by the next run of the program
            quirks = NodeQuirks(tmp_path / "learnt.json")
            source = Archive(server.node(queries=ALL, timeouts=Timeouts(association=0.5)), quirks)
            assert len(list(source.search(Criteria(), Stop()))) == 3
            assert len(archive.requests) == tries
            assert quirks.fails_on_options(server.node())


def test_an_archive_that_takes_no_association_at_all_is_not_remembered_for_it() -> None:
    archive = Limited(daily(3), fails=lambda request: True)
    quirks = NodeQuirks()
    with Server(archive.play) as server:
        with pytest.raises(AssociationAborted):
            found(server, ALL, Criteria(), quirks)
        assert not quirks.fails_on_options(server.node())


def test_patient_study_only_is_the_last_resort() -> None:
    held = [Held(f"1.2.{number}", "20260317", patient=f"P{number % 2}") for number in range(4)]
    archive = Limited(held, accepts=lambda uid: uid in (FIND[Model.PATIENT_STUDY], VERIFICATION))
    with Server(archive.play) as server:
        source = Archive(server.node())
        rows = list(source.search(Criteria(), Stop()))
        assert len(rows) == 4
        assert len(list(source.patients(Criteria(), Stop()))) == 2
        with pytest.raises(ServiceRefused):  # it has no series
            list(source.series(rows[0], Stop()))
    assert [query[LEVEL] for query in archive.queries] == ["PATIENT", "STUDY", "STUDY", "PATIENT"]


@pytest.mark.parametrize(
    ("answer", "keys"),
    [(b"\0\x01", ("20260315-20260317", "103000-080000")), (b"\0", ("20260315-20260317", ""))],
)
def test_a_period_with_times_is_sent_as_one_where_that_is_agreed_on(
    answer: bytes, keys: tuple[str, str]
) -> None:
    held = [
        Held("1.1", "20260315", "102959"),
        Held("1.2", "20260315", "103000"),
        Held("1.3", "20260316", "000000"),
        Held("1.4", "20260317", "080000.5"),
        Held("1.5", "20260317", "090000"),
    ]
    archive = Limited(held, Limits(ignored=["time"]), answers=answer)
    first, last = date(2026, 3, 15), date(2026, 3, 17)
    typed = Criteria(span=DateSpan(first, last, begin=time(10, 30), end=time(8)))
    with Server(archive.play) as server:
        assert found(server, QueryOptions(combined_times=True), typed, NodeQuirks()) == ["1.2", "1.3", "1.4"]
    (query,) = archive.queries
    assert (query[STUDY_DATE], query[STUDY_TIME]) == keys


@pytest.mark.parametrize("combined", [True, False])
def test_hours_of_each_day_keep_their_meaning_where_ranges_would_be_one_span(combined: bool) -> None:
    held = [
        Held("1.1", "20260315", "070000"),
        Held("1.2", "20260315", "080000"),
        Held("1.3", "20260316", "120001"),
        Held("1.4", "20260317", "093000"),
    ]
    archive = Limited(held, Limits(ignored=["time"]), answers=b"\0\x01" if combined else b"\0")
    typed = Criteria(
        span=DateSpan(date(2026, 3, 15), date(2026, 3, 17)), others=(OtherKey("StudyTime", "8-12"),)
    )
    with Server(archive.play) as server:
        source = Archive(server.node(queries=QueryOptions(combined_times=True)), NodeQuirks())
        answers = source.search(typed, Stop())
        assert [study.study_uid for study in answers] == ["1.2", "1.4"]
    (query,) = archive.queries
    assert (query[STUDY_DATE], query[STUDY_TIME]) == (
        "20260315-20260317",
        "" if combined else "080000-120000",
    )
    # not asked for, they are no surprise; asked for, the archive is to be doubted
    assert [each.match.study_uid for each in answers.mismatches] == ([] if combined else ["1.1", "1.3"])


def test_times_that_are_not_asked_for_leave_out_what_differs_in_them_alone() -> None:
    held = [
        Held("1.1", "20260315", "102959"),
        Held("1.2", "20260315", "103000"),
        Held("1.3", "20260401", "103000"),
    ]
    archive = Limited(held, Limits(ignored=["time", "date"]), answers=b"\0")
    typed = Criteria(span=DateSpan(date(2026, 3, 15), date(2026, 3, 17), begin=time(10, 30)))
    with Server(archive.play) as server:
        answers = Archive(server.node(), NodeQuirks()).search(typed, Stop())
        assert [study.study_uid for study in answers] == ["1.2"]
    assert [each.match.study_uid for each in answers.mismatches] == ["1.3"]


def test_times_of_one_day_need_no_agreement() -> None:
    archive = Limited(daily(3, per_day=3))
    day = date(2026, 3, 17)
    typed = Criteria(span=DateSpan(day, day, begin=time(0, 1), end=time(0, 2, 30)))
    with Server(archive.play) as server:
        assert found(server, QueryOptions(), typed, NodeQuirks()) == ["1.2.826.1", "1.2.826.2"]
        parts = Archive(server.node(), by_date=True).search(typed, Stop())
        assert [study.study_uid for study in parts] == ["1.2.826.1", "1.2.826.2"]
    assert [query[STUDY_TIME] for query in archive.queries] == ["000100-000230", "000100-000231"]
