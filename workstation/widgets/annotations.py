"""Compose the annotations in the corners of a picture: patient, study, image number, window, warnings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from workstation.dicom import display
from workstation.imaging.grey_mapping import Lut, Voi
from workstation.imaging.picture import Caption, Picture, Segment
from workstation.imaging.picture_warnings import PictureWarning, picture_warnings
from workstation.models.shown_names import SHOWN_NAMES
from workstation.models.translation import translate, translated
from workstation.widgets.annotation_painter import Line, Lines

_MOST_SEGMENTS: Final = 8
_FINE: Final = 20
"""A window narrower than this is written with decimals."""


@dataclass(frozen=True, slots=True)
class DisplayState:
    """Display state of a picture.

    Attributes:
        position: Number of the picture and count, as text.
        late: The shown picture is not yet the one of that number.
        zoom: Device-independent pixels per column of the picture.
        voi: The applied window or lookup table; None for colour.
        remark: Remark on the study, for example that images are missing; empty: none.
    """

    position: str
    late: bool
    zoom: float
    voi: Voi | None
    remark: str = ""


def corner_annotations(
    caption: Caption, picture: Picture | None, state: DisplayState
) -> tuple[Lines, Lines, Lines, Lines]:
    """Return the lines of the corners: top left, top right, bottom left, bottom right."""
    birth = _joined("  ", display.day(caption.birth_date), display.plain(caption.sex))
    number = "" if caption.series_number is None else f"{caption.series_number}"
    series = _joined("  ", number, display.plain(caption.series_description))
    study = display.plain(caption.study_description)
    top_left = _lines(display.plain(caption.patient_id), birth)
    name = SHOWN_NAMES.written(caption.name)
    if name:
        top_left = (Line(name, bold=True), *top_left)
    top_right = _lines(display.day(caption.study_date), study, series)
    remark = (Line(state.remark, warning=True),) if state.remark else ()
    if picture is None:
        return top_left, top_right, _lines(state.position), remark
    number = f"{state.position} …" if state.late else state.position
    position = translate("Image {number}", number=number) if state.position else ""
    warnings = map(_warning, picture_warnings(picture))
    bottom_right = remark + _lines(_joined("   ", f"{100 * state.zoom:.0f} %", _window(state.voi)))
    return (
        top_left,
        top_right,
        (
            *_segments(picture.segments),
            *_lines(_labelled_location(picture), _labelled_syntax(caption), position),
        ),
        (*warnings, *bottom_right),
    )


def _labelled_location(picture: Picture) -> str:
    where = picture.location
    return translate("Position {where}", where=where) if where else ""


def _labelled_syntax(caption: Caption) -> str:
    syntax = translated(caption.syntax)
    return translate("Stored: {syntax}", syntax=syntax) if syntax else ""


def _warning(warned: PictureWarning) -> Line:
    """A warning in short; its reasons are the tool tip."""
    tip = "\n".join(display.plain(translated(reason)) for reason in warned.reasons)
    return Line(display.plain(translated(warned.words)), warning=True, tip=tip)


def _segments(segments: Sequence[Segment]) -> Lines:
    """The segments, each in its recommended colour; the first ones if there are many."""
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
    fine = abs(voi.width) < _FINE  # of SUV, or of parametric maps: there, decimals count
    centre, width = (f"{value:.4g}" if fine else f"{value:.0f}" for value in (voi.centre, voi.width))
    return f"C {centre}  W {width}{name}"


def _joined(between: str, *parts: str) -> str:
    return between.join(part for part in parts if part)


def _lines(*parts: str) -> Lines:
    return tuple(Line(part) for part in parts if part)
