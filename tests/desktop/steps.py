"""What a user does, step by step, and what they wait to see: a way is a list of these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from tests.desktop.program import Element, Program

_KEYS = {"PgDown": "Next", "PgUp": "Prior", "Esc": "Escape", "Enter": "Return", "Space": "space"}
"""What the X server calls otherwise than users do."""
_TABS = 80
_LIT = 20
"""Grey level above which a pixel is not background."""


class Step(Protocol):
    """One thing that a user does or waits for."""

    def do(self, program: Program) -> None:
        """Do it, or wait for it."""
        ...


def follow(way: Sequence[Step], program: Program) -> None:
    """Go a way; a step that does not succeed names itself and what is visible instead."""
    for number, step in enumerate(way, 1):
        try:
            step.do(program)
        except AssertionError as error:
            raise AssertionError(f"step {number} of {len(way)}, {step}: {error}") from None


# --- Looking ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sees(Step):
    """Waits until a text is visible somewhere."""

    text: str

    def do(self, program: Program) -> None:
        program.find(self.text)


@dataclass(frozen=True)
class SeesNot(Step):
    """Waits until a text is nowhere visible."""

    text: str

    def do(self, program: Program) -> None:
        program.wait(
            f"no “{self.text}”", lambda seen: seen and not any(each.says(self.text) for each in seen)
        )


@dataclass(frozen=True)
class SeesFocus(Step):
    """Waits until the keys go to what is called so."""

    name: str

    def do(self, program: Program) -> None:
        program.wait(f"the focus on “{self.name}”", lambda seen: _focused(seen, self.name))


@dataclass(frozen=True)
class SeesWindow(Step):
    """Waits until a window of this title is the active one, and all of it and its frame on the screen."""

    title: str

    def do(self, program: Program) -> None:
        program.wait(f"the window “{self.title}”", lambda seen: _active(seen) == self.title)
        program.wait(f"all of the window “{self.title}”", lambda seen: _on_screen(program, seen, self.title))


@dataclass(frozen=True)
class SeesPicture(Step):
    """Waits until the viewer shows a picture: much of it is lit, in many grey levels."""

    def do(self, program: Program) -> None:
        program.wait("a picture", lambda seen: _shows_picture(program, seen))


@dataclass(frozen=True)
class Changes(Step):
    """Does something, and waits until the middle of the picture looks otherwise."""

    act: Step

    def do(self, program: Program) -> None:
        place = _middle(program.find("Image", "Client").place)
        before = program.pixels(place)
        self.act.do(program)
        program.wait(
            f"another picture after {self.act}",
            lambda _: np.mean(np.any(program.pixels(place) != before, axis=2)) > 0.02,
        )


@dataclass(frozen=True)
class Enlarges(Step):
    """Does something, and waits until the picture has so many times the area."""

    act: Step
    times: float

    def do(self, program: Program) -> None:
        before = _area(program.find("Image", "Client"))
        self.act.do(program)

        def larger(seen: list[Element]) -> bool:
            images = [each for each in seen if (each.role, each.name) == ("Client", "Image")]
            return bool(images) and _area(images[0]) >= self.times * before

        program.wait(f"the picture {self.times} times as large", larger)


# --- The keys -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Press(Step):
    """Presses a key or a combination, as the sheet of keys calls it."""

    keys: str

    def do(self, program: Program) -> None:
        *held, last = self.keys.split("+")
        last = _KEYS.get(last, last if len(last) > 1 else last.lower())
        program.desktop.send("key", "+".join([*(each.lower() for each in held), last]))


@dataclass(frozen=True)
class Type(Step):
    """Types a text."""

    text: str

    def do(self, program: Program) -> None:
        program.desktop.send("type", "--delay", 2, "--", self.text)


@dataclass(frozen=True)
class TabTo(Step):
    """Presses Tab until the focus is on what is called so."""

    name: str

    def do(self, program: Program) -> None:
        for _ in range(_TABS):
            seen = program.seen()
            if _focused(seen, self.name):
                return
            before = _focus(seen)
            Press("Tab").do(program)
            program.wait("another focus after Tab", lambda seen, before=before: _focus(seen) != before)
        raise AssertionError(f"no Tab leads to “{self.name}”")


# --- The pointer --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Click(Step):
    """Clicks on what is called so."""

    name: str
    role: str = ""
    button: int = 1
    times: int = 1
    at: int | None = None
    """How far from its left edge; None: in the middle."""

    def do(self, program: Program) -> None:
        place = program.find(self.name, self.role)
        x, y = place.middle
        if self.at is not None:
            x = place.place[0] + self.at
        program.desktop.send(
            *("mousemove", x, y),
            *("click", "--repeat", self.times, "--delay", 50, self.button),
        )


@dataclass(frozen=True)
class Wheel(Step):
    """Turns the wheel by some notches over the picture; downwards for positive ones."""

    notches: int

    def do(self, program: Program) -> None:
        x, y = program.find("Image", "Client").middle
        button = 5 if self.notches > 0 else 4
        program.desktop.send("mousemove", x, y, "click", "--repeat", abs(self.notches), "--delay", 20, button)


@dataclass(frozen=True)
class Drag(Step):
    """Drags over the picture from its middle."""

    right: int
    down: int
    button: int = 1

    def do(self, program: Program) -> None:
        x, y = program.find("Image", "Client").middle
        moves: list[object] = []
        for part in (1, 2, 3, 4):
            moves += ["mousemove", x + self.right * part // 4, y + self.down * part // 4]
        program.desktop.send("mousemove", x, y, "mousedown", self.button, *moves, "mouseup", self.button)


@dataclass(frozen=True)
class CloseWindow(Step):
    """Clicks the button by which the window manager closes a window, at the end of its title."""

    title: str

    def do(self, program: Program) -> None:
        window = program.find(self.title, "window")
        x, y, width, _ = window.frame
        title = window.place[1] - y
        program.desktop.send("mousemove", x + width - title // 2, y + title // 2, "click", 1)


# --- What is seen of the tree of elements -------------------------------------------------------------


def _focus(seen: list[Element]) -> Element | None:
    return next((each for each in seen if "focused" in each.states), None)


def _focused(seen: list[Element], name: str) -> bool:
    focus = _focus(seen)
    return focus is not None and focus.says(name)


def _active(seen: list[Element]) -> str | None:
    return next((each.name for each in seen if each.role == "window" and "active" in each.states), None)


def _on_screen(program: Program, seen: list[Element], title: str) -> bool:
    x, y, width, height = next(each.frame for each in seen if (each.role, each.name) == ("window", title))
    room = program.desktop.size
    return x >= 0 and y >= 0 and x + width <= room[0] and y + height <= room[1]


def _area(element: Element) -> int:
    return element.place[2] * element.place[3]


def _middle(place: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """Without the corners, where texts stand."""
    x, y, width, height = place
    return x + width // 4, y + height // 4, width // 2, height // 2


def _shows_picture(program: Program, seen: list[Element]) -> bool:
    images = [each for each in seen if (each.role, each.name) == ("Client", "Image")]
    if not images:
        return False
    shown = program.pixels(_middle(images[0].place))[:, :, 1]
    return bool(np.mean(shown > _LIT) > 0.05 and len(np.unique(shown)) > 20)
