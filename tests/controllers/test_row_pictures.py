"""The pictures of a subject, from what the index lists of it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.store.objects import encoded, made, send
from workstation.controllers.row_pictures import IndexedSeries, Subject, find_series
from workstation.jobs.run import Run
from workstation.store import index_writer
from workstation.store.library import Library
from workstation.store.library_sink import Admission, LibrarySink


def test_a_study_that_is_chosen_just_now_lacks_nothing_of_what_came_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The window was told of these objects when another study was on show."""
    monkeypatch.setattr(index_writer, "_LINGER", 600.0)
    library = Library.open(tmp_path / "library", reserve=lambda total: 0)
    writer = LibrarySink(library, lambda uids, peer: Admission.PLAN)
    for number in range(3):
        assert send(writer, encoded(made(f"1.2.{number}", "1.2", "1.2.0")), f"1.2.{number}") == 0
    run = Run("pictures", partial(find_series, [library.index], Subject("1.2")))
    run.execute()
    library.close()
    post = run.take(10)
    assert post is not None
    [series] = post.values
    assert isinstance(series, IndexedSeries)
    assert {one.sop_uid for one in series.slices} == {"1.2.0", "1.2.1", "1.2.2"}
