"""The texts in the corners of a picture."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.widgets.pictures import picture
from workstation.imaging.grey_mapping import Function, Window
from workstation.imaging.picture import Caption
from workstation.imaging.syntaxes import syntax_words
from workstation.widgets.annotations import DisplayState, corner_annotations


def corners(caption: Caption, state: DisplayState, location: str = "") -> list[list[str]]:
    shown = replace(picture(), location=location)
    return [[line.text for line in corner] for corner in corner_annotations(caption, shown, state)]


def state_of(window: Window | None = None) -> DisplayState:
    return DisplayState("3 of 9", late=False, zoom=1.0, voi=window)


@pytest.mark.parametrize(
    ("centre", "width", "text"),
    [
        (76.54, 399.6, "C 77  W 400"),
        (-600.4, 1200, "C -600  W 1200"),
        (2.55, 5.125, "C 2.55  W 5.125"),
        (0.5, 1, "C 0.5  W 1"),
    ],
)
def test_a_window_has_decimals_only_where_they_count(centre: float, width: float, text: str) -> None:
    window = Window(centre, width, Function.LINEAR)
    [last] = corners(Caption(), state_of(window))[3]
    assert last == f"100 %   {text}"


def test_position_and_compression_say_what_they_are() -> None:
    caption = Caption(syntax=syntax_words("1.2.840.10008.1.2.4.70"))
    below = corners(caption, state_of(), location="F 40.0 mm")[2]
    assert below == ["Position F 40.0 mm", "Stored: JPEG lossless", "Image 3 of 9"]
    assert corners(Caption(), state_of())[2] == ["Image 3 of 9"]
    sample = replace(state_of(), position="")
    assert corners(Caption(), sample)[2] == []
