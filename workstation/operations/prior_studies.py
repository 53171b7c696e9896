"""Find the earlier studies of a patient in an archive, by a rule; every answer is checked again."""

from __future__ import annotations

from workstation.dicom.levels import Level
from workstation.dicom.matches import StudyMatch
from workstation.dicom.nodes import Node
from workstation.dicom.prior_rule import Likeness, PriorRule
from workstation.dicom.priors import (
    Content,
    earlier_studies,
    is_alike,
    may_be_looked_for,
)
from workstation.network.exchange import Kind
from workstation.network.exchanges import recorded
from workstation.network.trace import Observer
from workstation.operations.held_associations import HeldAssociations
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.query_session import QuerySession, open_query_session
from workstation.stop import Stop

MAX_LOOKED_AT = 20
"""Earlier studies whose series are asked for, where archives tell too little of studies."""


def find_priors(
    node: Node,
    study: StudyMatch,
    rule: PriorRule,
    stop: Stop,
    *,
    quirks: NodeQuirks | None = None,
    observer: Observer | None = None,
    held: HeldAssociations | None = None,
) -> list[StudyMatch]:
    """The earlier studies of the same patient that fit the rule, the newest first.

    Args:
        node: The archive.
        study: As that archive answered it.
        rule: Which are wanted.
        stop: Ends it.
        quirks: What is known of nodes.
        observer: Called with every message.
        held: The associations that are held: one of them is used, or makes way.

    Raises:
        WorkstationError: The archive could not be asked.
        Cancelled: ``stop`` was requested.
    """
    if not may_be_looked_for(study.patient):
        return []
    with (
        recorded(Kind.SEARCH, observer, node.label, node) as told,
        open_query_session(node, quirks or NodeQuirks(), stop, observer=told, held=held) as session,
    ):
        values = {"PatientID": study.patient.patient_id}
        answers = list(session.rows(Level.STUDY, values, StudyMatch))
        priors = earlier_studies(rule, study, answers)
        if rule.likeness is Likeness.ANY or not priors:
            return priors[: rule.studies]
        own, found = _content(session, study, rule), list[StudyMatch]()
        for prior in priors[:MAX_LOOKED_AT]:
            if is_alike(rule, own, _content(session, prior, rule)):
                found.append(prior)
            if len(found) == rule.studies:
                break
    return found


def _content(session: QuerySession, study: StudyMatch, rule: PriorRule) -> Content:
    """What was examined; its series are asked for where the answer about the study does not tell it."""
    if rule.likeness is Likeness.MODALITY and study.modalities:
        return Content(frozenset(study.modalities))
    series = list(session.series(study.study_uid, study.patient.patient_id))
    return Content(
        frozenset(one.modality for one in series if one.modality),
        frozenset(one.body_part.strip().upper() for one in series if one.body_part.strip()),
    )
