"""The words for how complete a local copy is, in the one place that makes them."""

from __future__ import annotations

from workstation.dicom.completeness import Completeness, Extent
from workstation.models import texts
from workstation.models.wording import said


def state_words(state: Completeness) -> str:
    """A few words for a cell; nothing where nothing is here."""
    words = _extent_words(state)
    if not words or not state.doubtful:
        return words
    return said("{n} doubtful, {state}", n=state.doubtful, state=words)  # the end may be cut off


def _extent_words(state: Completeness) -> str:
    here, total = texts.count(state.here), state.total
    match state.extent:
        case Extent.NOTHING:
            return ""
        case Extent.COMPLETE:
            return said("Complete")
        case Extent.COUNTED:
            return said("{here} of {total}, not verified", here=here, total=texts.count(total))
        case Extent.RECEIVED:
            return said("{here} received", here=here)
        case Extent.ACCEPTED:
            return said("{here}, accepted", here=here)
        case Extent.LISTED:
            return said("{here} listed, {counted} counted", here=here, counted=state.expected)
    if total is None:
        return said("{here} here", here=here)
    return said("{here} of {total}", here=here, total=texts.count(total))


def missing_words(state: Completeness) -> str:
    """What a picture says of the study it is of, where not all of that is here; else nothing."""
    if state.extent is Extent.LISTED:
        return said("{here} images here, {counted} counted", here=state.here, counted=state.expected)
    if state.extent not in (Extent.PARTIAL, Extent.ACCEPTED):
        return ""
    if state.total is None or state.total <= state.here:
        return said("Not all images are here")
    return said("{here} of {total} images here", here=state.here, total=state.total)


def state_tip(state: Completeness) -> str:
    """A sentence or two on what is known; nothing where nothing is here."""
    return "\n".join(filter(None, (_extent_tip(state), _doubtful_tip(state.doubtful))))


def _doubtful_tip(doubtful: int) -> str:
    if not doubtful:
        return ""
    one = "1 file is doubtful: it breaks the rules of DICOM, and is kept as it came. It may be shown wrongly."
    many = (
        "{n} files are doubtful: they break the rules of DICOM, and are kept as they came. They may be shown"
        " wrongly."
    )
    return said(one) if doubtful == 1 else said(many, n=doubtful)


def _extent_tip(state: Completeness) -> str:
    match state.extent:
        case Extent.NOTHING:
            return ""
        case Extent.COMPLETE:
            return said("Every image an archive listed is here.")
        case Extent.COUNTED:
            return said("As many images are here as an archive counts. It gave no list to compare with.")
        case Extent.RECEIVED:
            if state.expected is not None:
                return said("More images are here than any archive counts. None gave a list to compare with.")
            return said("No archive told how many images there are.")
        case Extent.LISTED:
            return said(
                "Every image an archive listed is here, but it counts more. What it counts and does not list"
                " is unknown: ask its administrator."
            )
        case Extent.ACCEPTED:
            return said("You accepted what is here as all there is.")
    return said("Not all images are here. Double-click fetches the rest.")
