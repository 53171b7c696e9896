"""UIDs that are none (PS3.5 9.1): an answer is a row all the same, and what it tells of is missed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.peers import wire
from tests.peers.answering import Answering, image, series, study
from tests.peers.peer import Server
from workstation.dicom.completeness import Extent, completeness
from workstation.dicom.criteria import Criteria
from workstation.dicom.matches import SeriesMatch, StudyMatch
from workstation.dicom.nodes import RetrieveMethod
from workstation.dicom.outcomes import End, Outcome
from workstation.dicom.targets import Target
from workstation.dicom.uids import is_placeholder_uid, may_be_asked_for, path_name, placeholder_uid
from workstation.errors import BadInput, NoSuchStudy, WorkstationError
from workstation.operations.instance_router import FolderRouter, LibraryRouter
from workstation.operations.patient_retrieve import retrieve_patient
from workstation.operations.retrieve import retrieve
from workstation.operations.sources import Archive
from workstation.stop import Stop
from workstation.store.library import Library
from workstation.store.plans import Plans
from workstation.store.trash import Trash
from workstation.store.verify import verify

STUDY = b"1.2.3"
ASKED = {
    "letters": b"1.2.3.ABC",
    "a word before": b"LOCALIZER1.2.826.0.1.3680043.10.9.1",
    "65 characters": b"1.2.826.0.1.3680043.10.9." + b"1" * 40,
    "128 characters": b"9" * 128,
    "a dot at its end": b"1.2.3.4.",
    "two dots": b"1.2..3",
    "a blank inside": b"1.2.3 .4",
    "a path": b"../../etc/passwd",
    "a hyphen": b"20240105-1",
}
NOT_ASKED = {
    "129 characters": b"9" * 129,
    "a star": b"1.2.*",
    "a question mark": b"1.2.?",
    "two values": b"1.2.3\\1.2.4",
    "a byte beyond ASCII": b"1.2.\xe9.3",
    "a control character": b"1.2.\x013",
    "nothing": b"",
}


def searched(*rows: bytes) -> list[StudyMatch]:
    with Server(Answering(study=rows).play) as server:
        return list(Archive(server.node()).search(Criteria(), Stop()))


@pytest.mark.parametrize("uid", [*ASKED.values(), *NOT_ASKED.values()], ids=[*ASKED, *NOT_ASKED])
def test_a_study_is_a_row_whatever_its_uid(uid: bytes) -> None:
    odd, sound = searched(study(uid, patient=b"P7"), study(b"1.2.4"))
    assert odd.patient.patient_id == "P7"
    assert "Study Instance UID" in odd.fault
    assert may_be_asked_for(odd.study_uid) is (uid in ASKED.values())
    assert ("asked for by it all the same" in odd.fault) is (uid in ASKED.values())
    assert (sound.study_uid, sound.fault) == ("1.2.4", "")


def test_answers_without_a_uid_are_rows_of_their_own() -> None:
    found = searched(study(b"", patient=b"P1"), study(b"", patient=b"P2"), study(b"1.2.4"))
    assert [one.patient.patient_id for one in found] == ["P1", "P2", "P1"]
    assert len({one.study_uid for one in found}) == 3
    assert [is_placeholder_uid(one.study_uid) for one in found] == [True, True, False]


def test_values_beyond_ascii_stay_apart() -> None:
    first, second = searched(study(b"1.2.\xe9"), study(b"1.2.\xea"))
    assert first.study_uid != second.study_uid


def test_two_patients_under_one_value_are_two_answers() -> None:
    found = searched(study(b"UNKNOWN", patient=b"P1"), study(b"UNKNOWN", b"Other^Person", b"P2"))
    assert [one.patient.patient_id for one in found] == ["P1", "P2"]


def test_an_answer_that_breaks_off_keeps_what_came() -> None:
    broken, sound = searched(study(b"1.2.3", images=b"12")[:-4], study(b"1.2.4"))
    assert broken.study_uid == "1.2.3"
    assert "breaks off" in broken.fault
    assert sound.fault == ""


def test_what_is_told_under_such_a_uid_is_asked_for_by_it() -> None:
    odd = ASKED["a word before"]
    archive = Answering(
        study=[study(odd)],
        series=[series(odd + b".S", odd)],
        image=[image(b"X1", odd, odd + b".S"), image(b"1.2.9", odd, odd + b".S")],
    )
    with Server(archive.play) as server:
        source = Archive(server.node())
        (found,) = source.search(Criteria(), Stop())
        (below,) = source.series(found, Stop())
        images = list(source.images(below, found.patient.patient_id, Stop()))
    assert (below.series_uid, below.study_uid) == (odd.decode() + ".S", odd.decode())
    assert [one.sop_uid for one in images] == ["X1", "1.2.9"]
    assert [bool(one.fault) for one in images] == [True, False]
    assert odd in archive.asked[1]
    assert odd + b".S" in archive.asked[2]


@pytest.mark.parametrize("uid", NOT_ASKED.values(), ids=NOT_ASKED.keys())
def test_others_are_never_sent(uid: bytes) -> None:
    with pytest.raises(BadInput):
        Target(uid.decode("latin_1"))
    with pytest.raises(BadInput):
        Target("1.2.3", (uid.decode("latin_1"),))
    with Server(Answering().play) as server:
        rows = Archive(server.node()).images(
            SeriesMatch(
                source="A", study_uid="1.2.3", series_uid=uid.decode("latin_1") or placeholder_uid("A", 1)
            ),
            "P1",
            Stop(),
        )
        with pytest.raises(BadInput):
            list(rows)


# --- What is expected --------------------------------------------------------------------------------


@pytest.fixture
def plans(tmp_path: Path) -> Iterator[Plans]:
    with contextlib.closing(Plans(tmp_path / "plans.db")) as opened:
        yield opened


def fetched(archive: Answering, tmp_path: Path, plans: Plans | None = None) -> Outcome:
    router = FolderRouter(tmp_path / "out", reserve=lambda total: 0)
    router.plans = plans
    with Server(archive.play) as server:
        node = server.node(retrieve=RetrieveMethod.GET)
        target = Target(STUDY.decode(), modalities=("CT",))
        return retrieve(node, target, router, None, Stop(), lambda _: None)


def ct(uid: bytes, series_uid: bytes = b"1.2.3.1") -> bytes:
    return wire.explicit(
        (0x00080016, "UI", wire.CT.encode()),
        (0x00080018, "UI", uid),
        (0x00100010, "PN", b"Invented^Person"),
        (0x00100020, "LO", b"P1"),
        (0x0020000D, "UI", STUDY),
        (0x0020000E, "UI", series_uid),
    )


SOUND = image(b"1.2.3.1.1", STUDY, b"1.2.3.1")


def by_series(answers: dict[bytes, list[bytes]]) -> Callable[[bytes], list[bytes]]:
    """Images by the series they are asked for."""

    def rows(question: bytes) -> list[bytes]:
        return next((rows for uid, rows in answers.items() if uid in question), [])

    return rows


@pytest.mark.parametrize(
    "odd", [b"LOCALIZER1.2.3", b"1.2.*", b"", b"9" * 129], ids=["asked", "star", "none", "long"]
)
def test_a_series_told_of_under_such_a_uid_is_missed(odd: bytes, tmp_path: Path, plans: Plans) -> None:
    archive = Answering(
        series=[series(odd, STUDY, b"3"), series(b"1.2.3.1", STUDY, b"1")],
        image=by_series({b"1.2.3.1": [SOUND]}),
        objects={"1.2.3.1.1": ct(b"1.2.3.1.1")},
    )
    outcome = fetched(archive, tmp_path, plans)
    assert (outcome.end, outcome.verified) == (End.PARTIAL, False)
    assert (outcome.received, outcome.expected) == (1, 4)
    (plan,) = plans.every()
    assert (plan.uids, plan.expected) == (None, 4)
    assert not [asked for asked in archive.asked if b"*" in asked]


def test_a_series_that_tells_no_number_leaves_the_number_unknown(tmp_path: Path) -> None:
    archive = Answering(
        series=[series(b"1.2.*", STUDY), series(b"1.2.3.1", STUDY, b"1")],
        image=by_series({b"1.2.3.1": [SOUND]}),
        objects={"1.2.3.1.1": ct(b"1.2.3.1.1")},
    )
    outcome = fetched(archive, tmp_path)
    assert (outcome.verified, outcome.expected, outcome.received) == (False, None, 1)


@pytest.mark.parametrize("odd", [b"1.2.*", b"9" * 129])
def test_an_image_that_cannot_be_asked_for_is_missing_with_the_reason(odd: bytes, tmp_path: Path) -> None:
    archive = Answering(
        series=[series(b"1.2.3.1", STUDY)],
        image=[SOUND, image(odd, STUDY, b"1.2.3.1")],
        objects={"1.2.3.1.1": ct(b"1.2.3.1.1")},
    )
    outcome = fetched(archive, tmp_path)
    assert (outcome.end, outcome.received, outcome.expected) == (End.PARTIAL, 1, 2)
    assert outcome.missing == (odd.decode(),)
    (failure,) = outcome.failed
    assert failure.uid == odd.decode()
    assert "cannot be asked for" in failure.reason


def test_images_told_without_a_uid_are_counted(tmp_path: Path) -> None:
    archive = Answering(
        series=[series(b"1.2.3.1", STUDY)],
        image=[SOUND, image(b"", STUDY, b"1.2.3.1"), image(b"", STUDY, b"1.2.3.1")],
        objects={"1.2.3.1.1": ct(b"1.2.3.1.1")},
    )
    outcome = fetched(archive, tmp_path)
    assert (outcome.end, outcome.verified, outcome.received, outcome.expected) == (End.PARTIAL, False, 1, 3)


@pytest.mark.parametrize("odd", [b"LOCALIZER1.2.3", b"1.2.*", b""], ids=["asked", "star", "none"])
@pytest.mark.parametrize("level", ["series", "image"])
def test_what_is_told_of_them_is_remembered(level: str, odd: bytes, tmp_path: Path, plans: Plans) -> None:
    told, images = [series(b"1.2.3.1", STUDY)], [SOUND]
    if level == "series":
        told.append(series(odd, STUDY, b"1"))
    else:
        images.append(image(odd, STUDY, b"1.2.3.1"))
    archive = Answering(
        series=told,
        image=by_series({b"1.2.3.1": images}),
        objects={"1.2.3.1.1": ct(b"1.2.3.1.1")},
    )
    assert fetched(archive, tmp_path, plans).end is End.PARTIAL
    state = completeness(plans.expectations.of(STUDY.decode()), {"1.2.3.1": ["1.2.3.1.1"]})
    assert (state.extent, state.here) == (Extent.PARTIAL, 1)
    if level == "image":
        assert (state.expected, len(state.missing)) == (2, 1)


def test_a_sound_series_without_an_image_is_missed_too(tmp_path: Path) -> None:
    """No list is whole that lacks what was told of one level above."""
    archive = Answering(
        series=[series(b"1.2.3.2", STUDY, b"3"), series(b"1.2.3.1", STUDY, b"1")],
        image=by_series({b"1.2.3.1\0": [SOUND]}),
        objects={"1.2.3.1.1": ct(b"1.2.3.1.1")},
    )
    outcome = fetched(archive, tmp_path)
    assert (outcome.end, outcome.received, outcome.expected) == (End.PARTIAL, 1, 4)


def test_a_whole_patient_misses_a_study_that_cannot_be_asked_for() -> None:
    archive = Answering(study=[study(b"1.2.*", images=b"7"), study(b"1.2.4", images=b"1")])
    asked: list[Target] = []

    def fetch(target: Target) -> Outcome:
        asked.append(target)
        return Outcome(end=End.COMPLETE, verified=True, expected=1, received=1)

    with Server(archive.play) as server:
        outcome = retrieve_patient(server.node(), "P1", fetch, Stop())
    assert [target.study for target in asked] == ["1.2.4"]
    assert (outcome.end, outcome.expected, outcome.received) == (End.PARTIAL, 8, 1)
    assert outcome.missing == ("1.2.*",)


def test_a_patient_all_of_whose_studies_are_unusable_is_no_unknown_one() -> None:
    with Server(Answering(study=[study(b"")]).play) as server:
        outcome = retrieve_patient(server.node(), "P1", lambda target: pytest.fail("asked"), Stop())
        assert outcome.end is End.FAILED
        with pytest.raises(NoSuchStudy):
            retrieve_patient(server.node(), "P2", lambda target: pytest.fail("asked"), Stop())


def test_series_of_such_a_study_are_told(tmp_path: Path) -> None:
    with Server(
        Answering(series=[series(b"S 1", STUDY), series(b"", STUDY), series(b"", STUDY)]).play
    ) as server:
        found = list(Archive(server.node()).series(searched(study(STUDY))[0], Stop()))
    assert len(found) == 3
    assert all(isinstance(one, SeriesMatch) and one.fault for one in found)


# --- What is kept ------------------------------------------------------------------------------------


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with contextlib.closing(Library.open(tmp_path / "library", reserve=lambda total: 0)) as opened:
        yield opened


def odd_study(study_uid: bytes, series_uid: bytes, instance: bytes) -> Answering:
    """A study of two images, one of which has a name that is none."""
    names = (instance, b"1.2.3.1.1")
    data = {
        name.decode(): wire.explicit(
            (0x00080016, "UI", wire.CT.encode()),
            (0x00080018, "UI", name),
            (0x00100010, "PN", b"Invented^Person"),
            (0x00100020, "LO", b"P1"),
            (0x0020000D, "UI", study_uid),
            (0x0020000E, "UI", series_uid),
        )
        for name in names
    }
    return Answering(
        study=[study(study_uid)],
        series=[series(series_uid, study_uid, b"2")],
        image=[image(name, study_uid, series_uid) for name in names],
        objects=data,
    )


ODD = (b"STUDY 7", b"LOCALIZER1.2.3", b"IMAGE/1")
LONG = (b"9" * 127 + b"x", b"8" * 127 + b"x", b"7" * 127 + b"x")


@pytest.mark.parametrize("place", range(3), ids=["study", "series", "instance"])
@pytest.mark.parametrize("odd", [ODD, LONG], ids=["odd", "long"])
@pytest.mark.parametrize("kind", ["library", "folder"])
def test_what_a_plan_asked_for_is_kept_complete_and_found_again(
    library: Library, tmp_path: Path, kind: str, odd: tuple[bytes, ...], place: int
) -> None:
    uids = [b"1.2.3", b"1.2.3.1", b"1.2.3.1.2"]
    uids[place] = odd[place]
    router = (
        LibraryRouter(library, reserve=lambda total: 0)
        if kind == "library"
        else FolderRouter(tmp_path / "out", reserve=lambda total: 0)
    )
    peer = odd_study(*uids)
    with Server(peer.play) as server:
        target = Target(uids[0].decode(), modalities=("CT",))
        node = server.node(retrieve=RetrieveMethod.GET)
        outcome = retrieve(node, target, router, None, Stop(), lambda _: None)
    assert (outcome.end, outcome.verified, outcome.received) == (End.COMPLETE, True, 2)
    assert peer.statuses == [0, 0]
    names = {path_name(uids[2].decode()), "1.2.3.1.1"}
    assert {path.stem for path in router.folder().rglob("*.dcm")} == names
    if kind == "folder":
        return
    held = {uids[2].decode(), "1.2.3.1.1"}
    assert {path.parent.name for path in library.root.rglob("*.dcm")} == {path_name(uids[0].decode())}
    library.rebuild()
    assert library.index.sop_uids(uids[0].decode()) == held
    assert verify(library.root, library.index, lambda _: None, Stop()).flaws == ()
    trash = Trash(library)
    batch, count = trash.take([target], Stop())
    assert count == 2
    assert not library.index.sop_uids(uids[0].decode())
    assert trash.put_back(batch, Stop()) == 2
    assert library.index.sop_uids(uids[0].decode()) == held


@pytest.mark.parametrize("place", range(3), ids=["study", "series", "instance"])
@pytest.mark.parametrize("kind", ["library", "folder"])
def test_nobody_else_may_bring_them(library: Library, tmp_path: Path, kind: str, place: int) -> None:
    """Neither a push, nor an object beside what was asked for."""
    router = (
        LibraryRouter(library, pushes=True, reserve=lambda total: 0)
        if kind == "library"
        else FolderRouter(tmp_path / "out", pushes=True, reserve=lambda total: 0)
    )
    uids = [b"1.2.3", b"1.2.3.1", b"1.2.3.1.2"]
    uids[place] = ODD[place]
    peer = odd_study(*uids)
    with Server(peer.play) as server:
        target = Target("1.2.3", ("1.2.3.9",), modalities=("CT",))
        node = server.node(retrieve=RetrieveMethod.GET)
        with contextlib.suppress(WorkstationError):
            retrieve(node, target, router, None, Stop(), lambda _: None)
    assert {peer.statuses[0]} <= {0xC000, 0x0117}
    assert path_name(ODD[place].decode()) not in {
        name for path in tmp_path.rglob("*.dcm") for name in (path.stem, path.parent.name)
    }
