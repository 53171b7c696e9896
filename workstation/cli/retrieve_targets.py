"""What ``get`` and ``move`` fetch: what UIDs name, a whole patient, what keys find, or what a file lists."""

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
"""Studies that are fetched without ``--yes``."""


class Wanted(Protocol):
    """What is to be fetched."""

    def fetch(self, session: Session, node: Node, fetch: Fetch, done: str) -> int:
        """Fetch it, and say what came of it; the exit status. ``done``: see :func:`outcome.tell`."""
        ...


def wanted(arguments: argparse.Namespace) -> Wanted:
    """What the arguments name.

    Raises:
        BadInput: They name nothing, or cannot be understood.
        Unreadable: A file of theirs.
    """
    if arguments.batch is not None:
        from workstation.cli.batch import batch

        return batch(arguments)
    if arguments.by is not None:
        raise BadInput("option", "--by", "it needs --batch.")
    if arguments.keys:
        level = _level(arguments)
        asked = (Model.PATIENT,) if level is Level.PATIENT and not arguments.model else models(arguments)
        return _Keys(level, _keys(arguments), asked, arguments.yes)
    if arguments.level is not None:
        raise BadInput("option", "--level", "it needs a key: -k.")
    return _by_uid(arguments)


def _by_uid(arguments: argparse.Namespace) -> Wanted:
    if arguments.study is None:
        if not arguments.patient or arguments.series or arguments.instance:
            advice = "name a study: --study UID, a whole patient: --patient ID, or keys: -k."
            raise BadInput("target", "", advice)
        return _Patient(arguments.patient)
    target = Target(arguments.study, tuple(arguments.series), tuple(arguments.instance), arguments.patient)
    if arguments.model in ("patient", "patient-study") and not arguments.patient:
        raise BadInput("model", arguments.model, "it needs the patient too: --patient ID.")
    if arguments.model == "patient-study" and (target.series or target.instances):
        raise BadInput("model", arguments.model, "it knows patients and studies only.")
    return _Named(target)


def _keys(arguments: argparse.Namespace) -> Dataset:
    """What ``-k`` says, and the UIDs beside it as further keys."""
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
        raise BadInput("model", arguments.model, "it knows patients and studies only.")
    if arguments.model == "study" and level is Level.PATIENT:
        raise BadInput("model", arguments.model, "it knows no patients; use --model patient.")
    return level


@dataclass(frozen=True, slots=True)
class _Named:
    target: Target

    def fetch(self, session: Session, node: Node, fetch: Fetch, done: str) -> int:
        from workstation.cli.outcome import tell

        return tell(session.output, fetch(self.target), done)


@dataclass(frozen=True, slots=True)
class _Patient:
    patient_id: str

    def fetch(self, session: Session, node: Node, fetch: Fetch, done: str) -> int:
        from workstation.cli.outcome import tell
        from workstation.cli.output import printable
        from workstation.operations.patient_retrieve import retrieve_patient

        def remark(message: str) -> None:
            session.output.remark(printable(message))

        outcome = retrieve_patient(
            node, self.patient_id, fetch, session.stop, observer=session.observer, remark=remark
        )
        return tell(session.output, outcome, done)


@dataclass(frozen=True, slots=True)
class _Keys:
    level: Level
    keys: Dataset
    models: tuple[Model, ...]
    yes: bool

    def fetch(self, session: Session, node: Node, fetch: Fetch, done: str) -> int:
        from workstation.cli.several_studies import tell_others
        from workstation.operations.selection import select

        output = session.output
        selection = select(
            node, self.level, self.keys, session.stop, models=self.models, observer=session.observer
        )
        tell_others(output, selection)
        if selection.incomplete:
            output.error(f"{node.label} stopped before it had told everything.")
        requests = selection.requests
        if not requests and any(answer.nameless for answer in selection.others):
            output.error("Nothing of what was found can be asked for.")
            return 1
        if not requests:
            raise NoSuchStudy(node.label, self.level.value.lower())
        if len(requests) > MOST and not self.yes:
            raise TooMany(len(requests), MOST)
        return self._each(session, requests, fetch, done, whole=not selection.incomplete)

    def _each(
        self, session: Session, requests: list[SelectionRequest], fetch: Fetch, done: str, *, whole: bool
    ) -> int:
        from workstation.cli.outcome import as_object, explain, in_words
        from workstation.cli.several_studies import Total, fetch_parts, guarded

        output, total = session.output, Total()
        for number, request in enumerate(requests, 1):
            outcome = guarded(total, partial(fetch_parts, fetch, request.targets))
            if outcome is None:
                break
            if output.json:
                output.value({"study": request.study} | as_object(outcome))
            else:
                named = f"{number}/{len(requests)} {request.study}: "
                output.result(f"{named}{in_words(outcome, done)}.")
            explain(output, outcome, done)
            if session.stop.requested:
                break
        if total.error is not None:
            output.known_error(total.error)
        summed = total.sum(whole=whole and len(total.outcomes) == len(requests))
        if output.json:
            output.value({"studies": len(requests)} | as_object(summed))
        elif len(requests) > 1:
            output.result(f"{len(requests)} studies ({total.counted()}). {in_words(summed, done)}.")
        return 0 if summed.end.good else 1
