"""Write and mark how many images there are and how many of them are here: one column for both."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import QLocale

from workstation.dicom import display
from workstation.dicom.completeness import Extent
from workstation.dicom.levels import Level
from workstation.dicom.matches import OPENED
from workstation.models.completeness import state_tip, state_words
from workstation.models.dates import moment_words
from workstation.models.rows import Local, Row
from workstation.models.translation import translate

_IN_PART = (Extent.PARTIAL, Extent.ACCEPTED, Extent.LISTED)


class StateMark(StrEnum):
    """What is drawn beside a number of images.

    PARTIAL: not all is here. KNOWN: all we know of is here, but no list proves that it is all, or the user
    accepted it. VERIFIED: every image of a list is here. DOUBTFUL: a file of it breaks the rules of DICOM.
    """

    NONE = "none"
    PARTIAL = "partial"
    KNOWN = "known"
    VERIFIED = "verified"
    DOUBTFUL = "doubtful"


def images(row: Row) -> str:
    """Write how many images there are, and how many more than before: "348 / 372 +24"."""
    growth = grown(row)
    return f"{number_of_images(row)} +{_count(growth)}" if growth else number_of_images(row)


def images_writings(row: Row) -> tuple[str, ...]:
    """The ways to write :func:`images`, the widest first, of a row that has grown; else none.

    The last but one still says that there are more; a number that is cut off would be a wrong one.
    """
    growth = grown(row)
    if not growth:
        return ()
    since = min(one.since for one in row.recounts.values() if one.growth == growth)
    wide = translate("+{n} since {moment}", n=_count(growth), moment=moment_words(since))
    return (
        f"{number_of_images(row)}  {wide}",
        images(row),
        f"{number_of_images(row)}+",
        number_of_images(row),
    )


def grown(row: Row) -> int:
    """How many more images an archive counts than before, at most; 0: none does."""
    return max((one.growth for one in row.recounts.values() if one.growth > 0), default=0)


def number_of_images(row: Row) -> str:
    """Write how many images there are; where some are missing, how many of them are here."""
    if row.level is Level.IMAGE or (row.level is Level.PATIENT and not row.searched):
        return ""
    if row.level is Level.PATIENT:
        return _count(row.instances)
    state = row.state
    if opened := _opened_beyond(row):
        return f"{_count(state.here)} / {_count(max(opened, state.total or 0))}"
    if state.extent in _IN_PART and state.here != state.total:
        return f"{_count(state.here)} / {_count(state.total)}"
    if state.extent is Extent.NOTHING:
        return _count(row.instances)
    return _count(max(state.here, row.instances or 0))


def state_mark(row: Row) -> StateMark:
    """Tell what is drawn beside it."""
    if row.error or row.level is Level.PATIENT:
        return StateMark.NONE
    if row.level is Level.IMAGE:
        return StateMark.VERIFIED if row.local is Local.HERE else StateMark.NONE
    state = row.state
    if state.extent is Extent.NOTHING:
        return StateMark.NONE
    if state.extent is Extent.PARTIAL or _opened_beyond(row):
        return StateMark.PARTIAL
    if state.doubtful:
        return StateMark.DOUBTFUL
    return StateMark.VERIFIED if state.verified else StateMark.KNOWN


def share_here(row: Row) -> float | None:
    """Tell which share of a row's images is here, from 0 to 1; None: nothing is missing, or nothing here.

    Where it is unknown how many there are, it is 0.
    """
    if state_mark(row) is not StateMark.PARTIAL:
        return None
    state = row.state
    total = max(_opened_beyond(row), state.total or 0)
    return min(1.0, state.here / total) if total else 0.0


def state_of(row: Row) -> str:
    """How complete the local copy of a study or series is, in a few words; nothing where nothing is here."""
    if opened := _opened_beyond(row):
        return translate("{here} of {opened} opened", here=_count(row.held), opened=_count(opened))
    return state_words(row.state)


def spoken(row: Row) -> str:
    """The number and the state in words, for a screen reader."""
    if row.level is Level.IMAGE:
        return translate("Here") if row.local is Local.HERE else ""
    growth = grown(row)
    more = translate("{n} more than before", n=_count(growth)) if growth else ""
    return ". ".join(filter(None, (number_of_images(row), _words(row), more)))


def images_tip(row: Row) -> str:
    """The state in words and what is known, a message each; nothing where nothing is here."""
    if row.level is Level.IMAGE:
        return spoken(row)
    if row.level is Level.PATIENT:
        return ""
    more = translate("More images were opened than the library has.") if _opened_beyond(row) else ""
    lines = (state_of(row), more or state_tip(row.state), *_recount_tips(row))
    return "\n".join(filter(None, lines))


def _recount_tips(row: Row) -> list[str]:
    """What each archive counted before, and when it counted again."""
    found = []
    for source, one in row.recounts.items():
        words = "{archive} counted again at {told}: {now}, as before."
        if one.growth > 0:
            words = "{archive} counted {more} more at {told}: {now}; it was {before} at {since}."
        elif one.growth < 0:
            words = "{archive} counted fewer at {told}: {now}; it was {before} at {since}."
        facts = {"more": _count(one.growth), "now": _count(one.now), "before": _count(one.before)}
        moments = {"told": moment_words(one.told), "since": moment_words(one.since)}
        found.append(translate(words, archive=display.plain(source), **facts, **moments))
    return found


def _words(row: Row) -> str:
    return "" if row.level is Level.PATIENT else state_of(row)


def _opened_beyond(row: Row) -> int:
    """How many images of a row the user opened, if the library has some of it, but fewer; else 0."""
    if OPENED not in row.matches or not row.held:
        return 0
    opened = row.count_by(OPENED) or 0
    return opened if opened > row.held else 0


def _count(value: int | None) -> str:
    return display.ABSENT if value is None else QLocale().toString(value)
