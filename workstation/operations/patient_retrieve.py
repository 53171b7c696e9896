"""Retrieve all studies of a patient: query them, then fetch them one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from workstation.dicom.criteria import Criteria
from workstation.dicom.matches import StudyMatch
from workstation.dicom.nodes import Node
from workstation.dicom.outcomes import End, Failure, Outcome
from workstation.dicom.targets import Target
from workstation.dicom.uids import may_be_asked_for
from workstation.errors import NoSuchStudy, UserMessage, WorkstationError
from workstation.network.trace import Observer
from workstation.operations.held_associations import HeldAssociations
from workstation.operations.sources import Archive
from workstation.stop import Stop

Fetch = Callable[[Target], Outcome]
"""Fetches one study."""


def retrieve_patient(
    node: Node,
    patient_id: str,
    fetch: Fetch,
    stop: Stop,
    *,
    observer: Observer | None = None,
    remark: Callable[[UserMessage], object] = lambda _: None,
    held: HeldAssociations | None = None,
) -> Outcome:
    """Fetch all studies of a patient (PS3.4 C.4.2.2.1 knows PATIENT level too, but not all archives do).

    Args:
        node: The archive.
        patient_id: The ID, to the letter.
        fetch: What to do for each study.
        stop: Ends it between and within studies.
        observer: Called with every message.
        remark: Called with the number of answers about other patients; their studies are not fetched.
        held: The associations that are held.

    Returns:
        The studies' outcomes put together; a study that failed leaves it partial.

    Raises:
        NoSuchStudy: The archive has no study of this patient.
        WorkstationError: The query failed, or nothing came of any study.
    """
    answers = Archive(node, observer=observer, held=held).search(Criteria(patient_id=patient_id), stop)
    found = list(answers)
    studies = [study for study in found if study.patient.patient_id == patient_id]
    _remark_others(remark, len(found) - len(studies) + len(answers.mismatches), patient_id)
    targets = [
        Target(study.study_uid, patient_id=patient_id, modalities=study.modalities)
        for study in studies
        if may_be_asked_for(study.study_uid)
    ]
    if not studies:
        raise NoSuchStudy(node.label, "patient")
    outcomes = [_unusable(study) for study in studies if not may_be_asked_for(study.study_uid)]
    failure: WorkstationError | None = None
    for target in targets:
        try:
            outcomes.append(fetch(target))
        except WorkstationError as error:
            failure = error
        if stop.requested:
            break
    if not outcomes and failure is not None:
        raise failure
    together = put_together(outcomes)
    if failure is None:
        return together
    return replace(together, end=End.PARTIAL, verified=False, message=failure.message)


def _remark_others(remark: Callable[[UserMessage], object], number: int, patient_id: str) -> None:
    if number == 1:
        remark(UserMessage("1 answer does not look like “{typed}”: not fetched.", typed=patient_id))
    elif number:
        words = "{n} answers do not look like “{typed}”: not fetched."
        remark(UserMessage(words, n=number, typed=patient_id))


def _unusable(study: StudyMatch) -> Outcome:
    """The outcome of a study that cannot be asked for: all of it is missing."""
    uid = study.study_uid
    failure = Failure(uid, None, study.fault)
    return Outcome(
        end=End.FAILED,
        verified=False,
        expected=study.instances,
        received=0,
        missing=(uid,),
        failed=(failure,),
        message=study.fault,
    )


def put_together(outcomes: list[Outcome]) -> Outcome:
    """The outcomes of several retrieves as one."""
    ends = {outcome.end for outcome in outcomes}
    end = End.FAILED if ends == {End.FAILED} else End.PARTIAL
    if ends and all(one.good for one in ends):
        end = End.COMPLETE if ends == {End.COMPLETE} else End.RECEIVED
    if End.CANCELLED in ends:
        end = End.CANCELLED
    counts = [outcome.expected for outcome in outcomes]
    return Outcome(
        end=end,
        verified=bool(outcomes) and all(outcome.verified for outcome in outcomes),
        expected=None if None in counts or not counts else sum(count or 0 for count in counts),
        received=sum(outcome.received for outcome in outcomes),
        missing=tuple(uid for outcome in outcomes for uid in outcome.missing),
        failed=tuple(failure for outcome in outcomes for failure in outcome.failed),
        bytes=sum(outcome.bytes for outcome in outcomes),
        seconds=round(sum(outcome.seconds for outcome in outcomes), 3),
        message=" ".join(outcome.message for outcome in outcomes if outcome.message),
        interrupted=any(outcome.interrupted for outcome in outcomes),
        accepted=any(outcome.accepted for outcome in outcomes),
        unasked=sum(outcome.unasked for outcome in outcomes),
        doubtful=sum(outcome.doubtful for outcome in outcomes),
    )
