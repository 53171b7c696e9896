"""Write how complete a local copy is; no other file does."""

from __future__ import annotations

from workstation.dicom import display
from workstation.dicom.completeness import Completeness, Extent
from workstation.models.translation import translate


def state_words(state: Completeness) -> str:
    """A few words for a cell; nothing where nothing is here."""
    words = _extent_words(state)
    if not words or not state.doubtful:
        return words
    return translate("{n} doubtful, {state}", n=state.doubtful, state=words)  # the end may be cut off


def _extent_words(state: Completeness) -> str:
    here, total = display.count(state.here), state.total
    match state.extent:
        case Extent.NOTHING:
            return ""
        case Extent.COMPLETE:
            return translate("Complete")
        case Extent.COUNTED:
            return translate("{here} of {total}, not verified", here=here, total=display.count(total))
        case Extent.RECEIVED:
            return translate("{here} received", here=here)
        case Extent.ACCEPTED:
            return translate("{here}, accepted", here=here)
        case Extent.LISTED:
            return translate("{here} listed, {counted} counted", here=here, counted=state.expected)
    if total is None:
        return translate("{here} here", here=here)
    return translate("{here} of {total}", here=here, total=display.count(total))


def missing_words(state: Completeness) -> str:
    """What a picture says of the study it is of, where not all of that is here; else nothing."""
    if state.extent is Extent.LISTED:
        return translate("{here} images here, {counted} counted", here=state.here, counted=state.expected)
    if state.extent not in (Extent.PARTIAL, Extent.ACCEPTED):
        return ""
    if state.total is None or state.total <= state.here:
        return translate("Not all images are here")
    return translate("{here} of {total} images here", here=state.here, total=state.total)


def state_tip(state: Completeness) -> str:
    """A message or two on what is known; nothing where nothing is here."""
    return "\n".join(filter(None, (_extent_tip(state), _doubtful_tip(state.doubtful))))


def _doubtful_tip(doubtful: int) -> str:
    if not doubtful:
        return ""
    one = "1 file is doubtful: it breaks the rules of DICOM, and is kept as it came. It may be shown wrongly."
    many = (
        "{n} files are doubtful: they break the rules of DICOM, and are kept as they came. They may be shown"
        " wrongly."
    )
    return translate(one) if doubtful == 1 else translate(many, n=doubtful)


def _extent_tip(state: Completeness) -> str:
    match state.extent:
        case Extent.NOTHING:
            return ""
        case Extent.COMPLETE:
            return translate("Every image an archive listed is here.")
        case Extent.COUNTED:
            return translate("As many images are here as an archive counts. It gave no list to compare with.")
        case Extent.RECEIVED:
            if state.expected is not None:
                return translate(
                    "More images are here than any archive counts. None gave a list to compare with."
                )
            return translate("No archive told how many images there are.")
        case Extent.LISTED:
            return translate(
                "Every image an archive listed is here, but it counts more. What it counts and does not list"
                " is unknown: ask its administrator."
            )
        case Extent.ACCEPTED:
            return translate("You accepted what is here as all there is.")
    return translate("Not all images are here. Double-click fetches the rest.")
