from __future__ import annotations

from pathlib import Path

import pytest

from workstation.dicom.outcomes import End
from workstation.errors import NotWritable
from workstation.operations import file_copies
from workstation.operations.file_copies import copy_files
from workstation.stop import Progress, Stop


def files(folder: Path, count: int) -> list[Path]:
    folder.mkdir()
    paths = [folder / f"1.2.{number}.dcm" for number in range(count)]
    for number, path in enumerate(paths):
        path.write_bytes(bytes([number]) * 10)
    return paths


def test_nothing_is_written_over(tmp_path: Path) -> None:
    paths, out = files(tmp_path / "library", 3), tmp_path / "out"
    out.mkdir()
    (out / "1.2.0.dcm").write_bytes(b"other and longer")
    (out / "1.2.1.dcm").write_bytes(bytes([1]) * 10)
    told: list[Progress] = []
    outcome = copy_files(paths, out, Stop(), told.append)
    assert outcome.end is End.COMPLETE
    assert (outcome.received, outcome.bytes) == (3, 30)
    assert sorted(path.name for path in out.iterdir()) == [
        "1.2.0.dcm",
        "1.2.0~2.dcm",
        "1.2.1.dcm",
        "1.2.2.dcm",
    ]
    assert (out / "1.2.0.dcm").read_bytes() == b"other and longer"
    assert [one.done for one in told] == [1, 2, 3]


def test_another_file_of_the_same_name_and_length_is_kept_beside(tmp_path: Path) -> None:
    """Two patients' objects of one UID may well be equally long."""
    (paths, others), out = (files(tmp_path / name, 1) for name in ("one", "other")), tmp_path / "out"
    others[0].write_bytes(b"0123456789")
    out.mkdir()
    for _ in range(2):  # again: no third file
        assert copy_files([*paths, *others], out, Stop(), lambda _: None).received == 2
    assert sorted(path.name for path in out.iterdir()) == ["1.2.0.dcm", "1.2.0~2.dcm"]
    assert (out / "1.2.0~2.dcm").read_bytes() == b"0123456789"


@pytest.mark.parametrize(("length", "flushes"), [(64 * 2**20, 1), (1, 3)])
def test_all_copies_are_on_the_disk_when_it_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: int, flushes: int
) -> None:
    flushed: list[list[str]] = []
    monkeypatch.setattr(file_copies, "_FLUSH", length)
    monkeypatch.setattr(
        file_copies, "sync_all", lambda folder, paths: flushed.append([path.name for path in paths])
    )
    paths, out = files(tmp_path / "library", 3), tmp_path / "out"
    out.mkdir()
    (out / paths[1].name).write_bytes(paths[1].read_bytes())  # it was there: nobody says when it came
    copy_files(paths, out, Stop(), lambda _: None)
    assert [name for names in flushed for name in names] == ["1.2.0.dcm", "1.2.2.dcm"]
    assert len(flushed) == flushes


def test_a_file_that_is_gone_costs_only_itself(tmp_path: Path) -> None:
    paths = files(tmp_path / "library", 2)
    paths[0].unlink()
    outcome = copy_files(paths, tmp_path, Stop(), lambda _: None)
    assert outcome.end is End.PARTIAL
    assert [failure.uid for failure in outcome.failed] == ["1.2.0"]
    assert outcome.message


def test_a_stop_ends_between_files(tmp_path: Path) -> None:
    paths, stop = files(tmp_path / "library", 3), Stop()
    outcome = copy_files(paths, tmp_path, stop, lambda _: stop.request())
    assert outcome.end is End.CANCELLED
    assert outcome.received == 1


@pytest.mark.parametrize("folder", ["file", "gone"])
def test_a_folder_that_is_none_is_said(tmp_path: Path, folder: str) -> None:
    paths = files(tmp_path / "library", 1)
    (tmp_path / "file").touch()
    with pytest.raises(NotWritable, match=folder):
        copy_files(paths, tmp_path / folder, Stop(), lambda _: None)
