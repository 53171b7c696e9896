"""What the corners of a picture say: whose it is, which one, and how it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from workstation.dicom import display
from workstation.imaging.grey import Lut, Voi
from workstation.imaging.picture import Caption, Picture, Segment
from workstation.imaging.picture_warnings import PictureWarning, picture_warnings
from workstation.models.translation import translate, translated
from workstation.widgets.corner_overlay import Line, Lines

_MOST_SEGMENTS: Final = 8


@dataclass(frozen=True, slots=True)
class Shown:
    """How a picture is shown.

    Attributes:
        place: Which picture of how many, in words.
        late: It is not yet the picture of that place.
        zoom: Pixels of the screen for each column of the picture.
        voi: The window or table in force; None for colour.
        remark: What the reader must know of the study, in words; empty: nothing.
    """

    place: str
    late: bool
    zoom: float
    voi: Voi | None
    remark: str = ""


def corner_lines(
    caption: Caption, picture: Picture | None, shown: Shown
) -> tuple[Lines, Lines, Lines, Lines]:
    """Top left, top right, bottom left, bottom right."""
    person = _joined("  ", display.day(caption.birth_date), display.plain(caption.sex))
    number = "" if caption.series_number is None else f"{caption.series_number}"
    series = _joined("  ", number, display.plain(caption.series_description))
    study = display.plain(caption.study_description)
    top_left = _lines(display.plain(caption.patient_id), person)
    name = display.person_name(caption.name)
    if name:
        top_left = (Line(name, bold=True), *top_left)
    top_right = _lines(display.day(caption.study_date), study, series)
    remark = (Line(shown.remark, warning=True),) if shown.remark else ()
    if picture is None:
        return top_left, top_right, _lines(shown.place), remark
    place = translate("Image {number}", number=f"{shown.place} …" if shown.late else shown.place)
    warnings = map(_warning, picture_warnings(picture))
    bottom_right = remark + _lines(_joined("   ", f"{100 * shown.zoom:.0f} %", _window(shown.voi)))
    return (
        top_left,
        top_right,
        (*_segments(picture.segments), *_lines(picture.location, translated(caption.syntax), place)),
        (*warnings, *bottom_right),
    )


def _warning(warned: PictureWarning) -> Line:
    """In short; the reasons are its tool tip."""
    tip = "\n".join(display.plain(translated(reason)) for reason in warned.reasons)
    return Line(display.plain(translated(warned.words)), warning=True, tip=tip)


def _segments(segments: Sequence[Segment]) -> Lines:
    """What is shown, each in the colour it recommends; of very many the first ones."""
    lines = tuple(map(_segment, segments[:_MOST_SEGMENTS]))
    more = len(segments) - len(lines)
    return (*lines, Line(translate("and {n} more", n=more))) if more else lines


def _segment(segment: Segment) -> Line:
    number, label = segment.number, display.plain(segment.label)
    words = translate("Segment {number}: {label}", number=number, label=label) if label else ""
    return Line(words or translate("Segment {number}", number=number), ink=segment.colour)


def _window(voi: Voi | None) -> str:
    if isinstance(voi, Lut):
        return display.plain(voi.name) or translate("Lookup table")
    if voi is None:
        return ""
    name = f"  {display.plain(voi.name)}" if voi.name else ""
    return f"C {_rounded(voi.centre)}  W {_rounded(voi.width)}{name}"


def _rounded(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.4g}"


def _joined(between: str, *parts: str) -> str:
    return between.join(part for part in parts if part)


def _lines(*parts: str) -> Lines:
    return tuple(Line(part) for part in parts if part)
