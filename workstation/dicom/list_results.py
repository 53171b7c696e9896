"""Judge what sources answered about each entry of a list: one study, several, none, or not known.

Window and command line decide it here. An answer counts only if it carries the very value that was asked for:
archives ignore keys, and match more widely than equal values (PS3.4 C.2.2.2.1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from workstation.dicom import display
from workstation.dicom.csv_export import Cell
from workstation.dicom.identity_claim import IdentityClaim, claim_of
from workstation.dicom.list_entries import ListEntry
from workstation.dicom.matches import LIBRARY, OPENED, SOUND, Domain, StudyMatch
from workstation.dicom.name_pattern import name_pattern
from workstation.dicom.pasted_list import ColumnUse
from workstation.dicom.uids import is_placeholder_uid, may_be_asked_for
from workstation.dicom.value_readers import read_date
from workstation.errors import UserMessage


class EntryState(StrEnum):
    """What was found of an entry."""

    NOT_ASKED = "not asked"
    ONE = "one"
    SEVERAL = "several"
    NOT_FOUND = "not found"
    OTHERS = "answered others"
    """Answers came, and none of them carries the value."""
    FAILED = "failed"
    INVALID = "invalid"
    """It cannot be asked for."""


class Check(StrEnum):
    """Whether what the list says besides agrees with the answer."""

    NOTHING = ""
    AGREES = "agrees"
    UNKNOWN = "not comparable"
    """One of them does not tell it, or it cannot be read."""
    DIFFERS = "differs"


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueAnswer:
    """What a source answered about a value.

    Attributes:
        hits: The answers that carry the value.
        others: How many do not.
        cut_off: There are more answers than these.
        error: Why it could not answer, as a message; empty: it did.
    """

    source: str
    value: str
    hits: tuple[StudyMatch, ...] = ()
    others: int = 0
    cut_off: bool = False
    error: UserMessage = SOUND


@dataclass(frozen=True, slots=True)
class FoundStudy:
    """A study, with what each source told of it."""

    matches: tuple[StudyMatch, ...]

    @property
    def uid(self) -> str:
        """Its Study Instance UID."""
        return self.matches[0].study_uid

    @property
    def best(self) -> StudyMatch:
        """What the first source told of it."""
        return self.matches[0]

    @property
    def sources(self) -> tuple[str, ...]:
        """Who told of it."""
        return tuple(dict.fromkeys(match.source for match in self.matches))

    @property
    def images(self) -> int | None:
        """How many images the source that counts most counts, archives before the library; None: unknown."""
        archives = [match for match in self.matches if match.source != LIBRARY]
        counts = [match.instances for match in archives or self.matches if match.instances is not None]
        return max(counts, default=None)

    @property
    def fetchable(self) -> bool:
        """Whether an archive told of it, and can be asked for it."""
        return may_be_asked_for(self.uid) and any(source not in (LIBRARY, OPENED) for source in self.sources)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryResult:
    """What is known of an entry.

    Attributes:
        studies: Those found, each once.
        patients: How many patients they are of, as far as can be told.
        others: How many answers did not carry the value.
        reason: Of the state, as a message; it may be empty.
        check: The worst of its studies.
        differing: What the list says and an answer says otherwise.
    """

    entry: ListEntry
    state: EntryState
    studies: tuple[FoundStudy, ...] = ()
    patients: int = 0
    others: int = 0
    reason: UserMessage = SOUND
    check: Check = Check.NOTHING
    differing: tuple[ColumnUse, ...] = ()

    @property
    def fetchable(self) -> bool:
        """Whether it is one, nothing contradicts, and it can be fetched."""
        if self.state is not EntryState.ONE or self.check not in (Check.NOTHING, Check.AGREES):
            return False
        return all(study.fetchable for study in self.studies)


def carries(key: ColumnUse, value: str, study: StudyMatch) -> bool:
    """Whether an answer is about the very value; blanks around it mean nothing (PS3.5 6.2)."""
    told = {
        ColumnUse.STUDY_UID: study.study_uid,
        ColumnUse.ACCESSION: study.accession,
        ColumnUse.PATIENT_ID: study.patient.patient_id,
    }
    return told[key].strip() == value


def entry_result(
    entry: ListEntry, sources: Sequence[str], answers: Mapping[str, ValueAnswer], *, by_patient: bool = False
) -> EntryResult:
    """Judge an entry.

    Args:
        entry: The entry.
        sources: Who is to be asked.
        answers: By source, what was answered.
        by_patient: One patient counts as one, with all studies.
    """
    if entry.fault:
        return EntryResult(entry=entry, state=EntryState.INVALID, reason=entry.fault)
    if not answers and sources:
        return EntryResult(entry=entry, state=EntryState.NOT_ASKED)
    told = [answers[source] for source in sources if source in answers]
    studies = _studies([match for answer in told for match in answer.hits])
    patients = _patient_count(studies)
    state, reason = _state(patients if by_patient else len(studies), patients, sources, told)
    check, differing = checked(entry, studies)
    return EntryResult(
        entry=entry,
        state=state,
        studies=studies,
        patients=patients,
        others=sum(answer.others for answer in told),
        reason=reason,
        check=check,
        differing=differing,
    )


def _state(
    found: int, patients: int, sources: Sequence[str], told: Sequence[ValueAnswer]
) -> tuple[EntryState, UserMessage]:
    """Several is certain whoever answers else; one, or none, only once all have answered."""
    if found > 1:
        apart = UserMessage("perhaps of different patients") if patients > 1 else SOUND
        return EntryState.SEVERAL, apart
    if len(told) < len(sources):
        return EntryState.NOT_ASKED, SOUND
    failed = [_failure(answer) for answer in told if answer.error or answer.cut_off]
    if failed:
        return EntryState.FAILED, UserMessage.joined(" ", failed)
    if found == 1:
        return EntryState.ONE, SOUND
    others = [answer.source for answer in told if answer.others]
    if others:
        words = UserMessage("{source} answered other values only", source=", ".join(others))
        return EntryState.OTHERS, words
    return EntryState.NOT_FOUND, SOUND


def _failure(answer: ValueAnswer) -> UserMessage:
    if answer.error:
        return answer.error
    return UserMessage("{source} did not send all answers.", source=answer.source)


# --- Which answers are one study, and one patient --------------------------------------------------------


def _studies(matches: Sequence[StudyMatch]) -> tuple[FoundStudy, ...]:
    """The studies, by UID; what tells of two patients under one UID is two."""
    found: dict[str, list[list[StudyMatch]]] = {}
    for match in matches:
        claim = _claim(match)
        groups = found.setdefault(match.study_uid, [])
        own = next((group for group in groups if all(claim.fits(_claim(one)) for one in group)), None)
        if own is None:
            groups.append([match])
        elif match not in own:
            own.append(match)
    return tuple(FoundStudy(tuple(group)) for groups in found.values() for group in groups)


@dataclass(slots=True)
class _Patient:
    """One patient, by all that was told."""

    domains: set[tuple[Domain, str]]
    claims: list[IdentityClaim]

    def may_be(self, other: _Patient) -> bool:
        """Whether both are of one domain, and nothing contradicts."""
        if self.domains.isdisjoint(other.domains):
            return False
        return all(one.fits(two) for one in self.claims for two in other.claims)


def _patient_count(studies: Sequence[FoundStudy]) -> int:
    """How many patients these are: a Patient ID counts within its domain only."""
    patients: list[_Patient] = []
    for study in studies:
        claims = list(dict.fromkeys(map(_claim, study.matches)))
        one = _Patient({(claim.domain, "\\".join(claim.patient_id)) for claim in claims}, claims)
        apart = []
        for other in patients:
            if one.may_be(other):
                fresh = [claim for claim in other.claims if claim not in one.claims]
                one = _Patient(one.domains | other.domains, [*one.claims, *fresh])
            else:
                apart.append(other)
        patients = [*apart, one]
    return len(patients)


def _claim(match: StudyMatch) -> IdentityClaim:
    return claim_of(match.patient, match.study_uid)


# --- What the list says besides --------------------------------------------------------------------------

_ORDER = tuple(Check)


def checked(entry: ListEntry, studies: Sequence[FoundStudy]) -> tuple[Check, tuple[ColumnUse, ...]]:
    """Whether the list agrees with all of these, and what it says otherwise than one of them."""
    worst, differing = Check.NOTHING, list[ColumnUse]()
    for use, wanted in entry.checks:
        for study in studies:
            check = _check(use, wanted, study)
            worst = max(worst, check, key=_ORDER.index)
            if check is Check.DIFFERS and use not in differing:
                differing.append(use)
    return worst, tuple(differing)


def _check(use: ColumnUse, wanted: str, study: FoundStudy) -> Check:
    told = [value for match in study.matches if (value := _told(use, match))]
    if not told or not wanted or (use is ColumnUse.BIRTH_DATE and read_date(wanted) != wanted):
        return Check.UNKNOWN
    agreeing = {_AGREES[use](wanted, value) for value in told}
    if False in agreeing:
        return Check.DIFFERS
    return Check.UNKNOWN if None in agreeing else Check.AGREES


def _told(use: ColumnUse, match: StudyMatch) -> str:
    told = {
        ColumnUse.BIRTH_DATE: match.patient.birth_date,
        ColumnUse.NAME: match.patient.name.strip("^= "),
        ColumnUse.PATIENT_ID: match.patient.patient_id,
        ColumnUse.ACCESSION: match.accession,
    }
    return told[use].strip()


_AGREES: dict[ColumnUse, Callable[[str, str], bool | None]] = {
    ColumnUse.BIRTH_DATE: lambda wanted, told: read_date(told) == wanted,
    ColumnUse.NAME: lambda wanted, told: name_pattern(wanted).names(told),
    ColumnUse.PATIENT_ID: str.__eq__,
    ColumnUse.ACCESSION: str.__eq__,
}


# --- For other programs ----------------------------------------------------------------------------------

FIELDS = (
    *("line", "entry", "key", "state", "reason", "check", "differs", "patient_name", "patient_id"),
    *("issuer_of_patient_id", "birth_date", "accession_number", "study_date", "study_description"),
    *("modalities", "images", "sources", "study_instance_uid"),
)
"""Of a record, in the order of columns."""


def records(key: ColumnUse, result: EntryResult) -> list[dict[str, Cell]]:
    """An entry as it is exported: a record for each study with its own checks, one if none was found."""
    own = entry_record(key, result)
    return [own | study_record(study, result.entry) for study in result.studies] or [own]


def entry_record(key: ColumnUse, result: EntryResult) -> dict[str, Cell]:
    """What is exported of an entry itself."""
    return {
        "line": result.entry.line,
        "entry": result.entry.value,
        "key": key.value,
        "state": result.state.value,
        "reason": str(result.reason),
        **_check_record(result.check, result.differing),
    }


def _check_record(check: Check, differing: Sequence[ColumnUse]) -> dict[str, Cell]:
    return {"check": check.value, "differs": " ".join(use.value for use in differing)}


def study_record(study: FoundStudy, entry: ListEntry) -> dict[str, Cell]:
    """What is exported of a study that was found of an entry."""
    best = study.best
    return {
        **_check_record(*checked(entry, [study])),
        "patient_name": best.patient.name,
        "patient_id": best.patient.patient_id,
        "issuer_of_patient_id": best.patient.issuer,
        "birth_date": display.day(best.patient.birth_date),
        "accession_number": best.accession,
        "study_date": display.day(best.date),
        "study_description": best.description,
        "modalities": " ".join(best.modalities),
        "images": study.images,
        "sources": ", ".join(study.sources),
        "study_instance_uid": "" if is_placeholder_uid(study.uid) else study.uid,
    }
