"""From the first start to the image and out again: with the keys alone, and with the pointer alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.app.window_steps import slices
from tests.archives.process import Archive
from tests.desktop.conftest import Started
from tests.desktop.program import Program
from tests.desktop.steps import (
    Changes,
    Click,
    CloseWindow,
    Drag,
    Enlarges,
    Press,
    Sees,
    SeesFocus,
    SeesNot,
    SeesPicture,
    SeesWindow,
    Step,
    TabTo,
    Type,
    Wheel,
    follow,
)

pytestmark = [pytest.mark.screen, pytest.mark.archives]


def keys_alone(ae_title: str, port: int) -> list[Step]:
    """Add an archive, search it, open a study, fetch it, look at it everywhere, read its tags, quit."""
    return [
        SeesWindow("Workstation"),
        SeesFocus("Add a PACS"),
        Press("Enter"),
        SeesWindow("Add a PACS"),
        SeesFocus("Name"),
        Type("Radiology"),
        Press("Tab"),
        SeesFocus("AE title"),
        Type(ae_title),
        Press("Alt+H"),
        SeesFocus("Host"),
        Type("127.0.0.1"),
        Press("Alt+P"),
        SeesFocus("Port"),
        Type(str(port)),
        Press("Alt+E"),
        Sees("Radiology answers"),
        Press("Enter"),
        SeesWindow("Workstation"),
        SeesNot("Connect to your PACS"),
        Press("Alt+D"),
        SeesFocus("Today"),
        Press("Home"),
        SeesFocus("Any date"),
        Press("Ctrl+F"),
        SeesFocus("Name"),
        Type("doe"),
        Press("Enter"),
        Sees("1 study"),
        Press("Down"),
        SeesFocus("Results"),
        Press("Right"),
        Sees("2  (no description)"),
        Press("Enter"),
        SeesPicture(),
        Sees("1 complete"),
        Press("F6"),
        SeesFocus("Image"),
        Changes(Press("PgDown")),
        Changes(Press("I")),
        Changes(Press("3")),
        Enlarges(Press("F11"), 1.3),
        SeesNot("Results"),
        Press("Esc"),
        Sees("Results"),
        Press("F12"),
        SeesWindow("Viewer"),
        SeesPicture(),
        Changes(Press("Home")),
        Press("F12"),
        SeesWindow("Workstation"),
        SeesPicture(),
        TabTo("Tags"),
        Press("Space"),
        SeesWindow("Tags"),
        SeesFocus("Find in tags"),
        Type("birth"),
        Sees("19600102"),
        Press("F6"),
        SeesWindow("Workstation"),
        Press("T"),
        Press("T"),
        SeesWindow("Tags"),
        Press("Esc"),
        SeesWindow("Workstation"),
        Press("F1"),
        SeesWindow("Keys"),
        Press("Esc"),
        SeesWindow("Workstation"),
        Press("Ctrl+Q"),
    ]


POINTER_ALONE: list[Step] = [
    SeesWindow("Workstation"),
    Click("Try the demo archive"),
    SeesNot("Connect to your PACS"),
    Click("Any date", "ComboBox"),
    Click("Last year", "ListItem"),
    Click("Search", "Button"),
    Sees("12 studies"),
    Click("TK głowy po upadku", at=9),
    Sees("Head 5 mm"),
    Click("TK głowy po upadku", times=2),
    SeesPicture(),
    Sees("1 complete"),
    Changes(Wheel(3)),
    Changes(Drag(120, 60)),
    Enlarges(Click("Fill the window"), 1.3),
    SeesNot("Results"),
    Click("Fill the window"),
    Sees("Results"),
    Click("Own window"),
    SeesWindow("Viewer"),
    SeesPicture(),
    Changes(Wheel(-2)),
    Changes(Drag(0, 40, button=3)),
    CloseWindow("Viewer"),
    SeesWindow("Workstation"),
    SeesPicture(),
    Click("TK głowy po upadku", button=3),
    Click("Delete local copy…", "MenuItem"),
    Sees("Archives keep theirs."),
    Click("Delete local copy", "Button"),
    Click("Undo", "Button"),
    Click("Menu"),
    Click("Keys", "MenuItem"),
    SeesWindow("Keys"),
    Click("Close"),
    CloseWindow("Workstation"),
]


def kept(home: Path) -> list[Path]:
    """The images in the library of a user."""
    return sorted((home / "data" / "workstation" / "library").rglob("*.dcm"))


def end_well(program: Program) -> None:
    assert program.ended() == 0
    assert program.printed.read_text() == ""


def test_with_the_keys_alone(
    started: Started, dcmqrscp: Callable[..., Archive], tmp_path: Path, home: Path
) -> None:
    archive = dcmqrscp(slices(tmp_path / "files", 12, size=256, series=2))
    program = started(1440, 900)
    follow(keys_alone(archive.ae_title, archive.port), program)
    end_well(program)
    assert len(kept(home)) == 24


@pytest.mark.parametrize("size", [(1440, 900), (1280, 720)], ids=str)
def test_with_the_pointer_alone(started: Started, size: tuple[int, int], home: Path) -> None:
    program = started(*size)
    follow(POINTER_ALONE, program)
    end_well(program)
    assert len(kept(home)) == 32
