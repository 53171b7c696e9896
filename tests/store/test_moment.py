"""What parts images of one position, from the header into the index and out again."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from tests.store.objects import EXPLICIT, IMPLICIT, encoded, made, send
from workstation.store.library import Library
from workstation.store.library_sink import Admission, LibrarySink


def put(library: Library, syntax: str = EXPLICIT, **values: object) -> None:
    writer = LibrarySink(library, lambda header, peer: Admission.PLAN)
    assert send(writer, encoded(made(**values), syntax), syntax=syntax) == 0  # type: ignore[arg-type]
    library.index.settled()


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT])
def test_what_is_said_is_kept_and_what_is_not_is_none(tmp_path: Path, syntax: str) -> None:
    with closing(Library.open(tmp_path / "library", reserve=lambda total: 0)) as library:
        put(library, syntax, EchoTime="4.6", DiffusionBValue=800.0, TriggerTime="", AcquisitionNumber=2)
        (row,) = library.index.instances("1.2.5")
        assert row.moment == (None, 4.6, 800.0, None, 2.0, None)


def test_nothing_said_is_nothing_known(tmp_path: Path) -> None:
    with closing(Library.open(tmp_path / "library", reserve=lambda total: 0)) as library:
        put(library)
        assert library.index.instances("1.2.5")[0].moment == ()


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT])
def test_slice_location_stands_in_for_a_position(tmp_path: Path, syntax: str) -> None:
    with closing(Library.open(tmp_path / "library", reserve=lambda total: 0)) as library:
        put(library, syntax, SliceLocation="-12.5", AcquisitionTime="010203.5")
        (row,) = library.index.instances("1.2.5")
        assert row.position == (-12.5,)
        assert row.moment[5] == 3723.5


def test_a_position_comes_before_slice_location(tmp_path: Path) -> None:
    with closing(Library.open(tmp_path / "library", reserve=lambda total: 0)) as library:
        put(library, SliceLocation="-12.5", ImagePositionPatient=[1, 2, 3])
        (row,) = library.index.instances("1.2.5")
        assert row.position == (1, 2, 3)
