"""Search by keys of series, for which an archive cannot be asked at STUDY level (PS3.4 C.6.2.1).

So the studies are searched by their own keys first, then each is asked for its series, and those are
checked here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from workstation.dicom.levels import Level
from workstation.dicom.matches import StudyMatch
from workstation.dicom.other_key_matching import told_fit, untold
from workstation.dicom.other_keys import OtherKey
from workstation.dicom.uids import may_be_asked_for
from workstation.errors import OperationFailed
from workstation.operations.query_session import QuerySession

MOST_STUDIES = 100
"""Of more than these no series are asked for: each takes a query of its own."""


def with_fitting_series(session: QuerySession, studies: Iterable[StudyMatch]) -> Iterator[StudyMatch]:
    """The studies that may have a series that fits; how many could not be checked is noted.

    Raises:
        NetworkError: The association broke.
        Cancelled: Stopped.
    """
    keys = tuple(key for key in session.others if key.level is Level.SERIES)
    if not keys:
        yield from studies
        return
    found = list(studies)  # one association asks one thing at a time
    for study in found:
        fitting = _fitting(session, keys, study) if len(found) <= MOST_STUDIES else None
        if fitting is None:
            session.untold.update(key.path for key in keys)
        elif not fitting:
            continue
        else:
            fewest = min(fitting, key=len)
            session.untold.update(fewest)
        yield study


def _fitting(session: QuerySession, keys: tuple[OtherKey, ...], study: StudyMatch) -> list[list[str]] | None:
    """The keys that each series that may fit does not tell; None: not every series of the study is told."""
    if not may_be_asked_for(study.study_uid) or session.association.closed:
        return None
    before, session.incomplete = session.incomplete, False
    try:
        series = list(session.series(study.study_uid, study.patient.patient_id))
    except OperationFailed:
        series = []
    whole, session.incomplete = bool(series) and not session.incomplete, before
    return [untold(keys, one.told) for one in series if told_fit(keys, one.told)] if whole else None
