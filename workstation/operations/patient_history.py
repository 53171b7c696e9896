"""Find the other studies of a patient in a source, or those of one accession number or one physician.

Archives ignore keys, or match them in their own way: every answer is compared again. Who is the same patient
is decided by :mod:`workstation.dicom.same_patient` alone, which the prefetch of priors asks, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from workstation.dicom.history_question import (
    MOST_REFERENCES,
    History,
    HistoryQuestion,
    HistoryStudy,
    Shared,
)
from workstation.dicom.matches import PatientMatch, StudyMatch
from workstation.dicom.same_patient import Agreement, compare, differences
from workstation.dicom.search_keys import SearchKeys
from workstation.dicom.text_folding import text_key
from workstation.dicom.value_readers import name_groups, read_date
from workstation.dicom.wildcards import literal_key
from workstation.errors import UserMessage
from workstation.operations.sources import Answers, Archive, Source
from workstation.stop import Stop

_OTHER_IDS = ("OtherPatientIDs", "OtherPatientIDsSequence.PatientID")
"""Where an archive tells the other Patient IDs of a patient (PS3.3 C.7.1.1)."""


def find_history(source: Source, question: HistoryQuestion, stop: Stop) -> History:
    """The studies a source has, asked for as exactly as its keys allow and compared again.

    Raises:
        WorkstationError: The source could not be asked.
        Cancelled: ``stop`` was requested.
    """
    found: dict[tuple[str, PatientMatch], StudyMatch] = {}
    incomplete, limited = False, None

    def take(answers: Answers[StudyMatch]) -> None:
        nonlocal incomplete, limited
        for match in answers:
            found.setdefault((match.study_uid, match.patient), match)
        incomplete = incomplete or answers.incomplete
        limited = limited if answers.limited is None else answers.limited

    told = _OTHER_IDS if question.shared is Shared.PATIENT else ()
    if isinstance(source, Archive):
        for keys, _ in question.queries():
            take(source.exactly(keys, stop, told))
    else:
        for criteria in dict.fromkeys(criteria for _, criteria in question.queries()):
            take(source.search(criteria, stop))
    others = _other_ids(question, found.values()) if isinstance(source, Archive) else []
    for identity in others:
        assert isinstance(source, Archive)
        take(source.exactly(SearchKeys(patient_id=literal_key(identity)), stop))
    studies = _compared(question, list(found.values()), others)
    return History(
        studies=studies, left_out=len(found) - len(studies), incomplete=incomplete, limited=limited
    )


def _other_ids(question: HistoryQuestion, answers: Iterable[StudyMatch]) -> list[str]:
    """The other Patient IDs that an archive tells of who is surely the same patient; not very many."""
    known = {one.patient_id for one in question.patients}
    told = (
        value
        for match in answers
        if match.told and _agreement(question, match).agreement is Agreement.SAME
        for path, value in match.told
        if path in _OTHER_IDS and value not in known
    )
    return list(dict.fromkeys(told))[:MOST_REFERENCES]


def _compared(
    question: HistoryQuestion, answers: Sequence[StudyMatch], others: Sequence[str]
) -> tuple[HistoryStudy, ...]:
    """The answers that are what was asked for, each with how its patient agrees.

    Who has one of the ``others``, the other Patient IDs that the archive tells, is perhaps the same.
    """
    compared = [(match, _agreement(question, match)) for match in answers]
    for at, (match, one) in enumerate(compared):
        if one.agreement is Agreement.OTHER and match.patient.patient_id in others:
            words = UserMessage("the archive tells its patient ID as another one of this patient")
            differing = differences(question.patients[0], match.patient)
            compared[at] = match, HistoryStudy(match, Agreement.PERHAPS, (*differing, words))
    of_others = {match.study_uid for match, one in compared if one.agreement is Agreement.OTHER}
    found = []
    for match, one in compared:
        if not _is_wanted(question, match, one):
            continue
        told_twice = match.study_uid != question.study_uid and match.study_uid in of_others
        if one.agreement is Agreement.SAME and told_twice:
            words = UserMessage("the same archive tells that it is of another patient")
            one = HistoryStudy(match, Agreement.PERHAPS, (words,))
        found.append(one)
    return tuple(found)


def _agreement(question: HistoryQuestion, match: StudyMatch) -> HistoryStudy:
    again = any(_is_again(one, match.patient) for one in question.patients)
    if again and match.study_uid == question.study_uid:
        return HistoryStudy(match, Agreement.SAME)
    compared = compare(question.patients, match.patient)
    return HistoryStudy(match, compared.agreement, compared.differences)


def _is_again(one: PatientMatch, other: PatientMatch) -> bool:
    """Whether an answer about the current study tells what it told before."""
    return (one.patient_id, one.issuer, one.name, one.birth_date, one.sex) == (
        other.patient_id,
        other.issuer,
        other.name,
        other.birth_date,
        other.sex,
    )


def _is_wanted(question: HistoryQuestion, match: StudyMatch, one: HistoryStudy) -> bool:
    if question.shared is Shared.ACCESSION:
        return match.accession.strip() == question.accession
    if question.shared is Shared.PHYSICIAN:
        of_day = read_date(match.date) == f"{question.day:%Y%m%d}"
        return of_day and not _names(question.physician).isdisjoint(_names(match.referring))
    return one.agreement is not Agreement.OTHER


def _names(name: str) -> set[str]:
    """A name as it stands in each component group, for comparison."""
    groups = (text_key(group.rstrip("^ ")) for group in name_groups(name))
    return {group for group in groups if group}
