"""``workstation get``: fetch by C-GET (what ``getscu`` does, and sees that all of it came)."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from workstation.cli.arguments import node_options, target_options
from workstation.dicom.levels import Model
from workstation.dicom.nodes import Node, Retrieve
from workstation.dicom.targets import Outcome, Target
from workstation.dicom.uids import is_uid
from workstation.errors import BadInput

if TYPE_CHECKING:
    from workstation.cli.session import Session
    from workstation.operations.patients import Fetch
    from workstation.operations.retrieve import How

SENTENCE = "Fetch a study, or parts of it, by C-GET"


def add_options(parser: argparse.ArgumentParser) -> None:
    """What to fetch, and where to."""
    node_options(parser)
    target_options(parser)
    options = parser.add_argument_group("where to, and how")
    options.add_argument("--out", type=Path, metavar="DIR", help="write DIR/<SOP Instance UID>.dcm")
    options.add_argument(
        "--syntax", action="append", default=[], metavar="UID", help="only in these transfer syntaxes"
    )


def run(session: Session) -> int:
    """Fetch and report."""
    from workstation.cli.outcome import tell
    from workstation.operations.retrieve import retrieve

    arguments = session.arguments
    node = session.node()
    target = wanted(arguments)
    how = choices(session, Retrieve.GET)
    with session.deliveries(arguments.out) as deliveries, session.output.progress("Fetching") as report:

        def fetch(target: Target) -> Outcome:
            return retrieve(node, target, deliveries, None, session.stop, report, how=how)

        outcome = fetch_wanted(session, node, target, fetch)
    return tell(session.output, outcome, "here")


def fetch_wanted(session: Session, node: Node, target: Target | None, fetch: Fetch) -> Outcome:
    """Fetch the target, or without one every study of the patient the arguments name."""
    from workstation.cli.output import printable
    from workstation.operations.patients import retrieve_patient

    if target is not None:
        return fetch(target)
    patient = session.arguments.patient

    def remark(sentence: str) -> None:
        session.output.remark(printable(sentence))

    return retrieve_patient(node, patient, fetch, session.stop, observer=session.observer, remark=remark)


def wanted(arguments: argparse.Namespace) -> Target | None:
    """The target the arguments name; None: all of the patient they name.

    Raises:
        BadInput: A UID is none, or study or patient are missing.
    """
    if arguments.study is None:
        if not arguments.patient or arguments.series or arguments.instance:
            raise BadInput("target", "", "name a study: --study UID, or a whole patient: --patient ID.")
        return None
    target = Target(arguments.study, tuple(arguments.series), tuple(arguments.instance), arguments.patient)
    if arguments.model in ("patient", "patient-study") and not arguments.patient:
        raise BadInput("model", arguments.model, "it needs the patient too: --patient ID.")
    if arguments.model == "patient-study" and (target.series or target.instances):
        raise BadInput("model", arguments.model, "it knows patients and studies only.")
    return target


def choices(session: Session, way: Retrieve) -> How:
    """How to fetch.

    Raises:
        BadInput: A transfer syntax is no UID.
    """
    from workstation.operations.retrieve import How

    arguments = session.arguments
    how = How(way=way, cancel_after=arguments.cancel, observer=session.observer, models=models(arguments))
    syntaxes = tuple(dict.fromkeys(getattr(arguments, "syntax", ())))
    for syntax in syntaxes:
        if not is_uid(syntax):
            raise BadInput("transfer syntax", syntax, "give its UID.")
    if not syntaxes:
        return how
    from dataclasses import replace

    return replace(how, syntaxes=syntaxes)


def models(arguments: argparse.Namespace) -> tuple[Model, ...]:
    """The information models in order of preference."""
    return (Model.STUDY, Model.PATIENT) if arguments.model is None else (Model(arguments.model),)
