"""``workstation verify``: what it says, what it returns, beside a window, and what it repairs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Said
from tests.library_contents import quarantined
from tests.store.objects import encoded, made, send
from workstation.settings.folders import folders
from workstation.store.library import Library
from workstation.store.library_sink import Admission, LibrarySink

Call = Callable[..., Said]


@pytest.fixture
def root() -> Path:
    """A library of three files, of which one was cut and one was taken away."""
    library = Library.open(folders().library, reserve=lambda total: 0)
    writer = LibrarySink(library, lambda header, peer: Admission.PLAN)
    for uid in ("1.2.1", "1.2.2", "1.2.3"):
        assert send(writer, encoded(made(uid, "1.2", "1.2.0")), uid) == 0
    library.close()
    return library.root


def spoil(root: Path) -> None:
    cut = root / "1.2" / "1.2.1.dcm"
    cut.write_bytes(cut.read_bytes()[:-3])
    (root / "1.2" / "1.2.2.dcm").unlink()


def test_all_in_order(workstation: Call, root: Path) -> None:
    said = workstation("verify")
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith("3 files, ")
    assert said.out.endswith(": all in order.\n")
    assert workstation("verify", "--thorough").status == 0


def test_what_is_wrong_is_listed_also_beside_the_window(workstation: Call, root: Path) -> None:
    window = Library.open(root, reserve=lambda total: 0)
    try:
        spoil(root)
        said = workstation("verify")
    finally:
        window.close()
    assert said.status == 1
    assert said.out.splitlines()[:2] == [
        "1.2/1.2.1.dcm: it ends in the middle of an element",
        "1.2/1.2.2.dcm: it is gone",
    ]
    assert said.out.endswith(": 2 not in order.\n")


def test_as_json(workstation: Call, root: Path) -> None:
    spoil(root)
    said = workstation("verify", "--json")
    flaws = [one for one in said.objects if "file" in one]
    assert [(one["file"], one["fault"]) for one in flaws] == [
        ("1.2/1.2.1.dcm", "broken"),
        ("1.2/1.2.2.dcm", "missing"),
    ]
    assert said.objects[-1]["state"] == "failed"
    assert (said.objects[-1]["files"], said.objects[-1]["flaws"]) == (2, 2)


@pytest.mark.logs("not whole")
def test_repairing(workstation: Call, root: Path) -> None:
    spoil(root)
    said = workstation("verify", "--repair")
    assert said.status == 0
    assert len(said.out.splitlines()) == 3
    assert said.out.endswith(": all in order.\n")
    assert workstation("verify").status == 0
    library = Library.open(root, reserve=lambda total: 0)
    assert library.index.sop_uids("1.2") == {"1.2.3"}
    assert len(quarantined(library.quarantine)) == 1
    library.close()


def test_repairing_needs_the_library_to_itself(workstation: Call, root: Path) -> None:
    window = Library.open(root, reserve=lambda total: 0)
    try:
        said = workstation("verify", "--repair")
    finally:
        window.close()
    assert said.status == 1
    assert "in use by another Workstation" in said.err


def test_no_library_yet(workstation: Call) -> None:
    said = workstation("verify")
    assert said.status == 1
    assert "there is no library" in said.err
