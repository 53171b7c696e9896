"""How much the store flushes for a pushed object: itself and its name. The index is flushed by SQLite."""

from __future__ import annotations

import os
import stat
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.benchmarks.listening import feed, into_library


@pytest.mark.archives
@pytest.mark.skipif(sys.platform != "linux", reason="other systems flush by other calls")
def test_an_object_costs_one_flush_of_a_file_and_one_of_a_folder(
    study: Callable[..., list[Path]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flush, flushed = os.fsync, Counter[str]()

    def counted(file: int) -> None:
        flushed["folder" if stat.S_ISDIR(os.fstat(file).st_mode) else "file"] += 1
        flush(file)

    few, many = study(2, key="few")[0].parent, study(22, key="many")[0].parent
    monkeypatch.setattr(os, "fsync", counted)
    seen = []
    with into_library(tmp_path / "library") as port:
        for files in (few, many):
            flushed.clear()
            feed(files, port)
            seen.append(dict(flushed))
    assert {kind: seen[1][kind] - seen[0][kind] for kind in ("file", "folder")} == {"file": 20, "folder": 20}
