"""Write what a history is about, and how far its sources have answered."""

from __future__ import annotations

from collections.abc import Mapping

from workstation.dicom import display
from workstation.dicom.history_question import HistoryQuestion, Shared
from workstation.dicom.matches import LIBRARY, PatientMatch
from workstation.models.shown_names import SHOWN_NAMES
from workstation.models.source_state import Phase, SourceState
from workstation.models.translation import translate

_BETWEEN = "  ·  "


def title(question: HistoryQuestion) -> str:
    """Write what the studies have in common."""
    if question.shared is Shared.ACCESSION:
        return translate("Studies with accession number {number}", number=_isolated(question.accession))
    if question.shared is Shared.PHYSICIAN:
        name = display.isolated(SHOWN_NAMES.written(question.physician))
        return translate("Studies of today, referred by {name}", name=name)
    return translate("All studies of {patient}", patient=_identity(question.patients))


def status(
    question: HistoryQuestion, states: Mapping[str, SourceState], counts: tuple[int, int], left_out: int
) -> str:
    """Write how many studies are listed, and which sources have not answered or not all.

    Args:
        question: What was asked for.
        states: Of each source, how it stands.
        counts: Studies that are listed, and those below the heading.
        left_out: Answers that are not what was asked for.
    """
    surely, others = counts
    parts = [translate("1 study") if surely == 1 else translate("{n} studies", n=surely)]
    if others and question.shared is Shared.PATIENT:
        parts.append(translate("{n} perhaps of the same patient", n=others))
    elif others:
        parts.append(translate("{n} of other patients, or perhaps of the same", n=others))
    if left_out == 1:
        parts.append(translate("1 answer about something else left out"))
    elif left_out:
        parts.append(translate("{n} answers about something else left out", n=left_out))
    asking = [name(key) for key, one in states.items() if one.phase is Phase.SEARCHING]
    if asking:
        parts.append(translate("asking {sources}…", sources=", ".join(asking)))
    elif states:
        answered = [name(key) for key, one in states.items() if one.phase in (Phase.DONE, Phase.INCOMPLETE)]
        parts += [translate("asked: {sources}", sources=", ".join(answered))] if answered else []
    return _BETWEEN.join(parts)


def failures(states: Mapping[str, SourceState]) -> str:
    """Write which sources did not answer, or not all; empty: all did, so far."""
    lines = []
    for key, one in states.items():
        if one.phase is Phase.FAILED:
            lines.append(translate("{source} did not answer: {why}", source=name(key), why=one.message))
        elif one.phase is Phase.STOPPED:
            lines.append(translate("{source} was not asked to the end.", source=name(key)))
        elif one.phase is Phase.INCOMPLETE:
            lines.append(one.message)
    return " ".join(lines)


def name(key: str) -> str:
    """How a source is called in a sentence."""
    return translate("the library") if key == LIBRARY else _isolated(key)


def _identity(patients: tuple[PatientMatch, ...]) -> str:
    """Name, Patient ID and birth date, each as the first source that tells it does."""
    names = (display.isolated(SHOWN_NAMES.written(one.name)) for one in patients)
    parts = [next(filter(None, names), "") or translate("(no name)")]
    parts.append(next((_isolated(one.patient_id) for one in patients if one.patient_id), ""))
    parts.append(next((display.day(one.birth_date) for one in patients if one.birth_date), ""))
    return _BETWEEN.join(filter(None, parts))


def _isolated(text: str) -> str:
    return display.isolated(display.plain(text))
