"""Find what ``get`` and ``move`` are to fetch: by UIDs, by patient, by query keys, or from a batch file."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from workstation.cli.arguments import models
from workstation.dicom.levels import Level, Model
from workstation.dicom.targets import Target
from workstation.errors import BadInput, NoSuchStudy, TooMany

if TYPE_CHECKING:
    from pydicom import Dataset

    from workstation.cli.session import Session
    from workstation.dicom.nodes import Node
    from workstation.operations.patient_retrieve import Fetch
    from workstation.operations.selection import SelectionRequest

MOST = 20
"""Largest number of studies fetched without ``--yes``."""


class RetrieveRequest(Protocol):
    """The studies to fetch."""

    def fetch(self, session: Session, node: Node, fetch: Fetch, done: str) -> int:
        """Fetch, print the outcome, return the exit status. ``done``: see :func:`outcome.report_outcome`."""
        ...


def retrieve_request(arguments: argparse.Namespace) -> RetrieveRequest:
    """Build the request from the arguments.

    Raises:
        BadInput: They name nothing, or are not valid.
        Unreadable: The batch file cannot be read.
    """
    if arguments.batch is not None:
        from workstation.cli.batch import read_batch

        return read_batch(arguments)
    if arguments.by is not None:
        raise BadInput("option", "--by", "it needs --batch.")
    if arguments.keys:
        level = _level(arguments)
        asked = (Model.PATIENT,) if level is Level.PATIENT and not arguments.model else models(arguments)
        return _KeySelection(level, _keys(arguments), asked, arguments.yes)
    if arguments.level is not None:
        raise BadInput("option", "--level", "it needs a key: -k.")
    return _by_uid(arguments)


def asks_several(arguments: argparse.Namespace) -> bool:
    """Whether the arguments lead to more than one query."""
    return arguments.batch is not None or bool(arguments.keys) or arguments.study is None


def _by_uid(arguments: argparse.Namespace) -> RetrieveRequest:
    if arguments.study is None:
        if not arguments.patient or arguments.series or arguments.instance:
            advice = "name a study: --study UID, a whole patient: --patient ID, or keys: -k."
            raise BadInput("target", "", advice)
        return _WholePatient(arguments.patient)
    target = Target(arguments.study, tuple(arguments.series), tuple(arguments.instance), arguments.patient)
    if arguments.model in ("patient", "patient-study") and not arguments.patient:
        raise BadInput("model", arguments.model, "it needs the patient too: --patient ID.")
    if arguments.model == "patient-study" and (target.series or target.instances):
        raise BadInput("model", arguments.model, "it has the levels patient and study only.")
    return _SingleTarget(target)


def _keys(arguments: argparse.Namespace) -> Dataset:
    """The keys of ``-k``, and of the options that name UIDs."""
    from pydicom import Dataset

    from workstation.dicom.query_keys import add_key

    named = {
        "PatientID": [arguments.patient] if arguments.patient else [],
        "StudyInstanceUID": [arguments.study] if arguments.study else [],
        "SeriesInstanceUID": arguments.series,
        "SOPInstanceUID": arguments.instance,
    }
    found = Dataset()
    for keyword, values in named.items():
        if values:
            add_key(found, f"{keyword}={chr(92).join(values)}")
    for key in arguments.keys:
        add_key(found, key)
    if "QueryRetrieveLevel" in found:
        raise BadInput("key", "QueryRetrieveLevel", "use --level.")
    return found


def _level(arguments: argparse.Namespace) -> Level:
    level = Level((arguments.level or "study").upper())
    if arguments.model == "patient-study" and level not in (Level.PATIENT, Level.STUDY):
        raise BadInput("model", arguments.model, "it has the levels patient and study only.")
    if arguments.model == "study" and level is Level.PATIENT:
        raise BadInput("model", arguments.model, "it has no patient level; use --model patient.")
    return level


@dataclass(frozen=True, slots=True)
class _SingleTarget:
    target: Target

    def fetch(self, session: Session, node: Node, fetch: Fetch, done: str) -> int:
        from workstation.cli.outcome import report_outcome

        return report_outcome(session.output, fetch(self.target), done)


@dataclass(frozen=True, slots=True)
class _WholePatient:
    patient_id: str

    def fetch(self, session: Session, node: Node, fetch: Fetch, done: str) -> int:
        from workstation.cli.outcome import report_outcome
        from workstation.cli.output import printable
        from workstation.operations.patient_retrieve import retrieve_patient

        def remark(message: str) -> None:
            session.output.remark(printable(message))

        outcome = retrieve_patient(
            node,
            self.patient_id,
            fetch,
            session.stop,
            observer=session.observer,
            remark=remark,
            held=session.held,
        )
        return report_outcome(session.output, outcome, done)


@dataclass(frozen=True, slots=True)
class _KeySelection:
    level: Level
    keys: Dataset
    models: tuple[Model, ...]
    yes: bool

    def fetch(self, session: Session, node: Node, fetch: Fetch, done: str) -> int:
        from workstation.cli.several_studies import list_mismatches
        from workstation.operations.selection import select

        output = session.output
        selection = select(
            node,
            self.level,
            self.keys,
            session.stop,
            models=self.models,
            observer=session.observer,
            held=session.held,
        )
        list_mismatches(output, selection)
        if selection.incomplete:
            output.error(f"{node.label} did not send all answers.")
        requests = selection.requests
        if not requests and any(answer.nameless for answer in selection.others):
            output.error("None of the answers can be asked for.")
            return 1
        if not requests:
            raise NoSuchStudy(node.label, self.level.value.lower())
        if len(requests) > MOST and not self.yes:
            raise TooMany(len(requests), MOST)
        return self._each(session, requests, fetch, done, whole=not selection.incomplete)

    def _each(
        self, session: Session, requests: list[SelectionRequest], fetch: Fetch, done: str, *, whole: bool
    ) -> int:
        from workstation.cli.outcome import as_object, report_failures, summary
        from workstation.cli.several_studies import Total, fetch_next, fetch_parts

        output, total = session.output, Total()
        for number, request in enumerate(requests, 1):
            outcome = fetch_next(total, partial(fetch_parts, fetch, request.targets))
            if outcome is None:
                break
            if output.json:
                output.value({"study": request.study} | as_object(outcome))
            else:
                named = f"{number}/{len(requests)} {request.study}: "
                output.result(f"{named}{summary(outcome, done)}.")
            report_failures(output, outcome, done)
            if session.stop.requested:
                break
        if total.error is not None:
            output.known_error(total.error)
        summed = total.sum(whole=whole and len(total.outcomes) == len(requests))
        if output.json:
            output.value({"studies": len(requests)} | as_object(summed))
        elif len(requests) > 1:
            output.result(f"{len(requests)} studies ({total.counted()}). {summary(summed, done)}.")
        return 0 if summed.end.good else 1
